"""HTTP messages and transactions as they are put together, and how their first bytes look."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from atttcli.engines.network.body import Body

METHODS = (
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"TRACE",
    b"CONNECT",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"REPORT",
    b"SEARCH",
    b"MERGE",
    b"CHECKOUT",
    b"CHECKIN",
    b"VERSION-CONTROL",
    b"UNCHECKOUT",
    b"MKWORKSPACE",
    b"UPDATE",
    b"LABEL",
    b"BASELINE-CONTROL",
    b"MKACTIVITY",
)
HEADER = 180  # bytes that a header costs beside its text
_REQUEST_START = re.compile(rb"(?:[A-Z][A-Z\-]{2,16})[ \t]")


@dataclass(slots=True)
class Message:
    """One side of a transaction. `headers` keep order and case; `line` is the first line without its end."""

    line: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    raw_headers: bytes = b""
    body: Body = field(default_factory=Body)
    started: bool = False
    complete: bool = False
    judged: bool = False
    late: bool = False  # judged before the whole of it was there, and now again
    weight: int = 0  # bytes of headers that came packed
    events: tuple[bytes, ...] = ()  # oddities noticed while it was read, see `http_events`

    def take(self, *, whole: bool, waiting: bool = False) -> bool:
        """Whether this side is to be judged now: once, and once more when a body that is too long to be kept has ended, unless
        the first time is still `waiting`."""
        if self.judged:
            self.late = whole and not self.late and not waiting and self.body.facts is not None
            return self.late
        self.judged = True
        return True

    @property
    def memory(self) -> int:
        """Bytes held: headers that came as text stand twice."""
        return self.body.memory + 2 * len(self.raw_headers) + self.weight + HEADER * len(self.headers)

    def first(self, name: bytes) -> bytes | None:
        """A header's value, several joined by a comma; None when absent. `name` in lower case."""
        values = [value for known, value in self.headers if known.lower() == name]
        return b", ".join(values) if values else None


@dataclass(slots=True)
class Transaction:
    """A request and its response; `number` counts from 0 on the connection."""

    number: int
    request: Message = field(default_factory=Message)
    response: Message = field(default_factory=Message)
    weights: tuple[int, ...] = ()  # HTTP/2: priorities that the client gave
    queued: int = 0  # bytes of a whole request that waits for its answer

    @property
    def method(self) -> bytes:
        """The request's method."""
        return self.request.line.split(None, 1)[0] if self.request.line.strip() else b""


def begin_transaction(number: int, wanted: Collection[str]) -> Transaction:
    """A transaction whose bodies tell what rules want of files as a whole (`file_facts`)."""
    if not wanted:
        return Transaction(number)
    return Transaction(number, Message(body=Body(wanted)), Message(body=Body(wanted)))


def starts_request(data: bytes) -> bool:
    """Whether a client's first bytes are an HTTP request."""
    head = data[:32].lstrip(b"\r\n")
    found = _REQUEST_START.match(head)
    return found is not None and found.group()[:-1] in METHODS


def starts_response(data: bytes) -> bool:
    """Whether a server's first bytes are an HTTP response."""
    return data[:7] in (b"HTTP/1.", b"HTTP/0.")


def status_code(line: bytes) -> bytes:
    """`200` of a status line."""
    parts = line.split(None, 2)
    return parts[1] if len(parts) > 1 else b""


def ends_headers(line: bytes, message: Message) -> bool:
    """Whether a line is the empty one that ends the headers; blanks and a CR too many are tolerated as clients do."""
    if line in (b"\r\n", b"\n", b"\r\r\n"):
        return True
    return not line.strip(b" \t\n") or (not message.headers and not line.strip())


def is_status_line(line: bytes) -> bool:
    """Whether a server's line looks like the first of an answer."""
    return line.lstrip()[:5].upper() == b"HTTP/"


def content_length(value: bytes) -> int | None:
    """The number that a Content-Length begins with."""
    found = re.match(rb"\s*(\d{1,18})\s*(?:,|\Z)", value)
    return int(found.group(1)) if found else None
