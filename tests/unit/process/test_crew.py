"""Pieces of work among processes: every result once and in order, whatever happens to the copies."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator

import pytest

from atttcli.process import crew
from atttcli.process.crew import Crew
from atttcli.process.forked import AVAILABLE

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this system cannot copy a process")
PARENT = os.getpid()


def work(number: int) -> Iterator[bytes]:
    """As many results as the number says, some large."""
    for place in range(number % 5):
        yield b"%d.%d" % (number, place) * (1 + number % 3 * 400)


def wanted(count: int) -> list[tuple[int, bytes]]:
    return [(number, result) for number in range(count) for result in work(number)]


def results(count: int, processes: int, doing=work) -> list[tuple[int, bytes]]:
    return list(Crew(count, doing, bytes, bytes, processes).results())


@pytest.mark.parametrize(("count", "processes"), [(0, 2), (1, 2), (2, 2), (40, 1), (40, 2), (40, 5), (3, 8)])
def test_every_result_in_order(count: int, processes: int) -> None:
    assert results(count, processes) == wanted(count)


def test_pieces_of_very_different_length() -> None:
    def slow(number: int) -> Iterator[bytes]:
        time.sleep(0.2 if number in (0, 7) else 0)
        yield from work(number)

    assert results(60, 3, slow) == wanted(60)


@pytest.mark.parametrize("seed", range(6))
def test_copies_that_are_killed_or_fail_anywhere(seed: int) -> None:
    chance = random.Random(seed)
    doomed = set(chance.sample(range(40), 12))

    def dying(number: int) -> Iterator[bytes]:
        for turn, result in enumerate(work(number)):
            if number in doomed and turn == number % 3 and os.getpid() != PARENT:
                if number % 2:
                    raise ValueError
                os.kill(os.getpid(), signal.SIGKILL)
            yield result

    assert results(40, 3, dying) == wanted(40)


@pytest.mark.parametrize(("enough", "most"), [(700, 10_000), (1, 10_000), (10_000, 300), (1, 1)])
def test_results_beyond_what_is_kept(monkeypatch: pytest.MonkeyPatch, enough: int, most: int) -> None:
    monkeypatch.setattr(crew, "_ENOUGH", enough)
    monkeypatch.setattr(crew, "_MOST", most)
    monkeypatch.setattr(crew, "_HELD", 64)
    assert results(50, 3) == wanted(50)


def test_who_stops_listening_leaves_no_copy_behind() -> None:
    pids: list[int] = []
    running = Crew(1000, work, bytes, bytes, 3)
    told = running.results()
    next(told)
    pids = [copy.work.pid for copy in running._copies if copy.work.pid]
    told.close()  # type: ignore[attr-defined]
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
