"""What people search: one row for every incident, note, task, exhibit and advisory, folded (no diacritics), behind FTS5.

Kept in step after every handler, from the projected rows of the objects that the entry touches. The virtual table is
written here and nowhere else: the rows (`search_doc`) are compared by `db verify`, the index follows them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.store.projected.touch import touched
from atttcli.text.fold import fold

TABLE = "search_doc"
_MAX_TEXT = 20_000
# Prefix of a number -> kind, table, the columns of text in it.
_KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "SC": ("incident", "incident", ("number", "title", "owner", "resolution", "cause", "fields")),
    "NV": ("task", "task", ("number", "title", "title_en", "description", "assignee", "note")),
    "CC": ("evidence", "evidence", ("number", "name", "source", "note", "sha256")),
    "CV": ("advisory", "advisory", ("number", "title", "document", "body")),
}
_JSON = frozenset({"fields", "body"})
_NOTES = {"incident.noted": "note", "incident.moved": "reason"}


def identity(key: str) -> int:
    """The row's place: the same after every rebuild."""
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:7], "big")


def follow(db: sqlite3.Connection, entry: Any) -> None:
    """Bring the rows of everything that an entry touches up to date."""
    for name in sorted(touched(entry)):
        kind = _KINDS.get(name[:2]) if name[2:3] == "-" else None
        if kind is not None:
            _object(db, name, *kind)
    text = entry.payload.get("text" if entry.verb == "incident.noted" else "reason")
    if entry.verb in _NOTES and isinstance(text, str) and text.strip():
        row = (identity(f"{entry.object}#{entry.seq}"), "note", entry.object, entry.object, entry.time)
        _put(db, (*row, text[:_MAX_TEXT], fold(text[:_MAX_TEXT])))


def _object(db: sqlite3.Connection, number: str, kind: str, table: str, columns: tuple[str, ...]) -> None:
    row = _row(db, table, number)
    if row is None:
        return
    values = (json.loads(row[name]) if name in _JSON else row.get(name) for name in columns)
    text = " · ".join(part for value in values for part in _texts(value))[:_MAX_TEXT]
    incident = number if kind == "incident" else str(row.get("incident") or "")
    at = next((row[name] for name in ("updated", "created", "collected", "drafted", "at") if row.get(name)), 0)
    # An incident's row moves with its words only: `updated` changes with every entry and would rewrite the index for nothing.
    at = row["opened"] if kind == "incident" else at
    _put(db, (identity(number), kind, number, incident, int(at), text, fold(text)))


def _row(db: sqlite3.Connection, table: str, number: str) -> Mapping[str, Any] | None:
    cursor = db.execute(f"SELECT * FROM {table} WHERE number = ?", (number,))
    found = cursor.fetchone()
    return None if found is None else dict(zip((column[0] for column in cursor.description), found, strict=True))


def _texts(value: Any) -> Iterator[str]:
    """The words of a value; of a mapping those of its values."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and value:
        yield value


def _put(db: sqlite3.Connection, row: tuple[Any, ...]) -> None:
    held = db.execute("SELECT * FROM search_doc WHERE id = ?", (row[0],)).fetchone()
    if held is None or tuple(held) != row:
        replace(db, None if held is None else tuple(held), row)


def replace(db: sqlite3.Connection, old: tuple[Any, ...] | None, new: tuple[Any, ...] | None) -> None:
    """Change one row and the index with it."""
    if old is not None:
        db.execute("INSERT INTO search_text (search_text, rowid, folded) VALUES ('delete', ?, ?)", (old[0], old[-1]))
        db.execute("DELETE FROM search_doc WHERE id = ?", (old[0],))
    if new is not None:
        db.execute("INSERT INTO search_doc VALUES (?,?,?,?,?,?,?)", new)
        db.execute("INSERT INTO search_text (rowid, folded) VALUES (?,?)", (new[0], new[-1]))


def forget(db: sqlite3.Connection) -> None:
    """Empty the index, after its rows were deleted."""
    db.execute("INSERT INTO search_text (search_text) VALUES ('delete-all')")
