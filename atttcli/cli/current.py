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

_NUMBER = re.compile(r"[A-Z0-9-]{3,40}\Z")


def remember(app: App, number: str) -> None:
    """Make an incident the current one; a folder that cannot be written costs only the convenience."""
    from atttcli.store.workspace import private_folder

    with suppress(OSError):
        folder = private_folder("current")
        path = folder / _place(app)
        temporary = folder / f".{path.name}.{os.getpid()}"
        temporary.write_text(number + "\n", encoding="ascii")
        os.replace(temporary, path)


def incident_number(app: App, text: str | None) -> str:
    """The number that was typed; `@` or nothing is the current incident."""
    if text in (None, "", "@"):
        return _current(app)
    return resolve_number(app.store, "incident", str(text))


def _current(app: App) -> str:
    from atttcli.store.workspace import home

    path: Path = home() / "current" / _place(app)
    try:
        with path.open(encoding="ascii") as stream:
            number = stream.read(64).strip()
    except (OSError, UnicodeDecodeError):
        number = ""
    known = app.store.value("SELECT number FROM incident WHERE number = ?", number) if _NUMBER.match(number) else None
    if not known:
        raise UsageError("no current incident in this terminal", hint="atttcli incident use SC-…, or give its number")
    return str(known)


def _place(app: App) -> str:
    """Workspace and terminal; without a terminal, the process that started us."""
    terminal = f"p{os.getppid()}"
    if hasattr(os, "ttyname"):
        for stream in (sys.stdin, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                terminal = os.ttyname(stream.fileno())
                break
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{app.workspace.id}-{terminal}")[:120]
