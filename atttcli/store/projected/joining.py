"""Incidents merged, parted again, and split: what hangs on one is hung on the other, by name.

Every entry says which alerts, exhibits, tasks, runs and advisories go where, so that taking them apart restores exactly.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from atttcli.store.projected.incident_rows import (
    insert_incident,
    put_clocks,
    replan,
    set_fields,
    set_status,
    touch_time,
)

# What hangs on an incident: the word in the entry -> (table, key, further tables that name the incident by that key).
HANGING: dict[str, tuple[str, str]] = {
    "alerts": ("incident_alert", "alert"),
    "evidence": ("evidence", "number"),
    "tasks": ("task", "number"),
    "runs": ("playbook_run", "id"),
    "advisories": ("advisory", "number"),
}
_ALONG: dict[str, tuple[str, str]] = {"alerts": ("alert_state", "alert"), "advisories": ("delivery", "advisory")}


def _hang(db: sqlite3.Connection, things: Mapping[str, Iterable[str]], to: str) -> None:
    for word, keys in things.items():
        for table, column in filter(None, (HANGING[word], _ALONG.get(word))):
            db.executemany(f"UPDATE {table} SET incident = ? WHERE {column} = ?", [(to, key) for key in keys])


def _merged(db: sqlite3.Connection, entry: Any) -> None:
    body, into = entry.payload, entry.payload["into"]
    set_status(db, entry, entry.object, "merged")
    db.execute("UPDATE incident SET merged_into = ? WHERE number = ?", (into, entry.object))
    _hang(db, body["moved"], into)
    db.execute("DELETE FROM deadline WHERE incident = ?", (entry.object,))
    put_clocks(db, into, body["given"])
    _change(db, entry, into, body)
    touch_time(db, entry.object, entry.time)


def _unmerged(db: sqlite3.Connection, entry: Any) -> None:
    body, into = entry.payload, entry.payload["into"]
    set_status(db, entry, entry.object, body["before"]["status"], body["before"]["closed"])
    db.execute("UPDATE incident SET merged_into = '' WHERE number = ?", (entry.object,))
    _hang(db, body["moved"], entry.object)
    put_clocks(db, entry.object, body["clocks"])
    for code in body["taken"]:
        db.execute("DELETE FROM deadline WHERE incident = ? AND code = ?", (into, code))
    _change(db, entry, into, body)
    touch_time(db, entry.object, entry.time)


def _split(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    insert_incident(db, entry, entry.object, body)
    _hang(db, body["moved"], entry.object)
    replan(db, entry.object, body["deadlines"])
    _change(db, entry, body["source"], body["remain"])


def _change(db: sqlite3.Connection, entry: Any, number: str, body: Mapping[str, Any]) -> None:
    set_fields(db, number, body.get("fields", {}), body.get("gates"))
    replan(db, number, body.get("deadlines"))
    touch_time(db, number, entry.time)


HANDLERS = {"incident.merged": _merged, "incident.unmerged": _unmerged, "incident.split": _split}
