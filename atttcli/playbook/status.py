"""Execution status of a run for other tools: CACAO's workflow status, one object a step that was met."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from atttcli.clock import rfc3339
from atttcli.playbook.late import status_now

if TYPE_CHECKING:
    from atttcli.store.connection import Row, Store

_OF_RUN = {"running": "ongoing", "paused": "ongoing", "finished": "successfully_executed", "failed": "failed"}


def execution_status(store: Store, row: Row, now: int) -> dict[str, Any]:
    """The status of one run with its steps, children within."""
    tasks = store.rows("SELECT * FROM task WHERE run = ? ORDER BY number", row["id"])
    return {
        "type": "execution-status",
        "execution_id": _uuid(row["id"]),
        "playbook_id": row["playbook"],
        "playbook_version": row["modified"],
        "playbook_digest": row["digest"],
        "incident": row["incident"],
        "started": rfc3339(row["started"]),
        "ended": row["finished"] and rfc3339(row["finished"]),
        "status": _OF_RUN.get(row["state"], row["state"]),
        "status_text": "paused" if row["state"] == "paused" else row["reason"],
        "variables": json.loads(row["tokens"])["variables"],
        "step_results": [_step(task, now) for task in tasks],
        "children": [
            execution_status(store, child, now)
            for child in store.rows("SELECT * FROM playbook_run WHERE parent = ? ORDER BY started, id", row["id"])
        ],
    }


def _step(task: Row, now: int) -> dict[str, Any]:
    return {
        "step_id": task["step"],
        "round": task["round"],
        "task": task["number"],
        "child": task["child"] and _uuid(task["child"]),
        "started": rfc3339(task["started"] or task["created"]),
        "ended": task["closed"] and rfc3339(task["closed"]),
        "status": status_now(task, now),
        "status_text": task["note"],
        "executed_by": task["closed_by"] or task["assignee"],
        "approved_by": task["approved_by"],
        "variables": json.loads(task["results"]),
        "evidence": json.loads(task["evidence"]),
        "automated_execution": False,
    }


def _uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
