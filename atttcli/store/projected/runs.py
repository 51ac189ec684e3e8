"""Playbook runs and tasks. An answer carries the run's new state and the tasks it opened: one entry, one transaction."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_TEXTS = (
    "number", "incident", "run", "step", "code", "title", "title_en", "description", "description_en", "lead",
    "lead_name", "assignee", "asks",
)  # fmt: skip


def _add_tasks(db: sqlite3.Connection, entry: Any) -> None:
    for task in entry.payload.get("tasks", ()):
        values: dict[str, Any] = {name: task.get(name, "") for name in _TEXTS}
        values |= {"support": _dumps(task.get("support", [])), "outputs": _dumps(task.get("outputs", []))}
        values |= {"round": task.get("round", 1), "due": task.get("due"), "state": "open", "created": entry.time}
        values |= {
            "required": int(task.get("required", True)),
            "needs_evidence": int(task.get("needs_evidence", False)),
        }
        db.execute(
            f"INSERT OR REPLACE INTO task ({','.join(values)}) VALUES ({','.join('?' * len(values))})",
            tuple(values.values()),
        )


def _close_task(db: sqlite3.Connection, entry: Any, number: str) -> None:
    body = entry.payload
    db.execute(
        "UPDATE task SET state = ?, answer = ?, note = ?, evidence = ?, closed = ?, closed_by = ? WHERE number = ?",
        (
            body["outcome"], body.get("answer", ""), body.get("note", ""), _dumps(body.get("evidence", [])),
            entry.time, entry.actor, number,
        ),
    )  # fmt: skip


def _started(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO playbook_run VALUES (?,?,?,?,?,?,?,?,?,NULL,?)",
        (
            entry.object, body["incident"], body["playbook"], body["modified"], body["digest"],
            _dumps(body["document"]), "running", _dumps(body["tokens"]), entry.time, entry.time,
        ),
    )  # fmt: skip
    _add_tasks(db, entry)


def _answered(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    finished = entry.time if body["finished"] else None
    db.execute(
        "UPDATE playbook_run SET tokens = ?, state = ?, finished = ?, updated = ? WHERE id = ?",
        (_dumps(body["tokens"]), "finished" if finished else "running", finished, entry.time, entry.object),
    )
    _close_task(db, entry, body["task"])
    _add_tasks(db, entry)


def _cancelled(db: sqlite3.Connection, entry: Any) -> None:
    db.execute(
        "UPDATE playbook_run SET state = 'cancelled', finished = ?, updated = ? WHERE id = ?",
        (entry.time, entry.time, entry.object),
    )
    db.execute(
        "UPDATE task SET state = 'cancelled', note = ?, closed = ?, closed_by = ? WHERE run = ? AND state = 'open'",
        (entry.payload.get("reason", ""), entry.time, entry.actor, entry.object),
    )


def _closed(db: sqlite3.Connection, entry: Any) -> None:
    _close_task(db, entry, entry.object)


HANDLERS = {
    "run.started": _started,
    "run.answered": _answered,
    "run.cancelled": _cancelled,
    "task.added": _add_tasks,
    "task.closed": _closed,
}
