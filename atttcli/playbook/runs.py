"""Playbook runs in the store: each answer is one journal entry with the run's new state and the tasks that it opened."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from atttcli.clock import parse_moment
from atttcli.errors import Conflict, NotFound, Refused
from atttcli.model.playbook import Playbook, RunState
from atttcli.playbook import runner
from atttcli.playbook.change import Change
from atttcli.playbook.load import from_document
from atttcli.playbook.tasks import add_task, approve_task, finish_task
from atttcli.store.numbers import require_open_incident, resolve_number

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.playbook.library import Library
    from atttcli.store.connection import Row

LIVE = ("running", "paused")


def start_run(
    journal: Journal, playbook: Playbook, incident: str, *, values: Mapping[str, str] | None = None,
    library: Library | None = None,
) -> str:  # fmt: skip
    """Start a playbook on an incident; the run's id. Refused when the incident has ended, Conflict when it runs already."""
    with journal.transaction():
        require_open_incident(journal.store, incident)
        check_validity(playbook, journal.clock.now())
        running = journal.store.value(
            "SELECT id FROM playbook_run WHERE incident = ? AND playbook = ? AND state IN ('running','paused')"
            " AND parent = ''",
            incident,
            playbook.id,
        )
        if running:
            raise Conflict(f"this playbook runs already on {incident}", hint=f"atttcli playbook run show {running[:8]}")
        run = uuid.uuid4().hex
        change = Change(journal, incident, library)
        change.begin(playbook, run, runner.start(playbook, values))
        journal.append("run.started", run, change.states[run] | change.payload(without=run))
    return run


def check_validity(playbook: Playbook, now: int) -> None:
    """A playbook that its author revoked, or outside of its time, is not begun any more; runs of it go on."""
    document, hint = playbook.document, "atttcli playbook list"
    if document.get("revoked") is True:
        raise Refused(f"{playbook.short or playbook.id} is revoked by its author", guard="revoked", hint=hint)
    since, until = document.get("valid_from"), document.get("valid_until")
    if (since and parse_moment(since) > now) or (until and parse_moment(until) <= now):
        raise Refused(
            f"{playbook.short or playbook.id} is valid from {since or '-'} until {until or '-'}",
            guard="validity",
            hint=hint,
        )


def cancel_run(journal: Journal, run: str, reason: str) -> None:
    """End a run and its open tasks, with a reason."""
    if not reason.strip():
        raise Refused("cancelling needs a reason", guard="reason", hint='atttcli playbook run cancel RUN --reason "…"')
    with journal.transaction():
        row = run_row(journal, run)
        if row["state"] not in LIVE:
            raise Conflict(f"the run is {row['state']} already", hint="atttcli playbook run show")
        if row["parent"]:
            raise Refused(
                "this run is a step of another one",
                guard="child",
                hint=f'atttcli task skip {row["parent_task"]} --reason "…" --agreed-by NAME',
            )
        children = list(descendants(journal, row["id"]))
        body = {"incident": row["incident"], "reason": reason, "children": children}
        journal.append("run.cancelled", row["id"], body)


def pause_run(journal: Journal, run: str, reason: str) -> None:
    """Take no answers until the run is resumed. Due times stand: the law's clock does not pause."""
    if not reason.strip():
        raise Refused("pausing needs a reason", guard="reason", hint='atttcli playbook run pause RUN --reason "…"')
    _switch(journal, run, "running", "run.paused", reason)


def resume_run(journal: Journal, run: str) -> None:
    """Take answers again."""
    _switch(journal, run, "paused", "run.resumed", "")


def _switch(journal: Journal, run: str, before: str, verb: str, reason: str) -> None:
    with journal.transaction():
        row = run_row(journal, run)
        if row["state"] != before:
            raise Conflict(f"the run is {row['state']}", hint="atttcli playbook run show")
        children = [
            child
            for child in descendants(journal, row["id"])
            if journal.store.value("SELECT state FROM playbook_run WHERE id = ?", child) == before
        ]
        journal.append(verb, row["id"], {"incident": row["incident"], "reason": reason, "children": children})


def descendants(journal: Journal, run: str) -> Iterable[str]:
    """Child runs that still go, with theirs."""
    for row in journal.store.rows(
        "SELECT id FROM playbook_run WHERE parent = ? AND state IN ('running','paused') ORDER BY id", run
    ):
        yield row["id"]
        yield from descendants(journal, row["id"])


def run_row(journal: Journal, run: str) -> Row:
    """A run by its id or a unique prefix, or the only run of an incident's number."""
    rows = journal.store.rows(
        "SELECT * FROM playbook_run WHERE substr(id, 1, length(?1)) = ?1 OR (incident = ?1 AND parent = '')"
        " ORDER BY state IN ('running','paused') DESC, started DESC",
        run,
    )
    running = [row for row in rows if row["state"] in LIVE] or rows
    if len(running) != 1 or not run:
        raise NotFound(
            f"{len(running)} runs match {run[:40]!r}" if running else f"no run {run[:40]!r}",
            hint="atttcli playbook run list",
        )
    return running[0]


def load_run(journal: Journal, run: str) -> tuple[Playbook, RunState]:
    """The pinned playbook and the state of a run, as they were left."""
    row = run_row(journal, run)
    return from_document(json.loads(row["document"])), RunState.from_json(json.loads(row["tokens"]))


def find_task(journal: Journal, text: str) -> str:
    """A task's number from any unique part that people type."""
    return resolve_number(journal.store, "task", text)


def variables_of(journal: Journal, run: str) -> Mapping[str, Any]:
    """The run's variables as they stand."""
    return dict(load_run(journal, run)[1].variables)


__all__ = ["add_task", "approve_task", "cancel_run", "find_task", "finish_task", "load_run", "run_row", "start_run"]
