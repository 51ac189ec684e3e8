"""What is counted within a sliding window, per group. Times never go back (the caller sees to it).

A window of `span` holds events whose times differ by at most `span`. Memory per group is bounded by the threshold: what
is older than the newest `threshold` matters no more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from atttcli.rulepack.sigma_nodes import CorrelationRule


class Window(Protocol):
    """`add` takes what happened and says whether the condition holds now."""

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """`names`: which of the rules matched; `value`, `weight`: the counted field as text and as number."""
        ...


class EventCount:
    """At least `threshold` events; a record that says `message repeated n times` counts n times."""

    __slots__ = ("_span", "_threshold", "_times")

    def __init__(self, threshold: int, span: int) -> None:
        self._threshold, self._span = threshold, span
        self._times: deque[int] = deque(maxlen=threshold)

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        times = self._times
        for _ in range(min(max(1, weight), self._threshold)):
            times.append(time)
        return len(times) == self._threshold and time - times[0] <= self._span


class ValueCount:
    """At least `threshold` different values."""

    __slots__ = ("_last", "_span", "_threshold")

    def __init__(self, threshold: int, span: int) -> None:
        self._threshold, self._span = threshold, span
        self._last: dict[str, int] = {}  # in the order of their last time

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        last = self._last
        last.pop(value, None)
        last[value] = time
        while len(last) > self._threshold or time - last[next(iter(last))] > self._span:
            del last[next(iter(last))]
        return len(last) >= self._threshold


class ValueSum:
    """Numbers that add up to at least `threshold`; what is not a positive number adds nothing."""

    __slots__ = ("_parts", "_span", "_threshold", "_total")

    def __init__(self, threshold: int, span: int) -> None:
        self._threshold, self._span = threshold, span
        self._parts: deque[tuple[int, int]] = deque()
        self._total = 0

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        parts = self._parts
        if weight > 0:
            parts.append((time, weight))
            self._total += weight
        while parts and time - parts[0][0] > self._span:
            self._total -= parts.popleft()[1]
        while parts and self._total - parts[0][1] >= self._threshold:
            self._total -= parts.popleft()[1]
        return self._total >= self._threshold


class Together:
    """At least `threshold` of the rules matched."""

    __slots__ = ("_last", "_span", "_threshold")

    def __init__(self, threshold: int, span: int) -> None:
        self._threshold, self._span = threshold, span
        self._last: dict[str, int] = {}

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        self._last.update(dict.fromkeys(names, time))
        return sum(1 for then in self._last.values() if time - then <= self._span) >= self._threshold


class InOrder:
    """The rules matched one after the other, each by an event of its own."""

    __slots__ = ("_names", "_span", "_starts")

    def __init__(self, names: Sequence[str], span: int) -> None:
        self._names, self._span = tuple(names), span
        self._starts: list[int | None] = [None] * len(names)  # latest start of a chain that has come this far

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        done = False
        for index in range(len(self._names) - 1, -1, -1):  # backwards: one event is one link only
            if self._names[index] not in names:
                continue
            start = time if index == 0 else self._starts[index - 1]
            if start is None or time - start > self._span:
                continue
            self._starts[index] = start
            done = done or index == len(self._names) - 1
        return done


def window_factory(rule: CorrelationRule) -> Callable[[], Window]:
    """A new window for each group of a rule."""
    threshold, span = rule.threshold, rule.timespan
    if rule.kind == "event_count":
        return lambda: EventCount(threshold, span)
    if rule.kind == "value_count":
        return lambda: ValueCount(threshold, span)
    if rule.kind == "value_sum":
        return lambda: ValueSum(threshold, span)
    if rule.kind == "temporal":
        return lambda: Together(threshold, span)
    return lambda: InOrder(rule.rules, span)
