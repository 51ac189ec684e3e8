"""SMB 1 messages: what of them rules ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atttcli.engines.network import ntlmssp
from atttcli.engines.network.messages import Message, little

if TYPE_CHECKING:
    from atttcli.engines.network.smb import Session

HEADER = 32
CLOSE, TRANS, OPEN, READ, WRITE, SETUP, TREE, CREATE = 0x04, 0x25, 0x2D, 0x2E, 0x2F, 0x73, 0x75, 0xA2


def read(session: Session, direction: int, body: bytes) -> Iterator[Message]:
    """One message; commands chained after it are passed over."""
    if len(body) < HEADER + 3 or body[9] >> 7 != direction:
        return
    words = body[HEADER + 1 : HEADER + 1 + 2 * body[HEADER]]
    begin = HEADER + 1 + 2 * body[HEADER] + 2
    yield from _answer(session, body, words, begin) if direction else _request(session, body, words, begin)


def _request(session: Session, body: bytes, words: bytes, begin: int) -> Iterator[Message]:
    command, number = body[4], session.begin()
    about = b""
    if command == TREE:
        yield session.connect(body[26:32], number, _text(body, begin + little(words, 6, 2)))
    elif command == CREATE:
        about = _text(body, begin, little(words, 5, 2))
    elif command == SETUP:
        yield from ntlmssp.messages(number, 0, body)
    elif command == CLOSE:
        yield from session.closed(words[:2], number)
    elif command == READ:
        about = words[4:6] + _offset(words, 6, 20)
    elif command == WRITE:
        size = little(words, 20, 2) | little(words, 18, 2) << 16
        where = little(_offset(words, 6, 24), 0, 8)
        yield from session.carried(0, words[4:6], where, _piece(body, little(words, 22, 2), size), number)
    elif command == TRANS and little(words, 28, 2) == 0x26:
        about = words[30:32]
        yield from session.pipe(0, about, _piece(body, little(words, 24, 2), little(words, 22, 2)), number)
    session.wait(_key(body), number, about)


def _answer(session: Session, body: bytes, words: bytes, begin: int) -> Iterator[Message]:
    command = body[4]
    if command == TREE:
        session.connecting.pop(body[26:32], None)
    number, about = session.waiting.pop(_key(body), (max(session.count - 1, 0), b""))
    failed = little(body, 5, 4) and little(body, 5, 4) != 0x80000005
    if failed:
        return
    if command == CREATE:
        session.opened(words[5:7], about)
    elif command == READ and len(about) == 10:
        size = little(words, 10, 2) | little(words, 14, 2) << 16
        content = _piece(body, little(words, 12, 2), size)
        yield from session.carried(1, about[:2], little(about, 2, 8), content, number)
    elif command == TRANS and about:
        yield from session.pipe(1, about, _piece(body, little(words, 14, 2), little(words, 12, 2)), number)


def _key(body: bytes) -> tuple[int, bytes]:
    """Command, and tree, process, user and multiplex identity."""
    return body[4], body[12:14] + body[24:32]


def _offset(words: bytes, low: int, high: int) -> bytes:
    return words[low : low + 4] + words[high : high + 4].ljust(4, b"\0")


def _piece(body: bytes, at: int, size: int) -> bytes:
    return body[at : at + size] if at >= HEADER else b""


def _text(body: bytes, at: int, size: int = 1024) -> bytes:
    """A name up to its end: UTF-16 (on an even place) or bytes, as the header's flag says."""
    if little(body, 10, 2) & 0x8000:
        at += at & 1
        text = body[at : at + size].decode("utf-16-le", "replace")
        return text.split("\0", 1)[0].encode("utf-8", "replace")
    return body[at : at + size].split(b"\0", 1)[0]
