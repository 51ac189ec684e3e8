"""Playbook runs and tasks. An answer carries the run's new state and the tasks it opened: one entry, one transaction."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_TEXTS = (
    "number", "incident", "run", "step", "code", "title", "title_en", "description", "description_en", "lead",
    "lead_name", "assignee", "asks", "child",
)  # fmt: skip
_LISTS = ("support", "outputs", "agencies", "depends", "approval")
_STATUS = {"done": "successfully_executed", "timeout": "timeout_error"}
_STATE = {"timeout": "failed"}


def _add_tasks(db: sqlite3.Connection, entry: Any) -> None:
    for task in entry.payload.get("tasks", ()):
        values: dict[str, Any] = {name: task.get(name, "") for name in _TEXTS}
        values |= {name: _dumps(task.get(name, [])) for name in _LISTS}
        values |= {"detail": _dumps(task.get("detail", {})), "kind": task.get("kind", "task")}
        values |= {"round": task.get("round", 1), "due": task.get("due"), "not_before": task.get("not_before")}
        values |= {"state": "open", "status": task.get("status", "ready"), "created": entry.time}
        values |= {
            "required": int(task.get("required", True)),
            "needs_evidence": int(task.get("needs_evidence", False)),
        }
        db.execute(
            f"INSERT OR REPLACE INTO task ({','.join(values)}) VALUES ({','.join('?' * len(values))})",
            tuple(values.values()),
        )


def _close_task(db: sqlite3.Connection, entry: Any, number: str, body: dict[str, Any]) -> None:
    outcome = body["outcome"]
    db.execute(
        "UPDATE task SET state = ?, status = ?, answer = ?, note = ?, evidence = ?, results = ?, agreed_by = ?, given = '',"
        " closed = ?, closed_by = ? WHERE number = ?",
        (
            _STATE.get(outcome, outcome), _STATUS.get(outcome, outcome), body.get("answer", ""), body.get("note", ""),
            _dumps(body.get("evidence", [])), _dumps(body.get("results", {})), body.get("agreed_by", ""), entry.time,
            body.get("by", entry.actor), number,
        ),
    )  # fmt: skip


def _follow(db: sqlite3.Connection, entry: Any) -> None:
    """What else one decision moved: other runs (children, parents), tasks closed with it, tasks that may begin now."""
    body = entry.payload
    for other in body.get("runs", ()):
        if "document" in other:
            _insert_run(db, entry, other["run"], other)
        else:
            _update_run(db, entry, other["run"], other["tokens"], other["state"])
    _add_tasks(db, entry)
    for closed in body.get("closed", ()):
        _close_task(db, entry, closed["number"], closed)
    for number in body.get("released", ()):
        db.execute("UPDATE task SET status = 'ready' WHERE number = ? AND status = 'waiting'", (number,))


def _insert_run(db: sqlite3.Connection, entry: Any, run: str, body: dict[str, Any]) -> None:
    state = body.get("state", "running")
    values = {
        "id": run, "incident": body["incident"], "playbook": body["playbook"], "modified": body["modified"],
        "digest": body["digest"], "document": _dumps(body["document"]), "state": state, "tokens": _dumps(body["tokens"]),
        "started": entry.time, "finished": None if state == "running" else entry.time, "updated": entry.time,
        "name": body.get("name", ""), "name_en": body.get("name_en", ""), "parent": body.get("parent", ""),
        "parent_task": body.get("parent_task", ""),
    }  # fmt: skip
    db.execute(
        f"INSERT OR REPLACE INTO playbook_run ({','.join(values)}) VALUES ({','.join('?' * len(values))})",
        tuple(values.values()),
    )


def _update_run(db: sqlite3.Connection, entry: Any, run: str, tokens: Any, state: str) -> None:
    finished = None if state == "running" else entry.time
    db.execute(
        "UPDATE playbook_run SET tokens = ?, state = ?, finished = ?, updated = ? WHERE id = ?",
        (_dumps(tokens), state, finished, entry.time, run),
    )


def _started(db: sqlite3.Connection, entry: Any) -> None:
    _insert_run(db, entry, entry.object, entry.payload)
    _follow(db, entry)


def _settled(db: sqlite3.Connection, entry: Any, run: str) -> None:
    body = entry.payload
    state = body.get("state") or ("finished" if body["finished"] else "running")
    _update_run(db, entry, run, body["tokens"], state)
    _close_task(db, entry, body["task"], body)
    _follow(db, entry)


def _answered(db: sqlite3.Connection, entry: Any) -> None:
    _settled(db, entry, entry.object)


def _cancelled(db: sqlite3.Connection, entry: Any) -> None:
    reason = entry.payload.get("reason", "")
    for run in (entry.object, *entry.payload.get("children", ())):
        db.execute(
            "UPDATE playbook_run SET state = 'cancelled', reason = ?, finished = ?, updated = ? WHERE id = ?",
            (reason, entry.time, entry.time, run),
        )
        db.execute(
            "UPDATE task SET state = 'cancelled', status = 'cancelled', note = ?, closed = ?, closed_by = ?"
            " WHERE run = ? AND state = 'open'",
            (reason, entry.time, entry.actor, run),
        )
    _follow(db, entry)


def _paused(db: sqlite3.Connection, entry: Any) -> None:
    state = "paused" if entry.verb == "run.paused" else "running"
    for run in (entry.object, *entry.payload.get("children", ())):
        db.execute(
            "UPDATE playbook_run SET state = ?, reason = ?, updated = ? WHERE id = ?",
            (state, entry.payload.get("reason", ""), entry.time, run),
        )


def _closed(db: sqlite3.Connection, entry: Any) -> None:
    _close_task(db, entry, entry.object, entry.payload)
    _follow(db, entry)


def _begun(db: sqlite3.Connection, entry: Any) -> None:
    db.execute(
        "UPDATE task SET status = 'ongoing', started = coalesce(started, ?),"
        " assignee = CASE assignee WHEN '' THEN ? ELSE assignee END WHERE number = ?",
        (entry.time, entry.payload.get("assignee", entry.actor), entry.object),
    )


def _assigned(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    for name in ("assignee", "due"):
        if name in body:
            db.execute(f"UPDATE task SET {name} = ? WHERE number = ?", (body[name], entry.object))
    for name in ("agencies", "depends"):
        if name in body:
            db.execute(f"UPDATE task SET {name} = ? WHERE number = ?", (_dumps(body[name]), entry.object))
    if "status" in body:
        db.execute("UPDATE task SET status = ? WHERE number = ?", (body["status"], entry.object))


def reminded(db: sqlite3.Connection, entry: Any) -> None:
    """Somebody was told: by a person's own entry, or by `tick` when a stage was reached."""
    if entry.payload.get("stage") == "escalated":
        db.execute(
            "UPDATE task SET escalated = ?, escalated_to = ? WHERE number = ?",
            (entry.time, entry.payload.get("to", ""), entry.object),
        )
        return
    db.execute("UPDATE task SET reminders = reminders + 1, reminded = ? WHERE number = ?", (entry.time, entry.object))


