"""Every kind of hostile file at once, by the whole command with the shipped rules: no hang, no crash, each counted."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.field.account import FileAccount, Outcome
from atttcli.field.examine import Examiner, FileFinding
from atttcli.field.match import Matcher
from atttcli.field.scanner import ScanLimits, Scanner
from tests.support.hostile_tree import KINDS, NEEDLE

yara = pytest.importorskip("yara")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kinds of file of Linux")

MOST_MB = {"1": 100, "2": 140}  # two files at a time may both be mapped
_DROP_BOUND, _OVERRIDE, _SEARCH = 24, 1, 2
RUN = """
import sys
from atttcli.cli.main import run
peak = sys.argv.pop()
try:
    run()
finally:
    with open("/proc/self/status") as status, open(peak, "w") as out:
        out.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    root = tmp_path_factory.mktemp("kinds") / "tree"
    missing = []
    for index, (name, make) in enumerate(sorted(KINDS.items())):
        here = root / f"k{index:02}"
        here.mkdir(parents=True)
        try:
            make(here)
        except OSError as error:
            missing.append(f"{name}: {error}")
    yield root, missing
    for _folder, folders, _files, fd in os.fwalk(root):
        for one in folders:
            if not stat.S_ISLNK(os.stat(one, dir_fd=fd, follow_symlinks=False).st_mode):
                os.chmod(one, 0o700, dir_fd=fd)
    shutil.rmtree(root, ignore_errors=True)


def entries(root: Path) -> int:
    """What is no folder, counted by somebody who may enter everything."""
    return sum(
        len(files) + sum(stat.S_ISLNK(os.stat(one, dir_fd=fd, follow_symlinks=False).st_mode) for one in folders)
        for _folder, folders, files, fd in os.fwalk(root)
    )


def without_rights() -> None:
    """From the next program on, root is somebody who may not pass over permissions."""
    libc = ctypes.CDLL(None)
    for right in (_OVERRIDE, _SEARCH):
        libc.prctl(_DROP_BOUND, right, 0, 0, 0)


def scanned(root: Path, work: Path, before: Callable[[], None] | None, *words: str) -> tuple[int, list[Any], int, str]:
    """Exit code, JSON lines, peak memory in MB, and what was said."""
    env = {**os.environ, "ATTTCLI_HOME": str(work / "home"), "LANG": "C.UTF-8"}
    command = [sys.executable, "-c", RUN, "scan", str(root), "--json", "--list-skipped", *words, str(work / "peak")]
    done = subprocess.run(command, capture_output=True, env=env, cwd=work, preexec_fn=before, timeout=170, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, lines, int((work / "peak").read_text()) // 1024, done.stderr.decode("utf-8", "replace")


def test_there_are_more_than_sixty_kinds(tree: tuple[Path, list[str]]) -> None:
    assert len(KINDS) - len(tree[1]) >= 60, tree[1]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_all_of_them_with_the_shipped_rules(tree: tuple[Path, list[str]], tmp_path: Path, threads: str) -> None:
    root, _missing = tree
    scanned(root / "k00", tmp_path, None, "--fresh")  # compiles the rules, as the first scan after they changed does
    code, lines, peak, said = scanned(root, tmp_path, None, "--threads", threads)
    account = lines[-1]["files"]
    assert (code, lines[-1]["kind"]) == (2, "account"), said
    assert "Traceback" not in said
    skipped = [line for line in lines if line["kind"] == "skipped"]
    assert account["found"] == account["scanned"] + sum(line["column"] != "member" for line in skipped)
    if not os.geteuid():
        assert account["found"] == entries(root)
    assert peak <= MOST_MB[threads]
    code, again, _, _ = scanned(root, tmp_path, None, "--threads", threads)
    assert again[-1]["files"]["found"] == account["found"]
    assert again[-1]["files"]["unchanged"] > 2000
    found = [[(line["path"], line["rule"]) for line in told if line["kind"] == "detection"] for told in (lines, again)]
    assert sorted(found[0]) == sorted(found[1])


@pytest.mark.timeout(180)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights")
def test_somebody_without_rights_is_told_what_he_may_not_read(tree: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, _missing = tree
    _, lines, _, said = scanned(root, tmp_path, without_rights, "--archives", "0")
    denied = {Path(line["path"]).name for line in lines if line.get("why") == "permission denied"}
    assert {"locked", "blind", "inside"} <= denied, said
    account = lines[-1]["files"]
    listed = [line for line in lines if line["kind"] == "skipped" and line["column"] != "member"]
    assert account["found"] == account["scanned"] + len(listed)
    assert account["complete"] is False


@pytest.mark.timeout(60)
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="mounts of one's own need root and unshare"
)
def test_mounts_that_make_a_loop_or_lead_out(tmp_path: Path) -> None:
    for name in ("in/a/loop", "in/out", "in/tmp", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "in" / "a" / "file").write_bytes(NEEDLE)
    (tmp_path / "other" / "x").write_bytes(NEEDLE)
    mounts = f"cd {tmp_path}/in && mount --bind a a/loop && mount --bind ../other out && mount -t tmpfs none tmp && touch tmp/x"
    script = f"{mounts} && exec {sys.executable} -c '{RUN}' scan {tmp_path}/in --json --list-skipped {tmp_path}/peak"
    env = {**os.environ, "ATTTCLI_HOME": str(tmp_path / "home")}
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, env=env, timeout=50, check=False)
    if b"mount" in done.stderr and not done.stdout:
        pytest.skip("no mounts here")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    whys = {Path(line["path"]).name: (line["column"], line["why"]) for line in lines if line["kind"] == "skipped"}
    assert whys["loop"] == ("failed", "folder inside itself")
    assert whys["tmp"] == ("skipped", "other file system")
    assert lines[-1]["files"]["scanned"] == 2


