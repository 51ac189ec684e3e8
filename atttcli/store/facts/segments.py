"""Rows of the event segments."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from atttcli.store.connection import Store


def add_segment(db: sqlite3.Connection, info: Any, log_source: str) -> None:
    """A segment (archive.layout.SegmentInfo) that is durable on disk."""
    head = info.header
    db.execute(
        "INSERT OR REPLACE INTO segment VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            info.path, info.sha256, info.bytes, head.source_sha256, head.reader, head.source_path, log_source, head.part,
            head.moment or 0, info.count, info.time_min, info.time_max, info.undated, json.dumps(info.categories),
        ),
    )  # fmt: skip
    db.execute("INSERT OR IGNORE INTO unlearned_segment VALUES (?)", (info.path,))


def one_log(db: sqlite3.Connection, names: list[str], sha256: str) -> None:
    """Several names proved to be one log: all of it, and what is stored of this file, takes the first."""
    marks = ",".join("?" * len(names))
    db.execute(
        f"UPDATE segment SET log_source = ? WHERE (log_source IN ({marks}) OR source_sha256 = ?) AND log_source <> ?",
        (names[0], *names, sha256, names[0]),
    )
    db.execute(
        f"UPDATE source_file SET log_source = ? WHERE log_source IN ({marks}) AND log_source <> ?",
        (names[0], *names, names[0]),
    )


def segments(store: Store, reader: str = "") -> list[dict[str, Any]]:
    """All segments (of one reader), in order of time; `categories` decoded."""
    where = "WHERE reader = ?" if reader else ""
    sql = f"SELECT * FROM segment {where} ORDER BY coalesce(time_min, moment), source_sha256, part, path"
    rows = [dict(row) for row in store.rows(sql, *([reader] if reader else []))]
    for row in rows:
        row["categories"] = json.loads(row["categories"])
    return rows


def stored_events(store: Store, sha256: str) -> int:
    """Events already stored from one file (by a run that was killed)."""
    return int(store.value("SELECT coalesce(sum(count), 0) FROM segment WHERE source_sha256 = ?", sha256))


def next_part(store: Store, sha256: str) -> int:
    """The number of the next segment of one file."""
    return int(store.value("SELECT coalesce(max(part) + 1, 0) FROM segment WHERE source_sha256 = ?", sha256))
