"""What is wrong in a scenario beyond its form: names that lead nowhere, injects that never come, real addresses, odd truths."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator

from atttcli.drill.channels import texts_of
from atttcli.drill.condition import leaves
from atttcli.drill.matchers import matcher_findings
from atttcli.drill.places import slots
from atttcli.model.drill import MADE, Condition, Expectation, Finding, Inject, Scenario

_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_SAFE = tuple(
    map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8", "192.168.0.0/16"))
)
_HOST = re.compile(r"(?:@|//)((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,20})", re.IGNORECASE)
_SAFE_HOSTS = ("example", "invalid", "test", "example.com", "example.net", "example.org", "gov.vn")
_SENDS = re.compile(r"EICAR|X5O!P%@AP", re.IGNORECASE)


def lint(scenario: Scenario) -> list[Finding]:
    """All findings, errors first."""
    found = [
        *_doubles(scenario),
        *(one for inject in scenario.injects for one in _inject(scenario, inject)),
        *_names(scenario),
        *_reach(scenario),
        *_parts(scenario),
        *_whole(scenario),
    ]
    return sorted(found, key=lambda one: (one.severity != "error", one.line or 0, one.message))


def _doubles(scenario: Scenario) -> Iterator[Finding]:
    for what, ids in (
        ("inject", [one.id for one in scenario.injects]),
        ("expectation", [one.id for one in scenario.expectations]),
        ("objective", [one.id for one in scenario.goals]),
    ):
        for name, count in Counter(ids).items():
            if count > 1:
                yield Finding("error", "double", None, f"the {what} {name} stands here {count} times")
    sigs = Counter(one.payload["sig"] for one in scenario.injects if "sig" in one.payload)
    for sig, count in sigs.items():
        if count > 1:
            yield Finding(
                "error",
                "double-sig",
                None,
                f"{count} injects show the rules the same sign {sig}: they become one alert",
            )


def _inject(scenario: Scenario, inject: Inject) -> Iterator[Finding]:
    places = {one.name for one in scenario.places}
    for text in texts_of(inject.channel, inject.payload):
        yield from (
            Finding("error", "place", inject.line, f"{inject.id}: no place {name!r}") for name in slots(text) - places
        )
        yield from _safe(inject, text)
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
        if one.kind == "report" and not one.fields:
            yield Finding("error", "fields", inject.line, f"{one.id}: a report says which fields it must hold")


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


def _safe(inject: Inject, text: str) -> Iterator[Finding]:
    """Documentation and private addresses only, names of nobody, no test virus."""
    for found in _ADDRESS.findall(text):
        try:
            address = ipaddress.ip_address(found)
        except ValueError:
            continue
        if not any(address in network for network in _SAFE):
            yield Finding("error", "address", inject.line, f"{inject.id}: {found} may be somebody's address")
    for host in _HOST.findall(text):
        if not any(host.lower() == one or host.lower().endswith("." + one) for one in _SAFE_HOSTS):
            yield Finding("error", "domain", inject.line, f"{inject.id}: {host[:60]} may be somebody's name")
    if _SENDS.search(text):
        yield Finding("error", "eicar", inject.line, f"{inject.id}: the test virus is not shipped; use the marker")


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


def needs(condition: Condition | None) -> list[set[str]]:
    """Ways in which a condition can come true, each as the injects that must have been delivered; nothing: at once."""
    if condition is None:
        return [set()]
    if condition.op == "all":
        ways: list[set[str]] = [set()]
        for part in condition.parts:
            ways = [one | other for one in ways for other in needs(part)][:64]
        return ways
    if condition.op == "any":
        return [way for part in condition.parts for way in needs(part)][:64]
    if condition.op == "after":
        return [{condition.name}]
    if condition.op == "done":
        return [{"?" + condition.name}]
    return [set()]


def _reach(scenario: Scenario) -> Iterator[Finding]:
    """Injects that can never be delivered: they wait on each other, or on what does not come."""
    owner = {one.id: one.inject for one in scenario.expectations}
    reached: set[str] = set()
    while True:
        fresh = {
            one.id
            for one in scenario.injects
            if one.id not in reached and any({_name(n, owner) for n in way} <= reached for way in needs(one.when))
        }
        if not fresh:
            break
        reached |= fresh
    for inject in scenario.injects:
        if inject.id not in reached:
            yield Finding(
                "error",
                "unreachable",
                inject.line,
                f"{inject.id} can never be delivered: what it waits on does not come",
            )


def _name(need: str, owner: dict[str, str]) -> str:
    return owner.get(need[1:], "") if need.startswith("?") else need


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
