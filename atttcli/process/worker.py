"""A program of ours that answers one question after another, and may be lost at any of them.

Questions and answers are frames (u32 length, little-endian, then bytes) over its standard streams. A worker that does not
answer in time, or ends, is killed; the next question starts a new one.
"""

from __future__ import annotations

import queue
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

from atttcli.errors import AtttError

FRAME = struct.Struct("<I")
MAX_FRAME = 1 << 30
_LAST_SECONDS = 10.0


class WorkerLost(AtttError):
    """The worker ended or was killed over this question; `message` says how."""

    code = "worker"


class Worker:
    """`module` is run as `python -m module`; `greeting` is its first question, asked of every new one. One user at a time."""

    def __init__(self, module: str, greeting: bytes, seconds: float = 60.0) -> None:
        self._module, self._greeting, self._seconds = module, greeting, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._past = self._spent = 0.0
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def ask(self, *pieces: bytes | memoryview, seconds: float) -> bytes:
        """The answer to one question (its pieces back to back); WorkerLost when there is none."""
        if self._process is None:
            self._start()
        return self._ask(pieces, seconds)

    def _start(self) -> None:
        self._answers = queue.SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603 - our own module, by this interpreter
            [sys.executable, "-m", self._module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        threading.Thread(target=_read, args=(self._process.stdout, self._answers), daemon=True).start()
        self._ask((self._greeting,), self._seconds)

    @property
    def spent(self) -> float:
        """Processor seconds of the worker and of those before it; 0 where that cannot be known."""
        process = self._process
        if process is not None and sys.platform.startswith("linux"):
            with suppress(OSError):
                clock = (~process.pid << 3) | 2  # that of another process, as clock_getcpuclockid gives it
                self._spent = self._past + time.clock_gettime(clock)
        return self._spent

    def _ask(self, pieces: tuple[bytes | memoryview, ...], seconds: float) -> bytes:
        assert self._process is not None and self._process.stdin is not None
        # Written beside the waiting: a worker that hangs before it has read everything must not hang us.
        sender = threading.Thread(target=_write, args=(self._process.stdin, pieces), daemon=True)
        sender.start()
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            self._lose(sender)
            raise WorkerLost(f"no answer in {seconds:.0f} s") from None
        if answer is None:
            code = self._lose(sender)
            raise WorkerLost(f"ended with {code}")
        sender.join(_LAST_SECONDS)
        if sender.is_alive():  # it answered what it has not read
            self._lose(sender)
            raise WorkerLost("answered before it was asked")
        return answer

    def _lose(self, sender: threading.Thread) -> int:
        """End the worker; the sender lets go of the question, whose memory is the caller's to use again."""
        assert self._process is not None
        self._past = self.spent
        self._process.kill()
        code = self._process.wait()
        sender.join()  # nobody reads any more: its write fails
        self.close()
        return code

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._process is not None:
            self._past = self.spent
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    if stream is not None:
                        stream.close()
            self._process = None


def _write(stream: IO[bytes], pieces: tuple[bytes | memoryview, ...]) -> None:
    with suppress(OSError, ValueError):  # it ended, which the reader sees
        stream.write(FRAME.pack(sum(len(piece) for piece in pieces)))
        for piece in pieces:
            stream.write(piece)
        stream.flush()


def _read(stream: IO[bytes], answers: queue.SimpleQueue[bytes | None]) -> None:
    with suppress(OSError, ValueError):
        while (answer := read_frame(stream)) is not None:
            answers.put(answer)
    answers.put(None)


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame, None at the end of the stream or when it breaks off."""
    head = stream.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    (size,) = FRAME.unpack(head)
    data = stream.read(size) if size <= MAX_FRAME else b""
    return data if len(data) == size else None
