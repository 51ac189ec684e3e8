"""Correlations against brute force over all windows; blocks, prefilter and disorder change nothing."""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.clock import SECOND
from atttcli.engines.correlation import CorrelationEngine
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules

SPAN = 60 * SECOND
BASE = """
title: a
id: a
logsource: {category: authentication}
detection: {s: {action: login, outcome: failure}, condition: s}
---
title: b
id: b
logsource: {category: authentication}
detection: {s: {action: login, outcome: success}, condition: s}
---
title: l
id: l
logsource: {category: authentication}
detection: {s: {action: login}, condition: s}
---
title: c
id: c
"""
KINDS = {
    "event_count": "correlation: {type: event_count, rules: [a], group-by: [src_ip], timespan: 60s, condition: {gte: 3}}",
    "value_count": "correlation: {type: value_count, rules: [a], group-by: [src_ip], timespan: 60s, condition: {field: user, gte: 3}}",
    "value_sum": "correlation: {type: value_sum, rules: [a], group-by: [src_ip], timespan: 60s, condition: {field: nrcpt, gte: 10}}",
    "temporal": "correlation: {type: temporal, rules: [a, b], group-by: [src_ip], timespan: 60s}",
    "temporal_ordered": "correlation: {type: temporal_ordered, rules: [a, b], group-by: [src_ip], timespan: 60s}",
    # every failure is a login too: one event may be only one link of the chain
    "temporal_ordered_overlap": "correlation: {type: temporal_ordered, rules: [l, a], group-by: [src_ip], timespan: 60s}",
}
ORIGIN = Origin(path="a.log")


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CorrelationPack]:
    made = {}
    for kind, text in KINDS.items():
        path: Path = tmp_path_factory.mktemp("rules") / f"{kind}.yml"
        path.write_text(BASE + text, encoding="utf-8")
        made[kind] = load_correlation_rules([path])
        assert not made[kind].problems
    return made


steps = st.tuples(
    st.sampled_from([0, 1, 10, 20, 29, 30, 31, 59, 60, 61]),  # seconds since the event before: on and beside the bounds
    st.sampled_from(["192.0.2.1", "192.0.2.1", "192.0.2.2"]),
    st.sampled_from(["u1", "u2", "u3", "u4", ""]),
    st.sampled_from([True, True, False]),
    st.integers(0, 6),
)
many = st.lists(steps, min_size=12, max_size=40)  # short lists hold no bursts, and a test of nothing passes


def events_of(rows: Iterable[tuple[int, str, str, bool, int]]) -> list[Event]:
    time, found = 0, []
    for line, (pause, ip, user, failed, nrcpt) in enumerate(rows, 1):
        time += pause * SECOND
        found.append(
            Event(time, line, f"line {line}", "authentication", src_ip=ip, user=user, action="login",
                  outcome="failure" if failed else "success", fields={"nrcpt": nrcpt})
        )  # fmt: skip
    return found


def holds(kind: str, window: list[Event]) -> bool:
    failed = [event for event in window if event.outcome == "failure"]
    if kind == "event_count":
        return len(failed) >= 3
    if kind == "value_count":
        return len({event.user for event in failed if event.user}) >= 3
    if kind == "value_sum":
        return sum(event.fields["nrcpt"] for event in failed) >= 10
    if kind == "temporal":
        return len({event.outcome for event in window}) == 2
    if kind == "temporal_ordered_overlap":
        return any(event.outcome == "failure" for event in window[1:])
    return any(
        one.outcome == "failure" and two.outcome == "success" for i, one in enumerate(window) for two in window[i + 1 :]
    )


def counted(kind: str, event: Event) -> bool:
    if kind == "value_count":
        return event.outcome == "failure" and event.user != ""
    return event.outcome == "failure" or kind.startswith("temporal")


def brute_force(kind: str, events: list[Event]) -> set[tuple[str, int, int, int]]:
    """(address, first, last, events) of every burst in which some window holds."""
    found = set()
    for ip in {event.src_ip for event in events}:
        bursts: list[list[Event]] = []
        for event in (one for one in events if one.src_ip == ip and counted(kind, one)):
            assert event.time is not None
            if bursts and event.time - (bursts[-1][-1].time or 0) <= SPAN:
                bursts[-1].append(event)
            else:
                bursts.append([event])
        for burst in bursts:
            windows = (
                list(burst[low : high + 1])
                for low in range(len(burst))
                for high in range(low, len(burst))
                if (burst[high].time or 0) - (burst[low].time or 0) <= SPAN
            )
            if any(holds(kind, window) for window in windows):
                found.add((ip, burst[0].time or 0, burst[-1].time or 0, len(burst)))
    return found


