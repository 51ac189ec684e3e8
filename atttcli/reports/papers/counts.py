"""What is counted in a period, each with the numbers of the things counted. Exercises, rejected and merged incidents are not.

An incident belongs to the period in which it was reported (`opened`), an alert to the one in which it was stored, a letter's
copy to the one in which it was sent; an answer counts wherever it was given up to now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atttcli.model.severity import Severity

if TYPE_CHECKING:
    from atttcli.reports.papers.period import Period
    from atttcli.store.connection import Row, Store

NOT_COUNTED = "('rejected','merged')"
ENDED = frozenset({"post_incident", "closed"})
ANSWERED = frozenset({"acknowledged", "not_affected", "fixing", "fixed", "verified"})


@dataclass(slots=True)
class Tally:
    """The figures of one period. Dicts go from code to the numbers of the things counted under it."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    alerts: int = 0
    sightings: int = 0
    alerts_by_severity: dict[str, int] = field(default_factory=dict)
    alerts_by_agency: dict[str, int] = field(default_factory=dict)
    alerts_decided: int = 0
    closed: list[str] = field(default_factory=list)
    advisories: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    trainings: list[dict[str, Any]] = field(default_factory=list)
    inspections: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    contracts: list[dict[str, Any]] = field(default_factory=list)
    drills: list[dict[str, Any]] = field(default_factory=list)
    papers: list[dict[str, Any]] = field(default_factory=list)
    opened_entries: dict[str, int] = field(default_factory=dict)

    def by_type(self) -> dict[str, list[str]]:
        """Incident numbers by type."""
        return _grouped((one["category"], one["number"]) for one in self.incidents)

    def by_agency(self) -> dict[str, list[str]]:
        """Incident numbers by agency; an incident counts with each of its own."""
        return _grouped((code, one["number"]) for one in self.incidents for code in one["agencies"] or ("",))

    def handled_by(self, kind: str, category: str = "") -> list[str]:
        """Incidents that were handled so (`self`, `others`, `foreign`, `coordinator`); of one type or of all."""
        return [
            one["number"]
            for one in self.incidents
            if kind in one["handled_by"] and (not category or one["category"] == category)
        ]

    def damage(self, category: str = "") -> int:
        """Estimated damage in dong."""
        return sum(one["damage"] for one in self.incidents if not category or one["category"] == category)

    def ended(self) -> list[str]:
        """Incidents of the period that were handled to their end by now."""
        return [one["number"] for one in self.incidents if one["status"] in ENDED]

    def sent(self) -> list[str]:
        """Copies of advisories that went out, as `advisory/agency`."""
        return [f"{one['advisory']}/{one['agency']}" for one in self.deliveries]

    def answered(self) -> list[str]:
        """Copies that somebody answered."""
        return [f"{one['advisory']}/{one['agency']}" for one in self.deliveries if one["state"] in ANSWERED]

    def machines(self) -> tuple[int, int]:
        """Machines handled, machines that the letters were about (as far as known)."""
        handled = sum(min(one["handled"], one["total"] or one["handled"]) for one in self.deliveries)
        return handled, sum(one["total"] if one["total"] is not None else one["handled"] for one in self.deliveries)

    def entries(self, numbers: Iterable[str]) -> list[int]:
        """The journal's entries that opened these incidents."""
        return sorted(self.opened_entries[number] for number in numbers if number in self.opened_entries)


def count(store: Store, period: Period) -> Tally:
    """Everything that papers count, in one pass over each table."""
    start, end = period.start, period.end
    first, last = period.span
    tally = Tally(incidents=[_incident(row) for row in _incidents(store, start, end)])
    _alerts(store, tally, start, end)
    tally.closed = [
        row[0]
        for row in store.rows(
            f"SELECT number FROM incident WHERE exercise = 0 AND status NOT IN {NOT_COUNTED} AND closed >= ? AND closed < ?"
            " ORDER BY number",
            start,
            end,
        )
    ]
    tally.advisories = _dicts(
        store.rows("SELECT * FROM advisory WHERE numbered >= ? AND numbered < ? ORDER BY number", start, end)
    )
    tally.deliveries = _dicts(
        store.rows(
            "SELECT advisory, agency, state, sent, due, total, handled, answered, reminders FROM delivery"
            " WHERE sent >= ? AND sent < ? AND state != 'withdrawn' ORDER BY advisory, agency",
            start,
            end,
        )
    )
    days = "held >= ? AND held <= ? AND withdrawn IS NULL ORDER BY held, number"
    tally.trainings = _dicts(store.rows(f"SELECT * FROM training WHERE {days}", first, last))
    tally.inspections = _dicts(store.rows(f"SELECT * FROM inspection WHERE {days}", first, last))
    held = [one["number"] for one in tally.inspections]
    marks = ",".join("?" * len(held))
    tally.findings = (
        _dicts(store.rows(f"SELECT * FROM inspection_finding WHERE inspection IN ({marks})", *held)) if held else []
    )
    tally.contracts = _dicts(
        store.rows(
            "SELECT * FROM contract WHERE valid_from <= ? AND valid_until >= ? AND (ended = '' OR ended >= ?) ORDER BY number",
            last, first, first,
        )
    )  # fmt: skip
    tally.papers = _dicts(store.rows("SELECT * FROM paper WHERE at >= ? AND at < ? ORDER BY seq", start, end))
    tally.drills = _drills(store, start, end)
    opened = store.rows(
        "SELECT object, min(seq) AS seq FROM journal WHERE verb = 'incident.opened' AND time >= ? AND time < ? GROUP BY object",
        start,
        end,
    )
    tally.opened_entries = {row["object"]: row["seq"] for row in opened}
    return tally


