"""While a long list is taken in others write as before, and memory does not follow its length."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from atttcli.store.connection import Store
from tests.support import volumes
from tests.support.ingest_case import ROOT, new_workspace, rows
from tests.support.peak import measured, peak_mb

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory of a child is read from /proc"
)
LONGEST_WAIT = 2.0
MOST_MB = 200


def _take_in_while_others_write(folder: Path, count: int) -> None:
    workspace, path = new_workspace(folder / "ws"), volumes.long_list(folder, count)
    command = measured(folder / "peak", "-w", workspace, "ingest", path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    waits, parts = [0.0], set()
    with Store(workspace / "workspace.db") as store:
        while child.poll() is None:
            began = time.monotonic()
            with store.transaction() as db:
                db.execute("INSERT OR REPLACE INTO meta VALUES ('probe', ?)", (str(len(waits)),))
            waits.append(time.monotonic() - began)
            parts.add(store.value("SELECT max(read) FROM source_file"))
            time.sleep(0.02)
    assert child.returncode == 1
    assert rows(workspace, "SELECT state, read, stored, alerts FROM source_file") == [("done", count, count, count)]
    assert len(parts - {None, count}) >= 2  # it was seen half way
    assert max(waits) < LONGEST_WAIT
    peak = peak_mb(folder / "peak")
    print(f"{count} rows: {len(waits)} writes beside it, longest wait {max(waits):.2f} s, peak {peak:.0f} MB")
    assert peak < MOST_MB


def test_others_write_while_a_list_is_taken_in(tmp_path: Path) -> None:
    _take_in_while_others_write(tmp_path, 6000)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_others_write_while_a_million_rows_are_taken_in(tmp_path: Path) -> None:
    _take_in_while_others_write(tmp_path, 1_000_000)
