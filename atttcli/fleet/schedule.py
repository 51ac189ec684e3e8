"""When and how this machine is scanned by itself: the plan, what its profiles allow, when it is due, and how its last run ended.

A plan knows no scheduler: `schedule_files` writes it for systemd, cron or Windows. Times of day are those of the machine's
own clock, since that is what the schedulers go by.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from atttcli.clock import to_micros
from atttcli.errors import UsageError
from atttcli.limits import MIB

SYSTEMD, CRON, WINDOWS = "systemd", "cron", "windows"
SYSTEMS: Final = (SYSTEMD, CRON, WINDOWS)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOON: Final = 12 * 60  # machines are on at noon, and nobody waits for them
DAY_MINUTES: Final = 24 * 60
LONGEST_SPREAD: Final = 6 * 60
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")
_MOST_PATHS: Final = 64


@dataclass(frozen=True, slots=True)
class Profile:
    """What a scheduled run may take. `cpu` in percent of one processor, `seconds` for one run, sizes in bytes."""

    name: str
    cpu: int
    seconds: int
    file_bytes: int
    memory: int
    linux: tuple[str, ...]
    windows: tuple[str, ...]

    def places(self, system: str) -> tuple[str, ...]:
        """What is scanned where nothing else was said."""
        return self.windows if system == WINDOWS else self.linux


_HIDEOUTS = ("/tmp", "/var/tmp", "/dev/shm", "/home", "/root", "/var/www", "/srv", "/etc", "/var/spool")  # noqa: S108
_WINDOWS_HIDEOUTS = (r"C:\Users", r"C:\ProgramData", r"C:\Windows\Temp", r"C:\Windows\Tasks", r"C:\inetpub", r"C:\Temp")
PROFILES: Final = {
    one.name: one
    for one in (
        Profile("light", 10, 1200, 16 * MIB, 384 * MIB, _HIDEOUTS, _WINDOWS_HIDEOUTS),
        Profile(
            "normal", 30, 3600, 64 * MIB, 512 * MIB, (*_HIDEOUTS, "/opt", "/usr/local", "/usr/bin", "/usr/sbin", "/usr/lib"),
            (*_WINDOWS_HIDEOUTS, r"C:\Program Files", r"C:\Program Files (x86)", r"C:\Windows\System32"),
        ),
        Profile("full", 50, 6 * 3600, 256 * MIB, 1024 * MIB, ("/",), ("C:\\",)),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """Weekdays (0 is Monday) and a minute of the day."""

    days: tuple[int, ...]
    minute: int

    @property
    def daily(self) -> bool:
        """On every day of the week."""
        return len(self.days) == len(DAYS)

    @property
    def time(self) -> str:
        """As people write it: 12:30."""
        return f"{self.minute // 60:02d}:{self.minute % 60:02d}"

    def __str__(self) -> str:
        return self.time if self.daily else f"{','.join(DAYS[day] for day in self.days)} {self.time}"

    def later(self, minutes: int) -> When:
        """Moved by some minutes, over midnight if need be."""
        over, minute = divmod(self.minute + minutes, DAY_MINUTES)
        return When(tuple(sorted((day + over) % len(DAYS) for day in self.days)), minute)


def parse_when(text: str) -> When:
    """`12:30`, `daily`, `weekly`, `mon,thu 12:30`; UsageError for anything else."""
    words = text.lower().split()
    everyday = tuple(range(len(DAYS)))
    if words in (["daily"], ["weekly"]):
        return When(everyday if words == ["daily"] else (0,), NOON)
    match = _TIME.match(words[-1]) if words else None
    days = words[0].split(",") if len(words) == 2 else []
    if match is None or len(words) > 2 or not set(days) <= set(DAYS):
        raise UsageError(f"{text[:40]!r} is no time of a schedule", hint='--at 12:30, daily, weekly or "mon,thu 12:30"')
    chosen = tuple(sorted({DAYS.index(day) for day in days})) or everyday
    return When(chosen, int(match[1]) * 60 + int(match[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be run, and when. `program`: the words that start atttcli; `since`: microseconds UTC; `spread` in minutes.

    `state`: a folder for cache, log and the record of the last run. `paths` empty: what the profile says. `kit`: the folder
    of a kit that is run instead, so that what is found leaves in its sealed bundles. `host`: also look at the host itself.
    """

    profile: str
    when: When
    system: str
    program: tuple[str, ...]
    state: str
    spread: int = 45
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    workspace: str = ""
    kit: str = ""
    host: bool = False
    since: int = 0

    def command(self) -> tuple[str, ...]:
        """The scheduled entry, as the scheduler starts it. `schedule run` reads the rest from the plan beside its state."""
        place = ("--workspace", self.workspace) if self.workspace else ()
        return (*self.program, *place, "schedule", "run", "--state", self.state)

    def to_json(self) -> dict[str, Any]:
        """As it is kept beside the state of its runs."""
        return {
            "profile": self.profile, "at": str(self.when), "system": self.system, "program": list(self.program),
            "state": self.state, "spread": self.spread, "paths": list(self.paths), "exclude": list(self.exclude),
            "workspace": self.workspace, "kit": self.kit, "host": self.host, "since": self.since,
        }  # fmt: skip

    @classmethod
    def of(cls, value: dict[str, Any]) -> Plan:
        """From `to_json`; ValueError, KeyError or TypeError when it is none. Checked as if people had given it."""
        plan = cls(
            profile=str(value["profile"]), when=parse_when(str(value["at"])), system=str(value["system"]),
            program=tuple(map(str, value["program"])), state=str(value["state"]), spread=int(value["spread"]),
            paths=tuple(map(str, value["paths"])), exclude=tuple(map(str, value["exclude"])),
            workspace=str(value["workspace"]), kit=str(value["kit"]), host=value["host"] is True, since=int(value["since"]),
        )  # fmt: skip
        check(plan)
        return plan

    def scan_words(self) -> list[str]:
        """The words of `atttcli scan`: within the profile's bounds, behind all other work, never on battery."""
        profile = PROFILES[self.profile]
        words = [
            "--quiet",
            "--nice",
            "--not-on-battery",
            "--cpu-limit",
            str(profile.cpu),
            "--max-time",
            str(profile.seconds),
        ]
        words += ["--max-file-size", str(profile.file_bytes), "--max-memory", str(profile.memory)]
        words += ["--host-checks"] if self.host else []
        for place in self.exclude:
            words += ["--exclude", place]
        given = self.paths or profile.places(self.system)
        return [*words, "--", *(place for place in given if self.paths or os.path.isdir(place))]


