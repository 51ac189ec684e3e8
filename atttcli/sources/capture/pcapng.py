"""pcapng: sections, interfaces with their own link type and time resolution, enhanced, simple and old packet blocks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from atttcli.errors import InputError, Where
from atttcli.source import ReadProblem
from atttcli.sources.capture.records import MAX_PACKET, Record, Window

SECTION = 0x0A0D0D0A
MAX_BLOCK = 16 << 20
MAX_INTERFACES = 4096
LATEST = 253_402_300_799 * 1_000_000  # the end of the year 9999: a clock beyond it, or before 1970, is damage


@dataclass(slots=True)
class Interface:
    """Link type and clock of one interface."""

    link: int
    snaplen: int
    ticks: int = 1_000_000  # per second
    offset: int = 0  # seconds

    def micros(self, stamp: int) -> int:
        """A time stamp in microseconds since the epoch, held within 1970 to 9999."""
        return min(max(stamp * 1_000_000 // self.ticks + self.offset * 1_000_000, 0), LATEST)


@dataclass(slots=True)
class Section:
    """What is in force until the next section header."""

    order: str
    interfaces: list[Interface] = field(default_factory=list)


def read_pcapng(window: Window, path: str) -> Iterator[Record | ReadProblem]:
    """Frames of every section; a block with an impossible length ends the reading."""
    section: Section | None = None
    number = 0
    impossible = False
    while window.need(12):
        kind_bytes = window.buffer[window.position : window.position + 4]
        if kind_bytes == b"\x0a\x0d\x0d\x0a":
            section = _section(window, path, first=section is None)
            if section is None:
                yield ReadProblem(None, "a section header is damaged", offset=window.offset)
                return
        assert section is not None
        kind, length = struct.unpack_from(section.order + "II", window.buffer, window.position)
        if length < 12 or length % 4 or length > MAX_BLOCK:
            yield ReadProblem(None, f"a block claims {length} bytes: damaged", offset=window.offset)
            return
        if not window.need(length):
            yield ReadProblem(None, "the capture breaks off within a block", offset=window.offset)
            return
        begin = window.position + 8
        body = window.buffer[begin : window.position + length - 4]
        place = window.offset
        window.position += length
        if kind == 1:
            problem = _interface(section, body)
            if problem:
                yield ReadProblem(None, problem, offset=place)
        elif kind in (2, 3, 6):
            number += 1
            record = _packet(section, kind, body, number)
            yield record if record is not None else ReadProblem(None, f"packet block {number} is damaged", offset=place)
            if record is not None and record.time >= LATEST and not impossible:
                impossible = True
                yield ReadProblem(None, f"packet {number} has an impossible time, others perhaps too", offset=place)
    if window.need(1):
        yield ReadProblem(None, "the capture breaks off in a block's header", offset=window.offset)


def _section(window: Window, path: str, *, first: bool) -> Section | None:
    mark = window.buffer[window.position + 8 : window.position + 12]
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(mark)
    if order is None:
        if first:
            raise InputError("the pcapng byte-order mark is wrong", where=Where(path, offset=window.offset))
        return None
    return Section(order)


def _interface(section: Section, body: bytes) -> str:
    if len(body) < 8 or len(section.interfaces) >= MAX_INTERFACES:
        return "an interface block is damaged, or there are too many"
    link, _, snaplen = struct.unpack_from(section.order + "HHI", body)
    made = Interface(link, snaplen)
    position = 8
    while position + 4 <= len(body):
        code, length = struct.unpack_from(section.order + "HH", body, position)
        value = body[position + 4 : position + 4 + length]
        position += 4 + (length + 3 & ~3)
        if code == 0:
            break
        if code == 9 and len(value) == 1:
            exponent = value[0] & 0x7F
            made.ticks = (1 << min(exponent, 63)) if value[0] & 0x80 else 10 ** min(exponent, 18)
        elif code == 14 and len(value) == 8:
            made.offset = struct.unpack(section.order + "q", value)[0]
    section.interfaces.append(made)
    return ""


def _packet(section: Section, kind: int, body: bytes, number: int) -> Record | None:
    order = section.order
    if kind == 3:
        if len(body) < 4 or not section.interfaces:
            return None
        original = struct.unpack_from(order + "I", body)[0]
        interface = section.interfaces[0]
        captured = min(original, interface.snaplen or original, len(body) - 4)
        return Record(number, 0, interface.link, body[4 : 4 + captured])
    if len(body) < 20:
        return None
    if kind == 6:
        which, high, low, captured, _ = struct.unpack_from(order + "IIIII", body)
    else:
        which, _, high, low, captured, _ = struct.unpack_from(order + "HHIIII", body)
    if which >= len(section.interfaces) or captured > len(body) - 20 or captured > MAX_PACKET:
        return None
    interface = section.interfaces[which]
    return Record(number, interface.micros(high << 32 | low), interface.link, body[20 : 20 + captured])
