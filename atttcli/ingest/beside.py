"""Logs taken in by copies of this process, a file each, while this one alone stores: `ingest --workers N`.

A copy reads, matches and writes the segments of its file against what was stored when it began, and leaves what a commit
needs. This process commits file after file in the order in which they came, so that numbers, accounts and segments are those
of a run without copies. What a copy could not know is what files before its own have stored meanwhile: if that and its
segments share a line, or it met lines known before, its work is thrown away and done again here (docs/decisions/0206).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from atttcli.archive.layout import DIGEST_BYTES, SegmentInfo
from atttcli.archive.reading import segment_digests
from atttcli.field.opening import NotReadable, open_regular
from atttcli.ingest.logs import LogIntake
from atttcli.ingest.route import Item
from atttcli.ingest.session import Session
from atttcli.model.alert import Alert
from atttcli.process.forked import AVAILABLE, Forked, Put
from atttcli.store.facts import segments
from atttcli.store.facts.files import Problem

Done = Callable[[LogIntake], None]


class _Parcel(msgspec.Struct):
    """What one commit of a copy would have stored. Counts are those of the file so far."""

    info: SegmentInfo | None
    names: list[str]
    last: bool
    alerts: list[tuple[Alert, str]]
    problems: list[Problem]
    problem_count: int
    read: int
    rejected: int
    events: int
    known: int
    assumed: dict[str, str]
    damage: str
    matches: list[bytes]
    matched: int


class _Summary(msgspec.Struct):
    """What decides whether a copy's work can stand."""

    segments: list[str]
    known: int


class _Apart(LogIntake):
    """Takes a log in without the store: what it would commit is put to the parent."""

    put: Put
    written: list[str]

    def _commit(self, last: bool = False) -> None:
        info, names = self._sealed()
        parts = self.matches.done() if info is not None else []
        waiting = self.waiting
        self.put(
            msgspec.msgpack.encode(
                _Parcel(
                    info, names, last, waiting.alerts, waiting.problems, waiting.problem_count, self.ledger.read,
                    self.ledger.rejected, self.fresh_events, self.known, dict(self.item.given.assumed), self.damage, parts,
                    self.matches.size if info is not None else 0,
                )
            )
        )  # fmt: skip
        waiting.alerts, waiting.problems = [], []
        if info is not None:
            self.part += 1
            self.written.append(info.path)


@dataclass(slots=True)
class _Under:
    """A file that a copy works on. `done` is told the intake once it is stored."""

    item: Item
    intake: _Apart
    work: Forked
    done: Done


@dataclass(slots=True)
class Beside:
    """At most `workers` copies at work."""

    session: Session
    workers: int
    _waiting: deque[_Under] = field(default_factory=deque)
    again: int = 0  # files that were taken in a second time, here

    def takes(self, item: Item) -> bool:
        """Whether a copy can take it: a log that is a file of its own, not one in an archive or a mail."""
        given = item.given
        return (
            AVAILABLE and item.kind == "log" and given.file is not None and not item.parent and item.source is not None
        )

    def start(self, item: Item, done: Done) -> None:
        """Begin a file; the oldest is stored first when all copies are at work."""
        while len(self._waiting) >= self.workers:
            self._finish_oldest()
        assert item.source is not None
        matchers = self.session.matchers
        for engine in (matchers.indicators, matchers.yara_lines, matchers.single_events):
            assert engine is not None  # loaded before the copy is made: it has no store to load them from
        intake = _Apart(self.session, item, item.source)
        intake.written = []
        self._waiting.append(_Under(item, intake, Forked.start(lambda put: _take_apart(intake, put)), done))

    def drain(self) -> None:
        """Store all that is under way, in order."""
        while self._waiting:
            self._finish_oldest()

    def _finish_oldest(self) -> None:
        """It stands among those under way until it is stored: who is interrupted over it can still stop it."""
        self._finish(self._waiting[0])
        self._waiting.popleft()

    def stop(self) -> None:
        """End all copies; what they wrote is swept away by the next run."""
        while self._waiting:
            self._waiting.popleft().work.stop()

    def _finish(self, one: _Under) -> None:
        data = one.work.wait()
        summary = msgspec.msgpack.decode(data, type=_Summary) if data is not None else None
        if summary is None or not self._stands(one, summary):
            if summary is not None:
                one.work.stop()
                self._remove(summary.segments)
            one.done(self._again(one))
            return
        decoder = msgspec.msgpack.Decoder(_Parcel)
        for frame in one.work.frames():
            self._store(one.intake, decoder.decode(frame))
        one.done(one.intake)

    def _store(self, intake: LogIntake, parcel: _Parcel) -> None:
        waiting, ledger = intake.waiting, intake.ledger
        waiting.alerts, waiting.problems, waiting.problem_count = parcel.alerts, parcel.problems, parcel.problem_count
        ledger.read, ledger.rejected = parcel.read, parcel.rejected
        intake.fresh_events, intake.known, intake.damage = parcel.events, parcel.known, parcel.damage
        intake.item.given.assumed.update(parcel.assumed)
        if parcel.names:
            intake.name = parcel.names[0]
        intake.store(parcel.info, parcel.names, parcel.last)
        if parcel.info is not None:
            self.session.matched.keep_parts(parcel.info.path, parcel.matches, parcel.matched)
        self.session.tick(ledger.read, 0, intake.item.given.path)

    def _stands(self, one: _Under, summary: _Summary) -> bool:
        """Whether nothing that was stored since the copy was made could have changed what it found."""
        assert one.item.source is not None
        rows = segments.segments(self.session.store, one.item.source.name)
        fresh = [str(row["path"]) for row in rows if row["path"] not in one.intake.known_segments]
        if not fresh:
            return True
        if summary.known:
            return False
        import numpy as np

        mine = [self._keys(path) for path in summary.segments]
        return not any(np.isin(self._keys(path), keys).any() for path in fresh for keys in mine)

    def _keys(self, path: str) -> Any:
        import numpy as np

        digests = segment_digests(self.session.workspace.events / path, None)
        return np.frombuffer(digests, dtype="<u8").reshape(-1, DIGEST_BYTES // 8)[:, 0]

    def _again(self, one: _Under) -> LogIntake:
        """Here, against all that is stored now."""
        self.again += 1
        given = one.item.given
        assert given.file is not None and one.item.source is not None
        try:
            descriptor, _info = open_regular(os.path.realpath(given.file))
        except NotReadable as error:
            raise OSError(0, error.why, str(given.file)) from error
        with os.fdopen(descriptor, "rb") as stream:
            item = replace(one.item, given=replace(given, stream=stream))
            intake = LogIntake(self.session, item, one.item.source)
            intake.take()
        return intake

    def _remove(self, paths: list[str]) -> None:
        for path in paths:
            (self.session.workspace.events / path).unlink(missing_ok=True)


def _take_apart(intake: _Apart, put: Put) -> bytes:
    """In the copy: all of the file. Nobody sees its progress, and nothing of the store is touched."""
    intake.put = put
    intake.session.tick = _quiet
    intake.take()
    return msgspec.msgpack.encode(_Summary(intake.written, intake.known))


def _quiet(_done: int, _total: int, _what: str) -> None:
    """Nobody watches."""
