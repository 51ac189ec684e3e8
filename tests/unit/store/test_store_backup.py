"""Backups: taken under write, whole or absent, every changed byte noticed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.errors import AtttError, Conflict, WorkspaceError
from atttcli.inventory import Organisation
from atttcli.inventory.organisation import ProfileSpan
from atttcli.journal.head import Head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import verify_journal
from atttcli.store.backup import MANIFEST, back_up, check_backup, restore
from atttcli.store.connection import Store
from atttcli.store.verify import database_faults
from atttcli.store.workspace import Workspace

PLACE = Organisation("x", "X", profiles=(ProfileSpan("vn-2026"),))
WHEN = "2026-11-23T00:00:00Z"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path / "w", PLACE, "vn-2026", "en", Clock())
    (made.vault / "ab").mkdir()
    (made.vault / "ab" / "object").write_bytes(b"evidence")
    (made.vault / "link").symlink_to("/etc/hostname")
    (made.events / ".segment-1.tmp").write_bytes(b"left by a kill")
    return made


def test_backups_under_write_are_whole(workspace: Workspace, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with Store(workspace.database) as store:
            journal = Journal(store, "writer")
            while not stop.is_set():
                journal.append("network.learned", "a", {"cidr": "192.0.2.1/32", "note": "x" * 500})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with Store(workspace.database) as store:
            for number in range(8):
                back_up(workspace, store, tmp_path / f"b{number}", WHEN)
    finally:
        stop.set()
        writer.join()
    for number in range(8):
        manifest = restore(tmp_path / f"b{number}", tmp_path / f"r{number}")
        with Store(tmp_path / f"r{number}" / "workspace.db") as store:
            head = Head(manifest.entries, manifest.head, "")
            assert [*database_faults(store.connection), *verify_journal(store.connection, head)] == []


def test_only_what_belongs_to_the_workspace_is_taken(workspace: Workspace, tmp_path: Path) -> None:
    with Store(workspace.database) as store:
        manifest = back_up(workspace, store, tmp_path / "b", WHEN)
    assert set(manifest.files) == {"workspace.db", "atttcli.toml", ".secret", "evidence/ab/object"}


@pytest.mark.parametrize("name", ["b", "b.zip"])
def test_every_changed_file_is_noticed(workspace: Workspace, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    with Store(workspace.database) as store:
        manifest = back_up(workspace, store, target, WHEN)
    assert check_backup(target) == manifest
    files = [target] if target.is_file() else [p for p in target.rglob("*") if p.is_file() and p.name != MANIFEST]
    for file in files:
        whole = file.read_bytes()
        places = range(60, min(len(whole), 4000), 97)
        unnoticed = 0
        for place in places:
            damaged = bytearray(whole)
            damaged[place] ^= 0x55
            file.write_bytes(damaged)
            try:
                assert check_backup(target) == manifest  # what is restored is what was backed up
                unnoticed += 1
            except AtttError:
                pass
        # In a .zip some bytes mean nothing (a member's time in its local header); in a folder none.
        assert unnoticed <= (len(places) // 10 if target.is_file() else 0)
        file.write_bytes(whole)
    check_backup(target)


def test_targets_that_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    with Store(workspace.database) as store:
        with pytest.raises(Conflict):
            back_up(workspace, store, tmp_path / "there", WHEN)
        with pytest.raises(WorkspaceError, match="inside"):
            back_up(workspace, store, workspace.root / "backups" / "b", WHEN)
    assert (tmp_path / "there").read_text() == ""


def test_two_processes_open_a_new_database(tmp_path: Path) -> None:
    failed: list[Exception] = []

    def first_use() -> None:
        try:
            Store(tmp_path / "new.db", create=True).close()
        except AtttError as error:
            failed.append(error)

    threads = [threading.Thread(target=first_use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
