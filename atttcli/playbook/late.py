"""Tasks that people are reminded of, and a task's status at a time. What falls due when is `deadline`'s business.

A late step never fails by itself: `tick` records that it was reminded, then escalated; only a person who has the lead's
agreement fails it (`task fail … --agreed-by`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from atttcli.errors import Refused

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row


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
