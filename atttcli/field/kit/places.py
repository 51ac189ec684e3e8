"""Where a kit writes: on itself, and nowhere else; only from a stick that cannot be written, into one folder that it names.

Python 3.8-clean.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

from atttcli.errors import InputError, Where
from atttcli.field.kit.passport import OUT, STATE

_FOLDER = "Ket-qua-quet-"
_SPOOLED = ("tmp", "etilqs_")  # of Python and of SQLite


class Places(NamedTuple):
    """`state` and `out` are folders that exist; `on_stick` is false when the stick is read-only or another place was given."""

    kit: str
    state: str
    out: str
    on_stick: bool = True


def places(kit: str, number: str, given: str = "") -> Places:
    """Where this run writes: into the `given` folder, else on the kit, else into one folder of the user.

    InputError when nothing can be written anywhere.
    """
    if given:
        return _made(kit, os.path.abspath(given))
    own = Places(kit, os.path.join(kit, STATE), os.path.join(kit, OUT))
    if _is_writable(own.state) and _is_writable(own.out):
        return own
    return _made(kit, os.path.join(_of_user(), _FOLDER + number))


def _made(kit: str, folder: str) -> Places:
    found = Places(kit, os.path.join(folder, STATE), os.path.join(folder, OUT), on_stick=False)
    for path in (found.state, found.out):
        if not _is_writable(path):
            raise _nowhere(folder)
    return found


def _of_user() -> str:
    """The desktop, where it is seen and deleted again, else the home folder."""
    home = os.path.expanduser("~")
    desktop = os.path.join(home, "Desktop")
    if not os.path.isdir(home):  # an account without one: nothing is made up at the root of the disk
        raise _nowhere(home)
    return desktop if os.path.isdir(desktop) else home


def sweep(state: str) -> None:
    """Remove what a run that was killed left spooled: a stick's file system cannot forget a file that is still open."""
    for name in os.listdir(state):
        if name.startswith(_SPOOLED):
            with suppress(OSError):
                os.unlink(os.path.join(state, name))


def _nowhere(folder: str) -> InputError:
    return InputError("there is no place to write results to", hint="give one: --to FOLDER", where=Where(folder))


def _is_writable(folder: str) -> bool:
    probe = os.path.join(folder, ".%d" % os.getpid())
    try:
        os.makedirs(folder, exist_ok=True)
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(probe)
    except OSError:
        return False
    return True
