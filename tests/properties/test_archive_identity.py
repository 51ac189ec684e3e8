"""Copies of a log, cut, grown, rotated, trimmed, in any order, with kills in between: what is stored is the log itself."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from atttcli.archive.identity import KnownSegment, NewLines, line_digests
from atttcli.clock import SECOND
from atttcli.model.event import Event

KEY = b"s" * 32


class Workspace:
    """The least that an ingest does with the archive: blocks, segments, log sources."""

    def __init__(self) -> None:
        self.segments: list[tuple[str, list[Event]]] = []

    def known(self) -> list[KnownSegment]:
        return [_known(source, events) for source, events in self.segments]

    def ingest(self, events: list[Event], block: int, stop_after: int | None = None, log_source: str = "") -> None:
        lines = NewLines(self.known(), log_source)
        name = log_source or f"log-{len(self.segments)}"
        for number, at in enumerate(range(0, len(events), block)):
            if stop_after is not None and number >= stop_after:
                return  # killed: what was committed stays
            part = events[at : at + block]
            new = lines.judge(line_digests(KEY, part), [event.time for event in part])
            kept = [event for event, keep in zip(part, new, strict=True) if keep]
            if kept:
                self.segments.append((name, kept))
            self.merge([*lines.same_log, name])

    def merge(self, names: list[str]) -> None:
        """What the store does: the names of one log become one name."""
        self.segments = [(names[0] if source in names else source, events) for source, events in self.segments]

    def lines(self) -> Counter[str]:
        return Counter(event.raw for _, events in self.segments for event in events)


def _known(source: str, events: list[Event]) -> KnownSegment:
    times = [event.time for event in events if event.time is not None]
    digests = line_digests(KEY, events)
    return KnownSegment(
        source,
        min(times) if times else None,
        max(times) if times else None,
        lambda limit: digests if limit is None else digests[: limit * 16],
    )


@st.composite
def logs(draw: st.DrawFn) -> list[list[str]]:
    """A log as seconds, each with some lines; the same line may stand in a second several times."""
    seconds = draw(st.integers(2, 40))
    texts = st.sampled_from(["GET /", "GET /a", "login failed", "health"])
    return [[f"{at:05d} {text}" for text in draw(st.lists(texts, min_size=1, max_size=5))] for at in range(seconds)]


def events_of(log: list[list[str]], first: int, last: int, dated: bool = True) -> list[Event]:
    lines = [(at, text) for at in range(first, last) for text in log[at]]
    return [Event(at * 3600 * SECOND if dated else None, n, text) for n, (at, text) in enumerate(lines, 1)]


copies = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(1, 9), st.none() | st.integers(0, 4)),
    min_size=1,
    max_size=7,
)


@settings(max_examples=300, deadline=None)
@given(logs(), copies)
@example([["0 a", "0 a"], ["1 b"]], [(0.0, 0.5, 1, None), (0.0, 1.0, 1, None)])
def test_any_copies_in_any_order_give_the_log(
    log: list[list[str]], cuts: list[tuple[float, float, int, int | None]]
) -> None:
    workspace = Workspace()
    covered: set[int] = set()
    for one, other, block, stop in cuts:
        first, last = sorted((int(one * len(log)), int(other * len(log))))
        part = events_of(log, first, last)
        workspace.ingest(part, block, stop)
        workspace.ingest(part, block)  # the same command again, after the kill or just so
        covered.update(range(first, last))
    assert workspace.lines() == Counter(line for at in covered for line in log[at])


@settings(max_examples=100, deadline=None)
@given(logs(), st.integers(1, 9), st.floats(0, 1))
def test_a_named_source_needs_no_search(log: list[list[str]], block: int, cut: float) -> None:
    workspace = Workspace()
    middle = int(cut * len(log))
    workspace.ingest(events_of(log, middle, len(log)), block, log_source="portal")
    workspace.ingest(events_of(log, 0, len(log)), block, log_source="portal")
    assert workspace.lines() == Counter(line for second in log for line in second)
    assert {source for source, _ in workspace.segments} == {"portal"}


@settings(max_examples=100, deadline=None)
@given(logs(), st.integers(1, 9))
def test_another_named_source_keeps_the_same_lines_again(log: list[list[str]], block: int) -> None:
    workspace = Workspace()
    part = events_of(log, 0, len(log))
    workspace.ingest(part, block, log_source="web-1")
    workspace.ingest(part, block, log_source="web-2")
    assert workspace.lines() == Counter(2 * [line for second in log for line in second])


@settings(max_examples=100, deadline=None)
@given(st.integers(8, 60), st.integers(1, 9), st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_growing_logs_without_times(length: int, block: int, sizes: list[int]) -> None:
    """Lines without a time stamp, a few of them the same all over the log."""
    log = [["started"] if at % 5 == 0 else [f"step {at}"] for at in range(length)]
    workspace = Workspace()
    for size in [*sorted(sizes), length]:
        workspace.ingest(events_of(log, 0, min(size, length), dated=False), block)
    assert workspace.lines() == Counter(line for second in log for line in second)
