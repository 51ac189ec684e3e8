"""Running processes of Linux: which program, started how, by whom, and what about them is no honest program's way.

Reads `/proc/PID/{stat,status,cmdline,environ,exe,maps}`; a process may end at any moment and is then left out. The
environment is read for the names of a few loader variables only; none of its values is kept beside theirs. Python 3.8-clean.
"""

from __future__ import annotations

import os
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from atttcli.field.account import DENIED, VANISHED
from atttcli.field.host.check import NAME, Asked, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, is_hidden, is_temp, judge, masked
from atttcli.field.host.root import HostRoot
from atttcli.field.match import Owners
from atttcli.field.opening import NotReadable

DELETED = " (deleted)"
_CMDLINE = 64 * 1024
_ENVIRON = 256 * 1024
_LOADER = (b"LD_PRELOAD=", b"LD_AUDIT=", b"LD_LIBRARY_PATH=")
_SYSTEM_LIBRARIES = re.compile(r"^(?:/usr)?(?:/local)?/(?:lib|lib32|lib64|libexec)/|^/(?:opt|snap|nix)/|^[^/]+$")
# As a command line, without brackets: only what no honest program is called.
_KERNEL_NAME = re.compile(
    r"^(?:(?:kworker|ksoftirqd|migration|rcu_\w{1,20}|jbd2)/[\w:.+-]{1,60}|(?:kthreadd|kswapd|kdevtmpfs|khugepaged|kcompactd)\w{0,10})$"
)
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Process(NamedTuple):
    """One process. `exe` is empty for threads of the kernel and where it may not be read."""

    pid: int
    ppid: int
    name: str
    exe: str
    command: str
    uid: int
    started: float  # seconds since 1970, 0 when unknown
    cut: bool = False

    @property
    def is_kernel(self) -> bool:
        """A thread of the kernel: the kernel's own child, or the parent of them all."""
        return self.pid == 2 or self.ppid == 2

    @property
    def file(self) -> str:
        """The program's path without the mark of a deleted file."""
        return self.exe[: -len(DELETED)] if self.exe.endswith(DELETED) else self.exe


def pids(root: HostRoot) -> List[int]:
    """Numbers of the processes listed now."""
    return sorted(int(name) for name in root.names("/proc") if name.isdigit() and len(name) < 10)


def read_process(root: HostRoot, pid: int, boot: float = 0) -> Optional[Process]:
    """What /proc says of one process; None when it ended meanwhile."""
    place = f"/proc/{pid}"
    try:
        stat = root.read(place + "/stat", 8192).text
        status = root.read(place + "/status", 16384).text
    except NotReadable:
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")  # the name itself may hold brackets and blanks
    fields = rest.split()
    try:
        ppid, ticks = int(fields[1]), int(fields[19])
    except (IndexError, ValueError):
        return None
    found = re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)
    uid = int(found.group(1)) if found else -1
    try:
        command = root.read(place + "/cmdline", _CMDLINE)
        text, cut = command.text.rstrip("\0").replace("\0", " "), command.cut
    except NotReadable:
        text, cut = "", False
    exe = root.link(place + "/exe")
    return Process(pid, ppid, name, exe, text, uid, boot + ticks / _TICKS if boot else 0, cut)


def boot_time(root: HostRoot) -> float:
    """When the system started, seconds since 1970; 0 when unknown."""
    try:
        found = re.search(r"^btime (\d{1,12})$", root.read("/proc/stat", 4 * 1024 * 1024).text, re.MULTILINE)
    except NotReadable:
        return 0
    return float(found.group(1)) if found else 0


def look(scope: Scope) -> Iterator[Seen]:
    """Every process with what is odd about it."""
    root = scope.root
    boot, owners = boot_time(root), Owners(root.outside("/etc/passwd"))
    listed = pids(root)
    if not listed:
        yield Missed("/proc", "no processes are to be seen here")
        return
    unseen = 0
    for pid in listed:
        process = read_process(root, pid, boot)
        if process is None:
            continue
        scope.spending.spend(len(process.command) + 1)
        preload, denied = ("", False) if process.is_kernel else _preload(root, pid)
        if not process.is_kernel and (denied or not process.exe):
            unseen += 1
        yield _observation(process, owners, preload)
    if unseen:
        # Zombies have neither program nor environment; they are not a matter of rights.
        lost = sum(1 for pid in listed if _is_denied(root, pid))
        if lost:
            yield Missed("/proc", f"processes of other accounts seen without program or environment: {lost}")
    yield from _hidden(root, set(listed))


