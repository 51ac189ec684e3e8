"""One scan at a time on a machine. The system lets the lock go when its holder ends, however it ends: none is ever stale.

Python 3.8-clean.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from types import TracebackType
from typing import Optional, Type

_OTHER_SECONDS = 0.2


class Busy(Exception):
    """Another run holds the lock; `holder` is what it wrote about itself."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class RunLock:
    """`with RunLock(path, "scan 4711"):`; Busy when another process has it and `wait` seconds did not change that.

    OSError when the file cannot be written, or its file system knows no locks.
    """

    def __init__(self, path: str, about: str = "", wait: float = 0) -> None:
        self._path, self._about, self._wait = path, about, wait
        self._fd: Optional[int] = None

    def __enter__(self) -> "RunLock":
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        fd = os.open(self._path, flags | getattr(os, "O_BINARY", 0), 0o600)
        try:
            self._await(fd)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        with suppress(OSError):  # a full disk: the lock holds without saying whose it is
            os.ftruncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
            os.write(fd, b" " + ("pid %d %s" % (os.getpid(), self._about)).encode("ascii", "replace")[:200])
        return self

    def _await(self, fd: int) -> None:
        until = time.monotonic() + self._wait
        while not _take(fd):
            if time.monotonic() >= until:
                raise Busy(_said(fd))
            time.sleep(min(_OTHER_SECONDS, max(0.0, until - time.monotonic())))

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._fd is not None:
            with suppress(OSError):
                os.ftruncate(self._fd, 0)
            os.close(self._fd)  # and with it the lock
            self._fd = None


def _held(error: OSError) -> bool:
    """False when another process has the lock; a file system without locks is no other process."""
    if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK):
        return False
    raise error


def _said(fd: int) -> str:
    """Windows locks bytes, not files: the first is the lock, what follows it can be read."""
    os.lseek(fd, 1, os.SEEK_SET)
    try:
        return os.read(fd, 200).decode("ascii", "replace").strip()
    except OSError:
        return ""


if os.name == "nt":
    import msvcrt

    def _take(fd: int) -> bool:
        os.lseek(fd, 0, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError as error:
            return _held(error)
        return True

else:
    import fcntl

    def _take(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return _held(error)
        return True
