"""Writing segments: temporary file, fsync, rename, fsync of the folder. The same input gives the same bytes and name."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from atttcli.archive.layout import (
    DIGEST_BYTES,
    DIGEST_FRAME,
    INDEX_FRAME,
    LENGTHS,
    MAGIC,
    SUFFIX,
    TRAILER_FRAME,
    Index,
    SegmentHeader,
    SegmentInfo,
    Summary,
    info_of,
    skippable,
)
from atttcli.archive.observables import ObservableSet
from atttcli.clock import from_micros
from atttcli.errors import Where, WorkspaceError
from atttcli.model.event import Event
from atttcli.store.durable import sync_folder

LEVEL = 1  # 51.6 bytes kept of an access line where level 3 keeps 50.9; its small tables stay in the processor cache
BLOCK = 2048
TEMPORARY = ".segment-"


class SegmentWriter:
    """Takes events block by block in bounded memory; nothing is visible until `close` returns.

    As a context manager it aborts unless closed. OSError (disk full) becomes WorkspaceError and leaves nothing behind.
    """

    def __init__(self, folder: Path, header: SegmentHeader) -> None:
        import zstandard

        self._folder, self._header = folder, header
        self._encoder = msgspec.json.Encoder()
        self._digests = bytearray()
        self._observables = ObservableSet()
        self._categories: dict[str, int] = {}
        self._count = self._undated = 0
        self._min: int | None = None
        self._max: int | None = None
        self._written = 0
        self._hash = hashlib.sha256()
        self._compressor: Any = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=TEMPORARY, suffix=".tmp", dir=folder)
        except OSError as error:
            raise _failed(error, folder) from error
        self._temporary: Path | None = Path(name)
        self._file = os.fdopen(handle, "wb")
        self._write(
            self._compressor.compress(b'{"format":"atttcli events 1",' + self._encoder.encode(header)[1:] + b"\n")
        )

    @property
    def count(self) -> int:
        """Events taken so far."""
        return self._count

    def add(self, events: Sequence[Event], digests: bytes) -> None:
        """Append events with their digests (16 bytes each, in the same order)."""
        if len(digests) != DIGEST_BYTES * len(events):
            raise ValueError("one digest of 16 bytes for every event")
        if not events:
            return
        self._write(self._compressor.compress(self._encoder.encode_lines(events)))
        self._digests += digests
        self._observables.add(events)
        categories = self._categories
        for event in events:
            categories[event.category] = categories.get(event.category, 0) + 1
        times = [event.time for event in events if event.time is not None]
        self._undated += len(events) - len(times)
        if times:
            low, high = min(times), max(times)
            self._min = low if self._min is None else min(self._min, low)
            self._max = high if self._max is None else max(self._max, high)
        self._count += len(events)

    def close(self) -> SegmentInfo | None:
        """Make the segment durable; None (and no file) when it is empty."""
        if not self._count or self._temporary is None:
            self.abort()
            return None
        summary = Summary(
            self._header, self._count, self._min, self._max, self._undated, dict(sorted(self._categories.items()))
        )
        self._finish(Index(summary, self._observables.result()))
        digest = self._hash.hexdigest()
        relative = f"{_day(summary)}/{digest[:24]}{SUFFIX}"
        target = self._folder / relative
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            _make_folders(target.parent, self._folder)
            os.replace(self._temporary, target)
            sync_folder(target.parent)
        except OSError as error:
            self.abort()
            raise _failed(error, self._folder) from error
        self._temporary = None
        return info_of(summary, relative, digest, self._written)

    def abort(self) -> None:
        """Drop everything."""
        with suppress(OSError):  # a full disk makes even close() fail; the file goes all the same
            self._file.close()
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink(missing_ok=True)
            self._temporary = None

    def _finish(self, index: Index) -> None:
        import zstandard

        self._write(self._compressor.flush())
        events_length = self._written
        packed = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(self._encoder.encode(index))
        self._write(skippable(INDEX_FRAME, packed))
        self._write(skippable(DIGEST_FRAME, bytes(self._digests)))
        lengths = LENGTHS.pack(events_length, len(packed), len(self._digests))
        self._write(skippable(TRAILER_FRAME, MAGIC + lengths + self._hash.digest()))

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            self.abort()
            raise _failed(error, self._folder) from error
        self._hash.update(data)
        self._written += len(data)

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def write_segment(folder: Path, header: SegmentHeader, events: Iterable[Event], digests: bytes) -> SegmentInfo | None:
    """A whole segment at once; `digests` holds 16 bytes for every event. None when there are no events."""
    stream, at = iter(events), 0
    with SegmentWriter(folder, header) as writer:
        while block := list(islice(stream, BLOCK)):
            end = at + len(block) * DIGEST_BYTES
            writer.add(block, digests[at:end])
            at = end
        if at != len(digests):
            raise ValueError("more digests than events")
        return writer.close()


def sweep(folder: Path) -> int:
    """Remove what a killed writer left; only for the holder of the workspace's ingest lock. Returns the count."""
    left = list(folder.glob(f"{TEMPORARY}*.tmp")) if folder.is_dir() else []
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def orphans(folder: Path, known: Iterable[str]) -> list[str]:
    """Segments on disk that the store does not know (a kill between rename and commit), relative, sorted."""
    kept = set(known)
    if not folder.is_dir():
        return []
    found = (path.relative_to(folder).as_posix() for path in folder.rglob(f"*{SUFFIX}"))
    return sorted(path for path in found if path not in kept)


def _day(summary: Summary) -> str:
    moment = summary.time_min if summary.time_min is not None else summary.header.moment
    if moment is None:
        return "undated"
    try:
        return from_micros(moment).strftime("%Y/%m/%d")
    except (OverflowError, ValueError):
        return "undated"


def _make_folders(path: Path, root: Path) -> None:
    missing = []
    while path != root and not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def _failed(error: OSError, folder: Path) -> WorkspaceError:
    return WorkspaceError(
        f"cannot write event segment: {error.strerror or error}",
        hint="free some space or check the permissions; then run the same command again: nothing is doubled",
        where=Where(str(folder)),
    )
