"""Reading segments back. The whole file is verified before its first event is handed out; memory stays bounded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from atttcli.archive.layout import (
    DIGEST_BYTES,
    DIGEST_FRAME,
    FRAME,
    INDEX_FRAME,
    LENGTHS,
    MAGIC,
    TRAILER_BYTES,
    TRAILER_FRAME,
    Index,
    Observables,
    SegmentInfo,
    info_of,
)
from atttcli.errors import IntegrityError, Where
from atttcli.model.event import Event

_CHUNK = 1024 * 1024
_PIECE = 512 * 1024
_MAX_LINE = 64 * 1024 * 1024
_MAX_INDEX = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Parts:
    size: int
    events: int
    index: int
    digests: int
    sha256: bytes


def read_segment(path: Path) -> Iterator[Event]:
    """All events in order; IntegrityError before the first one if a byte of the file is not what was written."""
    with _opened(path) as (stream, parts):
        _verify(stream, parts, path)
        index = _index(stream, parts, path)
        stream.seek(0)
        count = 0
        for event in _events(stream, parts, path):
            count += 1
            yield event
        if count != index.summary.count:
            raise _damaged(path, f"{count} events where {index.summary.count} were written")


def segment_observables(path: Path) -> Observables:
    """The distinct observables, without touching the events."""
    with _opened(path) as (stream, parts):
        return _index(stream, parts, path).observables


def segment_digests(path: Path, limit: int | None = None) -> bytes:
    """The digests in order, 16 bytes each; the first `limit` of them if given."""
    with _opened(path) as (stream, parts):
        stream.seek(parts.events + FRAME.size + parts.index + FRAME.size)
        wanted = parts.digests if limit is None else min(parts.digests, limit * DIGEST_BYTES)
        data = stream.read(wanted)
        if len(data) != wanted:
            raise _damaged(path, "truncated")
        return data


def segment_lines(path: Path) -> Iterator[bytes]:
    """The header and the events as they were written, JSON lines, some whole ones at a time. Verify the segment before."""
    import zstandard

    with _opened(path) as (stream, parts):
        stream.seek(0)
        try:
            yield from _whole_lines(zstandard, stream, parts.events, path, _PIECE)
        except zstandard.ZstdError as error:
            raise _damaged(path, "its events cannot be read") from error


def segment_info(path: Path, folder: Path) -> SegmentInfo:
    """SegmentInfo from the file alone, verified: the store can be rebuilt from the events folder."""
    with _opened(path) as (stream, parts):
        whole = _verify(stream, parts, path)
        index = _index(stream, parts, path)
    return info_of(index.summary, path.relative_to(folder).as_posix(), whole, parts.size)


def verify_segment(path: Path, sha256: str = "") -> None:
    """IntegrityError unless the file is what was written (and, if given, what the store knows)."""
    with _opened(path) as (stream, parts):
        if (whole := _verify(stream, parts, path)) != (sha256 or whole):
            raise _damaged(path, "another file than the one recorded")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, _Parts]]:
    try:
        with path.open("rb") as stream:
            yield stream, _parts(stream, path)
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error


def _parts(stream: BinaryIO, path: Path) -> _Parts:
    size = os.fstat(stream.fileno()).st_size
    if size < TRAILER_BYTES:
        raise _damaged(path, "truncated")
    stream.seek(size - TRAILER_BYTES)
    trailer = stream.read(TRAILER_BYTES)
    payload = trailer[FRAME.size :]
    if FRAME.unpack(trailer[: FRAME.size]) != (TRAILER_FRAME, len(payload)) or not payload.startswith(MAGIC):
        raise _damaged(path, "truncated or not a segment")
    events, index, digests = LENGTHS.unpack(payload[len(MAGIC) : len(MAGIC) + LENGTHS.size])
    if events + index + digests + 2 * FRAME.size + TRAILER_BYTES != size or index > _MAX_INDEX:
        raise _damaged(path, "its lengths do not add up")
    return _Parts(size, events, index, digests, payload[len(MAGIC) + LENGTHS.size :])


def _verify(stream: BinaryIO, parts: _Parts, path: Path) -> str:
    """Compare with the trailer; the SHA-256 of the whole file."""
    stream.seek(0)
    running, left = hashlib.sha256(), parts.size - TRAILER_BYTES
    while left:
        chunk = stream.read(min(_CHUNK, left))
        if not chunk:
            raise _damaged(path, "truncated")
        running.update(chunk)
        left -= len(chunk)
    if running.digest() != parts.sha256:
        raise _damaged(path, "its content does not match its checksum")
    running.update(stream.read(TRAILER_BYTES))
    return running.hexdigest()


def _index(stream: BinaryIO, parts: _Parts, path: Path) -> Index:
    import zstandard

    stream.seek(parts.events)
    frame = stream.read(FRAME.size)
    packed = stream.read(parts.index)
    digests = stream.read(FRAME.size)
    if frame != FRAME.pack(INDEX_FRAME, parts.index) or digests != FRAME.pack(DIGEST_FRAME, parts.digests):
        raise _damaged(path, "its frames are not where they belong")
    try:
        data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MAX_INDEX)
        return msgspec.json.decode(data, type=Index)
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(path, "its index cannot be read") from error


def _events(stream: BinaryIO, parts: _Parts, path: Path) -> Iterator[Event]:
    import zstandard

    decoder = msgspec.json.Decoder(Event)
    try:
        for number, lines in enumerate(_whole_lines(zstandard, stream, parts.events, path)):
            skip = 1 if number == 0 else 0  # the header
            for line in lines[:-1].split(b"\n")[skip:]:
                yield decoder.decode(line)
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(path, "its events cannot be read") from error


def _whole_lines(zstandard: Any, stream: BinaryIO, length: int, path: Path, size: int = _CHUNK) -> Iterator[bytes]:
    reader = zstandard.ZstdDecompressor().stream_reader(_Bounded(stream, length), closefd=False)
    carry = b""
    while chunk := reader.read(size):
        data = carry + chunk
        end = data.rfind(b"\n") + 1
        carry = data[end:]
        if len(carry) > _MAX_LINE:
            raise _damaged(path, "a line without end")
        if end:
            yield data[:end]
    if carry:
        raise _damaged(path, "truncated")


class _Bounded:
    """The first `left` bytes of a stream: the decompressor must not run into the frames behind the events."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream, self._left = stream, left

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._stream.read(wanted)
        self._left -= len(data)
        return data


def _damaged(path: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"event segment is damaged: {reason}",
        hint="restore this file from a backup (db restore), or ingest its source file again",
        where=Where(str(path)),
    )
