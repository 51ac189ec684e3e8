"""Events of several hosts come almost in order: hold those that matched for a moment, let them go by time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from atttcli.clock import MINUTE
from atttcli.model.alert import Origin
from atttcli.model.event import Event

_HELD = 4096


class Matched(NamedTuple):
    """An event that rules matched. By time, then arrival (no two are alike): a heap compares tuples in C.

    `settled`: an earlier run judged it already.
    """

    time: int
    arrival: int
    names: frozenset[str]
    origin: Origin
    event: Event
    settled: bool = False


class Ordering:
    """A heap of matched events that lag less than `slack` behind the newest. Later ones go straight through."""

    def __init__(self, slack: int = MINUTE) -> None:
        self._slack = slack
        self._heap: list[Matched] = []
        self._newest = -(2**62)
        self._arrival = 0

    def put(
        self, time: int, names: frozenset[str], origin: Origin, event: Event, settled: bool = False
    ) -> Iterator[Matched]:
        """Take one in; give out all that are due."""
        self._arrival += 1
        self._newest = max(self._newest, time)
        heapq.heappush(self._heap, Matched(time, self._arrival, names, origin, event, settled))
        while self._heap and (self._heap[0].time <= self._newest - self._slack or len(self._heap) > _HELD):
            yield heapq.heappop(self._heap)

    def finish(self) -> Iterator[Matched]:
        """All that are left, by time."""
        while self._heap:
            yield heapq.heappop(self._heap)
        self._newest = -(2**62)
