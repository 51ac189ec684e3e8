"""From journal entry to projected rows: one handler per verb, used when appending and when rebuilding, so both agree."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from atttcli.store import projected
from atttcli.store.projected import search, touch

PROJECTED_TABLES = (
    "number_counter",
    "organisation",
    "learned_network",
    "log_source",
    "range_table",
    "mute",
    "rule_state",
    "alert_state",
    "incident",
    "incident_alert",
    "playbook_run",
    "task",
    "task_command",
    "playbook_import",
    "playbook_trust",
    "evidence",
    "custody",
    "deadline",
    "touch",
    "transition",
    "approval",
    "search_doc",
    "advisory",
    "delivery",
    "delivery_row",
    "alert_advisory",
    "place_change",
    "user",
    "training",
    "inspection",
    "inspection_finding",
    "contract",
    "reminder",
    "period_met",
    "shift",
    "drill",
    "action",
    "paper",
    "signing_key",
    "kit",
    "rule_install",
    "fleet_host",
    "fleet_interval",
    "saved_hunt",
    "mail_account",
    "mail_travel",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry with its payload. `time` is microseconds UTC, never going back.

    `erased`: the payload was erased; what is left of it (nothing, or the fields that a decision kept) is `payload`.
    """

    seq: int
    id: str
    time: int
    host: str
    actor: str
    verb: str
    object: str
    payload: dict[str, Any]
    hash: str
    erased: bool = False


Handler = Callable[[sqlite3.Connection, Entry], None]


def apply(connection: sqlite3.Connection, entry: Entry) -> None:
    """Project one entry. A verb that nobody projects changes only the journal (notes, exports), an erased one nothing."""
    touch.record(connection, entry)
    if entry.erased and not entry.payload:
        return
    count_numbers(connection, entry)
    handler = projected.HANDLERS.get(entry.verb)
    if handler is not None:
        handler(connection, entry)
        search.follow(connection, entry)


def count_numbers(connection: sqlite3.Connection, entry: Entry) -> None:
    """Remember the human numbers that an entry gave out, so that none is given twice, even when the entry is undone."""
    tasks = entry.payload.get("tasks")
    numbers = [entry.payload.get("number")]
    if isinstance(tasks, list):
        numbers += [task.get("number") for task in tasks if isinstance(task, dict)]
    for number in numbers:
        if isinstance(number, str) and number.count("-") >= 2:
            _count_number(connection, number)


def _count_number(connection: sqlite3.Connection, number: str) -> None:
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
    search.forget(connection)


def dumps(value: Any) -> str:
    """JSON as stored: sorted, compact, not escaped."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
