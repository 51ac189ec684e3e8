"""JSON of one kind only: canonical when written, and when read refused unless it is what writing it again would give.

So a value has one spelling: no doubled keys, no second way to write a number, nothing that another reader sees
differently. Depth, length of numbers and size are bounded before or while reading. Python 3.8-clean.
"""

from __future__ import annotations

import json
from typing import Any

DEPTH = 8
_DIGITS = 16


class NotCanonical(ValueError):
    """The text is no JSON, not canonical, or beyond the limits; the message says which, in plain English."""


def dumps(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, no NaN; NotCanonical for what has no such form."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except (ValueError, TypeError, RecursionError):  # UnicodeEncodeError of a lone surrogate is a ValueError
        raise NotCanonical("a value that has no canonical form") from None


def loads(data: bytes, most: int, depth: int = DEPTH) -> Any:
    """The value of a canonical text of at most `most` bytes and `depth` levels."""
    if len(data) > most:
        raise NotCanonical(f"longer than {most} bytes")
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_integer, parse_constant=_refuse_constant)
    except NotCanonical:
        raise
    except (ValueError, RecursionError):
        raise NotCanonical("no JSON") from None
    if not _within(value, depth):
        raise NotCanonical(f"nested deeper than {depth}")
    if dumps(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def plain(text: str) -> str:
    """A text that canonical JSON can hold: names of files may carry bytes that are no UTF-8, on Windows half characters."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _integer(text: str) -> int:
    if len(text) > _DIGITS:  # huge numbers cost quadratic time before Python 3.11
        raise NotCanonical(f"a number of more than {_DIGITS} digits")
    return int(text)


def _refuse_constant(text: str) -> Any:
    raise NotCanonical("a number that is none")


def _within(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_within(item, depth - 1) for item in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_within(item, depth - 1) for item in value)
    return True
