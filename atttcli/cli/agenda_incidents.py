"""What incidents add to `next`: no playbook, a guard in the way, or the next status. From rows alone, no profile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from atttcli.cli.agenda import Item
from atttcli.cli.casework_words import guard_words, status_word
from atttcli.incident.lifecycle import stuck_at
from atttcli.model.incident import FORWARD, Facts
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.errors import Refused
    from atttcli.store.connection import Row, Store

_APPROVED = (
    "(SELECT group_concat(p.gate) FROM approval p WHERE p.incident = i.number AND p.seq > (SELECT coalesce(max(t.seq), 0)"
    " FROM transition t WHERE t.incident = i.number AND t.origin IN ('closed','rejected')"
    " AND t.target IN ('analysis','triage')))"
)


def incident_items(store: Store, _now: int) -> Iterator[Item]:
    """For each incident that has not ended, what it waits for."""
    rows = store.rows(
        "SELECT i.number, i.title, i.status, i.category, i.severity, i.owner, i.resolution, i.cause, i.gates,"
        f" CASE i.gates WHEN '[]' THEN NULL ELSE {_APPROVED} END AS approved,"
        " EXISTS (SELECT 1 FROM task t WHERE t.incident = i.number AND t.state = 'open') AS tasks,"
        " EXISTS (SELECT 1 FROM playbook_run r WHERE r.incident = i.number) AS runs"
        " FROM incident i WHERE i.status NOT IN ('closed','rejected','merged')"
    )
    for row in rows:
        number = row["number"]
        stuck = stuck_at(_facts(row))
        if not row["runs"]:
            command = f"atttcli playbook run start --incident {number}"
            yield Item(3, "no-playbook", number, partial(_without_playbook, row), command)
        if stuck is not None and not (row["tasks"] and stuck.guard in {"resolution", "cause"}):
            yield Item(2, f"guard-{stuck.guard}", number, partial(_stuck, row, stuck), stuck.hint)
        elif row["status"] in {"reported", "triage"} or not row["tasks"]:
            forward = FORWARD[row["status"]]
            yield Item(5, "move", number, partial(_may_go, row), f"atttcli incident move {number} {forward}")


def _facts(row: Row) -> Facts:
    approved = row["approved"].split(",") if row["approved"] else ()
    gates = () if row["gates"] == "[]" else tuple(json.loads(row["gates"]))
    return Facts(
        number=row["number"], status=row["status"], category=row["category"], severity=row["severity"],
        owner=row["owner"], resolution=row["resolution"], cause=row["cause"], gates=gates,
        approved=frozenset(approved),
    )  # fmt: skip


def _without_playbook(row: Row) -> str:
    return _("{incident}: no playbook runs: {title}", incident=row["number"], title=row["title"])


def _stuck(row: Row, stuck: Refused) -> str:
    return _(
        "{incident} is {status}: {why}",
        incident=row["number"],
        status=status_word(row["status"]),
        why=guard_words(stuck.guard),
    )


def _may_go(row: Row) -> str:
    return _("{incident} may go on to: {status}", incident=row["number"], status=status_word(FORWARD[row["status"]]))
