"""Packets as they stand in a capture file: what kind it is, gunzipped when needed, damage reported as a value.

A capture that breaks off or is damaged gives the packets before the damage and one ReadProblem.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from atttcli.errors import InputError, LimitExceeded, Where
from atttcli.limits import Budget
from atttcli.source import ReadProblem

CHUNK = 1 << 20
PACKED = 16 * 1024  # read of a gzip file at a time: what follows a member is copied, and members may be tiny
MAX_PACKET = 1 << 20  # a claim beyond this is damage, not a packet (jumbo frames and loopback stay far below)

PCAP_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}
PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
GZIP_MAGIC = b"\x1f\x8b\x08"


class Record(NamedTuple):
    """One captured frame: its number from 1, microseconds since the epoch, link type, bytes (may be cut by snaplen)."""

    number: int
    time: int
    link: int
    data: bytes


class Window:
    """A forward reader that holds one chunk: `need(n)` makes n bytes available at `buffer[position:]`."""

    def __init__(self, stream: BinaryIO, budget: Budget, path: str) -> None:
        self._stream: BinaryIO | _Again = stream
        self._budget = budget
        self._path = path
        self._gunzip: zlib._Decompress | None = None
        self._raw_in = 0
        self._unpacked = 0
        self._pending = b""
        self.buffer = b""
        self.position = 0
        self.start = 0  # offset of buffer[0] in the (decompressed) capture
        self.total = 0

    @property
    def offset(self) -> int:
        """Where we stand, in bytes of the decompressed capture."""
        return self.start + self.position

    def need(self, count: int) -> bool:
        """Whether `count` bytes can be read from here; reads on as necessary."""
        while len(self.buffer) - self.position < count:
            more = self._more(max(CHUNK, count))
            if not more:
                return False
            self.start += self.position
            self.buffer = self.buffer[self.position :] + more
            self.position = 0
        return True

    def begin(self) -> None:
        """Look at the first bytes; switch to gunzipping when they say so."""
        if self.need(3) and self.buffer.startswith(GZIP_MAGIC):
            self._gunzip = zlib.decompressobj(31)
            self._pending = b""
            self._stream = _Again(self.buffer, self._stream)
            self.buffer = b""
            self.total = 0

    def _more(self, count: int) -> bytes:
        if self._gunzip is None:
            data = self._stream.read(count)
        else:
            data = self._inflate(count)
        self.total += len(data)
        self._budget.spend_bytes(len(data), Where(self._path, offset=self.total))
        return data

    def _inflate(self, count: int) -> bytes:
        """`count` bytes of the gzip members, one after the other; fewer only at the end."""
        self._budget.check_ratio(max(self._raw_in, CHUNK), self._unpacked, Where(self._path, offset=self._unpacked))
        out: list[bytes] = []
        while count > 0 and (data := self._member(count)):
            out.append(data)
            count -= len(data)
        if not out and self._gunzip is not None and not self._gunzip.eof:
            raise EOFError("the gzip file ends early")
        return b"".join(out)

    def _member(self, count: int) -> bytes:
        """Some bytes, at most `count`, of the member at hand or of the next that holds any."""
        while self._gunzip is not None:
            source = self._pending or self._stream.read(PACKED)
            self._raw_in += 0 if self._pending else len(source)
            if self._gunzip.eof:
                if len(source) < len(GZIP_MAGIC):
                    source += self._stream.read(PACKED)
                if not source.startswith(GZIP_MAGIC):
                    return b""
                self._gunzip = zlib.decompressobj(31)
            if not source:
                return b""
            data = self._gunzip.decompress(source, count)
            self._pending = self._gunzip.unconsumed_tail or self._gunzip.unused_data
            self._unpacked += len(data)
            if data:
                return data
        return b""


class _Again:
    """A stream with what was read of it put back before it."""

    def __init__(self, head: bytes, rest: BinaryIO | _Again) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def read(self, count: int) -> bytes:
        """At most `count` bytes."""
        return self._head.read(count) or self._rest.read(count)


def looks_like_capture(head: bytes) -> bool:
    """Whether the first bytes (decompressed or not) are those of a pcap or pcapng file."""
    if head.startswith(GZIP_MAGIC):
        try:
            head = zlib.decompressobj(31).decompress(head, 64)
        except zlib.error:
            return False
    return head[:4] in PCAP_MAGICS or (
        head[:4] == PCAPNG_MAGIC and head[8:12] in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
    )


def read_records(stream: BinaryIO, path: str = "", budget: Budget | None = None) -> Iterator[Record | ReadProblem]:
    """Every frame in order of the file. Raises InputError when it is no capture; damage later is a ReadProblem."""
    from atttcli.sources.capture.pcap import read_pcap
    from atttcli.sources.capture.pcapng import read_pcapng

    window = Window(stream, budget or Budget(), path)
    try:
        window.begin()
        known = window.need(4)
    except (zlib.error, OSError, EOFError) as error:
        raise InputError(f"cannot be read: {error}", where=Where(path)) from error
    magic = window.buffer[:4] if known else b""
    if magic not in PCAP_MAGICS and magic != PCAPNG_MAGIC:
        raise InputError("not a pcap or pcapng capture", where=Where(path))
    reader = read_pcapng if magic == PCAPNG_MAGIC else read_pcap
    try:
        yield from reader(window, path)
    except (zlib.error, OSError, EOFError) as error:
        yield ReadProblem(None, f"the capture cannot be read further: {error}", offset=window.offset)
    except LimitExceeded as error:
        yield ReadProblem(None, f"the capture was not read further: {error.message}", offset=window.offset)
