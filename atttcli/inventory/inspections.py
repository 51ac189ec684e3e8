"""Inspections of systems by level, their findings followed to the end, and which system is overdue for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.people.records import require_day

if TYPE_CHECKING:
    from atttcli.inventory.organisation import Organisation
    from atttcli.journal.journal import Journal
    from atttcli.profile import Profile
    from atttcli.store.connection import Store

RESULTS = ("met", "partly", "not_met")
SEVERITIES = ("low", "medium", "high")
OUTCOMES = ("fixed", "accepted")


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """What an inspection found. `due`: ISO day until which it is to be mended, or empty."""

    text: str
    severity: str = "medium"
    due: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One inspection of a system, held on an ISO day, with its level at that time."""

    system: str
    agency: str
    level: int
    held: str
    inspector: str
    result: str
    findings: tuple[Shortcoming, ...] = ()
    paper: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """When a system's next inspection falls due by its level; `last` and `due` are empty when there was none yet."""

    system: str
    agency: str
    level: int
    last: str
    due: str
    basis: str


def hold_inspection(journal: Journal, inspection: Inspection) -> str:
    """Record an inspection with its findings; its number (KT-…)."""
    if inspection.result not in RESULTS:
        raise UsageError(f"no result {inspection.result[:40]!r}", hint="one of: " + ", ".join(RESULTS))
    if not inspection.inspector.strip():
        raise UsageError("an inspection needs who inspected", hint="--by …")
    require_day(inspection.held, "the inspection's day")
    for finding in inspection.findings:
        _check(finding)
    with journal.transaction():
        number = journal.next_number("KT")
        journal.append("inspection.held", number, {"number": number, **asdict(inspection)})
    return number


def close_finding(journal: Journal, number: str, place: int, state: str, note: str) -> None:
    """End a finding: `fixed` (with what was seen) or `accepted` (with who bears the risk, and why)."""
    if state not in OUTCOMES:
        raise UsageError(f"no outcome {state[:40]!r}", hint="one of: " + ", ".join(OUTCOMES))
    if not note.strip():
        raise Refused(
            "a finding is closed with what was seen",
            guard="note",
            hint=f'atttcli inspection close {number} {place} --{state} --note "…"',
        )
    with journal.transaction():
        row = journal.store.row(
            "SELECT f.state FROM inspection_finding f JOIN inspection i ON i.number = f.inspection"
            " WHERE f.inspection = ? AND f.place = ? AND i.withdrawn IS NULL",
            number,
            place,
        )
        if row is None:
            raise NotFound(f"{number} has no finding {place}", hint=f"atttcli inspection show {number}")
        if row["state"] != "open":
            raise Conflict(f"finding {place} of {number} is {row['state']} already")
        journal.append("inspection.finding_closed", number, {"place": place, "state": state, "note": note})


def inspections_due(store: Store, organisation: Organisation, law: Profile) -> Iterator[Due]:
    """Every system whose level asks for a periodic inspection, the longest overdue first."""
    held = dict(
        tuple(row)
        for row in store.rows("SELECT system, max(held) FROM inspection WHERE withdrawn IS NULL GROUP BY system")
    )
    levels = {level.number: level for level in law.levels if level.check_every_months}
    rows = []
    for system in organisation.systems:
        level = levels.get(system.level or 0)
        if level is None:
            continue
        last = held.get(system.code, "")
        due = _months_after(last, level.check_every_months) if last else ""
        rows.append(Due(system.code, system.operator, level.number, last, due, level.source))
    yield from sorted(rows, key=lambda one: (one.due, one.system))


def open_findings(store: Store) -> list[dict[str, Any]]:
    """Findings that nobody closed, by due day."""
    return [
        dict(row)
        for row in store.rows(
            "SELECT f.*, i.system, i.agency FROM inspection_finding f JOIN inspection i ON i.number = f.inspection"
            " WHERE f.state = 'open' AND i.withdrawn IS NULL ORDER BY f.due = '', f.due, f.inspection, f.place"
        )
    ]


def _check(finding: Shortcoming) -> None:
    if not finding.text.strip():
        raise UsageError("a finding is empty")
    if finding.severity not in SEVERITIES:
        raise UsageError(f"no severity {finding.severity[:40]!r}", hint="one of: " + ", ".join(SEVERITIES))
    if finding.due:
        require_day(finding.due, "the finding's due day")


def _months_after(text: str, months: int) -> str:
    day = date.fromisoformat(text)
    years, month = divmod(day.month - 1 + months, 12)
    last = (date(day.year + years + (month == 11), (month + 1) % 12 + 1, 1) - date.resolution).day
    return date(day.year + years, month + 1, min(day.day, last)).isoformat()


def parse_findings(texts: Iterable[str]) -> tuple[Shortcoming, ...]:
    """From what was typed: `high: no backup (2026-12-31)`; severity and day may be left out."""
    return tuple(map(_finding, texts))


def _finding(text: str) -> Shortcoming:
    severity, colon, rest = text.partition(":")
    if not colon or severity.strip() not in SEVERITIES:
        severity, rest = "medium", text
    rest = rest.strip()
    due = ""
    if rest.endswith(")") and "(" in rest:
        head, _bracket, inside = rest[:-1].rpartition("(")
        if len(inside) == 10 and inside.count("-") == 2:
            rest, due = head.strip(), inside
    return Shortcoming(rest, severity.strip(), due)
