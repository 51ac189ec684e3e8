"""The shell collector as it runs: under dash, and in a root that holds nothing but busybox."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from atttcli.exchange.collected_text import decode
from atttcli.field.kit.machine import architecture
from atttcli.field.names import NameSet, fold_path
from atttcli.fleet.collector.files import encode, pattern_of, script
from atttcli.model.observable import Indicator, ObservableType
from tests.support.collector_stick import (
    BAD,
    BAD_SHA256,
    HOSTILE_NAMES,
    LISTS,
    collect,
    make_machine,
    make_stick,
    write,
)

DASH = shutil.which("dash")
BUSYBOX = shutil.which("busybox")
needs_dash = pytest.mark.skipif(not DASH, reason="dash is not installed: the collector was not run")
needs_busybox = pytest.mark.skipif(not BUSYBOX, reason="busybox is not installed: the collector was not run under it")


def tables(result: Path) -> dict[str, list[list[str]]]:
    with tarfile.open(result) as archive:
        return {
            one.name: [line.split("\t") for line in archive.extractfile(one).read().decode("ascii", "replace").split("\n")[:-1]]
            for one in archive.getmembers() if one.isfile() and not one.name.startswith("log")
        }  # fmt: skip


@pytest.fixture
def place(tmp_path):
    stick = make_stick(tmp_path / "USB của tôi")
    return stick, make_machine(tmp_path / "máy trạm")


def snapshot(root: Path) -> list[tuple[object, ...]]:
    found = []
    for folder, names, files in os.walk(os.fsencode(root)):
        for name in names + files:
            info = os.lstat(os.path.join(folder, name))
            found.append((folder, name, info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns))
    return sorted(found)


def judge_result(result: Path) -> None:
    found = tables(result)
    paths = {decode(row[6]): row for row in found["files.tsv"]}
    for name in HOSTILE_NAMES:
        shown = "/" + name.decode("utf-8", "surrogateescape")
        assert paths[shown][0] == "ok", shown
        assert re.fullmatch("[0-9a-f]{64}", paths[shown][1])
    assert all(len(row) == 7 for row in found["files.tsv"])
    assert not any(row[1] == "0" * 64 for row in found["files.tsv"]), "no name forged a line"
    assert "/tmp/fifo" not in paths
    assert {(row[0], decode(row[1])) for row in found["findings.tsv"]} == {
        ("sha256", BAD_SHA256), ("name", "svch0st.exe"), ("name", "*.scr*x[1].sh"), ("name", "/dev/shm/lock"),
    }  # fmt: skip
    bad = {decode(row[9]) for row in found["findings.tsv"] if row[0] == "sha256"}
    assert bad == {"/tmp/a b/bad.bin", "/tmp/tệp độc.bin", "/tmp/new\nline\tfile\x1b[2J.bin"}
    hits = {(row[0], row[3], decode(row[2])) for row in found["host.tsv"] if row[1] == "hit"}
    assert hits == {
        ("processes", "host.process-temp-exe", "/tmp/x (deleted)"),
        ("autoruns", "host.preload-file", "/etc/ld.so.preload"),
        ("accounts", "host.account-second-root", "toor"),
    }
    seen = {(row[0], decode(row[2])): [decode(one) for one in row[6:]] for row in found["host.tsv"]}
    assert "remote=192.0.2.7:443" in seen["sockets", "127.0.0.1:3306"]
    assert seen["autoruns", "/etc/cron.d/x\ny"][0] == "line=* * * * * root /tmp/x\x1b"
    assert "command=/tmp/x -a\nb " in seen["processes", "/tmp/x (deleted)"]
    assert "secretdigest" not in str(found), "no digest of a password leaves the machine"
    digests = {row[1]: (int(row[2]), row[3]) for row in found["manifest.txt"] if row[0] == "file"}
    with tarfile.open(result) as archive:
        for one in archive.getmembers():
            if one.isfile() and one.name != "manifest.txt":
                data = archive.extractfile(one).read()
                assert digests.pop(one.name) == (len(data), hashlib.sha256(data).hexdigest())
    assert not digests


@needs_dash
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_it_finds_what_was_planted_and_no_name_forges_a_line(place, shell) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed: the collector was not run under it")
    stick, root = place
    before = snapshot(root)
    said, results = collect(stick, root, shell=(shell,))
    assert said == "Có 6 tệp và 3 dấu hiệu nghi ngờ – gọi Tổ ứng cứu 0209 000 000"
    assert snapshot(root) == before, "it only reads"
    assert [one.name for one in results] == [f"{results[0].name}"]
    assert results[0].name.startswith("K-2026-0001-")
    judge_result(results[0])


@needs_busybox
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="a clean root needs chroot, and that needs root")
def test_it_does_the_same_in_a_clean_root_of_busybox_alone_without_a_network(tmp_path) -> None:
    clean = tmp_path / "clean"
    (clean / "bin").mkdir(parents=True)
    shutil.copy(BUSYBOX, clean / "bin" / "busybox")
    libraries = subprocess.run(["ldd", BUSYBOX], capture_output=True, text=True, check=False).stdout
    for library in re.findall(r"/\S+", libraries):
        (clean / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, clean / library[1:])
    make_stick(clean / "usb")
    make_machine(clean / "máy")
    for name in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "busybox":
            os.symlink("busybox", clean / "bin" / name)
    (clean / "dev").mkdir()
    try:
        os.mknod(clean / "dev" / "null", 0o20666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no device may be made here: the clean root has no /dev/null")
    before = snapshot(clean)
    words = ["chroot", str(clean), "/bin/sh", "/usb/bat-dau.sh", "--root", "/máy"]
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0:
        words = ["unshare", "-n", *words]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1, done.stderr.decode()
    assert done.stdout.decode() == "Có 6 tệp và 3 dấu hiệu nghi ngờ – gọi Tổ ứng cứu 0209 000 000\n"
    (result,) = (clean / "usb" / "out").iterdir()
    judge_result(result)
    shutil.rmtree(clean / "usb" / "out")
    left = [one for one in snapshot(clean) if one not in before]
    assert [one[:2] for one in left] == [(os.fsencode(clean), b"usb")], "nothing is left on the machine"


@needs_dash
def test_it_tells_machines_apart_as_the_scanner_does(place) -> None:
    stick, root = place
    _said, (result,) = collect(stick, root)
    told = dict(row for row in tables(result)["manifest.txt"] if len(row) == 2)
    text = f"atttcli machine\n0123456789abcdef0123456789abcdef\n{told['host'].lower()}"
    assert told["machine"] == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert told["arch"] == architecture()


@needs_dash
def test_an_interrupt_keeps_what_was_seen(tmp_path) -> None:
    root = tmp_path / "root"
    for number in range(3000):
        write(root, b"tmp/odd \xff %d" % number, b"x")  # one at a time: slow enough to be interrupted
    stick = make_stick(tmp_path / "usb")
    words = ["dash", str(stick / "bat-dau.sh"), "--root", str(root)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True
    ) as job:
        for line in job.stderr:
            if line.startswith(b"[5/7]"):
                time.sleep(0.5)
                os.killpg(job.pid, signal.SIGINT)
                break
        said, _ = job.communicate(timeout=30)
    assert job.returncode == 2
    assert "dừng trước khi xong" in said.decode()
    (result,) = (stick / "out").iterdir()
    found = tables(result)
    assert ["stopped", "interrupted"] in found["manifest.txt"]
    assert 0 < len(found["files.tsv"]) < 3000


@needs_dash
def test_a_clean_machine_is_called_clean(tmp_path) -> None:
    root = tmp_path / "root"
    write(root, b"tmp/fine", b"fine")
    said, (result,) = collect(make_stick(tmp_path / "usb"), root, code=0 if os.geteuid() == 0 else 2)
    if os.geteuid() == 0:
        assert said == "Sạch"
    assert ["complete", "yes" if os.geteuid() == 0 else "no"] in tables(result)["manifest.txt"]


@needs_dash
def test_what_was_not_reached_is_never_called_clean(tmp_path) -> None:
    root = tmp_path / "root"
    for number in range(40):
        write(root, b"tmp/%d" % number, b"x")
    stick = make_stick(tmp_path / "usb")
    said, (result,) = collect(stick, root, "--max-files", "10", code=2)
    assert said.startswith("Sạch ở phần đã quét; ")
    assert "40 tệp chưa kịp xem" in said
    assert ["left", "40"] in tables(result)["manifest.txt"]
    result.unlink()
    said, (result,) = collect(stick, root, "--max-time", "0", code=2)
    assert "dừng trước khi xong" in said
    result.unlink()
    said, (result,) = collect(stick, root, "--max-size", "0", code=0)
    assert {row[0] for row in tables(result)["files.tsv"]} == {"large"}


@needs_dash
def test_a_link_to_what_only_root_may_read_is_not_followed(tmp_path) -> None:
    root = tmp_path / "root"
    write(root, b"etc/shadow", b"root:$6$secretdigest:19000:0:99999:7:::\n")
    for name in (
        "home/an/.bashrc",
        "home/an/.ssh/authorized_keys",
        "var/log/nginx/access.log",
        "tmp/x",
        "etc/cron.d/x",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(root / "etc" / "shadow", root / name)
    _said, (result,) = collect(make_stick(tmp_path / "usb"), root, code=2)
    with tarfile.open(result) as archive:
        for one in archive.getmembers():
            assert not one.isfile() or b"secretdigest" not in archive.extractfile(one).read()
    found = tables(result)
    assert ["/var/log/nginx/access.log", "symbolic link"] in [
        row[1:] for row in found["manifest.txt"] if row[0] == "hole"
    ]
    links = {decode(row[2]): decode(row[6]) for row in found["host.tsv"] if row[-1].startswith("link=")}
    assert set(links) == {"/home/an/.bashrc", "/home/an/.ssh/authorized_keys"}


@needs_dash
@pytest.mark.parametrize("tool", ["find", "sha256sum", "awk", "od"])
def test_tools_that_do_nothing_never_make_a_machine_clean(tmp_path, tool) -> None:
    """Whatever a machine's own tool leaves undone, or an attacker's: it is told."""
    root, fake = tmp_path / "root", tmp_path / "bin"
    write(root, b"tmp/bad", BAD)
    write(root, b"tmp/odd \xff", BAD)
    write(fake, tool.encode(), b"#!/bin/sh\nexit 0\n")
    (fake / tool).chmod(0o755)
    stick = make_stick(tmp_path / "usb")
    collector = stick / "collector" / "collect.sh"
    collector.write_bytes(
        collector.read_bytes().replace(b"PATH=/usr/sbin:", b"PATH=" + os.fsencode(fake) + b":/usr/sbin:", 1)
    )
    done = subprocess.run(["dash", str(stick / "bat-dau.sh"), "--root", str(root), "--quiet"], capture_output=True, timeout=60,
                          check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    said = done.stdout.decode().strip()
    if tool == "od" and shutil.which("hexdump"):  # the way around it
        assert (done.returncode, said.startswith("Có 2 tệp nghi ngờ")) == (1, True)
        return
    assert done.returncode == 2
    assert said == "" if tool == "awk" else "; 1 thư mục chưa quét" in said or "tệp không đọc được" in said
    if tool == "awk":
        assert "không có awk" in done.stderr.decode()


@needs_dash
def test_a_flooded_place_does_not_hide_the_others(tmp_path) -> None:
    root = tmp_path / "root"
    for number in range(200):
        write(root, b"tmp/%d" % number, b"x")
    write(root, b"var/tmp/SVCH0ST.exe", b"x")
    said, (result,) = collect(make_stick(tmp_path / "usb"), root, "--max-files", "100", code=2)
    assert said.startswith("Có 1 tệp nghi ngờ")
    holes = [row[1:] for row in tables(result)["manifest.txt"] if row[0] == "hole" and row[1] != "/"]
    assert holes == [["/tmp", "more than its share of time and files"]]


@needs_dash
def test_a_list_that_is_missing_on_the_stick_is_told(tmp_path) -> None:
    root, stick = tmp_path / "root", make_stick(tmp_path / "usb")
    write(root, b"tmp/x", b"x")
    (stick / "collector" / "indicators" / "sha256.tsv").unlink()
    said, (result,) = collect(stick, root, code=2)
    assert said.startswith("Sạch ở phần đã quét; 1 thư mục chưa quét")
    assert any(row[0] == "hole" and "sha256 is missing" in row[2] for row in tables(result)["manifest.txt"])


@needs_dash
def test_md5_and_sha1_are_only_computed_when_a_list_asks_for_them(tmp_path) -> None:
    root = tmp_path / "root"
    write(root, b"tmp/x", b"x")
    write(root, b"tmp/\xff", b"y")
    lists = [
        Indicator(ObservableType.MD5, hashlib.md5(b"x").hexdigest(), "a"),
        Indicator(ObservableType.SHA1, hashlib.sha1(b"y").hexdigest(), "b"),
    ]
    _said, (result,) = collect(make_stick(tmp_path / "usb", lists=lists), root)
    assert {(row[0], row[9]) for row in tables(result)["findings.tsv"]} == {("md5", "/tmp/x"), ("sha1", "/tmp/%FF")}


@needs_dash
def test_a_hundred_thousand_hashes_cost_seconds(tmp_path) -> None:
    root = tmp_path / "root"
    write(root, b"tmp/last", b"last")
    lists = [Indicator(ObservableType.SHA256, hashlib.sha256(b"%d" % n).hexdigest(), "list") for n in range(100_000)]
    lists.append(Indicator(ObservableType.SHA256, hashlib.sha256(b"last").hexdigest(), "list"))
    stick = make_stick(tmp_path / "usb", lists=lists)
    before = os.times().children_user + os.times().children_system
    said, _results = collect(stick, root)
    assert said.startswith("Có 1 tệp nghi ngờ")
    assert os.times().children_user + os.times().children_system - before < 5


@needs_dash
def test_a_stick_that_cannot_be_written_says_where_to_write_instead(place, tmp_path) -> None:
    stick, root = place
    (stick / "out").write_text("in the way")
    done = subprocess.run(["dash", str(stick / "bat-dau.sh"), "--root", str(root)], capture_output=True, timeout=30, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.returncode == 2
    assert "--out" in done.stderr.decode()
    said, _ = (
        collect(stick, root, "--out", str(tmp_path / "elsewhere"), code=1) if not (stick / "out").unlink() else ("", [])
    )
    assert said.startswith("Có 6 tệp")
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


def test_no_other_shell_is_needed() -> None:
    """Both shells accept every line; no word of another shell stands in it."""
    for name in ("collect.sh", "bat-dau.sh"):
        text = script(name).decode()
        for word in ("[[ ", "<<<", "&>", "pipefail", "echo -e", "declare ", "$RANDOM", "-printf", "-print0"):
            assert word not in text, word
        for shell in filter(None, (DASH and [DASH], BUSYBOX and [BUSYBOX, "sh"])):
            done = subprocess.run([*shell, "-n"], input=text.encode(), capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, b"")
    checker = shutil.which("shellcheck")
    if checker:
        done = subprocess.run([checker, "-s", "sh", "-"], input=script("collect.sh"), capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()


def test_a_pattern_means_what_the_scanner_means_by_it() -> None:
    names = [
        "*.scr",
        "a?c.exe",
        "appdata/*/x*.dll",
        "/tmp/.x*/lock",
        "c:/users/*/evil.exe",
        "tệp*.exe",
        "a+b(1)*.js",
        "100%*.js",
        "*",
    ]
    paths = [
        "/x/y.scr", "/x/y.SCR", "/x/y.scr/z", "C:\\u\\abc.exe", "/abbc.exe", "/aếc.exe", "C:\\AppData\\r\\xy.dll", "/tmp/.x11/lock",
        "/a/tmp/.x11/lock", "C:\\Users\\an\\evil.exe", "/TỆP 1.exe", "/tệp 1.exe", "/a+b(1)z.js", "/aab1.js", "/100%z.js",
        "/100x.js", "/a%c.exe",
    ]  # fmt: skip
    for name in names:
        folded = fold_path(name)
        ours = re.compile(pattern_of(folded))
        scanner = NameSet(patterns=[(folded, {"value": name})])
        for path in paths:
            mine = bool(ours.search(encode(fold_path(path)).lower()))
            assert mine == bool(scanner.look_up(path)), (name, path)


def test_every_text_comes_back_from_its_spelling() -> None:
    for text in ("", "a b", "100%41", "\n\t\x1b\x7f", "tệp độc", "\udcff\udcfe", "𝕏", "\\"):
        assert decode(encode(text)) == text
        assert encode(text).isascii()
        assert encode(text).isprintable()
    assert decode(encode("\ud800")) == "?", "half a character of Windows is no name that a list can hold"


def test_lists_are_whole_whatever_their_texts() -> None:
    for one in LISTS:
        assert one.source
    odd = Indicator(ObservableType.FILE, "x\ty\nz", "s\t1\n2", "d\r\n", "k\t")
    from atttcli.fleet.collector.files import CollectorKit, collector_files

    kit = CollectorKit(number="K-2026-0001", agency="a", call="x\ny\tz", issued=0, expires=0)
    made = collector_files(
        kit, [odd, *(Indicator(ObservableType.FILE, f"*{n}?", "s") for n in range(250))], system="linux"
    )
    assert made.files["collector/indicators/names.tsv"].count(b"\n") == 1
    assert made.files["collector/indicators/names.tsv"].count(b"\t") == 5
    assert made.files["collector/kit.txt"].decode().splitlines()[2] == "call\tx y z"
    assert (made.names, made.left_out, made.hashes) == (201, 50, 0)
