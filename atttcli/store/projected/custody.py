"""Evidence and its chain of custody: who had it in hand, when, and what its digest was then."""

from __future__ import annotations

import sqlite3
from typing import Any


def _custody(db: sqlite3.Connection, entry: Any, note: str = "") -> None:
    db.execute(
        "INSERT OR REPLACE INTO custody VALUES (?,?,?,?,?,?,?)",
        (
            entry.object, entry.seq, entry.time, entry.actor, entry.verb.split(".")[1], entry.payload.get("sha256", ""),
            note,
        ),
    )  # fmt: skip


def _added(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO evidence VALUES (?,?,?,?,?,?,?,?,?,NULL)",
        (
            entry.object, body["incident"], body["sha256"], body["name"], body["size"], body.get("source", ""),
            body.get("note", ""), entry.time, entry.actor,
        ),
    )  # fmt: skip
    _custody(db, entry, body.get("note", ""))


def _withdrawn(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE evidence SET withdrawn = ? WHERE number = ?", (entry.time, entry.object))
    _custody(db, entry, entry.payload.get("reason", ""))


def _exported(db: sqlite3.Connection, entry: Any) -> None:
    _custody(db, entry, entry.payload.get("to", ""))


HANDLERS = {
    "evidence.added": _added,
    "evidence.withdrawn": _withdrawn,
    "evidence.exported": _exported,
}
