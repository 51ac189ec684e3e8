"""Killed while it writes Parquet, at any moment: what is read is whole, and the next build makes up the rest."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.hunt.build import bring_up_to_date
from atttcli.hunt.derived import faults, is_behind
from atttcli.hunt.fields import FieldHunt
from atttcli.hunt.parts import folder_of, name_of, read_part, verify_part
from atttcli.model.event import Event
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
            import shutil

            shutil.rmtree(folder_of(workspace.root))
            process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(workspace.root)], cwd=ROOT)
            time.sleep(random.Random(seed).uniform(0.2, 1.2) * span)
            process.kill()
            killed += process.wait() != 0
            for row in store.rows("SELECT path FROM segment"):
                part = read_part(folder_of(workspace.root), name_of(row["path"]))
                if part is not None:
                    verify_part(folder_of(workspace.root), part)
            assert found(workspace, store, asked) == expected
            assert not is_behind(workspace, store)
            assert list(faults(workspace, store, lambda *_: None)) == []
        assert killed, "no kill met the work"


def test_killed_while_parquet_is_written(tmp_path: Path) -> None:
    _kills(tmp_path, range(4))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    _kills(tmp_path, range(100, 200))
