"""Users, trainings, inspections of systems and monitoring contracts."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _insert(db: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    marks = ",".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO {table} ({','.join(values)}) VALUES ({marks})", tuple(values.values()))


def _user(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    known = db.execute("SELECT added FROM user WHERE name = ? AND removed IS NULL", (entry.object,)).fetchone()
    values = {"name": entry.object, "full_name": body.get("full_name", ""), "shared": int(body.get("shared", False))}
    values |= {name: _dumps(body.get(name, [])) for name in ("roles", "agencies", "logins")}
    _insert(db, "user", values | {"added": known[0] if known else entry.time})


def _user_removed(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE user SET removed = ? WHERE name = ?", (entry.time, entry.object))


def _training(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    texts = ("title", "kind", "held", "place", "provider", "paper", "note")
    values: dict[str, Any] = {"number": entry.object, **{name: body.get(name, "") for name in texts}}
    values |= {"days": float(body["days"]), "attendees": body["attendees"]}
    _insert(db, "training", values | {name: _dumps(body.get(name, [])) for name in ("agencies", "users")})


def _inspection(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    texts = ("system", "agency", "held", "inspector", "result", "paper", "note")
    values = {"number": entry.object, "level": body.get("level", 0), **{name: body.get(name, "") for name in texts}}
    _insert(db, "inspection", values)
    for place, finding in enumerate(body.get("findings", ()), 1):
        row = {"inspection": entry.object, "place": place, "state": "open"}
        row |= {name: finding.get(name, "") for name in ("text", "severity", "due")}
        _insert(db, "inspection_finding", row)


def _finding_closed(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "UPDATE inspection_finding SET state = ?, note = ?, closed = ? WHERE inspection = ? AND place = ?",
        (body["state"], body.get("note", ""), entry.time, entry.object, body["place"]),
    )


def _contract(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    texts = ("title", "provider", "valid_from", "valid_until", "contact", "paper", "note")
    values = {"number": entry.object, **{name: body.get(name, "") for name in texts}}
    _insert(db, "contract", values | {"systems": _dumps(body.get("systems", []))})


def _contract_ended(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE contract SET ended = ? WHERE number = ?", (entry.payload["on"], entry.object))


def _withdrawn(db: sqlite3.Connection, entry: Any) -> None:
    table = entry.verb.split(".")[0]
    db.execute(f"UPDATE {table} SET withdrawn = ? WHERE number = ?", (entry.time, entry.object))


HANDLERS = {
    "user.added": _user,
    "user.changed": _user,
    "user.removed": _user_removed,
    "training.held": _training,
    "training.withdrawn": _withdrawn,
    "inspection.held": _inspection,
    "inspection.finding_closed": _finding_closed,
    "inspection.withdrawn": _withdrawn,
    "contract.added": _contract,
    "contract.ended": _contract_ended,
}
