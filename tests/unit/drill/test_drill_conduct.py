"""Conducting: pauses hold injects back, jumps hand them over in order, a crash loses nothing, a seal tells of changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.clock import MINUTE, SECOND
from atttcli.drill import conduct
from atttcli.drill.clock import PAUSED
from atttcli.drill.robot import RobotClock
from atttcli.drill.room import Room
from atttcli.drill.score import score
from atttcli.errors import Conflict, IntegrityError, NotFound, Refused, UsageError
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


def ids(told: list[conduct.Told]) -> list[str]:
    return [one.inject.id for one in told]


def test_nothing_comes_before_the_start_or_during_a_pause(room: Room, clock: RobotClock) -> None:
    assert conduct.advance(room) == []
    conduct.start(room)
    assert ids(conduct.advance(room)) == ["A1"]
    clock.time += 2 * MINUTE
    conduct.pause(room, "real-incident")
    clock.time += 60 * MINUTE
    assert conduct.advance(room) == []
    conduct.resume(room)
    clock.time += 2 * MINUTE
    assert conduct.advance(room) == []
    clock.time += 2 * MINUTE
    assert ids(conduct.advance(room)) == ["A2"]


def test_an_inject_by_hand_is_not_kept_back_by_a_pause(room: Room, clock: RobotClock) -> None:
    conduct.start(room)
    conduct.pause(room, "nghỉ")
    assert conduct.inject_by_hand(room, "a2").how == "hand"
    assert room.play().clock.phase == PAUSED
    with pytest.raises(Conflict):
        conduct.inject_by_hand(room, "A2")


def test_a_jump_hands_over_what_it_passes_in_order(room: Room) -> None:
    conduct.start(room)
    assert ids(conduct.jump(room, 11 * MINUTE)) == ["A1", "A2", "B1"]
    assert {one.how for one in room.play().deliveries.values()} == {"jump"}
    with pytest.raises(Refused):
        conduct.jump(room, MINUTE)


def test_a_drill_goes_on_after_a_crash(tmp_path: Path, clock: RobotClock) -> None:
    with drill_room(tmp_path, FLASH, clock) as room:
        conduct.start(room)
        conduct.advance(room)
        root = room.workspace.root
    clock.time += 6 * MINUTE + SECOND
    with open_room(root, clock) as room:
        assert ids(conduct.advance(room)) == ["A2"]
        assert room.play().now(clock.time).active == pytest.approx(6 * MINUTE + SECOND, abs=1000)


def test_a_delivery_that_died_before_its_entry_is_made_again(tmp_path: Path, clock: RobotClock) -> None:
    """The files were taken in already, so nothing is new to the ingest: the alerts are found all the same."""
    with drill_room(tmp_path, WHOLE, clock) as room:
        conduct.start(room)
        inject = room.scenario.inject("A2")
        assert inject is not None
        made = conduct.make(inject, room.making("A2"))
        conduct._take_in(room, inject, conduct._write(room.workspace.inbox / room.making("A2").sign("A2"), made))
        told = conduct.inject_by_hand(room, "A2")
        assert told.alerts


def test_a_hint_comes_to_a_team_that_is_stuck_and_only_then(tmp_path: Path, clock: RobotClock) -> None:
    with drill_room(tmp_path, WHOLE, clock) as room:
        conduct.start(room)
        told = []
        for _minute in range(31):
            told += ids(conduct.advance(room))
            clock.time += MINUTE
        assert "H1" in told
    with drill_room(tmp_path, WHOLE, clock, code="DT-2026-0002") as room:
        conduct.start(room)
        conduct.advance(room)
        conduct.answer(room, "E1")
        told = []
        for _minute in range(31):
            told += ids(conduct.advance(room))
            clock.time += MINUTE
        assert "H1" not in told


def test_what_is_kept_back_for_good_leaves_the_sum(tmp_path: Path, clock: RobotClock) -> None:
    data = FLASH.replace(b"    at: 5m\n", b"    at: 5m\n    unless: {done: E1}\n")
    with drill_room(tmp_path, data, clock) as room:
        conduct.start(room)
        conduct.advance(room)
        conduct.answer(room, "E1")
        conduct.answer(room, "E2", choice="a")
        clock.time += 11 * MINUTE
        assert ids(conduct.advance(room)) == ["B1"]
        conduct.answer(room, "E4", choice="dismiss")
        found = score(room.scenario, room.play())
        assert found.total == pytest.approx(100)
        assert next(one for one in found.goals if one.id == "G2").letter == ""


def test_late_wrong_and_right_answers(room: Room, clock: RobotClock) -> None:
    conduct.start(room)
    conduct.advance(room)
    clock.time += 10 * MINUTE + SECOND
    conduct.advance(room)
    conduct.answer(room, "E1", at=BASE + 3 * MINUTE)  # entered later with its time
    conduct.answer(room, "E2", choice="b", at=BASE + 8 * MINUTE)  # half right, and half way from 4 to 12 minutes
    conduct.answer(room, "E3", fields={"agency": "x", "seen": "a", "since": "b", "done": "c", "callback": "d"})
    conduct.answer(room, "E4", choice="incident")
    lines = {one.id: one for one in score(room.scenario, room.play()).lines}
    assert lines["E1"].value == 1
    assert lines["E2"].value == pytest.approx(0.25, abs=0.001)
    assert lines["E3.quality"].value == pytest.approx(0.4), "wrong agency, and to nobody in particular"
    assert lines["E4"].reason == "false-alarm"
    conduct.answer(room, "E4", choice="dismiss")
    assert {one.id: one for one in score(room.scenario, room.play()).lines}["E4"].value == 1


def test_a_ruling_needs_a_reason_and_is_cited(room: Room) -> None:
    conduct.start(room)
    conduct.advance(room)
    with pytest.raises(Refused):
        conduct.rule(room, "E1", 0.5, " ")
    with pytest.raises(NotFound):
        conduct.rule(room, "E9", 0.5, "x")
    conduct.rule(room, "E1", 0.5, "nói đúng nhưng nhỏ")
    line = next(one for one in score(room.scenario, room.play()).lines if one.id == "E1")
    assert line.value == 0.5 and "nói đúng nhưng nhỏ" in line.overridden and len(line.entries) == 2


def test_a_broken_gate_voids_the_result(room: Room) -> None:
    conduct.start(room)
    conduct.note(room, "!", "gọi nhầm số thật", gate="real-addressee")
    assert score(room.scenario, room.play()).gates == ("real-addressee",)


def test_what_cannot_be_entered(room: Room, clock: RobotClock) -> None:
    with pytest.raises(Refused):
        conduct.answer(room, "E1")
    conduct.start(room)
    conduct.advance(room)
    with pytest.raises(UsageError):
        conduct.answer(room, "E2", choice="nothing-such")
    with pytest.raises(Refused):
        conduct.answer(room, "E1", choice="na")
    with pytest.raises(Refused):
        conduct.answer(room, "E1", at=BASE - MINUTE)
    conduct.end(room)
    with pytest.raises(Refused):
        conduct.resume(room)


def test_a_scenario_that_was_changed_after_it_was_sealed_is_refused(tmp_path: Path, clock: RobotClock) -> None:
    with drill_room(tmp_path, FLASH, clock) as room:
        root = room.workspace.root
    (root / "scenario.yaml").write_bytes(FLASH.replace(b'grade: "0"', b'grade: "1"', 1))
    with pytest.raises(IntegrityError), open_room(root, clock):
        pass


def test_players_find_no_answers_in_the_journal(tmp_path: Path, clock: RobotClock) -> None:
    with drill_room(tmp_path, WHOLE, clock) as room:
        conduct.start(room)
        conduct.advance(room)
        told = " ".join(str(entry.payload) for entry in room.journal.entries(verbs=("drill.planned", "drill.injected")))
        assert "mahoa" not in told and "T1486" not in told and "rut-mang" not in told
