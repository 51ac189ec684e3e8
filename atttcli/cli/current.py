"""`@`: the current incident of this user in this terminal, kept in the user's own folder and never in the workspace."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.errors import UsageError
from atttcli.store.numbers import resolve_number

if TYPE_CHECKING:
    from atttcli.cli.context import App

LOGIN = "login"
_NUMBER = re.compile(r"[A-Z0-9-]{3,40}\Z")


def remember(app: App, number: str) -> None:
    """Make an incident the current one; a folder that cannot be written costs only the convenience."""
    with suppress(OSError):
        keep(app, "current", number)


def keep(app: App, kind: str, text: str) -> None:
    """Keep one short word of this user in this terminal: the current incident, the login."""
    from atttcli.store.workspace import private_folder

    folder = private_folder(kind)
    path = folder / _place(app, kind)
    temporary = folder / f".{path.name}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text + "\n")
    os.replace(temporary, path)


def recall(app: App, kind: str) -> str:
    """What was kept, or empty."""
    from atttcli.store.workspace import home

    path: Path = home() / kind / _place(app, kind)
    try:
        with path.open(encoding="ascii") as stream:
            return stream.read(128).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def incident_number(app: App, text: str | None) -> str:
    """The number that was typed; `@` or nothing is the current incident."""
    if text in (None, "", "@"):
        return _current(app)
    return resolve_number(app.store, "incident", str(text))


def _current(app: App) -> str:
    number = recall(app, "current")
    known = app.store.value("SELECT number FROM incident WHERE number = ?", number) if _NUMBER.match(number) else None
    if not known:
        raise UsageError("no current incident in this terminal", hint="atttcli incident use SC-…, or give its number")
    return str(known)


def _place(app: App, kind: str) -> str:
    """Workspace and terminal; without a terminal, the process that started us.

    The name of a terminal (/dev/pts/3) is given to the next one that is opened; a login is not handed on with it.
    """
    terminal = f"p{os.getppid()}"
    if hasattr(os, "ttyname"):
        for stream in (sys.stdin, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                terminal = os.ttyname(stream.fileno())
                break
    if kind == LOGIN:
        terminal += f"-{_session()}"
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{app.workspace.id}-{terminal}")[:160]


def _session() -> str:
    """The session of processes that belongs to the terminal, and when its first one began, where the system tells."""
    if not hasattr(os, "getsid"):
        return ""
    session = os.getsid(0)
    try:
        stat = Path(f"/proc/{session}/stat").read_text(encoding="ascii", errors="replace")
        began = stat.rpartition(")")[2].split()[19]  # field 22 of proc(5), in clock ticks since the machine's start
    except (OSError, IndexError):
        began = ""
    return f"s{session}-{began}"
