"""A host's root as a tree of files: what a check must see stands there, made by the test that asks for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from atttcli.field.host.check import Bounds, LookUp
from atttcli.field.host.run import HostSettings, run_checks
from atttcli.field.records import HIT, OBSERVATION, PROBLEM, HostRecord

NOW = 1_795_000_000.0
DAY = 86_400
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\n"
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
    "lan:x:1000:1000:Lan,,,:/home/lan:/bin/bash\n"
)


def put(root: Path, path: str, content: str | bytes, mode: int = 0o644, age_days: float = 100) -> Path:
    """A file of the host, old unless said otherwise."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
    file.chmod(mode)
    os.utime(file, (NOW - age_days * DAY,) * 2)
    return file


def process(
    root: Path,
    pid: int,
    exe: str,
    command: bytes = b"",
    name: str = "",
    ppid: int = 1,
    uid: int = 0,
    environ: bytes = b"",
    sockets: Sequence[int] = (),
) -> None:
    """A process as /proc shows it."""
    place = f"/proc/{pid}"
    name = name or exe.split("/")[-1][:15]
    put(root, f"{place}/stat", f"{pid} ({name}) S {ppid} " + "0 " * 17 + "5000 0 0\n")
    put(root, f"{place}/status", f"Name:\t{name}\nTgid:\t{pid}\nPid:\t{pid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
    put(root, f"{place}/cmdline", command)
    put(root, f"{place}/environ", environ)
    put(root, f"{place}/maps", "")
    if exe:
        (root / f"proc/{pid}/exe").symlink_to(exe)
    folder = root / f"proc/{pid}/fd"
    folder.mkdir()
    for number, inode in enumerate(sockets, 3):
        (folder / str(number)).symlink_to(f"socket:[{inode}]")


def seen(root: Path, *only: str, look_up: LookUp | None = None, bounds: Bounds | None = None) -> list[HostRecord]:
    """What the checks say of this root."""
    return list(run_checks(HostSettings(str(root), only, bounds=bounds or Bounds(), look_up=look_up, now=NOW)))


def hits(records: Sequence[HostRecord]) -> set[tuple[str, str]]:
    """Rule and subject of each hit."""
    return {(one.rule, one.subject) for one in records if one.kind == HIT}


def rules(records: Sequence[HostRecord]) -> set[str]:
    """Rules that were met."""
    return {one.rule for one in records if one.kind == HIT}


def problems(records: Sequence[HostRecord]) -> dict[str, str]:
    """What could not be looked at, and why."""
    return {one.subject: one.detail["why"] for one in records if one.kind == PROBLEM}


def observed(records: Sequence[HostRecord], check: str) -> dict[str, dict]:
    """Observations of one check by subject."""
    return {one.subject: one.detail for one in records if one.kind == OBSERVATION and one.check == check}
