"""Resets that were not meant: a side that goes on sending after its own reset did not send it."""

from __future__ import annotations

from typing import Final

from atttcli.engines.network.flow import ESTABLISHED, RST, SYN, Flow
from atttcli.sources.capture.decode import Packet

SUSPECTED: Final = "stream.suspected_rst_inject"
_FURTHEST: Final = 65_536  # bytes beyond what was seen that still belong to the connection


def goes_on(flow: Flow, direction: int, packet: Packet) -> bool:
    """Whether the side that a reset came from sends data where its stream ended."""
    own = flow.streams[direction]
    if flow.reset != direction or own is None or not packet.payload or packet.flags & (RST | SYN):
        return False
    return 0 <= own.place(packet.seq) - own.base <= _FURTHEST


def reopen(flow: Flow) -> None:
    """The connection goes on; what it speaks is found out anew."""
    flow.state, flow.reset, flow.app, flow.parser = ESTABLISHED, None, None, None
    for stream in flow.streams:
        if stream is not None:
            stream.fin = None
