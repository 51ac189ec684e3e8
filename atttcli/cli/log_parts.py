"""A large log in parts, each of which reads as it does within the whole: cut between lines, with the numbers of its lines."""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from atttcli.engine import EngineProblem
from atttcli.errors import InputError, Where
from atttcli.field.opening import NotReadable, open_regular
from atttcli.limits import MIB, Budget
from atttcli.source import Input, Source
from atttcli.sources.dividing import is_divisible
from atttcli.sources.logs.lines import CHUNK
from atttcli.sources.opening import UNREADABLE, as_input, holds_others, recognised

WORTH = 4 * MIB  # a file from which on it is divided
SMALLEST, LARGEST = MIB // 2, 8 * MIB  # bytes of a part
_SHARES = 8  # of what is left, for each process: parts grow smaller, so that all end together
_HELD = 2 * LARGEST  # of a part; one of endless lines is read a second time instead
_LINE = MIB
_SAMPLE = 16 * 1024
_LONG = 400  # bytes of a line


class LineCounts:
    """How many lines stand before each part of a file. What one process has counted, all know."""

    def __init__(self, places: list[int]) -> None:
        self._places = places
        self._shared = memoryview(mmap.mmap(-1, 8 * len(places))).cast("q")  # lines and one: 0 is not known yet
        self._before = [0]

    def tell(self, turn: int, lines: int) -> None:
        """A part was counted: other processes may be waiting for it."""
        self._shared[turn] = lines + 1

    def before(self, turn: int, raw: io.FileIO) -> int:
        """Lines before a part; parts that another process is only about to count are counted here."""
        while len(self._before) <= turn:
            last = len(self._before) - 1
            if not self._shared[last]:
                self.tell(last, sum(map(_line_ends, _pieces(raw, *self._places[last : last + 2]))))
            self._before.append(self._before[-1] + self._shared[last] - 1)
        return self._before[turn]


def _line_ends(data: bytes) -> int:
    """How many lines end here. Looking for one after the other is five times as fast as counting where lines are long."""
    if data.count(b"\n", 0, _SAMPLE) * _LONG > min(len(data), _SAMPLE):
        return data.count(b"\n")
    count, at = 0, data.find(b"\n")
    while at >= 0:
        count += 1
        at = data.find(b"\n", at + 1)
    return count


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that is judged as a whole."""

    path: str


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file. `given` is of the whole file; `turn` counts its parts."""

    source: Source
    given: Input
    start: int
    end: int
    turn: int
    last: bool
    counts: LineCounts

    @property
    def path(self) -> str:
        return self.given.path

    def opened(self) -> Iterator[Input | EngineProblem]:
        """The part as an Input of its own, good until the next is asked for."""
        try:
            descriptor, _info = open_regular(self.path)
        except NotReadable as refused:
            yield EngineProblem(Where(self.path), refused.why)
            return
        with io.FileIO(descriptor, "rb") as raw:
            pieces = _pieces(raw, self.start, self.end)
            if self.end - self.start <= _HELD:
                held = list(pieces)
                self.counts.tell(self.turn, sum(map(_line_ends, held)))
                pieces = iter(held)
            first = 1 + self.counts.before(self.turn, raw)
            stream: Any = _Pieces(pieces)
            yield replace(
                self.given, stream=stream, first_line=first, first_offset=self.start, budget=Budget(), assumed={}
            )


class _Pieces(io.RawIOBase):
    """What was read, or will be, as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        piece = self._rest or next(self._pieces, b"")
        self._rest = piece[size:] if 0 <= size < len(piece) else b""
        return piece[:size] if self._rest else piece


def divided(path: str, zone: Any, mapping: Source | None, processes: int) -> list[Whole | Part]:
    """The parts of a file: several of a large one whose lines stand for themselves."""
    whole: list[Whole | Part] = [Whole(path)]
    try:
        descriptor, info = open_regular(path)
    except NotReadable:
        return whole  # told when it is judged
    with os.fdopen(descriptor, "rb") as raw:
        if info.st_size < WORTH:
            return whole
        try:
            given = as_input(raw, path, info, zone)
            if given.stream is not raw or holds_others(given):
                return whole
            source = recognised(given, mapping)
            if source is None or not is_divisible(source, given):
                return whole
            places = _places(raw, info.st_size, processes)
        except (InputError, *UNREADABLE):
            return whole
    counts = LineCounts(places)
    turns = range(len(places) - 1)
    return [Part(source, given, places[turn], places[turn + 1], turn, turn == turns[-1], counts) for turn in turns]


def _places(raw: BinaryIO, size: int, processes: int) -> list[int]:
    """Where parts begin, and the end."""
    places = [0]
    while places[-1] < size:
        share = (size - places[-1]) // (_SHARES * processes)
        places.append(min(size, _after_line(raw, places[-1] + max(SMALLEST, min(LARGEST, share)))))
    return places


def _after_line(raw: BinaryIO, place: int) -> int:
    raw.seek(place)
    while (piece := raw.readline(_LINE)) and not piece.endswith(b"\n"):
        continue
    return raw.tell()


def _pieces(raw: io.FileIO, start: int, end: int) -> Iterator[bytes]:
    raw.seek(start)
    while start < end and (piece := raw.read(min(CHUNK, end - start))):
        start += len(piece)
        yield piece
