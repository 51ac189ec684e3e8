"""Hunts saved by name, and taken back."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def _saved(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    values = (entry.object, entry.seq, entry.time, entry.actor, str(body.get("sql", "")))
    asked = json.dumps(body.get("filter") or {}, ensure_ascii=False, sort_keys=True)
    db.execute("INSERT OR REPLACE INTO saved_hunt VALUES (?,?,?,?,?,?,?)", (*values, asked, str(body.get("note", ""))))


def _removed(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("DELETE FROM saved_hunt WHERE name = ?", (entry.object,))


HANDLERS = {"hunt.saved": _saved, "hunt.removed": _removed}
