"""Read a tar archive as a stream: ustar, GNU long names, pax, base-256 sizes. Headers are bounded, nothing is extracted.

The standard library's reader takes a header's word for its length and reads it into memory; here one that claims more
than a name can need ends the archive with a reason. Python 3.8-clean.
"""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Optional, Protocol, Tuple

from atttcli.field.filetype import is_tar_header
from atttcli.field.inflate import CHUNK, Damaged

BLOCK = 512
_EXTENSION = 256 * 1024  # bytes of a long name or of pax records
_LONGEST = 1 << 62


class Readable(Protocol):
    """Anything read forward in pieces."""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


class TarEntry(NamedTuple):
    """One member. `kind` is `file`, `folder`, `link`, `device`, `fifo` or `other`; `size` as declared."""

    name: str
    kind: str
    size: int
    modified: Optional[int]


_KINDS = {
    b"0": "file",
    b"\x00": "file",
    b"7": "file",
    b"S": "file",
    b"1": "link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"5": "folder",
    b"6": "fifo",
}


class TarStream:
    """Entries in order; while one is current, `read` gives its content, and what is left of it is skipped."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._left = 0
        self._padding = 0

    def entries(self) -> Iterator[TarEntry]:
        """All members. Raises Damaged where the archive cannot be followed further."""
        extra: Dict[str, str] = {}
        while True:
            self._skip()
            block = self._block()
            if not block.strip(b"\x00"):
                return
            if not is_tar_header(block):
                raise Damaged("no tar header where one should be")
            size, flag = _number(block[124:136]), block[156:157]
            if flag in b"LKxgX":
                extra = self._extension(flag, size, extra)
                continue
            entry = _entry(block, flag, size, extra)
            extra = {}
            if flag == b"S":
                self._sparse_maps(block)
            self._left = entry.size if entry.kind in ("file", "other") else 0
            self._padding = -self._left % BLOCK
            yield entry

    def read(self, size: int = -1) -> bytes:
        """Content of the current member, at most `size` bytes (CHUNK when negative)."""
        wanted = min(size if size > 0 else CHUNK, self._left)
        if not wanted:
            return b""
        piece = self._source.read(wanted)
        if not piece:
            raise Damaged("cut short")
        self._left -= len(piece)
        return piece

    def _skip(self) -> None:
        while self._left:
            self.read(CHUNK)
        if self._padding:
            self._exact(self._padding)
            self._padding = 0

    def _block(self) -> bytes:
        """One header block; zeros at the end of the stream (many writers leave the end mark out)."""
        first = self._source.read(BLOCK)
        if not first:
            return b"\x00" * BLOCK
        return first if len(first) == BLOCK else first + self._exact(BLOCK - len(first))

    def _exact(self, count: int) -> bytes:
        parts = []
        while count:
            piece = self._source.read(count)
            if not piece:
                raise Damaged("cut short")
            parts.append(piece)
            count -= len(piece)
        return b"".join(parts)

    def _extension(self, flag: bytes, size: int, extra: Dict[str, str]) -> Dict[str, str]:
        if size > _EXTENSION:
            raise Damaged("a header of %d bytes" % size)
        data = self._exact(size)
        self._exact(-size % BLOCK)
        if flag == b"L":
            return dict(extra, path=data.rstrip(b"\x00").decode("utf-8", "surrogateescape"))
        return dict(extra, **_pax(data)) if flag in b"xX" else extra

    def _sparse_maps(self, block: bytes) -> None:
        more = block[482]
        while more:
            more = self._exact(BLOCK)[504]


def _entry(block: bytes, flag: bytes, size: int, extra: Dict[str, str]) -> TarEntry:
    name = _text(block[0:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\x00" else ""
    name = extra.get("path") or (prefix + "/" + name if prefix else name)
    declared = extra.get("size", "")
    if declared.isdigit() and len(declared) < 19:
        size = int(declared)
    kind = _KINDS.get(flag, "other")
    if kind == "file" and name.endswith("/"):
        kind = "folder"
    stamp = _number(block[136:148])
    return TarEntry(name, kind, min(size, _LONGEST), stamp if 0 < stamp < 1 << 34 else None)


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256 for what does not fit. Raises Damaged on anything else or negative."""
    if field[0] & 0x80:
        if field[0] == 0xFF:
            raise Damaged("a negative number in a header")
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.split(b"\x00", 1)[0].strip()
    if any(digit not in b"01234567" for digit in digits):
        raise Damaged("a header without a number")
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return field.split(b"\x00", 1)[0].decode("utf-8", "surrogateescape")


def _pax(data: bytes) -> Dict[str, str]:
    """`path` and `size` of pax records; whatever is malformed ends the list."""
    found: Dict[str, str] = {}
    while data:
        record, data = _pax_record(data)
        key, _, value = record.partition(b"=")
        if key in (b"path", b"size"):
            found[key.decode("ascii")] = value.decode("utf-8", "surrogateescape")
        elif key == b"GNU.sparse.name":
            found["path"] = value.decode("utf-8", "surrogateescape")
    return found


def _pax_record(data: bytes) -> Tuple[bytes, bytes]:
    digits, space, _ = data[:12].partition(b" ")
    if not space or not digits.isdigit():
        return b"", b""
    length = int(digits)
    if length <= len(digits) + 1 or length > len(data):
        return b"", b""
    return data[len(digits) + 1 : length - 1], data[length:]
