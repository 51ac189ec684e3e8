"""An import of a bundle killed at any moment, then the same command again, leaves what one clean run does."""

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

from atttcli.clock import DAY, Clock
from atttcli.fleet.kits import NewKit, issue_kit
from atttcli.journal.journal import Journal
from atttcli.signing.registry import KeyRing, create_key
from atttcli.store.connection import Store
from tests.support.ingest_case import ROOT, new_workspace, rows
from tests.support.kit_case import KitCase, yara_finding

FILES = 1500


def start(workspace: Path, bundle: Path) -> subprocess.Popen[bytes]:
    script = "from atttcli.exchange import bundles; bundles.BATCH = 20; from atttcli.cli.main import run; run()"
    command = [sys.executable, "-c", script, "-w", str(workspace), "bundle", "import", str(bundle)]
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def dump(workspace: Path) -> list[Any]:
    return [
        rows(workspace, "SELECT fingerprint, rule_id, victim, agency, count FROM alert ORDER BY 1"),
        rows(workspace, "SELECT occurrence, source_path, source_sha256 FROM sighting ORDER BY 1, 2"),
        rows(workspace, "SELECT line, check_name, kind, subject FROM host_record ORDER BY 1"),
        rows(workspace, "SELECT digest, sequence FROM bundle"),
        rows(workspace, "SELECT host, findings FROM fleet_scan"),
        rows(workspace, "SELECT sha256, name FROM evidence ORDER BY 1"),
    ]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], float]:
    base = tmp_path_factory.mktemp("kill-import")
    os.environ["ATTTCLI_HOME"] = str(base / "home")
    empty = new_workspace(base / "empty")
    now = Clock().now()
    with Store(empty / "workspace.db") as store:
        journal = Journal(store, "lan")
        key = create_key(journal, empty / "keys")
        kit = KitCase(centre_secret=KeyRing(empty / "keys").pair(key.public.id).seal, now=now)
        new = NewKit(
            agency=kit.agency,
            os="linux",
            arch="x86_64",
            public_key=kit.public,
            centre=kit.centre,
            expires=now + 90 * DAY,
        )
        kit.number = issue_kit(journal, new).number
    kit.files = [yara_finding(f"/srv/{number}", b"%d" % number) for number in range(FILES)]
    kit.samples = (b"0", b"1")
    (base / "one.attb").write_bytes(kit.bundle())
    clean = Path(shutil.copytree(empty, base / "clean"))
    began = time.monotonic()
    assert start(clean, base / "one.attb").wait() == 1
    return base, dump(clean), time.monotonic() - began


@pytest.mark.parametrize("seed", range(4))
def test_killed_and_repeated_is_one_clean_run(ground: tuple[Path, list[Any], float], seed: int) -> None:
    base, expected, span = ground
    os.environ["ATTTCLI_HOME"] = str(base / "home")
    target = Path(shutil.copytree(base / "empty", base / f"ws-{seed}"))
    chance = random.Random(seed)
    for _ in range(2):
        process = start(target, base / "one.attb")
        time.sleep(chance.uniform(0.2, 0.95) * span)
        process.kill()
        process.wait()
    assert start(target, base / "one.attb").wait() in (0, 1)
    assert dump(target) == expected
    before = dump(target)
    assert start(target, base / "one.attb").wait() == 0
    assert dump(target) == before
