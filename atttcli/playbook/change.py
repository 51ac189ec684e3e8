"""What one answer changes, gathered for one journal entry: the run, its children and parents, tasks opened and closed."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from atttcli.errors import AtttError, IntegrityError, NotFound
from atttcli.model.playbook import Moved, Opening, Playbook, RunState, Step, Token
from atttcli.model.task import ONGOING, READY, WAITING, Answer
from atttcli.playbook import runner
from atttcli.playbook.library import Library
from atttcli.playbook.load import from_document
from atttcli.playbook.variables import fill

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row

MAX_DEPTH = 8  # runs within runs


class Change:
    """Collects; `payload` is what the entry carries beside its own words. Use inside one transaction."""

    def __init__(self, journal: Journal, incident: str, library: Library | None = None) -> None:
        self.journal = journal
        self.incident = incident
        self.library = library or Library()
        self.tasks: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.states: dict[str, dict[str, Any]] = {}  # run -> tokens, state (and all of it when it is new)
        self._books: dict[str, Playbook] = {}
        self._number = ""

    def payload(self, *, without: str = "") -> dict[str, Any]:
        """Lists for the entry; `without` leaves out the run that the entry itself speaks of."""
        runs = [{"run": run, **body} for run, body in self.states.items() if run != without]
        body: dict[str, Any] = {"tasks": self.tasks}
        if runs:
            body["runs"] = runs
        if self.closed:
            body["closed"] = self.closed
        return body

    def begin(self, playbook: Playbook, run: str, moved: Moved, *, parent: str = "", parent_task: str = "") -> None:
        """A new run with its first tasks."""
        self._books[run] = playbook
        self.states[run] = {
            "incident": self.incident, "playbook": playbook.id, "name": playbook.name, "name_en": playbook.name_en,
            "modified": playbook.modified, "digest": playbook.digest, "document": playbook.document,
            "parent": parent, "parent_task": parent_task,
        }  # fmt: skip
        self.settle(playbook, run, moved)

    def settle(self, playbook: Playbook, run: str, moved: Moved) -> None:
        """Take over a run's new state; a child that ends moves its parent on."""
        state = "running" if not moved.state.finished else "failed" if moved.state.failed else "finished"
        self.states.setdefault(run, {})
        self.states[run] |= {"tokens": moved.state.to_json(), "state": state}
        for token in moved.dropped:
            self._drop(run, token)
        for opening in moved.opened:
            self._open(playbook, run, moved.state, opening)
        if state != "running":
            self._return_to_parent(playbook, run, moved)

    def state_of(self, run: str) -> RunState:
        """A run's state, with what this change did to it already."""
        if run in self.states:
            return RunState.from_json(self.states[run]["tokens"])
        return RunState.from_json(json.loads(self.row(run)["tokens"]))

    def book_of(self, run: str) -> Playbook:
        """The playbook that a run is pinned to."""
        if run not in self._books:
            row = self.row(run)
            book = from_document(json.loads(row["document"]))
            if book.digest != row["digest"]:
                raise IntegrityError(
                    f"run {run[:8]} is not of the playbook that it was begun with", hint="atttcli db verify"
                )
            self._books[run] = book
        return self._books[run]

    def row(self, run: str) -> Row:
        """A run as stored."""
        row = self.journal.store.row("SELECT * FROM playbook_run WHERE id = ?", run)
        if row is None:
            raise NotFound(f"no run {run[:40]!r}", hint="atttcli playbook run list")
        return row

    def close_branch(self, run: str, note: str) -> None:
        """Cancel a child run with all below it: nobody waits for it any more."""
        row = self.row(run)
        if row["state"] not in {"running", "paused"}:
            return
        self.states[run] = {"tokens": json.loads(row["tokens"]), "state": "cancelled"}
        for task in self.journal.store.rows("SELECT number, child FROM task WHERE run = ? AND state = 'open'", run):
            self.closed.append({"number": task["number"], "outcome": "cancelled", "note": note})
            if task["child"]:
                self.close_branch(task["child"], note)

    def _drop(self, run: str, token: Token) -> None:
        row = self.journal.store.row(
            "SELECT number, child FROM task WHERE run = ? AND step = ? AND round = ? AND state = 'open'",
            run, token.step, token.round,
        )  # fmt: skip
        if row is not None:
            note = "the run went on to its exception step"
            self.closed.append({"number": row["number"], "outcome": "cancelled", "note": note})
            if row["child"]:
                self.close_branch(row["child"], note)
        self.tasks = [t for t in self.tasks if (t["run"], t["step"], t["round"]) != (run, token.step, token.round)]

    def _open(self, playbook: Playbook, run: str, state: RunState, opening: Opening) -> None:
        step = playbook.steps[opening.step]
        values = runner.seen_values(playbook, state, step)
        task = self._task(playbook, run, step, opening, values)
        self.tasks.append(task)
        if opening.kind == "child":
            self._child(run, step, task, values)

    def _child(self, run: str, step: Step, task: dict[str, Any], values: dict[str, Any]) -> None:
        """Start the playbook that a step names; when that cannot be, the task stays for a person, and says why."""
        try:
            book = self.library.by_id(step.playbook_id, step.playbook_version)
            if book is None:
                raise NotFound(f"the playbook {step.playbook_id} is not here")
            ancestors = self._ancestors(run)
            if len(ancestors) > MAX_DEPTH or book.id in ancestors:
                raise NotFound(f"the playbook {book.short} would run within itself")
            moved = runner.start(book, runner.handed_in(self.book_of(run), step, values, book))
        except AtttError as error:
            task["detail"]["by_hand"] = error.message
            return
        child = uuid.uuid4().hex
        task["child"], task["status"] = child, ONGOING
        self.begin(book, child, moved, parent=run, parent_task=task["number"])

    def _ancestors(self, run: str) -> list[str]:
        found: list[str] = []
        while run and len(found) <= MAX_DEPTH:
            body: Any = self.states[run] if "parent" in self.states.get(run, {}) else self.row(run)
            found.append(str(body["playbook"]))
            run = str(body["parent"])
        return found

    def _return_to_parent(self, playbook: Playbook, run: str, moved: Moved) -> None:
        new = self.states[run]
        source: Any = new if "parent" in new else self.row(run)
        parent, number = str(source["parent"]), str(source["parent_task"])
        waiting = next((t for t in self.tasks if t["number"] == number), None) or self.journal.store.row(
            "SELECT number, step, round, title FROM task WHERE number = ? AND state = 'open'", number
        )
        if not parent or waiting is None:
            return
        book, state = self.book_of(parent), self.state_of(parent)
        step = book.steps[waiting["step"]]
        failed = moved.state.failed and bool(step.on_failure or book.exception)
        values = runner.returned(playbook, moved.state, step.out_args)
        known = tuple((name, text) for name, text in values if book.variable(step, name))
        note = f"{playbook.name}: {'failed' if moved.state.failed else 'finished'}"
        given = Answer("failed" if failed else "done", None, note, (), known, "-" if failed else "")
        after = runner.answer(book, state, step.id, given, round=waiting["round"], task=number, automatic=True)
        self.closed.append({"number": number, "outcome": given.outcome, "note": note, "results": dict(known)})
        self.settle(book, parent, after)

    def _task(
        self, playbook: Playbook, run: str, step: Step, opening: Opening, values: dict[str, Any]
    ) -> dict[str, Any]:
        now = self.journal.clock.now()
        begin = now + step.delay
        agencies = self._agencies(step)
        return {
            "number": self.next_number(),
            "incident": self.incident,
            "run": run,
            "step": step.id,
            "code": step.code,
            "round": opening.round,
            "kind": opening.kind,
            "title": step.name or step.description[:120] or step.id,
            "title_en": step.name_en,
            "description": fill(step.description, values),
            "description_en": fill(step.description_en, values),
            "lead": ", ".join(step.lead),
            "lead_name": self._lead_name(playbook, step),
            "support": list(step.support),
            "outputs": list(step.outputs),
            "agencies": agencies,
            "required": not step.optional,
            "needs_evidence": step.needs_evidence,
            "asks": "again" if opening.kind == "again" else step.asks,
            "approval": list(step.approval),
            "due": self._due(step, begin),
            "not_before": begin if step.delay else None,
            "status": WAITING if step.delay else READY,
            "detail": _detail(playbook, step, values),
        }

    def _agencies(self, step: Step) -> list[str]:
        affected = json.loads(
            self.journal.store.value("SELECT agencies FROM incident WHERE number = ?", self.incident) or "[]"
        )
        named = [code for one in step.org for code in (affected if one == "@affected" else [one])]
        return list(dict.fromkeys(named))

    def _lead_name(self, playbook: Playbook, step: Step) -> str:
        if step.lead:
            return "; ".join(playbook.roles.get(role, role) for role in step.lead)
        agent = playbook.parties.get(step.agent)
        return agent.name if agent else ""

    def _due(self, step: Step, begin: int) -> int | None:
        if step.due is None:
            return None
        if step.due_from == "detected":
            detected = self.journal.store.value("SELECT detected FROM incident WHERE number = ?", self.incident)
            return (begin if detected is None else int(detected)) + step.due
        return begin + step.due

    def next_number(self) -> str:
        """Numbers of one entry follow each other; the counter moves when the entry is written."""
        if not self._number:
            self._number = self.journal.next_number("NV")
        else:
            stem, seq = self._number.rsplit("-", 1)
            digits = seq.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            self._number = f"{stem}-{seq[: len(seq) - len(digits)]}{int(digits) + 1:0{len(digits)}d}"
        return self._number


