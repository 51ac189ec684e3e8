"""Spans of days that a periodic paper tells of, and the span before each: week, month, quarter, half year, year, any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from atttcli.clock import VIETNAM, from_micros, to_micros
from atttcli.errors import UsageError

KINDS = ("week", "month", "quarter", "half", "year", "span")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_WRITTEN = re.compile(r"(\d{4})(?:-(?:(\d{2})|Q([1-4])|H([12])|W(\d{2})))?\Z")


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first` to `last`, both inclusive, in Vietnam's time. `kind` one of KINDS."""

    kind: str
    first: date
    last: date

    @property
    def start(self) -> int:
        """The first moment, microseconds."""
        return _midnight(self.first)

    @property
    def end(self) -> int:
        """The first moment after it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def span(self) -> tuple[str, str]:
        """Both days, ISO."""
        return self.first.isoformat(), self.last.isoformat()

    @property
    def months(self) -> int:
        """How many whole months it is; 0 when it is none (a week, days in between)."""
        if self.kind == "week" or self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            return 0
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    def before(self) -> Period:
        """The period of the same length that ended the day before: whole months by months, anything else by days."""
        last = self.first - timedelta(days=1)
        if self.months:
            return Period(self.kind, _months_back(self.first, self.months), last)
        return Period(self.kind, self.first - (self.last - self.first) - timedelta(days=1), last)

    def after(self) -> Period:
        """What is planned for: the next of its kind. After any other span the rest of that year, for longer is not planned."""
        first = self.last + timedelta(days=1)
        if self.kind in _MONTHS:
            return Period(self.kind, first, _months_back(first, -_MONTHS[self.kind]) - timedelta(days=1))
        if self.kind == "week":
            return Period("week", first, first + timedelta(days=6))
        rest = Period("span", first, date(first.year, 12, 31))
        return Period("year", first, rest.last) if rest.months == 12 else rest

    def name(self, language: str) -> str:
        """`tháng 5 năm 2021`, `quý II năm 2021`, `6 tháng đầu năm 2021`, `từ ngày 01/01/2020 đến ngày 31/05/2021`."""
        year, month = self.first.year, self.first.month
        number, of = self._week()
        if language == "en":
            return {
                "week": f"week {number:02d}/{of} ({self.first:%d/%m/%Y} to {self.last:%d/%m/%Y})",
                "month": f"{self.first:%B} {year}",
                "quarter": f"quarter {(month + 2) // 3} of {year}",
                "half": f"{'first' if month < 7 else 'second'} half of {year}",
                "year": f"year {year}",
            }.get(self.kind, f"{self.first:%d/%m/%Y} to {self.last:%d/%m/%Y}")
        return {
            "week": f"tuần {number:02d}/{of} (từ ngày {_day(self.first)} đến ngày {_day(self.last)})",
            "month": f"tháng {month} năm {year}",
            "quarter": f"quý {('I', 'II', 'III', 'IV')[(month - 1) // 3]} năm {year}",
            "half": f"6 tháng {'đầu' if month < 7 else 'cuối'} năm {year}",
            "year": f"năm {year}",
        }.get(self.kind, self._span_vi())

    def _span_vi(self) -> str:
        """`9 tháng đầu năm 2026`, `7 tháng cuối năm 2021` where it is that; else with its days."""
        if self.months and self.first.year == self.last.year:
            if self.first.month == 1:
                return f"{self.months} tháng đầu năm {self.first.year}"
            if self.last.month == 12:
                return f"{self.months} tháng cuối năm {self.first.year}"
        return f"từ ngày {_day(self.first)} đến ngày {_day(self.last)}"

    def _week(self) -> tuple[int, int]:
        """Number and year of the week: those of its Thursday, whatever day it begins with."""
        thursday = self.first + timedelta(days=(3 - self.first.weekday()) % 7)
        number = thursday.isocalendar()
        return number.week, number.year


def parse_period(text: str, first_weekday: int = 0) -> Period:
    """`2021`, `2021-05`, `2021-Q2`, `2021-H1`, `2021-W19`; UsageError for anything else."""
    found = _WRITTEN.match(text.strip().upper())
    try:
        if found:
            year, month, quarter, half, week = found.groups()
            if week:
                return week_of(date.fromisocalendar(int(year), int(week), 4), first_weekday)
            at = int(month or 0) or (int(quarter) * 3 - 2 if quarter else 0) or (int(half) * 6 - 5 if half else 1)
            kind = "month" if month else "quarter" if quarter else "half" if half else "year"
            return whole(kind, date(int(year), at, 1))
    except ValueError as error:
        raise UsageError(f"no such period: {text[:20]!r}", hint=str(error)) from error
    raise UsageError(
        f"not a period: {text[:20]!r}", hint="2021, 2021-05, 2021-Q2, 2021-H1, 2021-W19, or --from and --to"
    )


def whole(kind: str, day: date) -> Period:
    """The month, quarter, half year or year that a day lies in."""
    months = _MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(kind, first, _months_back(first, -months) - timedelta(days=1))


def week_of(day: date, first_weekday: int = 0) -> Period:
    """The seven days that a day lies in; `first_weekday` 0 is Monday."""
    first = day - timedelta(days=(day.weekday() - first_weekday) % 7)
    return Period("week", first, first + timedelta(days=6))


def span_of(first: str, last: str) -> Period:
    """Any days, ISO; UsageError when they are none or the wrong way round."""
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise UsageError(f"not a day: {error}", hint="--from 2020-01-01 --to 2021-05-31") from error
    if end < begin or begin.year < 1970 or end.year > 9000:
        raise UsageError(f"{last} is before {first}, or out of range", hint="--from the first day --to the last day")
    return Period("span", begin, end)


def latest(kind: str, now: int, first_weekday: int = 0) -> Period:
    """The last period of a kind that is over; a week that ends today counts."""
    today = from_micros(now, VIETNAM).date()
    if kind == "week":
        return week_of(today - timedelta(days=6), first_weekday)
    return whole(kind, whole(kind, today).first - timedelta(days=1))


def current(kind: str, now: int, first_weekday: int = 0) -> Period:
    """The period of a kind that today lies in."""
    today = from_micros(now, VIETNAM).date()
    return week_of(today, first_weekday) if kind == "week" else whole(kind, today)


def _months_back(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _midnight(day: date) -> int:
    from datetime import datetime, time

    return to_micros(datetime.combine(day, time(), VIETNAM))
