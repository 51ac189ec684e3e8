"""Is the database whole? SQLite's own checks, the schema with its append-only triggers, and projections equal to a fold."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from atttcli.store.migrate import migrate
from atttcli.store.projection import PROJECTED_TABLES

Report = Callable[[int, int, str], None]  # done, total (0: unknown), what
Cells = tuple[object, ...]
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is broken. `check`: database, foreign_key, schema, chain, payload, head, projection, segment, evidence.

    `seq` is the journal entry concerned; `where` a table with its key, or a file.
    """

    check: str
    reason: str
    seq: int | None = None
    where: str = ""


def silent(_done: int, _total: int, _what: str) -> None:
    """Report to nobody."""


def database_faults(db: sqlite3.Connection) -> Iterator[Fault]:
    """`integrity_check`, `foreign_key_check`, and every table, index and trigger of the schema in place."""
    try:
        for (text,) in db.execute(f"PRAGMA integrity_check({_SHOWN})"):
            if text != "ok":
                yield Fault("database", str(text))
        for number, row in enumerate(db.execute("PRAGMA foreign_key_check")):
            if number < _SHOWN:
                yield Fault("foreign_key", f"row {row[1]} refers to a missing row of {row[2]}", where=str(row[0]))
        yield from _schema_faults(db)
    except sqlite3.DatabaseError as error:
        yield Fault("database", str(error))


def _schema_faults(db: sqlite3.Connection) -> Iterator[Fault]:
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    present = {(kind, name): sql for kind, name, sql in db.execute(query)}
    wanted = {(kind, name): sql for kind, name, sql in fresh_database().execute(query)}
    for key, sql in wanted.items():
        if key not in present:
            yield Fault("schema", "is missing", where=" ".join(key))
        elif present[key] != sql:
            yield Fault("schema", "is not the one that atttcli made", where=" ".join(key))
    for kind, name in present.keys() - wanted.keys():
        if kind == "trigger":
            yield Fault("schema", "is foreign: it may change what is written", where=f"{kind} {name}")


def fresh_database() -> sqlite3.Connection:
    """An empty workspace database in memory, at the current schema."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(_empty_database())
    db.row_factory = sqlite3.Row
    return db


@cache
def _empty_database() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        migrate(db, Path(":memory:"))
        return db.serialize()


def projection_faults(db: sqlite3.Connection, folded: sqlite3.Connection, report: Report = silent) -> Iterator[Fault]:
    """Rows of every projected table that differ from those of a fresh fold, the first of each table."""
    for place, table in enumerate(PROJECTED_TABLES):
        report(place, len(PROJECTED_TABLES), table)
        differing = _differences(db, folded, table)
        first = next(differing, None)
        if first is None:
            continue
        key, kept, wanted = first
        reason = (
            "is missing"
            if kept is None
            else "is not in the journal"
            if wanted is None
            else "is not what the journal says"
        )
        others = sum(1 for _ in differing)
        more = f" (and {others} more rows)" if others else ""
        yield Fault("projection", f"{reason}{more}; atttcli db rebuild", where=f"{table} {_shown(key)}")


def _differences(
    db: sqlite3.Connection, folded: sqlite3.Connection, table: str
) -> Iterator[tuple[Cells, Cells | None, Cells | None]]:
    """Key, row and wanted row where two tables differ, walked side by side: neither is held whole."""
    kept, wanted = _keyed(db, table), _keyed(folded, table)
    one, other = next(kept, None), next(wanted, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one[1], None
            one = next(kept, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(wanted, None)
        else:
            if one[1] != other[1]:
                yield one[0], one[1], other[1]
            one, other = next(kept, None), next(wanted, None)


def _keyed(db: sqlite3.Connection, table: str) -> Iterator[tuple[Any, Cells]]:
    """Primary key and row, in the order of the keys."""
    columns = list(db.execute(f"PRAGMA table_info({table})"))
    keys = [row for row in sorted(columns, key=lambda row: row[5]) if row[5]]
    for row in db.execute(f"SELECT * FROM {table} ORDER BY {', '.join(row[1] for row in keys)}"):
        yield tuple(row[column[0]] for column in keys), tuple(row)


def projected_rows(db: sqlite3.Connection, table: str) -> dict[Cells, Cells]:
    """Primary key -> row of one projected table."""
    return dict(_keyed(db, table))


def _shown(key: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in key)[:120]


def projection_digests(db: sqlite3.Connection) -> dict[str, str]:
    """Table -> digest of all its rows."""
    return {table: _digest(db, table) for table in PROJECTED_TABLES}


def _digest(db: sqlite3.Connection, table: str) -> str:
    running = hashlib.sha256()
    for _, row in _keyed(db, table):
        running.update(repr(row).encode("utf-8", "surrogateescape"))
    return running.hexdigest()


def changed_tables(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Tables whose rows differ."""
    return [table for table in PROJECTED_TABLES if before[table] != after[table]]
