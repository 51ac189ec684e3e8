"""Checksums of IPv4, TCP, UDP and ICMP: right, wrong, or not to be known (the packet was cut short, or put together)."""

from __future__ import annotations

from atttcli.sources.capture.decode import ICMP, ICMP6, TCP, UDP, Packet

KINDS = {
    "tcpv4-csum": (4, TCP),
    "tcpv6-csum": (16, TCP),
    "udpv4-csum": (4, UDP),
    "udpv6-csum": (16, UDP),
    "icmpv4-csum": (4, ICMP),
    "icmpv6-csum": (16, ICMP6),
}


def header_right(packet: Packet) -> bool | None:
    """Of an IPv4 header."""
    at = packet.link_offset
    if len(packet.src) != 4 or len(packet.data) < at + 20 or packet.data[at] >> 4 != 4:
        return None
    header = packet.data[at : at + (packet.data[at] & 15) * 4]
    return int.from_bytes(header, "big") % 0xFFFF == 0


def transport_right(packet: Packet) -> bool | None:
    """Of what lies above IP; UDP without a checksum is right over IPv4."""
    segment = _segment(packet)
    if segment is None:
        return None
    if packet.protocol == UDP and segment[6:8] == b"\0\0":
        return len(packet.src) == 4
    about = b""
    if packet.protocol != ICMP:
        about = packet.src + packet.dst + len(segment).to_bytes(4, "big") + packet.protocol.to_bytes(4, "big")
    return int.from_bytes(about + segment + b"\0" * (len(segment) & 1), "big") % 0xFFFF == 0


def is_wrong(packet: Packet) -> bool:
    """Whether a receiver would throw the packet away."""
    return header_right(packet) is False or transport_right(packet) is False


def is_right(keyword: str, packet: Packet) -> bool | None:
    """What `tcpv4-csum` and its like ask; None where the packet is of another kind."""
    if keyword == "ipv4-csum":
        return header_right(packet)
    family, protocol = KINDS[keyword]
    if len(packet.src) != family or packet.protocol != protocol:
        return None
    return transport_right(packet)


def _segment(packet: Packet) -> bytes | None:
    """Transport header and payload, where all of it is there."""
    if not packet.valid or packet.protocol not in (TCP, UDP, ICMP, ICMP6):
        return None
    data, at, l4 = packet.data, packet.link_offset, packet.l4
    if len(packet.src) == 4:
        end = at + int.from_bytes(data[at + 2 : at + 4], "big")
        if int.from_bytes(data[at + 6 : at + 8], "big") & 0x3FFF:
            return None
    else:
        end = at + 40 + int.from_bytes(data[at + 4 : at + 6], "big")
    if not l4 + 4 <= end <= len(data):
        return None
    if packet.protocol == UDP:
        size = int.from_bytes(data[l4 + 4 : l4 + 6], "big")
        end = l4 + size if 8 <= size <= end - l4 else end
    return data[l4:end]
