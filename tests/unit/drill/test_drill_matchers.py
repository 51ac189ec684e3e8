"""Every `on:` form of a scenario: what is near it leaves the line at 0, the thing itself in the tool makes it 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.clock import MINUTE
from atttcli.drill import conduct
from atttcli.drill.hands import perform
from atttcli.drill.lint import lint
from atttcli.drill.robot import Robot, RobotClock
from atttcli.drill.room import Room
from atttcli.drill.scenario import parse_scenario
from atttcli.drill.score import score
from atttcli.incident.casework import NewIncident, link_alerts, open_incident
from atttcli.model.drill import Expectation, Matcher, Said
from atttcli.model.task import Answer
from atttcli.packaged import packaged
from tests.support.drill_case import BASE, drill_room

HEAD = """
drill: matchers
version: 1
format: functional
category: mahoa
time: 60m
name: {vi: Thử, en: Try}
situation: {vi: Thử, en: Try}
roles: [{code: doi, name: {vi: Đội, en: Team}}]
places: {xa: {agency: xa, at: 3}, khac: {agency: xa, at: 4}}
goals: [{id: G1, capability: ngan-chan, text: {vi: Thử, en: Try}}]
techniques: []
injects:
  - id: A1
    at: 0m
    to: doi
    phone: {text: {vi: A lô, en: Hello}}
    expect:
