"""HTTP/1 on both sides of a connection: pipelining, chunked and compressed bodies, the sloppiness of real servers.

`feed` takes bytes of one direction in order and returns the transactions whose side became complete.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from atttcli.engines.network.body import MAX_LAYERS, Body, codings
from atttcli.engines.network.http_message import (
    Message,
    Transaction,
    begin_transaction,
    content_length,
    ends_headers,
    is_status_line,
    starts_response,
    status_code,
)
from atttcli.engines.network.http_side import (
    CHUNK_DATA,
    CHUNK_END,
    CHUNK_SIZE,
    FIXED,
    HEADERS,
    LINE,
    PEEK,
    STOPPED,
    TRAILERS,
    UNTIL_CLOSE,
    Side,
    chunk_size,
)
from atttcli.engines.network.unanswered import Unanswered

MAX_LINE = 64 * 1024
MAX_FIELD = 18_000  # bytes of a header line that may wait for its end
MAX_HEADERS = 1000
MAX_HEADER_BYTES = 256 * 1024
MAX_LINES = 4000  # of headers, those that continue one included
MAX_OPEN = 512  # pipelined requests without an answer
MAX_QUEUED = 8 << 20  # bytes of them


class HttpParser:
    """A connection's transactions."""

    def __init__(self, layers: int = MAX_LAYERS, wanted: Collection[str] = ()) -> None:
        self._layers, self._wanted = layers, wanted
        self._sides = (Side(), Side())
        self._waiting: deque[Transaction] = deque()  # requests whose response has not begun
        self._queued = 0  # bytes of those that are whole
        self._count = 0
        self._done: list[Transaction] = []
        self.overrun = False  # so many requests waited for an answer that the rest was not looked at
        self.tunnel = False  # CONNECT was granted
        self.upgraded: Transaction | None = None  # its answer went over to HTTP/2
        self.rest = b""  # of the bytes after that answer
        self.kept: Unanswered | None = None  # what the client said after a CONNECT that is not answered yet
        self.again: Unanswered | None = None  # the same, after it was refused

    @property
    def memory(self) -> int:
        """Bytes held."""
        held = len(self._sides[0].buffer) + len(self._sides[1].buffer) + self._queued
        asked, answered = self._sides[0].transaction, self._sides[1].transaction
        if asked is not None:
            held += asked.request.memory
        held += len(self.kept.data) if self.kept is not None else 0
        return held + answered.response.memory if answered is not None else held

    def inspect_id(self, direction: int) -> int:
        """The number of the transaction that this direction is at."""
        open_one = self._sides[direction].transaction
        if open_one is not None:
            return open_one.number
        answered = self._count - len(self._waiting) if direction else self._count
        return max(answered - 1, 0)

    def feed(self, direction: int, data: bytes) -> list[Transaction]:
        """Transactions whose `direction` side is complete (or its body as far as it is kept) after these bytes."""
        side = self._sides[direction]
        self._done = []
        at = 0
        while at < len(data) and side.state != STOPPED:
            if side.state in (FIXED, CHUNK_DATA, UNTIL_CLOSE):
                at = self._body(side, direction, data, at)
            elif side.state == PEEK:
                at = self._peek(side, data, at)
            else:
                at = self._line(side, direction, data, at)
        if direction == 0 and self.kept is not None:
            self.kept.add(data[at:])
        elif direction and (self.upgraded is not None or self.tunnel):
            self.rest = data[at:]
        return self._done

    def gap(self, direction: int, count: int) -> None:
        """`count` bytes were lost: skipped within a body of known length, else this side is given up."""
        side = self._sides[direction]
        if direction == 0:
            self.kept = None
        if side.transaction is not None:
            (side.transaction.response if direction else side.transaction.request).body.holed = True
        if side.state in (FIXED, CHUNK_DATA) and count < side.left:
            side.left -= count
        elif side.state != UNTIL_CLOSE:
            side.state = STOPPED
            side.buffer.clear()

    def finish(self) -> list[tuple[Transaction, int]]:
        """What is still open when the connection ends, judged as far as it came."""
        rest: list[tuple[Transaction, int]] = []
        for direction, side in enumerate(self._sides):
            self._last_line(side, direction)
            open_one = side.transaction
            if open_one is not None:
                message = open_one.response if direction else open_one.request
                message.complete = message.complete or side.state == UNTIL_CLOSE
                if message.started and message.take(whole=message.complete):
                    rest.append((open_one, direction))
            side.state = STOPPED
        return rest

    def _last_line(self, side: Side, direction: int) -> None:
        """Bytes that waited for the end of their line, at the end of the connection."""
        line = bytes(side.buffer)
        if side.state == CHUNK_SIZE:
            self._not_chunked(side, direction, line)
        elif side.state == LINE and line.strip():
            if direction == 1 and not is_status_line(line):
                self._no_status(side, line)
            else:
                self._end_line(side, direction, line)

    # -- lines -----------------------------------------------------------------------------------------------------

    def _line(self, side: Side, direction: int, data: bytes, at: int) -> int:
        """Take one line; returns where the next begins. Positions, not slices: a crafted stream is all line ends."""
        end = data.find(b"\n", at) + 1
        if not end:
            side.buffer += data[at:]
            if side.state == HEADERS and len(side.buffer) > MAX_FIELD:
                self._too_long(side, direction)
            if len(side.buffer) > MAX_LINE:
                side.state = STOPPED
                side.buffer.clear()
            return len(data)
        line = data[at:end]
        if side.buffer:
            line = bytes(side.buffer) + line
            side.buffer.clear()
        if side.state == LINE:
            if direction == 1 and not is_status_line(line) and line.strip():
                self._no_status(side, line)
            else:
                self._end_line(side, direction, line)
        elif side.state in (CHUNK_SIZE, CHUNK_END):
            if side.state == CHUNK_SIZE or line.strip():
                self._chunk_size(side, direction, line)
            else:
                side.state = CHUNK_SIZE
        else:
            self._header_line(side, direction, line)
        return end

    def _no_status(self, side: Side, line: bytes) -> None:
        """A response without a status line: the body of an HTTP/0.9 answer, until the end."""
        transaction = self._take(side)
        transaction.response.started = True
        transaction.response.body.add(line)
        side.transaction = transaction
        side.state = UNTIL_CLOSE
        side.junk = True

    def _end_line(self, side: Side, direction: int, line: bytes) -> None:
        """A request or status line."""
        text = line.rstrip(b"\r\n")
        if not text.strip():
            return
        extra: list[bytes] = []
        if direction == 1:
            text, *extra = text.lstrip(b"\r").split(b"\r")
        if direction == 0:
            if len(self._waiting) >= MAX_OPEN or self._queued > MAX_QUEUED:
                side.state = STOPPED
                self.overrun = True
                return
            transaction = begin_transaction(self._count, self._wanted)
            self._count += 1
            self._waiting.append(transaction)
            message = transaction.request
        else:
            transaction = self._take(side)
            message = transaction.response
        side.transaction = transaction
        side.header_bytes = side.lines = 0
        message.started = True
        message.line = text
        side.state = HEADERS
        side.pending = b""
        for part in extra:
            side.header(message, part)
        if direction == 0 and len(text.split()) == 2 and not text.rstrip().upper().endswith((b"HTTP/1.0", b"HTTP/1.1")):
            self._complete(side, direction)  # HTTP/0.9: a request is its line

    def _take(self, side: Side) -> Transaction:
        """The transaction that a response answers."""
        if self._waiting:
            transaction = self._waiting.popleft()
            self._queued -= transaction.queued
            transaction.queued = 0
            return transaction
        transaction = begin_transaction(self._count, self._wanted)
        self._count += 1
        return transaction

    def _header_line(self, side: Side, direction: int, line: bytes) -> None:
        transaction = side.transaction
        if transaction is None:
            side.state = STOPPED
            return
        message = transaction.response if direction else transaction.request
        text = line.rstrip(b"\r\n")
        side.header_bytes += len(line)
        side.lines += 1
        if side.header_bytes > MAX_HEADER_BYTES or side.lines > MAX_LINES or len(message.headers) > MAX_HEADERS:
            side.state = STOPPED
            return
        if ends_headers(line, message):
            side.skip = line not in (b"\r\n", b"\n")
            if side.state == TRAILERS:
                self._complete(side, direction)
            else:
                message.raw_headers += line
                self._headers_done(side, direction, transaction, message)
            return
        if side.state == HEADERS:
            message.raw_headers += line
        # Clients and the reference engine take a lone CR in an answer for the end of a line.
        for part in text.split(b"\r") if direction == 1 else (text,):
            side.header(message, part)

    def _headers_done(self, side: Side, direction: int, transaction: Transaction, message: Message) -> None:
        """Decide how the body ends."""
        if direction == 1 and self._without_body(side, transaction, message):
            return
        self._body_begins(side, direction, transaction, message)

    def _body_begins(self, side: Side, direction: int, transaction: Transaction, message: Message) -> None:
        layers = codings(message.first(b"content-encoding") or b"")
        if len(layers) > self._layers:
            message.events += (b"too_many_encoding_layers",)
        message.body.decode(layers[: self._layers])
        coding = (message.first(b"transfer-encoding") or b"").lower().replace(b"\0", b"")
        length = message.first(b"content-length")
        if length is not None and b"," in length:
            message.events += (b"duplicate_content_length_field",)
        if b"chunked" in coding:
            side.state = CHUNK_SIZE
        elif length is not None and (count := content_length(length)) is not None:
            side.left = count
            side.state = FIXED
            if count == 0:
                self._complete(side, direction)
        elif direction == 0:
            self._complete(side, direction)
            if transaction.method == b"CONNECT":
                side.state, self.kept = STOPPED, Unanswered()
        else:
            side.state = UNTIL_CLOSE

    def _without_body(self, side: Side, transaction: Transaction, message: Message) -> bool:
        """Answers that have none: 1xx (the real one follows), 204, 304, to HEAD; 101 and CONNECT end the parsing."""
        code = status_code(message.line)
        if code == b"100" and not content_length(message.first(b"content-length") or b"0"):
            transaction.response = Message(body=Body(self._wanted))
            self._waiting.appendleft(transaction)
            side.transaction = None
            side.state = LINE
            return True
        if transaction.method == b"CONNECT" and code.startswith(b"2"):
            self._complete(side, 1)
            self._stop()
            self.tunnel = True
            return True
        if transaction.method == b"CONNECT" and self.kept is not None:
            # Refused: the client asks again, perhaps with a password for the proxy.
            self._sides[0].state, self.again, self.kept = LINE, self.kept, None
        if transaction.method == b"HEAD":
            self._complete(side, 1)
            return True
        if code in (b"101", b"204", b"304"):
            announced = message.first(b"transfer-encoding") or content_length(message.first(b"content-length") or b"")
            side.state = PEEK
            if not announced:
                self._no_body(side, code)
            return True
        return False

    def _no_body(self, side: Side, code: bytes) -> None:
        transaction = side.transaction
        self._complete(side, 1)
        if code == b"101":
            if transaction is not None and b"h2c" in (transaction.response.first(b"upgrade") or b"").lower():
                self.upgraded = transaction
            self._stop()

    def _stop(self) -> None:
        self._sides[0].state = self._sides[1].state = STOPPED

    def _peek(self, side: Side, data: bytes, at: int) -> int:
        """An answer that should have no body announced one: what follows shows whether it is there."""
        transaction = side.transaction
        if transaction is None or starts_response(data[at : at + 7]):
            self._no_body(side, status_code(transaction.response.line) if transaction else b"")
        else:
            self._body_begins(side, 1, transaction, transaction.response)
        return at

    def _chunk_size(self, side: Side, direction: int, line: bytes) -> None:
        size = chunk_size(line)
        if size is None:
            self._not_chunked(side, direction, line)
        if size is None or size < 0:
            return
        side.left = size
        if b";" in line and side.transaction is not None:
            tx = side.transaction
            message, name = (
                (tx.response, b"response_chunk_extension") if direction else (tx.request, b"request_chunk_extension")
            )
            if name not in message.events:
                message.events += (name,)
        side.state = CHUNK_DATA if side.left else TRAILERS

    def _not_chunked(self, side: Side, direction: int, line: bytes) -> None:
        """What was announced as chunks is none: everything until the end is the body."""
        transaction = side.transaction
        if transaction is not None:
            (transaction.response if direction else transaction.request).body.add(line)
        side.state = UNTIL_CLOSE

    def _too_long(self, side: Side, direction: int) -> None:
        """A header line without an end: as in the reference engine nothing more is read of this side."""
        transaction = side.transaction
        if transaction is not None:
            message = transaction.response if direction else transaction.request
            message.events += (b"response_field_too_long" if direction else b"request_field_too_long",)
            if message.take(whole=False):
                self._done.append(transaction)
        side.state = STOPPED
        side.buffer.clear()

    def _body(self, side: Side, direction: int, data: bytes, at: int) -> int:
        transaction = side.transaction
        if transaction is None:
            side.state = STOPPED
            return len(data)
        message = transaction.response if direction else transaction.request
        if side.skip:
            side.skip = False
            at += 2 if data.startswith(b"\r\n", at) else 1 if data.startswith(b"\n", at) else 0
            if at >= len(data):
                return len(data)
        if side.junk:
            side.junk = False
            if starts_response(data[at : at + 7]):  # the line before was only in the way
                transaction.response = Message(body=Body(self._wanted))
                self._waiting.appendleft(transaction)
                side.transaction, side.state = None, LINE
                return at
        end = len(data) if side.state == UNTIL_CLOSE else min(len(data), at + side.left)
        side.left -= end - at
        message.body.add(data[at:end])
        if message.body.full and message.take(whole=False):
            self._done.append(transaction)
        if side.left == 0 and side.state == FIXED:
            self._complete(side, direction)
        elif side.left == 0 and side.state == CHUNK_DATA:
            side.state = CHUNK_END
        return end

    def _complete(self, side: Side, direction: int) -> None:
        transaction = side.transaction
        if transaction is not None:
            message = transaction.response if direction else transaction.request
            message.complete = True
            waiting = message.judged and bool(self._done) and self._done[-1] is transaction
            if message.take(whole=True, waiting=waiting):
                self._done.append(transaction)
            if direction == 0 and self._waiting and transaction is self._waiting[-1]:
                transaction.queued = message.memory
                self._queued += transaction.queued
        side.transaction = None
        side.state = LINE
