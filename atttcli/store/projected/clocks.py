"""Reminders given, papers of the calendar's duties, shifts handed over."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from atttcli.store.projected import runs


def _reminded(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO reminder VALUES (?,?,?,?,?,?,?,?)",
        (
            entry.object, body["code"], body["stage"], body["due"], body.get("kind", ""), body.get("to", ""),
            body.get("title", ""), entry.time,
        ),
    )  # fmt: skip
    if body.get("kind") == "task":
        runs.reminded(db, entry)


def _period_met(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO period_met VALUES (?,?,?,?,?)",
        (body["deadline"], body["period"], body["at"], body.get("paper", ""), entry.actor),
    )


def _handed_over(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    db.execute(
        "INSERT OR REPLACE INTO shift (number, at, leaving, coming, note, body) VALUES (?,?,?,?,?,?)",
        (entry.object, entry.time, body["leaving"], body["coming"], body.get("note", ""), text),
    )


def _taken(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE shift SET taken = ?, taken_by = ? WHERE number = ?", (entry.time, entry.actor, entry.object))


HANDLERS = {
    "tick.reminded": _reminded,
    "deadline.period_met": _period_met,
    "shift.handed_over": _handed_over,
    "shift.taken": _taken,
}
