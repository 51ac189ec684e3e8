"""Keys of the centre and of those it trusts, and the kits that were handed out."""

from __future__ import annotations

import sqlite3
from typing import Any


def _key(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    texts = {name: body.get(name, "") for name in ("name", "sign_public", "seal_public", "mark")}
    values = {"id": entry.object, "own": int(entry.verb == "key.created"), "since": entry.time, **texts}
    _insert(db, "signing_key", values)


def _kit(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    values = {name: body[name] for name in ("agency", "os", "arch", "public_key", "centre", "expires")}
    values |= {"number": entry.object, "issued": entry.time, "actor": entry.actor, "note": body.get("note", "")}
    _insert(db, "kit", values)


def _revoked(db: sqlite3.Connection, entry: Any) -> None:
    table, column = ("kit", "number") if entry.verb == "kit.revoked" else ("signing_key", "id")
    db.execute(
        f"UPDATE {table} SET revoked = ?, why = ? WHERE {column} = ?",
        (entry.time, entry.payload.get("reason", ""), entry.object),
    )


def _insert(db: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    marks = ",".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO {table} ({','.join(values)}) VALUES ({marks})", tuple(values.values()))


HANDLERS = {
    "key.created": _key,
    "key.trusted": _key,
    "key.revoked": _revoked,
    "kit.issued": _kit,
    "kit.revoked": _revoked,
}
