"""Look into archives: zip, 7z, tar, gz, bz2, xz, zstd. Members come as streams; nothing is ever written under a name from data.

Recognised by content, never by name. What is wrong with a member is a value, and the rest goes on; only a budget that is
used up for the whole archive ends it. Python 3.8-clean.
"""

from __future__ import annotations

import io
import os
import tempfile
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO, Iterator, NamedTuple, Optional, Sequence, Tuple, Union

from atttcli.errors import LimitExceeded, Where
from atttcli.field.filetype import archive_kind, is_tar_header
from atttcli.field.inflate import CHUNK, Damaged, InflatedStream, Unsupported
from atttcli.field.portions import Ahead, Portion
from atttcli.field.tar import TarEntry, TarStream
from atttcli.field.zip_members import (
    LIBRARY_ERRORS,
    LibraryMember,
    ZipEntry,
    decrypted,
    directory_entries,
    fault_words,
    find_directory,
    open_entry,
    open_with_library,
    recovered_entries,
)
from atttcli.limits import Budget

HEAD = 64 * 1024
_IN_MEMORY = 8 * 1024 * 1024  # a larger member goes to an unnamed temporary file
_LIBRARY_DIRECTORY = 4 * 1024 * 1024  # zipfile holds its directory as objects, about 20 times this

DAMAGED = "damaged"
ENCRYPTED = "encrypted"
LIMIT = "limit"
SKIPPED = "skipped"
UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Member:
    """One file inside an archive. `name` is raw data: never use it as a path. `stream` is seekable, at byte 0, and
    closed when the next member is asked for. `path` is `outer!name`. `note` says what was odd (empty: nothing).
    """

    name: str
    path: str
    size: int
    stream: BinaryIO
    depth: int
    modified: Optional[int] = None
    note: str = ""

    def head(self) -> bytes:
        """The first 64 KiB; the stream stands at byte 0 again."""
        self.stream.seek(0)
        data = self.stream.read(HEAD)
        self.stream.seek(0)
        return data


class UnpackProblem(NamedTuple):
    """Something in an archive that could not be read. `member` is empty when it concerns the whole archive.

    `kind`: damaged, encrypted, limit, unsupported, or skipped (links, devices: nothing was lost).
    """

    path: str
    member: str
    kind: str
    reason: str


class _Exhausted(Exception):
    """The budget of the whole input is used up."""


Piece = Union[Member, UnpackProblem]


def unpack(
    stream: BinaryIO, path: str, budget: Budget, depth: int = 1, passwords: Sequence[bytes] = ()
) -> Iterator[Piece]:
    """The members of one archive, one level: a member that is an archive itself is yielded as it is.

    `stream` is seekable. `depth` is this archive's own (1: outermost); `unpack_all` goes into the inner ones.
    """
    unpacker = _Unpacker(stream, path, budget, depth, passwords)
    try:
        budget.check_depth(depth, Where(path))
        yield from unpacker.pieces()
    except (_Exhausted, LimitExceeded) as error:
        yield UnpackProblem(path, "", LIMIT, str(error))
    except Unsupported as error:
        yield UnpackProblem(path, "", UNSUPPORTED, str(error))
    except (Damaged, ValueError, OSError, EOFError) as error:
        yield UnpackProblem(path, "", DAMAGED, str(error) or "damaged")
    finally:
        unpacker.close()


def unpack_all(
    stream: BinaryIO, path: str, budget: Budget, depth: int = 1, passwords: Sequence[bytes] = ()
) -> Iterator[Piece]:
    """The members of an archive and of the archives in it; an inner archive is itself a member and comes first."""
    for piece in unpack(stream, path, budget, depth, passwords):
        yield piece
        if isinstance(piece, Member) and archive_kind(piece.head()):
            yield from unpack_all(piece.stream, piece.path, budget, depth + 1, passwords)


