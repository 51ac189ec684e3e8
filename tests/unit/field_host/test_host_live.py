"""Sockets, kernel modules, running programs and their memory: as the kernel tells them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.field.examine import Examiner
from atttcli.field.host.catalogue import CHECKS
from atttcli.field.host.check import Bounds, bounded
from atttcli.field.host.programs import pieces_of
from atttcli.field.host.rules import RULES
from atttcli.field.host.run import HostSettings, run_checks
from atttcli.field.host.sockets import read_table
from atttcli.field.match import Matcher
from atttcli.field.records import KnownBad, host_record, read_host
from atttcli.field.strict_json import dumps
from tests.support.host_tree import PASSWD, hits, observed, problems, process, put, rules, seen

TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0 100 0 0 10 0
   1: 0500000A:C350 097100CB:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 1002 1 0 20 4 30 10 -1
   2: nonsense
   3: 00000000:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1003 1
"""
TCP6 = """  sl  local_address remote_address                        st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
   0: 0000000000000000FFFF00000500000A:0050 0000000000000000FFFF0000097100CB:D431 01 00000000:00000000 00:0 0 33 0 1004 1
   1: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0 0 33 0 1005 1
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "/etc/passwd", PASSWD)
    (tmp_path / "proc/self").mkdir(parents=True)
    put(tmp_path, "/proc/net/tcp", TCP)
    put(tmp_path, "/proc/net/tcp6", TCP6)
    put(tmp_path, "/proc/net/udp", TCP.split("\n")[0])
    put(tmp_path, "/proc/net/udp6", "")
    put(
        tmp_path,
        "/proc/net/packet",
        "sk RefCnt Type Proto Iface R Rmem User Inode\n0 3 3 0003 2 1 0 0 1006\n0 3 3 0003 2 1 0 0 1007\n",
    )
    process(tmp_path, 10, "/usr/sbin/sshd", b"sshd\0", sockets=[1001])
    process(tmp_path, 11, "/usr/bin/curl", b"curl\0", sockets=[1002])
    process(tmp_path, 12, "/tmp/.x/srv", b"srv\0", sockets=[1003])
    process(tmp_path, 13, "/usr/sbin/dhclient", b"dhclient\0", sockets=[1006])
    process(tmp_path, 14, "/home/lan/knock", b"knock\0", sockets=[1007])
    put(tmp_path, "/proc/modules", "ext4 1 1 - Live 0x0\nodd 1 0 - Live 0x0 (OE)\nforced 1 0 - Live 0x0 (F)\n")
    for name, state in (("ext4", "live\n"), ("rootkit", "live\n")):
        put(tmp_path, f"/sys/module/{name}/initstate", state)
    (tmp_path / "sys/module/printk").mkdir()  # built in: it has no state
    put(tmp_path, "/proc/sys/kernel/tainted", "12288\n")
    put(tmp_path, "/proc/sys/kernel/osrelease", "6.1.0\n")
    return tmp_path


def test_sockets_with_programs_and_what_is_asked(root: Path) -> None:
    def look_up(kind: str, value: str) -> list[KnownBad]:
        return [KnownBad("ipv4-addr", value, "list")] if (kind, value) == ("address", "203.0.113.9") else []

    found = seen(root, "sockets", look_up=look_up)
    told = observed(found, "sockets")
    assert told["tcp 0.0.0.0:22"]["exe"] == "/usr/sbin/sshd"
    assert told["tcp 10.0.0.5:50000 -> 203.0.113.9:443"]["exe"] == "/usr/bin/curl"
    assert told["tcp6 10.0.0.5:80 -> 203.0.113.9:54321"]["pids"] == []
    assert "tcp6 [2001:db8::1]:80" in told
    assert hits(found) == {
        ("host.port-temp-program", "tcp 0.0.0.0:4444"),
        ("host.raw-socket", "/home/lan/knock"),
        ("host.known-bad:203.0.113.9", "tcp 10.0.0.5:50000 -> 203.0.113.9:443"),
        ("host.known-bad:203.0.113.9", "tcp6 10.0.0.5:80 -> 203.0.113.9:54321"),
    }


def test_our_own_listening_socket_is_seen_on_this_machine() -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        told = observed(seen(Path(os.sep), "sockets"), "sockets")
    assert os.getpid() in told[f"tcp 127.0.0.1:{port}"]["pids"]


def test_hostile_tables() -> None:
    for text in ("", "x\n" * 1000, "h\n 0: GG:1 00000000:0 01 a b c d e f\n", "h\n" + "0 " * 100_000):
        assert list(read_table(text, "tcp")) == []


def test_kernel_modules(root: Path) -> None:
    found = seen(root, "modules")
    assert hits(found) == {
        ("host.module-unsigned", "odd"), ("host.module-forced", "forced"), ("host.module-hidden", "rootkit"),
    }  # fmt: skip
    assert observed(found, "modules")["kernel"]["reasons"] == ["module from outside the kernel", "unsigned module"]


def test_neighbours_with_the_gateways_hardware_address(root: Path) -> None:
    put(
        root, "/proc/net/route", "Iface Destination Gateway\neth0 00000000 0100000A 0003\neth0 0000000A 00000000 0001\n"
    )
    row = "10.0.0.{} 0x1 0x2 52:54:00:00:00:{} * eth0\n"
    put(root, "/proc/net/arp", "IP HW Flags HWa Mask Device\n" + row.format(1, "01") + row.format(7, "02"))
    assert rules(seen(root, "resolvers")) == set()
    put(root, "/proc/net/arp", "IP HW Flags HWa Mask Device\n" + row.format(1, "01") + row.format(7, "01"))
    assert hits(seen(root, "resolvers")) == {
        ("host.arp-duplicate", "arp 10.0.0.1"),
        ("host.arp-duplicate", "arp 10.0.0.7"),
    }


@pytest.fixture
def sleeper(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A program of ours that runs, with a word in its memory; its file is deleted."""
    program = tmp_path / "prog"
    shutil.copyfile(shutil.which("sleep") or "/bin/sleep", program)
    program.chmod(0o755)
    started = subprocess.Popen([program, "60"], env={"LC_ALL": "C"})
    time.sleep(0.1)
    program.unlink()
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_deleted_program_is_still_hashed_and_judged(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    yara = pytest.importorskip("yara")
    rule = 'rule elf_sleep { meta: severity = "high" description = "a test" strings: $a = "coreutils" condition: $a }'
    examiner = Examiner(Matcher(yara.compile(source=rule)))
    expected = hashlib.sha256(Path(shutil.which("sleep") or "/bin/sleep").read_bytes()).hexdigest()
    found = list(run_checks(HostSettings(only=("programs", "processes"), examiner=examiner)))
    mine = str(tmp_path / "prog")
    assert any(
        one.subject == mine and one.detail.get("sha256") == expected for one in found if one.kind == "observation"
    )
    assert [(one.title, one.severity) for one in found if one.subject == mine and one.rule.endswith("elf_sleep")] == [
        ("a test", 3)
    ]
    assert any(rule.startswith("host.process-deleted-exe") and subject == mine for rule, subject in hits(found))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_judged_only_when_asked(tmp_path: Path) -> None:
    yara = pytest.importorskip("yara")
    word = "NOT-A-WORD-" + os.urandom(8).hex()
    code = "import sys,time; held = sys.stdin.readline().strip() * 2; print('ready', flush=True); time.sleep(60)"
    started = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert started.stdin is not None and started.stdout is not None
        started.stdin.write(word.encode() + b"\n")
        started.stdin.flush()
        assert started.stdout.readline() == b"ready\n"
        rule = f'rule in_memory {{ strings: $a = "{word}{word}" condition: $a }}'
        examiner = Examiner(Matcher(yara.compile(source=rule)))
        only = ("memory",)
        assert list(run_checks(HostSettings(only=only, examiner=examiner))) == []
        bounds = Bounds(seconds=40)
        found = list(run_checks(HostSettings(only=only, examiner=examiner, memory=True, bounds=bounds)))
    finally:
        started.kill()
        started.wait()
    assert started.pid in [one.detail["pid"] for one in found if one.rule.endswith("in_memory")]


def test_without_rules_memory_says_that_it_is_not_judged() -> None:
    (one,) = run_checks(HostSettings(only=("memory",), memory=True))
    assert one.detail["why"] == "memory is not judged without YARA rules"


def test_pieces_of_memory_that_are_worth_judging() -> None:
    maps = (
        "00400000-00401000 r-xp 00000000 fe:00 1 /usr/bin/x\n"
        "00600000-00601000 rw-p 00000000 fe:00 1 /usr/bin/x\n"
        "7f00-7f01 rwxp 00000000 00:00 0\n"
        "7f02-7f03 r-xp 00000000 00:05 9 /memfd:a (deleted)\n"
        "7f04-7f05 r--p 00000000 00:00 0 [vvar]\n"
        "7f06-7f07 ---p 00000000 00:00 0\n"
        "7f08-7f09 rw-s 00000000 00:06 5 /dev/dri/card0\n"
        "7f0a-7f0b rw-p 00000000 00:00 0 [heap]\n"
        "x\n"
    )
    assert [(piece.start, piece.name) for piece in pieces_of(maps)] == [
        (0x600000, "/usr/bin/x"), (0x7F00, ""), (0x7F02, "/memfd:a (deleted)"), (0x7F0A, "[heap]"),
    ]  # fmt: skip


def test_every_rule_is_well_formed_and_the_catalogue_whole() -> None:
    for rule in RULES.values():
        assert rule.id.startswith("host.")
        assert 0 <= rule.severity <= 4
        assert rule.title and rule.why and rule.innocent
        assert rule.category in {"madoc", "truycap", "giamao", "khac"}
    assert len({(check.name, system) for check in CHECKS for system in check.systems}) == sum(
        len(one.systems) for one in CHECKS
    )
    for check in CHECKS:
        assert check.reads and check.permission and check.misses


def test_every_record_fits_into_a_bundle(root: Path) -> None:
    process(root, 4000, "/usr/bin/x\udcff", b"\xff\x00" * 200_000)
    records = seen(root)
    assert len(records) > 10
    for one in records:
        assert read_host(dumps(host_record(one))).subject == host_record(one)["subject"]


def test_details_are_bounded() -> None:
    deep = {"a": [{"b": ["c" * 5000, b"\xff", 1 << 60, None, 1.5]}], **{str(number): number for number in range(500)}}
    small = bounded(deep)
    assert len(small) == 50
    assert len(dumps(bounded(["x" * 10_000] * 500))) < 60_000


def test_bounds_end_a_check_and_say_so(root: Path) -> None:
    found = seen(root, "sockets", bounds=Bounds(observations=2))
    assert problems(found) == {"sockets": "more to see than the check's limit"}
    assert len(observed(found, "sockets")) == 2
    ticks = iter(range(10_000))
    settings = HostSettings(str(root), ("processes",), bounds=Bounds(seconds=5), clock=lambda: float(next(ticks)))
    (last,) = [one for one in run_checks(settings) if one.kind == "problem"]
    assert last.detail["why"] == "not reached before the check's time limit"
    found = seen(root, "modules", "sockets", bounds=Bounds(bytes=10))
    assert problems(found)["sockets"] == "more to read than the check's limit"


def test_the_run_is_slowed_down_between_its_pieces(root: Path) -> None:
    pauses: list[int] = []
    settings = HostSettings(str(root), ("processes",), pause=lambda: pauses.append(1))
    assert len(list(run_checks(settings))) <= len(pauses)


def test_this_process_is_among_those_of_this_machine() -> None:
    found = seen(Path(os.sep), "processes")
    mine = [one for one in found if one.detail.get("pid") == os.getpid() and one.kind == "observation"]
    assert len(mine) == 1
