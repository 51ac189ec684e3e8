"""`new_value`: something that a group (a mailbox, an account) was never seen with: a network, a country range, a value."""

from __future__ import annotations

import csv
import io
import ipaddress
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from atttcli.engines.correlation.bursts import group_readers
from atttcli.engines.correlation.fields import reader, text_of
from atttcli.errors import InputError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import CorrelationRule

_MAX_VALUES = 128  # per group; one that was seen with more is everywhere at home: nothing is new to it
_MAX_RANGES = 1_000_000


@dataclass(frozen=True, slots=True)
class Learned:
    """A group was seen with a value: what the caller keeps for later runs."""

    rule: str
    group: tuple[str, ...]
    value: str
    first: int | None
    count: int


class History(Protocol):
    """What earlier runs learned."""

    def seen(self, rule: str, group: tuple[str, ...]) -> Iterable[tuple[str, int]]:
        """Values that `group` was seen with under `rule`, and how often."""
        ...


class KeptHistory:
    """A history in memory: from `Learned` values of earlier runs; empty by default."""

    def __init__(self, learned: Iterable[Learned] = ()) -> None:
        self._known: dict[tuple[str, tuple[str, ...]], dict[str, int]] = {}
        for one in learned:
            values = self._known.setdefault((one.rule, one.group), {})
            values[one.value] = values.get(one.value, 0) + one.count

    def seen(self, rule: str, group: tuple[str, ...]) -> Iterable[tuple[str, int]]:
        """See History."""
        return self._known.get((rule, group), {}).items()


class CountryRanges:
    """Address ranges to countries, from a CSV file `cidr,country` (documentation: docs/decisions/0061). Longest range wins."""

    def __init__(self, ranges: Iterable[tuple[str, str]]) -> None:
        spans: dict[int, list[tuple[int, int, str]]] = {4: [], 6: []}
        for cidr, country in ranges:
            network = ipaddress.ip_network(cidr, strict=False)
            spans[network.version].append((int(network[0]), int(network[-1]), country))
        self._tables = {version: _flatten(found) for version, found in spans.items()}

    @classmethod
    def load(cls, path: Path) -> CountryRanges:
        """Read the file; InputError with the line of what is no range."""
        with path.open("rb") as stream:
            text = read_bounded(stream, 64 * MIB, Where(str(path))).decode("utf-8-sig", "replace")
        found: list[tuple[str, str]] = []
        for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
            if not row or row[0].startswith("#") or row[0].strip().lower() == "cidr":
                continue
            try:
                found.append((str(ipaddress.ip_network(row[0].strip(), strict=False)), row[1].strip()))
            except (ValueError, IndexError) as error:
                raise InputError("not `cidr,country`", where=Where(str(path), line=number)) from error
            if len(found) > _MAX_RANGES:
                raise InputError("more than a million ranges", where=Where(str(path), line=number))
        return cls(found)

    def country(self, text: str) -> str:
        """The country of an address, or empty."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ""
        starts, countries = self._tables[address.version]
        at = bisect_right(starts, int(address)) - 1
        return countries[at] if at >= 0 else ""


def _flatten(spans: list[tuple[int, int, str]]) -> tuple[list[int], list[str]]:
    """Nested ranges as one list of starts: CIDRs nest or are apart, so a stack is enough."""
    starts: list[int] = []
    countries: list[str] = []
    stack: list[tuple[int, str]] = []

    def place(at: int, country: str) -> None:
        if starts and starts[-1] == at:
            countries[-1] = country
        else:
            starts.append(at)
            countries.append(country)

    def close_before(at: int | None) -> None:
        while stack and (at is None or stack[-1][0] < at):
            end = stack.pop()[0]
            place(end + 1, stack[-1][1] if stack else "")

    for low, high, country in sorted(spans, key=lambda span: (span[0], -span[1])):
        close_before(low)
        place(low, country)
        stack.append((high, country))
    close_before(None)
    return starts, countries


def network_of(text: str) -> str:
    """The /24 or /48 that an address stands in, or empty."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


@dataclass(slots=True)
class _Known:
    values: dict[str, int] = field(default_factory=dict)
    added: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    total: int = 0


class NoveltyRule:
    """A `new_value` rule at work."""

    def __init__(self, rule: CorrelationRule, history: History, countries: CountryRanges | None, capacity: int) -> None:
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
        self, time: int | None, names: frozenset[str], event: Event
    ) -> tuple[tuple[str, ...], str, list[str]] | None:
        """(group, new value, values known before) when the event shows something new, else None."""
        name = min(names & self.names)
        group = tuple(text_of(read(event)) for read in self._readers[name])
        value = self._view(text_of(self._read(event)))
        if not value or not all(group):
            return None
        known = self._known(group)
        is_new = value not in known.values
        enough = known.total >= self.rule.learn and len(known.values) < _MAX_VALUES
        before = list(known.values)[:10] if is_new and enough else []
        known.total += 1
        if value in known.values or len(known.values) < _MAX_VALUES:
            known.values[value] = known.values.get(value, 0) + 1
            first, count = known.added.get(value, (time, 0))
            known.added[value] = (first, count + 1)
        return (group, value, before) if is_new and enough else None

    def learned(self) -> Iterator[Learned]:
        """What this run saw, for `History` of later runs."""
        for group, known in self._groups.items():
            for value, (first, count) in known.added.items():
                yield Learned(self.rule.meta.id, group, value, first, count)

    def _known(self, group: tuple[str, ...]) -> _Known:
        known = self._groups.get(group)
        if known is None:
            known = self._groups[group] = _Known()
            for value, count in self._history.seen(self.rule.meta.id, group):
                if len(known.values) < _MAX_VALUES:
                    known.values[value] = count
                known.total += count
            if len(self._groups) > self._capacity:
                self._groups.popitem(last=False)
                self.evicted += 1
        self._groups.move_to_end(group)
        return known
