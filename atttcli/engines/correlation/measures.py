"""What is measured over a window, kept up to date while events enter and leave it. Numbers are exact: billionths as integers."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, Protocol

from atttcli.rulepack.sigma_nodes import CorrelationRule

NANO = 1_000_000_000
_NUMBER = re.compile(r"(-?)([0-9]{1,18})(?:\.([0-9]{1,9})[0-9]*)?\Z")


class Entry(NamedTuple):
    """An event in a window: its time, the rules it matched, the value counted, that value as a number, how often it occurred."""

    time: int
    names: frozenset[str]
    value: str
    number: int
    weight: int


class Measure(Protocol):
    """A number over the entries of a window."""

    def enter(self, entry: Entry) -> None:
        """One more."""
        ...

    def leave(self, entry: Entry) -> None:
        """The oldest goes."""
        ...

    def value(self) -> Fraction | int:
        """The measure now; there is at least one entry."""
        ...


def billionths(text: str) -> int | None:
    """A decimal number, cut after nine decimals; None for what is none."""
    found = _NUMBER.match(text[:64]) if len(text) <= 64 else None
    if found is None:
        return None
    sign, whole, part = found.groups()
    made = int(whole) * NANO + int((part or "0").ljust(9, "0"))
    return -made if sign else made


class Occurrences:
    """Events; a record that says `message repeated n times` counts n times."""

    __slots__ = ("_total",)

    def __init__(self) -> None:
        self._total = 0

    def enter(self, entry: Entry) -> None:
        """See Measure."""
        self._total += entry.weight

    def leave(self, entry: Entry) -> None:
        """See Measure."""
        self._total -= entry.weight

    def value(self) -> Fraction | int:
        """See Measure."""
        return self._total


class Different:
    """Different values."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def enter(self, entry: Entry) -> None:
        """See Measure."""
        self._seen[entry.value] = self._seen.get(entry.value, 0) + 1

    def leave(self, entry: Entry) -> None:
        """See Measure."""
        left = self._seen[entry.value] - 1
        if left:
            self._seen[entry.value] = left
        else:
            del self._seen[entry.value]

    def value(self) -> Fraction | int:
        """See Measure."""
        return len(self._seen)


class Sum:
    """Numbers added up, or their mean."""

    __slots__ = ("_count", "_mean", "_total")

    def __init__(self, mean: bool) -> None:
        self._mean, self._total, self._count = mean, 0, 0

    def enter(self, entry: Entry) -> None:
        """See Measure."""
        self._total += entry.number
        self._count += 1

    def leave(self, entry: Entry) -> None:
        """See Measure."""
        self._total -= entry.number
        self._count -= 1

    def value(self) -> Fraction | int:
        """See Measure."""
        return Fraction(self._total, NANO * (self._count if self._mean else 1))


class Percentile:
    """A percentile by linear interpolation between the two nearest ranks; 50 is the median."""

    __slots__ = ("_part", "_sorted")

    def __init__(self, percentile: float) -> None:
        self._part = Fraction(str(percentile)) / 100
        self._sorted: list[int] = []

    def enter(self, entry: Entry) -> None:
        """See Measure."""
        insort(self._sorted, entry.number)

    def leave(self, entry: Entry) -> None:
        """See Measure."""
        del self._sorted[bisect_left(self._sorted, entry.number)]

    def value(self) -> Fraction | int:
        """See Measure."""
        rank = self._part * (len(self._sorted) - 1)
        low = int(rank)
        high = min(low + 1, len(self._sorted) - 1)
        between = self._sorted[low] + (self._sorted[high] - self._sorted[low]) * (rank - low)
        return Fraction(between) / NANO


class RulesSeen:
    """How many of the rules matched; `seen` tells which."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def enter(self, entry: Entry) -> None:
        """See Measure."""
        self.seen.update(entry.names)

    def leave(self, entry: Entry) -> None:
        """See Measure."""
        for name in entry.names:
            self.seen[name] -= 1
            if not self.seen[name]:
                del self.seen[name]

    def value(self) -> Fraction | int:
        """See Measure."""
        return len(self.seen)


def measure_of(rule: CorrelationRule) -> Callable[[], Measure]:
    """A new measure for each window of a rule."""
    if rule.kind == "event_count":
        return Occurrences
    if rule.kind == "value_count":
        return Different
    if rule.kind == "value_sum":
        return lambda: Sum(mean=False)
    if rule.kind == "value_avg":
        return lambda: Sum(mean=True)
    if rule.kind in ("value_percentile", "value_median"):
        return lambda: Percentile(rule.percentile)
    return RulesSeen
