"""A scan killed at any moment, then the same command again, leaves the alerts of one clean run."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.ingest_case import ROOT, new_workspace, rows

FILES = 1500


def start(workspace: Path, base: Path) -> subprocess.Popen[bytes]:
    script = "from atttcli.scan import keep; keep.BATCH = 20; from atttcli.cli.main import run; run()"
    words = ["-w", str(workspace), "scan", str(base / "in"), "--rules", str(base / "r.yar"), "--host", "pc-17"]
    command = [sys.executable, "-c", script, *words]
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def dump(workspace: Path) -> list[Any]:
    return [
        rows(workspace, "SELECT number, fingerprint, rule_id, victim, count FROM alert ORDER BY number"),
        rows(workspace, "SELECT alert, occurrence, source_path, source_sha256 FROM sighting ORDER BY 1, 2"),
    ]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], float]:
    base = tmp_path_factory.mktemp("kill-scan")
    os.environ["ATTTCLI_HOME"] = str(base / "home")
    (base / "in").mkdir()
    for number in range(FILES):
        (base / "in" / f"{number:05}.txt").write_bytes(b"MARKER %d" % number)
    (base / "r.yar").write_text('rule marked { strings: $m = "MARKER" condition: $m }\n')
    empty = new_workspace(base / "empty")
    clean = Path(shutil.copytree(empty, base / "clean"))
    began = time.monotonic()
    assert start(clean, base).wait() == 1
    return base, dump(clean), time.monotonic() - began


@pytest.mark.parametrize("seed", range(4))
def test_killed_and_repeated_is_one_clean_run(ground: tuple[Path, list[Any], float], seed: int) -> None:
    base, expected, span = ground
    os.environ["ATTTCLI_HOME"] = str(base / f"home-{seed}")  # a cache of results of its own, killed with it
    target = Path(shutil.copytree(base / "empty", base / f"ws-{seed}"))
    chance = random.Random(seed)
    for _ in range(2):
        process = start(target, base)
        time.sleep(chance.uniform(0.2, 1.0) * span)
        process.kill()
        process.wait()
    held = rows(target, "SELECT count(*) FROM alert")[0][0]
    assert start(target, base).wait() == 1
    assert dump(target) == expected
    assert rows(target, "SELECT count(*) FROM scan_run WHERE finished IS NOT NULL")[0][0] >= 1
    assert held <= FILES
    shutil.rmtree(target)
