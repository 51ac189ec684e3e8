from __future__ import annotations

import pytest

from atttcli.errors import Conflict, Refused
from atttcli.model.playbook import RunState
from atttcli.model.task import Answer
from atttcli.playbook import runner
from atttcli.playbook.load import check_file, find_playbook, playbook_files
from atttcli.profile import load_profile


@pytest.fixture(scope="module")
def book():
    return find_playbook("tt20")


def give(step, stable=True):
    return Answer(evidence=("CC-1",) if step.needs_evidence else (), yes=stable if step.asks else None)


def path(book, answers_at_3c):
    """Codes with rounds in the order that people meet them."""
    answers = iter(answers_at_3c)
    moved = runner.start(book)
    walked = []
    while moved.opened:
        step = book.steps[moved.opened[0].step]
        walked.append(f"{step.code}/{moved.opened[0].round}")
        moved = runner.answer(book, moved.state, step.id, give(step, next(answers) if step.asks else True))
    assert moved.state.finished
    return walked


def test_shipped_playbooks_are_valid():
    files = list(playbook_files())
    assert files
    assert [check_file(path) for path in files] == [()] * len(files)


def test_the_eleven_steps_are_those_of_the_profile_with_lead_support_and_papers(book):
    ours = {s.code: (s.name, s.lead, s.support, s.outputs, s.optional) for s in book.steps.values() if s.code}
    law = {s.id: (s.name, s.lead, s.support, s.outputs, s.optional) for s in load_profile("vn-2017").steps("ordinary")}
    assert len(law) == 11
    assert {code: row[:3] + row[4:] for code, row in ours.items()} == {c: r[:3] + r[4:] for c, r in law.items()}
    assert all(set(row[3]) <= set(ours[code][3]) for code, row in law.items())


def test_stable_at_once_walks_the_eleven_steps_in_order(book):
    assert path(book, [True]) == [f"{c}/1" for c in ["1a", "1b", "1c", "1d", "1dd", "1e", "2", "3a", "3b", "3c", "4"]]


def test_not_stable_goes_back_to_containing_in_round_two(book):
    walked = path(book, [False, True])
    assert walked[10:] == ["2/2", "3a/2", "3b/2", "3c/2", "4/1"]


def test_every_step_has_both_languages_a_due_time_and_a_named_lead(book):
    steps = [s for s in book.steps.values() if s.type == "action"]
    assert all(s.name and s.name_en and s.description and s.description_en and s.due for s in steps)
    assert all(role in book.roles for s in steps for role in (*s.lead, *s.support))


@pytest.mark.parametrize(
    ("code", "given", "guard"),
    [
        ("1a", Answer(), "evidence"),
        ("1a", Answer("skipped", None, "không cần"), "required"),
        ("1d", Answer("skipped"), "reason"),
        ("3c", Answer(), "answer"),
    ],
)
def test_a_step_refuses_what_its_guard_forbids(book, code, given, guard):
    step = next(s for s in book.steps.values() if s.code == code)
    with pytest.raises(Refused) as caught:
        runner.check_answer(book, step, given, "NV-2026-0001")
    assert caught.value.guard == guard
    assert "atttcli" in caught.value.hint


def test_a_step_that_does_not_wait_cannot_be_answered(book):
    state = runner.start(book).state
    with pytest.raises(Conflict):
        runner.answer(book, state, next(s.id for s in book.steps.values() if s.code == "4"), Answer())


def test_state_survives_json(book):
    moved = runner.start(book)
    state = runner.answer(book, moved.state, moved.opened[0].step, give(book.steps[moved.opened[0].step])).state
    assert RunState.from_json(state.to_json()) == state


def test_a_state_of_the_first_version_is_still_read(book):
    moved = runner.start(book)
    body = moved.state.to_json()
    old = {
        "tokens": [[step, frames] for step, frames, _round, _turns in body["tokens"]], "frames": [],
        "variables": body["variables"], "rounds": body["rounds"], "made": 0,
    }  # fmt: skip
    assert RunState.from_json(old) == moved.state
