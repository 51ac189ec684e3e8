"""From journal entry to projected rows: one handler per verb, used when appending and when rebuilding, so both agree."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from atttcli.store import projected

PROJECTED_TABLES = (
    "number_counter",
    "organisation",
    "learned_network",
    "mute",
    "rule_state",
    "alert_state",
    "incident",
    "incident_alert",
    "playbook_run",
    "task",
    "evidence",
    "custody",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry with its payload (empty if erased). `time` is microseconds UTC, never going back."""

    seq: int
    id: str
    time: int
    host: str
    actor: str
    verb: str
    object: str
    payload: dict[str, Any]
    hash: str


Handler = Callable[[sqlite3.Connection, Entry], None]


def apply(connection: sqlite3.Connection, entry: Entry) -> None:
    """Project one entry. A verb that nobody projects changes only the journal (notes, exports)."""
    _count_number(connection, entry)
    handler = projected.HANDLERS.get(entry.verb)
    if handler is not None:
        handler(connection, entry)


def _count_number(connection: sqlite3.Connection, entry: Entry) -> None:
    number = entry.payload.get("number")
    if not isinstance(number, str) or number.count("-") < 2:
        return
    kind, year, seq = number.split("-")[:3]
    if year.isdigit() and seq.isdigit():
        connection.execute(
            "INSERT INTO number_counter VALUES (?,?,?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
            (kind, int(year), int(seq)),
        )


def empty(connection: sqlite3.Connection) -> None:
    """Delete every projected row."""
    for table in PROJECTED_TABLES:
        connection.execute(f"DELETE FROM {table}")


def dumps(value: Any) -> str:
    """JSON as stored: sorted, compact, not escaped."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
