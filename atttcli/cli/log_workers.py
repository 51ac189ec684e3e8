"""`detect logs --workers N`: parts of logs judged in copies of this process; correlations see what matched in order, here.

The matches are those of one process. A part is a run of files, or of lines of one file whose lines stand for themselves.
A part that a copy was lost over is judged here.
"""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from atttcli.cli.log_run import Judged, LogRun, as_input, recognised
from atttcli.engine import EngineProblem
from atttcli.errors import InputError, Where
from atttcli.field.account import Outcome
from atttcli.field.inflate import Damaged, Unsupported
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.walk import walk
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.process.forked import AVAILABLE, Forked, Put

_BY_LINES = ("windows-json", "web-access")  # readers to which each line stands for itself
_WORTH = 8 * 1024 * 1024  # bytes from which a file is divided
_FRAME = 512  # results a frame
_FIRST = 2 * 1024 * 1024  # judged here first: the copies begin with what that taught


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or its bytes from `start` to `end` (0: to its end)."""

    path: str
    size: int
    start: int = 0
    end: int = 0


class _Frame(msgspec.Struct, array_like=True):
    """Results of a part, in order; the last frame of a part says how many files, events and lines it had."""

    part: int
    matched: list[tuple[Event, tuple[str, ...]]]
    others: list[tuple[Detection, Event | None]]
    problems: list[EngineProblem]
    files: int = 0
    events: int = 0
    lines: int = 0


class _Window(io.RawIOBase):
    """Some bytes of a file, and how many lines were read of them."""

    def __init__(self, raw: BinaryIO, start: int, end: int) -> None:
        super().__init__()
        self._raw, self._left = raw, end - start
        self.lines = 0
        raw.seek(start)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        data = self._raw.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self.lines += data.count(b"\n")
        return data


def judge_beside(run: LogRun, paths: Iterable[Path], workers: int, progress: Callable[[str], None]) -> Iterator[Judged]:
    """As `run.judge`, by at most `workers` copies of this process at a time."""
    if not AVAILABLE:
        yield from run.judge(paths, progress)
        return
    parts: list[Part] = []
    for item in walk(str(path) for path in paths):
        if not isinstance(item, Outcome):
            parts += divided(run, item.path, workers)
        elif not item.harmless:
            yield EngineProblem(Where(item.path), item.why)
    bases: dict[str, int] = {}
    for frame, part in _frames(run, _runs(parts, workers), workers):
        progress(part.path)
        yield from _told(run, frame, part, bases)
    for found in run.correlation.finish():
        yield run.with_event(found)


def _told(run: LogRun, frame: _Frame, part: Part, bases: dict[str, int]) -> Iterator[Judged]:
    """The results of a frame with the lines of the whole file; correlations are fed."""
    base = bases.get(part.path, 0)
    origin = Origin("", part.path)
    for event, ids in frame.matched:
        placed = msgspec.structs.replace(event, line=event.line + base) if base else event
        for found in run.correlation.feed_matched(placed, ids, origin):
            same = isinstance(found, Detection) and found.origin.line == placed.line
            yield (found, placed if same else None) if isinstance(found, Detection) else found
    for found, other in frame.others:
        if base and found.origin.line is not None:
            found = replace(found, origin=replace(found.origin, line=found.origin.line + base))
            other = msgspec.structs.replace(other, line=other.line + base) if other is not None else None
        yield found, other
    for problem in frame.problems:
        line = problem.where.line
        yield replace(problem, where=replace(problem.where, line=line + base)) if base and line else problem
    run.files += frame.files if not part.start else 0
    run.events += frame.events
    bases[part.path] = base + frame.lines


def divided(run: LogRun, path: str, workers: int) -> list[Part]:
    """The parts of a file: several of a large one whose lines stand for themselves."""
    try:
        descriptor, info = open_regular(path)
    except NotReadable:
        return [Part(path, 0)]  # told when it is judged
    with os.fdopen(descriptor, "rb") as raw:
        whole = [Part(path, info.st_size)]
        if info.st_size < _WORTH:
            return whole
        given = as_input(raw, path, info, run.zone)
        source = recognised(given, run.mapping)
        first = given.head.partition(b"\n")[0].rstrip()
        plain = given.stream is raw and source is not None and source.name in _BY_LINES
        if not plain or (first[:1] in b"{[" and not (first.startswith(b"{") and first.endswith(b"}"))):
            return whole
        places = [0, _after_line(raw, min(_FIRST, info.st_size // 4))]
        step = (info.st_size - places[1]) // workers + 1
        places += [_after_line(raw, places[1] + step * turn) for turn in range(1, workers)]
    places = sorted({place for place in places if place < info.st_size})
    ends = [*places[1:], info.st_size]
    return [Part(path, end - start, start, end) for start, end in zip(places, ends, strict=True)]


def _after_line(raw: BinaryIO, place: int) -> int:
    raw.seek(place)
    while (piece := raw.readline(1024 * 1024)) and not piece.endswith(b"\n"):
        continue
    return raw.tell()


def _runs(parts: list[Part], workers: int) -> list[list[Part]]:
    """Parts in order, as runs of about the same size: one for each copy; of many files two, for they differ."""
    total = sum(part.size for part in parts)
    share = total / (workers * (1 if len(parts) <= workers + 1 else 2)) or 1
    runs: list[list[Part]] = []
    size = 0.0
    for part in parts:
        if not runs or size + part.size / 2 > share:
            runs.append([])
            size = 0.0
        runs[-1].append(part)
        size += part.size
    return runs


def _frames(run: LogRun, runs: list[list[Part]], workers: int) -> Iterator[tuple[_Frame, Part]]:
    """Frames in the order of the parts. The first run of a divided file is short and is judged here."""
    decoder = msgspec.msgpack.Decoder(_Frame)
    if runs and runs[0][0].end:
        yield from _here(run, runs[0][:1])
        runs = [one for one in (runs[0][1:], *runs[1:]) if one]
    waiting: deque[tuple[list[Part], Forked]] = deque()
    todo = deque(runs)
    try:
        while todo or waiting:
            while todo and len(waiting) < workers:
                some = todo.popleft()
                waiting.append((some, Forked.start(lambda put, some=some: _apart(run, some, put))))  # type: ignore[misc]
            some, work = waiting[0]
            lost = work.wait() is None
            waiting.popleft()
            if lost:
                yield from _here(run, some)
                continue
            for data in work.frames():
                frame = decoder.decode(data)
                yield frame, some[frame.part]
    finally:
        for _some, work in waiting:
            work.stop()


def _here(run: LogRun, parts: list[Part]) -> Iterator[tuple[_Frame, Part]]:
    for number, part in enumerate(parts):
        for frame in _judged(run, number, part):
            yield frame, part


def _apart(run: LogRun, parts: list[Part], put: Put) -> bytes:
    encoder = msgspec.msgpack.Encoder()
    for number, part in enumerate(parts):
        for frame in _judged(run, number, part):
            put(encoder.encode(frame))
    return b""


def _judged(run: LogRun, number: int, part: Part) -> Iterator[_Frame]:
    """The frames of one part: what single-event rules matched is not correlated yet."""
    run.apart, files, events = [], run.files, run.events
    frame = _Frame(number, run.apart, [], [])
    window: list[_Window] = []
    for result in _results(run, part, window):
        if isinstance(result, EngineProblem):
            frame.problems.append(result)
        else:
            frame.others.append(result)
        if len(frame.matched) + len(frame.others) + len(frame.problems) >= _FRAME:
            yield frame
            run.apart = []
            frame = _Frame(number, run.apart, [], [])
    run.apart = None
    frame.files, frame.events, frame.lines = run.files - files, run.events - events, window[0].lines if window else 0
    run.files, run.events = files, events
    yield frame


def _results(run: LogRun, part: Part, window: list[_Window]) -> Iterator[Judged]:
    try:
        descriptor, info = open_regular(part.path)
    except NotReadable as refused:
        yield EngineProblem(Where(part.path), refused.why)
        return
    with os.fdopen(descriptor, "rb") as raw:
        try:
            given = as_input(raw, part.path, info, run.zone)
            source = recognised(given, run.mapping)
            if source is None:
                yield EngineProblem(Where(part.path), "no log that any reader knows; it was not judged")
                return
            if part.end:
                window.append(_Window(raw, part.start, part.end))
                given.stream = window[0]  # type: ignore[assignment]
            run.files += 1
            yield from run.records(source, given)
        except InputError as error:
            yield EngineProblem(error.where or Where(part.path), error.message)
        except (Damaged, Unsupported, OSError) as error:
            yield EngineProblem(Where(part.path), str(error) or "damaged")
