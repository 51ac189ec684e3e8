"""Late tasks: what falls due when. Pure values for `next`, `status` and `tick`; a late step is reminded, then escalated.

It never fails by itself: only a person who has the lead's agreement fails it (`task fail … --agreed-by`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atttcli.clock import DAY, HOUR
from atttcli.errors import Refused
from atttcli.model.task import Late

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

FIRST_REMINDER = HOUR
FIRST_ESCALATION = 4 * HOUR
AGAIN = DAY
LEAD = "lead"


def late_tasks(store: Store, now: int) -> Iterator[Late]:
    """What fell due on open tasks by `now` and is not recorded yet, the longest overdue first."""
    rows = store.rows(
        "SELECT t.* FROM task t LEFT JOIN playbook_run r ON r.id = t.run WHERE t.state = 'open' AND t.due < ?"
        " AND t.kind != 'child' AND coalesce(r.state, 'running') = 'running' ORDER BY t.due, t.number",
        now,
    )
    for row in rows:
        yield from due_on(row, now)


def due_on(row: Row, now: int) -> Iterator[Late]:
    """What fell due on one open task: a reminder (again every day), and once the escalation."""
    if row["due"] is None or row["due"] >= now:
        return
    detail = json.loads(row["detail"])
    allowed = max(0, row["due"] - (row["not_before"] or row["created"]))
    remind = row["due"] + (detail.get("remind") or max(FIRST_REMINDER, allowed // 2))
    if row["reminded"] is not None:
        remind = max(row["reminded"] + AGAIN, row["due"])
    if remind <= now:
        yield Late(row["number"], "reminded", remind, row["lead"] or row["assignee"])
    escalate = row["due"] + (detail.get("escalate") or max(FIRST_ESCALATION, allowed))
    if row["escalated"] is None and escalate <= now:
        yield Late(row["number"], "escalated", escalate, detail.get("escalate_to", "") or LEAD)


def record_late(journal: Journal, late: Late, note: str = "") -> None:
    """Write what fell due, once: a second record of the same is nothing new and is left out."""
    with journal.transaction():
        row = journal.store.row("SELECT * FROM task WHERE number = ?", late.task)
        if row is None or row["state"] != "open":
            return
        if late.kind == "escalated" and row["escalated"] is not None:
            return
        if late.kind == "reminded" and row["reminded"] is not None and row["reminded"] >= late.at:
            return
        body = {"incident": row["incident"], "to": late.to, "due_at": late.at, "note": note}
        journal.append(f"task.{late.kind}", late.task, body)


def remind(journal: Journal, number: str, *, to: str = "", channel: str = "", note: str = "") -> None:
    """Somebody reminded whoever must act, now, by telephone or otherwise."""
    with journal.transaction():
        row = journal.store.row("SELECT * FROM task WHERE number = ?", number)
        if row is None or row["state"] != "open":
            raise Refused(f"{number} is not open", guard="open", hint="atttcli task list")
        told = to or ", ".join(json.loads(row["agencies"])) or row["assignee"] or row["lead_name"]
        body = {"incident": row["incident"], "to": told, "channel": channel, "note": note}
        journal.append("task.reminded", number, body)


def status_now(row: Row, now: int) -> str:
    """A task's execution status at a time: one that only waited for its hour is ready when that has come."""
    status = str(row["status"])
    if status == "waiting" and row["depends"] == "[]" and row["not_before"] is not None and row["not_before"] <= now:
        return "ready"
    return status
