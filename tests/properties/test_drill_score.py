"""Properties of the score: what must hold whatever a team does, when, and however the clock was driven."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.clock import MINUTE, SECOND
from atttcli.drill.clock import Tick
from atttcli.drill.play import Play, read_play
from atttcli.drill.scenario import parse_scenario, shipped_names
from atttcli.drill.score import score
from atttcli.model.drill import Action, Delivery, Scenario
from atttcli.packaged import packaged
from atttcli.store.projection import Entry

T0 = 1_795_392_000_000_000
SCRIPTED = [
    name for name in shipped_names() if name != "live-portal"
]  # a live exercise has rulings instead of a script


@cache
def scenario(name: str) -> Scenario:
    return parse_scenario((packaged("seeds") / "drills" / f"{name}.yaml").read_bytes(), name)


def play_with(given: Scenario, actions: list[tuple[int, str, dict]], delivered: set[str] | None = None) -> Play:
    """A play in which every inject came at its time (or at half an hour) and these actions were done at active times."""
    play = Play(
        planned={"places": {one.name: {"kind": one.kind, "code": one.name, "name": one.name} for one in given.places}}
    )
    play.ticks = [Tick("start", T0)]
    for seq, one in enumerate(given.injects, 2):
        if delivered is None or one.id in delivered:
            at = one.at if one.at is not None else 30 * MINUTE
            alerts = (f"CB-{one.id}",) if one.channel in ("file", "log", "capture", "mail", "list") else ()
            play.deliveries[one.id] = Delivery(one.id, seq, T0 + at, at, at, alerts=alerts)
    for seq, (at, kind, data) in enumerate(sorted(actions, key=lambda one: one[0]), 100):
        play.actions.append(Action(kind, seq, T0 + at, at, at, "doi", "x", data))
    return play


def ideal(given: Scenario, delay: int = MINUTE) -> list[tuple[int, str, dict]]:
    """What a team does that does everything right, so long after each delivery."""
    found: list[tuple[int, str, dict]] = []
    for one in given.injects:
        at = one.at if one.at is not None else 30 * MINUTE
        for index, e in enumerate(one.expects, 1):
            fields = {
                name: truth.split("|")[0].replace("{", "").replace("}", "").replace(".code", "") or "x"
                for name, truth in e.fields
            }
            if e.kind == "classify":
                fields = {"category": e.category or one.truth.category, "severity": e.severity or one.truth.severity}
            best = max(e.options, key=lambda o: o.grade, default=None)
            choice = best.id if best else "dismiss" if e.kind == "dismiss" else "yes"
            body = {"expectation": e.id, "choice": choice, "fields": fields, "addressee": e.addressee, "evidence": True}
            if e.kind == "decision" and best is None:
                body["grade"] = 1  # an open question is worth what the controller says
            found.append((at + delay + index * SECOND, "answered", body))
    return found


@pytest.mark.parametrize("name", SCRIPTED)
def test_silence_is_0_and_everything_right_is_100(name: str) -> None:
    one = scenario(name)
    assert score(one, play_with(one, [])).total == 0
    best = score(one, play_with(one, ideal(one)))
    assert best.total == pytest.approx(100)
    assert {goal.letter for goal in best.goals} == {"P"}


@pytest.mark.parametrize("name", SCRIPTED)
def test_an_incident_on_everything_scores_below_selective_play(name: str) -> None:
    one = scenario(name)
    decoys = {e.id for e in one.expectations if e.kind == "dismiss"}
    if not decoys:
        pytest.skip("no decoy in this scenario")
    selective = ideal(one)
    wolf = [
        (at, kind, data | {"choice": "incident"} if data["expectation"] in decoys else data)
        for at, kind, data in selective
    ]
    quiet = [step for step in selective if step[2]["expectation"] not in decoys]
    totals = [score(one, play_with(one, steps)).total for steps in (wolf, quiet, selective)]
    assert totals[0] < totals[1] < totals[2]


def test_a_decoy_scores_only_with_a_verdict() -> None:
    one = scenario("ransomware-commune")
    line = next(e for e in one.expectations if e.kind == "dismiss")

    def of(*actions: tuple[int, str, dict]) -> float:
        found = score(one, play_with(one, list(actions)))
        return next(x.value for x in found.lines if x.expectation == line.id)

    at = next(i.at for i in one.injects if i.id == line.inject) + MINUTE
    alerts = {"alerts": [f"CB-{line.inject}"]}
    assert of() == 0
    assert of((at, "dismissed", alerts | {"verdict": "handled"})) == 0
    assert of((at, "dismissed", alerts | {"verdict": "benign"})) == 1
    opened = {"incident": "SC-1", "agencies": [], "systems": [], **alerts}
    assert of((at, "opened", opened), (at + 1, "dismissed", alerts | {"verdict": "benign"})) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_earlier_is_never_worse_at_the_same_order(data: st.DataObject) -> None:
    one = scenario(data.draw(st.sampled_from(SCRIPTED)))
    chance = random.Random(data.draw(st.integers(0, 10**6)))
    steps = []
    for at, kind, body in ideal(one):
        if chance.random() < 0.8:
            body = dict(body)
            if chance.random() < 0.3:
                body["choice"] = chance.choice(["yes", "no", "dismiss", "incident"])
            steps.append((at + chance.randrange(0, 120) * MINUTE, kind, body))
    steps.sort(key=lambda step: step[0])
    deliveries = {i.id: (i.at if i.at is not None else 30 * MINUTE) for i in one.injects}
    owner = {e.id: e.inject for e in one.expectations}
    earlier, floor = [], 0
    for at, kind, body in steps:  # each as early as chance has it: not before its inject, not before the one before it
        least = max(deliveries[owner[body["expectation"]]], floor)
        floor = least + int(chance.random() * max(0, at - least))
        earlier.append((floor, kind, body))
    before, after = score(one, play_with(one, steps)), score(one, play_with(one, earlier))
    assert after.total >= before.total - 1e-9
    assert all(b.value <= a.value + 1e-9 for b, a in zip(before.lines, after.lines, strict=True))


def _entries(one: Scenario, pauses: dict[int, int], rate: int) -> list[Entry]:
    """A drill as a journal: answers at active times, the wall clock interrupted by pauses, run at a rate."""
    found: list[Entry] = []

    def wall(active: int) -> int:
        return T0 + active + sum(length for at, length in pauses.items() if at < active)

    def add(moment: int, verb: str, body: dict) -> None:
        found.append(
            Entry(len(found) + 1, f"{len(found):032x}", moment, "h", "doi", verb, "DT-2026-0001", body, "0" * 64)
        )

    events: list[tuple[int, int, str, dict]] = [(T0, 0, "drill.started", {}), (T0, 1, "drill.rated", {"value": rate})]
    for at, length in pauses.items():
        begin = wall(at)
        events += [(begin, 2, "drill.paused", {}), (begin + length, 3, "drill.resumed", {})]
    for inject in one.injects:
        due = inject.at if inject.at is not None else 30 * MINUTE
        events.append((wall(due), 4, "drill.injected", {"inject": inject.id, "alerts": []}))
    for at, _kind, body in ideal(one, delay=7 * MINUTE):
        events.append((wall(at), 5, "drill.answered", body))
    for moment, _rank, verb, body in sorted(events, key=lambda event: (event[0], event[1])):
        add(moment, verb, body)
    return found


@settings(max_examples=25, deadline=None)
@given(
    pauses=st.dictionaries(
        st.integers(1, 80).map(lambda n: n * MINUTE + 13), st.integers(1, 600).map(lambda n: n * SECOND), max_size=4
    ),
    rate=st.integers(100, 20_000),
)
def test_pauses_and_rates_change_nothing(pauses: dict[int, int], rate: int) -> None:
    one = scenario("ransomware-commune")
    plain = score(one, read_play(_entries(one, {}, 1000)))
    assert [x.took for x in plain.lines if x.took >= 0]
    driven = score(one, read_play(_entries(one, dict(sorted(pauses.items())), rate)))
    shape = [(x.id, x.value, x.took, x.reason) for x in plain.lines]
    assert [(x.id, x.value, x.took, x.reason) for x in driven.lines] == shape
    assert driven.total == plain.total


def test_the_same_journal_gives_the_same_score_again() -> None:
    one = scenario("ransomware-commune")
    entries = _entries(one, {}, 1000)
    again = [replace(e, payload=json.loads(json.dumps(e.payload))) for e in entries]
    assert score(one, read_play(entries)) == score(one, read_play(again))


def test_every_line_cites_entries() -> None:
    one = scenario("ransomware-commune")
    entries = _entries(one, {}, 1000)
    known = {e.seq for e in entries}
    lines = score(one, read_play(entries)).lines
    assert lines and all(line.entries and set(line.entries) <= known for line in lines)


def test_untested_techniques_are_not_zero() -> None:
    one = scenario("ransomware-commune")
    some = score(one, play_with(one, [], delivered={"A1"}))
    assert dict(some.coverage)["T1490"] is None
    assert dict(some.coverage)["T1486"] == 0


def test_all_shipped_scenarios_have_a_flash_version() -> None:
    names = shipped_names()
    assert Path(packaged("seeds") / "drills").is_dir()
    functional = [name for name in names if scenario(name).format == "functional"]
    assert len(functional) == 6 and all(f"{name}-flash" in names for name in functional)
