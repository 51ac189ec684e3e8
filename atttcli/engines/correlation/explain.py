"""Why a rule on single events held for an event or did not, and how near a correlation came: values that people are told."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from atttcli.engine import EngineProblem
from atttcli.engines.correlation.bursts import group_readers, value_readers
from atttcli.engines.correlation.engine import CorrelationEngine
from atttcli.engines.correlation.findings import condition_text
from atttcli.engines.correlation.maximal import Whole
from atttcli.engines.correlation.measures import Entry, billionths, measure_of
from atttcli.engines.correlation.novelty import Countries
from atttcli.engines.sigma.evaluate import compile_node, referring_test
from atttcli.engines.sigma.fields import reader, text_of
from atttcli.engines.sigma.logsource import concerns
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack
from atttcli.rulepack.correlation_rule import NUMERIC
from atttcli.rulepack.sigma_nodes import And, CorrelationRule, Field, Node, Not, SigmaRule

MAX_GROUPS = 20_000
MAX_TESTS = 200
_SHOWN_VALUE = 400
_BLOCK = 4096


def explain_event(rule: SigmaRule, event: Event) -> dict[str, Any]:
    """The log source, then the condition as a tree: each node with whether it holds, each field with its value and tests."""
    fits = concerns(rule.logsource, event.category, event.product, event.service)
    tree = explain_node(rule.node, event)
    return {
        "log_source": {
            "wanted": dict(zip(_WORDS, rule.logsource, strict=True)),
            "event": {"category": event.category, "product": event.product, "service": event.service},
            "fits": fits,
        },
        "matches": fits and tree["holds"],
        "condition": tree,
    }


_WORDS = ("category", "product", "service")


def explain_node(node: Node, event: Event) -> dict[str, Any]:
    """One node: `op` is and, or, not or field."""
    if isinstance(node, Field):
        return _leaf(node, event)
    children = [explain_node(child, event) for child in ((node.child,) if isinstance(node, Not) else node.children)]
    held = [child["holds"] for child in children]
    if isinstance(node, Not):
        return {"op": "not", "holds": not held[0], "children": children}
    if isinstance(node, And):
        return {"op": "and", "holds": all(held), "children": children}
    return {"op": "or", "holds": any(held), "children": children}


def _leaf(node: Field, event: Event) -> dict[str, Any]:
    value = reader(node.name)(event)
    tests = [
        {"test": test.kind + ("|cased" if test.cased else ""), "wanted": text_of(test.value) if test.kind != "null" else "null",
         "holds": referring_test(node, test)(event)}
        for test in node.tests[:MAX_TESTS]
    ]  # fmt: skip
    return {
        "op": "field",
        "holds": compile_node(node)(event),
        "selection": node.selection,
        "field": node.name,
        "present": value is not None,
        "value": ", ".join(text_of(one) for one in value[:64])[:_SHOWN_VALUE] if isinstance(value, list)
        else text_of(value)[:_SHOWN_VALUE],
        "every": node.every,
        "tests": tests,
        "more_tests": max(0, len(node.tests) - MAX_TESTS),
    }  # fmt: skip


@dataclass(slots=True)
class _Group:
    window: Whole
    events: int = 0
    first: int = 0
    last: int = 0
    peak: Any = 0
    told: int = 0
    rules: Counter[str] = field(default_factory=Counter)


def explain_correlation(
    rule: CorrelationRule, pack: CorrelationPack, events: Iterable[Event], path: str, countries: Countries | None = None
) -> dict[str, Any]:
    """Over a whole log: how often each referenced rule matched, then the groups seen, the nearest to the condition first.

    `peak` is the largest measure in any window of the time span that ends with an event.
    """
    told, matched = Counter[str](), Counter[str]()
    fired: Counter[tuple[str, ...]] = Counter()
    watch = _Watch(rule)
    for found in _run(rule, pack, events, path, countries, watch, matched):
        told[found.rule_id] += 1
        if found.rule_id == rule.meta.id:
            fired[tuple(str(found.detail["group"][name]) for name in rule.group_by)] += 1
    groups = watch.groups
    titles = {one.meta.id: one.meta.title for one in pack.rules} | {
        one.meta.id: one.meta.title for one in pack.correlations
    }
    ordered = sorted(groups.items(), key=lambda item: (fired[item[0]], item[1].peak, item[1].events), reverse=True)
    return {
        "type": rule.kind,
        "condition": condition_text(rule) if rule.kind != "new_value" else f"new {rule.view} of {rule.field}",
        "timespan": rule.timespan // 1_000_000,
        "group_by": list(rule.group_by),
        "field": rule.field,
        "rules": [
            {
                "id": name,
                "title": titles[name],
                "matches": told[name] if name not in matched else matched[name],
            }
            for name in rule.rules
        ],
        "without_group": watch.lacking,
        "without_time": watch.timeless,
        "groups_seen": len(groups),
        "matches": sum(fired.values()),
        "groups": [_told(rule, key, one, fired[key]) for key, one in ordered],
    }


def _told(rule: CorrelationRule, key: tuple[str, ...], one: _Group, fired: int) -> dict[str, Any]:
    peak = one.peak if isinstance(one.peak, int) else float(one.peak)
    return {
        "group": dict(zip(rule.group_by, key, strict=True)),
        "events": one.events,
        "first": one.first,
        "last": one.last,
        "peak": peak,
        "rules": dict(one.rules),
        "matches": fired,
    }


class _Watch:
    """Groups of a correlation as its events pass."""

    def __init__(self, rule: CorrelationRule) -> None:
        self.rule = rule
        self.groups: OrderedDict[tuple[str, ...], _Group] = OrderedDict()
        self.lacking = self.timeless = 0
        self._groups_of, self._values_of = group_readers(rule), value_readers(rule)
        self._measure = measure_of(rule)
        self._names = frozenset(rule.rules)

    def see(self, event: Event, names: Iterable[str]) -> None:
        """An event that rules matched."""
        for name in sorted(self._names.intersection(names)):
            if event.time is None:
                self.timeless += 1
                continue
            group = tuple(text_of(read(event)) for read in self._groups_of[name])
            values = [text_of(read(event)) for read in self._values_of.get(name, ())]
            number = billionths(values[0]) if values and self.rule.kind in NUMERIC else 0
            if not all(group) or not all(values) or number is None:
                self.lacking += 1
            else:
                self._count(group, event.time, Entry(event.time, frozenset((name,)), " | ".join(values), number, 1))

    def _count(self, group: tuple[str, ...], time: int, entry: Entry) -> None:
        known = self.groups.get(group)
        if known is None:
            if len(self.groups) >= MAX_GROUPS:
                return
            window = Whole(self._measure(), lambda _: False, self.rule.timespan)
            known = self.groups[group] = _Group(window, first=time, last=time)
        known.window.advance(time)
        known.window.add(entry)
        known.events += 1
        known.first, known.last = min(known.first, time), max(known.last, time)
        known.rules.update(entry.names)
        known.peak = max(known.peak, known.window.measure.value())


def _run(
    rule: CorrelationRule,
    pack: CorrelationPack,
    events: Iterable[Event],
    path: str,
    countries: Countries | None,
    watch: _Watch,
    matched: Counter[str],
) -> Iterator[Detection]:
    """What the rule and those it refers to tell of the events, all of them loud."""
    wanted = _needed(rule, pack)
    own = replace(
        pack,
        rules=tuple(replace(one, silent=False) for one in pack.rules if one.meta.id in wanted),
        correlations=tuple(replace(one, silent=False) for one in pack.correlations if one.meta.id in wanted),
        problems=(),
    )
    engine = CorrelationEngine(own, countries=countries)
    singles = {one.meta.id for one in own.rules}
    matched.update(dict.fromkeys(singles.intersection(rule.rules), 0))
    origin, given = Origin("", path), iter(events)
    while block := list(islice(given, _BLOCK)):
        for index, names in engine.matches(block):
            watch.see(block[index], names)
            matched.update(name for name in names if name in rule.rules)
            yield from _detections(engine.feed_matched(block[index], names, origin), singles)
    yield from _detections(engine.finish(), singles)


def _detections(found: Iterable[Detection | EngineProblem], singles: set[str]) -> Iterator[Detection]:
    for one in found:
        if isinstance(one, Detection) and one.rule_id not in singles:
            yield one


def _needed(rule: CorrelationRule, pack: CorrelationPack) -> set[str]:
    """The rule and all that it refers to, directly or not."""
    by_id = {one.meta.id: one for one in pack.correlations}
    wanted, waiting = {rule.meta.id}, list(rule.rules)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += by_id[name].rules if name in by_id else ()
    return wanted
