"""Monitoring and support contracts: who watches which systems, from when to when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from atttcli.errors import Conflict, NotFound, UsageError
from atttcli.people.records import require_day

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract with a provider; days are ISO, `systems` are codes of the inventory."""

    title: str
    provider: str
    valid_from: str
    valid_until: str
    systems: tuple[str, ...] = ()
    contact: str = ""
    paper: str = ""
    note: str = ""


def add_contract(journal: Journal, contract: Contract) -> str:
    """Record a contract; its number (HD-…)."""
    if not contract.title.strip() or not contract.provider.strip():
        raise UsageError("a contract needs a title and a provider", hint="--provider …")
    if require_day(contract.valid_from, "the first day") > require_day(contract.valid_until, "the last day"):
        raise UsageError("the contract ends before it begins", hint="--from DAY --to DAY")
    with journal.transaction():
        number = journal.next_number("HD")
        journal.append("contract.added", number, {"number": number, **asdict(contract)})
    return number


def end_contract(journal: Journal, number: str, on: str, reason: str) -> None:
    """Record that a contract ended before its last day, or was not renewed."""
    require_day(on, "the day it ended")
    if not reason.strip():
        raise UsageError("ending a contract needs a reason", hint="--reason …")
    with journal.transaction():
        row = journal.store.row("SELECT ended FROM contract WHERE number = ?", number)
        if row is None:
            raise NotFound(f"no contract {number[:40]!r}", hint="atttcli contract list")
        if row["ended"]:
            raise Conflict(f"{number} ended on {row['ended']} already")
        journal.append("contract.ended", number, {"on": on, "reason": reason})
