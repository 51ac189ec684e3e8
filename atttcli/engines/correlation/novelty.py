"""`new_value`: something that a group (a mailbox, an account) was never seen with: a network, a country range, a value."""

from __future__ import annotations

import ipaddress
import sys
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from atttcli.engines.correlation.bursts import group_readers
from atttcli.engines.sigma.fields import reader, text_of
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import CorrelationRule

_SHOWN = 10  # known values that an alert names
_MAX_VALUES = 128  # per group; one that was seen with more is everywhere at home: nothing is new to it


@dataclass(frozen=True, slots=True)
class Learned:
    """A group was seen with a value: what the caller keeps for later runs. `told`: time of the event told as new, or None."""

    rule: str
    group: tuple[str, ...]
    value: str
    first: int
    last: int
    count: int
    told: int | None = None


class History(Protocol):
    """What earlier runs learned."""

    def seen(self, rule: str, group: tuple[str, ...]) -> Iterable[Learned]:
        """Values that `group` was seen with under `rule`, the longest known first."""
        ...


class Countries(Protocol):
    """Address ranges to countries."""

    def country(self, text: str) -> str:
        """The country of an address, or empty."""
        ...


class KeptHistory:
    """A history in memory: from `Learned` values of earlier runs; empty by default."""

    def __init__(self, learned: Iterable[Learned] = ()) -> None:
        self._known: dict[tuple[str, tuple[str, ...]], list[Learned]] = {}
        for one in learned:
            self._known.setdefault((one.rule, one.group), []).append(one)

    def seen(self, rule: str, group: tuple[str, ...]) -> Iterable[Learned]:
        """See History."""
        return self._known.get((rule, group), ())


@lru_cache(16_384)
def network_of(text: str) -> str:
    """The /24 or /48 that an address stands in, or empty."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    network = str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
    return sys.intern(network)  # one text for all groups that know it


_ADDED = 4  # numbers of what this run saw of a value: first, last, how often, when it was told as new
_NEVER = -(2**63)


class _Known:
    """One group: its values in the order of their coming, which of them were told as new and when, what this run added.

    A log names tens of thousands of groups with some values each, so what was added stands in one array, not in objects.
    """

    __slots__ = ("added", "told", "total", "values")

    def __init__(self) -> None:
        self.values: dict[str, int] = {}  # where in `added` it stands; -1: this run saw it not
        self.told: dict[str, int] | None = None
        self.added = array("q")
        self.total = 0


class NoveltyRule:
    """A `new_value` rule at work."""

    def __init__(self, rule: CorrelationRule, history: History, countries: Countries | None, capacity: int) -> None:
        self.rule = rule
        self.names = frozenset(rule.rules)
        self.evicted = 0
        self._history, self._capacity = history, capacity
        self._readers = group_readers(rule)
        self._read = reader(rule.field)
        self._groups: OrderedDict[tuple[str, ...], _Known] = OrderedDict()
        self._view: Callable[[str], str] = str
        if rule.view == "network":
            self._view = network_of
        elif rule.view == "country":
            self._view = countries.country if countries is not None else lambda text: ""

    def offer(
        self, time: int, names: frozenset[str], event: Event, settled: bool = False
    ) -> tuple[tuple[str, ...], str, list[str]] | None:
        """(group, new value, values known before) when the event shows something new, else None.

        A `settled` event was learned from by an earlier run: it teaches nothing, and is new again only if it was told then.
        """
        name = min(names & self.names)
        group = tuple(text_of(read(event)) for read in self._readers[name])
        value = self._view(text_of(self._read(event)))
        if not value or not all(group):
            return None
        known = self._known(group)
        if settled:
            before = [one for one in known.values if one != value][:_SHOWN]
            return (group, value, before) if known.told is not None and known.told.get(value) == time else None
        is_new = value not in known.values and known.total >= self.rule.learn and len(known.values) < _MAX_VALUES
        found = (group, value, list(known.values)[:_SHOWN]) if is_new else None
        self._learn(known, value, time, is_new)
        return found

    def _learn(self, known: _Known, value: str, time: int, is_new: bool) -> None:
        known.total += 1
        at = known.values.get(value)
        if at is None and len(known.values) >= _MAX_VALUES:
            return
        added = known.added
        if at is None or at < 0:
            at = known.values[value] = len(added)
            added.extend((time, time, 0, _NEVER))
        added[at] = min(added[at], time)
        added[at + 1] = max(added[at + 1], time)
        added[at + 2] += 1
        if is_new:
            added[at + 3] = time

    def learned(self) -> Iterator[Learned]:
        """What this run saw, for `History` of later runs."""
        for group, known in self._groups.items():
            for value, at in sorted(known.values.items(), key=lambda pair: pair[1]):
                if at >= 0:
                    first, last, count, told = known.added[at : at + _ADDED]
                    yield Learned(self.rule.meta.id, group, value, first, last, count, None if told == _NEVER else told)

    def forget(self) -> None:
        """Let go of what this run saw; what earlier runs learned is asked again."""
        self._groups.clear()
        self.evicted = 0

    def _known(self, group: tuple[str, ...]) -> _Known:
        known = self._groups.get(group)
        if known is None:
            known = self._groups[group] = _Known()
            for one in self._history.seen(self.rule.meta.id, group):
                known.values[one.value] = -1
                known.total += one.count
                if one.told is not None:
                    known.told = (known.told or {}) | {one.value: one.told}
            if len(self._groups) > self._capacity:
                self._groups.popitem(last=False)
                self.evicted += 1
        self._groups.move_to_end(group)
        return known
