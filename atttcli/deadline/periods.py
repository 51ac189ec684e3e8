"""Duties of the calendar: which period runs, when its paper is due. Pure: days in, days out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from atttcli.clock import VIETNAM, from_micros, to_micros

_DAY = timedelta(days=1)


class Cyclic(Protocol):
    """A duty of the calendar: yearly `dates` (MM-DD) or cycles (`every`)."""

    @property
    def dates(self) -> tuple[str, ...]:
        """Before which days of the year."""

    @property
    def every(self) -> tuple[str, ...]:
        """week, month, quarter, half_year, year, two_years."""


@dataclass(frozen=True, slots=True)
class Period:
    """One turn of a calendar duty. `key` names it for good (`2026-W47`, `2026-Q4`, `2026-12-15`); `due` microseconds UTC."""

    key: str
    due: int


def current_periods(deadline: Cyclic, now: int, zone: tzinfo = VIETNAM) -> Iterator[Period]:
    """The turn of each cycle that runs now, and the one before it: a missed report does not vanish with its period."""
    today = from_micros(now, zone).date()
    for text in deadline.dates:
        month, day = (int(part) for part in text.split("-"))
        for year in (today.year - 1, today.year, today.year + 1):
            limit = date(year, month, day)  # "before 20 June": the 19th is the last day
            if limit - timedelta(days=370) < today <= limit + timedelta(days=366):
                yield Period(limit.isoformat(), _end_of(limit - _DAY, zone))
    for cycle in deadline.every:
        for back in (1, 0):
            key, last = _turn(cycle, today, back)
            yield Period(key, _end_of(last, zone))


def _turn(cycle: str, today: date, back: int) -> tuple[str, date]:
    if cycle == "week":
        monday = today - timedelta(days=today.weekday() + 7 * back)
        year, week, _day = monday.isocalendar()
        return f"{year}-W{week:02d}", monday + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12, "two_years": 24}[cycle]
    index = (today.year * 12 + today.month - 1) // months - back
    year, month = divmod((index + 1) * months, 12)
    last = date(year, month + 1, 1) - _DAY
    label = {1: f"-{last.month:02d}", 3: f"-Q{(last.month + 2) // 3}", 6: f"-H{(last.month + 5) // 6}"}.get(months, "")
    return f"{last.year}{label}" if months < 24 else f"{last.year - 1}-{last.year}", last


def _end_of(day: date, zone: tzinfo) -> int:
    return to_micros(datetime.combine(day + _DAY, time(), zone)) - 1
