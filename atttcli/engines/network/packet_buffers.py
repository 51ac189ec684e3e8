"""Buffers that are part of one packet's headers, or known of a flow without its application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from atttcli.clock import SECOND
from atttcli.engines.network.flow import Flow
from atttcli.sources.capture.decode import ICMP, ICMP6, TCP, UDP, Packet

Values = tuple[bytes, ...]


def _header(protocol: int) -> Callable[[Packet], Values]:
    """The transport header: of TCP with its options, of ICMP its first eight bytes."""

    def read(packet: Packet) -> Values:
        if packet.protocol != protocol or not packet.valid:
            return ()
        data, at = packet.data, packet.l4
        size = (data[at + 12] >> 4) * 4 if protocol == TCP else 8
        return (data[at : at + size],)

    return read


def _ipv4(packet: Packet) -> Values:
    at = packet.link_offset
    if len(packet.src) != 4 or not packet.valid:
        return ()
    return (packet.data[at : at + (packet.data[at] & 15) * 4],)


def _ipv6(packet: Packet) -> Values:
    if len(packet.src) != 16 or not packet.valid:
        return ()
    return (packet.data[packet.link_offset : packet.l4],)


def _mtu(packet: Packet) -> Values:
    if packet.protocol != ICMP6 or packet.sport != 2 or packet.l4 + 8 > len(packet.data):
        return ()
    return (b"%d" % int.from_bytes(packet.data[packet.l4 + 4 : packet.l4 + 8], "big"),)


def _events(packet: Packet) -> Values:
    return tuple(name.encode() for name in packet.events)


def ip_options(packet: Packet) -> set[int]:
    """Kinds of the options in an IPv4 header."""
    data, at = packet.data, packet.link_offset + 20
    if len(packet.src) != 4:
        return set()
    end = packet.link_offset + (data[packet.link_offset] & 15) * 4
    kinds: set[int] = set()
    while at < end:
        kind = data[at]
        kinds.add(kind)
        if kind == 0:
            break
        at += 1 if kind == 1 else max(data[at + 1] if at + 1 < end else 2, 2)
    return kinds


PACKET_READERS: Final[dict[str, Callable[[Packet], Values]]] = {
    "tcp.hdr": _header(TCP),
    "udp.hdr": _header(UDP),
    "icmpv4.hdr": _header(ICMP),
    "icmpv6.hdr": _header(ICMP6),
    "ipv4.hdr": _ipv4,
    "ipv6.hdr": _ipv6,
    "icmpv6.mtu": _mtu,
    "decode-event": _events,
    "stream-event": _events,
}


def _source(flow: Flow, direction: int) -> Values:
    return (flow.server if direction else flow.client,)


def _target(flow: Flow, direction: int) -> Values:
    return (flow.client if direction else flow.server,)


def _ends(flow: Flow, direction: int) -> Values:
    return flow.client, flow.server


def _age(flow: Flow, direction: int) -> Values:
    """Whole seconds since the flow's first packet."""
    return (b"%d" % max((flow.last - flow.begun) // SECOND, 0),)


FLOW_READERS: Final[dict[str, Callable[[Flow, int], Values]]] = {
    "ip.src": _source,
    "ip.dst": _target,
    "ip.any": _ends,
    "flow.age": _age,
}
