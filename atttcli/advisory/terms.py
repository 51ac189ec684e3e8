"""Terms as people give them: days from now, a date, a moment. A day ends when offices close."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from atttcli.clock import VIETNAM, from_micros, parse_moment, to_micros
from atttcli.errors import UsageError

CLOSE_OF_BUSINESS = time(17, 0)


def due_moment(text: str, now: int) -> int:
    """`5d`, a date (its close of business), or a moment; UsageError."""
    word = text.strip().lower()
    if word.endswith("d") and word[:-1].isdigit() and len(word) < 5:
        return close_of(from_micros(now, VIETNAM).date() + timedelta(days=int(word[:-1])))
    try:
        moment = parse_moment(text)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is no date", hint="--due 5d or --due 31/12/2026") from error
    return close_of(from_micros(moment, VIETNAM).date()) if len(word) <= 10 else moment


def close_of(day: date) -> int:
    """The moment at which offices close on that day."""
    return to_micros(datetime.combine(day, CLOSE_OF_BUSINESS, VIETNAM))
