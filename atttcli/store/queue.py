"""A fair queue in front of the writers of one workspace: who asks first writes first.

SQLite's busy timeout is a lottery: of sixteen writers one may lose it for many seconds (decision 0095). Here each takes a
ticket and waits only for the ticket before it. Tickets are byte-range locks on a small file, which the system drops when a
process dies, so nothing is left to clean up. Only fairness rests on the queue: that two never write at once is SQLite's
own lock, and who cannot use the queue (no rights, no locks on this file system, patience at its end) goes on without.
"""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from pathlib import Path

_COUNTERS = struct.Struct("<QQ")  # the next ticket, the ticket that is served
_DOOR = 1 << 20  # where the locks lie: behind all data, since Windows lets nobody else read a locked byte
_SLOTS = 1 << 16
_NEXT_SECONDS, _STEP_SECONDS, _LONGEST_SECONDS = 0.0005, 0.002, 0.05


class WriteQueue:
    """One process's place in the queue of the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._ticket = -1

    def enter(self, patience: float) -> None:
        """Wait for this process's turn, at most `patience` seconds."""
        until = time.monotonic() + patience
        try:
            if self._file < 0:
                flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
                self._file = os.open(self._path, flags, 0o600)
            if self._draw(until):
                self._wait(until)
        except OSError:
            self.leave()

    def leave(self) -> None:
        """Let the next one in."""
        if self._ticket >= 0:
            with suppress(OSError):
                _unlock(self._file, _slot(self._ticket))
        self._ticket = -1

    def close(self) -> None:
        """Let go of the file."""
        self.leave()
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
        self._file = -1

    def _draw(self, until: float) -> bool:
        while not _lock(self._file, _DOOR):
            if time.monotonic() > until:
                return False
            time.sleep(_NEXT_SECONDS)
        try:
            ticket, served = self._counters()
            if not _lock(self._file, _slot(ticket)):
                return False
            self._ticket = ticket
            self._write(ticket + 1, served)
        finally:
            _unlock(self._file, _DOOR)
        return True

    def _wait(self, until: float) -> None:
        before = _slot(self._ticket - 1)
        while not _lock(self._file, before):
            if time.monotonic() > until:
                return
            ahead = self._ticket - self._counters()[1]
            time.sleep(_NEXT_SECONDS if ahead <= 1 else min(_STEP_SECONDS * ahead, _LONGEST_SECONDS))
        _unlock(self._file, before)
        os.lseek(self._file, 8, os.SEEK_SET)
        os.write(self._file, struct.pack("<Q", self._ticket))

    def _counters(self) -> tuple[int, int]:
        os.lseek(self._file, 0, os.SEEK_SET)
        data = os.read(self._file, _COUNTERS.size)
        if len(data) != _COUNTERS.size:
            return 1, 0
        ticket, served = _COUNTERS.unpack(data)
        return (ticket, served) if ticket < 1 << 60 else (1, 0)  # whatever a power cut left

    def _write(self, ticket: int, served: int) -> None:
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, _COUNTERS.pack(ticket, served))


def _slot(ticket: int) -> int:
    return _DOOR + 1 + ticket % _SLOTS


def _lock(descriptor: int, place: int) -> bool:
    """Take one byte, without waiting; False when another process has it."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, place, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(descriptor: int, place: int) -> None:
    if os.name == "nt":
        import msvcrt

        os.lseek(descriptor, place, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, place)
