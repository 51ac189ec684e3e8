"""Conditions that are known only when their window is over: upper bounds, exact counts, averages, `and not`.

They are asked of *maximal* windows: those no longer than the time span to which no neighbouring event of the group could be
added without making them too long (docs/decisions/0230). A burst of ten never holds a window of two at its edges.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction

from atttcli.engines.correlation.measures import Entry, Measure, RulesSeen, measure_of
from atttcli.rulepack.correlation_rule import chains, compare
from atttcli.rulepack.sigma_nodes import CorrelationRule

MAX_ENTRIES = 10_000
MAX_ORDERED = 1_000  # a chain is looked for in the whole window each time


class Whole:
    """One group's window. `cut` counts events let go because it held too many; `measured` is what held last."""

    __slots__ = ("_bound", "_dirty", "_entries", "_holds", "_measure", "_span", "cut", "measured")

    def __init__(self, measure: Measure, holds: Callable[[Whole], bool], span: int, bound: int = MAX_ENTRIES) -> None:
        self._entries: deque[Entry] = deque()
        self._measure, self._holds, self._span, self._bound = measure, holds, span, bound
        self._dirty = False
        self.cut = 0
        self.measured = ""

    @property
    def size(self) -> int:
        """Entries held."""
        return len(self._entries)

    @property
    def entries(self) -> deque[Entry]:
        """The events in the window, oldest first."""
        return self._entries

    @property
    def measure(self) -> Measure:
        """What is measured over them."""
        return self._measure

    def advance(self, time: int) -> bool:
        """An event of this time comes: whether the window that it ends met the condition."""
        entries = self._entries
        if not entries or time - entries[0].time <= self._span:
            return False
        held = self.finish()
        while entries and time - entries[0].time > self._span:
            self._measure.leave(entries.popleft())
        return held

    def add(self, entry: Entry) -> None:
        """The event enters, after `advance`."""
        if len(self._entries) >= self._bound:
            self._measure.leave(self._entries.popleft())
            self.cut += 1
        self._entries.append(entry)
        self._measure.enter(entry)
        self._dirty = True

    def finish(self) -> bool:
        """No more events come to this window: whether it meets the condition."""
        if not self._dirty or not self._entries:
            return False
        self._dirty = False
        if not self._holds(self):
            return False
        value = self._measure.value()
        self.measured = str(value) if isinstance(value, int) else f"{float(value):.10g}"
        return True


def whole_window(rule: CorrelationRule) -> Callable[[], Whole]:
    """A new window for each group of a rule."""
    new_measure, span = measure_of(rule), rule.timespan
    if rule.expression is not None:
        ordered = rule.kind == "temporal_ordered"
        holds = _expression(rule, ordered)
        return lambda: Whole(RulesSeen(), holds, span, MAX_ORDERED if ordered else MAX_ENTRIES)
    bounds = [(op, Fraction(str(bound))) for op, bound in rule.condition]

    def compared(window: Whole) -> bool:
        value = window.measure.value()
        return all(compare(op, value, bound) for op, bound in bounds)  # type: ignore[arg-type]

    return lambda: Whole(new_measure(), compared, span)


def _expression(rule: CorrelationRule, ordered: bool) -> Callable[[Whole], bool]:
    assert rule.expression is not None
    alternatives = chains(rule.expression)

    def holds(window: Whole) -> bool:
        seen = window.measure.seen if isinstance(window.measure, RulesSeen) else {}
        for must, must_not in alternatives:
            met = all(name in seen for name in must) and not any(name in seen for name in must_not)
            if met and (not ordered or in_order(must, window.entries)):
                return True
        return False

    return holds


def in_order(names: tuple[str, ...], entries: deque[Entry]) -> bool:
    """Whether the rules matched one after the other, each by an event of its own."""
    at = 0
    for entry in entries:
        if names[at] in entry.names:
            at += 1
            if at == len(names):
                return True
    return False
