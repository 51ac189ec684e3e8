"""`new_value`: something that a group (a mailbox, an account) was never seen with: a network, a country range, a value."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


@dataclass(slots=True)
class _Added:
    """What this run saw of one value."""

    first: int
    last: int
    count: int = 0
    told: int | None = None


@dataclass(slots=True)
class _Known:
    """One group: its values in the order of their coming, which of them were told as new and when, what this run added."""

    values: dict[str, None] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    added: dict[str, _Added] = field(default_factory=dict)
    total: int = 0


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
            return (group, value, before) if known.told.get(value) == time else None
        is_new = value not in known.values and known.total >= self.rule.learn and len(known.values) < _MAX_VALUES
        found = (group, value, list(known.values)[:_SHOWN]) if is_new else None
        self._learn(known, value, time, is_new)
        return found

    def _learn(self, known: _Known, value: str, time: int, is_new: bool) -> None:
        known.total += 1
        if value not in known.values and len(known.values) >= _MAX_VALUES:
            return
        known.values[value] = None
        added = known.added.get(value)
        if added is None:
            added = known.added[value] = _Added(time, time)
        added.first, added.last, added.count = min(added.first, time), max(added.last, time), added.count + 1
        if is_new:
            added.told = time

    def learned(self) -> Iterator[Learned]:
        """What this run saw, for `History` of later runs."""
        for group, known in self._groups.items():
            for value, added in known.added.items():
                yield Learned(self.rule.meta.id, group, value, added.first, added.last, added.count, added.told)

    def _known(self, group: tuple[str, ...]) -> _Known:
        known = self._groups.get(group)
        if known is None:
            known = self._groups[group] = _Known()
            for one in self._history.seen(self.rule.meta.id, group):
                known.values[one.value] = None
                known.total += one.count
                if one.told is not None:
                    known.told[one.value] = one.told
            if len(self._groups) > self._capacity:
                self._groups.popitem(last=False)
                self.evicted += 1
        self._groups.move_to_end(group)
        return known
