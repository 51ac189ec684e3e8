"""Which turn of a calendar duty runs, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import VIETNAM, from_micros, to_micros
from atttcli.deadline.periods import current_periods
from atttcli.profile import load_profile

LAW = load_profile("vn-2017")
A9, A10 = LAW.deadline("A9"), LAW.deadline("A10")
MOMENTS = st.integers(1_514_764_800_000_000, 2_871_763_200_000_000)  # 2018 to 2060


def at(text):
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=VIETNAM))


def last_day(period):
    return from_micros(period.due, VIETNAM).date().isoformat()


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-06-19T23:59", {"2026-06-20": "2026-06-19", "2025-12-15": "2025-12-14", "2026-12-15": "2026-12-14"}),
        ("2026-06-20T00:00", {"2026-06-20": "2026-06-19", "2027-06-20": "2027-06-19", "2026-12-15": "2026-12-14"}),
    ],
)
def test_before_20_june_means_the_19th_is_the_last_day(now, wanted):
    found = {period.key: last_day(period) for period in current_periods(A9, at(now))}
    assert wanted.items() <= found.items()


@pytest.mark.parametrize(
    ("cycle", "now", "wanted"),
    [
        ("week", "2026-11-23T08:00", {"2026-W47": "2026-11-22", "2026-W48": "2026-11-29"}),
        ("week", "2027-01-01T08:00", {"2026-W52": "2026-12-27", "2026-W53": "2027-01-03"}),
        ("month", "2026-01-31T08:00", {"2025-12": "2025-12-31", "2026-01": "2026-01-31"}),
        ("quarter", "2026-11-23T08:00", {"2026-Q3": "2026-09-30", "2026-Q4": "2026-12-31"}),
        ("half_year", "2026-07-01T00:00", {"2026-H1": "2026-06-30", "2026-H2": "2026-12-31"}),
        ("year", "2026-11-23T08:00", {"2025": "2025-12-31", "2026": "2026-12-31"}),
    ],
)
def test_turns_by_cycle(cycle, now, wanted):
    duty = replace(A10, every=(cycle,))
    assert {period.key: last_day(period) for period in current_periods(duty, at(now))} == wanted


@given(MOMENTS, st.sampled_from(["week", "month", "quarter", "half_year", "year", "two_years"]))
def test_two_turns_one_ended_one_running_and_no_gap_between(now, cycle):
    past, running = current_periods(replace(A10, every=(cycle,)), now)
    assert past.due < now <= running.due
    assert past.key != running.key
    after = list(current_periods(replace(A10, every=(cycle,)), past.due + 1))
    assert after[-1] == running, "the moment after one ends the next runs"
