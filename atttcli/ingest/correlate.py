"""Rules over many events, run on what is stored, in order of time, over the span that new events touched and some more.

A burst's name is the time of its first event, so it must be fed from its beginning: the span grows backwards until no burst
found in it could have begun earlier. What is owed stands in the store beside the segments, so a run that was killed is made up.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from atttcli.archive.reading import read_segment
from atttcli.clock import HOUR
from atttcli.engine import EngineProblem
from atttcli.ingest.session import Session, Waiting, line_occurrence
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack
from atttcli.store.facts.files import owed_correlation, settle_correlation
from atttcli.store.facts.segments import segments

MARGIN = HOUR
_WIDENINGS = 12
RUN = 4096


def correlate(session: Session) -> int:
    """Run what is owed; returns the number of events looked at."""
    owed = owed_correlation(session.store)
    if owed is None:
        return 0
    first, last = owed[0] - MARGIN, owed[1] + MARGIN
    wanted = _categories(session.matchers.correlation_pack)
    rows = [row for row in segments(session.store) if row["time_min"] is not None and _concerns(row, wanted)]
    held: list[Detection] = []
    waiting = Waiting(session, "", "")
    count = 0
    for attempt in range(_WIDENINGS):
        held = []
        waiting.problems = []
        seen = 0
        for found in _judged(session, rows, first, last):
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
                held.append(found)
        count += seen
        if not _may_begin_earlier(held, rows, first):
            break
        first -= MARGIN * 2**attempt
    for found in held:
        _take(waiting, found)
    with session.store.transaction() as db:
        waiting.store(db)
        settle_correlation(db)
    return count


def _take(waiting: Waiting, found: Detection) -> None:
    waiting.detection(found, line_occurrence(found.origin, found.origin.line))


def _judged(
    session: Session, rows: list[dict[str, Any]], first: int, last: int
) -> Iterator[Detection | EngineProblem | int]:
    engine = session.matchers.correlation()
    near = [row for row in rows if row["time_min"] <= last and row["time_max"] >= first]
    for origin, events in _in_order(session.workspace.events, near, first, last):
        yield from engine.feed_block(events, origin)
        yield len(events)
        session.tick(0, 0, "")
    yield from engine.finish()


def _in_order(folder: Path, rows: list[dict[str, Any]], first: int, last: int) -> Iterator[tuple[Origin, list[Event]]]:
    """A merge of segments by time, in runs of one segment, that opens each only when its time has come."""
    ahead = sorted(enumerate(rows), key=lambda pair: (pair[1]["time_min"], pair[0]), reverse=True)
    heap: list[Any] = []
    newest = first
    while heap or ahead:
        while ahead and (not heap or ahead[-1][1]["time_min"] <= heap[0][0]):
            number, row = ahead.pop()
            events = _within(read_segment(folder / row["path"]), first, last)
            _push(heap, newest, number, events, Origin(row["source_sha256"], row["source_path"]))
        if not heap:
            continue
        newest, number, event, events, origin = heapq.heappop(heap)
        limit = min(heap[0][0] if heap else last, ahead[-1][1]["time_min"] if ahead else last)
        run = [event]
        for following in events:
            time = newest if following.time is None else following.time
            if time > limit or len(run) >= RUN:
                heapq.heappush(heap, (time, number, following, events, origin))
                break
            run.append(following)
        yield origin, run


def _push(heap: list[Any], newest: int, number: int, events: Iterator[Event], origin: Origin) -> None:
    event = next(events, None)
    if event is not None:
        heapq.heappush(heap, (event.time if event.time is not None else newest, number, event, events, origin))


def _within(events: Iterable[Event], first: int, last: int) -> Iterator[Event]:
    for event in events:
        if event.time is None or first <= event.time <= last:
            yield event


def _may_begin_earlier(found: list[Detection], rows: list[dict[str, Any]], first: int) -> bool:
    if not any(row["time_min"] < first for row in rows):
        return False
    starts = [one.detail.get("first") for one in found]
    return any(isinstance(start, int) and start < first + MARGIN for start in starts)


def _categories(pack: CorrelationPack) -> frozenset[str]:
    """Categories of events that some rule asks for; empty: any."""
    asked = {rule.logsource[0] for rule in pack.rules}
    return frozenset() if "" in asked else frozenset(asked)


def _concerns(row: dict[str, Any], wanted: frozenset[str]) -> bool:
    return not wanted or not wanted.isdisjoint(row["categories"])
