"""Read a zip's members one after another from its directory, or from the members' own headers when it has none.

The standard library builds an object for every directory entry before the first can be looked at, refuses a member whose
two headers disagree, and up to Python 3.11.7 follows overlapping members; all three are ways around a scanner. It is used
for encrypted and LZMA members only. Python 3.8-clean.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from typing import Any, BinaryIO, Iterator, NamedTuple, Optional, Sequence, Tuple, Type

from atttcli.field.inflate import CHUNK, Damaged, InflatedStream, Unsupported

_TAIL = 65_557  # the end record and the longest comment
_ENTRY = struct.Struct("<4s4xHHH2xLLLHHH8xL")  # signature, flags, method, time, crc, sizes, lengths, offset
_LOCAL = struct.Struct("<4s2xHH4xLLLHH")
_METHODS = {8: "deflate", 12: "bz2", 93: "zst", 95: "xz"}
_ENCRYPTED = 0x1
_UTF8 = 0x800
_SIZES_AFTER = 0x8


class ZipEntry(NamedTuple):
    """One member as the directory (or its own header) describes it."""

    name: str
    method: int
    encrypted: bool
    crc: Optional[int]
    packed: Optional[int]  # None: unknown, up to the end of the stream
    size: Optional[int]
    offset: int  # of the local header


class Region:
    """A piece of a stream, read forward."""

    def __init__(self, stream: BinaryIO, start: int, length: int) -> None:
        self._stream = stream
        self._at = start
        self._end = start + length

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (CHUNK when negative); empty at the end."""
        wanted = min(size if size >= 0 else CHUNK, self._end - self._at)
        if wanted <= 0:
            return b""
        self._stream.seek(self._at)
        data = self._stream.read(wanted)
        self._at += len(data)
        return data


class ZipDirectory(NamedTuple):
    """Where the directory stands, and how far all offsets are shifted by data put before the archive."""

    start: int
    length: int
    shift: int


def find_directory(stream: BinaryIO, size: int) -> Optional[ZipDirectory]:
    """The directory at the end of a stream of `size` bytes; None when there is none (cut short, or never finished)."""
    tail_at = max(0, size - _TAIL)
    stream.seek(tail_at)
    tail = stream.read(_TAIL)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        return None
    length, start = struct.unpack_from("<LL", tail, at + 12)
    end = tail_at + at
    if 0xFFFFFFFF in (length, start):
        wide = _find_wide(stream, tail, at)
        if wide is None:
            return None
        end, length, start = wide
    shift = end - length - start
    if shift < 0 or start + shift < 0 or length > size:
        return None
    return ZipDirectory(start + shift, length, shift)


def _find_wide(stream: BinaryIO, tail: bytes, at: int) -> Optional[Tuple[int, int, int]]:
    """The zip64 end record: where it stands, the directory's length and start."""
    if at < 20 or tail[at - 20 : at - 16] != b"PK\x06\x07":
        return None
    (where,) = struct.unpack_from("<Q", tail, at - 12)
    if where > 1 << 62:
        return None
    stream.seek(where)
    record = stream.read(56)
    if len(record) < 56 or record[:4] != b"PK\x06\x06":
        return None
    length, start = struct.unpack_from("<QQ", record, 40)
    return where, length, start


def directory_entries(stream: BinaryIO, directory: ZipDirectory) -> Iterator[ZipEntry]:
    """Members as the directory lists them, one at a time. Raises Damaged where it cannot be followed further."""
    at, end = directory.start, directory.start + directory.length
    while at + _ENTRY.size <= end:
        stream.seek(at)
        fixed = stream.read(_ENTRY.size)
        if len(fixed) < _ENTRY.size or fixed[:4] != b"PK\x01\x02":
            raise Damaged("the directory is damaged")
        _, flags, method, _, crc, packed, size, name_len, extra_len, comment_len, offset = _ENTRY.unpack(fixed)
        name = stream.read(name_len)
        extra = stream.read(extra_len)
        size, packed, offset = _wide(extra, size, packed, offset)
        yield ZipEntry(
            _name(name, flags), method, bool(flags & _ENCRYPTED), crc, packed, size, offset + directory.shift
        )
        at += _ENTRY.size + name_len + extra_len + comment_len


