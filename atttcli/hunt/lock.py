"""One writer of derived files at a time: who builds, and who takes away what was purged. Others wait."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atttcli.errors import Conflict
from atttcli.store.durable import make_folder

_PATIENCE = 600.0
_STEP = 0.05


@contextmanager
def writing(folder: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the lock of the folder `hunt/`; Conflict after `patience` seconds. The system drops it when a process dies."""
    make_folder(folder)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + patience
        while not _taken(descriptor):
            if time.monotonic() > end:
                raise Conflict("another process builds the hunting files", hint="wait for it to end, then try again")
            time.sleep(_STEP)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
