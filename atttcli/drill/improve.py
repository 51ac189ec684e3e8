"""Improvement actions in the real workspace. Done is what somebody says; verified is what a later drill or incident shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atttcli.clock import SECOND
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.incident.metrics import MEASURES, times
from atttcli.model.drill_report import ReportAction
from atttcli.store.numbers import resolve_number

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

ENOUGH = 0.85  # of a measure's value: what P needs of an objective
STATES = ("open", "done", "verified", "reopened")


def add_action(
    journal: Journal, title: str, *, drill: str = "", measure: str = "", target: int | None = None, owner: str = "",
    due: str = "",
) -> str:  # fmt: skip
    """A new action; its number. `measure`: what a later drill or incident must meet; `target` in seconds."""
    if not title.strip():
        raise UsageError("an action needs a title")
    with journal.transaction():
        if drill and journal.store.value("SELECT 1 FROM drill WHERE code = ?", drill) is None:
            raise NotFound(f"no drill {drill[:40]!r} was held", hint="atttcli drill list")
        number = journal.next_number("CT")
        body = {"number": number, "title": title, "drill": drill, "measure": measure, "target": target}
        journal.append("drill.action_added", number, body | {"owner": owner, "due": due})
    return number


def find_action(store: Store, text: str) -> str:
    """The number that people mean."""
    return resolve_number(store, "action", text)


def finish_action(journal: Journal, number: str, note: str) -> None:
    """Somebody did it; what was done must be said."""
    if not note.strip():
        raise Refused("what was done must be said", guard="reason", hint=f'atttcli action done {number} --note "…"')
    with journal.transaction():
        row = _row(journal.store, number)
        if row["status"] in ("done", "verified"):
            raise Conflict(f"{number} is {row['status']} already", hint="atttcli action list")
        journal.append("drill.action_done", number, {"note": note})


def reopen_action(journal: Journal, number: str, reason: str) -> None:
    """It did not hold."""
    if not reason.strip():
        raise Refused("reopening needs a reason", guard="reason", hint=f'atttcli action reopen {number} --reason "…"')
    with journal.transaction():
        if _row(journal.store, number)["status"] not in ("done", "verified"):
            raise Conflict(f"{number} is open", hint="atttcli action list")
        journal.append("drill.action_reopened", number, {"reason": reason})


def verify_action(journal: Journal, number: str, by: str) -> None:
    """Verified by a later drill, or a later incident, that meets the same measure; Refused by the guard that says no."""
    with journal.transaction():
        row = _row(journal.store, number)
        if row["status"] != "done":
            raise Refused(f"{number} is {row['status']}", guard="done", hint=f'atttcli action done {number} --note "…"')
        if not row["measure"]:
            raise Refused(f"{number} names no measure", guard="measure", hint="atttcli action add --measure …")
        body = _by_incident(journal.store, row, by) if by.startswith("SC-") else _by_drill(journal.store, row, by)
        journal.append("drill.action_verified", number, {"by": by, **body})


def _by_drill(store: Store, row: Row, by: str) -> dict[str, Any]:
    held = store.row("SELECT * FROM drill WHERE code = ?", by)
    if held is None:
        raise NotFound(f"no drill {by[:40]!r} was held", hint="atttcli drill list")
    if not held["valid"]:
        raise Refused(f"the result of {by} is void", guard="valid", hint="atttcli drill list")
    if held["code"] == row["drill"] or (held["started"] or 0) <= row["added"]:
        raise Refused(f"{by} was not held after {row['number']} was decided", guard="later", hint="hold another drill")
    found = json.loads(held["summary"])["measures"].get(row["measure"])
    if found is None:
        raise Refused(f"{by} did not measure {row['measure']}", guard="measure", hint="atttcli drill list --measures")
    seconds, target = found["seconds"], row["target"]
    met = seconds is not None and seconds <= target if target is not None else found["value"] >= ENOUGH
    if not met:
        raise Refused(f"{by} did not meet {row['measure']}", guard="met", hint=f"atttcli drill score {by}")
    return {"measure": row["measure"], "value": found["value"], "seconds": seconds}


def _by_incident(store: Store, row: Row, by: str) -> dict[str, Any]:
    if row["measure"] not in MEASURES or row["target"] is None:
        raise Refused(
            f"an incident measures {', '.join(MEASURES)} against a target in seconds", guard="measure",
            hint="atttcli action add --measure mttc --target 900",
        )  # fmt: skip
    opened = store.value("SELECT opened FROM incident WHERE number = ? AND exercise = 0", by)
    if opened is None:
        raise NotFound(f"no incident {by[:40]!r}", hint="atttcli incident list")
    if opened <= row["added"]:
        raise Refused(
            f"{by} was not opened after {row['number']} was decided", guard="later", hint="atttcli incident list"
        )
    found = next((one for one in times(store, opened, opened + 1) if one.number == by), None)
    span = getattr(found, row["measure"]) if found is not None else None
    if span is None or span > row["target"] * SECOND:
        raise Refused(f"{by} did not meet {row['measure']}", guard="met", hint="atttcli incident metrics")
    return {"measure": row["measure"], "seconds": span // SECOND}


def _row(store: Store, number: str) -> Row:
    row = store.row("SELECT * FROM action WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no action {number[:40]!r}", hint="atttcli action list")
    return row


def actions_of(store: Store, drill: str, *, earlier: bool = False) -> list[ReportAction]:
    """The actions that came of a drill, or with `earlier` those of all former ones."""
    sign = "!=" if earlier else "="
    sql = f"SELECT * FROM action WHERE drill {sign} ? ORDER BY number"
    return [
        ReportAction(
            row["number"], row["title"], row["owner"], row["due"], row["status"], row["drill"], row["verified_by"]
        )
        for row in store.rows(sql, drill)
    ]


def trend(store: Store, measures: frozenset[str] | None) -> Iterator[tuple[str, str, float]]:
    """(measure, drill, value) of valid drills in order of time. Totals of different scenarios are never compared."""
    found: list[tuple[str, int, str, float]] = []
    for row in store.rows("SELECT code, started, summary FROM drill WHERE valid = 1 ORDER BY started, code"):
        for name, one in json.loads(row["summary"])["measures"].items():
            if measures is None or name in measures:
                found.append((name, row["started"] or 0, row["code"], one["value"]))
    for name, _started, code, value in sorted(found):
        yield name, code, value
