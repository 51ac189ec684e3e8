"""Without rights: what is closed is told by name, and what is open is looked at all the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.host_tree import PASSWD, put

CODE = """
import json, os, sys
from atttcli.field.host import catalogue, run  # before the rights go: the interpreter may stand in root's home
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for one in run.run_checks(run.HostSettings(sys.argv[1])):
    print(json.dumps([one.check, one.kind, one.subject, one.detail.get("why", "")]))
"""


@pytest.fixture
def root() -> Iterator[Path]:
    """Below /tmp itself: pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="attt-host-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path in folder.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_closed_folders_and_files_are_told(root: Path) -> None:
    put(root, "/etc/passwd", PASSWD)
    put(root, "/etc/shadow", "root:*:1:0\n", 0o000)
    put(root, "/etc/crontab", "* * * * * root /tmp/x\n")
    put(root, "/home/lan/.bashrc", "/tmp/x\n")
    put(root, "/home/lan/.ssh/authorized_keys", "")
    put(root, "/var/spool/cron/crontabs/lan", "@daily /tmp/x\n")
    put(root, "/etc/sudoers.d/x", "lan ALL=(ALL) NOPASSWD: ALL\n")
    for folder in ("home/lan", "var/spool/cron/crontabs", "etc/sudoers.d"):
        (root / folder).chmod(0o000)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(root)], capture_output=True, text=True, check=True, timeout=60
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    missed = {
        (check, subject) for check, kind, subject, why in told if kind == "problem" and why == "permission denied"
    }
    assert missed >= {
        ("accounts", "/etc/shadow"), ("accounts", "/etc/sudoers.d"), ("cron", "/var/spool/cron/crontabs"),
        ("startup", "/home/lan"), ("keys", "/home/lan/.ssh"),
    }  # fmt: skip
    assert len(missed) == len(
        [1 for _check, kind, _subject, why in told if kind == "problem" and why == "permission denied"]
    )
    assert any(check == "cron" and kind == "hit" for check, kind, _subject, _why in told)
