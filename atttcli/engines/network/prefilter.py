"""Which rules may match a buffer: all leading literals are looked for at once.

A prefilter may report too much, never too little; only the evaluator decides. So Hyperscan (through its wheel) and the
matcher of our own (numpy) give the same alerts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

GRAM = 4
RARE = 6  # literals as long as this are found seldom: where they stand is left to the evaluator, which compiles faster
_NO_END = 1 << 62


class Literal(NamedTuple):
    """Bytes to look for. `start` and `end` say that only a buffer's very start or end counts, `first` and `last` between
    which offsets the whole must lie (`last` -1: anywhere)."""

    pattern: bytes
    nocase: bool
    start: bool = False
    end: bool = False
    first: int = 0
    last: int = -1


class Matcher(Protocol):
    """Looks for a fixed list of literals."""

    def scan(self, data: bytes) -> Iterable[int]:
        """Numbers of the literals found, each once."""
        ...


def have_hyperscan() -> bool:
    """Whether the wheel is installed and runs on this processor."""
    try:
        import hyperscan
    except ImportError:
        return False
    return bool(hyperscan.HS_MODE_BLOCK)


class HyperscanMatcher:
    """Hyperscan in block mode, one match per literal. Patterns are `\\xHH` text: its literal mode stops at a NUL."""

    def __init__(self, literals: Sequence[Literal], blob: bytes | None = None) -> None:
        import hyperscan

        hits: list[int] = []
        append = hits.append
        self._hits = hits
        if blob is not None:
            self._database = hyperscan.loadb(blob, hyperscan.HS_MODE_BLOCK)
            self._database.scratch = hyperscan.Scratch(self._database)
        else:
            self._database = _compile(hyperscan, literals)
        self._scan = self._database.scan

        def hit(number: int, _begin: int, _end: int, _flags: int, _context: object) -> None:
            append(number)

        self._hit = hit

    def dump(self) -> bytes:
        """The compiled database, for our own private cache."""
        import hyperscan

        return bytes(hyperscan.dumpb(self._database))

    def scan(self, data: bytes) -> list[int]:
        """Numbers of the literals found; the list is used again by the next call."""
        self._hits.clear()
        self._scan(data, self._hit)
        return self._hits


def _compile(hyperscan: Any, literals: Sequence[Literal]) -> Any:
    expressions = []
    flags = []
    places = []
    for literal in literals:
        text = "".join(f"\\x{byte:02x}" for byte in literal.pattern)
        short = len(literal.pattern) < RARE
        expressions.append(
            ((r"\A" if literal.start and short else "") + text + (r"\z" if literal.end and short else "")).encode()
        )
        flags.append(hyperscan.HS_FLAG_SINGLEMATCH | (hyperscan.HS_FLAG_CASELESS if literal.nocase else 0))
        places.append(_place(hyperscan, literal))
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=flags, ext=places)
    return database


def _place(hyperscan: Any, literal: Literal) -> tuple[int, int, int, int, int, int]:
    """Between which offsets a match may end."""
    flags = 0
    if len(literal.pattern) >= RARE:
        return 0, 0, 0, 0, 0, 0
    if literal.first:
        flags |= hyperscan.HS_EXT_FLAG_MIN_OFFSET
    if literal.last >= 0:
        flags |= hyperscan.HS_EXT_FLAG_MAX_OFFSET
    return flags, literal.first + len(literal.pattern) if literal.first else 0, max(literal.last, 0), 0, 0, 0


class GramMatcher:
    """Four bytes of each literal are looked up at every position (vectorised for long buffers), then compared whole.

    Everything is compared in lower case: a literal with case may be reported too often, which the evaluator settles.
    """

    def __init__(self, literals: Sequence[Literal]) -> None:
        self._short: list[tuple[int, bytes, int, int]] = []
        self._long: dict[int, list[tuple[int, int, bytes, int, int]]] = {}
        for number, literal in enumerate(literals):
            pattern = literal.pattern.lower()
            last = literal.last if literal.last >= 0 else _NO_END
            if len(pattern) < GRAM:
                self._short.append((number, pattern, literal.first, last))
            else:
                at = _rarest(pattern)
                gram = int.from_bytes(pattern[at : at + GRAM], "little")
                self._long.setdefault(gram, []).append(
                    (number, at, pattern, literal.first + at, last - len(pattern) + at)
                )
        self._table: Any = None

    def scan(self, data: bytes) -> set[int]:
        """Numbers of the literals found."""
        lowered = data.lower()
        hits = {number for number, pattern, first, last in self._short if lowered.find(pattern, first, last) >= 0}
        places = self._places_long(lowered) if len(lowered) > 512 else self._places_short(lowered)
        for place in places:
            gram = int.from_bytes(lowered[place : place + GRAM], "little")
            for number, at, pattern, first, last in self._long.get(gram, ()):
                if first <= place <= last and number not in hits and lowered.startswith(pattern, place - at):
                    hits.add(number)
        return hits

    def _places_short(self, lowered: bytes) -> list[int]:
        known = self._long
        return [
            place
            for place in range(len(lowered) - GRAM + 1)
            if int.from_bytes(lowered[place : place + GRAM], "little") in known
        ]

    def _places_long(self, lowered: bytes) -> list[int]:
        """Positions whose four bytes may begin one of ours: a bitmap of 2^20 hashes."""
        import numpy

        if self._table is None:
            self._table = numpy.zeros(1 << 20, dtype=bool)
            grams = numpy.fromiter(self._long, dtype=numpy.uint32, count=len(self._long))
            self._table[_hash(grams)] = True
        raw: Any = numpy.frombuffer(lowered, dtype=numpy.uint8).astype(numpy.uint32)
        grams = raw[:-3] | raw[1:-2] << 8 | raw[2:-1] << 16 | raw[3:] << 24
        return [int(place) for place in numpy.flatnonzero(self._table[_hash(grams)])]


def _hash(grams: Any) -> Any:
    return (grams * 2654435761 & 0xFFFFFFFF) >> 12


def _rarest(pattern: bytes) -> int:
    """Where the four most various bytes of a pattern stand."""
    span = range(min(len(pattern) - GRAM + 1, 64))
    return max(span, key=lambda at: (len(set(pattern[at : at + GRAM]) - _DULL), at))


_DULL = frozenset(b"\x00\xff ./etaoinsrhld-=")


def make_matcher(literals: Sequence[Literal], blob: bytes | None = None, hyperscan: bool | None = None) -> Matcher:
    """The best matcher at hand; `hyperscan=False` forces our own."""
    if hyperscan if hyperscan is not None else have_hyperscan():
        return HyperscanMatcher(literals, blob)
    return GramMatcher(literals)


def fingerprint(literals: Sequence[Literal]) -> str:
    """What a stored database was compiled from."""
    running = hashlib.sha256()
    for literal in literals:
        running.update(b"%d%d%d,%d,%d,%d:" % (*literal[1:], len(literal.pattern)) + literal.pattern)
    return running.hexdigest()
