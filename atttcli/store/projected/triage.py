"""Alerts linked, closed, reopened; rules muted with a scope and an end."""

from __future__ import annotations

import sqlite3
from typing import Any


def _state(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO alert_state VALUES (?,?,?,?,?,?,?)",
        (
            entry.object,
            {"alert.closed": "closed", "alert.reopened": "open"}.get(entry.verb, "linked"),
            body.get("verdict", ""),
            body.get("incident", ""),
            body.get("reason", ""),
            entry.actor,
            entry.time,
        ),
    )


def _muted(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO mute VALUES (?,?,?,?,?,?,?,?,?,NULL)",
        (
            entry.object,
            body.get("rule_id", ""),
            body.get("agency", ""),
            body.get("host", ""),
            body.get("address", ""),
            body["reason"],
            body["until"],
            entry.time,
            entry.actor,
        ),
    )


def _unmuted(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE mute SET lifted = ? WHERE id = ?", (entry.time, entry.object))


HANDLERS = {
    "alert.closed": _state,
    "alert.reopened": _state,
    "alert.muted": _muted,
    "alert.unmuted": _unmuted,
}
