"""A scan that may only run for minutes a day reaches everything: it goes on where it ended, and what it lost is little."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.field.account import FileAccount, Outcome
from atttcli.field.cache import ScanCache
from atttcli.field.examine import Examination, Examiner
from atttcli.field.place import FILE, FOLDER, Place
from atttcli.field.scanner import ScanLimits, Scanner
from atttcli.field.walk import Tour, WalkOptions

pytest.importorskip("yara")
NAMES = ("a", "B", "c d", "é", "ệ", "z!", os.fsdecode(b"\xff\xfe"), ".hidden", "0" * 200)


def grown(root: Path, rng: random.Random, depth: int = 0) -> None:
    root.mkdir()
    for name in rng.sample(NAMES, rng.randint(0, 6)):
        if depth < 3 and rng.random() < 0.45:
            grown(root / name, rng, depth + 1)
        elif rng.random() < 0.2:
            (root / name).symlink_to("nowhere")
        else:
            (root / name).write_bytes(b"x")


def toured(roots: list[Path], start: Place | None) -> list[str]:
    return [item.path for item in Tour(map(str, roots), WalkOptions(), start).items()]


@pytest.mark.parametrize("seed", range(30))
def test_from_any_place_on_everything_is_met_once_and_the_rest_first(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    roots = [tmp_path / name for name in ("one", "two", "three")]
    for root in roots[:2]:
        grown(root, rng)
    roots[2].write_bytes(b"a root that is a file")
    whole = toured(roots, None)
    assert sorted(whole) == sorted(
        str(path) for root in roots for path in [root, *root.rglob("*")] if path.is_symlink() or path.is_file()
    )
    for stop in range(len(whole)):
        tour = Tour(map(str, roots), WalkOptions())
        items = tour.items()
        for _ in range(stop + 1):
            next(items)
        items.close()  # type: ignore[attr-defined]
        place = Place.from_text(tour.place().to_text())
        assert toured(roots, place) == whole[stop + 1 :] + whole[: stop + 1]


@pytest.mark.parametrize("seed", range(20))
def test_what_stands_all_the_time_is_met_once_however_the_tree_changed_since(tmp_path: Path, seed: int) -> None:
    rng = random.Random(1000 + seed)
    root = tmp_path / "root"
    grown(root, rng)
    before = toured([root], None)
    for _ in range(20):
        keys = tuple((rng.choice((FILE, FOLDER)), rng.choice(NAMES)) for _level in range(rng.randint(0, 4)))
        assert sorted(toured([root], Place(str(root), keys))) == sorted(before)
    assert sorted(toured([root], Place("/elsewhere", ((FILE, "a"),)))) == sorted(before)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1,2]", '["/a",[["x","y"]]]', "[" * 100_000, '["/a",[[0]]]', "null"])
def test_a_damaged_place_is_none(text: str) -> None:
    assert Place.from_text(text) is None


class Slow(Examiner):
    """Ten milliseconds a file; nothing of it may be remembered."""

    def file(self, path: str, fd: int, info: os.stat_result) -> Examination:
        time.sleep(0.01)
        return Examination(info.st_size, failed="timeout")


@pytest.mark.parametrize("threads", [1, 2])
def test_short_runs_that_can_remember_no_file_reach_every_folder(tmp_path: Path, threads: int) -> None:
    for folder in range(12):
        (tmp_path / "in" / f"f{folder:02}").mkdir(parents=True)
        for file in range(5):
            (tmp_path / "in" / f"f{folder:02}" / f"{file}").write_bytes(b"")
    seen: set[str] = set()
    runs = 0
    while len(seen) < 60:
        runs += 1
        assert runs < 40, f"only {len(seen)} of 60 files were ever reached"
        cache = ScanCache(str(tmp_path / "files.db"), "p")
        examiner = Slow()
        scan = Scanner(examiner, ScanLimits(seconds=0.05, threads=threads), cache)
        results = list(scan.run([str(tmp_path / "in")]))
        cache.close()
        assert isinstance(results[-1], FileAccount)
        assert results[-1].stopped == "time limit"
        seen.update(result.path for result in results if isinstance(result, Outcome))
    cache = ScanCache(str(tmp_path / "files.db"), "p")
    last = list(Scanner(Examiner(), ScanLimits(), cache).run([str(tmp_path / "in")]))[-1]
    assert isinstance(last, FileAccount)
    assert not last.stopped
    assert cache.place("whatever") == ""
    cache.close()


def test_a_run_that_came_to_its_end_leaves_no_place(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / name).write_bytes(b"")
    for seconds, first in ((1e-9, "a"), (0, "b"), (0, "a")):
        cache = ScanCache(str(tmp_path / "files.db"), "p")
        seen: list[str] = []

        class Noting(Examiner):
            def file(self, path: str, fd: int, info: os.stat_result) -> Examination:
                seen.append(Path(path).name)  # noqa: B023
                return Examination(0, failed="x")

        list(Scanner(Noting(), ScanLimits(seconds=seconds), cache).run([str(tmp_path / "in")]))
        cache.close()
        assert seen[0] == first


def test_results_not_met_for_many_runs_a_day_stay_known(tmp_path: Path) -> None:
    """A schedule of short runs meets a part of the files each time; the others are not forgotten over it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"")
    time.sleep(0.06)
    for _run in range(40):
        cache = ScanCache(str(tmp_path / "files.db"), "p")
        roots = [str(tmp_path / "in")] if not _run else [str(tmp_path / "none")]
        list(Scanner(Examiner(), ScanLimits(), cache).run(roots))
        cache.close()
    cache = ScanCache(str(tmp_path / "files.db"), "p")
    account = list(Scanner(Examiner(), ScanLimits(), cache).run([str(tmp_path / "in")]))[-1]
    cache.close()
    assert isinstance(account, FileAccount)
    assert account.unchanged == 1