def told(items: Iterable[object]) -> set[tuple[str, int, int, int]]:
    found = [item for item in items if isinstance(item, Detection) and item.engine == "correlation"]
    shown = {(item.key, item.detail["first"], item.detail["last"], item.detail["count"]) for item in found}
    assert len(shown) == len(found) == len({item.detail["occurrence"] for item in found})
    return shown


@pytest.mark.parametrize("kind", list(KINDS))
@settings(max_examples=150, deadline=None)
@given(rows=many)
def test_as_brute_force_over_all_windows(
    packs: dict[str, CorrelationPack], kind: str, rows: list[tuple[int, str, str, bool, int]]
) -> None:
    events = events_of(rows)
    assert told(CorrelationEngine(packs[kind]).scan((ORIGIN, event) for event in events)) == brute_force(kind, events)


@pytest.mark.parametrize("kind", list(KINDS))
def test_drawn_inputs_hold_bursts_and_near_misses(packs: dict[str, CorrelationPack], kind: str) -> None:
    """The same comparison on inputs of which it is known that enough of them hold bursts, and enough do not."""
    draw = random.Random(3)
    pauses, users = [0, 1, 10, 20, 29, 30, 31, 59, 60, 61], ["u1", "u2", "u3", "u4", ""]
    held = 0
    for number in range(200):
        pick = pauses if number % 2 else pauses[5:]  # the second half is sparse: near misses
        rows = [
            (
                draw.choice(pick),
                f"192.0.2.{draw.choice((1, 1, 2))}",
                draw.choice(users),
                draw.random() < 0.67,
                draw.randrange(7),
            )
            for _ in range(12 if kind.startswith("temporal") else 24)
        ]
        events = events_of(rows)
        expected = brute_force(kind, events)
        assert told(CorrelationEngine(packs[kind]).scan((ORIGIN, event) for event in events)) == expected
        held += bool(expected)
    assert 30 <= held <= 197, held


@settings(max_examples=100, deadline=None)
@given(rows=many, cuts=st.lists(st.integers(0, 40), max_size=5), data=st.data())
def test_blocks_and_slight_disorder_change_nothing(
    packs: dict[str, CorrelationPack], rows: list[tuple[int, str, str, bool, int]], cuts: list[int], data: st.DataObject
) -> None:
    events = events_of(rows)
    whole = told(CorrelationEngine(packs["event_count"]).scan((ORIGIN, event) for event in events))
    engine = CorrelationEngine(packs["event_count"])
    bounds = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    parts = [item for low, high in itertools.pairwise(bounds) for item in engine.feed_block(events[low:high], ORIGIN)]
    assert told([*parts, *engine.finish()]) == whole
    late = sorted(events, key=lambda event: (event.time or 0) + data.draw(st.integers(0, 59)) * SECOND)
    assert told(CorrelationEngine(packs["event_count"]).scan((ORIGIN, event) for event in late)) == whole


@settings(max_examples=60, deadline=None)
@given(rows=many, more=st.lists(steps, max_size=10))
def test_a_grown_file_keeps_the_names_of_its_bursts(
    packs: dict[str, CorrelationPack],
    rows: list[tuple[int, str, str, bool, int]],
    more: list[tuple[int, str, str, bool, int]],
) -> None:
    def names(events: list[Event]) -> set[str]:
        found = CorrelationEngine(packs["event_count"]).scan((ORIGIN, event) for event in events)
        return {
            item.detail["occurrence"] for item in found if isinstance(item, Detection) and item.engine == "correlation"
        }

    assert names(events_of(rows)) <= names(events_of([*rows, *more]))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(-(2**62), 2**62)), st.text(max_size=5), st.text(max_size=5)),
        max_size=60,
    )
)
def test_no_time_or_text_breaks_it(packs: dict[str, CorrelationPack], rows: list[tuple[int | None, str, str]]) -> None:
    for pack in packs.values():
        engine = CorrelationEngine(pack, capacity=3)
        for time, ip, user in rows:
            event = Event(
                time, 1, "x\n\ud800" + user, "authentication", src_ip=ip, user=user, action="login", outcome="failure"
            )
            list(engine.feed([(ORIGIN, event)]))
        list(engine.finish())
