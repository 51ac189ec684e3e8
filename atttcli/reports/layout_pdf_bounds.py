"""What a PDF may cost before a parser sees it: pdfminer inflates streams without a bound, and reads a page's drawing slowly."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Final

from atttcli.errors import InputError, LimitExceeded
from atttcli.limits import MIB

MAX_PLAIN: Final = 256 * MIB  # of all streams together
MAX_DRAWING: Final = 1 * MIB  # of one page's drawing; a full page of text has some 100 KB
MAX_TEXT: Final = 16 * MIB  # of one stream of objects or of any other text
MAX_STREAMS: Final = 50_000
_STREAM = re.compile(rb"stream\r?\n")
_PIECE: Final = 256 * 1024
_PRINTED = frozenset((*range(32, 127), 9, 10, 13))


def refuse_bombs(data: bytes) -> None:
    """InputError for an encrypted file; LimitExceeded for streams larger than a paper has."""
    if b"/Encrypt" in data:
        raise InputError("an encrypted PDF", hint="save it without a password")
    left = MAX_PLAIN
    for count, found in enumerate(_STREAM.finditer(data)):
        if count > MAX_STREAMS:
            raise LimitExceeded(f"more than {MAX_STREAMS} streams")
        left -= _cost(data, found.end(), left)


def _cost(data: bytes, start: int, room: int) -> int:
    """Bytes that the stream at `start` gives; LimitExceeded where they are too many for what they are."""
    size, most = 0, room
    for piece in _pieces(data, start):
        if not size and _is_text(piece):
            most = min(room, MAX_TEXT if b"<<" in piece[:4096] else MAX_DRAWING)
        size += len(piece)
        if size > most:
            raise LimitExceeded(f"a stream of more than {most // MIB} MiB", hint="this looks like a bomb")
    return size


def _is_text(piece: bytes) -> bool:
    head = piece[:4096]
    return sum(byte in _PRINTED for byte in head) >= 0.95 * len(head)


def _pieces(data: bytes, start: int) -> Iterator[bytes]:
    """The stream inflated piece by piece; as it stands where it is not compressed by Flate."""
    end = data.find(b"endstream", start)
    end = len(data) if end < 0 else end
    inflate = zlib.decompressobj()
    try:
        piece = inflate.decompress(data[start : min(end, start + _PIECE)], _PIECE)
    except zlib.error:
        yield from (data[at : min(end, at + _PIECE)] for at in range(start, end, _PIECE))
        return
    at = start + _PIECE
    try:
        while piece or inflate.unconsumed_tail or at < end:
            yield piece
            if inflate.eof:
                return
            tail = inflate.unconsumed_tail
            if not tail:
                tail, at = data[at : min(end, at + _PIECE)], at + _PIECE
            piece = inflate.decompress(tail, _PIECE)
    except zlib.error:
        return  # damaged further on: what came out so far is what a parser gets
