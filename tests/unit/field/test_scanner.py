"""The scan: identical to libyara file by file, unchanged files not read again, nothing uncertain remembered."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from atttcli.field.account import FileAccount, Outcome
from atttcli.field.cache import ScanCache
from atttcli.field.examine import Examination, Examiner, FileFinding, MemberProblem
from atttcli.field.match import Matcher, Subject, externals_of
from atttcli.field.scanner import ScanLimits, Scanner
from atttcli.field.stamp import Stamp, may_be_cached
from atttcli.limits import Limits

yara = pytest.importorskip("yara")
EXTERNALS = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")
RULES = """
rule needle : a b { meta: score = 80 strings: $a = "needle" $b = /n[e-z]{3}le/ condition: any of them }
rule named { condition: extension == ".evil" and filename matches /^x/ }
rule elf { condition: filetype == "ELF" }
"""


def matcher() -> Matcher:
    return Matcher(yara.compile(source=RULES, externals=EXTERNALS))


def run(
    root: Path, cache: Path | None = None, pack: str = "p", look_up: Any = None, **limits: Any
) -> tuple[list[FileFinding], FileAccount]:
    store = ScanCache(str(cache), pack) if cache else None
    scan = Scanner(Examiner(matcher(), look_up), ScanLimits(**limits), store)
    results = list(scan.run([str(root)]))
    if store:
        store.close()
    assert isinstance(results[-1], FileAccount)
    return [result for result in results if isinstance(result, FileFinding)], results[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"one needle, two needle")
    (root / "sub" / "x.evil").write_bytes(b"nothing")
    (root / "sub" / "clean").write_bytes(b"nothing")
    with zipfile.ZipFile(root / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/x.EVIL", b"a needle inside")
    for path in root.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000.5))
    time.sleep(0.06)  # beyond the doubt about files changed just now
    return root


@pytest.mark.parametrize("threads", [1, 3])
def test_findings_are_those_of_libyara(folder: Path, threads: int) -> None:
    found, total = run(folder, threads=threads)
    rules = yara.compile(source=RULES, externals=EXTERNALS)
    for finding in found:
        if finding.member:
            continue
        matches = rules.match(finding.path, externals=externals_of(Subject(finding.path)))
        expected = {
            (m.rule, s.identifier, i.offset, i.matched_length) for m in matches for s in m.strings for i in s.instances
        }
        ours = {(hit.rule, s.identifier, s.offset, s.length) for hit in finding.hits for s in hit.strings}
        assert ours == expected
    assert {(Path(f.path).name, hit.rule) for f in found for hit in f.hits} == {
        ("a.txt", "needle"), ("x.evil", "named"), ("x.EVIL", "needle"), ("x.EVIL", "named"),
    }  # fmt: skip
    assert (total.found, total.scanned, total.members, total.matches) == (4, 4, 1, 4)


def test_unchanged_files_are_not_read_and_findings_stay(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = run(folder, tmp_path / "c" / "cache.db")
    monkeypatch.setattr("atttcli.field.scanner.open_regular", lambda *_: pytest.fail("read again"))
    again, total = run(folder, tmp_path / "c" / "cache.db")
    assert sorted(again) == sorted(first)
    assert (total.unchanged, total.scanned, total.matches) == (4, 0, 4)


def test_other_rules_or_another_content_is_read_again(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    run(folder, cache)
    assert run(folder, cache, pack="other")[1].scanned == 4
    run(folder, cache)
    (folder / "sub" / "clean").write_bytes(b"needles")
    os.utime(folder / "sub" / "clean", (1_600_000_000, 1_600_000_000.5))  # same size, time set back: ctime tells
    found, total = run(folder, cache)
    assert (total.scanned, total.unchanged) == (1, 3)
    assert "clean" in {Path(finding.path).name for finding in found}


def test_a_moved_folder_is_read_again(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "cache.db")
    moved = folder.rename(tmp_path / "moved")
    found, total = run(moved, tmp_path / "cache.db")
    assert total.scanned == 4
    assert all(finding.path.startswith(str(moved)) for finding in found)


def test_errors_and_damaged_archives_are_never_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "z.zip").write_bytes((folder / "z.zip").read_bytes()[:-30])
    time.sleep(0.06)
    for _ in range(2):
        _, total = run(folder, tmp_path / "cache.db")
        assert total.member_problems == 1
        assert not total.complete
    assert (total.scanned, total.unchanged) == (1, 3)
    monkeypatch.setattr("atttcli.field.match.SECONDS_FLOOR", 1)
    slow = Matcher(
        yara.compile(source="rule s { condition: for all i in (1..100000000000) : (i > 0) }", externals=EXTERNALS)
    )
    for _ in range(2):
        store = ScanCache(str(tmp_path / "slow.db"), "p")
        results = list(Scanner(Examiner(slow), ScanLimits(), store).run([str(folder / "a.txt")]))
        store.close()
        assert results[0] == Outcome(str(folder / "a.txt"), "failed", "timeout", 22)


def test_a_file_changed_just_now_is_not_remembered() -> None:
    at = 1_700_000_000_123_456_789
    assert not may_be_cached(Stamp(1, 1, 1, at, at), at + 1_000_000)
    assert may_be_cached(Stamp(1, 1, 1, at, at), at + 60_000_000)
    coarse = 1_700_000_000_000_000_000
    assert not may_be_cached(Stamp(1, 1, 1, coarse, coarse), coarse + 1_900_000_000)


def test_a_damaged_cache_costs_time_only(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    run(folder, cache)
    cache.write_bytes(b"SQLite format 3\x00" + os.urandom(4000))
    store = ScanCache(str(cache), "p")
    assert "started anew" in store.note
    store.close()
    assert run(folder, cache)[1].scanned == 4
    assert run(folder, cache)[1].unchanged == 4


def test_hashes_are_looked_up_for_files_members_and_unchanged_files(folder: Path, tmp_path: Path) -> None:
    asked: list[tuple[str, str, str]] = []
    bad = "d41d8cd98f00b204e9800998ecf8427e"

    def look_up(_path: str, *trio: str) -> tuple[str, ...]:
        asked.append(trio)  # type: ignore[arg-type]
        return ("known bad",) if trio[1] == bad else ()

    (folder / "empty").write_bytes(b"")
    time.sleep(0.06)
    cache = tmp_path / "cache.db"
    run(folder, cache)  # without a look-up no hashes are kept ...
    found, total = run(folder, cache, look_up=look_up)  # ... so this one reads
    assert total.scanned == 5
    assert len(asked) == 6
    again, total = run(folder, cache, look_up=look_up)
    assert total.unchanged == 5
    assert len(asked) == 12
    for findings in (found, again):
        assert [(Path(f.path).name, f.indicators) for f in findings if f.indicators] == [("empty", ("known bad",))]


def test_members_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"needle")
    (tmp_path / "cut.zip").write_bytes(out.getvalue()[:-30])
    results = list(Scanner(Examiner(matcher())).run([str(tmp_path)]))
    assert [result.kind for result in results if isinstance(result, MemberProblem)] == ["damaged"]
    assert [result.member for result in results if isinstance(result, FileFinding)] == ["", "a"]


def test_progress_is_told_with_the_running_account(folder: Path) -> None:
    seen: list[tuple[int, str]] = []
    list(
        Scanner(Examiner(matcher()), progress=lambda account, path: seen.append((account.scanned, path))).run(
            [str(folder)]
        )
    )
    assert seen
    assert seen[0][1].startswith(str(folder))


def test_stopping_early_leaks_no_descriptor(folder: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    results = Scanner(Examiner(matcher()), ScanLimits(threads=2)).run([str(folder)])
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not before or len(os.listdir("/proc/self/fd")) == before


KILLED = """
import sys, yara
from atttcli.field.cache import ScanCache
from atttcli.field.examine import Examiner
from atttcli.field.match import Matcher
from atttcli.field.scanner import Scanner
rules = yara.compile(source='rule n { strings: $a = "needle" condition: $a }')
cache = ScanCache(sys.argv[2], "p")
print("go", flush=True)
while True:
    for _ in Scanner(Examiner(Matcher(rules)), cache=cache).run([sys.argv[1]]):
        pass
    cache._pack += "x"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_scan_leaves_a_sound_cache(tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for index in range(700):
        (root / f"f{index}").write_bytes(b"needle" * (index % 3))
    cache = tmp_path / "cache.db"
    for delay in (0.02, 0.05, 0.1, 0.2):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(root), str(cache)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        store = ScanCache(str(cache), "p")
        assert store.note == ""
        store.close()


def test_the_names_that_rules_see() -> None:
    assert externals_of(Subject("/var/www/a!b/x.PHP", owner="root")) == {
        "filename": "x.PHP", "filepath": "/var/www/a!b", "extension": ".php", "filetype": "", "owner": "root",
    }  # fmt: skip
    inner = externals_of(Subject("in.zip!d/e/f", "d/e/f"))
    assert (inner["filename"], inner["filepath"], inner["extension"]) == ("f", os.path.join("in.zip", "d", "e"), "")
    assert externals_of(Subject(os.fsdecode(b"/a\xff/b\x00"), ""))["filepath"] == "/a\ufffd"


@pytest.mark.parametrize(
    "result",
    [
        Examination(6, failed="timeout"),
        Examination(6, failed="not enough memory"),
        Examination(6, failed="replaced or cut while it was being scanned"),
        Examination(6, steady=False),
        Examination(6, problems=(MemberProblem("f", "m", "damaged", "cut short"),)),
        Examination(6, problems=(MemberProblem("f", "m", "limit", "took longer than 600 s"),)),
        Examination(6, problems=(MemberProblem("f", "", "encrypted", "no password fits"),)),
    ],
    ids=lambda result: result.failed or ("unsteady" if not result.steady else result.problems[0].kind),
)
def test_what_was_not_wholly_judged_is_read_again_each_time(tmp_path: Path, result: Examination) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "f").write_bytes(b"needle")
    time.sleep(0.06)
    reads = []

    class Told(Examiner):
        def file(self, path: str, fd: int, info: os.stat_result) -> Examination:
            reads.append(path)
            return result

    for _run in range(3):
        cache = ScanCache(str(tmp_path / "c.db"), "p")
        account = list(Scanner(Told(), cache=cache).run([str(tmp_path / "in")]))[-1]
        cache.close()
        assert isinstance(account, FileAccount)
        assert account.complete is (not result.failed and not result.problems)
    assert len(reads) == 3


