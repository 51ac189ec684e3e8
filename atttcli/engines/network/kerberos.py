"""Kerberos 5: kind of each message, names and error of the answers (RFC 4120)."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, big, digits

KINDS = {10, 11, 12, 13, 14, 15, 30}
MAX_PARTS = 64
WEAK = {1, 2, 3, 4, 5, 6, 7, 8, 23, 24}  # DES and RC4 in their forms


def is_kerberos(data: bytes) -> bool:
    """Whether a message begins as one of Kerberos."""
    return len(data) > 4 and data[0] & 0xE0 == 0x60 and data[0] & 31 in KINDS


def starts_kerberos(data: bytes) -> bool:
    """Whether a stream begins with a length and such a message."""
    return len(data) > 8 and 8 < big(data, 0, 4) < 1 << 20 and is_kerberos(data[4:])


class Kerberos:
    """Each message is a transaction of its own."""

    def __init__(self, *, framed: bool) -> None:
        self._prefix = 4 if framed else 0
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The length stands before the message."""
        if len(held) - at < 4:
            return UNKNOWN
        size = big(held, at, 4)
        return 4 + size if size < 1 << 24 else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message."""
        body = data[self._prefix :]
        if not is_kerberos(body):
            return []
        kind = body[0] & 31
        values: dict[str, Values] = {"krb5_msg_type": digits(kind)}
        parts = dict(_tagged(_content(_content(body))))
        if kind in (11, 13):
            _reply(parts, values)
        elif kind == 30:
            values["krb5_err_code"] = digits(big(_content(parts.get(6, b"")), 0, 4))
            values["krb5.cname"], values["krb5.sname"] = _names(parts.get(8, b"")), _names(parts.get(10, b""))
        self.count += 1
        return [Message(self.count - 1, direction, values)]


def _reply(parts: dict[int, bytes], values: dict[str, Values]) -> None:
    values["krb5.cname"] = _names(parts.get(4, b""))
    ticket = dict(_tagged(_content(_content(parts.get(5, b"")))))
    values["krb5.sname"] = _names(ticket.get(2, b""))
    sealed = dict(_tagged(_content(ticket.get(3, b""))))
    if 0 in sealed:
        values["krb5.ticket_encryption"] = digits(big(_content(sealed[0]), 0, 4))
    whole = dict(_tagged(_content(parts.get(6, b""))))
    if 0 in whole:
        values["krb5.weak"] = digits(int(big(_content(whole[0]), 0, 4) in WEAK))


def _names(principal: bytes) -> Values:
    """The parts of a principal's name."""
    listed = dict(_tagged(_content(principal))).get(1, b"")
    return tuple(content for _, content in _elements(_content(listed)))


def _tagged(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Elements of a sequence by their context tag."""
    for tag, content in _elements(data):
        if tag & 0xC0 == 0x80:
            yield tag & 31, content


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of what stands side by side."""
    at = 0
    for _ in range(MAX_PARTS):
        head = _head(data, at)
        if head is None:
            return
        begin, size = head
        yield data[at], data[begin : begin + size]
        at = begin + size


def _content(data: bytes) -> bytes:
    """What the first element holds."""
    head = _head(data, 0)
    return data[head[0] : head[0] + head[1]] if head is not None else b""


def _head(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the content of an element begins, and its length."""
    if at + 2 > len(data):
        return None
    size = data[at + 1]
    if size < 128:
        return at + 2, size
    count = size & 127
    if not 0 < count <= 4 or at + 2 + count > len(data):
        return None
    return at + 2 + count, big(data, at + 2, count)
