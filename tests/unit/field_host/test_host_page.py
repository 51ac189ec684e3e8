"""docs/host-checks.md is what the modules say, and every rule speaks Vietnamese."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from atttcli.field.host.rules import RULES
from atttcli.text.messages import speaking
from atttcli.text.retell import retell

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_made_of_the_modules() -> None:
    program = ROOT / ".ci" / "host_checks.py"
    if not program.is_file():
        pytest.skip("the project's own programs are not here")
    done = subprocess.run([sys.executable, program, "check"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_every_rule_speaks_vietnamese() -> None:
    with speaking("vi"):
        for rule in RULES.values():
            for text in (rule.title, rule.why, rule.innocent):
                assert retell(text) != text, text
