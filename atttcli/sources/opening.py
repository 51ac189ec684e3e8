"""A log as its reader wants it: opened safely, decompressed, recognised by its content; the members of archives one by one.

A single compressed log is read as a stream and known by its own name; zip, tar and 7z are walked as `ingest` walks them
(`field.unpack`), and so on inwards.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from atttcli.errors import InputError, Where
from atttcli.field.filetype import archive_kind
from atttcli.field.inflate import Damaged, InflatedStream, Unsupported
from atttcli.field.opening import NotReadable, open_regular
from atttcli.limits import Budget
from atttcli.source import Input, Source
from atttcli.sources.windows.table import WINDOWS_SOURCES

HEAD: Final = 64 * 1024
PASSWORDS: Final = (b"infected",)  # as samples are exchanged
UNREADABLE: Final = (Damaged, Unsupported, OSError)  # what a stream may raise while it is read, beside InputError
_CERTAIN: Final = 96  # all that the head shows has the form of a Windows log
_SUREST: Final = 100  # nobody can be surer (Source.recognise)
_STREAMS: Final = ("gz", "bz2", "xz", "zst")
_HOLDERS: Final = (*_STREAMS, "zip", "tar", "7z", "rar")


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or a part of an archive, that could not be opened."""

    path: str
    reason: str


def opened(
    path: str, zone: Any, name: str | None = None, dir_fd: int | None = None, passwords: Sequence[bytes] = PASSWORDS
) -> Iterator[Input | Unread]:  # fmt: skip
    """The file, or if it is an archive each file in it: good until the next is asked for.

    `name` (relative to `dir_fd`) is what is opened, if that is not `path`. Reading an Input may raise InputError and UNREADABLE.
    """
    try:
        descriptor, info = open_regular(path if name is None else name, dir_fd)
    except NotReadable as refused:
        yield Unread(path, refused.why)
        return
    with os.fdopen(descriptor, "rb") as raw:
        yield from _Opening(zone, Budget(), passwords).inputs(
            raw, path, info.st_size, info.st_mtime_ns // 1000, Path(path)
        )


def as_input(raw: Any, path: str, info: os.stat_result, zone: Any) -> Input:
    """One file, decompressed when it is; an archive as it stands. Raises UNREADABLE and InputError."""
    return _Opening(zone, Budget()).input(raw, path, info.st_size, info.st_mtime_ns // 1000, Path(path))


def holds_others(given: Input) -> bool:
    """Whether it is an archive: what looks like a log in it is a member that was stored as it is."""
    return archive_kind(given.head) in _HOLDERS


def recognised(given: Input, mapping: Source | None = None) -> Source | None:
    """The log reader that is surest of it. A mapping that a person named goes before everything that it fits."""
    if mapping is not None and mapping.recognise(given):
        return mapping
    sure, best = _surest(WINDOWS_SOURCES, given, 0, None)
    if sure < _CERTAIN:  # else the others are not even loaded
        from atttcli.sources.logs.table import LOG_SOURCES

        sure, best = _surest(LOG_SOURCES[len(WINDOWS_SOURCES) :], given, sure, best)
    return best


def _surest(sources: Sequence[Source], given: Input, sure: int, best: Source | None) -> tuple[int, Source | None]:
    for source in sources:
        mine = source.recognise(given)
        if mine > sure:
            sure, best = mine, source
            if sure >= _SUREST:
                break
    return sure, best


@dataclass(frozen=True, slots=True)
class _Opening:
    """What all files in one archive share."""

    zone: Any
    budget: Budget
    passwords: Sequence[bytes] = PASSWORDS

    def input(self, raw: BinaryIO, path: str, size: int, modified: int | None, file: Path | None) -> Input:
        head = raw.read(HEAD)
        raw.seek(0)
        stream: Any = raw
        kind = archive_kind(head)
        if kind in _STREAMS:
            stream = _Spent(InflatedStream(raw, kind), path, self.budget)
            head = stream.peek(HEAD)
        return Input(path, "", size, head, stream, modified, file, self.zone, self.budget)

    def inputs(
        self, raw: BinaryIO, path: str, size: int, modified: int | None, file: Path | None = None, depth: int = 1
    ) -> Iterator[Input | Unread]:
        try:
            given = self.input(raw, path, size, modified, file)
        except (InputError, *UNREADABLE) as error:
            yield Unread(path, _reason(error))
            return
        if not holds_others(given):
            yield given
            return
        from atttcli.field.unpack import SKIPPED, UnpackProblem, unpack

        raw.seek(0)
        compressed = given.stream is not raw and archive_kind(given.head) != "tar"
        for piece in unpack(raw, path, self.budget, depth, self.passwords):
            if not isinstance(piece, UnpackProblem):
                inner = path if compressed else piece.path  # what one compressed file holds is known by its name
                when = modified if piece.modified is None else piece.modified
                yield from self.inputs(piece.stream, inner, piece.size, when, None, depth + 1)
            elif piece.kind != SKIPPED:
                yield Unread(piece.path + (f"!{piece.member}" if piece.member else ""), piece.reason)


class _Spent(io.RawIOBase):
    """A decompressed stream from its first byte, paid for from the budget."""

    def __init__(self, source: InflatedStream, path: str, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._where = Where(path)
        self._budget = budget
        self._held = b""
        self._produced = 0

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes that the next reads give again."""
        while len(self._held) < size and (piece := self._more(size)):
            self._held += piece
        return self._held[:size]

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        if self._held:
            piece, self._held = (self._held[:size], self._held[size:]) if size > 0 else (self._held, b"")
            return piece
        return self._more(size)

    def readable(self) -> bool:
        return True

    def _more(self, size: int) -> bytes:
        piece = self._source.read(size)
        self._produced += len(piece)
        self._budget.spend_bytes(len(piece), self._where)
        self._budget.check_ratio(self._source.consumed, self._produced, self._where)
        return piece


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, InputError) else str(error) or "damaged"
