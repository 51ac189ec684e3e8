"""Papers of the calendar's duties: recorded when they went out, so that their clock stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atttcli.deadline.periods import current_periods
from atttcli.errors import Conflict, NotFound, Refused

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.profile import Profile


def meet_period(journal: Journal, law: Profile, code: str, period: str, at: int, paper: str) -> None:
    """Record the paper of one turn of a calendar duty (`A9`, `2026-12-15`)."""
    duty = next((one for one in law.deadlines if one.id == code.upper() and one.trigger == "calendar"), None)
    if duty is None:
        raise NotFound(f"profile {law.name} has no calendar duty {code[:20]!r}", hint="atttcli deadlines --all")
    known = [one.key for one in current_periods(duty, at)]
    if period not in known:
        raise NotFound(f"{duty.id} has no period {period[:20]!r}", hint="one of: " + ", ".join(known))
    if not paper.strip():
        raise Refused(
            "the number of the paper is missing",
            guard="paper",
            hint=f'atttcli deadlines --met {duty.id} --period {period} --paper "…"',
        )
    with journal.transaction():
        if journal.store.value("SELECT 1 FROM period_met WHERE code = ? AND period = ?", duty.id, period):
            raise Conflict(f"{duty.id} of {period} was met already", hint="atttcli deadlines --all")
        body = {"deadline": duty.id, "period": period, "at": at, "paper": paper}
        journal.append("deadline.period_met", f"{duty.id}/{period}", body)
