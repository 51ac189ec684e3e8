"""Lives of a workspace on a disk that loses what was not flushed: work, cut, look at what is left, go on from there."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.errors import AtttError
from atttcli.evidence.vault import Vault
from atttcli.inventory import load_organisation
from atttcli.journal.head import read_head
from atttcli.journal.verify import verify_journal
from atttcli.store import connection
from atttcli.store.connection import Store
from atttcli.store.verify import database_faults
from atttcli.store.workspace import load_workspace
from tests.support.duty import Duty
from tests.support.power_disk import Disk
from tests.support.power_vfs import PowerVFS, opener

LIVES = 12  # cuts of one workspace, one after the other


@dataclass(slots=True)
class Told:
    """What was acknowledged before the power failed."""

    entries: dict[int, str] = field(default_factory=dict)
    alerts: int = 0


@contextmanager
def power(disk: Disk, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within: databases opened by the tool, and every fsync of this process, are the disk's."""
    vfs = PowerVFS(disk)
    with patch.context() as inner:
        inner.setenv("ATTTCLI_HOME", str(disk.root / "home"))
        inner.setattr(os, "fsync", disk.fsync)
        inner.setattr(connection, "Store", partial(Store, opener=opener))
        try:
            yield
        finally:
            vfs.unregister()


def new_root(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A workspace and the user's own folder, side by side on one disk."""
    folder.mkdir(parents=True)
    patch.setenv("ATTTCLI_HOME", str(folder / "home"))
    make_workspace(folder / "ws", load_organisation("bac-kan"), "vn-2017", "vi", Clock(), "lan")
    return folder


def cut_during(
    work: Callable[[Path], object], root: Path, cuts: int, chance: random.Random, patch: pytest.MonkeyPatch
) -> list[Path]:
    """States that power cuts at random moments of `work` leave; it is done twice on copies of `root`, first to count."""
    events = 0
    left: list[Path] = []
    for counting in (True, False):
        disk = Disk(Path(shutil.copytree(root, root.with_name(f"{root.name}-{counting}"))), chance)
        if not counting:
            for place, moment in enumerate(chance.choices(range(1, events + 1), k=cuts)):
                left.append(root.with_name(f"{root.name}-left-{place}"))
                disk.arm(moment, left[-1])
        with power(disk, patch):
            work(disk.root)
        events = disk.events
        disk.close()
        shutil.rmtree(disk.root)
    return [path for path in left if path.exists()]


def faults(root: Path, told: Told, patch: pytest.MonkeyPatch) -> list[str]:
    """All that is not as it must be after a cut; looks at a copy, with the system's own SQLite."""
    copy = root.with_name(root.name + "-looked-at")
    shutil.copytree(root, copy)
    patch.setenv("ATTTCLI_HOME", str(copy / "home"))
    try:
        return list(_faults(copy, told))
    except (AtttError, sqlite3.DatabaseError) as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        shutil.rmtree(copy)


def _faults(root: Path, told: Told) -> Iterator[str]:
    workspace = load_workspace(root / "ws")
    head = read_head(workspace.id)
    with Store(workspace.database) as store:
        db = store.connection
        broken = list(database_faults(db))
        for fault in broken or verify_journal(db, head):
            yield f"{fault.check} {fault.seq} {fault.where}: {fault.reason}"
        present = dict(tuple(row) for row in store.rows("SELECT seq, hash FROM journal"))
        lost = [seq for seq, digest in told.entries.items() if present.get(seq) != digest]
        if lost:
            yield f"acknowledged and lost: {len(lost)} entries from {min(lost)}"
        if int(store.value("SELECT count(*) FROM alert")) < told.alerts:
            yield "acknowledged alerts were lost"
        if broken:
            return
        vault = Vault(workspace.vault)
        for number, sha256 in store.rows("SELECT number, sha256 FROM evidence"):
            problem = vault.problem(sha256)
            if problem:
                yield f"{number}: {problem}"


class Life:
    """From one cut to the next."""

    def __init__(self, folder: Path, scratch: Path, chance: random.Random, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.scratch, self.chance, self.patch = folder, scratch, chance, patch
        self.settings: tuple[str, ...] = ()
        self.lying = False
        self.told = Told()
        self.acknowledged = 0

    def live(self, root: Path, number: int) -> Path:
        """Work on `root` until the power fails; what is left."""
        disk = Disk(root, self.chance)
        disk.lying = self.lying
        disk.arm(self.chance.randrange(1, 900), self.folder / f"left-{number}")
        while not disk.cut:
            with power(disk, self.patch), Store(root / "ws" / "workspace.db", opener=opener) as store:
                for setting in self.settings:
                    store.connection.execute(f"PRAGMA {setting}")
                duty = Duty(store, root / "ws" / "evidence", self.scratch, self.chance)
                for _ in range(self.chance.choice((1, 1, 2, 8))):
                    duty.step()
                    if disk.cut:
                        break
                    self._tell(store)
        disk.close()
        assert disk.left is not None
        return disk.left

    def _tell(self, store: Store) -> None:
        last = max(self.told.entries, default=0)
        fresh = dict(tuple(row) for row in store.rows("SELECT seq, hash FROM journal WHERE seq > ?", last))
        self.told.entries |= fresh
        self.acknowledged += len(fresh)
        self.told.alerts = int(store.value("SELECT count(*) FROM alert"))


def cut_often(
    folder: Path, cuts: int, seed: int, patch: pytest.MonkeyPatch, settings: tuple[str, ...] = (), lying: bool = False
) -> tuple[list[str], int]:
    """Faults found after so many cuts, and how many entries were acknowledged. A broken workspace is given up."""
    chance = random.Random(seed)
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    fresh = new_root(folder / "fresh", patch)
    found: list[str] = []
    acknowledged = done = place = 0
    while done < cuts:
        place += 1
        home = folder / f"w{place}"
        root = Path(shutil.copytree(fresh, home / "root"))
        life = Life(home, scratch, chance, patch)
        life.settings, life.lying = settings, lying
        for number in range(LIVES):
            if done == cuts:
                break
            left = life.live(root, number)
            done += 1
            wrong = faults(left, life.told, patch)
            found += [f"seed {seed} workspace {place} life {number}: {text}" for text in wrong]
            if wrong:
                break
            shutil.rmtree(root)
            root = left
        acknowledged += life.acknowledged
        shutil.rmtree(home)
    return found, acknowledged
