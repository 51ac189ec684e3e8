"""Frames to packets: link layers, VLAN tags, IPv4 and IPv6, TCP, UDP, ICMP. `struct` on the frame's own bytes.

What cannot be decoded is counted by reason, never an exception.
"""

from __future__ import annotations

import struct
from collections import Counter

from atttcli.sources.capture.fragments import Fragments
from atttcli.sources.capture.records import Record

TCP, UDP, ICMP, ICMP6, SCTP = 6, 17, 1, 58, 132
MAX_TUNNELS = 8  # nested IP-in-IP, GRE: a crafted frame must not recurse for ever

_TCP = struct.Struct(">HHIIBBH").unpack_from
_PORTS = struct.Struct(">HHH").unpack_from
_IP4 = struct.Struct(">BBHHHBB").unpack_from
_IP6 = struct.Struct(">IHBB").unpack_from

_VLAN = (0x8100, 0x88A8, 0x9100)
VXLAN, GENEVE, TEREDO = 4789, 6081, 3544
_TUNNELS = frozenset((VXLAN, GENEVE, TEREDO))
_NSH = {1: 0x0800, 2: 0x86DD, 3: 0x6558, 5: 0x8847}
_EXTENSIONS = (0, 43, 60, 135, 139, 140)


class Packet:
    """One decoded packet. Addresses are 4 or 16 raw bytes; `vlan` the outer tags; `ip` the bytes from the IP header on."""

    __slots__ = (
        "ack",
        "data",
        "dport",
        "dst",
        "events",
        "flags",
        "inner",
        "l4",
        "link_offset",
        "number",
        "payload",
        "protocol",
        "seq",
        "sport",
        "src",
        "time",
        "ttl",
        "valid",
        "vlan",
        "window",
    )  # fmt: skip

    def __init__(self, number: int, time: int, data: bytes) -> None:
        self.number = number
        self.time = time
        self.data = data  # frame, or reassembled datagram
        self.link_offset = 0  # where the IP header starts in `data`
        self.l4 = 0  # where the transport header starts in `data`
        self.vlan: tuple[int, ...] = ()
        self.protocol = 0
        self.src = b""
        self.dst = b""
        self.sport = 0
        self.dport = 0
        self.seq = 0
        self.ack = 0
        self.flags = 0
        self.window = 0
        self.ttl = 0
        self.payload = b""
        self.events: tuple[str, ...] = ()  # faults of the headers, by the names that rules use
        self.inner: Packet | None = None  # what a tunnel over UDP carries; judged after its carrier
        self.valid = True  # False: only its addresses and faults are worth a look


