"""Time stamps of logs to microseconds UTC, fast: the minute is computed once and kept, the seconds are added.

What a stamp leaves out is taken from the Input and noted in `Input.assumed`: the zone from `Input.zone`, the year from the
file's time of change (`Input.modified`): the latest year that does not put the stamp more than two days after it, so that a
file changed in January has its December lines in the year before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from atttcli.clock import DAY, Clock, from_micros, to_micros
from atttcli.source import Input

MONTHS = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)  # noqa: SIM905
}
ISO = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?"
_STARTS_ISO = re.compile(ISO)
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\Z")
_KEPT = 4096
# What every zone can still write as a date: `9999-12-31T23:59-23:59` is a stamp, but no moment of any calendar of ours.
_EARLIEST, _LATEST = (to_micros(datetime(*day, tzinfo=UTC)) for day in ((1, 1, 3), (9999, 12, 29)))


class Stamps:
    """The stamp reader of one input."""

    def __init__(self, given: Input) -> None:
        self._zone: tzinfo = given.zone
        self._assumed = given.assumed
        self._until = (Clock().now() if given.modified is None else given.modified) + 2 * DAY
        self._minutes: dict[str, int | None] = {}
        self._years: set[int] = set()
        self._last: tuple[str, int | None] = ("", None)

    def clf(self, text: str) -> int | None:
        """`23/Nov/2026:10:04:05 +0700`, as Apache and nginx write it."""
        key = text[:17] + text[20:]
        base = self._minutes.get(key, -1)
        if base == -1:
            base = self._remember(key, self._clf_minute(text))
        return None if base is None else _add_seconds(base, text[18:20])

    def _clf_minute(self, text: str) -> int | None:
        month = MONTHS.get(text[3:6])
        zone = offset(text[21:]) if text[20:21] == " " else None
        try:
            if month is None:
                return None
            return self._minute(int(text[7:11]), month, int(text[:2]), int(text[12:14]), int(text[15:17]), zone)
        except ValueError:
            return None

    def iso(self, text: str) -> int | None:
        """A text that matched `ISO`: `2026-11-23T10:04:05.678+07:00`, `2026-11-23 10:04:05,678`, `2026/11/23 10:04:05`."""
        if text == self._last[0]:  # a busy log writes many lines a second
            return self._last[1]
        moment = self._iso(text)
        self._last = (text, moment)
        return moment

    def _iso(self, text: str) -> int | None:
        tail = text[19:]
        fraction = ""
        if tail[:1] in (".", ","):
            digits = tail[1:].lstrip("0123456789")
            fraction = tail[1 : len(tail) - len(digits)]
            tail = digits
        key = text[:16] + tail
        base = self._minutes.get(key, -1)
        if base == -1:
            base = self._remember(key, self._iso_minute(text, tail.strip()))
        moment = None if base is None else _add_seconds(base, text[17:19])
        return moment if moment is None or not fraction else moment + int(fraction[:6].ljust(6, "0"))

    def _iso_minute(self, text: str, zone: str) -> int | None:
        try:
            parts = int(text[:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]), int(text[14:16])
        except ValueError:
            return None
        return self._minute(*parts, offset(zone) if zone else None)

    def yearless(self, month: str, day: str, clock: str) -> int | None:
        """`Nov`, `23`, `10:04:05`, as RFC 3164 has it."""
        key = month + day + clock[:5]
        base = self._minutes.get(key, -1)
        if base == -1:
            base = self._remember(key, self._yearless_minute(MONTHS.get(month), day, clock))
        return None if base is None else _add_seconds(base, clock[6:8])

    def _yearless_minute(self, month: int | None, day: str, clock: str) -> int | None:
        if month is None:
            return None
        last = from_micros(self._until, self._zone).year
        for year in range(last, max(last - 9, 0), -1):  # nine years reach every 29 February
            moment = self._minute(year, month, int(day), int(clock[:2]), int(clock[3:5]), None)
            if moment is not None and moment <= self._until:
                self._years.add(year)
                self._assumed["year"] = ",".join(map(str, sorted(self._years)))
                return moment
        return None

    def _minute(self, year: int, month: int, day: int, hour: int, minute: int, zone: tzinfo | None) -> int | None:
        try:
            moment = datetime(year, month, day, hour, minute, tzinfo=zone or self._zone)
            found = to_micros(moment)
        except (ValueError, OverflowError):
            return None
        if possible(found) is None:
            return None
        if zone is None:
            self._assumed["zone"] = str(self._zone)
        return found

    def _remember(self, key: str, base: int | None) -> int | None:
        if len(self._minutes) >= _KEPT:
            self._minutes.clear()
        self._minutes[key] = base
        return base

    def format(self, text: str, pattern: str) -> int | None:
        """By a strptime pattern of a mapping file; also `iso`, `epoch` and `epoch-ms`."""
        text = text.strip()
        if pattern == "iso":
            return self.iso(text) if _STARTS_ISO.match(text) else None
        try:
            if pattern in ("epoch", "epoch-ms"):
                return _epoch(text, 1000 if pattern == "epoch-ms" else 1)
            moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added below
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self._zone)
                self._assumed["zone"] = str(self._zone)
            return possible(to_micros(moment))
        except (ValueError, OverflowError):
            return None


def _epoch(text: str, per_second: int) -> int | None:
    value = float(text)
    if not 0 <= value / per_second <= 32_503_680_000:  # the year 3000
        return None
    whole, dot, fraction = text.partition(".")
    if text.isascii() and whole.isdigit() and (fraction.isdigit() or not dot):
        return int(whole) * (1_000_000 // per_second) + int(fraction[:6].ljust(6, "0") or 0) // per_second
    return int(value * 1_000_000 / per_second)


def possible(micros: int) -> int | None:
    """The moment, or None for one that no zone can write as a date."""
    return micros if _EARLIEST <= micros < _LATEST else None


def offset(text: str) -> tzinfo | None:
    """`Z`, `+0700`, `+07:00` to a zone; None for anything else."""
    if text == "Z":
        return UTC
    found = _ZONE.match(text)
    if not found:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes >= 24 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def _add_seconds(base: int, text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    seconds = int(text)
    return base + seconds * 1_000_000 if seconds <= 60 else None
