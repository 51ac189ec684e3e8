"""Tasks in the store: beginning, assigning, finishing, failing, skipping, approving; of a playbook's run or alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.errors import Conflict, NotFound, Refused
from atttcli.model.task import AWAITING, READY, WAITING, Answer
from atttcli.playbook import runner
from atttcli.playbook.change import Change
from atttcli.store.numbers import require_open_incident

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.playbook.library import Library
    from atttcli.store.connection import Row


def add_task(
    journal: Journal, incident: str, title: str, *, lead: str = "", assignee: str = "", due: int | None = None,
    required: bool = True, agencies: Sequence[str] = (), after: Sequence[str] = (), needs_evidence: bool = False,
    description: str = "", approval: Sequence[str] = (),
) -> str:  # fmt: skip
    """A task beside any playbook; its number. `after`: tasks that must have ended before; `agencies`: who must act."""
    with journal.transaction():
        require_open_incident(journal.store, incident)
        open_before = [number for number in after if _require(journal, number)["state"] == "open"]
        number = journal.next_number("NV")
        task: dict[str, Any] = {"number": number, "incident": incident, "title": title, "lead": lead, "lead_name": lead}
        task |= {"assignee": assignee, "due": due, "required": required, "description": description}
        task |= {"agencies": list(agencies), "depends": list(after), "needs_evidence": needs_evidence}
        task |= {"approval": list(approval), "status": WAITING if open_before else READY}
        journal.append("task.added", number, {"incident": incident, "tasks": [task]})
    return number


def finish_task(journal: Journal, number: str, given: Answer, library: Library | None = None) -> tuple[str, ...]:
    """Answer a task, in one transaction; the numbers of the tasks that it opened.

    A task that needs approval is handed in instead: the run goes on when it is approved.
    """
    with journal.transaction():
        row = _answerable(journal, number, given)
        _check_evidence(journal, row["incident"], given.evidence)
        _check_guards(journal, row, given)
        if given.outcome == "done" and json.loads(row["approval"]):
            journal.append("task.handed_in", number, {"incident": row["incident"], "run": row["run"], **_given(given)})
            return ()
        return _end(journal, row, given, library)


def approve_task(
    journal: Journal, number: str, *, approved_by: str = "", paper: str = "", library: Library | None = None
) -> tuple[str, ...]:
    """Approve what was handed in; the numbers of the tasks that this opened.

    By the approver's own entry, or recorded by the duty officer with the approver's name and the paper's number.
    Refused for whoever did the work, and when only one of name and paper is given.
    """
    if bool(approved_by.strip()) != bool(paper.strip()):
        raise Refused(
            "an approval on paper needs the approver's name and the paper's number",
            guard="paper",
            hint=f'atttcli task approve {number} --approved-by "…" --paper "…"',
        )
    with journal.transaction():
        row = _require(journal, number)
        given = _awaiting(journal, row)
        if not paper and given["by"] == journal.actor:
            raise Refused(
                f"{number} was done by {journal.actor}: somebody else approves it",
                guard="approval",
                hint=f'atttcli task approve {number} --approved-by "…" --paper "…"',
            )
        values = tuple((name, text) for name, text in given.get("values", ()))
        yes = {"yes": True, "no": False}.get(given.get("answer", ""))
        done = Answer("done", yes, given.get("note", ""), tuple(given.get("evidence", ())), values)
        words: dict[str, Any] = {"approved_by": approved_by or journal.actor, "paper": paper, "by": given["by"]}
        words["approving"] = json.loads(row["approval"])
        return _end(journal, row, done, library, verb="task.approved", words=words)


def return_task(journal: Journal, number: str, reason: str) -> None:
    """Not approved: back to whoever did it, with the reason."""
    if not reason.strip():
        raise Refused("returning needs a reason", guard="reason", hint=f'atttcli task return {number} --reason "…"')
    with journal.transaction():
        row = _require(journal, number)
        _awaiting(journal, row)
        journal.append("task.returned", number, {"incident": row["incident"], "reason": reason})


def begin_task(journal: Journal, number: str, assignee: str = "") -> None:
    """Somebody works on it now."""
    with journal.transaction():
        row = _require_open(journal, number)
        _check_ready(journal, row)
        if row["status"] in {"ongoing", AWAITING}:
            raise Conflict(f"{number} is under way already", hint=f"atttcli task show {number}")
        body = {"incident": row["incident"], "assignee": assignee or row["assignee"] or journal.actor}
        journal.append("task.begun", number, body)


def assign_task(
    journal: Journal, number: str, *, assignee: str | None = None, agencies: Sequence[str] | None = None,
    due: int | None = None, after: Sequence[str] | None = None, reason: str = "",
) -> None:  # fmt: skip
    """Change who does it, until when, or what must come before; moving a due time needs a reason."""
    with journal.transaction():
        row = _require_open(journal, number)
        body: dict[str, Any] = {"incident": row["incident"], "reason": reason}
        if assignee is not None:
            body["assignee"] = assignee
        if agencies is not None:
            body["agencies"] = list(agencies)
        if due is not None:
            if row["due"] is not None and not reason.strip():
                raise Refused("moving a due time needs a reason", guard="reason", hint='add --reason "…"')
            body["due"] = due
        if after is not None:
            _check_circle(journal, number, after)
            waiting = [one for one in after if _require(journal, one)["state"] == "open"]
            body |= {"depends": list(after), "status": WAITING if waiting else READY}
        journal.append("task.assigned", number, body)


def _check_circle(journal: Journal, number: str, after: Iterable[str]) -> None:
    waiting, seen = list(after), set[str]()
    while waiting:
        one = waiting.pop()
        if one == number:
            raise Refused(f"{number} would wait for itself", guard="dependency", hint="atttcli task show")
        if one not in seen:
            seen.add(one)
            waiting += json.loads(_require(journal, one)["depends"])


def _answerable(journal: Journal, number: str, given: Answer) -> Row:
    row = _require_open(journal, number)
    if row["run"]:
        state = journal.store.value("SELECT state FROM playbook_run WHERE id = ?", row["run"])
        if state == "paused":
            raise Refused("the run is paused", guard="paused", hint=f"atttcli playbook run resume {row['run'][:8]}")
    if given.outcome == "done":
        _check_ready(journal, row)
        if row["status"] == AWAITING:
            raise Conflict(f"{number} waits for approval", hint=f"atttcli task approve {number}")
    return row


def _check_ready(journal: Journal, row: Row) -> None:
    number = row["number"]
    open_before = [one for one in json.loads(row["depends"]) if _require(journal, one)["state"] == "open"]
    if open_before:
        raise Refused(
            f"{number} waits for {', '.join(open_before)}",
            guard="dependency",
            hint=f"atttcli task show {open_before[0]}",
        )
    if row["not_before"] is not None and row["not_before"] > journal.clock.now():
        raise Refused(f"{number} is not to be begun yet", guard="delay", hint=f"atttcli task show {number}")


def _check_guards(journal: Journal, row: Row, given: Answer) -> None:
    number = row["number"]
    if row["run"]:
        change = Change(journal, row["incident"])
        book = change.book_of(row["run"])
        step = runner.step_of(book, row["step"])
        runner.check_answer(book, step, given, number)
        runner.values_given(book, step, given, number)
        _check_child(journal, row, given)
        return
    if given.values:
        raise Refused(f"{number} asks for no values", guard="answer", hint=f"atttcli task show {number}")
    if given.outcome != "done" and not given.note.strip():
        words = "skipping" if given.outcome == "skipped" else "failing"
        verb = "skip" if given.outcome == "skipped" else "fail"
        raise Refused(f"{words} needs a reason", guard="reason", hint=f'atttcli task {verb} {number} --reason "…"')
    if given.outcome == "done" and row["needs_evidence"] and not given.evidence:
        raise Refused(
            f"{number} cannot be done without evidence",
            guard="evidence",
            hint=f'atttcli evidence add FILE, then: atttcli task done {number} --note "…" --evidence CC-…',
        )


def _check_child(journal: Journal, row: Row, given: Answer) -> None:
    child = row["child"]
    state = journal.store.value("SELECT state FROM playbook_run WHERE id = ?", child) if child else None
    if state in {"running", "paused"} and given.outcome == "done":
        raise Refused(
            f"{row['number']} is done when its own run has ended",
            guard="child",
            hint=f"atttcli playbook run show {child[:8]}",
        )


def _end(
    journal: Journal,
    row: Row,
    given: Answer,
    library: Library | None,
    *,
    verb: str = "",
    words: dict[str, Any] | None = None,
) -> tuple[str, ...]:
    change = Change(journal, row["incident"], library)
    number, run = row["number"], row["run"]
    body: dict[str, Any] = {"incident": row["incident"], "task": number, "title": row["title"], **_given(given)}
    if run:
        book = change.book_of(run)
        moved = runner.answer(book, change.state_of(run), row["step"], given, round=row["round"], task=number)
        change.settle(book, run, moved)
        if row["child"]:
            change.close_branch(row["child"], given.note)
        body |= {"run": run, "step": row["step"], "round": row["round"]}
        body |= {"tokens": change.states[run]["tokens"], "state": change.states[run]["state"]}
        body["finished"] = moved.state.finished
        body["results"] = {
            variable.name: value
            for variable, value in runner.values_given(book, book.steps[row["step"]], given, number)
        }
    body |= change.payload(without=run) | (words or {})
    ended = [number, *(one["number"] for one in change.closed)]
    released = [one for ending in ended for one in _released_by(journal, ending, ended)]
    if released:
        body["released"] = released
    name = verb or ("run.answered" if run else "task.closed")
    journal.append(name, run if name == "run.answered" else number, body)
    return tuple(task["number"] for task in change.tasks)


def _released_by(journal: Journal, number: str, ended: Sequence[str]) -> list[str]:
    """Tasks that waited for this one and for nothing else any more."""
    rows = journal.store.rows(
        "SELECT number, depends FROM task WHERE state = 'open' AND status = 'waiting' AND instr(depends, ?) > 0",
        f'"{number}"',
    )
    return [
        row["number"]
        for row in rows
        if all(one in ended or _require(journal, one)["state"] != "open" for one in json.loads(row["depends"]))
    ]


def _awaiting(journal: Journal, row: Row) -> dict[str, Any]:
    if row["status"] != AWAITING or not row["given"]:
        raise Conflict(f"{row['number']} waits for no approval", hint=f"atttcli task show {row['number']}")
    found: dict[str, Any] = json.loads(row["given"])
    return found


def _require(journal: Journal, number: str) -> Row:
    row = journal.store.row("SELECT * FROM task WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no task {number[:40]!r}", hint="atttcli task list")
    return row


def _require_open(journal: Journal, number: str) -> Row:
    row = _require(journal, number)
    if row["state"] != "open":
        raise Conflict(f"{number} is {row['state']} already", hint=f"atttcli task show {number}")
    return row


def _given(given: Answer) -> dict[str, Any]:
    answer = "" if given.yes is None else ("yes" if given.yes else "no")
    body: dict[str, Any] = {"outcome": given.outcome, "answer": answer, "note": given.note}
    body["evidence"] = list(given.evidence)
    if given.values:
        body["values"] = [list(pair) for pair in given.values]
    if given.agreed_by:
        body["agreed_by"] = given.agreed_by
    return body


def _check_evidence(journal: Journal, incident: str, numbers: Iterable[str]) -> None:
    for number in numbers:
        row = journal.store.row("SELECT incident, withdrawn FROM evidence WHERE number = ?", number)
        if row is None or row["incident"] != incident or row["withdrawn"]:
            raise NotFound(
                f"{number} is no evidence of {incident}", hint=f"atttcli evidence list --incident {incident}"
            )
