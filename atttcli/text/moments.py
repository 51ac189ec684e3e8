"""Moments as people type them beside a date: `3d`, `4h`, `14:30`, `hôm qua 9:15`, `mai`. Python 3.8-clean."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Optional, Tuple

from atttcli.clock import VIETNAM, from_micros, parse_moment, to_micros
from atttcli.errors import UsageError
from atttcli.text.fold import fold

CLOSE_OF_BUSINESS = time(17, 0)
_SPAN = re.compile(r"(\d{1,4}) ?(d|day|days|ngay|h|hour|hours|gio|m|min|phut|w|week|weeks|tuan)\Z")
_CLOCK = re.compile(r"(.*?) ?(\d{1,2})[:h](\d{2})\Z")
_MINUTES = {"d": 1440, "ngay": 1440, "h": 60, "gio": 60, "m": 1, "min": 1, "phut": 1, "w": 10080, "tuan": 10080}
_MINUTES.update({"day": 1440, "days": 1440, "hour": 60, "hours": 60, "week": 10080, "weeks": 10080})
_DAYS = {"": 0, "today": 0, "hom nay": 0, "yesterday": -1, "hom qua": -1, "tomorrow": 1, "mai": 1, "ngay mai": 1}


def due_moment(text: str, now: int) -> int:
    """Until when: `5d` (close of business), `4h`, a date (its close of business), a moment. UsageError."""
    span = _span(text)
    if span is not None:
        minutes, days = span
        return close_of(from_micros(now, VIETNAM).date() + timedelta(days=days)) if days else now + minutes * 60_000_000
    return _moment(text, now, CLOSE_OF_BUSINESS)


def past_moment(text: str, now: int) -> int:
    """When something was: `2h` ago, `hôm qua 9:15`, `14:30` of today, a date (its beginning), a moment. UsageError."""
    span = _span(text)
    return now - span[0] * 60_000_000 if span is not None else _moment(text, now, time())


def close_of(day: date) -> int:
    """The moment at which offices close on that day."""
    return to_micros(datetime.combine(day, CLOSE_OF_BUSINESS, VIETNAM))


def _span(text: str) -> Optional[Tuple[int, int]]:
    """Minutes, and whole days if it was said in days or weeks."""
    found = _SPAN.match(fold(text))
    if found is None:
        return None
    minutes = int(found[1]) * _MINUTES[found[2]]
    return minutes, minutes // 1440 if _MINUTES[found[2]] >= 1440 else 0


def _moment(text: str, now: int, of_a_day: time) -> int:
    folded = fold(text)
    clock = _CLOCK.match(folded)
    word, hour, minute = (clock[1], int(clock[2]), int(clock[3])) if clock else (folded, -1, 0)
    try:
        if word in _DAYS and (clock or word):
            day = from_micros(now, VIETNAM).date() + timedelta(days=_DAYS[word])
            return to_micros(datetime.combine(day, time(hour, minute) if clock else of_a_day, VIETNAM))
        moment = parse_moment(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"not a time: {text[:40]!r}", hint="as 23/11/2026 10:04, 14:30, hôm qua 9:15, 2h, 3d"
        ) from error
    if len(text.strip()) <= 10:
        return to_micros(datetime.combine(from_micros(moment, VIETNAM).date(), of_a_day, VIETNAM))
    return moment
