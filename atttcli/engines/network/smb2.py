"""SMB 2 and 3 messages that are not encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atttcli.engines.network import ntlmssp
from atttcli.engines.network.messages import Message, little

if TYPE_CHECKING:
    from atttcli.engines.network.smb import Session

HEADER = 64
MAX_CHAINED = 64
SETUP, TREE, CREATE, CLOSE, READ, WRITE, IOCTL = 1, 3, 5, 6, 8, 9, 11
TRANSCEIVE = 0x0011C017


def read(session: Session, direction: int, body: bytes) -> Iterator[Message]:
    """Every message of a chain."""
    at = 0
    for _ in range(MAX_CHAINED):
        following = little(body, at + 20, 4)
        part = body[at : at + following] if following else body[at:]
        if len(part) < HEADER:
            return
        response = part[16] & 1
        if response == direction:
            yield from _answer(session, part) if response else _request(session, part)
        if not following:
            return
        at += following


def _request(session: Session, part: bytes) -> Iterator[Message]:
    command, key, number = little(part, 12, 2), part[24:32], session.begin()
    data = part[HEADER:]
    about = b""
    if command == TREE:
        about = _text(part, little(data, 4, 2), little(data, 6, 2))
        yield session.connect(key, number, about)
    elif command == CREATE:
        about = _text(part, little(data, 44, 2), little(data, 46, 2))
    elif command == SETUP:
        yield from ntlmssp.messages(number, 0, part)
    elif command == CLOSE:
        yield from session.closed(data[8:24], number)
    elif command == READ:
        about = data[16:32] + data[8:16]
    elif command == WRITE:
        content = _piece(part, little(data, 2, 2), little(data, 4, 4))
        yield from session.carried(0, data[16:32], little(data, 8, 8), content, number)
    elif command == IOCTL and little(data, 4, 4) == TRANSCEIVE:
        about = data[8:24]
        yield from session.pipe(0, about, _piece(part, little(data, 24, 4), little(data, 28, 4)), number)
    session.wait(key, number, about)


def _answer(session: Session, part: bytes) -> Iterator[Message]:
    command, key, status = little(part, 12, 2), part[24:32], little(part, 8, 4)
    if status == 0x103:  # the answer comes later
        return
    session.connecting.pop(key, None)
    number, about = session.waiting.pop(key, (max(session.count - 1, 0), b""))
    data = part[HEADER:]
    if command == CREATE and not status:
        session.opened(data[64:80], about)
    elif command == READ and len(about) == 24:
        content = _piece(part, little(data, 2, 1), little(data, 4, 4))
        yield from session.carried(1, about[:16], little(about, 16, 8), content, number)
    elif command == IOCTL and about:
        yield from session.pipe(1, about, _piece(part, little(data, 32, 4), little(data, 36, 4)), number)


def _piece(part: bytes, at: int, size: int) -> bytes:
    return part[at : at + size] if at >= HEADER else b""


def _text(part: bytes, at: int, size: int) -> bytes:
    """UTF-16 text as UTF-8."""
    return _piece(part, at, size).decode("utf-16-le", "replace").encode("utf-8", "replace")