class _Unpacker:
    def __init__(self, stream: BinaryIO, path: str, budget: Budget, depth: int, passwords: Sequence[bytes]) -> None:
        self._stream = stream
        self._path = path
        self._budget = budget
        self._depth = depth
        self._passwords = passwords
        self._size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        self._produced = 0
        self._spool: Optional[BinaryIO] = None

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def pieces(self) -> Iterator[Piece]:
        head = self._stream.read(HEAD)
        self._stream.seek(0)
        kind = archive_kind(head)
        if kind in ("zip", "office"):
            return self._zip()
        if kind == "tar":
            return self._tar(self._stream, None)
        if kind == "7z":
            return self._seven_zip()
        if kind == "rar":
            raise Unsupported("rar archives cannot be read; unpack it yourself")
        if not kind:
            raise Damaged("not an archive")
        return self._compressed(kind)

    def _compressed(self, kind: str) -> Iterator[Piece]:
        inflated = InflatedStream(self._stream, kind)
        first = b""
        damage = ""
        try:
            while len(first) < 512:
                more = inflated.read(512 - len(first))
                if not more:
                    break
                first += more
        except Damaged as error:
            damage = str(error)
        source = Ahead(first, inflated, damage)
        if is_tar_header(first):
            yield from self._tar(source, inflated)
            return
        name = _stem(self._path)
        yield from self._member(name, source, None)

    def _tar(self, source: Any, inflated: Optional[InflatedStream]) -> Iterator[Piece]:
        tar = TarStream(_Metered(source, inflated, self))
        for entry in tar.entries():
            self._spend_member(entry.name)
            if entry.kind == "file":
                yield from self._member(entry.name, tar, entry.modified)
            elif entry.kind != "folder":
                yield self._problem(entry.name, SKIPPED, _not_a_file(entry))

    def _seven_zip(self) -> Iterator[Piece]:
        from atttcli.field import seven_zip, seven_zip_content

        try:
            listed = seven_zip.entries(self._stream, self._size)
        except seven_zip_content.Encrypted as error:
            yield self._problem("", ENCRYPTED, str(error))
            return
        holder: Any = None
        content: Any = None
        for entry in listed:
            self._spend_member(entry.name)
            if entry.folder is None:
                yield from self._member(entry.name, io.BytesIO(), None)
                continue
            try:
                if entry.folder is not holder:
                    content = seven_zip_content.open_folder(self._stream, entry.folder)
                    holder = entry.folder
                part = Portion(content, entry.size)
                yield from self._member(entry.name, part, None, entry.crc)
                self._skip(part)
            except seven_zip_content.Encrypted as error:
                yield self._problem(entry.name, ENCRYPTED, str(error))
            except Unsupported as error:
                yield self._problem(entry.name, UNSUPPORTED, str(error))
            except Damaged as error:
                yield self._problem(entry.name, DAMAGED, str(error))

    def _skip(self, part: Portion) -> None:
        """Pass over what was not wanted of a member: the next one begins behind it."""
        while True:
            try:
                chunk = part.read(CHUNK)
            except Damaged:  # every member behind it says so itself
                return
            if not chunk:
                return
            self._spend_bytes(len(chunk), Where(self._path))

    def _zip(self) -> Iterator[Piece]:
        directory = find_directory(self._stream, self._size)
        if directory is None:
            yield self._problem("", DAMAGED, "the zip has no directory; members are read by their own headers")
            entries = recovered_entries(self._stream, self._size)
        else:
            entries = directory_entries(self._stream, directory)
        packed = 0
        for entry in entries:
            self._spend_member(entry.name)
            if entry.name.endswith("/") and not entry.size:
                continue
            packed += entry.packed or 0
            if packed > self._size:
                raise _Exhausted("members overlap: together they are larger than the archive")
            yield from self._zip_member(entry, directory.length if directory else None)

    def _zip_member(self, entry: ZipEntry, directory: Optional[int]) -> Iterator[Piece]:
        try:
            if not entry.encrypted and entry.method != 14:
                yield from self._member(entry.name, open_entry(self._stream, entry, self._size), None, entry.crc)
                return
            if directory is None or directory > _LIBRARY_DIRECTORY:
                raise Unsupported("such a member is read only from a zip with a directory of ordinary size")
            password = decrypted(self._stream, entry, self._passwords) if entry.encrypted else None
            if entry.encrypted and password is None:
                yield self._problem(entry.name, ENCRYPTED, "encrypted; no password fits")
                return
            reader = LibraryMember(open_with_library(self._stream, entry, password))
            yield from self._member(entry.name, reader, None, entry.crc)
        except Unsupported as error:
            yield self._problem(entry.name, UNSUPPORTED, str(error))
        except LIBRARY_ERRORS as error:
            yield self._problem(entry.name, DAMAGED, fault_words(error))

    def _member(
        self, name: str, source: Any, modified: Optional[int], expected: Optional[int] = None
    ) -> Iterator[Piece]:
        """Spool one member within the limits, then hand it out; what was read of a damaged one is handed out too."""
        self.close()
        spool, size, crc, damage, limit = self._copy(name, source)
        if limit:
            yield self._problem(name, LIMIT, limit)
            return
        note = _odd_name(name)
        if not damage and expected is not None and crc != expected:
            note = "checksum differs"
        if size or not damage:
            path = "%s!%s" % (self._path, name)
            yield Member(name, path, size, spool, self._depth, modified, damage or note)
        if damage:
            yield self._problem(name, DAMAGED, damage)

    def _copy(self, name: str, source: Any) -> Tuple[BinaryIO, int, int, str, str]:
        """The content in memory or in an unnamed file; its size, CRC-32, and what was wrong (damage, limit)."""
        where = Where(self._path, member=name)
        out: BinaryIO = io.BytesIO()
        self._spool = out
        size = crc = 0
        damage = ""
        try:
            while True:
                chunk = source.read(CHUNK)
                if not chunk:
                    break
                size += len(chunk)
                self._spend_bytes(len(chunk), where)
                if size > self._budget.limits.member_bytes:
                    raise LimitExceeded("larger than %d bytes" % self._budget.limits.member_bytes)
                self._budget.check_ratio(getattr(source, "consumed", size), size, where)
                if size > _IN_MEMORY and isinstance(out, io.BytesIO):
                    out = self._spool = _to_disk(out)
                out.write(chunk)
                crc = zlib.crc32(chunk, crc)
        except LimitExceeded as error:
            return out, size, crc, "", str(error)
        except LIBRARY_ERRORS as error:
            damage = fault_words(error)
        out.seek(0)
        return out, size, crc, damage, ""

    def _spend_bytes(self, count: int, where: Where) -> None:
        try:
            self._budget.spend_bytes(count, where)
            self._produced += count
            self._budget.check_ratio(self._size, self._produced, where)
        except LimitExceeded as error:
            raise _Exhausted(str(error)) from None

    def _spend_member(self, name: str) -> None:
        try:
            self._budget.spend_member(Where(self._path, member=name))
        except LimitExceeded as error:
            raise _Exhausted(str(error)) from None

    def _problem(self, member: str, kind: str, reason: str) -> UnpackProblem:
        return UnpackProblem(self._path, member, kind, reason)

    def skipped_over(self, inflated: Optional[InflatedStream], count: int) -> None:
        """Bytes of a compressed tar that no member used (headers, members too large) cost time as well."""
        if inflated is not None and count > self._budget.limits.total_bytes:
            raise _Exhausted("more than %d bytes in one archive" % self._budget.limits.total_bytes)


class _Metered:
    """Counts what a tar reader takes, headers and skipped members included."""

    def __init__(self, source: Any, inflated: Optional[InflatedStream], owner: _Unpacker) -> None:
        self._source = source
        self._inflated = inflated
        self._owner = owner
        self._taken = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self._taken += len(data)
        self._owner.skipped_over(self._inflated, self._taken)
        return data


def _to_disk(held: BinaryIO) -> BinaryIO:
    """Move what was read so far to an unnamed temporary file."""
    spool = tempfile.TemporaryFile(prefix="atttcli-")  # noqa: SIM115
    held.seek(0)
    spool.write(held.read())
    held.close()
    return spool


def _stem(path: str) -> str:
    """What a compressed single file is called inside: the outer name without its last extension."""
    name = path.rsplit("!", 1)[-1].replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name or "content"


def _odd_name(name: str) -> str:
    """Why a member's name would be dangerous to extract; the content is looked at all the same."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts:
        return "its name leaves the archive"
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return "its name is an absolute path"
    return "" if name.isprintable() else "its name has control characters"


def _not_a_file(entry: TarEntry) -> str:
    return {"link": "a link", "device": "a device", "fifo": "a named pipe"}.get(entry.kind, "not a file")
