"""The papers of a drill as values: plan, books, after-action report. Built once; rendering needs nothing else.

Times are microseconds UTC; `entries` are numbers of the drill's own journal.
"""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.model.drill import Said

NOTHING = Said()


@dataclass(frozen=True, slots=True)
class DrillHead:
    """What every paper of a drill begins with."""

    code: str
    name: Said
    situation: Said
    scenario: str
    version: int
    sha256: str
    truth: str
    format: str
    team: str
    duration: int
    superior: str
    organ: str
    symbol: str
    place: str
    as_of: int
    language: str
    authority: str = ""
    signatures: tuple[str, ...] = ()
    team_name: Said = NOTHING


@dataclass(frozen=True, slots=True)
class PlannedInject:
    """An inject in a book. `expects`: (id, text, minutes until the target, or 0, how it is met).
    `excerpt`: the beginning of what a made file says, for who plays on paper; empty for captures."""

    id: str
    when: str
    channel: str
    to: Said
    text: str
    files: tuple[str, ...]
    truth: str = ""
    why: Said = NOTHING
    hint: Said = NOTHING
    expects: tuple[tuple[str, Said, int, tuple[tuple[str, Said, float], ...]], ...] = ()
    said_when: Said = NOTHING
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """Plan and books. What a book may show is decided when it is composed."""

    head: DrillHead
    begins: int
    goals: tuple[tuple[str, Said, str], ...]
    roles: tuple[tuple[str, Said], ...]
    rules: tuple[Said, ...]
    injects: tuple[PlannedInject, ...]
    weights: tuple[tuple[str, int], ...]
    verifies: tuple[ReportAction, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportGoal:
    """An objective with its result."""

    id: str
    text: Said
    capability: str
    score: float | None
    letter: str
    count: int
    missed: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A score line with the words of its expectation."""

    id: str
    text: Said
    dim: str
    points: float
    value: float
    reason: str
    took: int
    target: int
    limit: int
    entries: tuple[int, ...]
    overridden: str = ""
    disagreed: str = ""
    measure: str = ""
    inject: str = ""


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """A line of the timeline. `kind`: clock, inject, action, note; `what` a code, `text` what people wrote."""

    at: int
    scenario: int
    kind: str
    what: str
    text: str
    who: str
    seq: int


@dataclass(frozen=True, slots=True)
class ReportAction:
    """An improvement action; `status` open, done, verified or reopened."""

    number: str
    title: str
    owner: str
    due: str
    status: str
    drill: str = ""
    verified_by: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class TeamResult:
    """What another team of the same drill reached: objectives out of 100 by number, techniques from 0 to 1."""

    team: str
    total: float
    goals: tuple[tuple[str, float | None], ...]
    coverage: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class DrillReport:
    """The after-action report. `peers` are the other teams of the drill."""

    head: DrillHead
    started: int | None
    ended: int | None
    active: int
    pauses: tuple[tuple[int, str], ...]
    total: float
    valid: bool
    gates: tuple[str, ...]
    dims: tuple[tuple[str, float | None, int], ...]
    goals: tuple[ReportGoal, ...]
    lines: tuple[ReportLine, ...]
    coverage: tuple[tuple[str, float | None], ...]
    alarms: tuple[int, int, int]
    injects: tuple[int, int]
    timeline: tuple[ReportEvent, ...]
    notes: tuple[tuple[str, str, str], ...]
    survey: tuple[tuple[str, float, int], ...]
    survey_texts: tuple[str, ...]
    earlier: tuple[ReportAction, ...]
    actions: tuple[ReportAction, ...]
    trend: tuple[tuple[str, str, float], ...]
    robots: bool
    entries: int
    hash: str
    peers: tuple[TeamResult, ...] = ()