def _incidents(store: Store, start: int, end: int) -> list[Row]:
    return store.rows(
        "SELECT number, title, status, category, severity, class, agencies, detected, opened, closed, fields FROM incident"
        f" WHERE exercise = 0 AND status NOT IN {NOT_COUNTED} AND opened >= ? AND opened < ? ORDER BY number",
        start,
        end,
    )


def _incident(row: Row) -> dict[str, Any]:
    fields = json.loads(row["fields"])
    handled = tuple(fields.get("handled_by") or ())
    return {
        "number": row["number"],
        "title": row["title"],
        "status": row["status"],
        "category": row["category"],
        "severity": row["severity"],
        "class": row["class"],
        "agencies": tuple(json.loads(row["agencies"])),
        "opened": row["opened"],
        "closed": row["closed"],
        "handled_by": handled,
        "damage": int(fields.get("damage") or 0),
        "supporters": tuple(fields.get("supporters") or ()),
        "foreign_supporters": tuple(fields.get("foreign_supporters") or ()),
        "proposals": str(fields.get("proposals") or ""),
        "machine_count": int(fields.get("machine_count") or 0),
    }


def _alerts(store: Store, tally: Tally, start: int, end: int) -> None:
    rows = store.rows(
        "SELECT severity, agency, count(*) AS n, sum(count) AS times FROM alert WHERE muted = 0 AND created >= ? AND created < ?"
        " GROUP BY severity, agency",
        start,
        end,
    )
    severities: Counter[str] = Counter()
    agencies: Counter[str] = Counter()
    for row in rows:
        tally.alerts += row["n"]
        tally.sightings += row["times"]
        severities[Severity(row["severity"]).label] += row["n"]
        agencies[row["agency"]] += row["n"]
    tally.alerts_by_severity, tally.alerts_by_agency = dict(severities), dict(agencies)
    tally.alerts_decided = int(
        store.value(
            "SELECT count(*) FROM alert a JOIN alert_state s ON s.alert = a.number WHERE a.muted = 0 AND s.state != 'open'"
            " AND a.created >= ? AND a.created < ?",
            start,
            end,
        )
        or 0
    )


def _drills(store: Store, start: int, end: int) -> list[dict[str, Any]]:
    """Exercises that ended in the period: the one summary that each leaves here."""
    rows = store.rows(
        "SELECT d.number, d.code, d.name, d.format, d.team, d.started, d.ended, d.total, d.valid,"
        " (SELECT min(seq) FROM journal j WHERE j.verb = 'drill.held' AND j.object = d.code) AS seq"
        " FROM drill d WHERE d.ended >= ? AND d.ended < ? ORDER BY d.ended, d.code",
        start,
        end,
    )
    return [{**dict(row), "name": json.loads(row["name"])} for row in rows]


def _dicts(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, number in pairs:
        found.setdefault(key, []).append(number)
    return found


def silent_agencies(store: Store, now: int) -> list[tuple[str, int, int]]:
    """Agencies that owe an answer and have given none: (code, letters, of these past their term); worst first."""
    rows = store.rows(
        "SELECT agency, count(*) AS n, sum(coalesce(due, ?1 + 1) < ?1) AS late FROM delivery WHERE state = 'sent' GROUP BY agency",
        now,
    )
    return sorted(((row["agency"], row["n"], row["late"]) for row in rows), key=lambda one: (-one[2], -one[1], one[0]))


def change(now: int, before: int | None) -> Mapping[str, str]:
    """How a figure stands beside the last period's: `text` with a sign, `percent` where there was something before."""
    if before is None:
        return {"text": "-", "percent": "-"}
    difference = now - before
    sign = f"+{difference}" if difference > 0 else str(difference)
    percent = f"{difference * 100 / before:+.0f}%" if before else "-"
    return {"text": sign, "percent": percent}
