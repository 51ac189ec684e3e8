"""Robots play every shipped scenario through the tool's own pipeline: right is 100, silence is 0, crying wolf is less."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.drill.scenario import shipped_names
from atttcli.drill.score import score
from atttcli.incident.metrics import times
from atttcli.model.drill import MADE
from atttcli.packaged import packaged
from tests.support.drill_case import robot_room


def source(name: str) -> bytes:
    return (packaged("seeds") / "drills" / f"{name}.yaml").read_bytes()


@pytest.mark.parametrize("name", shipped_names())
def test_the_ideal_robot_reaches_100_on_the_real_pipeline(name: str, tmp_path: Path) -> None:
    with robot_room(tmp_path, source(name), "ideal") as (room, told):
        found = score(room.scenario, room.play())
        assert found.total == pytest.approx(100)
        assert {one.letter for one in found.goals} == {"P"} and found.valid
        for one in told:
            assert bool(one.alerts) == (one.inject.channel in MADE), f"{one.inject.id}: {one.alerts}"
        incidents = room.store.rows("SELECT exercise FROM incident")
        assert all(row["exercise"] for row in incidents)
        assert list(times(room.store)) == [], "an exercise is in no metric"


@pytest.mark.parametrize("name", shipped_names())
def test_silence_is_0_and_crying_wolf_is_less_than_100(name: str, tmp_path: Path) -> None:
    with robot_room(tmp_path / "a", source(name), "silent") as (room, _told):
        found = score(room.scenario, room.play())
        assert found.total == 0 and {one.letter for one in found.goals} == {"U"}
    with robot_room(tmp_path / "b", source(name), "noisy") as (room, _told):
        found = score(room.scenario, room.play())
        assert 0 < found.total < 98 and found.false_positives
