"""What a matcher of a scenario may name: steps of playbooks, papers, deadlines, warnings, places. A wrong name never matches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from atttcli.model.drill import Finding, Inject, Matcher, Scenario
from atttcli.model.incident import STATUSES


def matcher_findings(scenario: Scenario, inject: Inject) -> Iterator[Finding]:
    """Matchers that can never hold, because what they name is nowhere."""
    places = {one.name for one in scenario.places}
    for expectation in inject.expects:
        for matcher in expectation.on:
            if not _is_known(matcher, places):
                said = f"{expectation.id}: {matcher.kind} names {matcher.value!r}, not there"
                yield Finding("error", "matcher", inject.line, said)


def _is_known(matcher: Matcher, places: set[str]) -> bool:
    if matcher.value == "any":
        return True
    match matcher.kind:
        case "opened":
            return matcher.value in places
        case "moved":
            return matcher.value in STATUSES
        case "step":
            return matcher.value in step_names()
        case "paper":
            return matcher.value in paper_codes()
        case "deadline":
            return matcher.value in deadline_codes()
        case "advisory":
            return matcher.value in advisory_codes()
    return False  # an exhibit is an exhibit: `evidence: any`


@cache
def step_names() -> frozenset[str]:
    """`ma-hoa/1` for every step with a code of every shipped playbook."""
    from atttcli.playbook.load import shipped

    return frozenset(f"{book.short}/{step.code}" for book in shipped() for step in book.steps.values() if step.code)


@cache
def paper_codes() -> frozenset[str]:
    """Codes of the papers, those of their kinds too."""
    from atttcli.reports.papers.catalog import CATALOG

    return frozenset(
        {"incident", "isp"} | {f"{one.code}{end}" for one in CATALOG for end in ("", *(f"-{v}" for v in one.variants))}
    )


@cache
def deadline_codes() -> frozenset[str]:
    """Codes of the deadlines of every shipped regime."""
    from atttcli.packaged import packaged
    from atttcli.profile import load_profile

    names = [path.stem for path in sorted((packaged("seeds") / "profiles").glob("*.yaml"))]
    return frozenset(one.id for name in names for one in load_profile(name).deadlines)


@cache
def advisory_codes() -> frozenset[str]:
    """Templates of warnings."""
    from atttcli.advisory.templates import template_codes

    return frozenset(template_codes())
