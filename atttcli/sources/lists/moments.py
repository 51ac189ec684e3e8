"""Dates and times as lists and letters write them.

`2018-01-31 07:17:00`, `31/1/2018 12:21 PM`, `07h17 ngày 31/01/2018`, `07 giờ 17 phút ngày 31 tháng 01 năm 2018`,
Excel's serial numbers, Unix time. Day before month, as in Viet Nam; the other way only where the first cannot be a day
and a month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import product

from atttcli.clock import to_micros

_LONGEST = 120
_MAX_BREAKS = 5
_YEARS = range(1990, 2100)
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{4}|\d{2})(?!\d)")
_WORDS_DATE = re.compile(r"(\d{1,2})\s+th[aá]ng\s+(\d{1,2})\s+n[aă]m\s+(\d{4})", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?<![\d:])0?(\d{1,2})\s?(?::|h|g|gi[oờ])\s?(\d{2})?(?:\s?(?::|'|p|ph[uú]t)\s?(\d{2})?(?:\.\d{1,9})?)?"
    r"\s?(?:gi[aâ]y|s)?\s?(am|pm|sa|ch|s[aá]ng|chi[eề]u|t[oố]i)?(?![a-z\d])",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"(?:(?<=\d)|\b(?:gmt|utc)\s?)([+-])(\d{1,2}):?(\d{2})?\b|(?<=\d)(z)\b|\b(utc|gmt)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\d{5}(?:\.\d{1,12})?\Z|\d{10}(?:\.\d{1,6})?\Z|\d{13}\Z")


def zone_in(text: str) -> tzinfo | None:
    """The zone that a heading names: `Thời gian (GMT+7)`, `Time (UTC)`."""
    found = re.search(r"(?i)\b(?:gmt|utc)\s?(?:([+-])\s?(\d{1,2})(?::?(\d{2}))?)?", text[:_LONGEST])
    if found is None:
        return None
    return _offset(found[1], found[2], found[3])


def read_moment(value: object, zone: tzinfo) -> int | None:
    """Microseconds UTC of a cell's value (text, number, datetime), or None; `zone` where the value names none."""
    if isinstance(value, datetime):
        return to_micros(value if value.tzinfo else value.replace(tzinfo=zone)) if value.year in _YEARS else None
    if isinstance(value, date):
        return to_micros(datetime.combine(value, time(), zone)) if value.year in _YEARS else None
    text = str(value).strip()[:_LONGEST]
    if _NUMBER.match(text):
        return _from_number(float(text), zone)
    read = (_from_text(variant, zone) for variant in _unbroken(text))
    return next((moment for moment in read if moment is not None), None)


def _unbroken(text: str) -> Iterator[str]:
    """The ways a page may have broken the text: `12/05/2` `021` is one word. Joined lines first: `12/05/20` `21` is no year 20."""
    lines = text.split("\n")
    if len(lines) > _MAX_BREAKS:
        yield " ".join(lines)
        return
    for between in product(("", " "), repeat=len(lines) - 1):
        yield lines[0] + "".join(gap + line for gap, line in zip(between, lines[1:], strict=True))


def read_date(text: str) -> date | None:
    """The first date in `text`."""
    found = _find_date(text[:400])
    return found[0] if found else None


def from_serial(serial: float, epoch_1904: bool = False) -> datetime | None:
    """A spreadsheet's day number to a naive datetime."""
    start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 naive by nature: the sheet has no zone
    try:
        moment = start + timedelta(seconds=round(serial * 86_400))
    except (OverflowError, ValueError):
        return None
    return moment if moment.year in _YEARS else None


def _from_number(number: float, zone: tzinfo) -> int | None:
    if number < 100_000:
        moment = from_serial(number)
        return to_micros(moment.replace(tzinfo=zone)) if moment else None
    seconds = number / 1000 if number >= 1e12 else number
    return round(seconds * 1_000_000) if 631_152_000 <= seconds < 4_102_444_800 else None


def _from_text(text: str, zone: tzinfo) -> int | None:
    found = _find_date(text)
    if found is None:
        return None
    day, start, end = found
    rest = f"{text[:start]} ; {text[end:].lstrip('Tt,')}"
    offset = _OFFSET.search(rest)
    if offset is not None:
        zone = _offset(offset[1], offset[2], offset[3])
        rest = rest[: offset.start()] + " " + rest[offset.end() :]
    try:
        return to_micros(datetime.combine(day, _clock(rest), zone))
    except (ValueError, OverflowError):
        return None


def _find_date(text: str) -> tuple[date, int, int] | None:
    for pattern in (_ISO_DATE, _WORDS_DATE, _DAY_FIRST):
        for match in pattern.finditer(text):
            numbers = [int(group) for group in match.groups()]
            year, month, day = numbers if pattern is _ISO_DATE else (numbers[2], numbers[1], numbers[0])
            if year < 100:
                year += 2000
            if month > 12 and pattern is _DAY_FIRST:
                month, day = day, month
            if year in _YEARS:
                try:
                    return date(year, month, day), match.start(), match.end()
                except ValueError:
                    continue
    return None


def _clock(text: str) -> time:
    match = _CLOCK.search(text)
    if match is None:
        return time()
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = (match[4] or "").lower()
    if half in ("am", "sa", "sang", "sáng") and hour == 12:
        hour = 0
    elif half and half not in ("am", "sa", "sang", "sáng") and hour < 12:
        hour += 12
    return time(hour, minute, min(second, 59))


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> tzinfo:
    if not sign:
        return UTC
    span = timedelta(hours=min(int(hours or 0), 14), minutes=min(int(minutes or 0), 59))
    return timezone(span if sign == "+" else -span)
