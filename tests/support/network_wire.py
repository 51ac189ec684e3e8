"""Frames and conversations made byte by byte, so that the tests need no capture of anybody else's."""

from __future__ import annotations

import io
import ipaddress
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

CLIENT, SERVER = "10.1.2.3", "198.51.100.7"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START = 1_700_000_000


def raw(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def ipv4(
    src: str, dst: str, protocol: int, payload: bytes, *, ident: int = 1, fragment: int = 0, ttl: int = 64
) -> bytes:
    total = 20 + len(payload)
    return struct.pack(">BBHHHBBH", 0x45, 0, total, ident, fragment, ttl, protocol, 0) + raw(src) + raw(dst) + payload


def ipv6(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    return struct.pack(">IHBB", 0x60000000, len(payload), protocol, 64) + raw(src) + raw(dst) + payload


def ip(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    return (ipv6 if ":" in src else ipv4)(src, dst, protocol, payload)


def ethernet(packet: bytes, *, vlans: Iterable[int] = ()) -> bytes:
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    kind = b"\x86\xdd" if packet[:1] and packet[0] >> 4 == 6 else b"\x08\x00"
    return b"\x02" * 6 + b"\x04" * 6 + tags + kind + packet


def tcp(sport: int, dport: int, seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
    size = 20 + len(options)
    head = struct.pack(
        ">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, size // 4 << 4, flags, 65_535, 0, 0
    )
    return head + options + payload


def udp(sport: int, dport: int, payload: bytes) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def udp_frame(payload: bytes, *, src: str = CLIENT, dst: str = SERVER, sport: int = 40_000, dport: int = 53) -> bytes:
    return ethernet(ip(src, dst, 17, udp(sport, dport, payload)))


def pcap(frames: Iterable[bytes], *, link: int = 1, order: str = "<", nano: bool = False, step: int = 1000) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)]
    for number, frame in enumerate(frames):
        micros = number * step
        fraction = micros % 1_000_000 * (1000 if nano else 1)
        out.append(struct.pack(order + "IIII", START + micros // 1_000_000, fraction, len(frame), len(frame)) + frame)
    return b"".join(out)


def pcapng(frames: Iterable[bytes], *, link: int = 1, order: str = "<") -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += b"\0" * (-len(body) % 4)
        return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))

    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out.append(block(1, struct.pack(order + "HHI", link, 0, 0)))
    for number, frame in enumerate(frames):
        stamp = START * 1_000_000 + number * 1000
        head = struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        out.append(block(6, head + frame))
    return b"".join(out)


@dataclass
class Conversation:
    """A TCP connection; `send` makes a segment and the other side's acknowledgement."""

    client: str = CLIENT
    server: str = SERVER
    sport: int = 40_000
    dport: int = 80
    vlans: tuple[int, ...] = ()
    frames: list[bytes] = field(default_factory=list)
    isn: tuple[int, int] = (1000, 9_000_000)

    def __post_init__(self) -> None:
        self.next = [self.isn[0] + 1, self.isn[1] + 1]

    def segment(self, side: int, seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
        ends = [(self.client, self.sport), (self.server, self.dport)]
        (src, sport), (dst, dport) = (ends[0], ends[1]) if side == 0 else (ends[1], ends[0])
        packet = ip(src, dst, 6, tcp(sport, dport, seq, ack, flags, payload, options))
        return ethernet(packet, vlans=self.vlans)

    def open(self) -> Conversation:
        c, s = self.isn
        self.frames += [
            self.segment(0, c, 0, SYN),
            self.segment(1, s, c + 1, SYN | ACK),
            self.segment(0, c + 1, s + 1, ACK),
        ]
        return self

    def data(self, side: int, payload: bytes) -> bytes:
        """One data segment, not yet put among the frames."""
        made = self.segment(side, self.next[side], self.next[1 - side], PSH | ACK, payload)
        self.next[side] += len(payload)
        return made

    def ack(self, side: int) -> bytes:
        return self.segment(side, self.next[side], self.next[1 - side], ACK)

    def send(self, side: int, payload: bytes, *, size: int = 1400) -> Conversation:
        for at in range(0, len(payload), size):
            self.frames += [self.data(side, payload[at : at + size]), self.ack(1 - side)]
        return self

    def close(self) -> Conversation:
        for side in (0, 1):
            self.frames.append(self.segment(side, self.next[side], self.next[1 - side], FIN | ACK))
            self.next[side] += 1
        self.frames.append(self.ack(0))
        return self

    def stream(self) -> io.BytesIO:
        return io.BytesIO(pcap(self.frames))


def dns_query(name: str, *, ident: int = 7, response: bool = False) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    flags = 0x8180 if response else 0x0100
    return struct.pack(">HHHHHH", ident, flags, 1, 0, 0, 0) + labels + struct.pack(">HH", 1, 1)


def client_hello(name: str) -> bytes:
    host = name.encode()
    entry = b"\0" + struct.pack(">H", len(host)) + host
    sni = struct.pack(">HH", 0, len(entry) + 2) + struct.pack(">H", len(entry)) + entry
    body = (
        b"\x03\x03"
        + b"R" * 32
        + b"\0"
        + struct.pack(">H", 2)
        + b"\x13\x01"
        + b"\x01\0"
        + struct.pack(">H", len(sni))
        + sni
    )
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake
