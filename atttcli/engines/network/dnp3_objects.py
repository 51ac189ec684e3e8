"""Objects in a DNP3 fragment: groups, variations, and how long each is, so that the next one is found (IEEE 1815, annex A)."""

from __future__ import annotations

from typing import Final

from atttcli.engines.network.messages import little

MOST_POINTS: Final = 16_384
MOST_OBJECTS: Final = 2048
HEADERS_ONLY: Final = frozenset((1, *range(7, 13), 20, 21, 22))  # requests whose objects carry no points
_BITS: Final = {(1, 1): 1, (3, 1): 2, (10, 1): 1, (12, 3): 1, (80, 1): 1}
_TEXT = """
1:0,1 2:1,7,3 3:0,1 4:1,7,3 10:0,1 11:1,7 12:11,11 13:1,7 20:5,3,5,3,4,2,4,2 21:5,3,5,3,11,9,11,9,4,2,4,2
22:5,3,5,3,11,9,11,9 23:5,3,5,3,11,9,11,9 30:5,3,4,2,5,9 31:5,3,11,9,4,2,5,9 32:5,3,11,9,5,9,11,15
33:5,3,11,9,5,9,11,15 34:2,4,4 40:5,3,5,9 41:5,3,5,9 42:5,3,11,9,5,9,11,15 43:5,3,11,9,5,9,11,15 50:6,10,6,11 51:6,6
52:2,2 60:0,0,0,0 81:3
"""
SIZES: Final[dict[tuple[int, int], int]] = {
    (int(group), variation): int(size)
    for group, _, sizes in (word.partition(":") for word in _TEXT.split())
    for variation, size in enumerate(sizes.split(","), 1)
    if (int(group), variation) not in _BITS
}
_PREFIXES: Final = (0, 1, 2, 4, 1, 2, 4)  # bytes before each point by the code for it; from 4 on they tell its size
_STRINGS: Final = (110, 111, 112, 113)  # the variation is the length


def objects(data: bytes, at: int, *, plain: bool) -> tuple[tuple[bytes, ...], bytes]:
    """Group and variation of each, and the event of what is wrong, if any. `plain`: headers without points."""
    found: list[bytes] = []
    points = 0
    while at + 3 <= len(data):
        if len(found) >= MOST_OBJECTS:
            return tuple(found), b"dnp3.too_many_objects"
        found.append(data[at : at + 2])
        group, variation, qualifier = data[at], data[at + 1], data[at + 2]
        count, at = _count(data, at + 3, qualifier & 15)
        points += count
        if points > MOST_POINTS:
            return tuple(found), b"dnp3.too_many_points"
        if at < 0:
            return tuple(found), b"dnp3.unknown_object"
        after = _after(data, at, (group, variation), qualifier >> 4 & 7, count, plain)
        if after < 0:
            return tuple(found), b"dnp3.unknown_object"
        at = after
    return tuple(found), b""


def _count(data: bytes, at: int, code: int) -> tuple[int, int]:
    """How many points a range names, and where it ends; -1 for a range of no known kind."""
    if code in (0, 1, 2, 3, 4, 5):
        width = 1 << code % 3
        low, high = little(data, at, width), little(data, at + width, width)
        return max(high - low + 1, 0), at + 2 * width
    if code == 6:
        return 0, at
    if code in (7, 8, 9):
        width = 1 << code - 7
        return little(data, at, width), at + width
    return (little(data, at, 1), at + 1) if code == 11 else (0, -1)


def _after(data: bytes, at: int, kind: tuple[int, int], prefix: int, count: int, plain: bool) -> int:
    """Where the points of an object end; -1 where its length is not known."""
    if prefix >= len(_PREFIXES):
        return -1
    width = _PREFIXES[prefix]
    if prefix >= 4:  # each point after its own size
        for _ in range(count):
            if at + width > len(data):
                return len(data)
            at += width + little(data, at, width)
        return at
    if plain:
        return at + width * count
    if kind in _BITS:
        return at + -(-count * _BITS[kind] // 8)
    size = kind[1] if kind[0] in _STRINGS else SIZES.get(kind)
    if size is None:
        return at if not count else -1
    return at + (width + size) * count