def recovered_entries(stream: BinaryIO, size: int) -> Iterator[ZipEntry]:
    """Members found by their own headers, for an archive that has lost its directory."""
    at = _find(stream, b"PK\x03\x04", 0, size)
    while at >= 0:
        stream.seek(at)
        fixed = stream.read(_LOCAL.size)
        if len(fixed) < _LOCAL.size:
            return
        _, flags, method, crc, packed, full, name_len, extra_len = _LOCAL.unpack(fixed)
        name = stream.read(name_len)
        full, packed, _ = _wide(stream.read(extra_len), full, packed, 0)
        data_at = at + _LOCAL.size + name_len + extra_len
        if flags & _SIZES_AFTER:
            yield ZipEntry(_name(name, flags), method, bool(flags & _ENCRYPTED), None, None, None, at)
            at = _find(stream, b"PK\x03\x04", data_at, size)
            continue
        yield ZipEntry(_name(name, flags), method, bool(flags & _ENCRYPTED), crc, packed, full, at)
        at = _find(stream, b"PK\x03\x04", min(data_at + packed, size), size)


def open_entry(stream: BinaryIO, entry: ZipEntry, size: int) -> Any:
    """The decompressed content of a member that is not encrypted, as something with `read` and `consumed`."""
    stream.seek(entry.offset)
    fixed = stream.read(_LOCAL.size)
    if len(fixed) < _LOCAL.size or fixed[:4] != b"PK\x03\x04":
        raise Damaged("its header is not where the directory says")
    start = entry.offset + _LOCAL.size + sum(_LOCAL.unpack(fixed)[6:8])
    length = max(0, size - start if entry.packed is None else min(entry.packed, size - start))
    region = Region(stream, start, length)
    if entry.method == 0:
        return _Stored(region, short=entry.packed is not None and length < entry.packed)
    if entry.method not in _METHODS:
        raise Unsupported("compressed by a method that cannot be read (%d)" % entry.method)
    return InflatedStream(region, _METHODS[entry.method])  # type: ignore[arg-type]


class _Stored:
    def __init__(self, region: Region, short: bool) -> None:
        self._region = region
        self._short = short
        self.consumed = 0

    def read(self, size: int = -1) -> bytes:
        data = self._region.read(size)
        self.consumed += len(data)
        if not data and self._short:
            raise Damaged("cut short")
        return data


def decrypted(stream: BinaryIO, entry: ZipEntry, passwords: Sequence[bytes]) -> Optional[bytes]:
    """The first 64 KiB read with each password in turn decide; the opened member's password, None when none fits.

    Raises Unsupported for encryption that the standard library cannot undo (AES).
    """
    import zipfile

    for password in passwords:
        try:
            with open_with_library(stream, entry, password) as member:
                while member.read(CHUNK):
                    pass
            return password
        except NotImplementedError as error:
            raise Unsupported("encrypted by a method that cannot be read (%s)" % error) from None
        except (RuntimeError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
            continue  # the wrong password, in one of the ways in which it shows
    return None


def open_with_library(stream: BinaryIO, entry: ZipEntry, password: Optional[bytes]) -> Any:
    """The standard library's reader for an encrypted or LZMA member. Raises the library's many exceptions."""
    import zipfile

    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if info.header_offset == entry.offset:
                return archive.open(info, pwd=password)
    raise zipfile.BadZipFile("not in the directory")


class LibraryMember:
    """The standard library's member, with its many exceptions as one."""

    def __init__(self, member: Any) -> None:
        self._member = member

    def read(self, size: int = -1) -> bytes:
        """As of any stream; Damaged, whatever the library raised."""
        try:
            data: bytes = self._member.read(size)
        except LIBRARY_ERRORS as error:
            raise Damaged(fault_words(error)) from None
        return data


def _library_errors() -> Tuple[Type[Exception], ...]:
    from zipfile import BadZipFile

    return (
        Damaged,
        BadZipFile,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        struct.error,
    )


LIBRARY_ERRORS = _library_errors()


def fault_words(error: BaseException) -> str:
    """What a library's error says; its name where it says nothing."""
    return str(error) or type(error).__name__


def _wide(extra: bytes, size: int, packed: int, offset: int) -> Tuple[int, int, int]:
    """Replace what does not fit in 32 bits by the zip64 field of `extra`."""
    values = [size, packed, offset]
    if 0xFFFFFFFF not in values:
        return size, packed, offset
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            for index, value in enumerate(values):
                if value == 0xFFFFFFFF and len(field) >= 8:
                    values[index], field = int.from_bytes(field[:8], "little"), field[8:]
            break
        at += 4 + length
    return values[0], values[1], values[2]


def _name(raw: bytes, flags: int) -> str:
    """UTF-8 where it is UTF-8 (many tools forget the flag), else the format's old code page."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape") if flags & _UTF8 else raw.decode("cp437")


def _find(stream: BinaryIO, needle: bytes, at: int, size: int) -> int:
    """Where `needle` next stands in the stream from `at`, or -1."""
    while at < size:
        stream.seek(at)
        piece = stream.read(CHUNK)
        if len(piece) < len(needle):
            return -1
        hit = piece.find(needle)
        if hit >= 0:
            return at + hit
        at += len(piece) - len(needle) + 1
    return -1
