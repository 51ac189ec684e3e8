"""Incidents, their alerts and deadlines; the handlers of tasks, runs, evidence, merging and approving stand beside."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from atttcli.store.projected import custody, joining, runs
from atttcli.store.projected.advisories import is_covered
from atttcli.store.projected.incident_rows import (
    dumps,
    insert_incident,
    replan,
    set_fields,
    set_status,
    touch_time,
)


def _opened(db: sqlite3.Connection, entry: Any) -> None:
    insert_incident(db, entry, entry.object, entry.payload)
    _link(db, entry)
    replan(db, entry.object, entry.payload.get("deadlines"))


def _link(db: sqlite3.Connection, entry: Any) -> None:
    for record in entry.payload.get("alerts", ()):
        number = record["number"]
        db.execute(
            "INSERT OR REPLACE INTO incident_alert VALUES (?,?,?,?)", (entry.object, number, dumps(record), entry.time)
        )
        db.execute(
            "INSERT OR REPLACE INTO alert_state (alert, state, incident, actor, at) VALUES (?, 'linked', ?, ?, ?)",
            (number, entry.object, entry.actor, entry.time),
        )


def _linked(db: sqlite3.Connection, entry: Any) -> None:
    _link(db, entry)
    _set(db, entry)


def _unlinked(db: sqlite3.Connection, entry: Any) -> None:
    for number in entry.payload.get("alerts", ()):
        db.execute("DELETE FROM incident_alert WHERE incident = ? AND alert = ?", (entry.object, number))
        db.execute(
            "INSERT OR REPLACE INTO alert_state (alert, state, reason, actor, at) VALUES (?,?,?,?,?)",
            (
                number, "linked" if is_covered(db, number) else "open", entry.payload.get("reason", ""), entry.actor,
                entry.time,
            ),
        )  # fmt: skip
    touch_time(db, entry.object, entry.time)


def _set(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    set_fields(db, entry.object, body.get("fields", {}), body.get("gates"))
    replan(db, entry.object, body.get("deadlines"))
    touch_time(db, entry.object, entry.time)


def _moved(db: sqlite3.Connection, entry: Any) -> None:
    set_status(db, entry, entry.object, entry.payload["to"])
    _set(db, entry)


def _met(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "UPDATE deadline SET met = ?, paper = ? WHERE incident = ? AND code = ?",
        (body["at"], body.get("paper", ""), entry.object, body["deadline"]),
    )
    replan(db, entry.object, body.get("deadlines"))
    touch_time(db, entry.object, entry.time)


def _approved(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO approval VALUES (?,?,?,?,?,?,?)",
        (
            entry.object, entry.seq, body["gate"], body.get("approver") or entry.actor, body.get("paper", ""),
            entry.actor, entry.time,
        ),
    )  # fmt: skip
    touch_time(db, entry.object, entry.time)


def _noted(db: sqlite3.Connection, entry: Any) -> None:
    touch_time(db, entry.object, entry.time)


HANDLERS: dict[str, Callable[[Any, Any], None]] = {
    "incident.opened": _opened,
    "incident.linked": _linked,
    "incident.unlinked": _unlinked,
    "incident.set": _set,
    "incident.moved": _moved,
    "incident.noted": _noted,
    "incident.approved": _approved,
    "deadline.met": _met,
    **joining.HANDLERS,
    **runs.HANDLERS,
    **custody.HANDLERS,
}
