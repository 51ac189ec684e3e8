"""The sum of an account's reasons, known travel, and the order of many logs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import DAY, HOUR, parse_moment
from atttcli.engine import EngineProblem
from atttcli.errors import InputError
from atttcli.mailwatch.merge import Log, Merge
from atttcli.mailwatch.reasons import WORTH, Finding, Ranking
from atttcli.mailwatch.travel import Journey, Travel
from atttcli.model.event import Event
from atttcli.source import ReadProblem, Record

T0 = parse_moment("2026-11-03 10:00")


def one(family: str, at: int = 0, account: str = "an@x.example", **more: object) -> Finding:
    return Finding(family, f"r-{family}", account, T0 + at, **more)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.sampled_from(sorted(WORTH)), st.integers(0, 30 * DAY)), min_size=1, max_size=60))
def test_the_arithmetic_is_the_score(rows: list[tuple[str, int]]) -> None:
    ranking = Ranking()
    for family, at in rows:
        ranking.take(one(family, at))
    (standing,) = ranking.ordered()
    left, _, right = standing.arithmetic.rpartition(" = ")
    assert eval(left.replace("×", "*")) == int(right) == standing.score == sum(r.points for r in standing.ordered)


def test_findings_within_an_hour_are_one_happening_and_later_ones_count() -> None:
    ranking = Ranking()
    for at in (0, HOUR // 2, HOUR, 5 * HOUR):
        ranking.take(one("impossible-travel", at))
    (standing,) = ranking.ordered()
    assert (standing.reasons["impossible-travel"].count, standing.arithmetic) == (2, "30 + 1×5 = 35")


def test_invented_names_do_not_hide_an_account() -> None:
    ranking = Ranking(capacity=50)
    for number in range(500):
        ranking.take(one("brute-force", account=f"x{number}@x.example"))
    ranking.take(one("spray-success"))
    assert next(iter(ranking.ordered())).account == "an@x.example" and ranking.left_out >= 450


JOURNEY = Journey("DL-2026-0001", "an@x.example", "LA", "192.0.2.0/24", "2026-11-01", "2026-11-05", "công tác")


@pytest.mark.parametrize(
    ("given_", "silenced"),
    [
        (one("new-country", countries=("LA",)), True),
        (one("new-country", countries=("TH",)), False),
        (one("new-country", 5 * DAY, countries=("LA",)), False),
        (one("new-network", addresses=("192.0.2.7",)), True),
        (one("new-country", account="binh@x.example", countries=("LA",)), False),
        (one("impossible-travel", 3 * DAY, addresses=("10.0.0.1", "192.0.2.9"), countries=("VN", "LA")), True),
        (one("new-country", 10**18, countries=("LA",)), False),
    ],
)
def test_known_travel_silences_what_it_explains(given_: Finding, silenced: bool) -> None:
    assert bool(Travel([JOURNEY]).silences(given_)) is silenced


def test_what_travel_silences_is_told_and_counts_nothing() -> None:
    ranking = Ranking()
    ranking.take(one("new-country"), "DL-2026-0001")
    (standing,) = ranking.ordered()
    reason = standing.reasons["new-country"]
    assert (standing.score, reason.silent, reason.silenced, standing.findings) == (0, 1, ["DL-2026-0001"], [])


def log(name: str, times: list[int | None], fails: bool = False) -> Log:
    def records() -> Iterator[Record]:
        for line, time in enumerate(times, 1):
            yield Event(time, line, name)
        yield ReadProblem(99, "not a record")
        if fails:
            raise InputError("broken")

    return Log(name, records)


@given(st.lists(st.lists(st.integers(0, 50), max_size=8), max_size=6))
def test_sorted_logs_come_out_sorted_and_whole(given_: list[list[int]]) -> None:
    merge = Merge([log(f"l{n}", sorted(times)) for n, times in enumerate(given_)], 10**18)  # type: ignore[arg-type]
    times = [item[1].time for item in merge if not isinstance(item, EngineProblem)]
    assert times == sorted(time for row in given_ for time in row)


@given(st.lists(st.lists(st.integers(0, 50), max_size=8), max_size=6))
def test_logs_with_jumps_lose_nothing(given_: list[list[int]]) -> None:
    merge = Merge([log(f"l{n}", times) for n, times in enumerate(given_)], 10**18)  # type: ignore[arg-type]
    times = [item[1].time for item in merge if not isinstance(item, EngineProblem)]
    assert sorted(times) == sorted(time for row in given_ for time in row)  # type: ignore[type-var]


def test_problems_timeless_and_future_events_are_said() -> None:
    said = list(Merge([log("a", [1, None, 10**17, 2], fails=True), log("b", [])], 10**16))
    events = [item[1].time for item in said if not isinstance(item, EngineProblem)]
    told = " ".join(item.reason for item in said if isinstance(item, EngineProblem))
    assert events == [1, 2]
    assert all(word in told for word in ("without a time", "from the future", "broken", "not a record"))
