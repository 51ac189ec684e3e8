"""Files that were read, the runs that read them, and what could not be read."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from atttcli.model.ledger import Ledger
from atttcli.store.connection import Store


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as it was met. `kind`: log, list, mail, capture, file or archive; `parent`: sha256 of what held it."""

    sha256: str
    path: str
    size: int
    reader: str
    kind: str
    modified: int | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A record (`line`, `offset`; -1 unknown) or a whole input that could not be read."""

    sha256: str
    path: str
    reason: str
    line: int = -1
    offset: int = -1
    excerpt: str = ""


@dataclass(slots=True)
class FileEnd:
    """What is known when a file has been read to its end."""

    ledger: Ledger
    assumed: dict[str, str] = field(default_factory=dict)
    letter: dict[str, str] = field(default_factory=dict)
    log_source: str = ""
    state: str = "done"


def state_of(store: Store, sha256: str) -> str:
    """`reading`, `done`, `failed`, or empty when the file is unknown."""
    return str(store.value("SELECT state FROM source_file WHERE sha256 = ?", sha256) or "")


def begin_file(db: sqlite3.Connection, row: FileRow, now: int) -> None:
    """Record a file as being read; one that is known keeps its first path."""
    db.execute(
        "INSERT INTO source_file (sha256, path, size, reader, kind, first_seen, modified, state, parent)"
        " VALUES (?,?,?,?,?,?,?,'reading',?) ON CONFLICT (sha256) DO UPDATE SET state = 'reading', reader = excluded.reader,"
        " kind = excluded.kind",
        (row.sha256, row.path, row.size, row.reader, row.kind, now, row.modified, row.parent),
    )


def end_file(db: sqlite3.Connection, sha256: str, end: FileEnd) -> None:
    """Record a file's account."""
    ledger = end.ledger
    db.execute(
        "UPDATE source_file SET state=?, read=?, stored=?, duplicate=?, rejected=?, alerts=?, indicators=?, assumed=?,"
        " letter=?, counts=?, log_source=? WHERE sha256=?",
        (
            end.state, ledger.read, ledger.stored, ledger.duplicate, ledger.rejected, ledger.alerts, ledger.indicators,
            _json(end.assumed), _json(end.letter), _json(ledger.counts), end.log_source, sha256,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """A list that is stored in part: its account so far, and the row (sheet, line) that it ends with."""

    ledger: Ledger
    at: tuple[str, int]


def progress(store: Store, sha256: str) -> Progress | None:
    """How far a list was stored; None when nothing or all of it is."""
    row = store.row("SELECT sheet, line FROM list_progress WHERE sha256 = ?", sha256)
    return None if row is None else Progress(account_of(store, sha256), (row["sheet"], row["line"]))


def account_of(store: Store, sha256: str) -> Ledger:
    """A file's account as stored; empty when it is unknown."""
    row = store.row("SELECT * FROM source_file WHERE sha256 = ?", sha256)
    if row is None:
        return Ledger()
    names = ("read", "stored", "duplicate", "rejected", "alerts", "indicators")
    return Ledger(**{name: row[name] for name in names}, counts=json.loads(row["counts"]))


def keep_progress(db: sqlite3.Connection, sha256: str, at: tuple[str, int] | None) -> None:
    """A list is stored as far as this row; None: all of it is."""
    if at is None:
        db.execute("DELETE FROM list_progress WHERE sha256 = ?", (sha256,))
    else:
        db.execute("INSERT OR REPLACE INTO list_progress VALUES (?,?,?)", (sha256, *at))


def add_problems(db: sqlite3.Connection, problems: list[Problem], now: int) -> None:
    """Keep problems; the same one again changes nothing."""
    db.executemany(
        "INSERT OR IGNORE INTO read_problem (sha256, path, line, offset, reason, excerpt, seen) VALUES (?,?,?,?,?,?,?)",
        [(p.sha256, p.path, p.line, p.offset, p.reason, p.excerpt[:400], now) for p in problems],
    )


def problems(store: Store) -> list[dict[str, Any]]:
    """Every problem, in order of path and position."""
    sql = "SELECT path, line, offset, reason, excerpt, sha256, seen FROM read_problem ORDER BY path, line, offset, id"
    return [dict(row) for row in store.rows(sql)]


def begin_run(store: Store, actor: str, paths: list[str], now: int) -> int:
    """A new run; returns its id."""
    with store.transaction() as db:
        return int(
            db.execute(
                "INSERT INTO ingest_run (started, actor, paths) VALUES (?,?,?)", (now, actor, _json(paths))
            ).lastrowid
            or 0
        )


def end_run(store: Store, run: int, ledger: Ledger, now: int) -> None:
    """The run reached its end."""
    account = {
        "read": ledger.read, "stored": ledger.stored, "duplicate": ledger.duplicate, "rejected": ledger.rejected,
        "alerts": ledger.alerts, "indicators": ledger.indicators, "counts": ledger.counts,
    }  # fmt: skip
    with store.transaction() as db:
        db.execute("UPDATE ingest_run SET finished=?, ledger=? WHERE id=?", (now, _json(account), run))


def owe_correlation(db: sqlite3.Connection, run: int, first: int, last: int) -> None:
    """Events of this span were stored and not yet correlated; in the same transaction as their segment."""
    db.execute(
        "UPDATE ingest_run SET correlate_from = min(coalesce(correlate_from, ?1), ?1),"
        " correlate_to = max(coalesce(correlate_to, ?2), ?2) WHERE id = ?3",
        (first, last, run),
    )


def owed_correlation(store: Store) -> tuple[int, int] | None:
    """The span that this run and runs that were killed have still to correlate."""
    row = store.row(
        "SELECT min(correlate_from) AS a, max(correlate_to) AS b FROM ingest_run WHERE correlate_from IS NOT NULL"
    )
    return None if row is None or row["a"] is None else (row["a"], row["b"])


def settle_correlation(db: sqlite3.Connection) -> None:
    """All that was owed is done, and learned from."""
    db.execute("DELETE FROM unlearned_segment")
    db.execute("UPDATE ingest_run SET correlate_from = NULL, correlate_to = NULL WHERE correlate_from IS NOT NULL")


def meta_number(store: Store, key: str) -> int:
    """A number kept under `meta`; 0 when it is not there."""
    return int(store.meta(key) or 0)


def set_meta(db: sqlite3.Connection, key: str, value: int | str) -> None:
    """Keep a number or a word under `meta`."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, str(value)))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
