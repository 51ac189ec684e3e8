"""Correlations over what is stored, in order of time, over the span that new events touched and some more.

They are fed with the events that rules on single events matched: this run's are remembered, older ones are read again.

A burst's name is the time of its first event, so it must be fed from its beginning: the span grows backwards until no burst
found in it could have begun earlier. What is owed stands in the store beside the segments, so a run that was killed is made up.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from atttcli.archive.reading import read_segment
from atttcli.clock import HOUR
from atttcli.engine import EngineProblem
from atttcli.engines.correlation import CorrelationEngine
from atttcli.ingest.captures import CAPTURE
from atttcli.ingest.held import HeldFindings
from atttcli.ingest.learning import learned_rows
from atttcli.ingest.matched import Match
from atttcli.ingest.session import Session, Waiting, line_occurrence
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack
from atttcli.store.facts.files import owed_correlation, settle_correlation
from atttcli.store.facts.learned import keep_learned, unlearned_segments
from atttcli.store.facts.segments import segments

MARGIN = HOUR
_WIDENINGS = 12
BLOCK = 512  # several files may be open at once
_Placed = tuple[Origin, Event, tuple[str, ...], bool]  # where, what, rules that match it, settled by an earlier run


@dataclass(frozen=True, slots=True)
class _File:
    """The matched events of one file; none is older than `opens`."""

    opens: int
    matches: Iterator[_Placed]


def correlate(session: Session) -> int:
    """Run what is owed; returns the number of events looked at."""
    owed = owed_correlation(session.store)
    if owed is None:
        return 0
    first, last = owed[0] - MARGIN, owed[1] + MARGIN
    wanted = _categories(session.matchers.correlation_pack)
    rows = [row for row in segments(session.store) if row["time_min"] is not None and _concerns(row, wanted)]
    held = HeldFindings(session.workspace.events)
    waiting = Waiting(session, "", "")
    count = 0
    for attempt in range(_WIDENINGS):
        held = HeldFindings(session.workspace.events)
        waiting.problems = []
        seen = 0
        engine = session.matchers.correlation()
        for found in _judged(session, engine, rows, first, last):
            if isinstance(found, int):
                seen += found
            elif isinstance(found, EngineProblem):
                waiting.problem(found.reason)
            elif found.engine == "sigma":
                _take(waiting, found)
                if waiting.is_full:
                    with session.store.transaction() as db:
                        waiting.store(db)
            else:
                held.add(found)
        count += seen
        if not _may_begin_earlier(held, rows, first):
            break
        first -= MARGIN * 2**attempt
    with session.store.transaction() as db:  # one: a run that is killed judges all of it again
        for found in held:
            _take(waiting, found)
            if waiting.is_full:
                waiting.store(db)
        waiting.store(db)
        keep_learned(db, learned_rows(engine), session.clock.now())
        settle_correlation(db)
    return count


def _take(waiting: Waiting, found: Detection) -> None:
    waiting.detection(found, line_occurrence(found.origin, found.origin.line))


def _judged(
    session: Session, engine: CorrelationEngine, rows: list[dict[str, Any]], first: int, last: int
) -> Iterator[Detection | EngineProblem | int]:
    near = [row for row in rows if row["time_min"] <= last and row["time_max"] >= first]
    for origin, event, ids, settled in _in_order(_files(session, near, first, last), first):
        yield from engine.feed_matched(event, ids, origin, settled)
    yield sum(row["count"] for row in near)
    yield from engine.finish()


def _files(session: Session, rows: list[dict[str, Any]], first: int, last: int) -> list[_File]:
    """The segments by the file that they came from, in its order: how a file was cut into segments makes no difference."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row["source_sha256"], []).append(row)
    files = []
    unlearned = unlearned_segments(session.store)
    for _, of_file in sorted(parts.items()):  # events of one moment in several files: by the files' digests
        of_file.sort(key=lambda row: (row["part"], row["path"]))
        files.append(_File(min(row["time_min"] for row in of_file), _matches(session, of_file, unlearned, first, last)))
    return files


def _matches(
    session: Session, rows: list[dict[str, Any]], unlearned: frozenset[str], first: int, last: int
) -> Iterator[_Placed]:
    """What rules matched in one file: remembered by this run, or found again in its segments."""
    for row in rows:
        origin = Origin(row["source_sha256"], row["source_path"])
        kept = session.matched.of(row["path"])
        if kept is None:
            kept = _read_again(session, row["path"])
        for event, ids in kept:
            if event.time is None or first <= event.time <= last:
                yield origin, event, ids, row["path"] not in unlearned
        session.tick(0, 0, "")


def _read_again(session: Session, path: str) -> Iterator[Match]:
    engine = session.matchers.single_events
    events = read_segment(session.workspace.events / path)
    while block := list(islice(events, BLOCK)):
        for index, ids in engine.matches(block):
            yield block[index], ids


def _in_order(files: list[_File], first: int) -> Iterator[_Placed]:
    """A merge by time, that opens each file only when its time has come. An event without a time stands where it is met."""
    ahead = sorted(enumerate(files), key=lambda pair: (pair[1].opens, pair[0]), reverse=True)
    heap: list[tuple[int, int, _Placed, Iterator[_Placed]]] = []
    newest = first
    while heap or ahead:
        while ahead and (not heap or ahead[-1][1].opens <= heap[0][0]):
            number, file = ahead.pop()
            _push(heap, newest, number, file.matches)
        if heap:
            newest, number, placed, matches = heapq.heappop(heap)
            yield placed
            _push(heap, newest, number, matches)


def _push(heap: list[Any], newest: int, number: int, matches: Iterator[_Placed]) -> None:
    placed = next(matches, None)
    if placed is not None:
        time = placed[1].time
        heapq.heappush(heap, (newest if time is None else time, number, placed, matches))


def _may_begin_earlier(found: HeldFindings, rows: list[dict[str, Any]], first: int) -> bool:
    if not any(row["time_min"] < first for row in rows):
        return False
    return found.first is not None and found.first < first + MARGIN


def _categories(pack: CorrelationPack) -> frozenset[str]:
    """Categories of events that some rule asks for; empty: any."""
    asked = {rule.logsource[0] for rule in pack.rules}
    return frozenset() if "" in asked else frozenset(asked)


def _concerns(row: dict[str, Any], wanted: frozenset[str]) -> bool:
    if row["reader"] == CAPTURE:  # kept for indicators; rules on traffic are the network engine's
        return False
    return not wanted or not wanted.isdisjoint(row["categories"])