class Decoder:
    """Decodes records one after the other; keeps fragments (bounded) and counts what it could not decode.

    With `events` packets that are broken, or wait as fragments, are given too where their headers show a fault (`valid`
    False), and TCP options are looked through.
    """

    def __init__(self, *, events: bool = False) -> None:
        self._events = events
        self.undecodable: Counter[str] = Counter()
        self.fragments = Fragments()

    def decode(self, record: Record) -> Packet | None:
        """The packet; None for a fragment that still waits, and for what is no IP (counted)."""
        packet = Packet(record.number, record.time, record.data)
        made: Packet | None = None
        try:
            start = self._link(packet, record.link)
            made = None if start < 0 else self._network(packet, start, 0)
        except (struct.error, IndexError):
            self._bad("cut short")
        if self._events:
            if made is None and packet.events:
                packet.valid = False
                return packet
            if made is not None and made.protocol == TCP:
                made.events += tcp_option_faults(made)
        return made

    def _bad(self, reason: str) -> Packet | None:
        self.undecodable[reason] += 1
        return None

    def _link(self, packet: Packet, link: int) -> int:
        """Where the network layer starts, or -1 when there is none that we know."""
        data = packet.data
        if link == 1:
            return self._ethertype(packet, 12)
        if link in (12, 14, 101, 228, 229):
            return 0
        if link == 113:
            return self._ethertype(packet, 14)
        if link == 276:
            return self._sll2(packet)
        if link in (0, 108):
            family = int.from_bytes(data[:4], "little" if link == 0 else "big")
            swapped = int.from_bytes(data[:4], "big" if link == 0 else "little")
            if family in (2, 10, 24, 28, 30) or swapped in (2, 10, 24, 28, 30):
                return 4
        if link == 104:  # Cisco HDLC
            return 4 if data[2:4] in (b"\x08\x00", b"\x86\xdd") else self._none("no IP in HDLC")
        if link in (9, 50):
            return self._ppp(data, 2 if data[:2] == b"\xff\x03" else 0)
        return self._none(f"link type {link}")

    def _none(self, reason: str) -> int:
        self.undecodable[reason] += 1
        return -1

    def _sll2(self, packet: Packet) -> int:
        kind = int.from_bytes(packet.data[:2], "big")
        return self._after_type(packet, kind, 20)

    def _ethertype(self, packet: Packet, at: int) -> int:
        data = packet.data
        kind = data[at] << 8 | data[at + 1]
        if kind == 0x0800 or kind == 0x86DD:
            return at + 2
        return self._after_type(packet, kind, at + 2)

    def _after_type(self, packet: Packet, kind: int, at: int) -> int:
        """Follow VLAN tags, MPLS labels and PPPoE to the network layer."""
        data = packet.data
        for _ in range(MAX_TUNNELS):
            if kind in (0x0800, 0x86DD):
                return at
            if kind in _VLAN:
                packet.vlan += ((data[at] & 0x0F) << 8 | data[at + 1],)
                kind = data[at + 2] << 8 | data[at + 3]
                at += 4
            elif kind in (0x8847, 0x8848):
                while not data[at + 2] & 1:
                    at += 4
                at += 4
                kind = {4: 0x0800, 6: 0x86DD}.get(data[at] >> 4, 0)
            elif kind == 0x8864:
                return self._ppp(data, at + 6)
            elif kind == 0x894F:  # NSH: its length in words, then what it carries
                kind = _NSH.get(data[at + 3], 0)
                at += max((data[at + 1] & 0x3F) * 4, 8)
                if kind == 0x6558:
                    kind, at = data[at + 12] << 8 | data[at + 13], at + 14
            elif kind in (0x0806, 0x88CC, 0x888E) or kind < 0x600:
                return self._none("no IP (ARP, LLDP, 802.3 ...)")
            else:
                break
        return self._none(f"ethertype 0x{kind:04x}")

    def _ppp(self, data: bytes, at: int) -> int:
        if data[at] & 1:
            kind, at = data[at], at + 1
        else:
            kind, at = data[at] << 8 | data[at + 1], at + 2
        return at if kind in (0x21, 0x57) else self._none("no IP in PPP")

    def _network(self, packet: Packet, at: int, depth: int) -> Packet | None:
        data = packet.data
        version = data[at] >> 4
        if version == 4:
            return self._ipv4(packet, at, depth)
        if version == 6:
            return self._ipv6(packet, at, depth)
        return self._bad("IP version")

    def _ipv4(self, packet: Packet, at: int, depth: int) -> Packet | None:
        data = packet.data
        first, _, total, ident, fragment, packet.ttl, protocol = _IP4(data, at)
        header = (first & 15) * 4
        packet.src = data[at + 12 : at + 16]
        packet.dst = data[at + 16 : at + 20]
        packet.protocol = protocol
        if header < 20 or total < header or at + header > len(data):
            short = at + 20 > len(data)
            packet.src, packet.dst = (b"\0" * 4, b"\0" * 4) if short else (packet.src, packet.dst)
            fault = "pkt_too_small" if short else "hlen_too_small" if header < 20 else "iplen_smaller_than_hlen"
            packet.events += ("ipv4." + fault,)
            return self._bad("IPv4 header")
        end = min(at + total, len(data))
        if fragment & 0x3FFF:
            key = (packet.src, packet.dst, ident, protocol, packet.vlan)
            whole = self.fragments.add(
                key, packet.time, (fragment & 0x1FFF) * 8, bool(fragment & 0x2000), data[at + header : end]
            )
            packet.events += tuple("ipv4." + fault for fault in self.fragments.faults)
            if whole is None:
                if self._events:
                    packet.link_offset = at
                    packet.events += ("ipv4.fragment",)  # judged by what asks for bits of fragments
                return None
            head = bytearray(data[at : at + header])
            struct.pack_into(">HHH", head, 2, min(header + len(whole), 65_535), ident, 0)
            packet.data, at = bytes(head) + whole, 0
            end = len(packet.data)
        packet.link_offset = at
        return self._transport(packet, protocol, at + header, end, depth)

    def _ipv6(self, packet: Packet, at: int, depth: int) -> Packet | None:
        data = packet.data
        if at + 40 > len(data):
            packet.src = packet.dst = b"\0" * 16
            packet.events += ("ipv6.pkt_too_small",)
            return self._bad("IPv6 header")
        _, length, protocol, packet.ttl = _IP6(data, at)
        packet.src = data[at + 8 : at + 24]
        packet.dst = data[at + 24 : at + 40]
        packet.link_offset = at
        end = min(at + 40 + length, len(data)) if length else len(data)
        at += 40
        for _ in range(32):
            if protocol in _EXTENSIONS:
                protocol, at = data[at], at + 8 + data[at + 1] * 8
            elif protocol == 51:
                protocol, at = data[at], at + 8 + data[at + 1] * 4
            elif protocol == 44:
                inner, _, field, ident = struct.unpack_from(">BBHI", data, at)
                packet.protocol = inner
                packet.events += _fragment_faults(packet.events, field, end - at - 8)
                key = (packet.src, packet.dst, ident, 44, packet.vlan)
                whole = self.fragments.add(key, packet.time, field & 0xFFF8, bool(field & 1), data[at + 8 : end])
                packet.events += tuple("ipv6." + fault for fault in self.fragments.faults)
                if whole is None:
                    return None
                packet.data = data = data[packet.link_offset : packet.link_offset + 40] + whole
                packet.link_offset, protocol, at, end = 0, inner, 40, len(data)
            else:
                break
        if at > end:
            return self._bad("IPv6 extension headers")
        return self._transport(packet, protocol, at, end, depth)

    def _transport(self, packet: Packet, protocol: int, at: int, end: int, depth: int) -> Packet | None:
        data = packet.data
        packet.protocol = protocol
        packet.l4 = at
        if protocol == TCP:
            if at + 20 > end:
                packet.events += ("tcp.pkt_too_small",)
                return self._bad("TCP header")
            packet.sport, packet.dport, packet.seq, packet.ack, size, packet.flags, packet.window = _TCP(data, at)
            start = at + (size >> 4) * 4
            if start < at + 20 or start > end:
                packet.events += ("tcp.hlen_too_small",)
                return self._bad("TCP header")
            packet.payload = data[start:end]
        elif protocol == UDP:
            if at + 8 > end:
                packet.events += ("udp.hlen_too_small",)
                return self._bad("UDP header")
            packet.sport, packet.dport, length = _PORTS(data, at)
            if length > end - at:
                packet.events += ("udp.pkt_too_small",)
            packet.payload = data[at + 8 : min(end, at + length) if length >= 8 else end]
            if (packet.dport in _TUNNELS or packet.sport == TEREDO) and depth < MAX_TUNNELS:
                self._tunnel(packet, depth)
        elif protocol in (ICMP, ICMP6):
            if at + 8 > end:
                packet.events += ("icmpv4.pkt_too_small" if protocol == ICMP else "icmpv6.pkt_too_small",)
            if at + 4 > end:
                return self._bad("ICMP header")
            packet.sport, packet.dport = data[at], data[at + 1]
            packet.payload = data[at + (8 if at + 8 <= end else 4) : end]
        elif protocol == 47:
            return self._gre(packet, at, end, depth)
        elif protocol in (4, 41) and depth < MAX_TUNNELS:
            return self._network(packet, at, depth + 1)
        elif protocol == SCTP and at + 12 <= end:
            packet.sport, packet.dport, _ = _PORTS(data, at)
            packet.payload = data[at + 12 : end]
        else:
            packet.payload = data[at:end]
        return packet

    def _tunnel(self, packet: Packet, depth: int) -> None:
        """VXLAN, Geneve and Teredo: the packet inside, where there is a whole one. The carrier stays a packet of its own."""
        payload = packet.payload
        inner = Packet(packet.number, packet.time, payload)
        try:
            if packet.dport == VXLAN and payload[0] & 0x08:
                start = self._ethertype(inner, 8 + 12)
            elif packet.dport == GENEVE and payload[2:4] == b"\x65\x58":
                start = self._ethertype(inner, 8 + (payload[0] & 0x3F) * 4 + 12)
            elif TEREDO in (packet.sport, packet.dport):
                start = _after_teredo(payload)
            else:
                return
            if start >= 0:
                packet.inner = self._network(inner, start, depth + 1)
        except (struct.error, IndexError):
            self._bad("cut short in a tunnel")

    def _gre(self, packet: Packet, at: int, end: int, depth: int) -> Packet | None:
        """The packet inside GRE; what is no plain GRE over IP stays a GRE packet."""
        data = packet.data
        if at + 4 > end:
            packet.events += ("gre.pkt_too_small",)
            return self._bad("GRE header")
        flags, kind = struct.unpack_from(">HH", data, at)
        packet.payload = data[at:end]
        if flags & 7 or depth >= MAX_TUNNELS:
            return packet
        start = at + 4 + (4 if flags & 0x8000 else 0) + (4 if flags & 0x2000 else 0) + (4 if flags & 0x1000 else 0)
        if kind == 0x6558:
            start = self._ethertype(packet, start + 12)
        elif kind not in (0x0800, 0x86DD):
            start = self._after_type(packet, kind, start)
        return self._network(packet, start, depth + 1) if 0 <= start < end else packet


