"""Which logs may be cut between two lines, so that each part reads as it does within the whole."""

from __future__ import annotations

from typing import Final

from atttcli.source import Input, Source
from atttcli.sources.logs.jsonstream import is_lines
from atttcli.sources.logs.lines import utf16

# Readers that carry nothing from one line to the next (tests/unit/readers/test_readers_divided.py holds them to it).
BY_LINES: Final = frozenset(("windows-json", "web-access"))
_OBJECTS: Final = frozenset(("windows-json",))  # of these: only where an object is a line


def is_divisible(source: Source, given: Input) -> bool:
    """Whether each line of this log stands for itself."""
    if source.name not in BY_LINES or utf16(given.head):
        return False
    return source.name not in _OBJECTS or is_lines(given)
