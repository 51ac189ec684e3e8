"""What a robot does with its hands: the steps, moves, papers, warnings and exhibits that a scenario waits for, in the real rooms.

Each returns whether it could be done here; what cannot be done (a step behind an approval by somebody else, a deadline that the
incident does not have) is left to the facilitator's answer, as it would be with people.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from atttcli.drill.room import Room
from atttcli.errors import AtttError
from atttcli.model.drill import Expectation, Matcher
from atttcli.model.incident import FORWARD
from atttcli.model.task import Answer

if TYPE_CHECKING:
    from atttcli.store.connection import Row

_MOST_STEPS = 60  # a playbook that asks more often than that is going round


def perform(room: Room, incident: str, expectation: Expectation) -> bool:
    """Meet an expectation by what its matchers name; False when none of them can be done here."""
    if not incident:
        return False
    return any(_HANDS[one.kind](room, incident, one, expectation) for one in expectation.on if one.kind in _HANDS)


def _step(room: Room, incident: str, matcher: Matcher, expectation: Expectation) -> bool:
    """Start the playbook if it does not run yet, and work through its tasks until the named step is done."""
    from atttcli.playbook.library import Library
    from atttcli.playbook.runs import start_run

    short, sign, code = matcher.value.partition("/")
    if not sign:
        return False
    journal = room.journal
    library = Library(room.workspace.root, room.store)
    book = library.find(short)
    run = room.store.value("SELECT id FROM playbook_run WHERE incident = ? AND playbook = ?", incident, book.id)
    run = run or start_run(journal, book, incident, library=library)
    for _round in range(_MOST_STEPS):
        if room.store.value("SELECT 1 FROM task WHERE run = ? AND code = ? AND state = 'done'", run, code):
            return True
        rows = room.store.rows("SELECT * FROM task WHERE run = ? AND state = 'open' ORDER BY number", run)
        wanted = sorted(rows, key=lambda row: bool(row["code"] != code))
        if not any(_finish(room, incident, row, library) for row in wanted):
            return False
    return False


def _finish(room: Room, incident: str, row: Row, library: object) -> bool:
    """One task, with a note, an exhibit and the values that it asks for; True when it is done."""
    from atttcli.playbook.library import Library
    from atttcli.playbook.load import from_document
    from atttcli.playbook.tasks import finish_task

    assert isinstance(library, Library)
    text = room.store.value("SELECT document FROM playbook_run WHERE id = ?", row["run"])
    book = from_document(json.loads(text))
    step = book.steps[row["step"]]
    values, yes = [], None
    for name in step.out_args:
        variable = book.variable(step, name)
        if variable is not None and name == step.asks:
            yes = row["round"] % 2 == 0  # once no, once yes: whatever a loop waits for, it ends
        elif variable is not None:
            values.append((name, "true" if variable.type in ("bool", "boolean") else "1"))
    shown = _exhibits(room, incident)
    try:
        finish_task(room.journal, row["number"], Answer("done", yes, "diễn tập", shown[:1], tuple(values)), library)
    except AtttError:
        return False
    return bool(room.store.value("SELECT state = 'done' FROM task WHERE number = ?", row["number"]))


def _exhibits(room: Room, incident: str) -> tuple[str, ...]:
    """Numbers of the exhibits of an incident; the first artefact at hand becomes one where there is none."""
    found = room.store.rows("SELECT number FROM evidence WHERE incident = ? AND withdrawn IS NULL", incident)
    if not found:
        collect(room, incident)
        found = room.store.rows("SELECT number FROM evidence WHERE incident = ? AND withdrawn IS NULL", incident)
    return tuple(str(row["number"]) for row in found)


def collect(room: Room, incident: str) -> bool:
    """Put the newest artefact that is no exhibit yet into the vault; a written note where nothing was handed out."""
    from atttcli.evidence.vault import Vault, add
    from atttcli.store.durable import write_whole

    vault = Vault(room.workspace.vault)
    before = room.store.value("SELECT count(*) FROM evidence")
    files = sorted((one for one in room.workspace.inbox.rglob("*") if one.is_file()), reverse=True)
    for path in files:
        add(room.journal, vault, incident, path, source=path.name, note="diễn tập")
        if room.store.value("SELECT count(*) FROM evidence") > before:
            return True
    note = room.workspace.outbox / f"{room.code}-ghi-chep-{before}.txt"
    write_whole(note, f"{room.code}: ghi chép hiện trường, diễn tập\n".encode())
    add(room.journal, vault, incident, note, source=note.name, note="diễn tập")
    return True


def _evidence(room: Room, incident: str, matcher: Matcher, expectation: Expectation) -> bool:
    return collect(room, incident)


def _moved(room: Room, incident: str, matcher: Matcher, expectation: Expectation) -> bool:
    """Forward, one status after the other, as far as the guards let it."""
    from atttcli.evidence.vault import Vault
    from atttcli.incident.casework import move

    vault = Vault(room.workspace.vault)
    for _hop in range(len(FORWARD)):
        status = str(room.store.value("SELECT status FROM incident WHERE number = ?", incident))
        if status == matcher.value:
            return True
        following = FORWARD.get(status)
        if not following:
            return False
        try:
            move(room.journal, vault, incident, following, "diễn tập")
        except AtttError:
            return False
    return False


def _advisory(room: Room, incident: str, matcher: Matcher, expectation: Expectation) -> bool:
    """Draft, approve and issue a warning to every agency, in the drill's own workspace: nothing leaves it."""
    from atttcli.advisory import desk
    from atttcli.advisory.draft import Wish, make_plan

    template = "" if matcher.value == "any" else matcher.value
    wish = Wish(template=template, incident=incident, to=("all",))
    plan = make_plan(room.store, room.inventory, room.workspace.profile, wish, room.journal.clock.now())
    number = desk.draft(room.journal, plan)
    desk.approve(room.journal, number, "Lãnh đạo diễn tập", f"{room.code}/DT")
    desk.issue(room.journal, number)
    return True


