"""Sixteen processes write at once: none fails, none is lost, and none waits long, since they stand in a queue."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.journal.head import read_head
from atttcli.journal.verify import verify_journal
from atttcli.store.connection import Store
from atttcli.store.queue import WriteQueue
from atttcli.store.verify import database_faults
from tests.support.small_place import PLACE

WRITER = Path(__file__).with_name("journal_writer.py")
CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_WAIT = 10.0


def write_at_once(folder: Path, writers: int, each: int) -> float:
    """The longest that one decision took, in seconds, after the checks that none was lost."""
    workspace = make_workspace(folder / "w", PLACE, "vn-2026", "en", Clock())
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, str(WRITER), str(workspace.database), str(each), "0"]
    outputs = [folder / f"out-{number}" for number in range(writers)]
    processes = []
    for output in outputs:
        with output.open("wb") as stream:
            processes.append(subprocess.Popen(command, stdout=stream, cwd=CHECKOUT, env=environment))
    assert [process.wait() for process in processes] == [0] * writers
    told: dict[int, str] = {}
    longest = 0.0
    for output in outputs:
        lines = [line.split() for line in output.read_text().splitlines()]
        assert len(lines) == each
        told |= {int(seq): digest for seq, digest, _ in lines}
        longest = max(longest, *(int(took) / 1e6 for _, _, took in lines))
    assert len(told) == writers * each
    with Store(workspace.database) as store:
        head = read_head(workspace.id)
        assert head is not None
        assert head.count == writers * each + 1  # no older head was put over a newer one
        assert [*database_faults(store.connection), *verify_journal(store.connection, head)] == []
        assert told == dict(tuple(row) for row in store.rows("SELECT seq, hash FROM journal WHERE seq > 1"))
        assert int(store.meta("counter")) == writers * each
    return longest


def test_sixteen_writers_lose_nothing(tmp_path: Path) -> None:
    assert write_at_once(tmp_path, 16, 25) < LONGEST_WAIT


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_sixteen_writers_of_five_hundred_decisions(tmp_path: Path, record_property: pytest.RecordProperty) -> None:
    longest = write_at_once(tmp_path, 16, 500)
    record_property("longest wait, seconds", longest)
    assert longest < LONGEST_WAIT


def _take_turns(path: Path, order: object, ready: object, number: int) -> None:
    queue = WriteQueue(path)
    time.sleep(0.15 * number)
    ready.release()  # type: ignore[attr-defined]
    queue.enter(30)
    order.append(number)  # type: ignore[attr-defined]
    queue.leave()


def test_who_asks_first_writes_first(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        order, ready, path = manager.list(), context.Semaphore(0), tmp_path / "q"
        holder = WriteQueue(path)
        holder.enter(1)
        waiting = [context.Process(target=_take_turns, args=(path, order, ready, number)) for number in range(6)]
        for process in waiting:
            process.start()
        for _ in waiting:
            ready.acquire()
        time.sleep(0.3)
        assert list(order) == []
        holder.leave()
        for process in waiting:
            process.join(20)
        assert list(order) == [0, 1, 2, 3, 4, 5]


def _die_in_the_queue(path: Path) -> None:
    WriteQueue(path).enter(30)
    os._exit(1)


def test_a_dead_process_does_not_hold_the_queue(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        process = context.Process(target=_die_in_the_queue, args=(tmp_path / "q",))
        process.start()
        process.join(20)
    queue = WriteQueue(tmp_path / "q")
    began = time.monotonic()
    queue.enter(20)
    assert time.monotonic() - began < 1
    queue.close()


def test_patience_ends(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held, done = context.Event(), context.Event()

    def hold() -> None:
        WriteQueue(tmp_path / "q").enter(1)
        held.set()
        done.wait(20)

    process = context.Process(target=hold)
    process.start()
    assert held.wait(20)
    began = time.monotonic()
    WriteQueue(tmp_path / "q").enter(0.2)  # goes on without its turn: SQLite's own lock decides then
    assert 0.2 <= time.monotonic() - began < 2
    done.set()
    process.join(20)


@pytest.mark.parametrize("left", [b"", b"\xff" * 16, b"abc", b"\x00" * 16])
def test_a_damaged_queue_file_is_no_obstacle(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "q"
    path.write_bytes(left)
    queue = WriteQueue(path)
    for _ in range(3):
        began = time.monotonic()
        queue.enter(5)
        assert time.monotonic() - began < 1
        queue.leave()
    queue.close()
    WriteQueue(tmp_path / "no" / "folder").enter(1)