RUN = """
import sys, time
from atttcli.field.cache import ScanCache
from atttcli.field.examine import Examination, Examiner
from atttcli.field.scanner import ScanLimits, Scanner

class Counting(Examiner):
    def file(self, path, fd, info):
        sys.stdout.write(path + "\\n")
        sys.stdout.flush()
        time.sleep(0.004)
        return Examination(info.st_size)

cache = ScanCache(sys.argv[2], "p")
for _ in Scanner(Counting(), ScanLimits(), cache).run([sys.argv[1]]):
    pass
cache.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_and_resumed_reads_hardly_anything_twice(
    tmp_path: Path, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written every two seconds: of a scan of hours a kill costs below one part in a thousand. Here the clock is quicker."""
    root = tmp_path / "in"
    for folder in range(20):
        (root / str(folder)).mkdir(parents=True)
        for file in range(40):
            (root / str(folder) / str(file)).write_bytes(b"x")
    time.sleep(0.06)
    script = "import atttcli.field.cache as c; c._SECONDS = 0.02\n" + RUN
    read: list[str] = []
    for kill in (True, True, False):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(root), str(tmp_path / "files.db")], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        ) as child:  # fmt: skip
            assert child.stdout is not None
            for count, line in enumerate(child.stdout, 1):
                read.append(line)
                if kill and count == 250:
                    child.send_signal(how)
                    kill = False
    assert set(read) == {f"{root}/{folder}/{file}\n" for folder in range(20) for file in range(40)}
    twice = len(read) - len(set(read))
    # Two kills cost what was read in 20 ms each; SIGINT costs nothing.
    assert twice <= (20 if how == signal.SIGKILL else 2)
    shutil.rmtree(root)


def test_a_disk_without_room_costs_the_cache_never_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stick may be full before the scan begins."""

    def full(cache: ScanCache, path: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(ScanCache, "_prepare", full)
    cache = ScanCache(str(tmp_path / "state" / "c.db"), "pack")
    assert "full" in cache.note
    cache.keep("/a", (1, 2, 3, 4, 5), "[]")
    cache.stand("/", "x")
    cache.commit()
    assert (cache.place("/"), cache.earlier("/a", (1, 2, 3, 4, 5))) == ("", None)
    cache.close()
