"""The engine over log events: rules on single events, and correlations fed by what those matched.

`scan` is `feed` and then `finish`; feeding block by block gives the same detections as feeding everything at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from atttcli.engine import EngineProblem, RuleProblem
from atttcli.engines.correlation.bursts import BurstRule, Closed
from atttcli.engines.correlation.findings import describe_burst, describe_event, describe_novelty
from atttcli.engines.correlation.novelty import Countries, History, KeptHistory, Learned, NoveltyRule
from atttcli.engines.correlation.ordering import Matched, Ordering
from atttcli.engines.sigma.dispatch import Compiled, Dispatch, compile_rule
from atttcli.engines.sigma.sieve import Sieve
from atttcli.errors import RuleError, Where
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack
from atttcli.rulepack.sigma_nodes import CorrelationRule

_BLOCK = 1024
CAPACITY = 50_000  # open groups per correlation
_SETS = 4096  # sets of names of which it is remembered what they concern
Found = Detection | EngineProblem


class CorrelationEngine:
    """A loaded pack at work. `history` is what earlier runs learned (for `new_value`), `countries` the ranges known.

    `findings`: categories of events that are a sensor's own finding. Whoever tells these asks `judged` what rules say of them;
    no detection of a single rule is given for them here, so that nobody gets one finding twice. Correlations see them.
    """

    name = "correlation"

    def __init__(
        self,
        pack: CorrelationPack,
        history: History | None = None,
        countries: Countries | None = None,
        capacity: int = CAPACITY,
        findings: frozenset[str] = frozenset(),
    ) -> None:
        self.pack = pack.digest
        self._findings = findings
        problems = list(pack.problems)
        compiled = _compile(pack, problems)
        usable = {one.rule.meta.id for one in compiled}
        past = history or KeptHistory()
        self._stages: list[BurstRule | NoveltyRule] = []
        for rule in pack.correlations:
            reason = _unusable(rule, usable, countries)
            if reason:
                problems.append(RuleProblem(rule.meta.where, reason[0], reason[1], refused=rule.view != "country"))
                continue
            usable.add(rule.meta.id)
            self._stages.append(
                NoveltyRule(rule, past, countries, capacity) if rule.kind == "new_value" else BurstRule(rule, capacity)
            )
        self.problems = tuple(problems)
        self._wanted = frozenset().union(*(stage.names for stage in self._stages)) if self._stages else frozenset()
        self._rules = {one.rule.meta.id: one.rule for one in compiled}
        self._dispatch = Dispatch([one for one in compiled if not one.rule.silent or one.rule.meta.id in self._wanted])
        self._ordering = Ordering()
        self._places: dict[frozenset[str], tuple[int, ...]] = {}
        self._timeless = 0
        self.crossing: Event | None = None

    def scan(self, items: Iterable[tuple[Origin, Event]]) -> Iterator[Found]:
        """Judge all events; bursts still open at the end are told then."""
        yield from self.feed(items)
        yield from self.finish()

    def feed(self, items: Iterable[tuple[Origin, Event]]) -> Iterator[Found]:
        """Judge some events; open bursts stay open for more. One Origin may serve a whole file: the line is the event's."""
        given = iter(items)
        while block := list(islice(given, _BLOCK)):
            origins = [origin for origin, _ in block]
            yield from self._block([event for _, event in block], origins)

    def feed_block(self, events: Sequence[Event], origin: Origin) -> Iterator[Found]:
        """As `feed`, for events of one file: nothing is built per event."""
        for start in range(0, len(events), _BLOCK):
            yield from self._block(events[start : start + _BLOCK], origin)

    def matches(self, events: Sequence[Event]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Position of each event that rules on single events match, with their ids. Depends on nothing seen before."""
        for index, chosen in self._dispatch.candidates(events):
            event = events[index]
            found = tuple([one.rule.meta.id for one in chosen if one.matches(event)])
            if found:
                yield index, found

    def judged(self, event: Event, origin: Origin) -> list[Detection]:
        """What rules on single events say of one event, for whoever tells it as a finding."""
        rules = [self._rules[name] for _, ids in self.matches([event]) for name in ids]
        return [describe_event(rule, event, origin, self.pack) for rule in rules if not rule.silent]

    def sieve(self) -> Sieve:
        """What readers may ask before they build an event that nothing but this engine looks at."""
        return Sieve(self._dispatch)

    def feed_matched(self, event: Event, ids: Iterable[str], origin: Origin, settled: bool = False) -> Iterator[Found]:
        """As `feed`, for an event of which `matches` (of an engine over the same pack) has told the rules already.

        `settled`: `new_value` rules of an earlier run learned from it; it is fed again only for what it is part of.
        """
        yield from self.describe(event, ids, origin)
        yield from self.correlate(event, ids, origin, settled)

    def describe(self, event: Event, ids: Iterable[str], origin: Origin) -> Iterator[Detection]:
        """What single rules that matched say of the event. Depends on nothing seen before."""
        if event.category not in self._findings:
            for name in ids:
                rule = self._rules[name]
                if not rule.silent:
                    yield describe_event(rule, event, origin, self.pack)

    def is_correlated(self, ids: Iterable[str]) -> bool:
        """Whether a correlation refers to any of these rules."""
        return not self._wanted.isdisjoint(ids)

    def correlate(self, event: Event, ids: Iterable[str], origin: Origin, settled: bool = False) -> Iterator[Found]:
        """What many events say, this one among them. While a finding is taken, `crossing` is the event that made it one."""
        names = self._wanted.intersection(ids)
        if not names:
            return
        if event.time is None:
            self._timeless += 1
            return
        for matched in self._ordering.put(event.time, names, origin, event, settled):
            yield from self._correlate(matched)

    def finish(self) -> Iterator[Found]:
        """The end of the input: what was held back, open bursts, and what could not be judged."""
        for matched in self._ordering.finish():
            yield from self._correlate(matched)
        closed = [one for stage in self._stages if isinstance(stage, BurstRule) for one in stage.finish()]
        for one in sorted(closed, key=lambda one: one.burst.first):
            yield from self._tell(one)
        yield from self._shortfalls()

    def begin_anew(self) -> None:
        """As just built: nothing is open and nothing was learned. For many inputs that have nothing to do with each other."""
        for stage in self._stages:
            stage.forget()
        self._ordering = Ordering()
        self._timeless = 0

    def learned(self) -> Iterator[Learned]:
        """What `new_value` rules saw: keep it, and give it to the next run as its history."""
        for stage in self._stages:
            if isinstance(stage, NoveltyRule):
                yield from stage.learned()

    def _block(self, events: Sequence[Event], origins: Sequence[Origin] | Origin) -> Iterator[Found]:
        for index, ids in self.matches(events):
            origin = origins if isinstance(origins, Origin) else origins[index]
            yield from self.feed_matched(events[index], ids, origin)

    def _correlate(self, matched: Matched) -> Iterator[Found]:
        """Every stage in order: one that holds is itself a match for those that refer to it."""
        names = matched.names
        ahead = self._concerned(names)
        while ahead:
            place, *ahead = ahead
            stage = self._stages[place]
            rule = stage.rule
            if isinstance(stage, NoveltyRule):
                seen = stage.offer(matched.time, names, matched.event, matched.settled)
                holds = seen is not None
                if seen is not None and not rule.silent:
                    group, value, before = seen
                    self.crossing = matched.event
                    yield describe_novelty(rule, group, value, before, matched.event, matched.origin, self.pack)
            else:
                holds, closed = stage.offer(matched.time, names, matched.origin, matched.event)
                for one in closed:
                    yield from self._tell(one)
            if holds and rule.meta.id in self._wanted:
                names |= {rule.meta.id}
                ahead = [later for later in self._concerned(names) if later > place]

    def _concerned(self, names: frozenset[str]) -> Sequence[int]:
        """The stages, by place, that refer to any of these rules: the same few sets of names come again and again."""
        known = self._places.get(names)
        if known is None:
            known = tuple([place for place, stage in enumerate(self._stages) if not stage.names.isdisjoint(names)])
            if len(self._places) >= _SETS:
                self._places.clear()
            self._places[names] = known
        return known

    def _tell(self, closed: Closed) -> Iterator[Detection]:
        if not closed.rule.silent:
            self.crossing = closed.burst.event
            yield describe_burst(closed, self.pack)

    def _shortfalls(self) -> Iterator[EngineProblem]:
        if self._timeless:
            yield EngineProblem(Where(), f"{self._timeless} matching events without a time could not be correlated")
            self._timeless = 0
        for stage in self._stages:
            if stage.evicted:
                reason = f"{stage.evicted} groups were let go to bound memory: counts of this rule may be too low"
                yield EngineProblem(Where(stage.rule.meta.where.path, rule=stage.rule.meta.title), reason)
                stage.evicted = 0
            if isinstance(stage, BurstRule) and stage.cut:
                reason = f"{stage.cut} events left windows that held too many: what this rule measured may be too low"
                yield EngineProblem(Where(stage.rule.meta.where.path, rule=stage.rule.meta.title), reason)
                stage.cut = 0


def _compile(pack: CorrelationPack, problems: list[RuleProblem]) -> list[Compiled]:
    compiled: list[Compiled] = []
    for rule in pack.rules:
        try:
            compiled.append(compile_rule(rule))
        except RuleError as error:
            problems.append(RuleProblem(rule.meta.where, error.message, error.hint))
    return compiled


def _unusable(rule: CorrelationRule, usable: set[str], countries: Countries | None) -> tuple[str, str] | None:
    if not set(rule.rules) <= usable:
        return "refers to a rule that was refused", ""
    if rule.view == "country" and countries is None:
        return "needs country ranges, and none are given", "atttcli rules ranges add FILE"
    return None
