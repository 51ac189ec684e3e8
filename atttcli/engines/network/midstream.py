"""Connections whose beginning is not in the capture, or only one side of it: followed where the settings say so."""

from __future__ import annotations

from atttcli.engines.network.flow import ACK, ESTABLISHED, OPENED, RST, SYN, Flow
from atttcli.engines.network.flows import FlowTable
from atttcli.engines.network.http_message import starts_response
from atttcli.engines.network.settings import Settings
from atttcli.engines.network.stream import Stream
from atttcli.sources.capture.decode import Packet


def may_begin(settings: Settings, flags: int) -> bool:
    """Whether a connection may begin with a packet of these flags though its first one was not seen."""
    if settings.midstream:
        return not flags & RST
    return settings.one_sided and flags & (SYN | ACK | RST) == SYN | ACK


def pick_up(flows: FlowTable, settings: Settings, flow: Flow, direction: int, packet: Packet) -> int:
    """Follow a connection from here on; the packet's direction, for who answers, or has the lower port, serves."""
    flags, ports = packet.flags, (packet.sport, packet.dport)
    if flags & (SYN | ACK) == SYN:
        return direction
    if direction == 0 and (flags & SYN or ports[0] < 1024 <= ports[1] or starts_response(packet.payload)):
        flows.swap(flow)
        direction = 1
    flow.session = True
    flow.streams[direction] = Stream(packet.seq - (not flags & SYN))
    if not settings.one_sided:
        flow.streams[1 - direction] = Stream(packet.ack - 1)
    if flags & SYN:
        flow.state = OPENED
    else:
        flow.state, flow.was_established = ESTABLISHED, True
    return direction
