"""What is wrong in a scenario beyond its form: names that lead nowhere, injects that never come, real addresses, odd truths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from atttcli.drill.attack import is_known
from atttcli.drill.channels import header_texts, texts_of
from atttcli.drill.condition import leaves
from atttcli.drill.harmless import dangers
from atttcli.drill.matchers import matcher_findings
from atttcli.drill.places import slots
from atttcli.drill.reach import unreachable
from atttcli.drill.trial import unmatched
from atttcli.model.drill import CHOICES, MADE, Expectation, Finding, Inject, Said, Scenario


def lint(scenario: Scenario) -> list[Finding]:
    """All findings, errors first."""
    found = [
        *_doubles(scenario),
        *(one for inject in scenario.injects for one in _inject(scenario, inject)),
        *_names(scenario),
        *_after(scenario),
        *unreachable(scenario),
        *_parts(scenario),
        *_whole(scenario),
        *_frame(scenario),
    ]
    if not any(one.severity == "error" for one in found):  # what is wrong already is not tried out
        found += unmatched(scenario)
    placed = (replace(one, line=one.line or 1) for one in dict.fromkeys(found))
    return sorted(placed, key=lambda one: (one.severity != "error", one.line or 0, one.message))


def _doubles(scenario: Scenario) -> Iterator[Finding]:
    for what, ids in (
        ("inject", [one.id for one in scenario.injects]),
        ("expectation", [one.id for one in scenario.expectations]),
        ("objective", [one.id for one in scenario.goals]),
    ):
        for name, count in Counter(ids).items():
            if count > 1:
                yield Finding(
                    "error", "double", _line_of(scenario, name), f"the {what} {name} stands here {count} times"
                )
    sigs = Counter(one.payload["sig"] for one in scenario.injects if "sig" in one.payload)
    for sig, count in sigs.items():
        if count > 1:
            line = [one.line for one in scenario.injects if one.payload.get("sig") == sig][-1]
            said = f"{count} injects show the rules the same sign {sig}: they become one alert"
            yield Finding("error", "double-sig", line, said)


def _line_of(scenario: Scenario, name: str) -> int | None:
    """The line of the last inject of that id, or that holds the last expectation of that id."""
    found = [one.line for one in scenario.injects if name == one.id or name in {e.id for e in one.expects}]
    return found[-1] if found else None


def _inject(scenario: Scenario, inject: Inject) -> Iterator[Finding]:
    places = {one.name for one in scenario.places}
    rest = replace(inject, payload={}, when=None, unless=None)
    for text in dict.fromkeys((*texts_of(inject.channel, inject.payload), *_texts(rest))):
        yield from (
            Finding("error", "place", inject.line, f"{inject.id}: no place {name!r}")
            for name in sorted(slots(text) - places)
        )
        yield from (Finding("error", code, inject.line, f"{inject.id}: {what}") for code, what in dangers(text))
    if any(sign in text for text in header_texts(inject.channel, inject.payload) for sign in "\r\n"):
        yield Finding("error", "header", inject.line, f"{inject.id}: sender and subject of a mail are one line each")
    if inject.to and inject.to not in {one.code for one in scenario.roles}:
        yield Finding("error", "role", inject.line, f"{inject.id}: no role {inject.to!r}")
    if inject.at is not None and inject.at > scenario.duration:
        yield Finding("error", "late", inject.line, f"{inject.id} comes after the end of the scenario")
    if inject.channel == "list" and set(inject.payload["places"]) - places:
        yield Finding("error", "place", inject.line, f"{inject.id}: the list names a place that is not there")
    yield from _truth(inject)
    yield from matcher_findings(scenario, inject)
    goals = {one.id for one in scenario.goals}
    known = {one.id for one in scenario.expectations}
    for one in inject.expects:
        if one.goal not in goals:
            yield Finding("error", "goal", inject.line, f"{one.id}: no objective {one.goal}")
        yield from (
            Finding("error", "after", inject.line, f"{one.id}: no expectation {name}")
            for name in one.after
            if name not in known
        )
        if one.kind == "decision" and _is_odd(scenario, one):
            said = (
                "a decision has two options or more, one of them right; in a tabletop none at all is an open question"
            )
            yield Finding("error", "options", inject.line, f"{one.id}: {said}")
        doubled = [
            name for name, count in Counter(option.id for option in one.options).items() if count > 1 or name in CHOICES
        ]
        if doubled:
            yield Finding(
                "error",
                "options",
                inject.line,
                f"{one.id}: the option {doubled[0]} stands twice or means something else",
            )
        if one.kind == "report" and not one.fields:
            yield Finding("error", "fields", inject.line, f"{one.id}: a report says which fields it must hold")


def _texts(value: Any) -> Iterator[str]:
    """Every text that a person may read, however deep it stands."""
    if isinstance(value, Said):
        yield from filter(None, (value.vi, value.en))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _texts(getattr(value, part.name))


def _frame(scenario: Scenario) -> Iterator[Finding]:
    """What stands around the injects is read by people too."""
    places = {one.name for one in scenario.places}
    frame = (
        scenario.name,
        scenario.situation,
        scenario.roles,
        scenario.goals,
        scenario.rules,
        scenario.modules,
        scenario.scope,
    )
    for text in dict.fromkeys(_texts(frame)):
        yield from (Finding("error", "place", None, f"no place {name!r}") for name in sorted(slots(text) - places))
        yield from (Finding("error", code, None, what) for code, what in dangers(text))
    carried = {code for one in scenario.injects if one.truth for code in one.truth.attack}
    for code in sorted({*scenario.techniques, *carried}):
        if not is_known(code):
            yield Finding("warning", "attack", None, f"{code} is no technique of ATT&CK that is known here")
    if scenario.duration <= 0:
        yield Finding("error", "time", None, "a scenario lasts some time")


def _after(scenario: Scenario) -> Iterator[Finding]:
    """Expectations that come after themselves can be met in no order."""
    after = {one.id: one.after for one in scenario.expectations}
    for one in scenario.expectations:
        seen, waiting = set[str](), list(one.after)
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += after.get(name, ())
        if one.id in seen:
            line = next(inject.line for inject in scenario.injects if inject.id == one.inject)
            yield Finding("error", "after", line, f"{one.id} comes after itself")


def _is_odd(scenario: Scenario, one: Expectation) -> bool:
    if not one.options:
        return scenario.format not in ("tabletop", "log")
    return len(one.options) < 2 or not any(option.grade == 1 for option in one.options)


def _truth(inject: Inject) -> Iterator[Finding]:
    kinds = {one.kind for one in inject.expects}
    truth = inject.truth
    if "detect" in kinds and (truth is None or not truth.malicious):
        yield Finding("error", "truth", inject.line, f"{inject.id}: what is to be detected is malicious in truth")
    if "dismiss" in kinds and (truth is None or truth.malicious):
        yield Finding("error", "truth", inject.line, f"{inject.id}: what is to be dismissed is a decoy in truth")
    if truth is not None and inject.channel in MADE and not kinds & {"detect", "dismiss"}:
        yield Finding("warning", "unread", inject.line, f"{inject.id} has a truth that no expectation asks about")
    if "classify" in kinds and not (truth and truth.category) and not any(one.category for one in inject.expects):
        yield Finding("error", "truth", inject.line, f"{inject.id}: the class to be found is not said")


def _names(scenario: Scenario) -> Iterator[Finding]:
    injects = {one.id for one in scenario.injects}
    asked = {one.id for one in scenario.expectations}
    goals = {one.id for one in scenario.goals}
    for inject in scenario.injects:
        for condition in (*leaves(inject.when), *leaves(inject.unless)):
            known = {"after": injects, "done": asked, "score_below": goals | {""}}.get(condition.op)
            if known is not None and condition.name not in known:
                yield Finding(
                    "error",
                    "condition",
                    inject.line,
                    f"{inject.id}: {condition.op} names {condition.name!r}, not there",
                )


def _parts(scenario: Scenario) -> Iterator[Finding]:
    """Modules of a tabletop, and what CT 60 asks of an exercise on real systems."""
    modules = {one.id for one in scenario.modules}
    for inject in scenario.injects:
        if inject.module not in modules and (inject.module or modules):
            yield Finding("error", "module", inject.line, f"{inject.id}: no module {inject.module!r}")
    for name in sorted(modules - {one.module for one in scenario.injects}):
        yield Finding("error", "module", None, f"nothing happens in the module {name}")
    if scenario.format == "tabletop" and any(one.channel in MADE for one in scenario.injects):
        yield Finding("warning", "tabletop", None, "a tabletop is talked through: files and captures need the tool")
    if scenario.format != "log":
        return
    scope, places = scenario.scope, {one.name for one in scenario.places}
    if scope is None or not (scope.targets and scope.tools and scope.forbidden):
        yield Finding(
            "error", "scope", None, "on real systems targets, tools, depth and what is forbidden are set beforehand"
        )
        return
    texts = [text for _id, text in scope.targets] + [*scope.tools, *scope.forbidden, scope.depth]
    for name in sorted({name for one in texts for text in (one.vi, one.en) for name in slots(text)} - places):
        yield Finding("error", "place", None, f"scope: no place {name!r}")
    if scenario.injects:
        yield Finding("error", "script", None, "an exercise on real systems has no script: no injects")


def _whole(scenario: Scenario) -> Iterator[Finding]:
    used = {one.goal for one in scenario.expectations}
    for goal in scenario.goals:
        if goal.id not in used and scenario.format != "log":
            yield Finding("error", "goal", None, f"no expectation stands behind the objective {goal.id}")
    carried = {code for one in scenario.injects if one.truth for code in one.truth.attack}
    for code in sorted(carried - set(scenario.techniques)):
        yield Finding("warning", "technique", None, f"{code} is not among the scenario's techniques")
    if scenario.format == "functional" and not any(one.truth and not one.truth.malicious for one in scenario.injects):
        yield Finding("warning", "decoy", None, "no decoy: crying wolf costs nothing here")
    if scenario.format == "flash" and scenario.duration > 25 * 60 * 1_000_000:
        yield Finding("warning", "long", None, "a flash drill lasts about 20 minutes")
