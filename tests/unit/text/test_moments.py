"""Moments as a duty officer types them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import local_text, parse_moment
from atttcli.errors import UsageError
from atttcli.text.moments import due_moment, past_moment

NOW = parse_moment("2026-11-23 10:04")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5d", "28/11/2026 17:00"), ("2 tuần", "07/12/2026 17:00"), ("4h", "23/11/2026 14:04"),
        ("90 phút", "23/11/2026 11:34"),
        ("31/12/2026", "31/12/2026 17:00"), ("31/12/2026 09:00", "31/12/2026 09:00"), ("2026-12-31", "31/12/2026 17:00"),
        ("mai", "24/11/2026 17:00"), ("ngày mai 8:30", "24/11/2026 08:30"), ("15:00", "23/11/2026 15:00"),
        ("16h30", "23/11/2026 16:30"),
    ],
)  # fmt: skip
def test_until_when(text, wanted):
    assert local_text(due_moment(text, NOW), seconds=False) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2h", "23/11/2026 08:04"), ("3 ngày", "20/11/2026 10:04"), ("hôm qua", "22/11/2026 00:00"),
        ("Hôm qua 9:15", "22/11/2026 09:15"),
        ("8h30", "23/11/2026 08:30"), ("23/11/2026 08:10", "23/11/2026 08:10"), ("2026-11-20", "20/11/2026 00:00"),
    ],
)  # fmt: skip
def test_when_it_was(text, wanted):
    assert local_text(past_moment(text, NOW), seconds=False) == wanted


@pytest.mark.parametrize(
    "text", ["", "sáng nay", "25:00", "hôm kia", "99999d", "-1d", "12:60", "d", "2026-13-01", "\x1b[31m", "9" * 400]
)
def test_what_is_no_time(text):
    for read in (due_moment, past_moment):
        with pytest.raises(UsageError):
            read(text, NOW)


@given(st.text(max_size=20))
def test_anything_is_a_moment_or_refused(text):
    for read in (due_moment, past_moment):
        try:
            assert isinstance(read(text, NOW), int)
        except UsageError:
            pass