def _handed_in(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    given = {name: body[name] for name in ("answer", "note", "evidence", "values", "outcome") if name in body}
    db.execute(
        "UPDATE task SET status = 'await_user_input', given = ?, note = ?, answer = ?, evidence = ? WHERE number = ?",
        (
            _dumps(given | {"by": entry.actor}), body.get("note", ""), body.get("answer", ""),
            _dumps(body.get("evidence", [])), entry.object,
        ),
    )  # fmt: skip


def _returned(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE task SET status = 'ongoing', given = '' WHERE number = ?", (entry.object,))


def _approved(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    if body.get("run"):
        _settled(db, entry, body["run"])
    else:
        _close_task(db, entry, entry.object, body)
        _follow(db, entry)
    db.execute(
        "UPDATE task SET approved_by = ?, paper = ? WHERE number = ?",
        (body.get("approved_by", entry.actor), body.get("paper", ""), entry.object),
    )


def _commanded(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO task_command VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            entry.object, entry.time, entry.actor, body["place"], body["type"], body.get("exit_code"), body["outcome"],
            body.get("evidence", ""), body.get("sha256", ""), float(body.get("seconds", 0)),
        ),
    )  # fmt: skip


def _imported(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO playbook_import VALUES (?,?,?,?,?,?,?,?,?,NULL)",
        (
            entry.object, body["playbook"], body["name"], body["name_en"], body["modified"], body["digest"],
            int(body["valid"]), entry.actor, entry.time,
        ),
    )  # fmt: skip


def _removed(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE playbook_import SET removed = ? WHERE short = ?", (entry.time, entry.object))


def _trusted(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO playbook_trust VALUES (?,?,?,?,?,?,NULL)",
        (body["digest"], body["playbook"], entry.object, entry.actor, entry.time, body.get("reason", "")),
    )


def _distrusted(db: sqlite3.Connection, entry: Any) -> None:
    db.execute("UPDATE playbook_trust SET revoked = ? WHERE digest = ?", (entry.time, entry.payload["digest"]))


HANDLERS = {
    "run.started": _started,
    "run.answered": _answered,
    "run.cancelled": _cancelled,
    "run.paused": _paused,
    "run.resumed": _paused,
    "task.added": _follow,
    "task.closed": _closed,
    "task.begun": _begun,
    "task.assigned": _assigned,
    "task.reminded": reminded,
    "task.handed_in": _handed_in,
    "task.returned": _returned,
    "task.approved": _approved,
    "task.commanded": _commanded,
    "playbook.imported": _imported,
    "playbook.removed": _removed,
    "playbook.trusted": _trusted,
    "playbook.distrusted": _distrusted,
}