def test_an_archive_beyond_a_limit_is_told_each_time_and_read_once(tmp_path: Path) -> None:
    """Whoever leaves an archive of 20,001 members must not cost every later scan ten seconds; it stays a hole."""
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "z.zip", "w") as archive:
        for name in ("a", "b", "c"):
            archive.writestr(name, b"needle")
    time.sleep(0.06)
    told = []
    for _run in range(2):
        cache = ScanCache(str(tmp_path / "c.db"), "p")
        examiner = Examiner(matcher(), archives=Limits(members=2))
        *results, account = Scanner(examiner, cache=cache).run([str(tmp_path / "in")])
        cache.close()
        assert isinstance(account, FileAccount)
        problems = [one.reason for one in results if isinstance(one, MemberProblem)]
        told.append(
            (problems, sum(isinstance(one, FileFinding) for one in results), account.complete, account.unchanged)
        )
    problem = ["more than 2 members in one archive"]
    assert told == [(problem, 3, False, 0), (problem, 3, False, 1)]  # the archive itself is not compressed


def test_a_link_in_an_archive_loses_nothing_and_is_remembered(tmp_path: Path) -> None:
    harmless = Examination(6, problems=(MemberProblem("f", "m", "skipped", "a link", 0),))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "f").write_bytes(b"needle")
    time.sleep(0.06)
    reads = []

    class Told(Examiner):
        def file(self, path: str, fd: int, info: os.stat_result) -> Examination:
            reads.append(path)
            return harmless

    for _run in range(3):
        cache = ScanCache(str(tmp_path / "c.db"), "p")
        list(Scanner(Told(), cache=cache).run([str(tmp_path / "in")]))
        cache.close()
    assert len(reads) == 1
