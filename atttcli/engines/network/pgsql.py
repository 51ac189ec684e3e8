"""PostgreSQL's protocol, version 3: the queries of clients (frontend/backend protocol, message formats)."""

from __future__ import annotations

from atttcli.engines.network.messages import LOST, UNKNOWN, Message, big

CANCEL, TLS, GSS = 80_877_102, 80_877_103, 80_877_104
MAX_STARTUP = 10_000  # bytes, as servers have it
MAX_SIZE = 1 << 30
MAX_SHOWN = 512
_CLIENT = frozenset(b"BCDEFHPQSXcdfp")


def _opening(data: bytes | bytearray, at: int = 0) -> int:
    """Length of a message without a type, as connections begin with; 0 where it is none."""
    size, code = big(data, at, 4), big(data, at + 4, 4)
    if code in (TLS, GSS):
        return size if size == 8 else 0
    if code == CANCEL:
        return size if 16 <= size <= 268 else 0
    return size if code >> 16 == 3 and code & 0xFFFF <= 2 and 9 <= size <= MAX_STARTUP else 0


def starts_pgsql(data: bytes) -> bool:
    """Whether a client begins a connection: it asks for a session, encryption or an end."""
    return len(data) >= 8 and _opening(data) > 0


class Pgsql:
    """Each message of the client is a transaction; those that carry a query are judged."""

    def __init__(self) -> None:
        self.count = 0
        self._begun = False  # messages of the client have a type
        self._asked = False  # for encryption: the answer is one byte
        self.sealed = False

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """A type and the length, once the session has begun."""
        if self.sealed:
            return LOST
        there = len(held) - at
        if direction:  # of the server only the answer to a wish for encryption matters
            return 1 if self._asked else there
        if not self._begun:
            return UNKNOWN if there < 8 else _opening(held, at) or LOST
        if held[at] not in _CLIENT:
            return LOST
        if there < 5:
            return UNKNOWN
        size = big(held, at + 1, 4)
        return 1 + size if 4 <= size <= MAX_SIZE else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message."""
        if direction:
            self.sealed = self._asked and data in (b"S", b"G")
            self._asked = False
            return []
        number = self.count
        self.count += 1
        if not self._begun:
            self._asked = big(data, 4, 4) in (TLS, GSS)
            self._begun = not self._asked
            return []
        if data[:1] != b"Q":
            return []
        query = data[5:].removesuffix(b"\0")
        told = {"tx_id": number + 1, "request": {"simple_query": query[:MAX_SHOWN].decode("utf-8", "replace")}}
        return [Message(number, 0, {"pgsql.query": (query,)}, {"pgsql": told})]
