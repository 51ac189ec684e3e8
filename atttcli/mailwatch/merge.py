"""Events of many logs in the order of time: rotated sets come in any order, several servers write at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from atttcli.engine import EngineProblem
from atttcli.errors import InputError, Where
from atttcli.field.inflate import Damaged, Unsupported
from atttcli.model.event import Event
from atttcli.source import ReadProblem, Record

MAX_OPEN: Final = 64
_PROBLEMS: Final = 20
_PEEKED: Final = 5_000
Item = tuple[str, Event] | EngineProblem


@dataclass(frozen=True, slots=True)
class Log:
    """A log that can be read anew: `records` opens it."""

    path: str
    records: Callable[[], Iterator[Record]]


class Merge:
    """All events with a time, merged. `files`, `events`, `late` count; `until` bounds what clocks may say (microseconds)."""

    def __init__(self, logs: Sequence[Log], until: int) -> None:
        self._logs, self._until = logs, until
        self.files = self.events = self.timeless = self.future = 0

    def __iter__(self) -> Iterator[Item]:
        """Each log is opened when the merge reaches its first event, and at most MAX_OPEN are open."""
        starts: list[tuple[int, int, Log]] = []
        for number, log in enumerate(self._logs):
            problems: list[EngineProblem] = []
            first = self._first(log, problems)
            yield from problems
            if first is not None:
                starts.append((first, number, log))
        starts.sort(key=lambda one: one[:2], reverse=True)
        heap: list[tuple[int, int, Event, Log, Iterator[Event | EngineProblem]]] = []
        while starts or heap:
            while starts and (not heap or (starts[-1][0] <= heap[0][0] and len(heap) < MAX_OPEN)):
                _, number, log = starts.pop()
                self.files += 1
                yield from self._advance(heap, number, log, self._events(log))
            if heap:
                _, number, event, log, rest = heap[0]
                yield log.path, event
                yield from self._replace(heap, number, log, rest, starts[-1][0] if starts else None)
        if self.timeless:
            yield EngineProblem(Where(), f"{self.timeless} events without a time were not judged")
        if self.future:
            yield EngineProblem(Where(), f"{self.future} events from the future were not judged: a clock is wrong")

    def _replace(
        self, heap: list[tuple[int, int, Event, Log, Iterator[Event | EngineProblem]]], number: int, log: Log,
        rest: Iterator[Event | EngineProblem], following: int | None,
    ) -> Iterator[Item]:  # fmt: skip
        """The next event of the log at the top. While no other log has an earlier one its events pass without the heap."""
        alone = len(heap) == 1
        other = min((heap[at][0] for at in (1, 2) if at < len(heap)), default=None)
        bound = following if other is None else other if following is None else min(other, following)
        for item in rest:
            if isinstance(item, EngineProblem):
                yield item
                continue
            time = item.time or 0
            if (alone and bound is None) or (bound is not None and time < bound):
                yield log.path, item
                continue
            heapq.heapreplace(heap, (time, number, item, log, rest))
            return
        heapq.heappop(heap)

    def _advance(
        self, heap: list[tuple[int, int, Event, Log, Iterator[Event | EngineProblem]]], number: int, log: Log,
        rest: Iterator[Event | EngineProblem],
    ) -> Iterator[Item]:  # fmt: skip
        for item in rest:
            if isinstance(item, EngineProblem):
                yield item
                continue
            heapq.heappush(heap, (item.time or 0, number, item, log, rest))
            return

    def _first(self, log: Log, problems: list[EngineProblem]) -> int | None:
        """The time of the first event that has one; None when the log has none (that is said when it is read)."""
        try:
            for count, record in enumerate(log.records()):
                if isinstance(record, Event) and record.time is not None and record.time <= self._until:
                    return record.time
                if count >= _PEEKED:
                    break
        except (InputError, Damaged, Unsupported, OSError) as error:
            problems.append(_problem(log.path, error))
            return None
        return 0

    def _events(self, log: Log) -> Iterator[Event | EngineProblem]:
        bad = 0
        try:
            for record in log.records():
                if isinstance(record, Event):
                    self.events += 1
                    if record.time is None:
                        self.timeless += 1
                    elif record.time > self._until:
                        self.future += 1
                    else:
                        yield record
                elif isinstance(record, ReadProblem):
                    bad += 1
                    if bad <= _PROBLEMS:
                        yield EngineProblem(Where(log.path, record.line, offset=record.offset), record.reason)
        except (InputError, Damaged, Unsupported, OSError) as error:
            yield _problem(log.path, error)
        if bad > _PROBLEMS:
            yield EngineProblem(Where(log.path), f"{bad - _PROBLEMS} more lines could not be read")


def _problem(path: str, error: Exception) -> EngineProblem:
    if isinstance(error, InputError):
        return EngineProblem(error.where or Where(path), error.message)
    return EngineProblem(Where(path), str(error) or "damaged")
