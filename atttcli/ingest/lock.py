"""One ingest at a time in a workspace: which lines are new can only be said by one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atttcli.errors import Conflict


@contextmanager
def ingest_lock(root: Path) -> Iterator[None]:
    """Hold the lock; Conflict if another process has it. The system drops it when a process dies."""
    path = root / ".ingest.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise Conflict(
                "another ingest is at work in this workspace",
                hint="wait for it to end, then run the same command again",
            ) from error
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