def kit_words(plan: Plan) -> list[str]:
    """The words of a kit's own start: it asks nobody, and its own rules decide what it looks for."""
    profile = PROFILES[plan.profile]
    words = ["--yes", "--max-time", str(profile.seconds // 60), "--cpu-limit", str(profile.cpu)]
    given = plan.paths or profile.places(plan.system)
    places = [place for place in given if plan.paths or os.path.isdir(place)]
    return [*words, *([] if plan.host else ["--no-host"]), "--", *places]


def check(plan: Plan) -> None:
    """UsageError for what no scheduler could carry: texts that would end a line or begin another word in some file."""
    if plan.profile not in PROFILES or plan.system not in SYSTEMS:
        raise UsageError("no such profile or system", hint="--profile light|normal|full --system systemd|cron|windows")
    if not 0 <= plan.spread <= LONGEST_SPREAD:
        raise UsageError(f"starts are spread over 0 to {LONGEST_SPREAD} minutes", hint="--spread 45")
    if len(plan.paths) > _MOST_PATHS or len(plan.exclude) > _MOST_PATHS:
        raise UsageError(f"more than {_MOST_PATHS} places", hint="name folders above them")
    kind = PureWindowsPath if plan.system == WINDOWS else PurePosixPath
    places = (
        plan.program[0] if plan.program else "",
        plan.state,
        *plan.paths,
        *plan.exclude,
        plan.workspace or plan.state,
    )
    if plan.kit and (plan.workspace or plan.exclude):
        raise UsageError("a kit takes neither a workspace nor exceptions", hint="name what it scans: --path")
    for text in (*places, *plan.program):
        if not text.isprintable() or '"' in text or "%" in text or "$" in text:
            raise UsageError(f"{text[:80]!r} cannot stand in a schedule", hint="rename it, or scan the folder above it")
    for place in places:
        if not kind(place).is_absolute():
            raise UsageError(f"{place[:80]!r} is not a whole path", hint="a scheduler starts in a folder of its own")


def offset_of(host: str, spread: int) -> int:
    """The minutes by which one machine starts later than the plan says: always the same for it, spread over all."""
    if not spread:
        return 0
    return int.from_bytes(hashlib.blake2b(host.encode("utf-8", "replace"), digest_size=8).digest(), "big") % (
        spread + 1
    )


def this_host() -> str:
    """What tells this machine from others: its machine id where it has one, else its name."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or socket.gethostname()
    except (OSError, ValueError):
        return socket.gethostname()


def due_before(when: When, now: int) -> int:
    """The last moment up to `now` at which the plan was due (microseconds UTC)."""
    return _due(when, now, -1)


def due_after(when: When, now: int) -> int:
    """The next moment after `now` at which the plan is due (microseconds UTC)."""
    return _due(when, now, 1)


def _due(when: When, now: int, direction: int) -> int:
    local = datetime.fromtimestamp(now / 1_000_000, tz=UTC).astimezone()
    for step in range(9):
        day = (local + timedelta(days=step * direction)).date()
        if day.weekday() in when.days:
            naive = datetime(day.year, day.month, day.day, when.minute // 60, when.minute % 60)  # noqa: DTZ001 - localised next
            moment = to_micros(naive.astimezone().astimezone(UTC))
            if (moment > now) if direction > 0 else (moment <= now):
                return moment
    raise AssertionError("a week has every weekday")
