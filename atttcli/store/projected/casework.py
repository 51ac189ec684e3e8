"""Incidents, their alerts and deadlines; the handlers of tasks, runs and evidence stand beside."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from atttcli.store.projected import custody, runs

COLUMNS = ("title", "category", "severity", "class", "owner", "detected", "resolution", "cause")
LISTS = ("agencies", "systems")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _opened(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO incident (number, title, status, category, severity, class, owner, profile, organisation,"
        " agencies, systems, detected, opened, fields, updated) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            entry.object, body["title"], "reported", body.get("category", ""), body.get("severity", ""),
            body.get("class", ""), body.get("owner", ""), body["profile"], body.get("organisation", ""),
            _dumps(body.get("agencies", [])), _dumps(body.get("systems", [])), body.get("detected"), entry.time,
            _dumps(body.get("fields", {})), entry.time,
        ),
    )  # fmt: skip
    _link(db, entry)
    _deadlines(db, entry)


def _link(db: sqlite3.Connection, entry: Any) -> None:
    for record in entry.payload.get("alerts", ()):
        number = record["number"]
        db.execute(
            "INSERT OR REPLACE INTO incident_alert VALUES (?,?,?,?)", (entry.object, number, _dumps(record), entry.time)
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
            "INSERT OR REPLACE INTO alert_state (alert, state, reason, actor, at) VALUES (?, 'open', ?, ?, ?)",
            (number, entry.payload.get("reason", ""), entry.actor, entry.time),
        )
    _touch(db, entry)


def _set(db: sqlite3.Connection, entry: Any) -> None:
    changes = entry.payload.get("fields", {})
    row = db.execute("SELECT fields FROM incident WHERE number = ?", (entry.object,)).fetchone()
    if row is None:
        return
    rest = json.loads(row[0])
    for name, value in changes.items():
        if name in COLUMNS:
            db.execute(f"UPDATE incident SET {name} = ? WHERE number = ?", (value, entry.object))
        elif name in LISTS:
            db.execute(f"UPDATE incident SET {name} = ? WHERE number = ?", (_dumps(value), entry.object))
        else:
            rest[name] = value
    db.execute("UPDATE incident SET fields = ? WHERE number = ?", (_dumps(rest), entry.object))
    _deadlines(db, entry)
    _touch(db, entry)


def _moved(db: sqlite3.Connection, entry: Any) -> None:
    to = entry.payload["to"]
    ended = entry.time if to in {"closed", "rejected"} else None
    db.execute("UPDATE incident SET status = ?, closed = ? WHERE number = ?", (to, ended, entry.object))
    _set(db, entry)


def _deadlines(db: sqlite3.Connection, entry: Any) -> None:
    """A new plan replaces the clocks that still run; what was met stays met."""
    plan = entry.payload.get("deadlines")
    if plan is None:
        return
    db.execute("DELETE FROM deadline WHERE incident = ? AND met IS NULL", (entry.object,))
    for clock in plan:
        db.execute(
            "INSERT INTO deadline (incident, code, name, name_en, document, basis, due) VALUES (?,?,?,?,?,?,?)"
            " ON CONFLICT DO NOTHING",
            (
                entry.object, clock["code"], clock["name"], clock["name_en"], clock.get("document", ""),
                clock.get("basis", ""), clock["due"],
            ),
        )  # fmt: skip


def _met(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "UPDATE deadline SET met = ?, paper = ? WHERE incident = ? AND code = ?",
        (body["at"], body.get("paper", ""), entry.object, body["deadline"]),
    )
    _deadlines(db, entry)
    _touch(db, entry)


def _touch(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE incident SET updated = ? WHERE number = ?", (entry.time, entry.object))


HANDLERS: dict[str, Callable[[Any, Any], None]] = {
    "incident.opened": _opened,
    "incident.linked": _linked,
    "incident.unlinked": _unlinked,
    "incident.set": _set,
    "incident.moved": _moved,
    "incident.noted": _touch,
    "deadline.met": _met,
    **runs.HANDLERS,
    **custody.HANDLERS,
}
