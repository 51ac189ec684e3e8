"""Rows of drills that were held, and of the improvement actions that came of them."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atttcli.store.projection import Entry


def _held(db: sqlite3.Connection, entry: Entry) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO drill VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            body["drill"], body["number"], body["scenario"], json.dumps(body["name"], ensure_ascii=False, sort_keys=True),
            body["format"], body["team"], body["started"], body["ended"], body["active"], float(body["total"]),
            int(bool(body["valid"])), json.dumps(body, ensure_ascii=False, sort_keys=True),
        ),
    )  # fmt: skip


def _added(db: sqlite3.Connection, entry: Entry) -> None:
    body = entry.payload
    db.execute(
        "INSERT INTO action (number, title, drill, measure, target, owner, due, added) VALUES (?,?,?,?,?,?,?,?)",
        (
            entry.object, body["title"], body["drill"], body["measure"], body["target"], body["owner"], body["due"],
            entry.time,
        ),
    )  # fmt: skip


def _done(db: sqlite3.Connection, entry: Entry) -> None:
    db.execute(
        "UPDATE action SET status = 'done', done = ?, note = ? WHERE number = ?",
        (entry.time, entry.payload.get("note", ""), entry.object),
    )


def _verified(db: sqlite3.Connection, entry: Entry) -> None:
    db.execute(
        "UPDATE action SET status = 'verified', verified = ?, verified_by = ? WHERE number = ?",
        (entry.time, entry.payload["by"], entry.object),
    )


def _reopened(db: sqlite3.Connection, entry: Entry) -> None:
    db.execute(
        "UPDATE action SET status = 'reopened', verified = NULL, verified_by = '', note = ? WHERE number = ?",
        (entry.payload.get("reason", ""), entry.object),
    )


HANDLERS = {
    "drill.held": _held,
    "drill.action_added": _added,
    "drill.action_done": _done,
    "drill.action_verified": _verified,
    "drill.action_reopened": _reopened,
}
