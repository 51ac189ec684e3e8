"""The disk fills under the journal: what was acknowledged is there, nothing else is, the chain holds, one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.errors import WorkspaceError
from atttcli.journal.head import read_head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import verify_journal
from atttcli.store.backup import back_up
from atttcli.store.connection import Store
from atttcli.store.verify import database_faults
from atttcli.store.workspace import Workspace
from tests.support.small_place import PLACE

WRITER = Path(__file__).with_name("journal_writer.py")
CHECKOUT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", PLACE, "vn-2026", "en", Clock())


def assert_whole(workspace: Workspace, acknowledged: list[tuple[int, str]]) -> None:
    with Store(workspace.database) as store:
        faults = [*database_faults(store.connection), *verify_journal(store.connection, read_head(workspace.id))]
        assert faults == []
        present = dict(tuple(row) for row in store.rows("SELECT seq, hash FROM journal ORDER BY seq"))
        assert acknowledged == [(seq, digest) for seq, digest in present.items() if seq > 1]


def test_full_database(workspace: Workspace) -> None:
    acknowledged = []
    with Store(workspace.database) as store:
        journal = Journal(store, "x")
        pages = store.value("PRAGMA page_count")
        store.connection.execute(f"PRAGMA max_page_count = {pages + 12}")
        with pytest.raises(WorkspaceError, match=r"nothing was saved.*full"):
            for number in range(10_000):
                entry = journal.append("network.learned", f"a{number}", {"cidr": "192.0.2.1/32", "note": "x" * 900})
                acknowledged.append((entry.seq, entry.hash))
    assert acknowledged
    assert_whole(workspace, acknowledged)


@posix
@pytest.mark.parametrize("room", [50_000, 200_000, 1_000_000])
def test_file_size_limit(workspace: Workspace, room: int) -> None:
    largest = workspace.database.stat().st_size + room
    command = [sys.executable, str(WRITER), str(workspace.database), "0", str(largest)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, env=_environment(), timeout=100)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("WorkspaceError: nothing was saved")
    acknowledged = [(int(line.split()[0]), line.split()[1]) for line in done.stdout.splitlines()]
    assert len(acknowledged) > 5
    assert_whole(workspace, acknowledged)


@posix
@pytest.mark.parametrize("largest", [0, 1000, 5000, 20_000, 40_000, 10_000_000])
def test_a_command_says_so_in_one_line(workspace: Workspace, largest: int) -> None:
    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    words = ["-w", str(workspace.root), "agency", "learn-ip", "192.0.2.1", "a"]
    command = [sys.executable, "-c", "from atttcli.cli.main import run; run()", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=CHECKOUT, env=_environment(), preexec_fn=limit, timeout=100
    )
    assert "Traceback" not in done.stderr
    with Store(workspace.database) as store:
        saved = store.value("SELECT count(*) FROM journal") - 1
        assert [*verify_journal(store.connection, read_head(workspace.id))] == []
    assert done.returncode == (0 if not done.stderr else 2)
    if largest > 1_000_000:
        assert (done.returncode, saved) == (0, 1)
    elif done.returncode:
        assert ("decision is saved" in done.stderr) == bool(saved)
        assert "saved" in done.stderr
    assert largest > 5000 or done.returncode == 2


@posix
def test_a_backup_without_room_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "b.zip"
    script = (
        "import resource,sys; from pathlib import Path; from atttcli.cli.main import run\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))\n"
        f"run(['-w', {str(workspace.root)!r}, 'db', 'backup', {str(target)!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=CHECKOUT, env=_environment()
    )
    assert done.returncode == 2, done.stderr
    assert "no backup was made" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["w"]
    with Store(workspace.database) as store:
        assert back_up(workspace, store, target, "2026-11-23T00:00:00Z").entries == 1


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"}