def _observation(process: Process, owners: Owners, preload: str) -> Observation:
    detail: Dict[str, object] = {
        "pid": process.pid, "ppid": process.ppid, "name": process.name, "exe": process.exe,
        "command": masked(process.command), "user": owners.name(process.uid) or str(process.uid),
    }  # fmt: skip
    if process.started:
        detail["started"] = int(process.started)
    if process.cut:
        detail["command_cut"] = True
    if preload:
        detail["preload"] = preload
    asked: Tuple[Asked, ...] = asked_of(process.command)
    if process.exe:
        asked = ((NAME, process.file), *(one for one in asked if one != (NAME, process.file)))
    return Observation(process.file or f"[{process.name}]", detail, rules_of(process, preload), asked)


def rules_of(process: Process, preload: str = "") -> Tuple[str, ...]:
    """Ids of the rules that this process meets."""
    if process.is_kernel and not process.exe:
        return ()
    found: List[str] = []
    file = process.file
    memory = file.startswith("/memfd:")
    deleted = process.exe.endswith(DELETED) and not memory
    if memory:  # under any name: whoever starts it chooses that
        found.append("host.process-memfd")
    if deleted:
        found.append("host.process-deleted-exe-temp" if is_temp(file) else "host.process-deleted-exe")
    elif is_temp(file):
        found.append("host.process-temp-exe")
    if not memory and is_hidden(file):
        found.append("host.process-hidden-path")
    # A process may set both its name and its command line; only the kernel's own have no program file.
    if process.exe and (_KERNEL_NAME.match(process.command.strip()) or _bracketed(process)):
        found.append("host.process-kernel-name")
    if preload:
        found.append("host.process-preload")
    return (*found, *(rule for rule in judge(process.command) if rule != "host.command-temp"))


def _bracketed(process: Process) -> bool:
    command = process.command.strip()
    return len(command) < 64 and command.startswith("[") and command.endswith("]") and " " not in command


def _preload(root: HostRoot, pid: int) -> Tuple[str, bool]:
    """Loader variables that lead to an odd place; whether the environment was refused."""
    try:
        data, _info, _cut = root.read_bytes(f"/proc/{pid}/environ", _ENVIRON)
    except NotReadable as refused:
        return "", refused.why == DENIED
    odd = []
    for one in data.split(b"\0"):
        if one.startswith(_LOADER):
            name, _, value = one.decode("utf-8", "backslashreplace")[:2000].partition("=")
            places = [part for part in re.split("[: ]", value) if part]
            if name == "LD_LIBRARY_PATH":
                places = [part for part in places if is_temp(part + "/")]
            if any(not _SYSTEM_LIBRARIES.match(part) for part in places):
                odd.append(f"{name}={value}")
    return "; ".join(odd), False


def _is_denied(root: HostRoot, pid: int) -> bool:
    try:
        root.read_bytes(f"/proc/{pid}/environ", 1)
    except NotReadable as refused:
        return refused.why not in (VANISHED, "no such process")
    return False


def _hidden(root: HostRoot, listed: "set[int]") -> Iterator[Seen]:
    """Process numbers that answer although the listing leaves them out: asked one by one up to the highest listed."""
    if not root.is_own or not listed:
        return
    asked = (pid for pid in range(1, min(max(listed), 65_536)) if pid not in listed)
    unlisted = [pid for pid in asked if root.status(f"/proc/{pid}") is not None and _is_group_leader(root, pid)]
    again = set(pids(root))  # those that were born meanwhile are listed now
    for pid in unlisted:
        if pid not in again:
            process = read_process(root, pid)
            if process is not None and pid not in pids(root):
                detail = {"pid": pid, "name": process.name, "exe": process.exe, "command": masked(process.command)}
                yield Observation(process.file or f"[{process.name}]", detail, ("host.process-hidden",))


def _is_group_leader(root: HostRoot, pid: int) -> bool:
    """Threads answer by number too and are never listed: only whoever leads its thread group is a process."""
    try:
        return f"\nTgid:\t{pid}\n" in root.read(f"/proc/{pid}/status", 4096).text
    except NotReadable:
        return False
