"""A stick with the collector for machines without Python, and a machine with things on it that nobody wants."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from atttcli.clock import DAY
from atttcli.fleet.collector.files import CollectorKit, collector_files
from atttcli.model.observable import Indicator, ObservableType

BAD = b"this file was planted\n"
BAD_SHA256 = hashlib.sha256(BAD).hexdigest()
LISTS = (
    Indicator(ObservableType.SHA256, BAD_SHA256, "Danh sách thử", "Mã độc\tthử", "malware"),
    Indicator(ObservableType.FILE, "svch0st.exe", "Danh sách thử", "Tên giả", "malware"),
    Indicator(ObservableType.FILE, "*.scr*x[1].sh", "Danh sách thử", "", "malware"),
    Indicator(ObservableType.FILE, "/dev/shm/lock", "Danh sách thử", "", "malware"),
)
HOSTILE_NAMES = (
    b"tmp/new\nline\tfile\x1b[2J.bin", b"tmp/-rf", "tmp/tệp độc.bin".encode(), b"tmp/back\\slash", b"tmp/100%41",
    b"tmp/\xff\xfe",
    b"tmp/forged\nok\t" + b"0" * 64 + b"\t-\t-\t1\t1\t", b"tmp/$(touch owned)`touch owned`;'\"",
    b"tmp/" + b"n" * 250, b"tmp/ ", b"tmp/*",
)  # fmt: skip


def make_stick(
    folder: Path, number: str = "K-2026-0001", agency: str = "x-vi-huong", now: int = 0, lists=LISTS
) -> Path:
    kit = CollectorKit(
        number=number, agency=agency, call="Tổ ứng cứu 0209 000 000", issued=now, expires=now + 90 * DAY, rules_version="1",
        rules_digest="ab" * 8,
    )  # fmt: skip
    for name, data in collector_files(kit, lists, system="linux").files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write(root: Path, name: bytes, data: bytes) -> None:
    path = os.fsencode(root) + b"/" + name
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def make_machine(root: Path) -> Path:
    """A root with planted files, hostile names, a process, a socket, autoruns, accounts and a log."""
    write(root, b"tmp/a b/bad.bin", BAD)
    for name in HOSTILE_NAMES:
        write(root, name, BAD if b"\xe1\xbb" in name or b"new" in name else b"clean " + name[:20])
    write(root, b"var/tmp/SVCH0ST.exe", b"renamed")
    write(root, b"tmp/a.scrFOOx[1].sh", b"pattern")
    write(root, b"dev/shm/lock", b"")
    os.mkfifo(root / "tmp" / "fifo")
    os.symlink("..", root / "tmp" / "loop")
    write(root, b"etc/passwd", b"root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:/bin/sh\n")
    write(root, b"etc/shadow", b"root:$6$secretdigest:19000:0:99999:7:::\n")
    write(root, b"etc/ld.so.preload", b"/lib/evil.so\n")
    write(root, b"etc/cron.d/x\ny", b"* * * * * root /tmp/x\x1b\n# comment\n")
    write(root, b"root/.ssh/authorized_keys", b"ssh-ed25519 AAAA x@y\n")
    line = "Nov 22 10:00:%02d pc sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2\n"
    write(root, b"var/log/auth.log", "".join(line % n for n in range(12)).encode())
    write(root, b"etc/machine-id", b"0123456789abcdef0123456789abcdef\n")
    write(root, b"proc/7/status", b"Name:\tevil\nUmask:\t0022\nPPid:\t1\nUid:\t0\t0\t0\t0\n")
    write(root, b"proc/7/cmdline", b"/tmp/x\0-a\nb\0")
    os.symlink("/tmp/x (deleted)", root / "proc" / "7" / "exe")
    head = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    row = b"   0: 0100007F:0CEA 070200C0:01BB 01 00000000:00000000 00:00000000 00000000     0        0 12345 1\n"
    write(root, b"proc/net/tcp", head + row)
    return root


def collect(
    stick: Path, root: Path, *options: str, shell: tuple[str, ...] = ("dash",), code: int | None = 1
) -> tuple[str, list[Path]]:
    """The last sentence, and the results that stand on the stick; nothing else may be left there."""
    words = [*shell, str(stick / "bat-dau.sh"), "--root", str(root), *options]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert code is None or done.returncode == code, done.stderr.decode()
    said = done.stdout.decode().splitlines()
    return said[-1] if said else "", sorted((stick / "out").iterdir()) if (stick / "out").is_dir() else []
