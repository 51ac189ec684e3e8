"""A million of something: memory stays bounded, time is about linear, and what was left out is said in a line.

The quick runs take a two-hundredth; `make faults` takes all of it and prints what docs/measured.md records.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import volumes
from tests.support.ingest_case import ROOT, new_workspace, rows
from tests.support.peak import measured, peak_mb

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory of a child is read from /proc"
)
MOST_MB = 300
FULL = {"many_parts": 100_000, "long_line": 1 << 30}


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str
    cpu: float
    peak: float


def run(folder: Path, *words: object) -> Run:
    """The tool as a process of its own, with its peak memory in MB."""
    command = measured(folder / "peak", "--lang", "en", *words)
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=environment, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
    return Run(process.returncode, *texts, usage.ru_utime + usage.ru_stime, peak_mb(folder / "peak"))


def made(name: str, folder: Path, part: int) -> tuple[Path, int]:
    count = FULL.get(name, 1_000_000) // part
    return getattr(volumes, name)(folder, count), count


def check(name: str, folder: Path, part: int) -> list[Run]:
    """Take it in, see that memory is bounded and the ledger adds up; the runs."""
    path, count = made(name, folder, part)
    began = time.monotonic()
    runs = []
    if name == "string_hits":
        found = run(folder, "detect", "files", path, "--rules", folder / "rule.yar", "--json")
        assert found.code == 1
        assert [json.loads(line)["rule"] for line in found.out.splitlines()] == ["many"]
        runs.append(found)
    workspace = new_workspace(folder / "ws")
    taken = run(folder, "-w", workspace, "ingest", path, "--json")
    runs.append(taken)
    wanted = {"deep_json": (2,), "long_line": (2,), "many_parts": (2,)}  # what could not be read makes a run incomplete
    assert taken.code in wanted.get(name, (0, 1)), taken.err[-500:]
    total = json.loads(taken.out)["total"]
    assert total["read"] == total["stored"] + total["duplicate"] + total["rejected"]
    if name in ("many_hosts", "many_failures", "long_list"):
        assert (total["read"], total["stored"]) == (count, count)
    if name in ("deep_json", "long_line"):
        assert (total["read"], total["stored"], total["rejected"]) == (3, 2, 1)
        (problem,) = rows(workspace, "SELECT line, reason FROM read_problem")
        assert problem[0] == 2
    if name == "many_parts":
        said = [reason for (reason,) in rows(workspace, "SELECT reason FROM read_problem")]
        assert 1 <= len(said) <= 2
        assert all(reason.startswith("more than ") for reason in said)
    if taken.code == 2:
        assert run(folder, "-w", workspace, "ingest", path, "--json").code == 0  # told once
    for one in runs:
        assert "Traceback" not in one.err
        assert one.peak <= MOST_MB, f"{one.peak:.0f} MB"
        print(f"{name} {count}: {one.cpu:.1f} s CPU, {one.peak:.0f} MB, {time.monotonic() - began:.0f} s")
    return runs


NAMES = ("string_hits", "many_hosts", "many_failures", "long_list", "many_parts", "deep_json", "long_line")


@pytest.mark.parametrize("name", NAMES)
def test_a_two_hundredth_of_a_million(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, 200)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_a_million(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, 1)
