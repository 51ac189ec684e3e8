"""Conditions that are known only when their window is over, against brute force over all maximal windows."""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.clock import SECOND
from atttcli.engine import EngineProblem
from atttcli.engines.correlation import CorrelationEngine
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules

SPAN = 60 * SECOND
BASE = """
title: a
id: a
logsource: {category: authentication}
detection: {s: {outcome: failure}, condition: s}
---
title: b
id: b
logsource: {category: authentication}
detection: {s: {outcome: success}, condition: s}
---
title: d
id: d
logsource: {category: authentication}
detection: {s: {outcome: locked}, condition: s}
---
title: c
id: c
"""
HEAD = "correlation: {group-by: [src_ip], timespan: 60s, "
Row = tuple[int, str, str, str, str, int]
Window = list[Event]


def numbers(window: Window) -> list[Fraction]:
    return [Fraction(event.fields["size"]) for event in window]


def median(values: list[Fraction]) -> Fraction:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def quartile(values: list[Fraction]) -> Fraction:
    """The 75th percentile: on the line through the ranked values, drawn from 0 to 100."""
    ordered = sorted(values)
    place = Fraction(3, 4) * (len(ordered) - 1)
    low = place.numerator // place.denominator
    rest = place - low
    return ordered[low] if rest == 0 else ordered[low] * (1 - rest) + ordered[low + 1] * rest


def outcomes(window: Window) -> set[str]:
    return {event.outcome for event in window}


def in_turn(window: Window, *wanted: str) -> bool:
    left = list(wanted)
    for event in window:
        if left and event.outcome == left[0]:
            left.pop(0)
    return not left


def count(window: Window) -> int:
    return sum(event.fields.get("repeated", 1) for event in window)


CASES: dict[str, tuple[str, Callable[[Window], bool]]] = {
    "range": ("type: event_count, rules: [a], condition: {gt: 2, lte: 4}}", lambda w: 2 < count(w) <= 4),
    "less": ("type: event_count, rules: [a], condition: {lt: 3}}", lambda w: count(w) < 3),
    "exact": ("type: event_count, rules: [a], condition: {eq: 3}}", lambda w: count(w) == 3),
    "other": ("type: event_count, rules: [a], condition: {neq: 2}}", lambda w: count(w) != 2),
    "values": ("type: value_count, rules: [a], condition: {field: user, eq: 2}}", lambda w: len({e.user for e in w}) == 2),
    "pairs": ("type: value_count, rules: [a], condition: {field: [user, host], lte: 2}}", lambda w: len({(e.user, e.host) for e in w}) <= 2),
    "sum": ("type: value_sum, rules: [a], condition: {field: size, lt: 2.5}}", lambda w: sum(numbers(w)) < Fraction(5, 2)),
    "mean": ("type: value_avg, rules: [a], condition: {field: size, gte: 3}}", lambda w: sum(numbers(w)) / len(w) >= 3),
    "median": ("type: value_median, rules: [a], condition: {field: size, eq: 2}}", lambda w: median(numbers(w)) == 2),
    "percentile": ("type: value_percentile, rules: [a], condition: {field: size, percentile: 75, gt: 4}}", lambda w: quartile(numbers(w)) > 4),
    "one_rule": ("type: temporal, rules: [a, b, d], condition: {lt: 2}}", lambda w: len(outcomes(w)) < 2),
    "not": ("type: temporal, rules: [a, b, d], condition: a and b and not d}", lambda w: {"failure", "success"} == outcomes(w)),
    "either": ("type: temporal, condition: d and not (a or b)}", lambda w: outcomes(w) == {"locked"}),
    "ordered_not": ("type: temporal_ordered, condition: a and b and not d}", lambda w: in_turn(w, "failure", "success") and "locked" not in outcomes(w)),
}  # fmt: skip
ORIGIN = Origin(path="a.log")


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CorrelationPack]:
    made = {}
    for name, (text, _) in CASES.items():
        path: Path = tmp_path_factory.mktemp("rules") / f"{name}.yml"
        path.write_text(BASE + HEAD + text, encoding="utf-8")
        made[name] = load_correlation_rules([path])
        assert not made[name].problems, made[name].problems
        assert made[name].correlations[0].whole
    return made


steps = st.tuples(
    st.sampled_from([0, 1, 10, 20, 29, 30, 31, 59, 60, 61]),
    st.sampled_from(["192.0.2.1", "192.0.2.1", "192.0.2.2"]),
    st.sampled_from(["u1", "u2", "u3"]),
    st.sampled_from(["failure", "failure", "success", "locked"]),
    st.sampled_from(["0", "1", "2", "3.5", "5", "-1.25", "much"]),
    st.sampled_from([1, 1, 1, 2]),
)
many = st.lists(steps, min_size=4, max_size=24)


def events_of(rows: Iterable[Row]) -> list[Event]:
    time, found = 0, []
    for line, (pause, ip, user, outcome, size, repeated) in enumerate(rows, 1):
        time += pause * SECOND
        fields = {"size": size} | ({"repeated": repeated} if repeated > 1 else {})
        found.append(
            Event(time, line, f"line {line}", "authentication", host="h" + user[-1], src_ip=ip, user=user, outcome=outcome, fields=fields)
        )  # fmt: skip
    return found


def counted(name: str, event: Event) -> bool:
    text = CASES[name][0]
    if "field: size" in text and event.fields["size"] == "much":
        return False
    return "temporal" in text or event.outcome == "failure"