def _deadline(room: Room, incident: str, matcher: Matcher, expectation: Expectation) -> bool:
    from atttcli.incident.casework import meet_deadline

    code = matcher.value
    if code == "any":
        code = str(room.store.value("SELECT code FROM deadline WHERE incident = ? ORDER BY code", incident) or "")
    if not room.store.value("SELECT 1 FROM deadline WHERE incident = ? AND code = ?", incident, code):
        return False
    meet_deadline(room.journal, incident, code, room.journal.clock.now(), f"{room.code}/DT")
    return True


def _paper(room: Room, incident: str, matcher: Matcher, expectation: Expectation) -> bool:
    """Draft the paper from the drill's workspace, number it and put it into the register, marked as an exercise."""
    from atttcli.evidence.vault import Vault
    from atttcli.profile import load_profile
    from atttcli.reports.papers.catalog import CATALOG, build_paper
    from atttcli.reports.papers.desk import Ask, Desk
    from atttcli.reports.register import issue, numbered

    kind = next((one for one in CATALOG if matcher.value in (one.code, "any") and one.about == "incident"), None)
    if kind is None:
        return False
    law = load_profile(str(room.store.value("SELECT profile FROM incident WHERE number = ?", incident)))
    now = room.journal.clock.now()
    try:
        made = build_paper(kind, Desk(room.journal, room.inventory, law, now, exercise=True), Ask(subject=incident))
    except AtttError:
        return False
    count = room.store.value("SELECT count(*) FROM paper")
    paper = numbered(made, f"{count + 1}/DT", "2026-01-01")
    issue(room.journal, Vault(room.workspace.vault), paper, {})
    return True


_HANDS: dict[str, Callable[[Room, str, Matcher, Expectation], bool]] = {
    "step": _step, "moved": _moved, "advisory": _advisory, "deadline": _deadline, "paper": _paper, "evidence": _evidence,
}  # fmt: skip
