"""Which rules can concern an event: by its log source, action and outcome, then by a literal that must stand in it.

The literals of all rules of one kind of event are looked for in one pass over a whole block of events (RE2 over a joined
text). The filter may let too much through, never too little; the rule decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from atttcli.engines.correlation.evaluate import Literals, Predicate, compile_node, heads, literals
from atttcli.engines.correlation.fields import INDEXED, Reader, reader, text_of
from atttcli.engines.correlation.pattern import any_literal
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
    """One search for the literals of several rules in the fields that they read."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        wanted = frozenset[tuple[str, str]]().union(*(one.literals or () for one in rules))
        self._readers: tuple[Reader, ...] = tuple(
            reader(name or "raw") for name in sorted({name for name, _ in wanted})
        )
        self._find: Callable[[bytes, int], int] = any_literal(text for _, text in wanted)

    def text(self, event: Event) -> str:
        """All that the literals are looked for in."""
        if len(self._readers) == 1:
            value = self._readers[0](event)
            return value.lower() if isinstance(value, str) else _joined(value)
        return "\n".join(_joined(read(event)) for read in self._readers)

    def hits(self, texts: Sequence[str]) -> list[int]:
        """Positions of the texts in which a literal stands."""
        parts = [text.encode("utf-8", "replace") for text in texts]
        data = b"\n".join(parts)
        end = self._find(data, 0)
        if end < 0:
            return []
        starts = [0, *accumulate(len(part) + 1 for part in parts)]
        found: list[int] = []
        while end >= 0:
            index = bisect_right(starts, end - 1) - 1
            found.append(index)
            if starts[index + 1] >= len(data):
                break
            end = self._find(data, starts[index + 1])
        return found


def _joined(value: object) -> str:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, list):
        return "\n".join(text_of(member) for member in value[:256]).lower()
    return text_of(value).lower()


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules for one kind of event: those always run, and those run after a literal was seen."""

    always: tuple[Compiled, ...]
    filtered: tuple[Compiled, ...]
    prefilter: Prefilter | None

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
        return Plan(always, filtered, self._prefilter(filtered) if filtered else None)

    def _prefilter(self, rules: tuple[Compiled, ...]) -> Prefilter:
        names = tuple(one.rule.meta.id for one in rules)
        found = self._prefilters.get(names)
        if found is None:
            found = Prefilter(rules)
            if len(self._prefilters) < 64:
                self._prefilters[names] = found
        return found