@pytest.mark.timeout(60)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_tree_that_changes_under_the_scan(tmp_path: Path, threads: int) -> None:
    """Files and folders that vanish, grow, shrink, are swapped for links, pipes and each other, all the time."""
    root = tmp_path / "in"
    for folder in range(8):
        (root / f"d{folder}").mkdir(parents=True)
        for file in range(40):
            (root / f"d{folder}" / f"f{file}").write_bytes(NEEDLE * 500)
    (root / "steady").write_bytes(NEEDLE)
    stop = threading.Event()
    troubles: list[BaseException] = []

    def trouble() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            folder = root / f"d{turn % 8}"
            file = folder / f"f{turn % 40}"
            try:
                _change(turn % 7, root, folder, file)
            except OSError:
                continue
            except BaseException as error:
                troubles.append(error)
                raise

    worker = threading.Thread(target=trouble)
    worker.start()
    externals = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")
    rules = yara.compile(source='rule needle { strings: $a = "needle-9d1c" condition: $a }', externals=externals)
    try:
        began = time.monotonic()
        while time.monotonic() - began < 3:
            results = list(Scanner(Examiner(Matcher(rules)), ScanLimits(threads=threads)).run([str(root)]))
            account = results[-1]
            assert isinstance(account, FileAccount)
            assert account.found == account.scanned + sum(isinstance(one, Outcome) for one in results)
            assert any(isinstance(one, FileFinding) and one.path.endswith("steady") for one in results)
    finally:
        stop.set()
        worker.join()
    assert not troubles


def _change(how: int, root: Path, folder: Path, file: Path) -> None:
    if how == 0:
        file.unlink()
    elif how == 1:
        file.unlink(missing_ok=True)
        os.mkfifo(file)
    elif how == 2:
        file.unlink(missing_ok=True)
        file.symlink_to("/dev/zero")
    elif how == 3:
        file.unlink(missing_ok=True)
        file.write_bytes(NEEDLE * 5000)
    elif how == 4:
        os.truncate(file, 3) if file.is_file() else file.unlink()
    elif how == 5:
        folder.rename(root / "elsewhere")
        (root / "elsewhere").rename(folder)
    else:
        folder.rename(root / "gone")
        folder.symlink_to("/")
        folder.unlink()
        (root / "gone").rename(folder)