def brute_force(name: str, events: list[Event]) -> set[tuple[str, int, int]]:
    """(address, first, last) of each burst in which some maximal window holds: no neighbour can be added to it."""
    found = set()
    for ip in {event.src_ip for event in events}:
        mine = [event for event in events if event.src_ip == ip and counted(name, event)]
        bursts: list[Window] = []
        for event in mine:
            if bursts and (event.time or 0) - (bursts[-1][-1].time or 0) <= SPAN:
                bursts[-1].append(event)
            else:
                bursts.append([event])
        for burst in bursts:
            times = [event.time or 0 for event in burst]
            for low in range(len(burst)):
                for high in range(low, len(burst)):
                    if times[high] - times[low] > SPAN:
                        continue
                    wider = low > 0 and times[high] - times[low - 1] <= SPAN
                    longer = high + 1 < len(burst) and times[high + 1] - times[low] <= SPAN
                    if not wider and not longer and CASES[name][1](burst[low : high + 1]):
                        found.add((ip, times[0], times[-1]))
    return found


def told(items: Iterable[object]) -> set[tuple[str, int, int]]:
    found = [item for item in items if isinstance(item, Detection) and item.engine == "correlation"]
    return {(item.key, item.detail["first"], item.detail["last"]) for item in found}


@pytest.mark.parametrize("name", list(CASES))
@settings(max_examples=30, deadline=None)
@given(rows=many)
def test_as_brute_force_over_all_maximal_windows(packs: dict[str, CorrelationPack], name: str, rows: list[Row]) -> None:
    events = events_of(rows)
    assert told(CorrelationEngine(packs[name]).scan((ORIGIN, event) for event in events)) == brute_force(name, events)


@pytest.mark.parametrize("name", list(CASES))
def test_drawn_inputs_meet_the_condition_and_miss_it(packs: dict[str, CorrelationPack], name: str) -> None:
    draw = random.Random(5)
    held = 0
    for _ in range(100):
        rows: list[Row] = [
            (draw.choice([0, 5, 20, 31, 59, 60, 61, 200]), "192.0.2.1", draw.choice(["u1", "u2", "u3"]),
             draw.choice(["failure", "failure", "success", "locked"]), draw.choice(["0", "1", "2", "3.5", "5", "-1.25"]), 1)
            for _ in range(draw.choice([3, 6, 12]))
        ]  # fmt: skip
        events = events_of(rows)
        expected = brute_force(name, events)
        assert told(CorrelationEngine(packs[name]).scan((ORIGIN, event) for event in events)) == expected
        held += bool(expected)
    assert held >= 8, held


@settings(max_examples=30, deadline=None)
@given(rows=many, data=st.data())
def test_slight_disorder_changes_nothing(
    packs: dict[str, CorrelationPack], rows: list[Row], data: st.DataObject
) -> None:
    events = events_of(rows)
    late = sorted(events, key=lambda event: (event.time or 0) + data.draw(st.integers(0, 59)) * SECOND)
    for name in ("range", "mean", "not"):
        engine = CorrelationEngine(packs[name])
        assert told(engine.scan((ORIGIN, event) for event in late)) == brute_force(name, events)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(-(2**62), 2**62)), st.text(max_size=4), st.text(max_size=30)),
        max_size=40,
    )
)
def test_no_time_or_value_breaks_it(packs: dict[str, CorrelationPack], rows: list[tuple[int | None, str, str]]) -> None:
    for pack in packs.values():
        engine = CorrelationEngine(pack, capacity=3)
        for time, ip, size in rows:
            event = Event(
                time, 1, "x", "authentication", src_ip=ip, user=size, outcome="failure", fields={"size": size}
            )
            list(engine.feed([(ORIGIN, event)]))
        list(engine.finish())


def test_tens_of_thousands_of_groups_are_kept_apart_in_bounded_memory(packs: dict[str, CorrelationPack]) -> None:
    """20,000 addresses with three failures each, interleaved: every one is told; then memory stays where it was."""
    engine = CorrelationEngine(packs["exact"])
    addresses = [f"198.51.100.{n % 250}x{n}" for n in range(20_000)]

    def rounds(turns: int, start: int) -> Iterable[tuple[Origin, Event]]:
        for turn in range(turns):
            for address in addresses:
                yield (
                    ORIGIN,
                    Event(
                        (start + turn * 10) * SECOND, 1, "x" * 200, "authentication", src_ip=address, outcome="failure"
                    ),
                )

    tracemalloc.start()
    found = [one.key for one in engine.feed(rounds(3, 0)) if isinstance(one, Detection) and one.engine == "correlation"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    found += [one.key for one in engine.finish() if isinstance(one, Detection)]
    assert sorted(found) == sorted(addresses)
    assert peak < 80_000_000, peak


def test_a_window_that_holds_too_much_is_cut_and_said(
    packs: dict[str, CorrelationPack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atttcli.engines.correlation.maximal.MAX_ENTRIES", 50)
    monkeypatch.setattr("atttcli.engines.correlation.maximal.Whole.__init__.__defaults__", (50,))
    engine = CorrelationEngine(packs["exact"])
    flood = ((ORIGIN, Event(n, 1, "x", "authentication", src_ip="192.0.2.1", outcome="failure")) for n in range(500))
    problems = [one for one in engine.scan(flood) if isinstance(one, EngineProblem)]
    assert any("450 events left windows" in one.reason for one in problems), problems
