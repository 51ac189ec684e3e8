"""Playbook runs in the store: each answer is one journal entry with the run's new state and the tasks that it opened."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from atttcli.errors import Conflict, NotFound, Refused
from atttcli.journal.journal import Journal
from atttcli.model.playbook import Opening, Playbook, RunState
from atttcli.model.task import Answer
from atttcli.playbook import runner
from atttcli.playbook.load import from_document
from atttcli.store.connection import Row
from atttcli.store.numbers import require_open_incident, resolve_number


def start_run(journal: Journal, playbook: Playbook, incident: str) -> str:
    """Start a playbook on an incident; the run's id. Refused when the incident has ended, Conflict when it runs already."""
    with journal.transaction():
        require_open_incident(journal.store, incident)
        running = journal.store.value(
            "SELECT id FROM playbook_run WHERE incident = ? AND playbook = ? AND state = 'running'",
            incident,
            playbook.id,
        )
        if running:
            raise Conflict(f"this playbook runs already on {incident}", hint=f"atttcli playbook run show {running[:8]}")
        run = uuid.uuid4().hex
        state, opened = runner.start(playbook)
        journal.append(
            "run.started",
            run,
            {
                "incident": incident,
                "playbook": playbook.id,
                "name": playbook.name,
                "name_en": playbook.name_en,
                "modified": playbook.modified,
                "digest": playbook.digest,
                "document": playbook.document,
                "tokens": state.to_json(),
                "tasks": _tasks(journal, playbook, incident, run, opened),
            },
        )
    return run


def finish_task(journal: Journal, number: str, given: Answer) -> tuple[str, ...]:
    """Answer a task, in one transaction; the numbers of the tasks that it opened."""
    with journal.transaction():
        row = journal.store.row("SELECT * FROM task WHERE number = ?", number)
        if row is None:
            raise NotFound(f"no task {number[:40]!r}", hint="atttcli task list")
        if row["state"] != "open":
            raise Conflict(f"{number} is {row['state']} already", hint=f"atttcli task show {number}")
        _check_evidence(journal, row["incident"], given.evidence)
        if row["run"]:
            return _answer_run(journal, row, given)
        if given.outcome == "skipped" and not given.note.strip():
            raise Refused("skipping needs a reason", guard="reason", hint=f'atttcli task skip {number} --reason "…"')
        journal.append("task.closed", number, {"incident": row["incident"], **_given(given)})
        return ()


def _answer_run(journal: Journal, row: Row, given: Answer) -> tuple[str, ...]:
    playbook, state = load_run(journal, row["run"])
    after, opened = runner.answer(playbook, state, row["step"], given, task=row["number"])
    tasks = _tasks(journal, playbook, row["incident"], row["run"], opened)
    journal.append(
        "run.answered",
        row["run"],
        {
            "incident": row["incident"],
            "task": row["number"],
            "title": row["title"],
            "step": row["step"],
            "round": row["round"],
            "tokens": after.to_json(),
            "finished": after.finished,
            "tasks": tasks,
            **_given(given),
        },
    )
    return tuple(task["number"] for task in tasks)


def add_task(
    journal: Journal, incident: str, title: str, *, lead: str = "", assignee: str = "", due: int | None = None,
    required: bool = True,
) -> str:  # fmt: skip
    """A task beside any playbook; its number."""
    with journal.transaction():
        number = journal.next_number("NV")
        task: dict[str, Any] = {"number": number, "incident": incident, "title": title, "lead": lead, "lead_name": lead}
        task |= {"assignee": assignee, "due": due, "required": required}
        journal.append("task.added", number, {"incident": incident, "tasks": [task]})
    return number


def cancel_run(journal: Journal, run: str, reason: str) -> None:
    """End a run and its open tasks, with a reason."""
    if not reason.strip():
        raise Refused("cancelling needs a reason", guard="reason", hint='atttcli playbook run cancel RUN --reason "…"')
    with journal.transaction():
        row = run_row(journal, run)
        if row["state"] != "running":
            raise Conflict(f"the run is {row['state']} already", hint="atttcli playbook run show")
        journal.append("run.cancelled", row["id"], {"incident": row["incident"], "reason": reason})


def run_row(journal: Journal, run: str) -> Row:
    """A run by its id or a unique prefix, or the only run of an incident's number."""
    rows = journal.store.rows(
        "SELECT * FROM playbook_run WHERE id LIKE ? || '%' OR incident = ? ORDER BY state = 'running' DESC, started DESC",
        run.replace("%", ""),
        run,
    )
    running = [row for row in rows if row["state"] == "running"] or rows
    if len(running) != 1:
        raise NotFound(
            f"{len(running)} runs match {run[:40]!r}" if running else f"no run {run[:40]!r}",
            hint="atttcli playbook run list",
        )
    return running[0]


def load_run(journal: Journal, run: str) -> tuple[Playbook, RunState]:
    """The pinned playbook and the state of a run, as they were left."""
    row = run_row(journal, run)
    return from_document(json.loads(row["document"])), RunState.from_json(json.loads(row["tokens"]))


def _given(given: Answer) -> dict[str, Any]:
    answer = "" if given.yes is None else ("yes" if given.yes else "no")
    return {"outcome": given.outcome, "answer": answer, "note": given.note, "evidence": list(given.evidence)}


def _check_evidence(journal: Journal, incident: str, numbers: Iterable[str]) -> None:
    for number in numbers:
        row = journal.store.row("SELECT incident, withdrawn FROM evidence WHERE number = ?", number)
        if row is None or row["incident"] != incident or row["withdrawn"]:
            raise NotFound(
                f"{number} is no evidence of {incident}", hint=f"atttcli evidence list --incident {incident}"
            )


def _tasks(
    journal: Journal, playbook: Playbook, incident: str, run: str, opened: tuple[Opening, ...]
) -> list[dict[str, Any]]:
    first = journal.next_number("NV")
    stem, seq = first.rsplit("-", 1)
    now = journal.clock.now()
    tasks = []
    for offset, opening in enumerate(opened):
        step = playbook.steps[opening.step]
        tasks.append(
            {
                "number": f"{stem}-{int(seq) + offset:04d}",
                "incident": incident,
                "run": run,
                "step": step.id,
                "code": step.code,
                "round": opening.round,
                "title": step.name or step.id,
                "title_en": step.name_en,
                "description": step.description,
                "description_en": step.description_en,
                "lead": ", ".join(step.lead),
                "lead_name": "; ".join(playbook.roles.get(role, role) for role in step.lead),
                "support": list(step.support),
                "outputs": list(step.outputs),
                "required": not step.optional,
                "needs_evidence": step.needs_evidence,
                "asks": step.asks,
                "due": None if step.due is None else now + step.due,
            }
        )
    return tasks


def find_task(journal: Journal, text: str) -> str:
    """A task's number from any unique part that people type."""
    return resolve_number(journal.store, "task", text)
