"""The forms of a drill that people fill in by hand, as values: sheets of a tabletop, forms of an exercise on real systems.

Times are microseconds UTC. The same values give the blank forms (what happened is left out) and the filled ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.model.drill import Said
from atttcli.model.drill_report import DrillHead


@dataclass(frozen=True, slots=True)
class FormLine:
    """An action of the log with its rulings. `grades`: (rater, value, reason)."""

    id: str
    at: int
    side: str
    by: str
    text: str
    target: str
    technique: str
    level: str
    answers: str
    what: str
    goal: str
    evidence: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]
    ruling: float | None
    grades: tuple[tuple[str, float, str], ...]
    disagreed: str


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question of a tabletop. `options` in an order that gives nothing away; `answer` what was entered, empty before."""

    id: str
    inject: str
    said: str
    text: Said
    options: tuple[tuple[str, Said], ...]
    at: int | None = None
    choice: str = ""
    votes: tuple[tuple[str, int], ...] = ()
    answer: str = ""
    grades: tuple[tuple[str, float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SheetModule:
    """What is read aloud, and the questions about it."""

    id: str
    name: Said
    text: Said
    minutes: int
    questions: tuple[SheetQuestion, ...]


@dataclass(frozen=True, slots=True)
class DrillForms:
    """Everything that the forms of one drill say."""

    head: DrillHead
    authority: str
    begins: int | None
    ends: int | None
    targets: tuple[tuple[str, Said], ...]
    tools: tuple[Said, ...]
    forbidden: tuple[Said, ...]
    depth: Said
    stop: Said
    rules: tuple[Said, ...]
    goals: tuple[tuple[str, Said], ...]
    lines: tuple[FormLine, ...]
    modules: tuple[SheetModule, ...]
    total: float | None = None
