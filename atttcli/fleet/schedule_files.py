"""A plan in the words of a scheduler: a systemd service and timer, a file of cron, a task of the Windows Task Scheduler.

Each file begins with a line that says that it is ours and what its content was, so that `schedule remove` takes away only
what is ours, and nothing that somebody changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from atttcli.fleet.schedule import CRON, DAYS, PROFILES, SYSTEMD, WINDOWS, Plan, offset_of
from atttcli.limits import MIB

NAME: Final = "atttcli-scan"
TASK: Final = r"\atttcli\scan"
SERVICE_PATH, TIMER_PATH = f"/etc/systemd/system/{NAME}.service", f"/etc/systemd/system/{NAME}.timer"
CRON_PATH: Final = f"/etc/cron.d/{NAME}"
_MARK: Final = "atttcli schedule 1 "
_DIGEST: Final = re.compile(re.escape(_MARK) + r"([0-9a-f]{32})")
_HOST_HIDDEN: Final = ("PrivateNetwork=yes", "ProtectProc=invisible")
_HOST_LOOKS: Final = (
    "# The host is looked at: its sockets and the processes of others are seen, and read by CAP_SYS_PTRACE; nothing is sent.",
    "PrivateNetwork=no",
    "ProtectProc=default",
)
_LONG_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class ScheduleFile:
    """A file as it is written. `path` is a whole path on the machine that is to be scanned."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """What an installation writes, and the programs that make the system take notice of it or forget it."""

    files: tuple[ScheduleFile, ...]
    start: tuple[tuple[str, ...], ...] = ()
    stop: tuple[tuple[str, ...], ...] = ()
    forget: tuple[tuple[str, ...], ...] = ()


def layout(plan: Plan, host: str) -> Layout:
    """The plan for its system. `host` decides where in the spread this machine stands."""
    makers: dict[str, Callable[[Plan, str], Layout]] = {SYSTEMD: _systemd, CRON: _cron, WINDOWS: _windows}
    return makers[plan.system](plan, host)


def state_of(data: bytes) -> str:
    """Whose file that is: `ours` as it was written, `changed` by somebody since, or `foreign`."""
    text, coding = (
        (data.decode("utf-16", "replace"), "xml")
        if data[:2] == b"\xff\xfe"
        else (data.decode("utf-8", "replace"), "text")
    )
    match = _DIGEST.search(text[:400])
    if match is None:
        return "foreign"
    whole = text.replace(match[1], "", 1)
    return "ours" if match[1] == _digest(whole if coding == "text" else whole.replace("\r\n", "\n")) else "changed"


def _marked(text: str) -> str:
    """The text with its own digest in the place that is left open for it."""
    return text.replace(_MARK, _MARK + _digest(text), 1)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _systemd(plan: Plan, host: str) -> Layout:
    service = _marked("\n".join(_service(plan)) + "\n").encode()
    timer = _marked("\n".join(_timer(plan)) + "\n").encode()
    return Layout(
        (ScheduleFile(SERVICE_PATH, service), ScheduleFile(TIMER_PATH, timer)),
        (("systemctl", "daemon-reload"), ("systemctl", "enable", "--now", f"{NAME}.timer")),
        (("systemctl", "disable", "--now", f"{NAME}.timer"),),
        (("systemctl", "daemon-reload"),),
    )


def _service(plan: Plan) -> list[str]:
    """Root that may read everything and write one folder. What is not switched off is needed, and a comment says for what."""
    profile = PROFILES[plan.profile]
    writable = [plan.state, *(one for one in (plan.workspace, plan.kit) if one)]
    more = " CAP_SYS_PTRACE" if plan.host else ""
    return [
        f"# {_MARK}",
        "[Unit]",
        f"Description=atttcli: scan of this machine ({plan.profile})",
        "ConditionACPower=true",
        "[Service]",
        "Type=oneshot",
        "ExecStart=" + " ".join(_systemd_word(word) for word in (*plan.command(), "--if-due")),
        "Environment=PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 " + _systemd_word("TMPDIR=" + plan.state),
        "WorkingDirectory=/",
        "# 1: something was found; 4 and 5: on battery, or another scan is running. 2, holes in the coverage, is a failure.",
        "SuccessExitStatus=1 4 5",
        f"TimeoutStartSec={profile.seconds + 1800}",
        "UMask=0077",
        "# Behind all other work.",
        "Nice=19",
        "CPUSchedulingPolicy=idle",
        "IOSchedulingClass=idle",
        f"CPUQuota={profile.cpu}%",
        f"MemoryHigh={profile.memory // MIB}M",
        f"MemoryMax={profile.memory // MIB + 256}M",
        "MemorySwapMax=0",
        "TasksMax=32",
        "OOMScoreAdjust=1000",
        "# Reads what it may not own; writes nowhere but into its own folder.",
        "CapabilityBoundingSet=CAP_DAC_READ_SEARCH" + more,
        "AmbientCapabilities=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        *(f"ReadWritePaths={_systemd_word(place)}" for place in writable),
        "# The real /tmp and /dev/shm are scanned, so there is no PrivateTmp and no PrivateDevices; no device is opened.",
        "DevicePolicy=closed",
        *(_HOST_LOOKS if plan.host else _HOST_HIDDEN),
        "IPAddressDeny=any",
        "RestrictAddressFamilies=AF_UNIX",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelTunables=yes",
        "# No ProtectKernelModules: it hides the folder of kernel modules, which is scanned.",
        "LockPersonality=yes",
        "MemoryDenyWriteExecute=yes",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "RemoveIPC=yes",
        "KeyringMode=private",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "SystemCallFilter=sched_setscheduler setpriority ioprio_set prlimit64",
        "SystemCallErrorNumber=EPERM",
    ]


def _timer(plan: Plan) -> list[str]:
    days = "" if plan.when.daily else ",".join(DAYS[day].capitalize() for day in plan.when.days) + " "
    return [
        f"# {_MARK}",
        "[Unit]",
        f"Description=atttcli: when this machine is scanned ({plan.when})",
        "[Timer]",
        f"OnCalendar={days}*-*-* {plan.when.time}:00",
        "# Looks every hour whether that run took place (it was on battery, another scan ran), and otherwise ends at once.",
        "OnCalendar=hourly",
        f"RandomizedDelaySec={plan.spread}min",
        "# The same delay every day, another one on each machine.",
        "FixedRandomDelay=yes",
        "AccuracySec=1min",
        "# A run that was missed while the machine was off is made up for after the start.",
        "Persistent=yes",
        "[Install]",
        "WantedBy=timers.target",
    ]


def _systemd_word(text: str) -> str:
    """One word of a unit: specifiers and variables were refused before, so only quoting is left."""
    return text if re.fullmatch(r"[A-Za-z0-9_./:@=,+-]+", text) else '"' + text.replace("\\", "\\\\") + '"'


def _cron(plan: Plan, host: str) -> Layout:
    moved = plan.when.later(offset_of(host, plan.spread))
    days = "*" if moved.daily else ",".join(str((day + 1) % 7) for day in moved.days)
    words = " ".join(_shell_word(word) for word in plan.command())
    lines = [
        f"# {_MARK}",
        f"# This machine is scanned ({plan.profile}, {plan.when}); its start is its own within {plan.spread} minutes.",
        "SHELL=/bin/sh",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        'MAILTO=""',
        f"{moved.minute % 60} {moved.minute // 60} * * {days} root {words}",
        "# What was missed (power off, battery) is made up for within the hour; otherwise this does nothing.",
        f"{(moved.minute + 30) % 60} * * * * root {words} --if-missed",
    ]
    return Layout((ScheduleFile(CRON_PATH, _marked("\n".join(lines) + "\n").encode()),))


def _shell_word(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./:@=,+-]+", text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def _windows(plan: Plan, host: str) -> Layout:
    path = plan.state.rstrip("\\") + r"\schedule\scan.xml"
    text = _marked("\n".join(_task(plan)) + "\n")
    data = b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le")
    return Layout(
        (ScheduleFile(path, data),),
        (("schtasks", "/Create", "/TN", TASK, "/XML", path, "/F"),),
        (("schtasks", "/Delete", "/TN", TASK, "/F"),),
    )


def _task(plan: Plan) -> list[str]:
    """A task in the order that the Task Scheduler's schema asks for, as the system's own account and with the least priority."""
    profile = PROFILES[plan.profile]
    command, *words = plan.command()
    days = "".join(f"<{_LONG_DAYS[day]}/>" for day in plan.when.days)
    often = (
        "<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>"
        if plan.when.daily
        else f"<ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek>{days}</DaysOfWeek></ScheduleByWeek>"
    )
    return [
        '<?xml version="1.0" encoding="UTF-16"?>',
        f"<!-- {_MARK} -->",
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
        "<RegistrationInfo><Author>atttcli</Author>",
        f"<Description>atttcli: scan of this machine ({plan.profile}, {plan.when})</Description></RegistrationInfo>",
        f"<Triggers><CalendarTrigger><Enabled>true</Enabled><StartBoundary>2026-01-05T{plan.when.time}:00</StartBoundary>",
        f"<RandomDelay>PT{plan.spread}M</RandomDelay>{often}</CalendarTrigger></Triggers>",
        '<Principals><Principal id="System"><UserId>S-1-5-18</UserId>',
        "<RunLevel>HighestAvailable</RunLevel></Principal></Principals>",
        "<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
        "<DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries><StopIfGoingOnBatteries>true</StopIfGoingOnBatteries>",
        "<AllowHardTerminate>true</AllowHardTerminate><StartWhenAvailable>true</StartWhenAvailable>",
        "<RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>",
        "<IdleSettings><StopOnIdleEnd>false</StopOnIdleEnd><RestartOnIdle>false</RestartOnIdle></IdleSettings>",
        "<AllowStartOnDemand>true</AllowStartOnDemand><Enabled>true</Enabled><Hidden>false</Hidden>",
        "<RunOnlyIfIdle>false</RunOnlyIfIdle><WakeToRun>false</WakeToRun>",
        f"<ExecutionTimeLimit>PT{(profile.seconds + 1800) // 60}M</ExecutionTimeLimit><Priority>7</Priority></Settings>",
        f'<Actions Context="System"><Exec><Command>{escape(command)}</Command>',
        f"<Arguments>{escape(' '.join(_windows_word(word) for word in words))}</Arguments></Exec></Actions>",
        "</Task>",
    ]


def _windows_word(text: str) -> str:
    """As programs on Windows take their command line apart; double quotes were refused before."""
    if text and not re.search(r"[\s&|<>^()]", text):
        return text
    return '"' + text + "\\" * (len(text) - len(text.rstrip("\\"))) + '"'
