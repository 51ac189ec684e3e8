"""The classic pcap format: both byte orders, microseconds and nanoseconds."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from atttcli.errors import InputError, Where
from atttcli.source import ReadProblem
from atttcli.sources.capture.records import MAX_PACKET, PCAP_MAGICS, Record, Window


def read_pcap(window: Window, path: str) -> Iterator[Record | ReadProblem]:
    """Frames until the end or the first damage: without a sync mark nothing after it can be trusted."""
    if not window.need(24):
        raise InputError("the capture ends within its header", where=Where(path, offset=window.total))
    order, divisor = PCAP_MAGICS[window.buffer[:4]]
    link = struct.unpack_from(order + "I", window.buffer, 20)[0] & 0xFFFF
    window.position = 24
    unpack = struct.Struct(order + "IIII").unpack_from
    number = 0
    while window.need(16):
        seconds, fraction, captured, _ = unpack(window.buffer, window.position)
        if captured > MAX_PACKET:
            yield ReadProblem(None, f"packet {number + 1} claims {captured} bytes: damaged", offset=window.offset)
            return
        if not window.need(16 + captured):
            yield ReadProblem(None, f"the capture breaks off in packet {number + 1}", offset=window.offset)
            return
        number += 1
        begin = window.position + 16
        window.position = begin + captured
        yield Record(number, seconds * 1_000_000 + fraction // divisor, link, window.buffer[begin : window.position])
    if window.need(1):
        yield ReadProblem(None, "the capture breaks off in a packet's header", offset=window.offset)
