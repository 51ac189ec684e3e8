"""A kill at any moment, then the same command again, leaves what one clean run leaves."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.ingest_case import dump, new_workspace, sample_inbox, start_ingest


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any], float]:
    """An empty workspace, an inbox, what a clean run leaves, and how long it takes."""
    os.environ["ATTTCLI_HOME"] = str(tmp_path_factory.mktemp("kill-home"))
    base = tmp_path_factory.mktemp("kill")
    empty, inbox = new_workspace(base / "empty"), sample_inbox(base / "inbox")
    clean = Path(shutil.copytree(empty, base / "clean"))
    start_ingest(clean, inbox).wait()  # rule caches are warm afterwards
    shutil.rmtree(clean)
    shutil.copytree(empty, clean)
    began = time.monotonic()
    assert start_ingest(clean, inbox).wait() == 2  # one log of the samples is cut
    return empty, inbox, dump(clean), time.monotonic() - began


def _kill_and_repeat(ground: tuple[Path, Path, dict[str, Any], float], target: Path, seed: int) -> None:
    empty, inbox, expected, span = ground
    shutil.copytree(empty, target)
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2))):
        process = start_ingest(target, inbox)
        time.sleep(chance.uniform(0.15, 1.0) * span)
        process.kill()
        process.wait()
    assert start_ingest(target, inbox).wait() == 2
    found = dump(target)
    for name, value in expected.items():
        assert found[name] == value, f"{name} differs (seed {seed})"
    shutil.rmtree(target)


@pytest.mark.parametrize("seed", range(3))
def test_killed_and_repeated_is_one_clean_run(
    ground: tuple[Path, Path, dict[str, Any], float], tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kill_and_repeat(ground, tmp_path / "ws", seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 200))
def test_killed_at_a_hundred_moments(
    ground: tuple[Path, Path, dict[str, Any], float], tmp_path: Path, seed: int
) -> None:
    _kill_and_repeat(ground, tmp_path / "ws", seed)
