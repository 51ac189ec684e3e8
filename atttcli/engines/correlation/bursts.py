"""Bursts: the events of one group that follow each other within the rule's time span, told once as a whole.

A burst begins with its first event whether or not the threshold was reached by then, so that its name (rule, group, time of
that event) is the same in every run over the same lines, and when more of it arrives later. It ends with a pause longer
than the time span, or after a day at the most (then the next one goes on where it stood).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from atttcli.clock import DAY
from atttcli.engines.correlation.maximal import Whole, whole_window
from atttcli.engines.correlation.measures import Entry, billionths
from atttcli.engines.correlation.windows import Window, window_factory
from atttcli.engines.sigma.fields import Reader, reader, text_of
from atttcli.model.alert import Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation_rule import NUMERIC
from atttcli.rulepack.sigma_nodes import CorrelationRule

_FIRST, _LAST = 3, 2
_EXCERPT = 200
_VALUES = 50
MAX_HELD = 1_000_000  # entries in all windows of a rule
_NUMERIC = frozenset(NUMERIC)


class Sample(NamedTuple):
    """A line of a burst: one is made for every event that a correlation looks at."""

    path: str
    sha256: str
    line: int
    time: int
    excerpt: str


class Burst:
    """An open burst of one group: its window, and what will be told about it."""

    __slots__ = (
        "count", "crossed", "event", "first", "head", "last", "latest", "measured", "tail", "total", "values", "window",
    )  # fmt: skip

    def __init__(self, window: Window | Whole, time: int) -> None:
        self.window = window
        self.first = self.last = time
        self.count = self.total = 0
        self.crossed: Sample | None = None  # the line with which the condition was met
        self.event: Event | None = None
        self.latest: tuple[Sample, Event] | None = None  # the last line of a window that is not over yet
        self.measured = ""
        self.head: list[Sample] = []
        self.tail: list[Sample] = []
        self.values: dict[str, None] = {}

    def keep(self, sample: Sample) -> None:
        """The first lines and the last ones."""
        if len(self.head) < _FIRST:
            self.head.append(sample)
            return
        self.tail.append(sample)
        if len(self.tail) > _LAST:
            del self.tail[0]

    def samples(self) -> list[Sample]:
        """First lines, the one that reached the threshold, last lines; each once."""
        chosen = [*self.head, *([self.crossed] if self.crossed else []), *self.tail]
        return list(dict.fromkeys(chosen))


@dataclass(frozen=True, slots=True)
class Closed:
    """A burst that reached the threshold."""

    rule: CorrelationRule
    group: tuple[str, ...]
    burst: Burst

    @property
    def occurrence(self) -> str:
        """The burst's name, stable from run to run."""
        return occurrence(self.rule.meta.id, self.group, str(self.burst.first))


def occurrence(*parts: str | tuple[str, ...]) -> str:
    """A digest over parts that cannot run into each other."""
    mark = hashlib.sha256()
    for part in parts:
        for text in (part,) if isinstance(part, str) else part:
            data = text.encode("utf-8", "surrogatepass")
            mark.update(b"%d:" % len(data) + data)
    return mark.hexdigest()[:32]


def group_readers(rule: CorrelationRule) -> dict[str, tuple[Reader, ...]]:
    """Per referenced rule how to read the group's fields (aliases may differ from rule to rule)."""
    return {
        name: tuple(reader(rule.aliases.get(field, {}).get(name, field)) for field in rule.group_by)
        for name in rule.rules
    }


def value_readers(rule: CorrelationRule) -> dict[str, tuple[Reader, ...]]:
    """Per referenced rule how to read the fields that are counted."""
    return {
        name: tuple(reader(rule.aliases.get(field, {}).get(name, field)) for field in rule.fields)
        for name in rule.rules
    }


