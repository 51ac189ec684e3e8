"""A transaction as named values: what parsers of simple protocols give to the judge."""

from __future__ import annotations

from collections.abc import Mapping

Values = tuple[bytes, ...]


class Fields:
    """Buffers by name; a number stands as its decimal digits."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Values]) -> None:
        self._values = values

    def read(self, buffer: str) -> Values:
        """A buffer's instances; empty when absent."""
        return self._values.get(buffer, ())
