"""Sockets of Linux: who listens, who talks to whom, which program holds the socket; addresses are asked of the lists.

Reads `/proc/net/{tcp,tcp6,udp,udp6,packet}` and the links `/proc/PID/fd/*`. Python 3.8-clean.
"""

from __future__ import annotations

import ipaddress
import os
from typing import Dict, Iterator, List, NamedTuple, Tuple

from atttcli.field.account import DENIED
from atttcli.field.host.check import ADDRESS, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import is_temp, masked, remote_address
from atttcli.field.host.processes import pids, read_process
from atttcli.field.host.root import HostRoot
from atttcli.field.opening import NotReadable

_MOST = 16 * 1024 * 1024
_STATES = {1: "established", 2: "syn-sent", 3: "syn-received", 6: "time-wait", 8: "close-wait", 10: "listening"}
_LISTENING = 10
_MOST_FDS = 4096
_INSTALLED = ("/usr/", "/sbin/", "/bin/", "/lib/", "/opt/", "/snap/")  # only an administrator puts programs there


class Socket(NamedTuple):
    """One line of a table of the kernel. Addresses are readable; `inode` is 0 for what no process holds any more."""

    protocol: str
    local: str
    local_port: int
    remote: str
    remote_port: int
    state: str
    inode: int


def read_table(text: str, protocol: str) -> Iterator[Socket]:
    """Lines of /proc/net/tcp and its like; what does not fit is left out."""
    for line in text.split("\n")[1:]:
        words = line.split()
        if len(words) < 10:
            continue
        try:
            local, local_port = _endpoint(words[1])
            remote, remote_port = _endpoint(words[2])
            state, inode = int(words[3], 16), int(words[9])
        except ValueError:
            continue
        word = _STATES.get(state, f"state {state}")
        if protocol.startswith("udp"):
            word = "established" if remote_port else "listening"
        yield Socket(protocol, local, local_port, remote, remote_port, word, inode)


def _endpoint(text: str) -> Tuple[str, int]:
    """`0100007F:0016` is 127.0.0.1 port 22: each group of four bytes stands in the machine's own order."""
    number, _, port = text.partition(":")
    raw = bytes.fromhex(number)
    if len(raw) not in (4, 16):
        raise ValueError(text)
    address = ipaddress.ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)))
    return str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)


def holders(root: HostRoot, wanted: "set[int]", scope: Scope) -> Tuple[Dict[int, List[int]], int]:
    """Socket inode to the processes that hold it; how many processes would not show theirs."""
    found: Dict[int, List[int]] = {}
    denied = 0
    for pid in pids(root):
        try:
            entries = root.entries(f"/proc/{pid}/fd")
        except NotReadable as refused:
            denied += refused.why == DENIED
            continue
        scope.spending.spend()
        for one in entries[:_MOST_FDS]:
            if one.link.startswith("socket:["):
                number = one.link[8:-1]
                if number.isdigit() and int(number) in wanted:
                    found.setdefault(int(number), []).append(pid)
    return found, denied


def look(scope: Scope) -> Iterator[Seen]:
    """Every socket with its program, then programs that read all traffic."""
    root = scope.root
    sockets: List[Socket] = []
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        try:
            table = root.read(f"/proc/self/net/{protocol}" if root.is_own else f"/proc/net/{protocol}", _MOST)
        except NotReadable as refused:
            if protocol in ("tcp", "udp"):  # a kernel without IPv6 has no such table
                yield Missed(f"/proc/net/{protocol}", refused.why)
            continue
        scope.spending.spend(len(table.text))
        sockets.extend(read_table(table.text, protocol))
        if table.cut:
            yield Missed(f"/proc/net/{protocol}", "longer than the limit")
    raw = list(_packet_inodes(root))
    held, denied = holders(root, {one.inode for one in sockets if one.inode} | set(raw), scope)
    for one in sockets:
        yield _observation(root, one, held.get(one.inode, []))
    for inode in raw:
        for pid in held.get(inode, []):
            process = read_process(root, pid)
            if process is not None:
                seen = {"pid": pid, "exe": process.exe, "command": masked(process.command)}
                usual = process.file.startswith(_INSTALLED)
                yield Observation(process.file or process.name, seen, () if usual else ("host.raw-socket",))
    if denied:
        yield Missed("/proc", f"processes of other accounts whose sockets could not be told apart: {denied}")


def _observation(root: HostRoot, one: Socket, pids_of: List[int]) -> Observation:
    listening = one.state == "listening"
    process = read_process(root, pids_of[0]) if pids_of else None
    detail: Dict[str, object] = {**one._asdict(), "pids": pids_of[:20], "exe": process.exe if process else ""}
    shown = f"{one.protocol} {_join(one.local, one.local_port)}"
    if not listening:
        shown += f" -> {_join(one.remote, one.remote_port)}"
    rules = ("host.port-temp-program",) if listening and process and is_temp(process.file) else ()
    address = remote_address(one.remote)
    return Observation(shown, detail, rules, ((ADDRESS, address),) if address else ())


def _join(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _packet_inodes(root: HostRoot) -> Iterator[int]:
    """Inodes of packet sockets, which see every frame."""
    try:
        text = root.read("/proc/self/net/packet" if root.is_own else "/proc/net/packet", _MOST).text
    except NotReadable:
        return
    for line in text.split(os.linesep)[1:]:
        words = line.split()
        if len(words) >= 9 and words[8].isdigit():
            yield int(words[8])
