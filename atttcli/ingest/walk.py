"""The regular files below the paths given, without following links, opened so that no pipe or device can hold us up."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from atttcli.errors import InputError, Where
from atttcli.field.account import SKIPPED
from atttcli.field.opening import NotReadable, open_regular

STDIN = "-"


@dataclass(slots=True)
class Found:
    """An open regular file; `path` as people know it, `file` where it stands on disk (None: standard input)."""

    path: str
    stream: BinaryIO
    size: int
    modified: int | None
    file: Path | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A path that could not be opened. `harmless`: a link, pipe or socket inside a folder: passed over, counted."""

    path: str
    reason: str
    harmless: bool = False


def walk(paths: Sequence[str], stdin: StandardInput) -> Iterator[Found | Unread]:
    """Files in order of the paths given, folders in order of names. Who takes a file closes its stream."""
    for given in paths:
        if given == STDIN:
            yield stdin.found()
            continue
        if not os.path.lexists(given):
            yield Unread(given, "no such file or folder")
        elif os.path.isdir(given):
            for path in _below(given):
                yield path if isinstance(path, Unread) else _opened(path, path, inside=True)
        else:
            yield _opened(given, os.path.realpath(given), inside=False)


def _below(folder: str) -> Iterator[str | Unread]:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Unread(here, error.strerror or str(error))
            continue
        folders = []
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                yield entry.path
        waiting.extend(reversed(folders))


def _opened(path: str, real: str, *, inside: bool) -> Found | Unread:
    try:
        descriptor, info = open_regular(real)
    except NotReadable as error:
        return Unread(path, error.why, harmless=inside and error.column == SKIPPED)
    return Found(path, os.fdopen(descriptor, "rb"), info.st_size, info.st_mtime_ns // 1000, Path(real))


class StandardInput:
    """What came on standard input, spooled once however often it is asked for."""

    def __init__(self) -> None:
        self._spool: BinaryIO | None = None

    def found(self) -> Found:
        """Standard input as a file, at its start."""
        if self._spool is None:
            spool: BinaryIO = tempfile.TemporaryFile(prefix="atttcli-")  # noqa: SIM115 - lives as long as the run
            try:
                shutil.copyfileobj(sys.stdin.buffer, spool)
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror or error}", where=Where("stdin")) from error
            self._spool = spool
        size = self._spool.seek(0, os.SEEK_END)
        self._spool.seek(0)
        return Found("stdin", self._spool, size, None, None)
