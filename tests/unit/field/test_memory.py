"""A run ends when it holds more memory than it may, and a file for which memory is lacking costs itself."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from atttcli.field import memory
from atttcli.field.account import FileAccount, Outcome
from atttcli.field.examine import Examination, Examiner
from atttcli.field.match import RuleHit
from atttcli.field.scanner import ScanLimits, Scanner


def taken_anew(size: int) -> mmap.mmap:
    """Memory that no earlier test has left behind, every page of it touched."""
    held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held[::4096] = b"x" * (size // 4096)
    return held


def test_what_is_held_grows_with_what_is_taken() -> None:
    before = memory.own_memory()
    taken = taken_anew(30 << 20)
    assert memory.own_memory() - before > 25 << 20
    del taken


def test_on_windows_the_private_bytes_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ask:
        argtypes: Any = None

        def __call__(self, _process: int, counters: Any, size: int) -> int:
            assert size == ctypes.sizeof(counters._obj)
            counters._obj.private = 123_456
            return 1

    class Current:
        restype: Any = None

        def __call__(self) -> int:
            return 7

    kernel = SimpleNamespace(GetCurrentProcess=Current(), K32GetProcessMemoryInfo=Ask())
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert memory._of_windows() == 123_456
    del kernel.K32GetProcessMemoryInfo
    assert memory._of_windows() == 0


def test_a_run_that_holds_too_much_ends_and_says_so(tmp_path: Path) -> None:
    """What it holds grows with each file, as with a consumer that keeps everything; it is looked at every 8 files."""
    held: list[mmap.mmap] = []

    class Hoarding(Examiner):
        def file(self, path: str, fd: int, info: os.stat_result) -> Examination:
            held.append(taken_anew(1 << 20))
            return Examination(0)

    for index in range(200):
        (tmp_path / f"f{index}").write_bytes(b"")
    gc.collect()  # what other tests left may go meanwhile, and is then room for more of ours
    limit = memory.own_memory() + (40 << 20)
    account = list(Scanner(Hoarding(), ScanLimits(memory=limit)).run([str(tmp_path)]))[-1]
    assert isinstance(account, FileAccount)
    assert account.stopped == "memory limit"
    assert 30 <= account.found < 150


def test_a_file_for_which_memory_is_lacking_is_one_that_failed(tmp_path: Path) -> None:
    class Lacking:
        mapped, most_bytes = True, 0

        def spent(self) -> float:
            return 0.0

        def match(self, data: object, subject: object = None) -> list[RuleHit]:
            if len(data) > 3:  # type: ignore[arg-type]
                raise MemoryError
            return []

    (tmp_path / "a").write_bytes(b"large")
    (tmp_path / "b").write_bytes(b"ok")
    outcome, account = Scanner(Examiner(Lacking())).run([str(tmp_path)])
    assert outcome == Outcome(str(tmp_path / "a"), "failed", "not enough memory", 5)
    assert isinstance(account, FileAccount)
    assert (account.scanned, account.complete) == (1, False)
