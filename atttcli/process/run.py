"""Runs one program to its end: no standard input, a small environment, bounded time and output, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from atttcli.errors import MissingFeature, UsageError

MAX_OUTPUT = 4 * 1024 * 1024
MAX_SECONDS = 24 * 3600.0
_KEPT = ("PATH", "SYSTEMROOT", "COMSPEC", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE", "LANG", "LC_ALL", "TZ")
_CHUNK = 65536
_GRACE = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended. `exit_code` None: it was stopped, because of `stopped` (`time` or `output`)."""

    exit_code: int | None
    output: bytes
    seconds: float
    stopped: str = ""


def run(
    arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, seconds: float = 600.0,
    max_output: int = MAX_OUTPUT,
) -> Outcome:  # fmt: skip
    """Run a program in a new empty folder and wait for it; what it wrote to both streams, in order.

    The environment is that of `_KEPT` and `variables`. When time or output run out, the program and what it started in
    its group are killed. MissingFeature when there is no such program.
    """
    if not arguments or not 0 < seconds <= MAX_SECONDS:
        raise UsageError("a program runs for more than 0 and at most 86400 seconds")
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(variables or {})
    with tempfile.TemporaryDirectory(prefix="atttcli-run-", ignore_cleanup_errors=True) as folder:
        started = time.monotonic()
        try:
            process = subprocess.Popen(  # noqa: S603 - an argument list; who may call this is the caller's guard
                list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                cwd=folder, env=environment, start_new_session=os.name == "posix",
            )  # fmt: skip
        except (FileNotFoundError, PermissionError) as error:
            raise MissingFeature(f"{arguments[0]} cannot be started here: {error.strerror}") from error
        reader = _Reader(process, max_output)
        try:
            stopped = reader.wait(started + seconds)
        finally:
            _kill(process)
        return Outcome(None if stopped else process.returncode, reader.output(), time.monotonic() - started, stopped)


class _Reader:
    """Collects output beside the waiting, so that neither a full pipe nor a silent program holds the other up."""

    def __init__(self, process: subprocess.Popen[bytes], limit: int) -> None:
        self._process = process
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._full = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):  # the pipe is closed under us when the group is killed
            while piece := os.read(self._process.stdout.fileno(), _CHUNK):
                room = self._limit - self._size
                self._pieces.append(piece[:room])
                self._size += min(len(piece), room)
                if len(piece) > room:
                    self._full.set()
                    return

    def wait(self, until: float) -> str:
        """Until the program ends; why it must be stopped otherwise."""
        while self._process.poll() is None:
            if self._full.is_set():
                return "output"
            left = until - time.monotonic()
            if left <= 0:
                return "time"
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(left, 0.05))
        self._thread.join(_GRACE)
        return "output" if self._full.is_set() else ""

    def output(self) -> bytes:
        """What was read within the limit."""
        self._thread.join(_GRACE)
        return b"".join(self._pieces)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The program and what it left running in its group."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
