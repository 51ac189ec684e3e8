"""Applications made of messages with a length of their own: cut out of the stream, each one a transaction's side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from atttcli.engines.network.fields import Fields, Values
from atttcli.engines.network.view import View

MAX_MESSAGE = 1 << 20  # bytes of one message that are kept; the rest of it is passed over
UNKNOWN, LOST = 0, -1


class Message(NamedTuple):
    """What one message shows: the number of its transaction, the direction, its buffers, what an alert tells of it."""

    number: int
    direction: int
    values: dict[str, Values]
    context: dict[str, Any] | None = None
    late: bool = False  # its file was told already, and is whole now


class Dialect(Protocol):
    """A protocol: how long its messages are, and what they say. It never raises, whatever the bytes."""

    @property
    def count(self) -> int:
        """Transactions so far."""
        ...

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Length of the message at `at`, UNKNOWN while too little is there, LOST where it is none."""
        ...

    def read(self, direction: int, data: bytes) -> Iterable[Message]:
        """What a message (perhaps cut short) says."""
        ...


class MessageApp:
    """A flow of messages; `framed` where they come as a stream, else each datagram is one."""

    def __init__(self, app: str, dialect: Dialect, *, framed: bool) -> None:
        self._app = app
        self._dialect = dialect
        self._framed = framed
        self._held = [bytearray(), bytearray()]
        self._skip = [0, 0]
        self._lost = [False, False]

    def feed(self, direction: int, data: bytes) -> list[View]:
        """The messages that these bytes completed."""
        if not self._framed:
            return self._views(self._dialect.read(direction, data))
        found: list[Message] = []
        if not self._lost[direction]:
            self._cut(direction, data, found)
        return self._views(found)

    def _cut(self, direction: int, data: bytes, found: list[Message]) -> None:
        skip = min(self._skip[direction], len(data))
        self._skip[direction] -= skip
        held = self._held[direction]
        held += data[skip:]
        at = 0
        while at < len(held):
            size = self._dialect.size(direction, held, at)
            if size < 0:
                self._lost[direction] = True
                held.clear()
                return
            if not size or (at + size > len(held) and len(held) - at < MAX_MESSAGE):
                break
            found += self._dialect.read(direction, bytes(held[at : at + min(size, MAX_MESSAGE)]))
            self._skip[direction] = max(at + size - len(held), 0)
            at += size
        del held[:at]

    def _views(self, messages: Iterable[Message]) -> list[View]:
        return [View(self._app, m.number, m.direction, Fields(m.values, m.context), m.late) for m in messages]

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: within a message that is passed over that does no harm, else nothing more can be cut out."""
        if count <= self._skip[direction]:
            self._skip[direction] -= count
        else:
            self._lost[direction] = self._framed
            self._held[direction].clear()

    def finish(self) -> list[View]:
        """What the protocol still holds."""
        last = getattr(self._dialect, "finish", None)
        return self._views(last()) if last is not None else []

    @property
    def sealed(self) -> bool:
        """Whether the protocol gave way to TLS."""
        return bool(getattr(self._dialect, "sealed", False))

    def inspect_id(self, direction: int) -> int:
        """Number of the last transaction."""
        return max(self._dialect.count - 1, 0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._held[0]) + len(self._held[1]) + int(getattr(self._dialect, "memory", 0))


def big(data: bytes | bytearray, at: int, size: int) -> int:
    """A number of `size` bytes, the highest first; what lies beyond the end is not there."""
    return int.from_bytes(data[at : at + size], "big")


def little(data: bytes | bytearray, at: int, size: int) -> int:
    """A number of `size` bytes, the lowest first."""
    return int.from_bytes(data[at : at + size], "little")


def digits(number: int) -> Values:
    """A number as buffers hold it."""
    return (b"%d" % number,)
