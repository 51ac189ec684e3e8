"""Bodies of HTTP messages: kept up to a limit, unpacked as they come, never more than the limit and a little."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator

from atttcli.engines.network.file_facts import Facts

LIMIT = 100 * 1024  # what the reference engine keeps of a body by default
MAX_LAYERS = 2
INFLATER = 48 * 1024  # bytes that one of zlib holds: its window and its tables
MAX_HEAD = 64  # no header of a packed body is longer where it shows that it is none


class Inflater:
    """gzip or deflate (with or without its zlib header), one step at a time."""

    memory = INFLATER

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._engine = zlib.decompressobj(31 if self._gzip else 15)
        self._first = True
        self._head = b""  # what came before the first output, for another try
        self.broken = False

    def feed(self, data: bytes, room: int) -> bytes:
        """At most `room` bytes of what `data` unpacks to; what cannot be unpacked at all is passed on as it is."""
        if self.broken:
            return data if self._first else b""
        try:
            out = self._engine.decompress(data, room)
        except zlib.error:
            out = self._again(self._head + data, room)
        self._first = self._first and not out
        self._head = (self._head + data)[:MAX_HEAD] if self._first else b""
        return out

    def whole(self, data: bytes) -> Iterator[bytes]:
        """All that `data` and what was held back unpack to, in pieces."""
        data = self._engine.unconsumed_tail + data
        while data and not self.broken:
            yield self.feed(data, LIMIT)
            data = self._engine.unconsumed_tail

    def _again(self, data: bytes, room: int) -> bytes:
        """Servers send raw deflate under either name: try it, once, at the start."""
        if self._first:
            self._engine = zlib.decompressobj(-15)
            try:
                return self._engine.decompress(_after_gzip_header(data) if self._gzip else data, room)
            except zlib.error:
                pass
        self.broken = True
        return data if self._first else b""


class Unbrotli:
    """Brotli (RFC 7932), one step at a time; where its library is missing or the data is none, bytes pass as they are."""

    def __init__(self) -> None:
        try:
            import brotli
        except ImportError:
            self._engine, self.broken = None, True
        else:
            self._engine, self._failure, self.broken = brotli.Decompressor(), brotli.error, False
        self._first = True
        self.memory = 0

    def feed(self, data: bytes, room: int) -> bytes:
        """About `room` bytes of what `data` unpacks to; the library may give a block of its own size more."""
        if self.broken or self._engine is None:
            return data if self._first else b""
        out = bytearray()
        if not self.memory and data:
            self.memory = brotli_window(data[0])
        try:
            while len(out) < room:
                piece = self._engine.process(data, output_buffer_limit=room)
                out += piece
                data = b""
                if not piece or self._engine.is_finished() or self._engine.can_accept_more_data():
                    break
        except (self._failure, MemoryError):
            self.broken, self._engine, self.memory = True, None, 0
            return bytes(out) or (data if self._first else b"")
        self._first = self._first and not out
        return bytes(out[:room])


def brotli_window(first: int) -> int:
    """Bytes that a Brotli stream may hold, by its first byte (RFC 7932, section 9.1): the window, and as much to write it."""
    if not first & 1:
        bits = 16
    elif first >> 1 & 7:
        bits = 17 + (first >> 1 & 7)
    else:
        bits = 8 + (first >> 4 & 7) if first >> 4 & 7 > 1 else 17
    return 2 << bits


def _after_gzip_header(data: bytes) -> bytes:
    """What follows a plain ten-byte gzip header, whatever its damaged fields say."""
    return data[10:] if data.startswith(b"\x1f\x8b") else data


def codings(value: bytes) -> list[str]:
    """The content codings that we undo, outermost last as listed."""
    found: list[str] = []
    for part in value.lower().split(b","):
        name = part.replace(b"\0", b"")  # sloppy values still count: clients accept them
        if b"gzip" in name:
            found.append("gzip")
        elif b"deflate" in name:
            found.append("deflate")
        elif name.strip() == b"br":
            found.append("br")
    return found


class Body:
    """One message's body after its codings, at most LIMIT bytes."""

    __slots__ = ("_layers", "_parts", "_wanted", "facts", "holed", "length", "total")

    def __init__(self, wanted: Collection[str] = ()) -> None:
        """`wanted`: what rules ask of files as a whole (`file_facts`), also beyond what is kept."""
        self._wanted = wanted
        self.facts: Facts | None = None  # from the limit on
        self.holed = False  # bytes of the wire were lost
        self._layers: list[Inflater | Unbrotli] = []
        self._parts: list[bytes] = []
        self.length = 0
        self.total = 0  # bytes on the wire, also beyond the limit

    def decode(self, names: list[str]) -> None:
        """Undo these codings, the last one listed first."""
        self._layers = [Unbrotli() if name == "br" else Inflater(name) for name in reversed(names)]

    def add(self, data: bytes) -> None:
        """More bytes of the wire."""
        self.total += len(data)
        room = LIMIT - self.length
        if room <= 0:
            self._beyond(data)
            return
        for layer in self._layers:
            data = layer.feed(data, LIMIT)
        if data:
            self._parts.append(data[:room])
            self.length += min(len(data), room)
            if self._layers and not self._wanted and self.full:
                self._layers = []  # nothing more is unpacked
        if self._wanted and self.full and self.facts is None:
            self._count(data[room:])

    def _count(self, unkept: bytes) -> None:
        """The limit is reached: from here on bytes are only counted."""
        self.facts = Facts(self._wanted)
        self.facts.add(self.bytes())
        self.facts.add(unkept)
        self._beyond(b"")

    def _beyond(self, data: bytes) -> None:
        """Bytes of the wire that are counted and not kept. What is packed twice, or with Brotli, is not followed so far."""
        facts = self.facts
        if facts is None or facts.broken:
            return
        layer = self._layers[0] if self._layers else None
        if layer is None:
            facts.add(data)
        elif len(self._layers) > 1 or not isinstance(layer, Inflater):
            facts.broken = True
        else:
            for piece in layer.whole(data):
                facts.add(piece)
                if facts.broken:
                    return
            facts.broken = facts.broken or layer.broken

    @property
    def memory(self) -> int:
        """Bytes held, what unpacks them included."""
        return self.length + sum(layer.memory for layer in self._layers) if self._layers else self.length

    @property
    def full(self) -> bool:
        """Whether nothing more is kept."""
        return self.length >= LIMIT

    def bytes(self) -> bytes:
        """What is kept."""
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0] if self._parts else b""
