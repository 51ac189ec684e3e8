"""Keys of the centre and of those it trusts, the kits that were handed out, and the machines that are to be scanned."""

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


def _hosts(db: sqlite3.Connection, entry: Any) -> None:
    """Machines that are expected from now on; one that was expected already keeps since when, unless it was retired."""
    for one in entry.payload["hosts"]:
        db.execute(
            "INSERT INTO fleet_host (agency, host, name, profile, note, added, actor) VALUES (?,?,?,?,?,?,?)"
            " ON CONFLICT DO UPDATE SET name = excluded.name, profile = excluded.profile, note = excluded.note,"
            " actor = excluded.actor, added = iif(retired IS NULL, added, excluded.added), retired = NULL, why = ''",
            (one["agency"], one["host"], one["name"], one["profile"], one.get("note", ""), entry.time, entry.actor),
        )


def _hosts_gone(db: sqlite3.Connection, entry: Any) -> None:
    for one in entry.payload["hosts"]:
        db.execute(
            "UPDATE fleet_host SET retired = ?, why = ? WHERE agency = ? AND host = ?",
            (entry.time, entry.payload.get("reason", ""), one["agency"], one["host"]),
        )


def _interval(db: sqlite3.Connection, entry: Any) -> None:
    values = {name: entry.payload[name] for name in ("agency", "profile", "days")}
    _insert(db, "fleet_interval", values | {"at": entry.time})


def _insert(db: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    marks = ",".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO {table} ({','.join(values)}) VALUES ({marks})", tuple(values.values()))


HANDLERS = {
    "key.created": _key,
    "key.trusted": _key,
    "key.revoked": _revoked,
    "kit.issued": _kit,
    "kit.revoked": _revoked,
    "fleet.hosts_added": _hosts,
    "fleet.hosts_retired": _hosts_gone,
    "fleet.interval_set": _interval,
}
