"""Bytes that wait for the end of a run, in a file without a name beside the workspace's own: it ends with the process.

Held in memory, what ten million lines leave for their correlations would be the most that an ingest needs.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from atttcli.errors import WorkspaceError
from atttcli.limits import MIB

Place = tuple[int, int]  # where it begins, how long it is
_CHUNK = 64 * 1024
_SPARE = 256 * MIB  # of the disk are left to what must be kept: segments and the store


class Spill:
    """Appended to, read back anywhere. Without a folder, or on a disk that is full, it takes nothing: the caller does
    without, or keeps the bytes itself."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: FileIO | None = None
        self._end = 0

    def put(self, data: bytes) -> Place | None:
        """Keep it; None if it could not be kept."""
        if self._folder is None:
            return None
        try:
            if shutil.disk_usage(self._folder).free < _SPARE + len(data):
                return None
            if self._file is None:
                # Unbuffered: what a full disk refused would else be written again whenever the place to read is sought.
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - open as long as the run
            self._file.seek(self._end)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._folder = None  # what stands in it already can still be read
            return None
        place = (self._end, len(data))
        self._end += len(data)
        return place

    def get(self, place: Place) -> Iterator[bytes]:
        """What was kept there, piece by piece."""
        assert self._file is not None
        at, left = place
        while left:
            self._file.seek(at)
            piece = self._file.read(min(left, _CHUNK))
            if not piece:
                raise WorkspaceError("the file of what waits became shorter", hint="run the same command again")
            at, left = at + len(piece), left - len(piece)
            yield piece
