"""Files that protocols carry in pieces: put together by offset, at most as much as rules look at."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from atttcli.engines.network.body import LIMIT

MAX_OPEN = 256  # files of one flow at the same time
MAX_HELD = 4 << 20

Key = TypeVar("Key", bound=Hashable)


class Carried(Generic[Key]):
    """Open files of a flow by key. A file that has as much as is kept is given out once, and no more is kept of it."""

    def __init__(self) -> None:
        self._open: dict[Key, tuple[bytes, bytearray]] = {}
        self._told: dict[Key, None] = {}
        self.memory = 0

    def add(self, key: Key, name: bytes, where: int, data: bytes) -> tuple[bytes, bytes] | None:
        """Bytes at an offset; (name, content) where enough is there now."""
        if key in self._told:
            return None
        if key not in self._open and (len(self._open) >= MAX_OPEN or self.memory >= MAX_HELD):
            return None
        content = self._open.setdefault(key, (name, bytearray()))[1]
        before = len(content)
        if where <= before:  # a hole would shift what comes after: such a piece is left out
            piece = data[: max(LIMIT - where, 0)]
            content[where : where + len(piece)] = piece
        self.memory += len(content) - before
        return self._take(key) if len(content) >= LIMIT else None

    def close(self, key: Key) -> tuple[bytes, bytes] | None:
        """The file is whole."""
        if self._told.pop(key, True) is None:
            return None
        return self._take(key, told=False) if key in self._open else None

    def _take(self, key: Key, *, told: bool = True) -> tuple[bytes, bytes]:
        name, content = self._open.pop(key)
        self.memory -= len(content)
        if told and len(self._told) < MAX_OPEN:
            self._told[key] = None
        return name, bytes(content)

    def drain(self) -> Iterator[tuple[Key, bytes, bytes]]:
        """What was never closed: key, name, content."""
        for key in list(self._open):
            name, content = self._take(key, told=False)
            yield key, name, content
