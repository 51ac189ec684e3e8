"""Spans of time as people write them in a scenario: `90s`, `15m`, `1h30m`, `72h`."""

from __future__ import annotations

import re

from atttcli.clock import DAY, HOUR, MINUTE, SECOND
from atttcli.errors import InputError

_SPAN = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?\Z")


def parse_span(text: str) -> int:
    """Microseconds; InputError for what is no span."""
    found = _SPAN.match(text.strip().lower())
    if found is None or not text.strip():
        raise InputError(f"{text[:20]!r} is no span of time", hint="as 90s, 15m, 1h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND


def span_text(micros: int) -> str:
    """`1:05:30` or `5:30`: hours, minutes and seconds."""
    seconds = max(0, micros) // SECOND
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def seconds_of(micros: int) -> int:
    """Whole seconds, to the nearest: the times of a journal run ahead of the wall by microseconds."""
    return (micros + SECOND // 2) // SECOND
