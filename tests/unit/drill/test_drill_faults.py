"""A drill among accidents: two processes at once, a clock that is set back, times that cannot be, plans broken off half way."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.clock import HOUR, MINUTE, SECOND
from atttcli.drill import conduct
from atttcli.drill.payload import Artefact
from atttcli.drill.robot import RobotClock
from atttcli.drill.room import Room, building, drill_codes, taken_codes
from atttcli.drill.score import score
from atttcli.errors import Conflict, Refused
from atttcli.packaged import packaged
from tests.support.drill_case import BASE, drill_room, open_room

FLASH = (packaged("seeds") / "drills" / "ransomware-commune-flash.yaml").read_bytes()
WHOLE = (packaged("seeds") / "drills" / "ransomware-commune.yaml").read_bytes()


@pytest.fixture
def clock() -> RobotClock:
    return RobotClock(BASE)


@pytest.fixture
def room(tmp_path: Path, clock: RobotClock) -> Iterator[Room]:
    with drill_room(tmp_path, FLASH, clock) as found:
        yield found


def injected(room: Room) -> Counter[str]:
    return Counter(entry.payload["inject"] for entry in room.journal.entries(verbs=("drill.injected",)))


def test_the_clock_set_back_stops_nothing_and_gives_nobody_time(room: Room, clock: RobotClock) -> None:
    conduct.start(room)
    conduct.advance(room)
    clock.time += 2 * MINUTE
    conduct.advance(room)
    conduct.note(room, "i", "hai phút")
    clock.time -= HOUR
    assert room.play().clock_at(room.play().last).scenario == pytest.approx(2 * MINUTE, abs=SECOND)
    conduct.advance(room)
    clock.time += 6 * MINUTE
    assert [one.inject.id for one in conduct.advance(room)] == ["A2"], "eight minutes into the drill"
    conduct.answer(room, "E1")
    play = room.play()
    assert play.actions[-1].active == pytest.approx(8 * MINUTE, abs=SECOND), (
        "not the two at which the hands stood still"
    )
    assert [one.text for one in play.notes if "60:00" in one.text]


def test_a_clock_set_back_is_made_good_also_by_another_process(tmp_path: Path, clock: RobotClock) -> None:
    with drill_room(tmp_path, FLASH, clock) as room:
        conduct.start(room)
        root = room.workspace.root
    clock.time -= HOUR
    with open_room(root, clock) as room:
        conduct.pause(room, "nghỉ")
    clock.time += MINUTE
    with open_room(root, clock) as room:
        conduct.resume(room)
        clock.time += 3 * MINUTE
        assert room.play().shift == pytest.approx(HOUR, abs=SECOND)
        conduct.pause(room, "nghỉ")
        assert room.play().clock.active == pytest.approx(3 * MINUTE, abs=SECOND)


def test_a_machine_that_slept_hands_over_what_fell_due_and_counts_from_then(room: Room, clock: RobotClock) -> None:
    conduct.start(room)
    conduct.advance(room)
    clock.time += 11 * MINUTE
    assert [one.inject.id for one in conduct.advance(room)] == ["A2", "B1"]
    clock.time += MINUTE
    conduct.answer(room, "E4", choice="dismiss")
    line = next(one for one in score(room.scenario, room.play()).lines if one.id == "E4")
    assert line.took == pytest.approx(MINUTE, abs=SECOND)


@pytest.mark.parametrize("doing", ["start", "pause", "inject", "answer", "end", "advance", "jump"])
def test_what_is_still_to_come_is_refused(room: Room, clock: RobotClock, doing: str) -> None:
    later = BASE + 3 * HOUR
    if doing != "start":
        conduct.start(room)
        conduct.advance(room)
    before = room.play().last
    with pytest.raises(Refused, match="still to come"):
        {
            "start": lambda: conduct.start(room, later),
            "pause": lambda: conduct.pause(room, "x", later),
            "inject": lambda: conduct.inject_by_hand(room, "B1", later),
            "answer": lambda: conduct.answer(room, "E1", at=later),
            "end": lambda: conduct.end(room, "", later),
            "advance": lambda: conduct.advance(room, later),
            "jump": lambda: conduct.jump(room, 10 * MINUTE, later),
        }[doing]()
    assert room.play().last == before


def test_an_answer_that_would_count_nowhere_is_refused(room: Room, clock: RobotClock) -> None:
    clock.time += HOUR
    conduct.start(room, BASE)
    conduct.inject_by_hand(room, "A1", BASE + 2 * MINUTE)
    with pytest.raises(Refused, match="delivered later"):
        conduct.answer(room, "E1", at=BASE + MINUTE)
    with pytest.raises(Refused, match="began later"):
        conduct.inject_by_hand(room, "A2", BASE - MINUTE)
    conduct.end(room, "", BASE + 20 * MINUTE)
    with pytest.raises(Refused, match="had ended"):
        conduct.answer(room, "E1")
    conduct.answer(room, "E1", at=BASE + 5 * MINUTE)
    assert next(one for one in score(room.scenario, room.play()).lines if one.id == "E1").took == 3 * MINUTE


def test_an_answer_backdated_into_a_pause_took_as_long_as_until_the_pause(room: Room, clock: RobotClock) -> None:
    conduct.start(room)
    conduct.advance(room)
    clock.time += 2 * MINUTE
    conduct.pause(room, "nghỉ")
    clock.time += 30 * MINUTE
    conduct.resume(room)
    clock.time += MINUTE
    conduct.answer(room, "E1", at=BASE + 20 * MINUTE)
    line = next(one for one in score(room.scenario, room.play()).lines if one.id == "E1")
    assert line.took == pytest.approx(2 * MINUTE, abs=SECOND)


def test_a_jump_that_died_before_handing_over_marks_what_it_passed(room: Room, clock: RobotClock) -> None:
    conduct.start(room)
    conduct.advance(room)
    conduct._clock(room, "jump", None, {"value": 6 * MINUTE})  # and then the lamp goes out
    clock.time += 4 * MINUTE + SECOND
    assert [(one.inject.id, one.how) for one in conduct.advance(room)] == [("A2", "jump"), ("B1", "due")]


def test_a_pause_that_comes_while_an_inject_is_made_holds_it_back(
    room: Room, clock: RobotClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    conduct.start(room)
    conduct.advance(room)
    clock.time += 6 * MINUTE
    made = conduct._write

    def slow(folder: Path, artefacts: list[Artefact]) -> list[Path]:
        paths = made(folder, artefacts)
        with open_room(folder.parent.parent, clock) as other:
            conduct.pause(other, "real-incident")
        return paths

    monkeypatch.setattr(conduct, "_write", slow)
    assert conduct.advance(room) == []
    assert "A2" not in room.play().deliveries
    monkeypatch.undo()
    conduct.resume(room)
    assert [one.inject.id for one in conduct.advance(room)] == ["A2"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forks")
def test_two_processes_hand_over_each_inject_once(tmp_path: Path, clock: RobotClock) -> None:
    clock.time += 2 * HOUR
    with drill_room(tmp_path, WHOLE, clock) as room:
        conduct.start(room, BASE)
        root = room.workspace.root
    reading, writing = os.pipe()
    children = []
    for _number in range(3):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with open_room(root, RobotClock(clock.time)) as room:
                    told = [one.inject.id for one in conduct.advance(room)]
                os.write(writing, (" ".join(told) + "\n").encode())
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    os.close(writing)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    with os.fdopen(reading) as stream:
        told = Counter(stream.read().split())
    with open_room(root, clock) as room:
        assert set(injected(room).values()) == {1}
        assert told == injected(room), "what one process told no other one told"
        assert {"A1", "A2", "B1", "A4", "A7"} <= set(told)
        assert all(room.play().deliveries[one].alerts for one in ("A2", "B1", "A7"))


def test_a_plan_broken_off_leaves_no_drill_and_no_number_twice(tmp_path: Path, clock: RobotClock) -> None:
    root = tmp_path / "drills" / "DT-2026-0001"
    root.mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt), building(root) as work:
        work.mkdir()
        (work / "atttcli.toml").write_text("")
        raise KeyboardInterrupt
    assert list((tmp_path / "drills").iterdir()) == []
    root.mkdir()  # killed: nobody tidied up
    (tmp_path / "drills" / ".new-DT-2026-0001").mkdir()
    assert drill_codes(tmp_path) == []
    assert taken_codes(tmp_path) == ["DT-2026-0001"]


def test_a_player_who_takes_back_takes_back_what_players_did(room: Room) -> None:
    from atttcli.incident.casework import NewIncident, open_incident
    from atttcli.incident.undo import undo

    conduct.start(room)
    number = open_incident(room.journal, "bac-kan", "vn-2017", NewIncident("thử", exercise=True))
    conduct.advance(room)
    assert undo(room.journal).object == number
    assert "A1" in room.play().deliveries
    assert [one for one in room.play().actions if one.kind == "opened"] == []


def test_a_second_delivery_by_hand_is_a_conflict(room: Room) -> None:
    conduct.start(room)
    conduct.inject_by_hand(room, "B1")
    with pytest.raises(Conflict):
        conduct.inject_by_hand(room, "B1")


def test_a_score_is_not_low_before_anything_was_asked(tmp_path: Path, clock: RobotClock) -> None:
    """G2 is asked about by A2, five minutes in: until then nobody is behind in it."""
    data = FLASH.replace(b"    at: 10m\n", b"    when: {score_below: {goal: G2, value: 50}}\n")
    assert data != FLASH
    with drill_room(tmp_path, data, clock) as room:
        conduct.start(room)
        assert [one.inject.id for one in conduct.advance(room)] == ["A1"]
        clock.time += 6 * MINUTE
        assert [one.inject.id for one in conduct.advance(room)] == ["A2", "B1"]
