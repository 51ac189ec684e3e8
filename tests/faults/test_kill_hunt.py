"""Killed while it writes Parquet, at any moment: what is read is whole, and the next build makes up the rest."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.hunt import build, parts
from atttcli.hunt.ask import Bounds, hunting
from atttcli.hunt.build import bring_up_to_date
from atttcli.hunt.choose import files
from atttcli.hunt.derived import faults, is_behind
from atttcli.hunt.fields import FieldHunt
from atttcli.hunt.parts import folder_of, held, name_of, present, verify_part
from atttcli.model.event import Event
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace
from tests.support.hunt_case import bare_workspace, folded, found, keep, many

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = """
import sys
from pathlib import Path
from tests.support.hunt_case import *
from atttcli.store.workspace import Workspace
root = Path(sys.argv[1])
workspace = Workspace(root, "id", "bac-kan", "vn-2017", "en", b"\\0" * 32)
with Store(workspace.database) as store:
    bring_up_to_date(workspace, store)
"""

MERGE = """
import os, signal, sys
from tests.support.hunt_case import *
from atttcli.hunt import build, merge, parts
root, left = Path(sys.argv[1]), int(sys.argv[2])
def dying(module, name):
    original = getattr(module, name)
    def counted(*given, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given, **named)
    setattr(module, name, counted)
for module, name in (
    (merge, "copy"), (merge, "divide"), (merge, "settle"), (parts, "sync_tree"), (os, "replace"), (parts, "sync_folder"),
    (build, "remove_strangers"),
):
    dying(module, name)
workspace = Workspace(root, "id", "bac-kan", "vn-2017", "en", b"\\0" * 32)
parts.GRACE = 0.0
with Store(workspace.database) as store:
    bring_up_to_date(workspace, store)
"""


def _kills(tmp_path: Path, seeds: range) -> None:
    workspace, store = bare_workspace(tmp_path / "ws")
    with store:
        for number in range(5):
            keep(workspace, store, list(many(4000, 1_620_842_400_000_000 + number * 10**12)), f"log-{number}")
        days = [Event(1_620_842_400_000_000 + day * 86_400_000_000, day + 1, f"day {day}") for day in range(20)]
        keep(workspace, store, days, "days")
        began = time.monotonic()
        bring_up_to_date(workspace, store)
        span = time.monotonic() - began + 0.5
        asked = FieldHunt(("src_ip=203.0.113.7",))
        expected = folded(workspace, store, asked)
        killed = 0
        for seed in seeds:
            shutil.rmtree(folder_of(workspace.root))
            process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(workspace.root)], cwd=ROOT)
            time.sleep(random.Random(seed).uniform(0.2, 1.2) * span)
            process.kill()
            killed += process.wait() != 0
            folder = folder_of(workspace.root)
            for part in held(folder, [name_of(row["path"]) for row in store.rows("SELECT path FROM segment")]).values():
                verify_part(folder, part)
            assert found(workspace, store, asked) == expected
            assert not is_behind(workspace, store)
            assert list(faults(workspace, store, lambda *_: None)) == []
        assert killed, "no kill met the work"


def test_killed_while_parquet_is_written(tmp_path: Path) -> None:
    _kills(tmp_path, range(4))


def test_killed_while_small_parts_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every step of a merge: what a hunt then finds is neither lost nor there twice, before and after the next build."""
    workspace, store = bare_workspace(tmp_path / "ws")
    with store:
        for number in range(40):
            keep(
                workspace,
                store,
                list(many(20, 1_620_842_400_000_000 + number * 60_000_000)),
                f"small-{number}",
                "little",
            )
        asked = FieldHunt(("src_ip=203.0.113.7",))
        expected = folded(workspace, store, asked)
        folder = folder_of(workspace.root)
        merged = 0
        for step in range(1, 12):
            shutil.rmtree(folder, ignore_errors=True)
            with monkeypatch.context() as patch:
                patch.setattr(build, "merge_small", lambda *_: 0)
                bring_up_to_date(workspace, store)
            done = subprocess.run([sys.executable, "-c", MERGE, str(workspace.root), str(step)], cwd=ROOT, check=False)
            merged += done.returncode == 0
            ready = held(folder, [name_of(row["path"]) for row in store.rows("SELECT path FROM segment")])
            assert len(ready) == 40
            assert _read(workspace, store, asked) == expected, f"killed at step {step}"
            monkeypatch.setattr(parts, "GRACE", 0.0)
            assert found(workspace, store, asked) == expected
            assert len(list(present(folder))) in (1, 40), "one or the other, and nothing that was left"
            assert list(faults(workspace, store, lambda *_: None)) == []
            monkeypatch.undo()
        assert merged < 11, "no kill met the work"
        assert merged, "no merge came to its end"


def _read(workspace: Workspace, store: Store, asked: FieldHunt) -> list[tuple[str, int]]:
    """What a hunt that builds nothing finds."""
    paths = files(workspace, store, asked.window)
    statement, values = asked.select(("source_sha256", "line"))
    with (
        hunting(folder_of(workspace.root), paths, Bounds(rows=100_000)) as opened,
        opened.ask(statement, values) as answer,
    ):
        return sorted((str(row[0]), int(row[1])) for row in answer.rows)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    _kills(tmp_path, range(100, 200))
