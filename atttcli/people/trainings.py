"""Trainings held: who was taught what, for how long; the periodic report counts them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from atttcli.errors import UsageError
from atttcli.people.records import require_day

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal

KINDS = ("course", "workshop", "awareness", "certificate", "exchange")


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One training. `held`: its first day (ISO); `users`: team members who took part; `agencies`: whose staff did."""

    title: str
    held: str
    kind: str = "course"
    days: float = 1.0
    attendees: int = 0
    place: str = ""
    provider: str = ""
    agencies: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    paper: str = ""
    note: str = ""


def hold_training(journal: Journal, training: Training) -> str:
    """Record a training; its number (TH-…)."""
    if not training.title.strip():
        raise UsageError("a training needs a title")
    if training.kind not in KINDS:
        raise UsageError(f"no kind of training {training.kind[:40]!r}", hint="one of: " + ", ".join(KINDS))
    if not 0 < training.days <= 366 or not 0 <= training.attendees <= 1_000_000:
        raise UsageError("days or attendees are out of range", hint="--days 0.5 … 366, --attendees 0 …")
    require_day(training.held, "the training's day")
    with journal.transaction():
        number = journal.next_number("TH")
        journal.append("training.held", number, {"number": number, **asdict(training)})
    return number
