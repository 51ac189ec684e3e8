"""What is counted in a period, each with the numbers of the things counted. Exercises, rejected and merged incidents are not.

An incident belongs to the period in which it was reported (`opened`), an alert to the one in which it was stored, a letter to
the one whose day it bears, its copies to the one in which they were sent; an answer counts wherever it was given up to now.
What hangs on an exercise's incident (alerts linked to it, letters about it) is not counted either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atttcli.model.severity import Severity
from atttcli.reports.paper import MAX_OBJECTS
from atttcli.reports.papers.words import decimal, whole

if TYPE_CHECKING:
    from atttcli.reports.papers.period import Period
    from atttcli.store.connection import Row, Store

NOT_COUNTED = "('rejected','merged')"
_EXERCISES = "(SELECT number FROM incident WHERE exercise != 0)"
EXERCISED = f"(SELECT alert FROM incident_alert WHERE incident IN {_EXERCISES})"
FEW = 10
ENDED = frozenset({"post_incident", "closed"})
ANSWERED = frozenset({"acknowledged", "not_affected", "fixing", "fixed", "verified"})


@dataclass(slots=True)
class Tally:
    """The figures of one period. Dicts go from code to the numbers of the things counted under it."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    alerts: int = 0
    alert_numbers: list[str] = field(default_factory=list)
    alerts_by_severity: dict[str, int] = field(default_factory=dict)
    alerts_decided: int = 0
    decided_numbers: list[str] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    advisories: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    trainings: list[dict[str, Any]] = field(default_factory=list)
    inspections: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    contracts: list[dict[str, Any]] = field(default_factory=list)
    drills: list[dict[str, Any]] = field(default_factory=list)
    opened_entries: dict[str, int] = field(default_factory=dict)
    ended_entries: dict[str, int] = field(default_factory=dict)

    def by_type(self) -> dict[str, list[str]]:
        """Incident numbers by type."""
        return _grouped((one["category"], one["number"]) for one in self.incidents)

    def by_agency(self) -> dict[str, list[str]]:
        """Incident numbers by agency; an incident counts with each of its own."""
        return _grouped((code, one["number"]) for one in self.incidents for code in one["agencies"] or ("",))

    def agencies_sent(self) -> list[str]:
        """Agencies that at least one copy went to."""
        return sorted({one["agency"] for one in self.deliveries})

    def agencies_answered(self) -> list[str]:
        """Agencies that answered at least one of them."""
        return sorted({one["agency"] for one in self.deliveries if one["state"] in ANSWERED})

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
        return machines_of(self.deliveries)

    def entries(self, numbers: Iterable[str]) -> list[int]:
        """The journal's entries that opened these incidents."""
        return sorted(self.opened_entries[number] for number in numbers if number in self.opened_entries)

    def endings(self, numbers: Iterable[str]) -> list[int]:
        """The journal's entries with which these incidents came to their end."""
        return sorted(self.ended_entries[number] for number in numbers if number in self.ended_entries)


