"""Casework killed at any moment: nothing acknowledged is lost, and a playbook run goes on where it was."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.errors import NotFound
from atttcli.evidence.vault import Vault, add
from atttcli.incident.casework import NewIncident, open_incident
from atttcli.inventory import load_organisation
from atttcli.journal.journal import Journal
from atttcli.model.task import Answer
from atttcli.playbook.load import find_playbook
from atttcli.playbook.runs import finish_task, run_row, start_run
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace, load_workspace
from tests.support.duty import Duty
from tests.support.kills import Tell, assert_kept, evidence_problems, killed_after

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forks")
LIVES = 25  # kills of one workspace, one after the other


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace `ws` and the user's own folder `home` beside it."""
    folder = tmp_path_factory.mktemp("kill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(folder / "home"))
        make_workspace(folder / "ws", load_organisation("bac-kan"), "vn-2017", "vi", Clock(), "lan")
    return folder


@contextmanager
def _copy(fresh: Path, target: Path) -> Iterator[Workspace]:
    """Each copy has its own home: two workspaces of one identity would accuse each other of a cut tail."""
    shutil.copytree(fresh, target)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(target / "home"))
        yield load_workspace(target / "ws")
    shutil.rmtree(target)


def _work(workspace: Workspace, scratch: Path, seed: int) -> Any:
    def work(tell: Tell) -> None:
        chance = random.Random(seed)
        while True:
            with Store(workspace.database) as store:
                duty = Duty(store, workspace.vault, scratch, chance)
                last = int(store.value("SELECT max(seq) FROM journal"))
                for _ in range(chance.choice((1, 3, 10))):
                    duty.step()
                    for seq, digest in store.rows("SELECT seq, hash FROM journal WHERE seq > ?", last):
                        tell(f"{seq} {digest}")
                        last = seq

    return work


def _kill_often(fresh: Path, folder: Path, kills: int, seed: int) -> int:
    chance = random.Random(seed)
    told = 0
    for place in range(0, kills, LIVES):
        acknowledged: dict[int, str] = {}
        with _copy(fresh, folder / f"w{place}") as workspace:
            for _ in range(min(LIVES, kills - place)):
                work = _work(workspace, folder, chance.randrange(1 << 30))
                lines, _ = killed_after(chance.uniform(0.0, 0.06), work, from_first=chance.random() < 0.8)
                acknowledged |= {int(line.split()[0]): line.split()[1] for line in lines}
                assert_kept(workspace, acknowledged)
            assert evidence_problems(workspace) == []
        told += len(acknowledged)
    return told


def test_killed_casework_loses_nothing(fresh: Path, tmp_path: Path) -> None:
    assert _kill_often(fresh, tmp_path, 40, 1) > 40


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_thousand_kills_lose_nothing(fresh: Path, tmp_path: Path, seed: int) -> None:
    assert _kill_often(fresh, tmp_path, 100, seed) > 100


# The playbook run.


def _incident(workspace: Workspace, folder: Path) -> str:
    (folder / "found.bin").write_bytes(b"found")
    with Store(workspace.database) as store:
        journal = Journal(store, "lan", Clock())
        incident = open_incident(journal, "bac-kan", "vn-2017", NewIncident("mã độc"))
        add(journal, Vault(workspace.vault), incident, folder / "found.bin")
    return incident


def _drive(workspace: Workspace, incident: str) -> Any:
    """Go on with the run of an incident to its end; answers depend on the step and its round alone."""

    def work(tell: Tell) -> None:
        with Store(workspace.database) as store:
            journal = Journal(store, "lan", Clock())
            try:
                run_row(journal, incident)
            except NotFound:
                start_run(journal, find_playbook("tt20-art11-ordinary"), incident)
            exhibit = store.value("SELECT number FROM evidence")
            while True:
                task = store.row("SELECT * FROM task WHERE state = 'open' ORDER BY number LIMIT 1")
                if task is None:
                    return
                yes = (task["round"] > 1) if task["asks"] else None
                finish_task(journal, task["number"], Answer("done", yes, f"xong {task['code']}", (exhibit,)))
                tell(str(task["number"]))

    return work


def _outcome(workspace: Workspace) -> dict[str, Any]:
    """What must not differ between a run that was killed and one that was not; ids and times may."""
    with Store(workspace.database) as store:
        tasks = "number, step, code, round, title, lead, state, answer, note, evidence"
        return {
            "tasks": [tuple(row) for row in store.rows(f"SELECT {tasks} FROM task ORDER BY number")],
            "runs": [tuple(row) for row in store.rows("SELECT playbook, state, tokens FROM playbook_run")],
            "journal": [row[0] for row in store.rows("SELECT verb FROM journal ORDER BY seq")],
        }


def _kill_runs(fresh: Path, folder: Path, kills: int) -> None:
    chance = random.Random(kills)
    with _copy(fresh, folder / "clean") as workspace:
        _drive(workspace, _incident(workspace, folder))(lambda _line: None)
        expected = _outcome(workspace)
    assert expected["runs"][0][1] == "finished"
    assert max(task[3] for task in expected["tasks"]) > 1  # the loop was gone round
    done = place = 0
    while done < kills:
        place += 1
        with _copy(fresh, folder / f"run{place}") as workspace:
            incident = _incident(workspace, folder)
            finished: list[str] = []
            ended = False
            while not ended:
                work = _drive(workspace, incident)
                told, ended = killed_after(chance.uniform(0.0, 0.05), work, from_first=chance.random() < 0.6)
                finished += told
                done += not ended
                assert_kept(workspace, {})
            assert len(finished) == len(set(finished))
            assert _outcome(workspace) == expected, f"run {place}"


def test_a_killed_playbook_run_goes_on_where_it_was(fresh: Path, tmp_path: Path) -> None:
    _kill_runs(fresh, tmp_path, 12)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_playbook_run_killed_at_two_hundred_moments(fresh: Path, tmp_path: Path) -> None:
    _kill_runs(fresh, tmp_path, 200)
