"""A drill killed at any moment: no inject lost or handed over twice, nothing acknowledged lost, one summary in the real journal."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from atttcli.cli.context import App
from atttcli.cli.main import cli
from atttcli.cli.workspace import make_workspace
from atttcli.clock import MINUTE, Clock
from atttcli.errors import AtttError, Conflict, NotFound, Refused
from atttcli.inventory import load_organisation
from atttcli.store.connection import Store
from atttcli.store.workspace import load_workspace
from tests.support.casework import START, SetClock
from tests.support.kills import Tell, assert_kept, killed_after

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forks")
CODE = "DT-2026-0001"
ANSWERS = ("E1", "E3 --choice rut-mang", "E5", "E8", "E9", "E10 --choice giu", "E11", "E12", "E14 --choice noi-het")


def command(root: Path, clock: Clock, *words: str) -> list[dict[str, Any]]:
    app = App(str(root), clock=clock)
    try:
        ran = CliRunner().invoke(cli, ["--lang", "en", *words], obj=app)
    finally:
        app.close()
    if isinstance(ran.exception, AtttError):
        raise ran.exception
    assert ran.exit_code in (0, 1), (words, ran.output, ran.exception)
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real workspace with an incident and a drill planned, and the user's own folder beside it."""
    folder = tmp_path_factory.mktemp("kill-drill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(folder / "home"))
        patch.setenv("ATTTCLI_ACTOR", "lan")
        make_workspace(folder / "ws", load_organisation("bac-kan"), "vn-2017", "vi", SetClock(), "lan")
        command(folder / "ws", SetClock(), "incident", "open", "--title", "Sự cố thật")
        command(folder / "ws", SetClock(), "drill", "new", "--from", "ransomware-commune", "--seed", "5")
    return folder


@dataclass
class Exercise:
    """One drill that is killed again and again; `told` is what its children could say before they died."""

    root: Path
    chance: random.Random
    now: int = START
    told: Counter[str] = field(default_factory=Counter)
    written: dict[int, str] = field(default_factory=dict)

    @property
    def drill(self) -> Path:
        return self.root / "drills" / CODE

    def live(self, seconds: float) -> None:
        """One life of a process that conducts and plays, at the time it is now."""
        self.now += self.chance.choice((0, MINUTE, 3 * MINUTE))
        lines, _ended = killed_after(seconds, self._work(self.chance.randrange(1 << 30)), from_first=True)
        for line in lines:
            kind, _space, rest = line.partition(" ")
            if kind == "inject":
                self.told[rest] += 1
            elif kind == "entry":
                seq, _space, digest = rest.partition(" ")
                self.written[int(seq)] = digest

    def _work(self, seed: int) -> Callable[[Tell], None]:
        def work(tell: Tell) -> None:
            chance, clock = random.Random(seed), SetClock(self.now)
            tell("begun")
            while True:
                try:
                    self._one(chance, clock, tell)
                except (Refused, NotFound, Conflict):
                    continue

        return work

    def _one(self, chance: random.Random, clock: SetClock, tell: Tell) -> None:
        doing = chance.choice(("run", "run", "do", "answer", "pause", "jump", "inject"))
        found: list[dict[str, Any]] = []
        if doing == "run":
            found = command(self.root, clock, "drill", "run", CODE, "--once", "--json")
        elif doing == "do":
            command(self.root, clock, "drill", "do", CODE, "incident", "open", "--title", "Thử", "--agency", "xa-03")
        elif doing == "answer":
            command(self.root, clock, "drill", "answer", CODE, *chance.choice(ANSWERS).split())
        elif doing == "pause":
            command(self.root, clock, "drill", "pause", CODE, "--reason", "nghỉ")
        elif doing == "jump":
            found = command(self.root, clock, "drill", "jump", CODE, f"{chance.randrange(1, 60)}m", "--json")
        else:
            found = command(self.root, clock, "drill", "inject", CODE, chance.choice(("A2", "B1", "A7")), "--json")
        for one in found:
            if "inject" in one:
                tell(f"inject {one['inject']}")
        clock.at += MINUTE // 2
        with Store(self.drill / "workspace.db") as store:
            last = store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
            assert last is not None
            tell(f"entry {last['seq']} {last['hash']}")

    def check(self) -> Counter[str]:
        """What must hold after any kill; the injects that stand in the journal."""
        assert_kept(load_workspace(self.drill), self.written)
        with Store(self.drill / "workspace.db") as store:
            bodies = [json.loads(row[0]) for row in store.rows(
                "SELECT payload FROM journal_payload JOIN journal USING (seq) WHERE verb = 'drill.injected'"
            )]  # fmt: skip
        injects = Counter(body["inject"] for body in bodies)
        assert set(injects.values()) <= {1}, f"handed over twice: {injects}"
        assert set(self.told.values()) <= {1}, f"told twice: {self.told}"
        assert set(self.told) <= set(injects), "an inject that was told is not in the journal"
        for body in bodies:
            for made in body["artefacts"]:
                assert list((self.drill / "inbox").glob(f"*/{made['name']}"))
            if body["channel"] in ("file", "log", "capture"):
                assert body["alerts"], f"{body['inject']} came without its alerts"
            assert (self.drill / "outbox" / f"{CODE}-{body['inject']}.txt").is_file()
        return injects

    def real(self) -> list[tuple[Any, ...]]:
        with Store(self.root / "workspace.db") as store:
            return [tuple(row) for row in store.rows("SELECT seq, verb, object FROM journal ORDER BY seq")]


def _kill_a_drill(fresh: Path, folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    shutil.copytree(fresh, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(folder / "home"))
        patch.setenv("ATTTCLI_ACTOR", "lan")
        exercise = Exercise(folder / "ws", chance)
        before = exercise.real()
        command(exercise.root, SetClock(exercise.now), "drill", "run", CODE, "--once")
        for _life in range(kills):
            exercise.live(chance.uniform(0.0, 0.35))
            exercise.check()
        assert exercise.real() == before, "a drill that runs writes nothing into the real workspace"
        clock = SetClock(exercise.now + 200 * MINUTE)
        command(exercise.root, clock, "drill", "run", CODE, "--once", "--json")  # goes on, be it paused
        command(exercise.root, clock, "drill", "jump", CODE, "1000m", "--json")
        injects = exercise.check()
        assert {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "B1"} <= set(injects), "an inject was lost"
        _kill_its_end(exercise, before)
    shutil.rmtree(folder)


def _kill_its_end(exercise: Exercise, before: list[tuple[Any, ...]]) -> None:
    clock = SetClock(exercise.now + 300 * MINUTE)

    def work(tell: Tell) -> None:
        tell("begun")
        command(exercise.root, clock, "drill", "end", CODE)

    ended, lives = False, 0
    while not ended:
        _lines, ended = killed_after(exercise.chance.uniform(0.0, 0.05 + 0.02 * lives), work, from_first=True)
        lives += 1
        held = [entry for entry in exercise.real() if entry not in before]
        assert [verb for _seq, verb, _object in held] in ([], ["drill.held"])
    command(exercise.root, clock, "drill", "end", CODE)
    assert [verb for _seq, verb, _object in exercise.real()[len(before) :]] == ["drill.held"]
    assert_kept(load_workspace(exercise.root), {})
    with Store(exercise.drill / "workspace.db") as store:
        assert store.value("SELECT count(*) FROM journal WHERE verb = 'drill.ended'") == 1


def test_a_drill_that_is_killed_loses_nothing_and_tells_nothing_twice(fresh: Path, tmp_path: Path) -> None:
    _kill_a_drill(fresh, tmp_path / "k", 20, 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 105))
def test_a_hundred_kills_of_a_drill(fresh: Path, tmp_path: Path, seed: int) -> None:
    _kill_a_drill(fresh, tmp_path / "k", 20, seed)


@pytest.mark.parametrize("seed", range(3))
def test_planning_that_is_killed_leaves_whole_drills_only(fresh: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    shutil.copytree(fresh, tmp_path / "k")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(tmp_path / "k" / "home"))
        patch.setenv("ATTTCLI_ACTOR", "lan")
        root = tmp_path / "k" / "ws"

        def work(tell: Tell) -> None:
            tell("begun")
            command(root, SetClock(), "drill", "new", "--from", "service-flood-flash", "--team", "a", "--team", "b")

        for _life in range(3):
            killed_after(chance.uniform(0.0, 0.2), work, from_first=True)
            listed = command(root, SetClock(), "drill", "list", "--json")
            assert all(one["phase"] == "ready" for one in listed)
        (new,) = command(root, SetClock(), "drill", "new", "--from", "service-flood-flash", "--json")
        assert command(root, SetClock(), "drill", "status", "last", "--json")[-1]["drill"] == new["drill"]
