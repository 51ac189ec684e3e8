"""Flows: who talks to whom, how far the handshake came, and what was found out about the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atttcli.clock import SECOND
from atttcli.engines.network.stream import MASK, Stream
from atttcli.sources.capture.decode import ICMP, ICMP6, TCP, UDP, Packet

if TYPE_CHECKING:
    from atttcli.engines.network.app import AppParser

NEW, OPENED, ESTABLISHED, CLOSED = 0, 1, 2, 3
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

# Seconds until a silent flow is over: (new, established, closed).
TIMEOUTS = {TCP: (60, 600, 60), UDP: (30, 300, 30)}
OTHER_TIMEOUTS = (30, 300, 30)

Key = tuple[Any, ...]
MAX_VARIABLES = 64
MAX_VALUE = 4096  # bytes of each


def key_of(packet: Packet) -> Key:
    """The key of a packet's own direction; ICMP has no ports that both directions share."""
    protocol = packet.protocol
    if protocol in (ICMP, ICMP6):
        return packet.src, packet.dst, 0, 0, protocol, packet.vlan
    return packet.src, packet.dst, packet.sport, packet.dport, protocol, packet.vlan


def untagged_key_of(packet: Packet) -> Key:
    """The same where VLANs do not tell conversations apart."""
    return (*key_of(packet)[:5], ())


class Flow:
    """One conversation. Direction 0 goes from the first packet's source (the client), 1 comes back."""

    __slots__ = (
        "app",
        "begun",
        "bits",
        "bytes",
        "chunk_bytes",
        "chunks",
        "client",
        "client_port",
        "dropped",
        "id",
        "ints",
        "ip_only_done",
        "keys",
        "kind",
        "last",
        "memory",
        "packets",
        "parser",
        "passed",
        "protocol",
        "raw_base",
        "reset",
        "seen",
        "server",
        "server_port",
        "session",
        "state",
        "streams",
        "tails",
        "timeouts",
        "variables",
        "vlan",
        "was_established",
    )

    def __init__(self, packet: Packet, key: Key, number: int) -> None:
        self.id = number
        self.keys = (key, (key[1], key[0], key[3], key[2], key[4], key[5]))
        self.vlan = packet.vlan  # of the first packet
        self.protocol = packet.protocol
        self.client = packet.src
        self.client_port = packet.sport
        self.server = packet.dst
        self.server_port = packet.dport
        self.state = NEW
        self.was_established = False
        self.session = False  # TCP: a SYN was seen
        self.seen = [False, False]
        self.begun = self.last = packet.time
        self.packets = [0, 0]  # frames of each direction, and their bytes
        self.bytes = [0, 0]
        self.timeouts = TIMEOUTS.get(packet.protocol, OTHER_TIMEOUTS)
        self.bits: set[str] = set()
        self.variables: list[tuple[str, bytes]] = []  # captured by `pcre` into flow variables
        self.ints: dict[str, int] = {}  # `flowint`
        self.streams: list[Stream | None] = [None, None]
        self.app: str | None = None  # "http" ...; None while unknown, "failed" when given up
        self.parser: AppParser | None = None
        self.dropped = False  # a drop rule matched, judged as in the line: nothing more is looked at
        self.passed = False  # a pass rule matched: no more alerts
        self.ip_only_done = [False, False]
        self.kind: int | None = None  # number of the class of flows with the same header groups
        self.chunks: list[list[bytes]] = [[], []]  # released, not yet judged as stream
        self.chunk_bytes = [0, 0]
        self.tails = [b"", b""]
        self.reset: int | None = None  # the direction of the reset that ended an established connection
        self.raw_base = [0, 0]  # stream position of the first byte of `chunks`
        self.memory = 0

    @property
    def established(self) -> bool:
        """TCP: since before this packet, after the three-way handshake; others: packets seen both ways."""
        if self.protocol == TCP:
            return self.session and self.was_established
        return self.seen[0] and self.seen[1]

    def held(self) -> int:
        """Bytes that its streams and its parser hold."""
        held = self.parser.memory if self.parser is not None else 0
        for stream in self.streams:
            if stream is not None:
                held += stream.memory
        return held + self.chunk_bytes[0] + self.chunk_bytes[1] + len(self.tails[0]) + len(self.tails[1])

    def spoke(self, direction: int) -> bool:
        """Whether bytes of that side were delivered."""
        return bool(self.raw_base[direction] or self.chunks[direction])

    def swap(self) -> None:
        """The first packet was an answer: its source is the server."""
        self.client, self.server = self.server, self.client
        self.client_port, self.server_port = self.server_port, self.client_port
        self.keys = (self.keys[1], self.keys[0])
        self.seen.reverse()
        self.packets.reverse()
        self.bytes.reverse()
        self.ip_only_done.reverse()
        self.kind = None

    def keep(self, captured: list[tuple[str, bytes]]) -> None:
        """Variables of the flow that a rule captured; the first ones stay."""
        room = MAX_VARIABLES - len(self.variables)
        for name, value in captured[: max(room, 0)]:
            pair = (name, value[:MAX_VALUE])
            if pair not in self.variables:
                self.variables.append(pair)

    def expired(self, now: int) -> bool:
        """Whether this silence ended the flow."""
        if self.state == CLOSED:
            limit = self.timeouts[2]
        elif self.state == ESTABLISHED or (self.protocol != TCP and self.seen[1]):
            limit = self.timeouts[1]
        else:
            limit = self.timeouts[0]
        return now - self.last > limit * SECOND

    def handshake(self, packet: Packet, direction: int) -> None:
        """Follow SYN, SYN/ACK and ACK; also the rare orders (both sides SYN) that end in a connection."""
        flags = packet.flags
        if flags & SYN:
            if self.streams[direction] is None and (self.session or not flags & ACK):
                self.streams[direction] = Stream(packet.seq)
                self.session = True
                self.state = OPENED
            return
        other = self.streams[1 - direction]
        if self.state != OPENED or flags & (ACK | RST) != ACK or other is None or self.streams[direction] is None:
            return
        if (packet.ack - other.isn - 1) & MASK < 1 << 30:
            self.state = ESTABLISHED

    def reopened_by(self, packet: Packet, direction: int) -> bool:
        """Whether this SYN begins another connection with the same ports."""
        if packet.flags & (SYN | ACK | RST) != SYN or not self.session:
            return False
        stream = self.streams[direction]
        if self.state == CLOSED:
            return True
        return self.state == ESTABLISHED and (stream is None or stream.isn != packet.seq)


def opens_fast(packet: Packet) -> bool:
    """Whether a SYN carries the TCP fast open option: only then is its payload part of the stream."""
    if not packet.payload:
        return False
    at, end = packet.l4 + 20, packet.l4 + (packet.data[packet.l4 + 12] >> 4) * 4
    while at + 1 < end and packet.data[at] != 0:
        kind = packet.data[at]
        if kind == 34:
            return True
        at += 1 if kind == 1 else max(packet.data[at + 1], 2)
    return False
