"""Running a task's command on this machine: only from a trusted playbook, only when told so; its output is evidence."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.clock import SECOND
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.evidence.vault import Vault
from atttcli.model.playbook import Command, Playbook
from atttcli.playbook import runner
from atttcli.playbook.change import Change
from atttcli.playbook.shells import LOCAL, Prepared, prepare, runs_here
from atttcli.process.run import Outcome, run

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row

DEFAULT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Planned:
    """A command of a task, as it would run. `refusal`: why it does not run here (shown for a person), else empty."""

    task: str
    incident: str
    place: int
    command: Command
    prepared: Prepared | None
    seconds: float
    refusal: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it: the outcome, and the number of its evidence."""

    planned: Planned
    outcome: Outcome
    evidence: str


def trust(journal: Journal, playbook: Playbook, reason: str = "") -> None:
    """Let commands of exactly this playbook (this digest) run on this machine."""
    with journal.transaction():
        if is_trusted(journal, playbook.digest):
            raise Conflict(f"{playbook.short} is trusted already", hint=f"atttcli playbook show {playbook.short}")
        body = {"playbook": playbook.id, "modified": playbook.modified, "digest": playbook.digest, "reason": reason}
        journal.append("playbook.trusted", playbook.short or playbook.id, body)


def distrust(journal: Journal, playbook: Playbook, reason: str = "") -> None:
    """No command of it runs here any more."""
    with journal.transaction():
        if not is_trusted(journal, playbook.digest):
            raise NotFound(f"{playbook.short} is not trusted", hint="atttcli playbook list")
        body = {"playbook": playbook.id, "digest": playbook.digest, "reason": reason}
        journal.append("playbook.distrusted", playbook.short or playbook.id, body)


def is_trusted(journal: Journal, digest: str) -> bool:
    """Whether this digest is trusted now."""
    found = journal.store.value("SELECT 1 FROM playbook_trust WHERE digest = ? AND revoked IS NULL", digest)
    return found is not None


def plan(journal: Journal, number: str) -> list[Planned]:
    """Every command of an open task that is not for people, as it would run."""
    row = journal.store.row("SELECT * FROM task WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no task {number[:40]!r}", hint="atttcli task list")
    if row["state"] != "open":
        raise Conflict(f"{number} is {row['state']} already", hint=f"atttcli task show {number}")
    if not row["run"]:
        raise UsageError(f"{number} has no command", hint=f"atttcli task show {number}")
    change = Change(journal, row["incident"])
    book = change.book_of(row["run"])
    step = book.steps[row["step"]]
    values = runner.seen_values(book, change.state_of(row["run"]), step)
    targets = json.loads(row["detail"]).get("targets", [])
    trusted = is_trusted(journal, book.digest)
    seconds = DEFAULT_SECONDS if step.timeout is None else max(1.0, step.timeout / SECOND)
    return [
        _planned(row, place, command, values, targets, trusted, min(seconds, 86_400.0))
        for place, command in enumerate(step.commands)
        if command.type != "manual"
    ]


def _planned(
    row: Row, place: int, command: Command, values: dict[str, Any], targets: list[dict[str, Any]], trusted: bool,
    seconds: float,
) -> Planned:  # fmt: skip
    number = row["number"]
    by_hand = f'run it, then: atttcli task done {number} --note "…" --evidence CC-…'
    prepared, refusal, hint = None, "", by_hand
    if command.type not in LOCAL:
        refusal = f"{command.type} commands are not run by this tool"
    elif not runs_here(targets):
        refusal = f"it is meant for {', '.join(target['name'] for target in targets)}"
    elif not trusted:
        refusal, hint = "its playbook is not trusted", "look at it, then: atttcli playbook trust NAME"
    else:
        prepared, hint = prepare(command.type, command.text, values), ""
    return Planned(number, row["incident"], place, command, prepared, seconds, refusal, hint)


def execute(journal: Journal, vault: Vault, planned: Planned) -> Ran:
    """Run a planned command; its output goes into the vault, and two entries say that it began and how it ended."""
    if planned.prepared is None:
        raise Refused(planned.refusal, guard="trust" if "trusted" in planned.refusal else "command", hint=planned.hint)
    words = {"incident": planned.incident, "place": planned.place, "type": planned.command.type}
    journal.append("task.commanding", planned.task, words | {"arguments": list(planned.prepared.arguments)})
    began = journal.clock.now()
    outcome = run(planned.prepared.arguments, variables=planned.prepared.variables, seconds=planned.seconds)
    sha256, size = vault.keep(io.BytesIO(outcome.output), f"{planned.task}.txt")
    with journal.transaction():
        number = _exhibit(journal, planned, sha256, size)
        result = {"exit_code": outcome.exit_code, "outcome": outcome.stopped or "ended", "evidence": number}
        body = words | result | {"sha256": sha256, "seconds": (journal.clock.now() - began) / SECOND}
        journal.append("task.commanded", planned.task, body)
    return Ran(planned, outcome, number)


def _exhibit(journal: Journal, planned: Planned, sha256: str, size: int) -> str:
    known = journal.store.value(
        "SELECT number FROM evidence WHERE incident = ? AND sha256 = ? AND withdrawn IS NULL", planned.incident, sha256
    )
    if known:
        return str(known)
    number = journal.next_number("CC")
    name = f"{planned.task}-{planned.command.type}-{planned.place}.txt"
    body = {"number": number, "incident": planned.incident, "sha256": sha256, "size": size, "name": name}
    journal.append("evidence.added", number, body | {"source": planned.task, "note": planned.command.text[:500]})
    return number