"""
LINE = "      - {{id: {id}, kind: step, within: 30m, limit: 50m, goal: G1, on: [{on}], text: {{vi: Việc, en: Task}}}}\n"
FORMS = {
    "E1": "{step: ma-hoa/1}",
    "E2": "{step: any}",
    "E3": "{moved: triage}",
    "E4": "{paper: bao_cao_dien_bien}",
    "E5": "{deadline: A1}",
    "E6": "{advisory: ransomware}",
    "E7": "{evidence: any}",
    "E8": "{opened: xa}",
    "E9": "{advisory: any}",
}
SOURCE = (HEAD + "".join(LINE.format(id=name, on=on) for name, on in FORMS.items())).encode()


WALL = RobotClock(BASE)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    global WALL
    WALL = RobotClock(BASE)
    with drill_room(tmp_path, SOURCE, WALL) as found:
        conduct.start(found)
        conduct.advance(found)
        yield found


def later(minutes: int = 1) -> None:
    WALL.time += minutes * MINUTE


def value(room: Room, line: str) -> float:
    return next(one.value for one in score(room.scenario, room.play()).lines if one.id == line)


def opened(room: Room, place: str = "xa") -> str:
    later()
    code = room.planned["places"][place]["code"]
    new = NewIncident(title="Thử", agencies=(code,), severity="M2", category="mahoa", exercise=True)
    return open_incident(room.journal, room.workspace.organisation, room.workspace.profile, new, ())


def do(room: Room, incident: str, kind: str, what: str) -> bool:
    later()
    wish = Expectation("X", "A1", "step", Said(), 1, "G1", "playbook", on=(Matcher(kind, what),))
    return perform(room, incident, wish)


def test_the_scenario_of_these_tests_is_clean() -> None:
    assert [one for one in lint(parse_scenario(SOURCE)) if one.severity == "error"] == []


def test_a_step_is_of_its_playbook_and_done_not_skipped(room: Room) -> None:
    from atttcli.playbook.library import Library
    from atttcli.playbook.runs import start_run
    from atttcli.playbook.tasks import finish_task

    incident = opened(room)
    library = Library(room.workspace.root, room.store)
    other = start_run(room.journal, library.find("lo-du-lieu"), incident, library=library)
    assert do(room, incident, "step", "lo-du-lieu/1"), other
    assert value(room, "E1") == 0, "step 1 of another playbook is another step"
    assert value(room, "E2") == 1
    run = start_run(room.journal, library.find("ma-hoa"), incident, library=library)
    later()
    task = str(room.store.value("SELECT number FROM task WHERE run = ? AND code = '1'", run))
    finish_task(room.journal, task, Answer("skipped", note="không có máy", agreed_by="lãnh đạo"), library)
    assert value(room, "E1") == 0, "what was skipped is not done"


def test_the_right_step_flips_it(room: Room) -> None:
    incident = opened(room)
    assert value(room, "E1") == 0
    assert do(room, incident, "step", "ma-hoa/1")
    assert value(room, "E1") == 1
    task = room.store.row("SELECT state, code FROM task WHERE incident = ? AND code = '1'", incident)
    assert task is not None and task["state"] == "done", "it went through the playbook"


def test_a_status_flips_it(room: Room) -> None:
    incident = opened(room)
    assert value(room, "E3") == 0
    assert do(room, incident, "moved", "triage")
    assert value(room, "E3") == 1


def test_a_paper_is_known_by_its_form_not_by_its_number(room: Room) -> None:
    incident = opened(room)
    assert do(room, incident, "paper", "bao_cao_phuong_an")
    assert value(room, "E4") == 0, "another paper is another paper"
    assert do(room, incident, "paper", "bao_cao_dien_bien")
    assert value(room, "E4") == 1


def test_a_deadline_is_the_one_that_is_named(room: Room) -> None:
    incident = opened(room)
    assert not do(room, incident, "deadline", "A3"), "a deadline that the incident does not have is not met"
    later()
    room.journal.append("deadline.met", opened(room), {"deadline": "A3", "at": BASE, "paper": "1/BC", "deadlines": []})
    assert value(room, "E5") == 0, "another deadline is another one"
    assert do(room, incident, "deadline", "A1")
    assert value(room, "E5") == 1


def test_a_warning_is_of_its_template_and_issued_not_drafted(room: Room) -> None:
    from atttcli.advisory import desk
    from atttcli.advisory.draft import Wish, make_plan

    incident = opened(room)
    wish = Wish(template="ransomware", incident=incident, to=("all",))
    plan = make_plan(room.store, room.inventory, room.workspace.profile, wish, room.journal.clock.now())
    desk.draft(room.journal, plan)
    assert value(room, "E6") == value(room, "E9") == 0, "a draft warns nobody"
    assert do(room, incident, "advisory", "phishing")
    assert (value(room, "E6"), value(room, "E9")) == (0, 1)
    assert do(room, incident, "advisory", "ransomware")
    assert value(room, "E6") == 1


def test_an_exhibit_flips_it(room: Room) -> None:
    incident = opened(room)
    assert value(room, "E7") == 0
    assert do(room, incident, "evidence", "any")
    assert value(room, "E7") == 1


def test_an_incident_is_of_its_place(room: Room) -> None:
    opened(room, "khac")
    assert value(room, "E8") == 0
    opened(room, "xa")
    assert value(room, "E8") == 1


@pytest.mark.parametrize(
    "wrong",
    ["{step: ma-hoa/99}", "{step: isolate}", "{moved: nowhere}", "{paper: mau_99}", "{deadline: Z9}", "{advisory: nothing}",
     "{opened: nirgends}", "{evidence: photo}"],
)  # fmt: skip
def test_a_matcher_that_can_never_hold_is_an_error_with_its_line(wrong: str) -> None:
    found = lint(parse_scenario((HEAD + LINE.format(id="E1", on=wrong)).encode()))
    assert [one.code for one in found if one.severity == "error"] == ["matcher"] and found[0].line


def test_the_ideal_robot_works_in_the_tool_where_the_scenario_waits_for_the_tool(tmp_path: Path) -> None:
    source = (packaged("seeds") / "drills" / "ransomware-commune.yaml").read_bytes()
    clock = RobotClock(BASE)
    with drill_room(tmp_path, source, clock) as room:
        list(Robot(room, clock, "ideal").play())
        told = {str(one.payload["expectation"]) for one in room.journal.entries(verbs=("drill.answered",))}
        waited = {one.id for one in room.scenario.expectations if one.on}
        assert waited and not told & waited, "nothing that the tool can show was told to the facilitator"
        done = room.store.rows("SELECT code FROM task WHERE state = 'done'")
        assert "1" in [row["code"] for row in done]
        assert room.store.value("SELECT count(*) FROM advisory WHERE stage != 'draft'") == 1
        line = next(one for one in score(room.scenario, room.play()).lines if one.id == "E5")
        verbs = {one.seq: one.verb for one in room.journal.entries()}
        assert {verbs[seq] for seq in line.entries} == {"drill.injected", "run.answered"}


def test_linking_alerts_is_no_step(room: Room) -> None:
    incident = opened(room)
    assert link_alerts(room.journal, incident, ()) == ()
    assert value(room, "E2") == 0
