"""Windows as it runs: processes, their programs and memory, sockets, local accounts. Python 3.8-clean."""

from __future__ import annotations

import os
from typing import Dict, Iterator, List

from atttcli.field.examine import Examiner
from atttcli.field.host.check import ADDRESS, NAME, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, is_temp, judge, masked, remote_address
from atttcli.field.host.people import DAY, RECENT_DAYS
from atttcli.field.host.programs import judge_program, verdict_of
from atttcli.field.match import MatchFailed
from atttcli.field.opening import NotReadable, open_regular

# Windows' own programs and where they stand, below the drive.
_AT_HOME = {
    "svchost.exe": ("windows/system32", "windows/syswow64"), "lsass.exe": ("windows/system32",), "csrss.exe": ("windows/system32",),
    "services.exe": ("windows/system32",), "smss.exe": ("windows/system32",), "winlogon.exe": ("windows/system32",),
    "wininit.exe": ("windows/system32",), "spoolsv.exe": ("windows/system32",), "explorer.exe": ("windows", "windows/syswow64"),
    "taskhostw.exe": ("windows/system32",), "dwm.exe": ("windows/system32",), "conhost.exe": ("windows/system32",),
}  # fmt: skip
_NOT_REQUIRED, _DISABLED = 0x20, 0x2
_ADMINISTRATOR = 2


def look_processes(scope: Scope) -> Iterator[Seen]:
    """Every process with its path and command line."""
    closed = 0
    for one in scope.windows.processes():
        closed += not one.exe and one.pid not in (0, 4)
        rules: List[str] = []
        if one.exe and not is_at_home(one.exe):
            rules.append("host.process-system-name")
        if is_temp(one.exe):
            rules.append("host.process-temp-exe")
        rules += [rule for rule in judge(one.command) if rule != "host.command-temp"]
        detail = {"pid": one.pid, "ppid": one.ppid, "name": one.name, "exe": one.exe, "command": masked(one.command)}
        asked = (((NAME, one.exe),) if one.exe else ()) + asked_of(one.command)
        yield Observation(one.exe or one.name, detail, tuple(rules), asked)
    if closed:
        yield Missed("processes", f"processes of other accounts seen without program or environment: {closed}")


def is_at_home(exe: str) -> bool:
    """Whether a program with a name of Windows' own stands where Windows keeps it; true for all other names."""
    folder, _, name = exe.replace("\\", "/").lower().rpartition("/")
    places = _AT_HOME.get(name)
    return places is None or folder[3:] in places


def look_programs(scope: Scope) -> Iterator[Seen]:
    """Each program file once: hashes, lists, YARA."""
    told: Dict[str, bool] = {}
    for one in scope.windows.processes():
        if not one.exe or told.setdefault(one.exe.lower(), False):
            continue
        told[one.exe.lower()] = True
        try:
            fd, info = open_regular(one.exe)
        except NotReadable as refused:
            yield Missed(one.exe, refused.why)
            continue
        try:
            scope.spending.spend()
            yield from judge_program(scope.examiner or Examiner(), one.exe, fd, info)
        finally:
            os.close(fd)


def look_memory(scope: Scope) -> Iterator[Seen]:
    """YARA on processes, as libyara reads them; nothing without `--memory` and rules."""
    if not scope.memory:
        return
    matcher = scope.examiner.matcher if scope.examiner is not None else None
    judge_process = getattr(matcher, "match_process", None)
    if judge_process is None:
        yield Missed("memory", "memory is not judged without YARA rules")
        return
    for one in scope.windows.processes():
        if one.pid in (0, 4, os.getpid()):
            continue
        scope.spending.spend()
        found = judge_process(one.pid)
        if isinstance(found, MatchFailed):
            yield Missed(f"{one.exe or one.name} ({one.pid})", found.reason)
            continue
        for hit in found:
            yield verdict_of(one.exe or one.name, hit, {"pid": one.pid})


def look_sockets(scope: Scope) -> Iterator[Seen]:
    """Listening sockets and connections with their programs."""
    by_pid = {one.pid: one for one in scope.windows.processes()}
    for one in scope.windows.sockets():
        process = by_pid.get(one.pid)
        exe = process.exe or process.name if process is not None else ""
        listening = one.state == "listening"
        shown = f"{one.protocol} {one.local}:{one.local_port}" + (
            "" if listening else f" -> {one.remote}:{one.remote_port}"
        )
        rules = ("host.port-temp-program",) if listening and is_temp(exe) else ()
        address = remote_address(one.remote) if one.remote else None
        yield Observation(shown, {**one._asdict(), "exe": exe}, rules, ((ADDRESS, address),) if address else ())


def look_accounts(scope: Scope) -> Iterator[Seen]:
    """Local accounts."""
    for one in scope.windows.users():
        enabled = not one.flags & _DISABLED
        rules: List[str] = []
        if enabled and one.flags & _NOT_REQUIRED:
            rules.append("host.account-no-password")
        if enabled and one.password_age < RECENT_DAYS * DAY:
            rules.append("host.account-new")
        if one.name.endswith("$"):
            rules.append("host.account-hidden")
        detail = {"enabled": enabled, "administrator": one.privilege == _ADMINISTRATOR, "last_logon": one.last_logon,
                  "password_age_days": one.password_age // DAY}  # fmt: skip
        yield Observation(one.name, detail, tuple(rules))
