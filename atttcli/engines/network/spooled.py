"""Carried files as a whole, in temporary files without a name, for those who look at more than is kept in memory.

At most 20 MiB of a file, 256 of them at a time, and as many bytes in all as a budget allows; what goes beyond is counted only.
"""

from __future__ import annotations

import mmap
import tempfile
from collections import Counter, OrderedDict
from collections.abc import Iterable
from io import FileIO
from typing import Final

from atttcli.errors import LimitExceeded
from atttcli.limits import MIB, Budget, Limits

KEPT: Final = 100 * 1024  # bytes that are kept in memory anyway
MOST_FILE: Final = 20 * MIB
MOST_OPEN: Final = 256
MOST_READY: Final = 16  # files that are whole and were not taken
MOST_BYTES: Final = 8192 * MIB
TOO_LONG: Final = "too long"
SPOOL: Final = "file.spool"  # the buffer that names a spool


class Spool:
    """The bytes of one file as they come."""

    __slots__ = ("_file", "_size", "_spools", "_why", "name")

    def __init__(self, spools: Spools) -> None:
        self._spools = spools
        self._file: FileIO | None = None
        self._size = 0
        self._why = ""  # nothing is kept
        self.name = 0  # of a file that is whole

    def add(self, data: bytes) -> bool:
        """The next bytes; False where they are too many, or cannot be written: nothing is kept then."""
        before, self._size = self._size, self._size + len(data)
        if not self._why:
            self._why = self._refusal(data)
            if self._why:
                self.drop()
                before = min(before, KEPT)
        if self._why and self._why != TOO_LONG and before <= KEPT < self._size:
            self._spools.refused[self._why] += 1
        return not self._why

    def _refusal(self, data: bytes) -> str:
        """Write them; why that cannot be."""
        if self._size > MOST_FILE:
            return TOO_LONG
        try:
            self._spools.budget.spend_bytes(len(data))
            self._write(data)
        except LimitExceeded as error:
            return error.message
        except OSError as error:
            return f"temporary files cannot be written: {error.strerror}"
        return "too many at once" if self._spools.open > MOST_OPEN else ""

    def _write(self, data: bytes) -> None:
        """Without a buffer: what a full disk does not take would be written again at the end, and fail there."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 closed by `drop`, or with the spool
            self._spools.open += 1
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    @property
    def kept(self) -> bool:
        """Whether all so far is there."""
        return not self._why

    def drop(self) -> None:
        """Nobody will want it."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._spools.open -= 1

    def __del__(self) -> None:
        self.drop()

    def content(self) -> mmap.mmap | None:
        """All of it, read only and not in memory; None where nothing is kept."""
        if self._file is None:
            return None
        try:
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return None


class Spools:
    """Those of a run. A file that is whole is named by a number until somebody takes it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.budget = Budget(limits or Limits(total_bytes=MOST_BYTES, seconds=float("inf")))
        self.open = 0
        self.refused: Counter[str] = (
            Counter()
        )  # files that are longer than what is in memory and were not kept, by reason
        self._ready: OrderedDict[int, Spool] = OrderedDict()
        self._count = 0

    def ready(self, spool: Spool) -> int:
        """The number of a spool whose file is whole."""
        if not spool.name:
            self._count += 1
            spool.name = self._count
            self._ready[spool.name] = spool
            if len(self._ready) > MOST_READY:
                self._ready.popitem(last=False)
        return spool.name

    def take(self, name: int) -> Spool | None:
        """The spool of that number, if it is still there; whoever takes it drops it."""
        return self._ready.pop(name, None)


class WantedFacts(frozenset[str]):
    """What is asked of files as a whole, and where whole files are kept."""

    spools: Spools

    @classmethod
    def of(cls, names: Iterable[str], spools: Spools) -> WantedFacts:
        """These names, with spools."""
        made = cls(names)
        made.spools = spools
        return made
