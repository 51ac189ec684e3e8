"""A playbook run that is killed at any moment goes on where it was: nothing acknowledged is lost, nothing done twice."""

from __future__ import annotations

import os
import random
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from atttcli.incident import casework
from atttcli.journal.head import read_head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import verify_journal
from atttcli.model.task import Answer
from atttcli.playbook.library import Library, import_playbook
from atttcli.playbook.runs import start_run
from atttcli.playbook.tasks import approve_task, finish_task
from atttcli.store.connection import Store
from tests.support.casework import make_app
from tests.support.kills import Tell, killed_after
from tests.support.playbook_books import write_books

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills a forked process")
ROUNDS = 3  # the loop is walked so often before it is stable


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Any, ...]], float]:
    """A workspace with a run just started, what a run without a kill leaves, and how long it takes."""
    os.environ["ATTTCLI_HOME"] = str(tmp_path_factory.mktemp("kill-run-home"))
    base = tmp_path_factory.mktemp("kill-run")
    app = make_app(base)
    for file in write_books(base).values():
        import_playbook(app.journal, app.workspace.root, file)
    new = casework.NewIncident("Thử", owner="lan", agencies=("x-vi-huong",))
    number = casework.open_incident(app.journal, "bac-kan", "vn-2017", new)
    library = Library(app.workspace.root, app.store)
    start_run(app.journal, library.find("cha"), number, library=library)
    app.close()
    root = app.workspace.root
    shutil.copytree(os.environ["ATTTCLI_HOME"], base / "home")
    clean = _fresh(root, base / "clean")
    began = time.monotonic()
    _work(clean, lambda _line: None)
    return root, _left(clean), time.monotonic() - began


def _fresh(root: Path, target: Path) -> Path:
    """A copy of the workspace, with the journal's head outside of it as it was then."""
    shutil.rmtree(os.environ["ATTTCLI_HOME"])
    shutil.copytree(root.parent / "home", os.environ["ATTTCLI_HOME"])
    return Path(shutil.copytree(root, target))


def _work(root: Path, tell: Tell) -> None:
    """Answer what is open, first things first, until nothing is; each answer is told when it is stored."""
    with Store(root / "workspace.db") as store:
        journal, library = Journal(store, "lan"), Library(root, store)
        while row := store.row("SELECT * FROM task WHERE state = 'open' AND kind = 'task' ORDER BY number"):
            number = row["number"]
            if row["status"] == "await_user_input":
                approve_task(journal, number, approved_by="Trưởng", paper="1/QĐ", library=library)
            else:
                yes = row["round"] >= ROUNDS if row["asks"] == "__stable__" else True if row["asks"] else None
                finish_task(journal, number, Answer(yes=yes, note="xong"), library)
            tell(str(number))


def _left(root: Path) -> list[tuple[Any, ...]]:
    with Store(root / "workspace.db") as store:
        rows = store.rows("SELECT title, round, state, status FROM task ORDER BY title, round, number")
        runs = store.rows("SELECT name, state FROM playbook_run ORDER BY name, started")
        return [tuple(row) for row in (*rows, *runs)]


def _check(root: Path, acknowledged: set[str]) -> None:
    with Store(root / "workspace.db") as store:
        head = read_head(store.meta("id"))
        assert list(verify_journal(store.connection, head)) == []
        touched = {
            row["number"]
            for row in store.rows("SELECT number FROM task WHERE state != 'open' OR status = 'await_user_input'")
        }
        assert acknowledged <= touched


def _kill_often(ground: tuple[Path, list[tuple[Any, ...]], float], target: Path, kills: int, seed: int) -> None:
    root, expected, span = ground
    chance, done = random.Random(seed), 0
    while done < kills:
        _fresh(root, target)
        ended = False
        while not ended:
            # Mostly from the first answer on: on a busy machine a life would end before it did anything, again and again.
            after = chance.uniform(0, span / 2)
            told, ended = killed_after(after, partial(_work, target), from_first=chance.random() < 0.8)
            done += not ended
            _check(target, set(told))
        assert _left(target) == expected
        shutil.rmtree(target)


def test_a_killed_run_goes_on_where_it_was(ground: Any, tmp_path: Path) -> None:
    _kill_often(ground, tmp_path / "ws", 5, 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_two_hundred_moments(ground: Any, tmp_path: Path) -> None:
    _kill_often(ground, tmp_path / "ws", 200, 2)
