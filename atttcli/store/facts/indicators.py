"""Indicators that lists, letters and people gave."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from atttcli.model.observable import Indicator, ObservableType
from atttcli.store.connection import Store

_OF_FILES = tuple(
    str(kind) for kind in (ObservableType.MD5, ObservableType.SHA1, ObservableType.SHA256, ObservableType.FILE)
)
_COLUMNS = "type, value, source, description, kind, valid_from, valid_until, severity, tlp"


def add_indicators(db: sqlite3.Connection, given: Iterable[Indicator], sha256: str, now: int) -> int:
    """Keep indicators; returns how many were not known yet. The same again only prolongs its validity."""
    new = 0
    for one in given:
        known = db.execute(
            "SELECT id, valid_until FROM indicator WHERE type = ? AND value = ? AND source = ?",
            (str(one.type), one.value, one.source),
        ).fetchone()
        if known is None:
            db.execute(
                f"INSERT INTO indicator ({_COLUMNS}, sha256, seen) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    str(one.type), one.value, one.source, one.description, one.kind, one.valid_from, one.valid_until,
                    one.severity, one.tlp, sha256, now,
                ),
            )  # fmt: skip
            new += 1
        elif known["valid_until"] is not None and (one.valid_until is None or one.valid_until > known["valid_until"]):
            db.execute("UPDATE indicator SET valid_until = ? WHERE id = ?", (one.valid_until, known["id"]))
    return new


def indicators(store: Store, after: int = 0) -> Iterator[Indicator]:
    """Indicators with an id above `after`, in order."""
    for row in store.connection.execute(f"SELECT {_COLUMNS} FROM indicator WHERE id > ? ORDER BY id", (after,)):
        values = tuple(row)
        yield Indicator(ObservableType(values[0]), *values[1:])


def last_indicator(store: Store) -> int:
    """The highest id."""
    return int(store.value("SELECT coalesce(max(id), 0) FROM indicator"))


def file_indicators(store: Store) -> Iterator[Indicator]:
    """Indicators of files: hashes and names."""
    marks = ", ".join("?" * len(_OF_FILES))
    for row in store.connection.execute(
        f"SELECT {_COLUMNS} FROM indicator WHERE type IN ({marks}) ORDER BY id", _OF_FILES
    ):
        values = tuple(row)
        yield Indicator(ObservableType(values[0]), *values[1:])


def file_indicators_state(store: Store) -> str:
    """A word that changes whenever `file_indicators` would give something else."""
    marks = ", ".join("?" * len(_OF_FILES))
    row = store.connection.execute(
        f"SELECT count(*), coalesce(max(id), 0), coalesce(sum(valid_until / 1000000), 0) FROM indicator WHERE type IN ({marks})",
        _OF_FILES,
    ).fetchone()
    return "-".join(str(value) for value in row)