def machines_of(copies: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Machines handled of machines meant; nobody handles more than there are."""
    handled = total = 0
    for one in copies:
        known = one["handled"] if one["total"] is None else one["total"]
        handled, total = handled + min(one["handled"], known), total + known
    return handled, total


def count(store: Store, period: Period) -> Tally:
    """Everything that papers count, in one pass over each table."""
    start, end = period.start, period.end
    first, last = period.span
    tally = Tally(incidents=[_incident(row) for row in _incidents(store, start, end)])
    _alerts(store, tally, start, end)
    tally.carried = _carried(store, start)
    tally.closed = [
        row[0]
        for row in store.rows(
            f"SELECT number FROM incident WHERE exercise = 0 AND status NOT IN {NOT_COUNTED} AND closed >= ? AND closed < ?"
            " ORDER BY number",
            start,
            end,
        )
    ]
    _letters(store, tally, period)
    days = "held >= ? AND held <= ? AND withdrawn IS NULL ORDER BY held, number"
    tally.trainings = _dicts(store.rows(f"SELECT * FROM training WHERE {days}", first, last))
    tally.inspections = _dicts(store.rows(f"SELECT * FROM inspection WHERE {days}", first, last))
    tally.findings = _dicts(
        store.rows(
            f"SELECT * FROM inspection_finding WHERE inspection IN (SELECT number FROM inspection WHERE {days})",
            first,
            last,
        )
    )
    tally.contracts = _dicts(
        store.rows(
            "SELECT * FROM contract WHERE valid_from <= ? AND valid_until >= ? AND (ended = '' OR ended >= ?) ORDER BY number",
            last, first, first,
        )
    )  # fmt: skip
    tally.drills = _drills(store, start, end)
    _entries(store, tally)
    return tally


def _letters(store: Store, tally: Tally, period: Period) -> None:
    """Letters by the day they bear (of the entry, where they bear none), copies by when they left the house."""
    first, last = period.span
    tally.advisories = _dicts(
        store.rows(
            "SELECT number, title, document, dated FROM advisory WHERE numbered IS NOT NULL AND stage != 'withdrawn'"
            f" AND incident NOT IN {_EXERCISES}"
            " AND CASE WHEN dated != '' THEN dated >= ?1 AND dated <= ?2 ELSE numbered >= ?3 AND numbered < ?4 END"
            " ORDER BY number",
            first,
            last,
            period.start,
            period.end,
        )
    )
    tally.deliveries = _dicts(
        store.rows(
            "SELECT advisory, agency, state, sent, due, total, handled, answered, reminders FROM delivery"
            f" WHERE sent >= ? AND sent < ? AND state != 'withdrawn' AND incident NOT IN {_EXERCISES} ORDER BY advisory, agency",
            period.start,
            period.end,
        )
    )


def _carried(store: Store, start: int) -> list[str]:
    """Incidents that came into the period unfinished: by their status at its first moment, whatever became of them since."""
    rows = store.rows(
        "SELECT t.incident, t.target, max(t.seq) FROM transition t JOIN incident i ON i.number = t.incident"
        f" WHERE t.at < ? AND i.opened < ? AND i.exercise = 0 AND i.status NOT IN {NOT_COUNTED}"
        " GROUP BY t.incident ORDER BY t.incident",
        start,
        start,
    )
    return [row["incident"] for row in rows if row["target"] not in ENDED]


def _entries(store: Store, tally: Tally) -> None:
    """Which entries of the journal opened and ended the incidents that were counted."""
    wanted = {one["number"] for one in tally.incidents} | set(tally.closed) | set(tally.carried)
    for row in store.rows("SELECT incident, seq, origin, target FROM transition ORDER BY incident, seq"):
        if row["incident"] not in wanted:
            continue
        tally.opened_entries.setdefault(row["incident"], row["seq"])
        if row["target"] in ENDED:
            tally.ended_entries[row["incident"]] = row["seq"]


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
    where = f"a.muted = 0 AND a.created >= ? AND a.created < ? AND a.number NOT IN {EXERCISED}"
    rows = store.rows(f"SELECT a.severity, count(*) AS n FROM alert a WHERE {where} GROUP BY a.severity", start, end)
    tally.alerts_by_severity = {Severity(row["severity"]).label: row["n"] for row in rows}
    tally.alerts = sum(tally.alerts_by_severity.values())
    decided = f"JOIN alert_state s ON s.alert = a.number WHERE s.state != 'open' AND {where}"
    tally.alerts_decided = int(store.value(f"SELECT count(*) FROM alert a {decided}", start, end) or 0)
    few = f"ORDER BY a.number LIMIT {MAX_OBJECTS}"
    tally.alert_numbers = [
        row[0] for row in store.rows(f"SELECT a.number FROM alert a WHERE {where} {few}", start, end)
    ]
    tally.decided_numbers = [row[0] for row in store.rows(f"SELECT a.number FROM alert a {decided} {few}", start, end)]


def _drills(store: Store, start: int, end: int) -> list[dict[str, Any]]:
    """Exercises that ended in the period: the one summary that each leaves here."""
    rows = store.rows(
        "SELECT d.number, d.code, d.name, d.format, d.team, d.started, d.ended, d.total, d.valid,"
        " (SELECT max(seq) FROM journal j WHERE j.verb = 'drill.held' AND j.object = d.code) AS seq"
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


def silent_agencies(store: Store, now: int, until: int | None = None) -> list[tuple[str, int, int]]:
    """Agencies that owe an answer and have given none: (code, letters, of these past their term); worst first.

    Of letters that went out before `until` (the end of the period that is told of).
    """
    rows = store.rows(
        "SELECT agency, count(*) AS n, sum(coalesce(due, ?1 + 1) < ?1) AS late FROM delivery"
        f" WHERE state = 'sent' AND sent < ?2 AND incident NOT IN {_EXERCISES} GROUP BY agency",
        now,
        now + 1 if until is None else until,
    )
    return sorted(((row["agency"], row["n"], row["late"]) for row in rows), key=lambda one: (-one[2], -one[1], one[0]))


def change(now: int, before: int | None, language: str = "vi") -> str:
    """How a figure stands beside the last period's: `+1.204 (+15,4%)`; a dash where there is nothing to compare.

    Of fewer than FEW no percentage is told: from one incident to two is no growth of 100%.
    """
    if before is None:
        return "-"
    difference = now - before
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    shown = sign + whole(abs(difference), language)
    if before < FEW or not difference:
        return shown
    return f"{shown} ({sign}{decimal(abs(difference) * 100 / before, language)}%)"
