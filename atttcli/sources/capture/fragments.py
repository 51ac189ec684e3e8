"""IP fragments put together: bounded in number, size and age; overlapping bytes keep what came first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

Key = tuple[bytes, bytes, int, int, tuple[int, ...]]

MAX_DATAGRAMS = 4096
MAX_BYTES = 32 << 20
MAX_PIECES = 8192
TIMEOUT = 60 * 1_000_000
TOP = 65_535


@dataclass(slots=True)
class Datagram:
    """The pieces of one datagram so far."""

    first: int
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0
    units: int = 0  # one bit for each eight bytes that have come
    end: int | None = None


class Fragments:
    """All datagrams that wait for pieces."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Key, Datagram] = OrderedDict()
        self._bytes = 0
        self.faults: tuple[str, ...] = ()  # of the last piece, without the name of its protocol
        self.dropped = 0  # datagrams given up: too old, too many, too large

    def add(self, key: Key, time: int, offset: int, more: bool, data: bytes) -> bytes | None:
        """The whole payload when this piece completes it; `faults` says what was wrong with the piece."""
        self.faults = ()
        waiting = self._waiting.get(key)
        if waiting is not None and time - waiting.first > TIMEOUT:
            self._drop(key)
            waiting = None
        if waiting is None:
            if offset == 0 and not more:
                return data  # an atomic fragment
            waiting = self._waiting[key] = Datagram(time)
        if offset + len(data) > TOP or len(waiting.pieces) >= MAX_PIECES:
            self.faults = ("frag_pkt_too_large",) if offset + len(data) > TOP else ()
            self._drop(key)
            return None
        units = ((1 << (len(data) + 7) // 8) - 1) << offset // 8
        if waiting.units & units:
            self.faults = ("frag_overlap",)
        waiting.units |= units
        waiting.pieces.append((offset, data))
        waiting.size += len(data)
        self._bytes += len(data) + 100
        if not more and waiting.end is None:
            waiting.end = offset + len(data)
        whole = self._assemble(waiting) if waiting.end is not None and waiting.size >= waiting.end else None
        if whole is not None:
            self._forget(key)
        self._bound()
        return whole

    def give_up(self) -> int:
        """No more pieces will come: how many datagrams still waited."""
        left = len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self.dropped += left
        return left

    def _assemble(self, waiting: Datagram) -> bytes | None:
        """Earlier pieces win where they overlap."""
        end = waiting.end or 0
        out = bytearray(end)
        have = bytearray(end)
        for offset, data in reversed(waiting.pieces):
            stop = min(offset + len(data), end)
            if stop > offset:
                out[offset:stop] = data[: stop - offset]
                have[offset:stop] = b"\x01" * (stop - offset)
        return bytes(out) if 0 not in have else None

    def _forget(self, key: Key) -> None:
        gone = self._waiting.pop(key)
        self._bytes -= gone.size + 100 * len(gone.pieces)

    def _drop(self, key: Key) -> None:
        self._forget(key)
        self.dropped += 1

    def _bound(self) -> None:
        while len(self._waiting) > MAX_DATAGRAMS or self._bytes > MAX_BYTES:
            self._drop(next(iter(self._waiting)))
