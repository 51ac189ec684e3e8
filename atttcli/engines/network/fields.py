"""A transaction as named values: what parsers of simple protocols give to the judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = tuple[bytes, ...]


class LittleEndian(bytes):
    """Bytes whose numbers stand with the lowest byte first, as their protocol says (`byte_test: ... dce`)."""


class Fields:
    """Buffers by name; a number stands as its decimal digits. `context` is what an alert tells about it."""

    __slots__ = ("_values", "context")

    def __init__(self, values: Mapping[str, Values], context: Mapping[str, Any] | None = None) -> None:
        self._values = values
        self.context = context or {}

    def read(self, buffer: str) -> Values:
        """A buffer's instances; empty when absent."""
        return self._values.get(buffer, ())