def _detail(playbook: Playbook, step: Step, values: dict[str, Any]) -> dict[str, Any]:
    """What a task shows and other rooms use, that no query asks for; empty parts are left out."""
    wants = []
    for name in step.out_args:
        variable = playbook.variable(step, name)
        if variable is not None:
            wants.append({"name": name, "type": variable.type, "description": variable.description})
    commands = [
        {"type": one.type, "command": fill(one.text, values), "description": one.description, **dict(one.more)}
        for one in step.commands
        if one.type != "manual" or fill(one.text, values) not in {step.name, fill(step.description, values)}
    ]
    targets = [playbook.parties[one] for one in step.targets if one in playbook.parties]
    body = {
        "wants": wants, "commands": commands, "expects": list(step.evidence), "ask": step.ask, "ask_en": step.ask_en,
        "advisory": list(step.advisory), "reports": list(step.reports), "deadlines": list(step.deadlines),
        "targets": [{"type": one.type, "name": one.name, "addresses": [a for _, a in one.addresses]} for one in targets],
        "may_fail": bool(step.on_failure or playbook.exception), "escalate_to": step.escalate_to,
        "remind": step.remind, "escalate": step.escalate,
    }  # fmt: skip
    return {key: value for key, value in body.items() if value not in ("", [], None, False)}
