"""The scenario's clock: scenario time runs and jumps, active time is real time without pauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import MINUTE
from atttcli.drill.clock import ENDED, PAUSED, Tick, fold
from atttcli.errors import Refused


def test_a_pause_stops_both_times() -> None:
    events = [Tick("start", 0), Tick("pause", 10 * MINUTE), Tick("resume", 70 * MINUTE)]
    now = fold(events, 75 * MINUTE)
    assert (now.scenario, now.active) == (15 * MINUTE, 15 * MINUTE)
    assert fold(events, 40 * MINUTE).phase == PAUSED


def test_fast_forwarding_moves_the_scenario_and_not_the_active_time() -> None:
    now = fold([Tick("start", 0), Tick("rate", 0, 2000), Tick("jump", 10 * MINUTE, 60 * MINUTE)], 20 * MINUTE)
    assert (now.scenario, now.active) == (80 * MINUTE, 20 * MINUTE)


def test_the_first_inject_after_a_pause_comes_at_its_time() -> None:
    events = [Tick("start", 0), Tick("pause", MINUTE), Tick("resume", 31 * MINUTE)]
    assert fold(events).wall_of(5 * MINUTE) == 35 * MINUTE
    assert fold(events[:2]).wall_of(5 * MINUTE) is None


@pytest.mark.parametrize(
    "events",
    [
        [Tick("pause", 1)],
        [Tick("start", 0), Tick("start", 1)],
        [Tick("start", 0), Tick("resume", 1)],
        [Tick("start", 0), Tick("end", 1), Tick("resume", 2)],
        [Tick("start", 0), Tick("rate", 1, 0)],
        [Tick("start", 0), Tick("jump", 10 * MINUTE, MINUTE)],
    ],
)
def test_what_cannot_be_is_refused(events: list[Tick]) -> None:
    with pytest.raises(Refused):
        fold(events)


@given(st.lists(st.tuples(st.sampled_from(["pause", "resume", "rate", "jump"]), st.integers(1, 10**9)), max_size=12))
def test_times_never_go_back_and_active_never_outruns_the_wall(steps: list[tuple[str, int]]) -> None:
    events, at, seen = [Tick("start", 0)], 0, (0, 0)
    for kind, passed in steps:
        at += passed
        now = fold(events, at)
        assert (now.scenario, now.active) >= seen
        assert now.active <= at
        seen = (now.scenario, now.active)
        value = 500 + passed % 4000 if kind == "rate" else now.scenario + passed if kind == "jump" else 0
        try:
            fold([*events, Tick(kind, at, value)])
        except Refused:
            continue
        events.append(Tick(kind, at, value))
    assert fold([*events, Tick("end", at)]).phase == ENDED
