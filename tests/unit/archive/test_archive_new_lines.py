"""What is new in a file: the cases people meet."""

from __future__ import annotations

from collections import Counter

from atttcli.archive.identity import KnownSegment, NewLines, line_digests
from atttcli.clock import SECOND
from atttcli.model.event import Event


def events(texts: list[str], start: int = 0) -> list[Event]:
    return [Event((start + n) * SECOND, n + 1, text) for n, text in enumerate(texts)]


def known(source: str, stored: list[Event], key: bytes = b"k") -> KnownSegment:
    digests = line_digests(key, stored)
    times = [event.time for event in stored if event.time is not None]
    return KnownSegment(source, min(times), max(times), lambda limit: digests[: None if limit is None else limit * 16])


def new_of(
    segments: list[KnownSegment], given: list[Event], block: int = 64, **words: str
) -> tuple[list[str], list[str]]:
    lines = NewLines(segments, **words)
    kept: list[str] = []
    for at in range(0, len(given), block):
        part = given[at : at + block]
        verdict = lines.judge(line_digests(b"k", part), [event.time for event in part])
        kept += [event.raw for event, keep in zip(part, verdict, strict=True) if keep]
    return kept, lines.bound


def test_identical_lines_of_one_file_are_all_kept() -> None:
    assert new_of([], events(["a", "a", "a"]))[0] == ["a", "a", "a"]


def test_a_grown_copy_adds_its_third_identical_line() -> None:
    stored = [Event(SECOND, 1, "1 a"), Event(SECOND, 2, "1 a")]
    assert new_of([known("log", stored)], [*stored, Event(SECOND, 3, "1 a")])[0] == ["1 a"]


def test_two_servers_that_share_their_health_checks_stay_two() -> None:
    first = [Event(n * SECOND, n, f"{n} health" if n % 2 else f"{n} page of server 1") for n in range(600)]
    second = [Event(n * SECOND, n, f"{n} health" if n % 2 else f"{n} page of server 2") for n in range(1, 600)]
    kept, bound = new_of([known("one", first[i : i + 100]) for i in range(0, 600, 100)], second)
    assert bound == []
    # a few lines at the end of a block may be taken for the start of the other log until the next block is seen
    assert len(kept) >= len(second) - 12


def test_the_full_log_after_its_tail_binds_to_the_tail() -> None:
    log = events([f"line {n}" for n in range(500)])
    kept, bound = new_of([known("tail", log[300:])], log)
    assert kept == [f"line {n}" for n in range(300)]
    assert bound == ["tail"]


def test_a_copy_that_bridges_two_known_parts_binds_to_both() -> None:
    log = events([f"line {n}" for n in range(500)])
    kept, bound = new_of([known("a", log[:100]), known("b", log[400:])], log)
    assert kept == [f"line {n}" for n in range(100, 400)]
    assert bound == ["a", "b"]


def test_a_first_line_that_the_copy_cut_does_not_hide_the_overlap() -> None:
    log = events([f"line {n}" for n in range(200)])
    trimmed = [Event(99 * SECOND, 1, "e 99"), *log[100:]]
    kept, bound = new_of([known("log", log)], trimmed)
    assert kept == ["e 99"]
    assert bound == ["log"]


def test_the_order_of_lines_does_not_matter_within_a_known_source() -> None:
    log = events([f"line {n}" for n in range(100)])
    kept, _ = new_of([known("log", log)], list(reversed(log)), log_source="log")
    assert kept == []


def test_another_key_knows_nothing() -> None:
    log = events([f"line {n}" for n in range(100)])
    assert len(new_of([known("log", log, b"other")], log)[0]) == 100


def test_lines_dated_a_year_off_are_known_when_times_are_not_trusted() -> None:
    log = events([f"Nov 23 line {n}" for n in range(100)])
    later = [Event((event.time or 0) + 365 * 86_400 * SECOND, event.line, event.raw) for event in log]
    lines = NewLines([known("log", log)], by_time=False)
    assert not any(lines.judge(line_digests(b"k", later), [event.time for event in later]))


def test_many_segments_are_not_held_at_once() -> None:
    log = events([f"line {n}" for n in range(2000)])
    segments = [known("log", log[at : at + 100]) for at in range(0, 2000, 100)]
    import atttcli.archive.identity as identity

    before, identity._KEPT_KEYS = identity._KEPT_KEYS, 150
    try:
        lines = NewLines(segments)
        kept = 0
        for at in range(0, 2000, 64):
            part = log[at : at + 64]
            kept += sum(lines.judge(line_digests(b"k", part), [event.time for event in part]))
            assert sum(len(s.keys) for s in lines._stocks if s.keys is not None) <= 150
    finally:
        identity._KEPT_KEYS = before
    assert kept == 0


def test_digests_depend_on_every_byte_and_the_key() -> None:
    texts = ["a", "b", "a ", "A"]
    digests = line_digests(b"k", events(texts)) + line_digests(b"l", events(texts))
    assert len(Counter(digests[at : at + 16] for at in range(0, len(digests), 16))) == 8
