"""Pairs of applications: a day and the clock after it are one value."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.sources.keyvalue import dated_pairs, pairs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("t=2021-05-12 08:00:00 x=1", {"t": "2021-05-12 08:00:00", "x": "1"}),
        ("t=2021-05-12 08:00:00,123 +07:00|x=1", {"t": "2021-05-12 08:00:00,123 +07:00", "x": "1"}),
        ("THOIGIAN=12/05/2021 8:00:01 | MAY=PC-01", {"THOIGIAN": "12/05/2021 8:00:01", "MAY": "PC-01"}),
        ("date=2021-05-12 time=08:00:00", {"date": "2021-05-12", "time": "08:00:00"}),
        ('a="q=2021-05-12 08:00:00 z" b=1', {"a": "q=2021-05-12 08:00:00 z", "b": "1"}),
        ('a="x" t=2021-05-12 08:00:00', {"a": "x", "t": "2021-05-12 08:00:00"}),
        ("t=2021-05-12 soon", {"t": "2021-05-12"}),
    ],
)
def test_a_day_and_its_clock(text: str, found: dict[str, str]) -> None:
    assert dated_pairs(text) == found


@given(st.text(alphabet='ab="\\ 1-:', max_size=200))
def test_all_else_is_as_pairs_have_it(text: str) -> None:
    assert dated_pairs(text) == pairs(text)


@pytest.mark.parametrize("text", ['"' + '\\"' * 20_000, "=1/1/2021 1:11:1" * 3000, "=2021-05-12 " * 4000, '"' * 40_000])
def test_linear(text: str) -> None:
    start = time.process_time()
    dated_pairs(text)
    assert time.process_time() - start < 0.5
