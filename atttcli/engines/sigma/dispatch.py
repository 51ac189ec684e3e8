"""Which rules can concern an event: by its log source, action, outcome and event number, then by a literal that must stand in it.

The literals are looked for in one pass over a whole block of events (RE2 over a joined text), which suits lines that never
repeat. Rules on Windows events: field by field, with a memory of values (slots.py), for these repeat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any

from atttcli.engines.sigma.columns import Prefilter
from atttcli.engines.sigma.evaluate import Predicate, compile_node
from atttcli.engines.sigma.fields import BOUND, INDEXED, other_spelling, text_of
from atttcli.engines.sigma.literals import Literals, heads, literals, narrowed, without_words, words
from atttcli.engines.sigma.logsource import concerns
from atttcli.engines.sigma.pattern import compile_search
from atttcli.engines.sigma.slots import Memory, Native, Slots, Together
from atttcli.engines.sigma.ways import Way, leaves, reads_fields_only, ways
from atttcli.model.event import Event
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or, SigmaRule

Key = tuple[str, str, str, str, str]
Awaited = dict[
    int, tuple[Mapping[str, Any], Any, Iterable[int]]
]  # by the id of fields: these, the slots, what they said
Source = tuple[str, str, str]
KEY: Callable[[Event], Key] = attrgetter(*INDEXED)
_PLANS = 4096
_MANY = 64  # rules that are not made ready twice
_AWAITED = 1024  # events of which it is remembered what was said before they came


class Compiled:
    """A rule ready to run; each part is made when first asked for: most rules never meet an event of theirs."""

    def __init__(self, rule: SigmaRule) -> None:
        self.rule = rule

    @cached_property
    def matches(self) -> Predicate:
        """Whether the rule holds for an event of its log source."""
        return compile_node(self.rule.node)

    @cached_property
    def bound(self) -> dict[str, frozenset[str]]:
        """See `literals.heads`."""
        return heads(self.rule.node) if any(map(self.rule.may_name, BOUND)) else {}

    @cached_property
    def literals(self) -> Literals | None:
        """See `literals.literals`."""
        return literals(self.rule.node)

    @cached_property
    def varies(self) -> bool:
        """Whether an action or outcome decides only some of its ways: then it is looked at anew for each."""
        return any(
            self.rule.may_name(name) and name in self._names and name not in self.bound
            for name in ("action", "outcome")
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset([leaf.name for leaf in leaves(self.rule.node)])

    def narrowed(self, action: str, outcome: str) -> Compiled | None:
        """The rule for events of one action and outcome; None where it cannot hold."""
        node = narrowed(self.rule.node, action, outcome)
        if isinstance(node, bool):
            return self if node else None
        return Compiled(replace(self.rule, node=node))

    @cached_property
    def ways(self) -> list[Way] | None:
        """See `ways.ways`; None too for rules that are better found by a literal of the record."""
        if self.looks_anywhere and self.literals is not None and any(not name for name, _ in self.literals):
            return None
        return ways(self.rule.node)

    @cached_property
    def words(self) -> frozenset[str]:
        """Of a rule for one category of Windows that also looks for words in the record, by which these are found beforehand.
        Rules of a service may look for words that every other record has."""
        category, product, _service = self.rule.logsource
        if not category or product != "windows" or not self.rule.may_name(""):
            return frozenset()
        return words(self.rule.node) or frozenset()

    @cached_property
    def looks_anywhere(self) -> bool:
        """Whether a test of the whole record is in its tree."""
        return self.rule.may_name("") and "" in self._names

    def wordless(self) -> Compiled | None:
        """The rule for records in which none of `words` stands; None where it cannot hold."""
        node = without_words(self.rule.node)
        if isinstance(node, bool):
            return self if node else None
        return Compiled(replace(self.rule, node=node))

    @cached_property
    def reads_fields_only(self) -> bool:
        """Whether `matches` takes the native fields of an event for the event."""
        return reads_fields_only(self.rule.node)


Placed = tuple[int, Compiled]


def compile_rule(rule: SigmaRule) -> Compiled:
    """RuleError when a pattern of the rule cannot be run safely."""
    if rule.may_test("re"):
        for pattern in _patterns(rule.node):
            compile_search(pattern)
    return Compiled(rule)


def _patterns(node: Node) -> Iterator[str]:
    if isinstance(node, Field):
        if any(test.kind == "re" for test in node.tests):
            yield from (str(test.value) for test in node.tests if test.kind == "re")
    elif isinstance(node, Not):
        yield from _patterns(node.child)
    elif isinstance(node, (And, Or)):
        for child in node.children:
            yield from _patterns(child)


def _by_words(one: Compiled) -> bool:
    return bool(one.literals) and all(not name for name, _ in one.literals or ())


def _is_anywhere(source: tuple[str, str, str]) -> bool:
    category, product, service = source
    return not category and not service and product in ("", "windows")


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules for one kind of event: those always run, and those run after a literal was seen.

    `prefilter` looks for the literals of all filtered rules at once; `own` for those of each, in what the first let
    through: one rule with a common literal does not make every other rule run. `slots` instead of both for the rules
    `by_field`.
    """

    always: tuple[Compiled, ...]
    filtered: tuple[Compiled, ...]
    prefilter: Prefilter | None
    own: tuple[Prefilter, ...] = ()
    by_field: tuple[Compiled, ...] = ()
    slots: Slots | Together | None = None
    asks_more: bool = False  # some of `filtered` are not known by `Dispatch.words`
    wordless: tuple[Compiled, ...] = ()  # others of `filtered`, for records without a word that they look for
    awaited: Awaited = field(default_factory=dict)  # shared by all plans

    def reached(self, events: Sequence[Event]) -> dict[int, tuple[Compiled, ...]]:
        """Position of each event in which a literal stands, with the filtered rules that it reaches, in order."""
        chosen: dict[int, tuple[Compiled, ...]] = {}
        if self.slots is not None:
            rules, possible, awaited = self.by_field, self.slots.possible, self.awaited
            for position, event in enumerate(events):
                fields = event.fields
                told = awaited.pop(id(fields), None) if awaited else None
                known = told is not None and told[0] is fields and told[1] is self.slots
                if hit := told[2] if told is not None and known else possible(fields):
                    chosen[position] = tuple([rules[place] for place in hit])
        if self.prefilter is not None and (positions := sorted(self.prefilter.hits(events))):
            few = [events[position] for position in positions]
            for rule, own in zip(self.filtered, self.own, strict=True):
                for hit_at in own.hits(few):
                    chosen[positions[hit_at]] = (*chosen.get(positions[hit_at], ()), rule)
        return chosen

    def may_match(self, fields: Mapping[str, Any], awaited: bool = False) -> bool:
        """Whether the event with these native fields may match a rule by anything but a word in the record
        (`Dispatch.words`). `awaited`: if so it will come to `reached` with these very fields."""
        if self.asks_more:
            return True
        possible = self.slots.possible(fields) if self.slots is not None else ()
        if not possible and not self.always and not self.wordless:
            return False
        given: Any = Native(fields)
        chosen = (*self.always, *self.wordless, *[self.by_field[place] for place in possible])
        for one in chosen:
            if not one.reads_fields_only or one.matches(given):
                if awaited:
                    self._await(fields, possible)
                return True
        return False

    def _await(self, fields: Mapping[str, Any], possible: Iterable[int]) -> None:
        if len(self.awaited) >= _AWAITED:
            self.awaited.clear()
        self.awaited[id(fields)] = fields, self.slots, possible

    def asks(self) -> frozenset[str] | None:
        """The native fields that `may_match` looks at, each in both spellings; None where it always says yes."""
        if self.asks_more or not all(one.reads_fields_only for one in (*self.always, *self.wordless)):
            return None
        found: set[str] = set()
        for one in (*self.always, *self.wordless, *self.by_field):
            for leaf in leaves(one.rule.node):
                found.add(leaf.name)
                found.update(str(test.value) for test in leaf.tests if test.kind.startswith("fieldref"))
        return frozenset(found | {other_spelling(name) for name in found}) - {""}

    @property
    def empty(self) -> bool:
        """No rule can concern such events."""
        return not self.always and not self.filtered and not self.by_field


