"""A tree made by somebody who wants the scanner to hang, crash, follow or lie: every entry ends in one column."""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.field import account
from atttcli.field.account import FileAccount, Outcome
from atttcli.field.examine import Examiner, FileFinding
from atttcli.field.match import Matcher
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.scanner import ScanLimits, Scanner
from atttcli.field.walk import Found, WalkOptions, walk

yara = pytest.importorskip("yara")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file kinds")
EXTERNALS = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")
NEEDLE = b"xx needle-9d1c yy"


def scanner(threads: int = 1, **limits: object) -> Scanner:
    rules = yara.compile(source='rule needle { strings: $a = "needle-9d1c" condition: $a }', externals=EXTERNALS)
    return Scanner(Examiner(Matcher(rules)), ScanLimits(threads=threads, **limits))  # type: ignore[arg-type]


def run(scan: Scanner, *roots: Path) -> tuple[list[str], dict[str, list[str]], FileAccount]:
    found, others, total = [], {}, None
    for result in scan.run(str(root) for root in roots):
        if isinstance(result, FileFinding):
            found.append(result.path)
        elif isinstance(result, Outcome):
            others.setdefault(result.why, []).append(result.path)
        elif isinstance(result, FileAccount):
            total = result
    assert total is not None
    return found, others, total


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "plain").write_bytes(NEEDLE)
    (root / "empty").write_bytes(b"")
    (root / ("n" * 255)).write_bytes(NEEDLE)
    Path(os.fsdecode(os.fsencode(root) + b"/b\xff\xfe\x1b[31m")).write_bytes(NEEDLE)
    (root / "new\nline").write_bytes(NEEDLE)
    (root / "Tệp nghi ngờ.txt").write_bytes(NEEDLE)
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)  # a socket's path must be short
        server.bind("socket")
        os.chdir(here)
    (root / "to-dev").symlink_to("/dev")
    (root / "to-zero").symlink_to("/dev/zero")
    (root / "to-proc").symlink_to("/proc")
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "dangling").symlink_to("nowhere")
    os.link(root / "plain", root / "hard")
    with (root / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    (root / "locked").mkdir()
    (root / "locked" / "inside").write_bytes(NEEDLE)
    (root / "locked").chmod(0)
    (root / "unreadable").write_bytes(NEEDLE)
    (root / "unreadable").chmod(0)
    yield root
    (root / "locked").chmod(0o700)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.timeout(20)
def test_every_entry_ends_in_one_column(tree: Path, threads: int) -> None:
    found, others, total = run(scanner(threads), tree)
    names = {Path(path).name for path in found}
    assert {"plain", "hard", "n" * 255, "new\nline", "Tệp nghi ngờ.txt"} <= names
    assert os.fsdecode(b"b\xff\xfe\x1b[31m") in names
    assert [Path(path).name for path in others[account.FIFO]] == ["fifo"]
    assert [Path(path).name for path in others[account.SOCKET]] == ["socket"]
    assert len(others[account.LINK]) == 6
    assert [Path(path).name for path in others[account.TOO_LARGE]] == ["sparse"]
    assert not total.complete
    listed = sum(len(paths) for paths in others.values())
    assert total.found == total.scanned + listed
    if os.geteuid():
        assert {Path(path).name for path in others[account.DENIED]} == {"locked", "unreadable"}
    else:
        assert "inside" in names


def test_devices_and_special_file_systems_are_left_out() -> None:
    items = list(
        walk(
            ["/"],
            WalkOptions(
                exclude=frozenset(f"/{name}" for name in os.listdir("/") if name not in ("dev", "proc", "sys"))
            ),
        )
    )
    whys = {item.path: item.why for item in items if isinstance(item, Outcome)}
    assert whys["/proc"] == whys["/dev"] == account.PSEUDO
    assert not any(isinstance(item, Found) and item.path.startswith(("/dev", "/proc", "/sys")) for item in items)


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.timeout(60)
def test_deeper_than_paths_and_descriptors_go(tmp_path: Path, few_descriptors: None) -> None:
    """3,000 levels; half-way and near the top stand more folders, some of which come only after the deep one is left."""
    depth, branching = 3000, (1, 2500)
    made = _make_deep(tmp_path, depth, branching)
    try:
        before = len(os.listdir("/proc/self/fd"))
        found, others, total = run(scanner(), tmp_path)
        assert (len(found), others, total.complete) == (made, {}, True)
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        _remove_deep(tmp_path, depth, branching)


SIDES = [f"side{index}" for index in range(6)]


def _make_deep(top: Path, depth: int, branching: tuple[int, ...]) -> int:
    fd = os.open(top, os.O_RDONLY)
    for level in range(depth):
        for name in [*(SIDES if level in branching else ()), "dd"]:
            os.mkdir(name, dir_fd=fd)
            inner = os.open(name, os.O_RDONLY, dir_fd=fd)
            if name != "dd" or level == depth - 1:
                with os.fdopen(os.open("file", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=inner), "wb") as file:
                    file.write(NEEDLE)
            if name != "dd":
                os.close(inner)
        os.close(fd)
        fd = inner
    os.close(fd)
    return len(SIDES) * len(branching) + 1


def _remove_deep(top: Path, depth: int, branching: tuple[int, ...]) -> None:
    """From the bottom up, by descriptor: pytest's own clean-up recurses by path and would fail."""
    fd = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        inner = os.open("dd", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.unlink("file", dir_fd=fd)
    for level in reversed(range(depth)):
        up = os.open("..", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = up
        os.rmdir("dd", dir_fd=fd)
        for name in SIDES if level in branching else ():
            os.unlink(f"{name}/file", dir_fd=fd)
            os.rmdir(name, dir_fd=fd)
    os.close(fd)


def test_a_pipe_swapped_in_after_listing_is_refused_at_once(tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_bytes(NEEDLE)
    items = walk([str(tmp_path)])
    found = next(items)
    assert isinstance(found, Found)
    target.unlink()
    os.mkfifo(target)
    started = time.monotonic()
    with pytest.raises(NotReadable) as refused:
        open_regular(found.name, found.dir_fd)
    assert (refused.value.column, refused.value.why) == (account.SKIPPED, account.FIFO)
    assert time.monotonic() - started < 20  # waiting for a writer would have no end


def test_a_link_swapped_in_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_bytes(NEEDLE)
    items = walk([str(tmp_path)])
    found = next(items)
    assert isinstance(found, Found)
    target.unlink()
    target.symlink_to("/etc/passwd")
    with pytest.raises(NotReadable) as refused:
        open_regular(found.name, found.dir_fd)
    assert refused.value.why == account.LINK


def test_a_vanished_file_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(NEEDLE)
    real = open_regular

    def vanish(name: str, dir_fd: int | None = None) -> tuple[int, os.stat_result]:
        if name == "b":
            (tmp_path / "b").unlink()
        return real(name, dir_fd)

    monkeypatch.setattr("atttcli.field.scanner.open_regular", vanish)
    found, others, total = run(scanner(), tmp_path)
    assert sorted(Path(path).name for path in found) == ["a", "c"]
    assert total.failed == {account.VANISHED: 1}
    assert [Path(path).name for path in others[account.VANISHED]] == ["b"]


@pytest.mark.timeout(60)
def test_a_mapped_file_cut_while_it_is_matched_does_not_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atttcli.field.opening.MAP_FROM", 1 << 20)
    victim = tmp_path / "big"
    victim.write_bytes(os.urandom(1 << 20) * 30)
    (tmp_path / "small").write_bytes(NEEDLE)
    stop = threading.Event()

    def cutter() -> None:
        while not stop.is_set():
            os.truncate(victim, 0)
            os.truncate(victim, 30 << 20)

    thread = threading.Thread(target=cutter)
    thread.start()
    try:
        for _ in range(5):
            found, _, total = run(scanner(), tmp_path)
            assert [Path(path).name for path in found] == ["small"]
            assert total.found == 2
    finally:
        stop.set()
        thread.join()


def test_roots_given_twice_or_inside_each_other_are_scanned_once(tree: Path) -> None:
    _, _, once = run(scanner(), tree)
    _, _, twice = run(scanner(), tree, tree, tree / "plain")
    assert once.found == twice.found


def test_a_root_that_is_no_file_is_accounted(tree: Path) -> None:
    _, others, total = run(scanner(), tree / "fifo", tree / "missing")
    assert others == {account.FIFO: [str(tree / "fifo")], account.MISSING: [str(tree / "missing")]}
    assert total.found == 2


def test_the_time_limit_ends_a_run_cleanly(tmp_path: Path) -> None:
    for index in range(50):
        (tmp_path / f"f{index}").write_bytes(NEEDLE)
    found, _, total = run(scanner(seconds=1e-9), tmp_path)
    assert total.stopped == "time limit"
    assert not total.complete
    assert total.found == total.scanned == len(found) < 50


def test_the_memory_limit_ends_a_run_cleanly(tmp_path: Path) -> None:
    for index in range(200):
        (tmp_path / f"f{index}").write_bytes(b"")
    _, _, total = run(scanner(memory=1), tmp_path)
    assert total.stopped == "memory limit"
    assert total.found < 200


def test_regular_files_only_even_by_name() -> None:
    assert stat.S_ISCHR(os.stat("/dev/zero").st_mode)
    with pytest.raises(NotReadable) as refused:
        open_regular("/dev/zero")
    assert refused.value.why == account.DEVICE
