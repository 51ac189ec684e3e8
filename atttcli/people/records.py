"""Records that people enter and reports count: their days, and taking one back that was entered in error."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from atttcli.errors import NotFound, Refused, UsageError

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal


def withdraw(journal: Journal, kind: str, number: str, reason: str) -> None:
    """Take back a record (`training`, `inspection`) that was entered in error; reports no longer count it."""
    if not reason.strip():
        raise Refused(
            "withdrawing needs a reason", guard="reason", hint=f'atttcli {kind} withdraw {number} --reason "…"'
        )
    with journal.transaction():
        row = journal.store.row(f"SELECT withdrawn FROM {kind} WHERE number = ?", number)
        if row is None or row["withdrawn"]:
            raise NotFound(f"no {kind} {number[:40]!r}", hint=f"atttcli {kind} list")
        journal.append(f"{kind}.withdrawn", number, {"reason": reason})


def require_day(text: str, what: str) -> date:
    """An ISO day of this century, or UsageError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{what} is no date: {text[:40]!r}", hint="as 2026-11-23 or 23/11/2026") from error
    if not 2000 <= day.year <= 2100:
        raise UsageError(f"{what} is out of range: {text[:40]!r}", hint="as 2026-11-23")
    return day