class Dispatch:
    """Plans by kind of event, made when first met."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        self._sources: dict[Source, list[Placed]] = {}
        self._numbers: dict[Source, dict[str, list[Placed]]] = {}  # by what they ask the number to be, "" for no matter
        for place, one in enumerate(rules):
            self._sources.setdefault(one.rule.logsource, []).append((place, one))
        self._plans: dict[tuple[Key, str | None], Plan] = {}
        self._alike: dict[tuple[str | int, ...], Plan] = {}
        self._prefilters: dict[frozenset[tuple[str, str]], Prefilter] = {}
        self._memory = Memory()
        self._awaited: Awaited = {}
        # by the ids of rules, which are kept so that nobody else gets them
        self._slots: dict[tuple[int, ...], tuple[Sequence[Compiled], Slots]] = {}

    def words(self) -> frozenset[str]:
        """The literals of all rules for any Windows event that look for words in the record, and of rules of one category that
        also do (see `Plan.may_match`)."""
        found = [one.literals or frozenset() for one in self._anywhere()]
        own = [one.words for rules in self._sources.values() for _place, one in rules]
        return frozenset(text for some in found for _name, text in some).union(*own)

    def _anywhere(self) -> Iterator[Compiled]:
        for source, rules in self._sources.items():
            if _is_anywhere(source):
                yield from (one for _place, one in rules if _by_words(one))

    def candidates(self, events: Sequence[Event]) -> Iterator[tuple[int, tuple[Compiled, ...]]]:
        """Events that some rule may match, with those rules, in order."""
        by_key: defaultdict[Key, list[int]] = defaultdict(list)
        keys = list(map(KEY, events))
        if len(set(keys)) == 1:  # as in most blocks of most logs
            by_key[keys[0]] = list(range(len(events)))
        else:
            for index, key in enumerate(keys):
                by_key[key].append(index)
        chosen: dict[int, tuple[Compiled, ...]] = {}
        for plan, indexes in self._planned(by_key, events):
            if plan.always:
                chosen.update(dict.fromkeys(indexes, plan.always))
            of_plan = events if len(indexes) == len(events) else [events[index] for index in indexes]
            for hit, reached in plan.reached(of_plan).items():
                chosen[indexes[hit]] = plan.always + reached
        yield from sorted(chosen.items())

    def _planned(self, by_key: dict[Key, list[int]], events: Sequence[Event]) -> Iterator[tuple[Plan, list[int]]]:
        for key, indexes in by_key.items():
            if key[1] != "windows":
                plan = self.plan(key)
                if not plan.empty:
                    yield plan, indexes
                continue
            by_number: defaultdict[str, list[int]] = defaultdict(list)
            for index in indexes:
                by_number[text_of(events[index].fields.get("EventID"))].append(index)
            for number, some in by_number.items():
                plan = self.plan(key, number)
                if not plan.empty:
                    yield plan, some

    def plan(self, key: Key, number: str | None = None) -> Plan:
        """The plan for (category, product, service, action, outcome) and, of a Windows event, its number."""
        plan = self._plans.get((key, number))
        if plan is None:
            plan = self._make(key, number)
            if len(self._plans) >= _PLANS:  # values of a crafted log: forget and go on
                self._plans.clear()
            self._plans[key, number] = plan
        return plan

    def _make(self, key: Key, number: str | None) -> Plan:
        category, product, service, action, outcome = (word.lower() for word in key)
        values = {"action": action, "outcome": outcome}
        if number is not None:
            values["EventID"] = number.lower()
        chosen = [
            (place, one)
            for source in self._sources
            if concerns(source, category, product, service)
            for place, one in self._of_source(source, values.get("EventID"))
            if all(values[name] in allowed for name, allowed in one.bound.items() if name in values)
        ]
        chosen.sort(key=lambda pair: pair[0])
        words = (action, outcome) if any(one.varies for _, one in chosen) else ("", "")
        alike: tuple[str | int, ...] = (*words, *(place for place, _ in chosen))
        plan = self._alike.get(alike)
        if plan is None:
            told = (one.narrowed(action, outcome) if one.varies else one for _, one in chosen)
            plan = self._planned_for([one for one in told if one is not None], number is not None)
            if len(self._alike) >= _PLANS:
                self._alike.clear()
            self._alike[alike] = plan
        return plan

    def _of_source(self, source: Source, number: str | None) -> Sequence[Placed]:
        """The rules of a log source; of Windows those that do not ask for another number."""
        if number is None:
            return self._sources[source]
        sorted_out = self._numbers.get(source)
        if sorted_out is None:
            sorted_out = self._numbers[source] = {}
            for placed in self._sources[source]:
                for told in placed[1].bound.get("EventID", ("",)):
                    sorted_out.setdefault(told, []).append(placed)
        return list(dict.fromkeys([*sorted_out.get("", ()), *sorted_out.get(number, ())]))

    def _planned_for(self, chosen: Sequence[Compiled], repeats: bool) -> Plan:
        by_field = [one for one in chosen if one.ways] if repeats else []
        slots = self._slots_of(by_field) if by_field else None
        others = [one for one in chosen if not one.ways] if repeats else chosen
        always = tuple(one for one in others if not one.literals)
        filtered = [one for one in others if one.literals]
        wanted = [one.literals or frozenset() for one in filtered]
        prefilter = self._prefilter(frozenset().union(*wanted)) if filtered else None
        own = tuple(self._prefilter(some) for some in wanted)
        asked = [one for one in filtered if not (_by_words(one) and _is_anywhere(one.rule.logsource))]
        more = not all(one.words or not one.looks_anywhere for one in asked)
        wordless = () if more else tuple(one for one in (some.wordless() for some in asked) if one is not None)
        return Plan(always, tuple(filtered), prefilter, own, tuple(by_field), slots, more, wordless, self._awaited)

    def _slots_of(self, rules: Sequence[Compiled]) -> Slots | Together:
        """Kinds of one category (Sysmon's and Windows' own start of a process) share what is made of its rules."""
        common = [place for place, one in enumerate(rules) if one.rule.logsource[0]]
        if len(common) < _MANY:
            return self._made(rules)
        first = self._made([rules[place] for place in common])
        if len(common) == len(rules):
            return first
        own = [place for place, one in enumerate(rules) if not one.rule.logsource[0]]
        return Together((first, common), (self._made([rules[place] for place in own]), own))

    def _made(self, rules: Sequence[Compiled]) -> Slots:
        key = tuple(map(id, rules))
        found = self._slots.get(key)
        if found is None:
            if len(self._slots) >= _PLANS:
                self._slots.clear()
            found = self._slots[key] = rules, Slots([one.ways or [] for one in rules], self._memory)
        return found[1]

    def _prefilter(self, wanted: Literals) -> Prefilter:
        found = self._prefilters.get(wanted)
        if found is None:
            found = Prefilter((wanted,))
            if len(self._prefilters) < 1024:
                self._prefilters[wanted] = found
        return found
