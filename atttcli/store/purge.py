"""What goes: old events (whole segments, never decisions), and the payload of one entry that held personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from atttcli.clock import VIETNAM, from_micros, to_micros
from atttcli.errors import Refused, UsageError
from atttcli.store.connection import Store

LEGAL_MONTHS = 12
_AGE = re.compile(r"([0-9]{1,4})(d|w|mo|y)\Z")


def cutoff_of(age: str, now: int) -> int:
    """Midnight (Viet Nam) that lies `30d`, `8w`, `13mo` or `2y` back, microseconds; calendar months and years."""
    match = _AGE.match(age.strip().lower())
    if match is None or not int(match[1]):
        raise UsageError(f"not an age: {age[:20]!r}", hint="write it as 13mo, 2y, 400d or 60w")
    amount, unit = int(match[1]), match[2]
    today = from_micros(now, VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit in ("d", "w"):
        return to_micros(today) - amount * (7 if unit == "w" else 1) * 86_400_000_000
    return to_micros(_months_before(today, amount * (12 if unit == "y" else 1)))


def _months_before(day: datetime, months: int) -> datetime:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1970:
        raise UsageError("that is before any event", hint="write it as 13mo or 2y")
    for last in range(day.day, day.day - 4, -1):  # 31 March less one month: the last day of February
        try:
            return day.replace(year=year, month=month + 1, day=last)
        except ValueError:
            continue
    raise AssertionError(day)


def guard_retention(cutoff: int, now: int, reason: str) -> None:
    """Refused when events younger than the law's twelve months would go and nobody gave a reason."""
    if cutoff > cutoff_of(f"{LEGAL_MONTHS}mo", now) and not reason.strip():
        raise Refused(
            f"logs are kept for at least {LEGAL_MONTHS} months by law",
            guard="retention",
            hint='purge what is older, or give a reason: --even-below-legal-minimum "REASON"',
        )


def replace_segment(store: Store, old: str, kept: Mapping[str, object] | None) -> None:
    """In an open transaction: forget a segment; `kept` (column -> value) stands in its place."""
    store.connection.execute("DELETE FROM segment WHERE path = ?", (old,))
    if kept is not None:
        columns = ", ".join(kept)
        marks = ", ".join("?" * len(kept))
        store.connection.execute(f"INSERT INTO segment ({columns}) VALUES ({marks})", tuple(kept.values()))
        store.connection.execute("UPDATE unlearned_segment SET path = ? WHERE path = ?", (kept["path"], old))
    else:
        store.connection.execute("DELETE FROM unlearned_segment WHERE path = ?", (old,))


def erase_payload(store: Store, seq: int, reason: str) -> None:
    """In an open transaction: overwrite a payload with nothing. `scrub` afterwards removes it from the files."""
    store.connection.execute(
        "UPDATE journal_payload SET payload = NULL, erased = 1, reason = ? WHERE seq = ?", (reason, seq)
    )


def scrub(store: Store) -> None:
    """Leave no erased byte in the database's files: rewritten without free pages, the write-ahead log emptied."""
    store.connection.execute("PRAGMA secure_delete=ON")
    store.connection.execute("VACUUM")
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
