"""Time. Facts hold microseconds since the epoch (UTC, int); people see the workspace's zone; JSON holds RFC 3339.

Nothing else in the project asks the operating system what time it is. Python 3.8-clean.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Optional

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
VIETNAM = timezone(timedelta(hours=7), "+07:00")  # no daylight saving since 1975: a fixed offset needs no tz database


class Clock:
    """The wall clock; a drill or a test passes another one with the same `now`."""

    def now(self) -> int:
        """Microseconds since the epoch."""
        return to_micros(datetime.now(timezone.utc))


class FixedClock(Clock):
    """A clock that stands still, or moves by `step` microseconds at every reading."""

    def __init__(self, at: int, step: int = 0) -> None:
        self._at = at
        self._step = step

    def now(self) -> int:
        """The set time."""
        at = self._at
        self._at += self._step
        return at


def to_micros(moment: datetime) -> int:
    """Aware datetime to microseconds since the epoch, exactly (no float)."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def from_micros(micros: int, zone: Optional[tzinfo] = None) -> datetime:
    """Microseconds since the epoch to an aware datetime in `zone` (UTC by default)."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment if zone is None else moment.astimezone(zone)


def rfc3339(micros: int) -> str:
    """`2026-11-23T03:04:05.678901Z`, always six digits so that texts sort as times do."""
    return from_micros(micros).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_text(micros: int, zone: tzinfo = VIETNAM, seconds: bool = True) -> str:
    """`23/11/2026 10:04:05`, as people in Viet Nam write it."""
    return from_micros(micros, zone).strftime("%d/%m/%Y %H:%M:%S" if seconds else "%d/%m/%Y %H:%M")


def zoned_text(micros: int, zone: tzinfo = VIETNAM, seconds: bool = True) -> str:
    """`23/11/2026 10:04:05 +07:00`: where a reader may not know whose time it is."""
    offset = from_micros(micros, zone).strftime("%z")
    return f"{local_text(micros, zone, seconds)} {offset[:3]}:{offset[3:5]}"


def parse_moment(text: str, zone: tzinfo = VIETNAM) -> int:
    """What a person types: `2026-11-23 10:04`, `23/11/2026 10:04`, RFC 3339; a missing zone is `zone`."""
    cleaned = text.strip().replace("Z", "+00:00")
    for pattern in ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%H:%M %d/%m/%Y"):
        try:
            return to_micros(datetime.strptime(cleaned, pattern).replace(tzinfo=zone))
        except ValueError:
            continue
    moment = datetime.fromisoformat(cleaned)
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=zone))
