"""Evidence and its chain of custody: who had it in hand, when, and what its digest was then."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

_SAID = ("from", "to", "why", "place", "paper", "seal", "seal_intact")


def _custody(db: sqlite3.Connection, entry: Any, note: str = "") -> None:
    detail = {name: entry.payload[name] for name in _SAID if entry.payload.get(name) not in (None, "")}
    db.execute(
        "INSERT OR REPLACE INTO custody (evidence, seq, at, actor, action, sha256, note, detail) VALUES (?,?,?,?,?,?,?,?)",
        (
            entry.object, entry.seq, entry.time, entry.actor, entry.verb.split(".")[1], entry.payload.get("sha256", ""),
            note, json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        ),
    )  # fmt: skip


def _added(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    texts = ("source", "note", "serial", "place")
    values = {name: body[name] for name in ("incident", "sha256", "name", "size")} | {
        name: body.get(name, "") for name in texts
    }
    values |= {"number": entry.object, "collected": entry.time, "actor": entry.actor, "holder": entry.actor}
    db.execute(
        f"INSERT OR REPLACE INTO evidence ({','.join(values)}) VALUES ({','.join('?' * len(values))})",
        tuple(values.values()),
    )
    _custody(db, entry, body.get("note", ""))


def _withdrawn(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE evidence SET withdrawn = ? WHERE number = ?", (entry.time, entry.object))
    _custody(db, entry, entry.payload.get("reason", ""))


def _exported(db: sqlite3.Connection, entry: Any) -> None:
    _custody(db, entry, entry.payload.get("to", ""))


def _sealed(db: sqlite3.Connection, entry: Any) -> None:
    mark = "" if entry.verb == "evidence.unsealed" else entry.payload["seal"]
    db.execute("UPDATE evidence SET seal = ? WHERE number = ?", (mark, entry.object))
    if entry.payload.get("place"):
        db.execute("UPDATE evidence SET place = ? WHERE number = ?", (entry.payload["place"], entry.object))
    _custody(db, entry, entry.payload.get("note", ""))


def _moved(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "UPDATE evidence SET holder = ?, place = ? WHERE number = ?", (body["to"], body.get("place", ""), entry.object)
    )
    if body.get("seal_intact") is False:  # a broken seal seals nothing any more
        db.execute("UPDATE evidence SET seal = '' WHERE number = ?", (entry.object,))
    _custody(db, entry, body.get("note", ""))


HANDLERS = {
    "evidence.added": _added,
    "evidence.withdrawn": _withdrawn,
    "evidence.exported": _exported,
    "evidence.sealed": _sealed,
    "evidence.unsealed": _sealed,
    "evidence.moved": _moved,
}
