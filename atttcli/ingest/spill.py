"""Bytes that wait for the end of a run, in a file without a name beside the workspace's own: it ends with the process.

Held in memory, what ten million lines leave for their correlations would be the most that an ingest needs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

Place = tuple[int, int]  # where it begins, how long it is
_CHUNK = 64 * 1024


class Spill:
    """Appended to, read back anywhere. Without a folder, or on a disk that is full, it takes nothing: the caller does
    without, or keeps the bytes itself."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._end = 0

    def put(self, data: bytes) -> Place | None:
        """Keep it; None if it could not be kept."""
        if self._folder is None:
            return None
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - open as long as the run
            self._file.seek(self._end)
            self._file.write(data)
            self._file.flush()
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
            at, left = at + len(piece), left - len(piece)
            yield piece
