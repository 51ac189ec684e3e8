"""Work of ours done in a copy of this process: it leaves frames of bytes in a file without a name, or is lost.

Only where the system can copy a process; the copy shares what was loaded before, starts no program, and never returns into
the code that it was copied from. What it was lost over is for the caller to do again.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

AVAILABLE: Final = hasattr(os, "fork") and sys.platform.startswith("linux")
MOST_BYTES: Final = 256 * 1024 * 1024
_FRAME: Final = struct.Struct("<I")
_END: Final = struct.Struct("<Q")
_PR_SET_PDEATHSIG: Final = 1
_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)  # this module is imported where nothing can be copied, too
Put = Callable[[bytes], None]


class TooMuch(RuntimeError):
    """The work left more than is kept."""


@dataclass(slots=True)
class Forked:
    """One piece of work under way."""

    pid: int
    _spool: IO[bytes]
    _status: int = 0

    @classmethod
    def start(cls, work: Callable[[Put], bytes]) -> Forked:
        """`work` puts frames, and gives the last one: the summary, which is read first."""
        spool: IO[bytes] = tempfile.TemporaryFile(prefix="atttcli-")  # noqa: SIM115 - lives until it was read
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = _run(work, spool, parent)
            finally:
                os._exit(code)  # nothing of the parent's is closed, flushed or rolled back here
        return cls(pid, spool)

    def wait(self) -> bytes | None:
        """The summary, once the work is done; None when it was lost."""
        if self.pid:
            _pid, self._status = os.waitpid(self.pid, 0)
            self.pid = 0
        if self._status != 0:
            self._spool.close()
            return None
        end = self._spool.seek(-_END.size, os.SEEK_END)
        (at,) = _END.unpack(self._spool.read(_END.size))
        self._spool.seek(at)
        return self._spool.read(end - at)[_FRAME.size :]

    @property
    def is_running(self) -> bool:
        """Whether the work still goes on; does not wait."""
        if self.pid:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.pid, self._status = 0, status
        return self.pid != 0

    def frames(self) -> Iterator[bytes]:
        """All frames but the summary, in order; then nothing is left."""
        end = self._spool.seek(-_END.size, os.SEEK_END)
        (last,) = _END.unpack(self._spool.read(_END.size))
        self._spool.seek(0)
        while self._spool.tell() < min(last, end):
            (size,) = _FRAME.unpack(self._spool.read(_FRAME.size))
            yield self._spool.read(size)
        self._spool.close()

    def stop(self) -> None:
        """End it, whatever it is at."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, _KILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        self._spool.close()


def _end_with_parent() -> None:
    """The kernel kills this process when its parent dies, however that happens: locks of the parent's go with it."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _KILL, 0, 0, 0)


def _run(work: Callable[[Put], bytes], spool: IO[bytes], parent: int) -> int:
    """In the copy."""

    def put(data: bytes) -> None:
        if os.getppid() != parent:  # whom it works for is gone
            os._exit(1)
        if spool.tell() + len(data) > MOST_BYTES:
            raise TooMuch
        spool.write(_FRAME.pack(len(data)) + data)

    _end_with_parent()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # what fails here is told by whoever does it again
        os.dup2(null, number)
    summary = work(put)
    at = spool.tell()
    put(summary)
    spool.write(_END.pack(at))
    spool.flush()
    return 0
