"""Improvement actions in the real workspace. Done is what somebody says; verified is what a later drill or incident shows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
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


def verify_action(journal: Journal, number: str, by: str) -> str:
    """Put an action to the test of a later drill, or a later incident, that measured the same; its new state.

    Met: `verified`, and the entry names what it rests on. Missed: `reopened`, it did not hold. Refused when `by` is the drill
    that the action came of, was not later, is void or did not measure it.
    """
    with journal.transaction():
        row = _row(journal.store, number)
        if row["status"] not in ("done", "verified"):
            raise Refused(f"{number} is {row['status']}", guard="done", hint=f'atttcli action done {number} --note "…"')
        if not row["measure"]:
            raise Refused(f"{number} names no measure", guard="measure", hint="atttcli action add --measure …")
        met, body = _by_incident(journal.store, row, by) if by.startswith("SC-") else _by_drill(journal.store, row, by)
        if met and row["status"] == "verified":
            raise Conflict(f"{number} is verified already", hint="atttcli action list --all")
        if met:
            journal.append("drill.action_verified", number, {"by": by, **body})
            return "verified"
        journal.append("drill.action_reopened", number, {"reason": f"{by} missed {row['measure']}", "by": by, **body})
        return "reopened"


def later_drills(store: Store, row: Row) -> Iterator[tuple[str, bool]]:
    """(drill, met) of the valid drills that were held after an action was decided and that measured the same, in order."""
    if not row["measure"]:
        return
    for held in store.rows("SELECT * FROM drill WHERE valid = 1 AND started > ? ORDER BY started, code", row["added"]):
        found = _measured(held, row) if not _same(store, held, row) else None
        if found is not None:
            yield held["code"], _met(found, row)


def _measured(held: Row, row: Row) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(held["summary"])["measures"].get(row["measure"])
    return found


def _met(found: dict[str, Any], row: Row) -> bool:
    if row["target"] is not None:
        return found["seconds"] is not None and int(found["seconds"]) <= int(row["target"])
    return float(found["value"]) >= ENOUGH


def _same(store: Store, held: Row, row: Row) -> bool:
    """Whether it is the drill that the action came of; the teams of one drill are one drill."""
    return bool(held["code"] == row["drill"] or held["number"] == _number_of(store, row["drill"]))


def _number_of(store: Store, code: str) -> str:
    return str(store.value("SELECT number FROM drill WHERE code = ?", code) or "") if code else ""


def _by_drill(store: Store, row: Row, by: str) -> tuple[bool, dict[str, Any]]:
    held = store.row("SELECT * FROM drill WHERE code = ?", by)
    if held is None:
        raise NotFound(f"no drill {by[:40]!r} was held", hint="atttcli drill list")
    if not held["valid"]:
        raise Refused(f"the result of {by} is void", guard="valid", hint="atttcli drill list")
    if _same(store, held, row) or (held["started"] or 0) <= row["added"]:
        raise Refused(f"{by} was not held after {row['number']} was decided", guard="later", hint="hold another drill")
    found = _measured(held, row)
    if found is None:
        raise Refused(f"{by} did not measure {row['measure']}", guard="measure", hint="atttcli drill list --measures")
    entry = store.value("SELECT max(seq) FROM journal WHERE verb = 'drill.held' AND object = ?", by)
    body = {"measure": row["measure"], "value": found["value"], "seconds": found["seconds"], "entry": entry}
    return _met(found, row), body


def _by_incident(store: Store, row: Row, by: str) -> tuple[bool, dict[str, Any]]:
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
    if span is None:
        raise Refused(f"{by} did not measure {row['measure']}", guard="measure", hint="atttcli incident metrics")
    entry = store.value("SELECT min(seq) FROM journal WHERE verb = 'incident.opened' AND object = ?", by)
    return span <= row["target"] * SECOND, {"measure": row["measure"], "seconds": span // SECOND, "entry": entry}


def _row(store: Store, number: str) -> Row:
    row = store.row("SELECT * FROM action WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no action {number[:40]!r}", hint="atttcli action list")
    return row


def actions_of(store: Store, drill: str, *, earlier: bool = False) -> list[ReportAction]:
    """The actions that came of a drill, or with `earlier` those of all former ones."""
    sign = "!=" if earlier else "="
    sql = f"SELECT * FROM action WHERE drill {sign} ? ORDER BY number"
    return [_told(row) for row in store.rows(sql, drill)]


def _told(row: Row) -> ReportAction:
    return ReportAction(
        row["number"],
        row["title"],
        row["owner"],
        row["due"],
        row["status"],
        row["drill"],
        row["verified_by"],
        row["measure"],
    )


def to_verify(store: Store, measures: Collection[str]) -> list[ReportAction]:
    """Actions that wait for a drill which measures what they promised."""
    return [
        _told(row)
        for row in store.rows("SELECT * FROM action WHERE status != 'verified' ORDER BY number")
        if row["measure"] in measures
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
