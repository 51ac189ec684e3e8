"""Parts of streams that an archive is read in. Python 3.8-clean."""

from __future__ import annotations

from typing import Any

from atttcli.field.inflate import Damaged, InflatedStream


class Portion:
    """The next `size` bytes of a stream: one member of several that stand back to back."""

    def __init__(self, source: Any, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; empty at the member's end."""
        data: bytes = self._source.read(min(size, self._left))
        self._left -= len(data)
        return data


class Ahead:
    """A stream whose first bytes were read already; damage met then is raised once they are used up."""

    def __init__(self, first: bytes, rest: InflatedStream, damage: str) -> None:
        self._first = first
        self._rest = rest
        self._damage = damage

    @property
    def consumed(self) -> int:
        """Compressed bytes taken."""
        return self._rest.consumed

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end. Raises Damaged."""
        if self._first:
            wanted = size if size > 0 else len(self._first)
            piece, self._first = self._first[:wanted], self._first[wanted:]
            return piece
        if self._damage:
            raise Damaged(self._damage)
        return self._rest.read(size)
