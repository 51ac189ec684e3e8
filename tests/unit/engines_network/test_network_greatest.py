"""Totals in bounded memory: exact below their limit, lower bounds beyond it, and a timeline that loses nothing."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from atttcli.engines.network.greatest import Greatest, Timeline

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 100)), max_size=300)


@given(PAIRS)
def test_exact_below_the_limit(pairs):
    totals: Greatest[int] = Greatest(1, 50)
    wanted: Counter[int] = Counter()
    for key, amount in pairs:
        totals.add(key, 0, amount)
        wanted[key] += amount
    assert totals.exact
    assert {key: known[0] for key, known, _low, _high in totals.first(99)} == dict(wanted)


@given(PAIRS)
def test_beyond_the_limit_memory_stays_and_totals_are_lower_bounds(pairs):
    totals: Greatest[int] = Greatest(1, 8)
    wanted: Counter[int] = Counter()
    for key, amount in pairs:
        totals.add(key, 0, amount)
        wanted[key] += amount
    assert len(totals) <= 8
    assert all(known[0] <= wanted[key] for key, known, _low, _high in totals.first(99))
    assert totals.exact == (len(wanted) <= 8)


@given(st.lists(st.tuples(st.integers(0, 2**50), st.integers(0, 1000)), min_size=1, max_size=100))
def test_a_timeline_keeps_every_byte_in_few_steps(pairs):
    line = Timeline(most=16)
    for time, amount in pairs:
        line.add(time, amount)
    steps = line.steps()
    assert len(steps) <= 16
    assert sum(amount for _begin, amount in steps) == sum(amount for _time, amount in pairs)
    begins = [begin for begin, _amount in steps]
    assert all(after - before == line.width for before, after in itertools.pairwise(begins))


def test_first_and_last_times():
    totals: Greatest[str] = Greatest(2)
    for time in (5, 2, 9):
        totals.add("a", time, 1, 10)
    assert list(totals.first(1)) == [("a", [3, 30], 2, 9)]
