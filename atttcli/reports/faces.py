"""Our own four faces, measured: which characters all of them have, how wide a text is, where it must be cut or broken.

Liberation Serif has the advance widths of Times New Roman, so what fits here fits in Word and in a browser too.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

BREAK = "\u200b"  # where a long word may break: no glyph is drawn for it
_UNKNOWN = 1.0  # of the size: what a character is taken to need that no face has


def drawable(line: str) -> str:
    """The line with what the faces lack written as code points (`\\u4e2d`)."""
    if line.isascii():
        return line
    known = covered()
    return "".join(char if ord(char) in known or char == BREAK else f"\\u{ord(char):04x}" for char in line)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How many points wide a line is drawn."""
    widths = _widths("Bold" if bold else "Regular")
    return size * sum(widths.get(ord(char), _UNKNOWN) for char in text)


def shortened(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text itself, or as much of its beginning as fits `room` points with an ellipsis."""
    if width_of(text, size, bold=bold) <= room:
        return text
    widths = _widths("Bold" if bold else "Regular")
    left = room / size - widths.get(ord("…"), _UNKNOWN)
    for at, char in enumerate(text):
        left -= widths.get(ord(char), _UNKNOWN)
        if left < 0:
            return text[:at].rstrip() + "…"
    return text


def broken(text: str, room: float, size: float, most: int, *, bold: bool = False) -> tuple[str, ...]:
    """At most `most` lines, broken between words; the last one is cut when there is more."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        held = 1
        while held < len(words) and width_of(" ".join(words[: held + 1]), size, bold=bold) <= room:
            held += 1
        lines.append(shortened(" ".join(words[:held]), room, size, bold=bold))
        words = words[held:]
    if words:
        lines.append(shortened(" ".join(words), room, size, bold=bold))
    return tuple(lines) or ("",)


@cache
def covered() -> frozenset[int]:
    """Code points that all four faces have."""
    return frozenset.intersection(*(frozenset(_glyphs(data)) for data in _faces().values()))


@cache
def _faces() -> dict[str, bytes]:
    """The font files by the last word of their name."""
    folder = files("atttcli.reports").joinpath("fonts")
    found = {one.name: one.read_bytes() for one in folder.iterdir() if one.name.endswith(".ttf")}
    return {name.rpartition("-")[2].removesuffix(".ttf"): data for name, data in sorted(found.items())}


@cache
def _widths(face: str) -> Mapping[int, float]:
    """Code point to advance width, as a part of the size."""
    data = _faces()[face]
    units = struct.unpack_from(">H", data, _table(data, b"head") + 18)[0]
    count = struct.unpack_from(">H", data, _table(data, b"hhea") + 34)[0]
    metrics = struct.unpack_from(f">{count * 2}H", data, _table(data, b"hmtx"))
    return {code: metrics[2 * min(glyph, count - 1)] / units for code, glyph in _glyphs(data).items()}


def _table(data: bytes, name: bytes) -> int:
    """Where a table of a TrueType file begins."""
    count = struct.unpack_from(">H", data, 4)[0]
    records = (struct.unpack_from(">4sIII", data, 12 + 16 * at) for at in range(count))
    return next(int(offset) for tag, _sum, offset, _length in records if tag == name)


def _glyphs(data: bytes) -> dict[int, int]:
    """Code point to glyph, from the cmap subtable of format 4."""
    start = _table(data, b"cmap")
    for at in range(struct.unpack_from(">H", data, start + 2)[0]):
        _platform, _encoding, offset = struct.unpack_from(">HHI", data, start + 4 + 8 * at)
        if struct.unpack_from(">H", data, start + offset)[0] == 4:
            return _segments(data, start + offset)
    return {}


def _segments(data: bytes, start: int) -> dict[int, int]:
    """Ranges of code points, each with a shift or a place in the glyph list."""
    count = struct.unpack_from(">H", data, start + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, start + 14)
    starts = struct.unpack_from(f">{count}H", data, start + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", data, start + 16 + 4 * count)
    ranges_at = start + 16 + 6 * count
    found: dict[int, int] = {}
    for at, (first, last, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        offset = struct.unpack_from(">H", data, ranges_at + 2 * at)[0]
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = (code + delta) & 0xFFFF
            if offset:
                glyph = struct.unpack_from(">H", data, ranges_at + 2 * at + offset + 2 * (code - first))[0]
            if glyph:
                found[code] = glyph
    return found
