"""What systemd starts by itself: units and timers with their drop-ins, of the system and of users, and generators.

Reads the unit folders below the root; `systemctl` is not asked. Python 3.8-clean.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from atttcli.field import account
from atttcli.field.host.check import Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, judge, masked, runs_hidden
from atttcli.field.host.homes import homes
from atttcli.field.host.root import Entry, is_writable_by_all
from atttcli.field.opening import NotReadable

SYSTEM = (
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/lib/systemd/system",
    "/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user",
)  # fmt: skip
PACKAGED = ("/lib/", "/usr/lib/", "/run/systemd/generator", "/run/systemd/transient")
GENERATORS = (
    "/etc/systemd/system-generators", "/run/systemd/system-generators", "/usr/local/lib/systemd/system-generators",
    "/etc/systemd/user-generators", "/usr/local/lib/systemd/user-generators",
)  # fmt: skip
_KINDS = (".service", ".timer", ".socket", ".path", ".mount", ".conf")
_LINES = ("Exec", "OnCalendar", "OnBootSec", "OnUnitActiveSec", "Environment", "WantedBy", "User", "PathExists", "PathChanged",
          "Unit", "ListenStream")  # fmt: skip
_MOST = 256 * 1024
_DEEP = 3
_OFF = "/dev/null"  # a link there switches a unit off
_MOST_LINES = 2000


def look(scope: Scope) -> Iterator[Seen]:
    """Units, then generators; a file reached by two names is told once."""
    told: Dict[Tuple[int, int], bool] = {}
    for folder in SYSTEM:
        for entry in scope.root.files(folder, _DEEP):
            if entry.name.endswith(_KINDS) and entry.link != _OFF:
                yield from _unit(scope, entry, told)
    for home in homes(scope.root):
        for place in (".config/systemd/user", ".local/share/systemd/user"):
            for entry in scope.root.files(f"{home.path}/{place}", _DEEP):
                if entry.name.endswith(_KINDS) and entry.link != _OFF:
                    yield from _unit(scope, entry, told, home.user)
    for folder in GENERATORS:
        for entry in scope.root.files(folder):
            info = scope.root.status(entry.path)
            rules = ("host.autorun-writable",) if info is not None and is_writable_by_all(info) else ()
            yield Observation(entry.path, {"kind": "generator", "link": entry.link}, rules)


def _unit(scope: Scope, entry: Entry, told: Dict[Tuple[int, int], bool], user: str = "") -> Iterator[Seen]:
    try:
        # Of what a link leads to only the lines that start something are kept: no reader of units is a reader of secrets.
        file = scope.root.read(entry.path, _MOST)
    except NotReadable as refused:
        if not (entry.link and refused.why == account.VANISHED):  # enabled once, and taken away since
            yield Missed(entry.path, refused.why)
        return
    scope.spending.spend(len(file.text))
    if told.setdefault((file.info.st_dev, file.info.st_ino), False):
        return
    told[(file.info.st_dev, file.info.st_ino)] = True
    lines = settings(file.text)
    commands = [value for name, value in lines if name.startswith("Exec") and value]
    rules: List[str] = []
    for command in commands:
        rules.extend(judge(command.lstrip("@-:+!")))
        if runs_hidden(command.lstrip("@-:+!")):
            rules.append("host.autorun-hidden")
    if is_writable_by_all(file.info):
        rules.append("host.autorun-writable")
    if not commands and not rules and entry.path.startswith(PACKAGED):
        return  # targets and mounts of the distribution: nothing of them runs
    detail = {
        "kind": "unit", "settings": [f"{name}={masked(value)}" for name, value in lines], "changed": int(file.info.st_mtime),
        "link": entry.link, "user": user,
    }  # fmt: skip
    asked = tuple(one for command in commands for one in asked_of(command))
    yield Observation(entry.path, detail, tuple(rules), asked)
    if file.cut:
        yield Missed(entry.path, "longer than the limit")


def settings(text: str) -> List[Tuple[str, str]]:
    """The lines that say what runs and when; a line that ends in a backslash goes on in the next."""
    found: List[Tuple[str, str]] = []
    joined = text.replace("\\\r\n", " ").replace("\\\n", " ")
    for line in joined.split("\n"):
        name, equals, value = line.strip().partition("=")
        if equals and name.rstrip().startswith(_LINES):
            found.append((name.rstrip(), value.strip()))
            if len(found) >= _MOST_LINES:
                break
    return found
