"""Which rules can concern an event: by its log source, action and outcome, then by a literal that must stand in it.

The literals of all rules of one kind of event are looked for in one pass over a whole block of events (RE2 over a joined
text). The filter may let too much through, never too little; the rule decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from atttcli.engines.sigma.evaluate import Literals, Predicate, compile_node, heads, literals
from atttcli.engines.sigma.fields import INDEXED, reader, text_of
from atttcli.engines.sigma.pattern import any_literal
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import SigmaRule

Key = tuple[str, str, str, str, str]
_PLANS = 4096


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to run."""

    rule: SigmaRule
    matches: Predicate
    bound: dict[str, frozenset[str]]
    literals: Literals | None


def compile_rule(rule: SigmaRule) -> Compiled:
    """RuleError when a pattern of the rule cannot be run safely."""
    bound = heads(rule.node)
    for name, value in zip(("category", "product", "service"), rule.logsource, strict=True):
        if value:
            given = bound.get(name)
            bound[name] = frozenset({value}) if given is None else given & {value}
    return Compiled(rule, compile_node(rule.node), bound, literals(rule.node))


class Prefilter:
    """The literals of several rules, looked for column by column: a field of all events of a block is one text."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        wanted: dict[str, set[str]] = {}
        for name, text in frozenset[tuple[str, str]]().union(*(one.literals or () for one in rules)):
            wanted.setdefault(name, set()).add(text)
        self._columns = [(reader(name or "raw"), any_literal(texts)) for name, texts in sorted(wanted.items())]

    def hits(self, events: Sequence[Event]) -> set[int]:
        """Positions of the events in which a literal stands."""
        found: set[int] = set()
        for read, find in self._columns:
            values = list(map(read, events))
            try:
                joined = "\n".join(values)
            except TypeError:  # absent, a number or a list among them
                values = [_text(value) for value in values]
                joined = "\n".join(values)
            data = joined.lower().encode("utf-8", "replace")
            end = find(data, 0)
            if end >= 0:
                found.update(_positions(values, joined.isascii(), data, end, find))
        return found


def _positions(
    values: Sequence[str], plain: bool, data: bytes, end: int, find: Callable[[bytes, int], int]
) -> Iterator[int]:
    """The values in which the search hits, skipping to the next value after each hit."""
    lengths = map(len, values) if plain else (len(value.lower().encode("utf-8", "replace")) for value in values)
    starts = [0, *accumulate(length + 1 for length in lengths)]
    while end >= 0:
        index = bisect_right(starts, end - 1) - 1
        yield index
        if starts[index + 1] >= len(data):
            return
        end = find(data, starts[index + 1])


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(text_of(member) for member in value[:256])
    return text_of(value)


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules for one kind of event: those always run, and those run after a literal was seen.

    `prefilter` looks for the literals of all filtered rules at once; `own` for those of each, in what the first let
    through: one rule with a common literal does not make every other rule run.
    """

    always: tuple[Compiled, ...]
    filtered: tuple[Compiled, ...]
    prefilter: Prefilter | None
    own: tuple[Prefilter, ...] = ()

    def reached(self, events: Sequence[Event]) -> dict[int, tuple[Compiled, ...]]:
        """Position of each event in which a literal stands, with the filtered rules that it reaches, in order."""
        if self.prefilter is None:
            return {}
        positions = sorted(self.prefilter.hits(events))
        few = [events[position] for position in positions]
        chosen: dict[int, tuple[Compiled, ...]] = {}
        for rule, own in zip(self.filtered, self.own, strict=True):
            for hit in own.hits(few) if few else ():
                chosen[positions[hit]] = (*chosen.get(positions[hit], ()), rule)
        return chosen

    @property
    def empty(self) -> bool:
        """No rule can concern such events."""
        return not self.always and not self.filtered


class Dispatch:
    """Plans by kind of event, made when first met."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        self._rules = tuple(rules)
        self._plans: dict[Key, Plan] = {}
        self._prefilters: dict[tuple[str, ...], Prefilter] = {}

    def plan(self, key: Key) -> Plan:
        """The plan for (category, product, service, action, outcome)."""
        plan = self._plans.get(key)
        if plan is None:
            plan = self._make(key)
            if len(self._plans) >= _PLANS:  # values of a crafted log: forget and go on
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _make(self, key: Key) -> Plan:
        values = {name: value.lower() for name, value in zip(INDEXED, key, strict=True)}
        chosen = [one for one in self._rules if all(values[name] in allowed for name, allowed in one.bound.items())]
        always = tuple(one for one in chosen if not one.literals)
        filtered = tuple(one for one in chosen if one.literals)
        own = tuple(self._prefilter((one,)) for one in filtered)
        return Plan(always, filtered, self._prefilter(filtered) if filtered else None, own)

    def _prefilter(self, rules: tuple[Compiled, ...]) -> Prefilter:
        names = tuple(one.rule.meta.id for one in rules)
        found = self._prefilters.get(names)
        if found is None:
            found = Prefilter(rules)
            if len(self._prefilters) < 1024:
                self._prefilters[names] = found
        return found