def _fragment_faults(known: tuple[str, ...], field: int, size: int) -> tuple[str, ...]:
    """What is odd about an IPv6 fragment header: needless, repeated, without data, of a length that cannot go on."""
    faults: list[str] = []
    if not field & 0xFFF9:
        if "ipv6.exthdr_useless_fh" in known:
            faults.append("ipv6.exthdr_dupl_fh")
        else:
            faults.append("ipv6.exthdr_useless_fh")
    if size < 2:  # the next header begins with two bytes at least
        faults.append("ipv6.trunc_exthdr")
    if field & 1 and size % 8:
        faults.append("ipv6.frag_invalid_length")
    return tuple(fault for fault in faults if fault not in known)


_OPTION_SIZES = {2: (4,), 3: (3,), 4: (2,), 5: (2, 10, 18, 26, 34), 8: (10,)}


def tcp_option_faults(packet: Packet) -> tuple[str, ...]:
    """Options of a TCP header that are cut off, of a wrong length, or there twice."""
    data, at = packet.data, packet.l4 + 20
    end = packet.l4 + (data[packet.l4 + 12] >> 4) * 4
    seen: set[int] = set()
    faults: tuple[str, ...] = ()
    while at < end and data[at] != 0:
        kind = data[at]
        if kind == 1:
            at += 1
            continue
        size = data[at + 1] if at + 1 < end else 0
        if size < 2 or at + size > end:
            return (*faults, "tcp.opt_invalid_len")
        if kind in _OPTION_SIZES and size not in _OPTION_SIZES[kind] and "tcp.opt_invalid_len" not in faults:
            faults += ("tcp.opt_invalid_len",)
        if kind in seen and kind in _OPTION_SIZES and "tcp.opt_duplicate" not in faults:
            faults += ("tcp.opt_duplicate",)
        seen.add(kind)
        at += size
    return faults


def _after_teredo(payload: bytes) -> int:
    """Where the IPv6 packet in a Teredo datagram begins, or -1 where there is none (RFC 4380)."""
    at = 0
    if payload[:2] == b"\0\x01":  # authentication
        at = 13 + payload[2] + payload[3]
    if payload[at : at + 2] == b"\0\0":  # origin indication
        at += 8
    whole = len(payload) >= at + 40 and payload[at] >> 4 == 6
    return at if whole and int.from_bytes(payload[at + 4 : at + 6], "big") == len(payload) - at - 40 else -1
