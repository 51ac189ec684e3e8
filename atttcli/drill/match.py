"""Which actions met an expectation, and when: pure reading of a Play, no points yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from atttcli.drill.play import Play
from atttcli.drill.rating import grades_of, verdict, voted
from atttcli.model.drill import Action, Delivery, Expectation, Matcher, Scenario

DISMISSED = frozenset({"false-positive", "benign", "not-ours", "duplicate"})
MAY_BE_NA = frozenset({"step", "contain", "evidence"})
# Done once: who did it before it was asked for has done it.
LASTING = frozenset({"step", "deadline", "paper", "advisory"})
CONTAINING = frozenset({"containment", "eradication", "recovery"})


@dataclass(frozen=True, slots=True)
class Met:
    """An expectation as it was met: the action, its time since the delivery, and all that it rests on."""

    action: Action
    took: int
    entries: tuple[int, ...]

    @property
    def rank(self) -> tuple[int, int]:
        """Where it stands in the order of actions."""
        return self.action.at, self.action.seq


class Reader:
    """The actions of one drill, asked expectation by expectation. Nothing after the end counts."""

    def __init__(self, scenario: Scenario, play: Play) -> None:
        self.scenario = scenario
        self.play = play
        end = play.ended
        self.actions = [one for one in play.actions if end is None or one.at <= end]

    def delivery(self, inject: str) -> Delivery | None:
        """When the inject reached the team, or None."""
        return self.play.deliveries.get(inject)

    def since(self, inject: str) -> Iterator[Action]:
        """What was done from the delivery of an inject on."""
        delivery = self.delivery(inject)
        if delivery is None:
            return
        for action in self.actions:
            if action.at >= delivery.at:
                yield action

    def answer(self, expectation: Expectation) -> Action | None:
        """The answer that the facilitator entered; a later one corrects an earlier one."""
        given = [
            one
            for one in self.since(expectation.inject)
            if one.kind == "answered" and one.data.get("expectation") == expectation.id
        ]
        return max(given, key=lambda one: one.seq, default=None) or voted(expectation, self.votes(expectation))

    def votes(self, expectation: Expectation) -> list[Action]:
        """Votes round the table about one question; they decide where nobody entered a decision."""
        return [
            one
            for one in self.since(expectation.inject)
            if one.kind == "voted" and one.data.get("expectation") == expectation.id
        ]

    def graded(self, expectation: Expectation) -> tuple[float | None, str, tuple[int, ...]]:
        """What the raters think of it: their mean (None: nobody graded), who is a whole grade apart, their entries."""
        given = self.answer(expectation)
        found = grades_of(given, self.play.grades.get(expectation.id, {})) if given is not None else []
        mean, apart = verdict(found)
        return mean, apart, tuple(sorted(one.seq for one in found))

    def met(self, expectation: Expectation) -> Met | None:
        """How a step, a measure, a paper or an exhibit came about; None when it did not."""
        given = self.answer(expectation)
        if given is not None:
            return None if _is_no(given.data) else self._made(expectation, given)
        delivery = self.delivery(expectation.inject)
        for action in self.actions if delivery is not None else ():
            early = delivery is not None and action.at < delivery.at
            if any(
                self.matches(one, action) and not (early and self._is_new(one, action, expectation))
                for one in expectation.on
            ):
                return self._made(expectation, action)
        return None

    def _is_new(self, matcher: Matcher, action: Action, expectation: Expectation) -> bool:
        """Whether it must be done anew for each inject. What is done once, and stands, was not done too early."""
        if matcher.kind == "moved":
            return action.data.get("incident") not in self._tied(expectation.inject)
        return matcher.kind not in LASTING or matcher.value == "any"

    def achieved(self, expectation: Expectation) -> Met | None:
        """How an expectation of any kind was met."""
        match expectation.kind:
            case "detect":
                return self.detected(expectation)
            case "dismiss":
                return self.dismissed(expectation)
            case "classify":
                category, _severity, met = self.classified(expectation)
                return met if category else None
        return self.met(expectation)

    def _made(self, expectation: Expectation, action: Action) -> Met:
        delivery = self.play.deliveries[expectation.inject]
        return Met(action, max(0, action.active - delivery.active), (delivery.seq, action.seq))

    def matches(self, matcher: Matcher, action: Action) -> bool:
        """Whether an action is what a matcher names."""
        if matcher.kind != action.kind:
            return False
        if matcher.kind == "opened":
            facts = self.play.planned.get("places", {}).get(matcher.value, {})
            named = {*action.data.get("agencies", ()), *action.data.get("systems", ())}
            return matcher.value == "any" or facts.get("code") in named
        value = str(action.data.get("value", ""))
        if matcher.kind == "paper" and value.startswith(matcher.value + "-"):
            return True  # one form in its kinds: the quick report of 24 hours is a quick report
        return matcher.value in ("any", value)

    def detected(self, expectation: Expectation) -> Met | None:
        """The first incident that was opened on the inject, or that its alerts were linked to, unless they were all taken off."""
        given = self.answer(expectation)
        if given is not None:
            return None if _is_no(given.data) else self._made(expectation, given)
        alerts, linked = self.alerts(expectation.inject), set[str]()
        first: Action | None = None
        for action in self.since(expectation.inject):
            if any(self.matches(matcher, action) for matcher in expectation.on):
                return self._made(expectation, first or action)
            hit = alerts & set(action.data.get("alerts", ()))
            if action.kind in ("opened", "linked") and hit:
                first, linked = first or action, linked | hit
            elif action.kind == "unlinked":
                linked -= hit
        return self._made(expectation, first) if first is not None and linked else None

    def alerts(self, inject: str) -> set[str]:
        """Alerts that the tool made of an inject."""
        delivery = self.delivery(inject)
        return set(delivery.alerts) if delivery else set()

    def false_alarm(self, expectation: Expectation) -> Action | None:
        """An incident that stands on a decoy; one that was taken back does not count."""
        given = self.answer(expectation)
        if given is not None:
            return given if given.data.get("choice") == "incident" else None
        alerts, linked = self.alerts(expectation.inject), dict[str, Action]()
        for action in self.since(expectation.inject):
            hit = alerts & set(action.data.get("alerts", ()))
            if action.kind in ("opened", "linked"):
                linked.update(dict.fromkeys(hit, action))
            elif action.kind == "unlinked":
                for number in hit:
                    linked.pop(number, None)
            elif any(self.matches(matcher, action) for matcher in expectation.on):
                linked[""] = action
        return next(iter(linked.values()), None)

    def dismissed(self, expectation: Expectation) -> Met | None:
        """The verdict on a decoy, unless an incident stands on it."""
        if self.false_alarm(expectation) is not None:
            return None
        given = self.answer(expectation)
        if given is not None:
            return self._made(expectation, given) if given.data.get("choice") == "dismiss" else None
        alerts, standing = self.alerts(expectation.inject), dict[str, Action]()
        for action in self.since(expectation.inject):
            hit = alerts & set(action.data.get("alerts", ()))
            if action.kind == "reopened":
                standing = {number: one for number, one in standing.items() if number not in hit}
            elif action.kind == "dismissed" and action.data.get("verdict") in DISMISSED:
                standing |= {number: action for number in hit if number not in standing}
        first = min(standing.values(), key=lambda one: (one.at, one.seq), default=None)
        return None if first is None else self._made(expectation, first)

    def incidents(self, inject: str) -> list[str]:
        """Incidents that were opened on an inject; when none is tied to it, all that were opened since."""
        return self._tied(inject) or [
            str(one.data.get("incident")) for one in self.since(inject) if one.kind in ("opened", "linked")
        ]

    def _tied(self, inject: str) -> list[str]:
        """Incidents that the inject's alerts were linked to, or that name the place that it is about."""
        alerts = self.alerts(inject)
        places = [m for e in self.scenario.expectations if e.inject == inject for m in e.on if m.kind == "opened"]
        return [
            str(action.data.get("incident"))
            for action in self.since(inject)
            if action.kind in ("opened", "linked")
            and (alerts & set(action.data.get("alerts", ())) or any(self.matches(m, action) for m in places))
        ]

    def classified(self, expectation: Expectation) -> tuple[str, str, Met | None]:
        """Class and severity as they stand in the end, and when they came to stand so."""
        given = self.answer(expectation)
        if given is not None:
            fields = given.data.get("fields", {})
            return str(fields.get("category", "")), str(fields.get("severity", "")), self._made(expectation, given)
        # The first that was opened on it, also when it was classified before.
        numbers = set(self.incidents(expectation.inject)[:1])
        category = severity = ""
        last: Action | None = None
        for action in self.actions:
            if action.kind != "classified" or action.data.get("incident") not in numbers:
                continue
            new = (str(action.data.get("category", category)), str(action.data.get("severity", severity)))
            if new != (category, severity):
                category, severity = new
                last = action
        return category, severity, self._made(expectation, last) if last else None

    def facts(self, expectation: Expectation, until: Action) -> dict[str, Any]:
        """What the incident's record said when a paper went out."""
        subject = str(until.data.get("incident") or "")
        numbers = {subject} if subject.startswith("SC-") else set(self.incidents(expectation.inject)[:1])
        found: dict[str, Any] = {}
        for action in self.actions:
            if (action.at, action.seq) > (until.at, until.seq) or action.data.get("incident") not in numbers:
                continue
            if action.kind == "opened":
                found |= {
                    name: action.data[name] for name in ("title", "category", "severity") if action.data.get(name)
                }
                found |= {"agency": next(iter(action.data["agencies"]), "")}
                found |= {"system": next(iter(action.data["systems"]), ""), "detected": action.data.get("detected")}
            elif action.kind == "facts":
                found |= {name: value for name, value in action.data["fields"].items() if value not in (None, "")}
        return found

    def has_evidence(self, expectation: Expectation, met: Met) -> tuple[bool, tuple[int, ...]]:
        """Whether an exhibit stands behind what was done: named with it, or added before it since the inject."""
        if met.action.data.get("evidence"):
            return True, ()
        for action in self.since(expectation.inject):
            if action.kind == "evidence" and (action.at, action.seq) <= met.rank:
                return True, (action.seq,)
        return False, ()

    def contained_before(self, met: Met) -> bool:
        """Whether the team was handling something already when it came to this."""
        for action in self.actions:
            if (action.at, action.seq) >= met.rank:
                return False
            if action.kind == "moved" and action.data.get("value") in CONTAINING:
                return True
        return False


def _is_no(data: dict[str, Any]) -> bool:
    return data.get("choice") in ("no", "na")


def is_not_applicable(kind: str, given: Action | None) -> bool:
    """A step, a measure or an exhibit marked N/A with a reason: leaves the sum. What is to be found or told is never N/A."""
    if given is None or kind not in MAY_BE_NA:
        return False
    return given.data.get("choice") == "na" and bool(str(given.data.get("text") or "").strip())
