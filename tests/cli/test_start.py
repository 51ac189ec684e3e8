"""What the start may import: whoever types `--help` or `next` waits for nothing that they do not need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"scapy", "yara", "numpy", "jinja2", "sqlite_utils", "rich", "hyperscan", "zstandard", "openpyxl"}
START = "from atttcli.cli.main import run; run()"


def imported(*arguments: str, cwd: Path) -> tuple[int, set[str]]:
    words = [sys.executable, "-X", "importtime", "-c", START, *arguments]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", done.stderr, re.MULTILINE)
    return done.returncode, {name.partition(".")[0] for name in names}


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code, names = imported("--help", cwd=tmp_path)
    assert code == 0
    assert "click" in names  # the list was read at all
    assert not names & HEAVY


def test_help_of_the_matching_commands_loads_no_engine(tmp_path: Path) -> None:
    for words in (("detect", "files", "--help"), ("scan", "--help"), ("rules", "list", "--help")):
        code, names = imported(*words, cwd=tmp_path)
        assert code == 0
        assert not names & HEAVY, words


@pytest.mark.parametrize("command", ["next", "status"])
def test_duty_commands_import_nothing_heavy(command: str, tmp_path: Path) -> None:
    made = [sys.executable, "-c", START, "init", "w", "--organisation", "bac-kan"]
    assert subprocess.run(made, cwd=tmp_path, capture_output=True, timeout=60, check=False).returncode == 0
    if not (Path(__file__).resolve().parents[2] / "atttcli" / "cli" / "duty.py").exists():
        pytest.skip("next and status are not there yet")
    code, names = imported("-w", "w", command, cwd=tmp_path)
    assert code == 0
    assert not names & HEAVY
