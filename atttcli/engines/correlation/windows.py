"""What is counted within a sliding window, per group. Times never go back (the caller sees to it).

A window of `span` holds events whose times differ by at most `span`. Memory per group is bounded by the threshold: what
is older than the newest `threshold` matters no more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil
from typing import Protocol

from atttcli.engines.correlation.measures import NANO
from atttcli.rulepack.correlation_rule import chains
from atttcli.rulepack.sigma_nodes import CorrelationRule


class Window(Protocol):
    """`add` takes what happened and says whether the condition holds now."""

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """`names`: which of the rules matched; `value`, `weight`: the counted field as text and as number."""
        ...

    @property
    def size(self) -> int:
        """Entries held."""
        ...


class EventCount:
    """At least `threshold` events; a record that says `message repeated n times` counts n times."""

    __slots__ = ("_span", "_threshold", "_times")

    def __init__(self, threshold: int, span: int) -> None:
        self._threshold, self._span = threshold, span
        self._times: list[int] = []  # a deque takes 600 bytes for its first time, and most groups never see ten

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        times, threshold = self._times, self._threshold
        times.append(time)
        for _ in range(min(weight, threshold) - 1):
            times.append(time)
        if len(times) > 2 * threshold:
            del times[:-threshold]
        return len(times) >= threshold and time - times[-threshold] <= self._span

    @property
    def size(self) -> int:
        """See Window."""
        return min(len(self._times), self._threshold)


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

    @property
    def size(self) -> int:
        """See Window."""
        return len(self._last)


class ValueSum:
    """Numbers (in billionths) that add up to at least `threshold`; what is below zero adds nothing."""

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

    @property
    def size(self) -> int:
        """See Window."""
        return len(self._parts)


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

    @property
    def size(self) -> int:
        """See Window."""
        return len(self._last)


class AnyOf:
    """All the rules of one of several sets matched: a condition with `and` and `or`."""

    __slots__ = ("_last", "_sets", "_span")

    def __init__(self, sets: Sequence[Sequence[str]], span: int) -> None:
        self._sets, self._span = sets, span
        self._last: dict[str, int] = {}

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        last = self._last
        last.update(dict.fromkeys(names, time))
        since = time - self._span
        return any(all(last.get(name, since - 1) >= since for name in wanted) for wanted in self._sets)

    @property
    def size(self) -> int:
        """See Window."""
        return len(self._last)


class InOrder:
    """The rules of one of several chains matched one after the other, each by an event of its own."""

    __slots__ = ("_chains", "_span", "_starts")

    def __init__(self, chains: Sequence[Sequence[str]], span: int) -> None:
        self._chains, self._span = chains, span
        # For every link the latest start of a chain that has come this far.
        self._starts: list[list[int | None]] = [[None] * len(chain) for chain in chains]

    def add(self, time: int, names: frozenset[str], value: str, weight: int) -> bool:
        """See Window."""
        done = False
        for chain, starts in zip(self._chains, self._starts, strict=True):
            for index in range(len(chain) - 1, -1, -1):  # backwards: one event is one link only
                if chain[index] not in names:
                    continue
                start = time if index == 0 else starts[index - 1]
                if start is None or time - start > self._span:
                    continue
                starts[index] = start
                done = done or index == len(chain) - 1
        return done

    @property
    def size(self) -> int:
        """See Window."""
        return len(self._starts)


def window_factory(rule: CorrelationRule) -> Callable[[], Window]:
    """A new window for each group of a rule whose condition only ever waits for more."""
    threshold, span = rule.threshold, rule.timespan
    if rule.kind == "event_count":
        return lambda: EventCount(threshold, span)
    if rule.kind == "value_count":
        return lambda: ValueCount(threshold, span)
    if rule.kind == "value_sum":
        return lambda: ValueSum(_least_sum(rule), span)
    sets = [must for must, _ in chains(rule.expression)] if rule.expression is not None else None
    if rule.kind == "temporal":
        return (lambda: Together(threshold, span)) if sets is None else (lambda: AnyOf(sets, span))
    order = sets or [rule.rules]
    return lambda: InOrder(order, span)


def _least_sum(rule: CorrelationRule) -> int:
    """The smallest sum that meets every lower bound, in billionths."""
    return max(ceil(Fraction(str(bound)) * NANO) + (op == "gt") for op, bound in rule.condition)
