"""Office packages (XLSX, DOCX) read by bounded means: the one adapter around zipfile and expat.

Members are decompressed as they are parsed, against the Budget's bytes and ratio; XML without DTD or entities, no
deeper than `MAX_DEPTH`; elements are let go of as soon as they are read. Everything these libraries raise leaves as
InputError.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from atttcli.errors import InputError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.source import Input

if TYPE_CHECKING:
    from types import TracebackType

MAX_DEPTH: Final = 200
_MAX_DIRECTORY: Final = 4 * MIB
_MAX_TAIL: Final = MIB
_END = b"PK\x05\x06"
_ENCRYPTED = 0x1
# What zipfile and expat were seen to raise over damaged input (context: reliability B4), beyond their own classes.
_ZOO = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    struct.error,
    KeyError,
)


class _Metered(io.RawIOBase):
    """A member's stream that spends from the budget as it is read."""

    def __init__(self, inner: BinaryIO, given: Input, info: zipfile.ZipInfo) -> None:
        self._inner, self._given, self._info = inner, given, info
        self._where = Where(given.path, member=info.filename)
        self._read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(65536 if size is None or size < 0 else size)
        self._read += len(data)
        self._given.budget.spend_bytes(len(data), self._where)
        self._given.budget.check_ratio(self._info.compress_size, self._read, self._where)
        return data


class Package:
    """An opened package: member names, XML events of one member."""

    def __init__(self, given: Input) -> None:
        self._given = given
        where = Where(given.path)
        data = read_bounded(given.stream, given.budget.limits.document_bytes, where)
        _check_directory(data, where)
        with mapped_errors(where, "not a readable office document"):
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        self.names = frozenset(info.filename for info in self._zip.infolist())

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def events(self, member: str) -> Iterator[tuple[str, str, Element]]:
        """`("start" | "end", local tag, element)`; after an element's end it is emptied and dropped from its parent."""
        from defusedxml.ElementTree import iterparse

        where = Where(self._given.path, member=member)
        with mapped_errors(where, "damaged"):
            info = self._zip.getinfo(member)
            if info.flag_bits & _ENCRYPTED:
                raise InputError("protected by a password", hint="open it and save it without one", where=where)
            with self._zip.open(info) as inner:
                stream = _Metered(inner, self._given, info)  # type: ignore[arg-type]
                yield from _walk(iterparse(stream, ("start", "end"), forbid_dtd=True), where)

    def tail(self, member: str, marker: bytes) -> bytes:
        """The bytes after the last `marker`, at most `_MAX_TAIL`: what stands below a sheet's rows, without parsing them."""
        where = Where(self._given.path, member=member)
        kept = b""
        with mapped_errors(where, "damaged"):
            info = self._zip.getinfo(member)
            with self._zip.open(info) as inner:
                stream = _Metered(inner, self._given, info)  # type: ignore[arg-type]
                while chunk := stream.read(_MAX_TAIL):
                    kept = (kept + chunk)[-2 * _MAX_TAIL :]
        return kept.rpartition(marker)[2][-_MAX_TAIL:] if marker in kept else b""

    def texts(self, member: str, tag: str) -> Iterator[str]:
        """Text of every element with this local name."""
        for event, name, element in self.events(member):
            if event == "end" and name == tag and element.text:
                yield element.text


def _walk(parsed: Iterator[tuple[str, Element]], where: Where) -> Iterator[tuple[str, str, Element]]:
    stack: list[Element] = []
    for event, element in parsed:
        name = element.tag.rpartition("}")[2]
        if event == "start":
            stack.append(element)
            if len(stack) > MAX_DEPTH:
                raise InputError(f"nested deeper than {MAX_DEPTH}", where=where)
            yield "start", name, element
        else:
            yield "end", name, element
            stack.pop()
            element.clear()
            if stack:
                stack[-1].remove(element)


def attribute(element: Element, name: str) -> str:
    """An attribute by its local name (the strict and the transitional form differ only in namespace)."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""


@contextmanager
def mapped_errors(where: Where, what: str) -> Iterator[None]:
    """Whatever the libraries raise over bad input becomes InputError."""
    try:
        yield
    except InputError:
        raise
    except (*_ZOO, ParseError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"{what}: {reason}", where=where) from error


def _check_directory(data: bytes, where: Where) -> None:
    """Refuse a central directory that would cost more memory than any document's: zipfile reads it whole."""
    end = data.rfind(_END, max(0, len(data) - 65557))
    if end < 0 or len(data) < end + 22:
        raise InputError("not a readable office document: no end of archive", where=where)
    count, size = struct.unpack_from("<HI", data, end + 10)
    if (
        (size != 0xFFFFFFFF and size > _MAX_DIRECTORY)
        or (count != 0xFFFF and count > 5000)
        or data.count(b"PK\x01\x02") > 5000
    ):
        raise InputError("an archive with too many members for a document", where=where)


def is_package(given: Input, folder: bytes, ending: str) -> int:
    """100 when the archive's first members stand in `folder`, less when only the name says so."""
    if not given.head.startswith(b"PK\x03\x04"):
        return 0
    if b"PK\x03\x04" in given.head and folder in given.head:
        return 90
    named = given.path.lower().endswith(ending)
    return 60 if named and b"[Content_Types].xml" in given.head else 0
