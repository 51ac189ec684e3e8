"""Captures judged one after the other, or by copies of this process: what they said comes in the order of the captures.

The copies share the rules that were loaded before, so that a folder of captures costs one start however many work on it.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from atttcli.errors import InputError, Where
from atttcli.process.forked import AVAILABLE, Forked, Put
from atttcli.sources.capture.span import Span, goes_on, span_of

SHARES = 8  # batches for each worker: the last one to end keeps the others waiting the shorter, the more there are
MOST_BATCH = 64 << 20
MOST_WAITING = 64  # batches that are done before one that came first
_PAUSE = 0.005
_HEAD = 4096
_STDIN = [["-"]]


class Found(NamedTuple):
    """An alert, as EVE object or as row of the table."""

    rule: str
    eve: dict[str, Any] | None
    row: tuple[str, ...]


class Trouble(NamedTuple):
    """Something that could not be judged, or a whole capture that could not be read."""

    where: Where
    reason: str


class Done(NamedTuple):
    """A capture was read to its end."""

    path: str
    packets: int
    flows: int
    alerts: int


Said = Found | Trouble | Done
Group = list[str]  # the files of one capture
Judge = Callable[[Group], Iterator[Said]]
_KINDS: dict[str, type[Found] | type[Trouble] | type[Done]] = {"found": Found, "trouble": Trouble, "done": Done}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(slots=True)
class Given:
    """The captures that are meant: files as named, and those in folders. `others` are files in folders that are none."""

    names: list[str] = field(default_factory=list)
    others: int = 0
    unread: list[Trouble] = field(default_factory=list)


def captures_of(paths: Sequence[str]) -> Given:
    """Folders are looked through, by content and not by name; links to folders are not followed."""
    given = Given()
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            given.names.append(path)
            continue
        failed: list[OSError] = []
        for folder, below, files in os.walk(path, onerror=failed.append):
            below.sort()
            for name in sorted(files):
                _sort_out(os.path.join(folder, name), given)
        given.unread += [Trouble(Where(str(error.filename)), str(error.strerror)) for error in failed]
    return given


def _sort_out(name: str, given: Given) -> None:
    from atttcli.field.opening import NotReadable, open_regular
    from atttcli.sources.capture import looks_like_capture

    try:
        fd, _info = open_regular(name)
        with os.fdopen(fd, "rb") as stream:
            head = stream.read(_HEAD)
    except NotReadable as error:
        if os.path.islink(name) or not os.path.isfile(name):
            given.others += 1
        else:
            given.unread.append(Trouble(Where(name), error.why))
        return
    except OSError as error:
        given.unread.append(Trouble(Where(name), str(error.strerror)))
        return
    if looks_like_capture(head):
        given.names.append(name)
    else:
        given.others += 1


def grouped(names: Sequence[str], joined: bool | None) -> list[Group]:
    """Which of the files are one capture. `joined` says that all are, or none; None looks whether each begins where the one
    before it ends."""
    if joined is not None or len(names) < 2:
        return [list(names)] if joined and names else [[name] for name in names]
    groups: list[Group] = []
    before: Span | None = None
    for name in names:
        span = _span(name)
        if groups and goes_on(before, span):
            groups[-1].append(name)
        else:
            groups.append([name])
        before = span
    return groups


def _span(name: str) -> Span | None:
    from atttcli.field.opening import NotReadable, open_regular

    if name == "-":
        return None
    try:
        fd, _info = open_regular(os.path.realpath(name))
        with os.fdopen(fd, "rb") as stream:
            return span_of(stream, name)
    except (NotReadable, OSError):
        return None  # told when it is judged


def in_order(groups: Sequence[Group], workers: int, judge: Judge) -> Iterator[Said]:
    """What `judge` says of all of them, in their order, whoever worked on it."""
    if workers < 2 or not AVAILABLE or len(groups) < 2:
        for group in groups:
            yield from judge(group)
        return
    waiting: deque[tuple[list[Group], Forked | None]] = deque()
    try:
        for batch in _batches(groups, workers):
            while len(waiting) >= MOST_WAITING or _running(waiting) >= workers:
                if waiting[0][1] is None or not waiting[0][1].is_running:
                    yield from _finish(*waiting.popleft(), judge)
                else:
                    time.sleep(_PAUSE)
            waiting.append((batch, None if batch == _STDIN else Forked.start(_work(batch, judge))))
        while waiting:
            yield from _finish(*waiting.popleft(), judge)
    finally:
        for _batch, forked in waiting:
            if forked is not None:
                forked.stop()


def _running(waiting: Sequence[tuple[list[Group], Forked | None]] | deque[tuple[list[Group], Forked | None]]) -> int:
    return sum(forked is not None and forked.is_running for _batch, forked in waiting)


def _finish(batch: list[Group], forked: Forked | None, judge: Judge) -> Iterator[Said]:
    """What a copy said; where it was lost, or may not do it, this process does the work."""
    if forked is None or forked.wait() is None:
        for group in batch:
            yield from judge(group)
        return
    for frame in forked.frames():
        yield _read(frame)


def _work(batch: list[Group], judge: Judge) -> Callable[[Put], bytes]:
    def work(put: Put) -> bytes:
        for group in batch:
            for said in judge(group):
                put(_written(said))
        return b""

    return work


def _written(said: Said) -> bytes:
    """As JSON: names of files may hold bytes that are no text, which it keeps."""
    values: list[Any] = list(said)
    if isinstance(said, Trouble):
        values[0] = asdict(said.where)
    return json.dumps([_NAMES[type(said)], *values]).encode()


def _read(frame: bytes) -> Said:
    kind, *values = json.loads(frame)
    if kind == "trouble":
        return Trouble(Where(**values[0]), values[1])
    if kind == "found":
        return Found(values[0], values[1], tuple(values[2]))
    return Done(*values)


def _batches(groups: Sequence[Group], workers: int) -> Iterator[list[Group]]:
    """Neighbours together, so that a thousand small captures are not a thousand copies; standard input alone."""
    sizes = [sum(_size(name) for name in group) for group in groups]
    most = min(sum(sizes) // (workers * SHARES), MOST_BATCH)
    batch: list[Group] = []
    held = 0
    for group, size in zip(groups, sizes, strict=True):
        if batch and (held + size > most or "-" in group or batch == _STDIN):
            yield batch
            batch, held = [], 0
        batch.append(group)
        held += size
    if batch:
        yield batch


def _size(name: str) -> int:
    try:
        return 0 if name == "-" else Path(name).stat().st_size
    except OSError:
        return 0


def trouble_of(error: InputError, name: str) -> Trouble:
    """A capture that could not be read at all."""
    return Trouble(error.where or Where(name), error.message)
