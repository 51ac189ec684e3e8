"""A hunt by fields: conditions, a window of time and a log, put together as one SELECT over the files that it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.clock import DAY, VIETNAM, from_micros, parse_moment, to_micros
from atttcli.errors import UsageError
from atttcli.hunt.choose import Window
from atttcli.hunt.columns import COLUMNS, quoted
from atttcli.hunt.conditions import parse_condition, where

EVERY = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class FieldHunt:
    """What people ask for by fields, as they typed it; it is what a saved hunt keeps."""

    fields: tuple[str, ...] = ()
    text: str = ""
    day: str = ""
    since: str = ""
    until: str = ""
    source: str = ""

    @property
    def window(self) -> Window:
        """The window of time in microseconds UTC: days and times without a zone are Viet Nam's."""
        since, until = _moment(self.since), _moment(self.until)
        if self.day:
            start = _start_of_day(self.day)
            since = start if since is None else max(since, start)
            until = start + DAY if until is None else min(until, start + DAY)
        return Window(since, until)

    def select(self, columns: tuple[str, ...] = EVERY, limit: int = 0) -> tuple[str, list[object]]:
        """The SQL and its values, in order of time and of the log; `limit` rows at most (0: all). The window is not in it."""
        found = where([parse_condition(one) for one in self.fields], self.text)
        sql, values = found.sql, list(found.values)
        chosen = ", ".join(quoted(name) for name in columns)
        most = f" LIMIT {int(limit)}" if limit else ""
        ordered = f'SELECT {chosen} FROM events WHERE {sql} ORDER BY "time" NULLS LAST, source_sha256, line{most}'
        return ordered, values


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_moment(text)
    except (ValueError, OverflowError):
        raise UsageError(f"not a time: {text[:40]!r}", hint="--since 2021-05-13T08:00 (Viet Nam), or with Z") from None


def _start_of_day(text: str) -> int:
    try:
        moment = from_micros(parse_moment(text), VIETNAM)
    except (ValueError, OverflowError):
        raise UsageError(f"not a day: {text[:40]!r}", hint="--day 2021-05-13") from None
    return to_micros(moment.replace(hour=0, minute=0, second=0, microsecond=0))
