"""A short run of `tests/support/network_fuzz.py` in a child of its own; `make fuzz` runs a million cases."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support import network_fuzz
from tests.support.network_fuzz import Tally

CASES = int(os.environ.get("ATTTCLI_NETWORK_CASES", "2000"))
SEED = os.environ.get("ATTTCLI_NETWORK_SEED", "1")


def test_mutated_captures_and_rules_end_without_a_crash():
    command = [sys.executable, "-m", "tests.support.network_fuzz", "--cases", str(CASES), "--seed", SEED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 + CASES // 50, check=False)
    if CASES > 2000:
        sys.stderr.write(done.stdout)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    total, _, rest = done.stdout.splitlines()[-1].partition(" cases, ")
    assert CASES * 0.9 < int(total) <= CASES
    assert rest.startswith("0 faults")


def test_the_same_seed_makes_the_same_cases():
    import random

    conversations = list(network_fuzz.conversations().values())
    first, second = (network_fuzz._framed(conversations[5], random.Random("1:capture:9")) for _ in range(2))
    assert first == second


def test_a_crash_a_hang_and_an_untyped_error_are_found(monkeypatch: pytest.MonkeyPatch):
    """The harness itself: what it is there to find is found, and told with the words that show it again."""

    def crash(_: object) -> None:
        raise KeyError("oops")

    def hang(_: object) -> None:
        while True:
            pass

    broken = {"crash": network_fuzz.Target(crash, 1), "hang": network_fuzz.Target(hang, 1)}
    monkeypatch.setattr(network_fuzz, "targets", lambda: broken)
    monkeypatch.setattr(network_fuzz, "CASE_SECONDS", 0.1)
    found = network_fuzz.run(2, 3)
    assert {name: [number for number, _ in tally.faults] for name, tally in found.items()} == {
        "crash": [0],
        "hang": [0],
    }
    assert isinstance(found["hang"], Tally)
    told = list(network_fuzz.lines(found, 3))
    assert any("--seed 3 --only crash:0: KeyError" in line for line in told)
    assert any("--only hang:0: Slow" in line for line in told)
    assert told[-1].startswith("2 cases, 2 faults")
