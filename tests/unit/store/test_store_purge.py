"""How far back an age lies, and the twelve months of the law."""

from __future__ import annotations

from datetime import datetime

import pytest

from atttcli.clock import VIETNAM, from_micros, to_micros
from atttcli.errors import Refused, UsageError
from atttcli.store.purge import cutoff_of, guard_retention


def moment(text: str) -> int:
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=VIETNAM))


@pytest.mark.parametrize(
    ("now", "age", "expected"),
    [
        ("2026-11-23T10:00", "13mo", "2025-10-23"),
        ("2026-03-31T00:00", "1mo", "2026-02-28"),
        ("2024-02-29T23:59", "1y", "2023-02-28"),
        ("2026-01-15T05:00", "1mo", "2025-12-15"),
        ("2026-01-15T05:00", "2y", "2024-01-15"),
        ("2026-01-15T05:00", "3w", "2025-12-25"),
        ("2026-01-15T05:00", " 400D ", "2024-12-11"),
    ],
)
def test_cutoff(now: str, age: str, expected: str) -> None:
    found = from_micros(cutoff_of(age, moment(now)), VIETNAM)
    assert found.isoformat() == f"{expected}T00:00:00+07:00"


@pytest.mark.parametrize("age", ["", "13", "mo", "-1mo", "0d", "1.5y", "13 mo", "99999d", "1m", "9999y", "١٣mo"])
def test_ages_that_are_refused(age: str) -> None:
    with pytest.raises(UsageError):
        cutoff_of(age, moment("2026-01-15T05:00"))


def test_the_law_keeps_twelve_months() -> None:
    now = moment("2026-11-23T10:00")
    guard_retention(cutoff_of("12mo", now), now, "")
    guard_retention(cutoff_of("13mo", now), now, "")
    guard_retention(cutoff_of("1d", now), now, "court order")
    for reason in ("", "  "):
        with pytest.raises(Refused) as refusal:
            guard_retention(cutoff_of("11mo", now), now, reason)
        assert refusal.value.guard == "retention"