class BurstRule:
    """One correlation at work: its open bursts, at most `capacity` of them and MAX_HELD entries in their windows.

    `evicted` groups were let go to keep to that; `cut` events left windows that held too many.
    """

    def __init__(self, rule: CorrelationRule, capacity: int) -> None:
        self.rule = rule
        self.names = frozenset(rule.rules)
        self.evicted = self.cut = 0
        self._capacity = capacity
        self._held = 0
        self._groups: OrderedDict[tuple[str, ...], Burst] = OrderedDict()
        self._readers = group_readers(rule)
        self._values = value_readers(rule)
        self._numeric = rule.kind in _NUMERIC
        self._weighs = rule.kind == "event_count"
        self._new_window: Callable[[], Window | Whole] = whole_window(rule) if rule.whole else window_factory(rule)
        self._limit = max(DAY, 4 * rule.timespan)

    def offer(self, time: int, names: frozenset[str], origin: Origin, event: Event) -> tuple[bool, list[Closed]]:
        """An event that rules `names` matched: whether the condition holds with it, and bursts that ended before it."""
        closed: list[Closed] = []
        holds = False
        for group, matched in self._split(names, event):
            value, number = self._counted(matched, event)
            if value is None:
                continue
            burst = self._open(group, time, closed)
            if time > burst.last:
                burst.last = time
            weight = _weight(event) if self._weighs else 1
            burst.count += weight
            burst.total += number
            if value and len(burst.values) < _VALUES:
                burst.values[value] = None
            sample = Sample(origin.path, origin.sha256, event.line, time, event.raw[:_EXCERPT])
            burst.keep(sample)
            window = burst.window
            before = window.size
            if isinstance(window, Whole):
                burst.latest = (sample, event)
                window.add(Entry(burst.last, matched, value, number, weight))
            elif window.add(burst.last, matched, value, number if self._numeric else weight):
                holds = True
                if burst.crossed is None:
                    burst.crossed, burst.event = sample, event
            self._held += window.size - before
        self._shrink(time, closed)
        return holds, closed

    def _counted(self, matched: frozenset[str], event: Event) -> tuple[str | None, int]:
        """The value counted (None: the event has none, and counts nothing) and its number in billionths."""
        readers = self._values.get(min(matched), ())
        if not readers:
            return "", 0
        parts = [text_of(read(event)) for read in readers]
        if not all(parts):
            return None, 0
        value = parts[0] if len(parts) == 1 else " | ".join(parts)
        if not self._numeric:
            return value, 0
        number = billionths(value)
        return (None, 0) if number is None else (value, number)

    def finish(self) -> Iterator[Closed]:
        """The end of the input: every burst that is still open."""
        while self._groups:
            group, burst = self._groups.popitem(last=False)
            yield from self._told(group, burst)

    def forget(self) -> None:
        """Let go of every open burst, untold."""
        self._groups.clear()
        self._held = self.evicted = self.cut = 0

    def _split(self, names: frozenset[str], event: Event) -> Iterable[tuple[tuple[str, ...], frozenset[str]]]:
        """The group or groups that the event belongs to; an event without one of the group's fields belongs to none."""
        met = names & self.names
        if len(met) == 1:  # nearly always
            (name,) = met
            group = tuple([text_of(read(event)) for read in self._readers[name]])
            return ((group, met),) if all(group) else ()
        found: dict[tuple[str, ...], set[str]] = {}
        for name in met:
            group = tuple([text_of(read(event)) for read in self._readers[name]])
            if all(group):
                found.setdefault(group, set()).add(name)
        return [(group, frozenset(matched)) for group, matched in sorted(found.items())]

    def _open(self, group: tuple[str, ...], time: int, closed: list[Closed]) -> Burst:
        """The group's burst; one that ended before is `closed`."""
        burst = self._groups.get(group)
        if burst is not None:
            self._groups.move_to_end(group)
            if isinstance(burst.window, Whole):
                self._advance(burst, burst.window, max(time, burst.last))
            paused = time - burst.last > self.rule.timespan
            if not paused and time - burst.first <= self._limit:
                return burst
            if paused:
                self._held -= burst.window.size
            closed += self._told(group, burst, over=paused)
            window = self._new_window() if paused else burst.window
            self._groups[group] = fresh = Burst(window, time)
            return fresh
        self._groups[group] = fresh = Burst(self._new_window(), time)
        return fresh

    def _advance(self, burst: Burst, window: Whole, time: int) -> None:
        before = window.size
        if window.advance(time):
            _cross(burst, window)
        self._held += window.size - before

    def _shrink(self, time: int, closed: list[Closed]) -> None:
        """Close what has been silent for longer than the span (two a step, which keeps up), and what is too much."""
        groups = self._groups
        for _ in range(2):
            if not groups:
                return
            group = next(iter(groups))
            burst = groups[group]
            over = len(groups) > self._capacity or (self._held > MAX_HELD and len(groups) > 1)
            if not over and time - burst.last <= 2 * self.rule.timespan:
                return
            del groups[group]
            self._held -= burst.window.size
            self.evicted += over and time - burst.last <= self.rule.timespan
            closed += self._told(group, burst)

    def _told(self, group: tuple[str, ...], burst: Burst, over: bool = True) -> Iterator[Closed]:
        """The burst, if its condition was met. `over`: no event comes to its window any more."""
        window = burst.window
        if isinstance(window, Whole):
            if over and window.finish():
                _cross(burst, window)
            self.cut += window.cut
            window.cut = 0
        if burst.crossed is not None:
            yield Closed(self.rule, group, burst)


def _cross(burst: Burst, window: Whole) -> None:
    """The window that just ended met the condition, with the burst's last line."""
    if burst.crossed is None and burst.latest is not None:
        burst.crossed, burst.event = burst.latest
        burst.measured = window.measured


def _weight(event: Event) -> int:
    repeated = event.fields.get("repeated")
    if repeated is None:
        return 1
    return min(max(1, repeated), 100_000) if isinstance(repeated, int) else 1
