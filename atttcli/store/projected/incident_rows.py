"""Writing the rows of one incident: itself, its fields, its status with the transition, its clocks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = ("title", "category", "severity", "class", "owner", "detected", "resolution", "cause", "exercise")
LISTS = ("agencies", "systems")


def dumps(value: Any) -> str:
    """JSON as stored."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def insert_incident(db: sqlite3.Connection, entry: Any, number: str, body: Mapping[str, Any]) -> None:
    """A new incident, reported at the time of the entry."""
    db.execute(
        "INSERT OR REPLACE INTO incident (number, title, status, category, severity, class, owner, profile, organisation,"
        " agencies, systems, detected, opened, fields, updated, gates, exercise) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            number, body["title"], "reported", body.get("category", ""), body.get("severity", ""),
            body.get("class", ""), body.get("owner", ""), body["profile"], body.get("organisation", ""),
            dumps(body.get("agencies", [])), dumps(body.get("systems", [])), body.get("detected"), body.get("opened", entry.time),
            dumps(body.get("fields", {})), entry.time, dumps(body.get("gates", [])), int(bool(body.get("exercise"))),
        ),
    )  # fmt: skip
    _transition(db, entry, number, "", "reported")


def set_fields(
    db: sqlite3.Connection, number: str, changes: Mapping[str, Any], gates: Iterable[str] | None = None
) -> None:
    """Change facts. A field set to None is taken out, unless it is a column of its own."""
    row = db.execute("SELECT fields FROM incident WHERE number = ?", (number,)).fetchone()
    if row is None:
        return
    rest = json.loads(row[0])
    for name, value in changes.items():
        if name in COLUMNS:
            db.execute(f"UPDATE incident SET {name} = ? WHERE number = ?", (value, number))
        elif name in LISTS:
            db.execute(f"UPDATE incident SET {name} = ? WHERE number = ?", (dumps(value), number))
        elif value is None:
            rest.pop(name, None)
        else:
            rest[name] = value
    db.execute("UPDATE incident SET fields = ? WHERE number = ?", (dumps(rest), number))
    if gates is not None:
        db.execute("UPDATE incident SET gates = ? WHERE number = ?", (dumps(list(gates)), number))


def set_status(db: sqlite3.Connection, entry: Any, number: str, to: str, closed: int | None = None) -> None:
    """Move an incident and remember from where."""
    row = db.execute("SELECT status FROM incident WHERE number = ?", (number,)).fetchone()
    ended = entry.time if to in {"closed", "rejected"} else None
    db.execute("UPDATE incident SET status = ?, closed = ? WHERE number = ?", (to, closed or ended, number))
    _transition(db, entry, number, "" if row is None else row[0], to)


def _transition(db: sqlite3.Connection, entry: Any, number: str, origin: str, target: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO transition VALUES (?,?,?,?,?,?,?)",
        (number, entry.seq, entry.time, entry.actor, origin, target, entry.payload.get("reason", "")),
    )


def replan(db: sqlite3.Connection, number: str, plan: Iterable[Mapping[str, Any]] | None) -> None:
    """A new plan replaces the clocks that still run; what was met stays met."""
    if plan is None:
        return
    db.execute("DELETE FROM deadline WHERE incident = ? AND met IS NULL", (number,))
    for clock in plan:
        db.execute(
            "INSERT INTO deadline (incident, code, name, name_en, document, basis, due) VALUES (?,?,?,?,?,?,?)"
            " ON CONFLICT DO NOTHING",
            (
                number, clock["code"], clock["name"], clock["name_en"], clock.get("document", ""),
                clock.get("basis", ""), clock["due"],
            ),
        )  # fmt: skip


def put_clocks(db: sqlite3.Connection, number: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Clocks as they stood, under this incident."""
    known = {column[1] for column in db.execute("PRAGMA table_info(deadline)")}
    for row in rows:
        kept = {name: value for name, value in row.items() if name in known} | {"incident": number}
        columns = ",".join(kept)
        marks = ",".join("?" * len(kept))
        db.execute(f"INSERT OR REPLACE INTO deadline ({columns}) VALUES ({marks})", tuple(kept.values()))


def touch_time(db: sqlite3.Connection, number: str, at: int) -> None:
    """The incident changed."""
    db.execute("UPDATE incident SET updated = ? WHERE number = ?", (at, number))
