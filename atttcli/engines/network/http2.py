"""HTTP/2 in clear text: frames to transactions of the same shape as HTTP/1, one a stream. Bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

from atttcli.engines.network.body import MAX_LAYERS, codings
from atttcli.engines.network.hpack import Decompressor, Header
from atttcli.engines.network.http_message import Message, Transaction, begin_transaction

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_STREAMS = 512
MAX_BLOCK = 256 * 1024
MAX_WEIGHTS = 64
MAX_FRAME = 1 << 20
DATA, HEADERS, PRIORITY, PUSH, CONTINUATION = 0, 1, 2, 5, 9
END_STREAM, END_HEADERS, PADDED, WEIGHTED = 1, 4, 8, 32

Done = list[tuple[Transaction, int]]


class _Side:
    """One direction: bytes not yet a frame, the header block being put together, the compression's table."""

    __slots__ = ("block", "buffer", "ends", "headers", "skip", "stream")

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.headers = Decompressor()
        self.block = bytearray()
        self.stream = 0
        self.ends = False
        self.skip = 0  # bytes of a frame too large to be kept


class Http2Parser:
    """A connection's streams. `feed` gives the transactions whose side became complete."""

    def __init__(self, upgraded: Transaction | None = None, wanted: Collection[str] = ()) -> None:
        self._wanted = wanted
        self._sides = (_Side(), _Side())
        self._streams: OrderedDict[int, Transaction] = OrderedDict()
        self._preface = True
        self._broken = False
        self.count = 0
        if upgraded is not None:
            first = begin_transaction(self._next(), self._wanted)
            first.request = upgraded.request
            self._streams[1] = first

    def _next(self) -> int:
        self.count += 1
        return self.count - 1

    @property
    def memory(self) -> int:
        """Bytes held."""
        held = sum(len(side.buffer) + len(side.block) + side.headers.memory for side in self._sides)
        return held + sum(tx.request.memory + tx.response.memory for tx in self._streams.values())

    def feed(self, direction: int, data: bytes) -> Done:
        """Bytes of one direction in order."""
        side = self._sides[direction]
        done: Done = []
        if self._broken:
            return done
        side.buffer += data
        if direction == 0 and self._preface:
            if len(side.buffer) < len(PREFACE) and PREFACE.startswith(bytes(side.buffer)):
                return done
            self._preface = False
            if side.buffer.startswith(PREFACE):
                del side.buffer[: len(PREFACE)]
        self._frames(side, direction, done)
        return done

    def finish(self) -> Done:
        """What is open at the end."""
        rest: Done = []
        for tx in self._streams.values():
            for direction, message in enumerate((tx.request, tx.response)):
                if message.started and message.take(whole=False):
                    rest.append((tx, direction))
        self._streams.clear()
        return rest

    def lost(self) -> None:
        """Bytes are missing: the compression cannot go on."""
        self._broken = True

    def _frames(self, side: _Side, direction: int, done: Done) -> None:
        buffer = side.buffer
        at = 0
        while True:
            if side.skip:
                step = min(side.skip, len(buffer) - at)
                side.skip -= step
                at += step
            if len(buffer) - at < 9:
                break
            size = int.from_bytes(buffer[at : at + 3], "big")
            if size > MAX_FRAME:
                side.skip, at = size, at + 9
                continue
            if len(buffer) - at < 9 + size:
                break
            kind, flags = buffer[at + 3], buffer[at + 4]
            stream = int.from_bytes(buffer[at + 5 : at + 9], "big") & 0x7FFFFFFF
            self._frame(side, direction, kind, flags, stream, bytes(buffer[at + 9 : at + 9 + size]), done)
            at += 9 + size
        del buffer[:at]

    def _frame(self, side: _Side, direction: int, kind: int, flags: int, stream: int, body: bytes, done: Done) -> None:
        if kind in (DATA, HEADERS, PUSH) and flags & PADDED and body:
            body = body[1 : max(len(body) - body[0], 1)]
        if kind == HEADERS:
            if flags & WEIGHTED and len(body) >= 5:
                self._weigh(stream, body[4], done)
                body = body[5:]
            side.block = bytearray(body)
            side.stream, side.ends = stream, bool(flags & END_STREAM)
        elif kind == PUSH:
            side.block = bytearray(body[4:])
            side.stream, side.ends = 0, False
        elif kind == CONTINUATION and len(side.block) < MAX_BLOCK:
            side.block += body
        elif kind == PRIORITY and len(body) >= 5:
            self._weigh(stream, body[4], done)
        elif kind == DATA:
            self._data(direction, stream, body, bool(flags & END_STREAM), done)
        if kind in (HEADERS, PUSH, CONTINUATION) and flags & END_HEADERS:
            self._headers(side, direction, done)

    def _weigh(self, stream: int, weight: int, done: Done) -> None:
        """The weight that a client gives a stream, kept with its transaction."""
        tx = self._transaction(stream, done)
        if len(tx.weights) < MAX_WEIGHTS:
            tx.weights += (weight,)

    def _headers(self, side: _Side, direction: int, done: Done) -> None:
        try:
            headers = side.headers.decode(bytes(side.block))
        except (ValueError, IndexError):
            self._broken = True
            return
        finally:
            side.block = bytearray()
        if not side.stream:
            return
        tx = self._transaction(side.stream, done)
        message = tx.response if direction else tx.request
        if not message.started:
            begin(message, headers, direction)
        else:
            message.headers += headers[: max(1000 - len(message.headers), 0)]  # trailers
        message.weight = sum(len(name) + len(value) for name, value in message.headers)
        if side.ends:
            _complete(tx, message, direction, done)
            self._forget(side.stream, tx)

    def _transaction(self, stream: int, done: Done) -> Transaction:
        tx = self._streams.get(stream)
        if tx is None:
            if len(self._streams) >= MAX_STREAMS:
                _, oldest = self._streams.popitem(last=False)
                for direction, message in enumerate((oldest.request, oldest.response)):
                    if message.started:
                        message.body.holed = True  # its end is not waited for
                        _complete(oldest, message, direction, done)
            tx = self._streams[stream] = begin_transaction(self._next(), self._wanted)
        return tx

    def _data(self, direction: int, stream: int, body: bytes, ends: bool, done: Done) -> None:
        tx = self._streams.get(stream)
        if tx is None:
            return
        message = tx.response if direction else tx.request
        message.body.add(body)
        if message.body.full and not ends and message.take(whole=False):
            done.append((tx, direction))
        if ends:
            _complete(tx, message, direction, done)
            self._forget(stream, tx)

    def _forget(self, stream: int, tx: Transaction) -> None:
        if tx.request.complete and tx.response.complete:
            self._streams.pop(stream, None)


def begin(message: Message, headers: list[Header], direction: int) -> None:
    """The first header block of a side."""
    message.started = True
    message.headers = headers
    known = dict(reversed(headers))
    if direction:
        message.line = b"HTTP/2 " + known.get(b":status", b"")
    else:
        message.line = b" ".join((known.get(b":method", b""), known.get(b":path", b""), b"HTTP/2"))
    message.body.decode(codings(known.get(b"content-encoding", b""))[:MAX_LAYERS])


def _complete(tx: Transaction, message: Message, direction: int, done: Done) -> None:
    message.complete = True
    if message.take(whole=True, waiting=any(one is tx and side == direction for one, side in done)):
        done.append((tx, direction))
