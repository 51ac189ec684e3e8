"""Where one side of an HTTP connection stands."""

from __future__ import annotations

import re

from atttcli.engines.network.http_message import Message, Transaction

LINE, HEADERS, FIXED, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILERS, UNTIL_CLOSE, PEEK, STOPPED = range(10)

_BLANK = b" \t\v\f\0"
_TOKEN = re.compile(rb"[A-Za-z\-]{1,64}\Z")
_SIZE = re.compile(rb"[0-9a-f]{1,15}(?![0-9a-z])")


class Side:
    """The state of one direction."""

    __slots__ = ("buffer", "header_bytes", "junk", "left", "lines", "pending", "skip", "state", "transaction")

    def __init__(self) -> None:
        self.pending = b""  # the last header line as read, for lines that continue it
        self.skip = False  # an odd line ended the headers: an empty line may follow it
        self.junk = False  # the last line stood where a status line should
        self.state = LINE
        self.buffer = bytearray()
        self.left = 0
        self.header_bytes = self.lines = 0
        self.transaction: Transaction | None = None

    def header(self, message: Message, text: bytes) -> None:
        """One header, or the continuation of the one before."""
        if not text:
            return
        name, colon, value = text.partition(b":")
        folded = text[:1] in b" \t" and message.headers and not (colon and name.strip())
        if folded:
            text = self.pending + b" " + text.strip()
            name, colon, value = text.partition(b":")
            message.headers.pop()
        self.pending = text
        if not colon:
            name, value = (text, b"") if _TOKEN.match(text.strip()) else (b"", text)
        message.headers.append((name.strip(_BLANK).replace(b"\0", b""), value.strip(_BLANK)))


def chunk_size(line: bytes) -> int | None:
    """The number before a chunk, -1 for an empty line; None where it is none."""
    digits = line.split(b";", 1)[0].strip().lower()
    found = _SIZE.match(digits)
    return int(found.group(), 16) if found else None if digits else -1
