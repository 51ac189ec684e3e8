"""Kills at random moments: nothing acknowledged is lost, nothing doubled, the chain holds.

A kill is not a power cut (the page cache survives): those are in `test_power_cut`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.journal.head import read_head
from atttcli.journal.verify import verify_journal
from atttcli.store.connection import Store
from atttcli.store.verify import database_faults
from atttcli.store.workspace import Workspace
from tests.support.small_place import PLACE

WRITER = Path(__file__).with_name("journal_writer.py")
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", PLACE, "vn-2026", "en", Clock())


def start(workspace: Workspace, count: int) -> subprocess.Popen[bytes]:
    """Unbuffered: what a buffer reads ahead of `readline`, `communicate` would not see."""
    command = [sys.executable, str(WRITER), str(workspace.database), str(count), "0"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, cwd=CHECKOUT, env=environment
    )


def acknowledged(output: str) -> dict[int, str]:
    return {int(line.split()[0]): line.split()[1] for line in output.splitlines() if len(line.split()) == 3}


def state(workspace: Workspace) -> dict[int, str]:
    with Store(workspace.database) as store:
        faults = [*database_faults(store.connection), *verify_journal(store.connection, read_head(workspace.id))]
        assert faults == []
        present = dict(tuple(row) for row in store.rows("SELECT seq, hash FROM journal"))
        assert int(store.meta("counter") or 0) == len(present) - 1
        return present


def kill_loop(workspace: Workspace, kills: int) -> int:
    choose = random.Random(kills)
    told: dict[int, str] = {}
    for _ in range(kills):
        process = start(workspace, 0)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(choose.random() * 0.06)
        process.kill()
        rest, _ = process.communicate()
        told |= acknowledged((first + rest[: rest.rfind(b"\n") + 1]).decode())
        present = state(workspace)
        assert told.items() <= present.items()
        assert len(present) - 1 - len(told) <= kills  # at most one commit a kill that nobody was told of
    return len(told)


def test_killed_writers_lose_nothing(workspace: Workspace) -> None:
    assert kill_loop(workspace, 20) > 20


@pytest.mark.slow
def test_many_killed_writers_lose_nothing(workspace: Workspace) -> None:
    kill_loop(workspace, 300)


def test_every_commit_is_flushed_to_the_disk(workspace: Workspace) -> None:
    with Store(workspace.database) as store:
        assert store.value("PRAGMA synchronous") == 2  # FULL: NORMAL loses acknowledged rows at a power cut
        assert store.value("PRAGMA journal_mode") == "wal"
        assert store.value("PRAGMA foreign_keys") == 1
        assert store.value("PRAGMA trusted_schema") == 0
