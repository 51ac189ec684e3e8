"""`ingest --workers N`: copies of the process read and match, one stores; nothing of the result tells how many there were."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import time

import pytest

from atttcli.ingest.beside import Beside
from atttcli.process.forked import AVAILABLE, Forked
from tests.support.ingest_case import attt, dump, ingest_json, new_workspace, rows, sample_inbox, start_ingest

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this system cannot copy a process")

ALL = (
    "SELECT number, fingerprint, kind, rule_id, title, severity, victim, agency, system, count, first_seen, last_seen, tags,"
    " observables, why, detail, source_path, line, pack FROM alert ORDER BY id",
    "SELECT alert, occurrence, time, source_sha256, source_path, line, offset FROM sighting ORDER BY 1, 2",
    "SELECT * FROM segment ORDER BY path",
    "SELECT sha256, path, line, offset, reason, excerpt FROM read_problem ORDER BY id",
    "SELECT sha256, path, reader, kind, state, read, stored, duplicate, rejected, alerts, log_source, parent, assumed, counts"
    " FROM source_file ORDER BY sha256",
)


def everything(workspace):
    return [rows(workspace, sql) for sql in ALL], dump(workspace)


def access(number, name, start=0, attack=()):
    lines = []
    for at in range(start, start + number):
        path = "/index.php?id=1%20UNION%20SELECT%20password" if at in attack else f"/{name}/{at}"
        clock = f"{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"
        lines.append(f'203.0.113.{at % 250} - - [02/Mar/2026:{clock} +0700] "GET {path} HTTP/1.1" 200 5 "-" "{name}"')
    return lines


def write(folder, name, lines):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    for name in "abcd":
        write(folder, f"{name}.log", access(1500, name, attack=(3, 700)))
    a = access(3000, "a", attack=(3, 700))
    write(folder, "a2.log", a)  # a, grown: only what is new is stored
    write(folder, "e.log", [*access(200, "e"), "\x01 no log line \ufffd", *access(5, "e", 900)])
    write(folder, "same.log", access(1500, "b", attack=(3, 700)))  # b once more
    with gzip.open(folder / "f.log.gz", "wt") as stream:
        stream.write("\n".join(access(300, "f")) + "\n")
    return folder


def both(tmp_path, *paths, workers=3):
    """The same ingest in two copies of one workspace."""
    one = new_workspace(tmp_path / "one")
    many = tmp_path / "many"
    shutil.copytree(one, many)
    told = [ingest_json(one, *paths), ingest_json(many, *paths, extra=("--workers", str(workers)))]
    assert told[0] == told[1]
    assert everything(one) == everything(many)
    return one, many, told[0]


def test_workers_change_nothing_but_the_time(tmp_path, logs):
    one, many, told = both(tmp_path, logs)
    assert told["total"]["read"] == told["total"]["stored"] + told["total"]["duplicate"] + told["total"]["rejected"]
    assert told["total"]["duplicate"] >= 3000
    assert told["sightings"] > 0
    again = [ingest_json(one, logs), ingest_json(many, logs, extra=("--workers", "3"))]
    assert again[0] == again[1]
    assert again[0]["total"]["stored"] == 0
    assert everything(one) == everything(many)


def test_a_whole_inbox_is_the_same(tmp_path):
    both(tmp_path, sample_inbox(tmp_path / "inbox"), workers=2)


def test_logs_that_go_on_in_a_later_ingest_are_the_same(tmp_path, logs):
    one, many, _told = both(tmp_path, logs)
    write(logs, "c.log", access(2600, "c", attack=(3, 700, 2000)))
    write(logs, "d.log", access(1600, "d", attack=(3, 700)))
    assert ingest_json(one, logs) == ingest_json(many, logs, extra=("--workers", "4"))
    assert everything(one) == everything(many)


def test_only_what_may_depend_on_another_file_is_done_again(tmp_path, logs, monkeypatch):
    seen = []
    stop = Beside.stop
    monkeypatch.setattr(Beside, "stop", lambda self: (seen.append(self.again), stop(self)))
    both(tmp_path, logs, workers=8)
    assert seen[-1] == 1  # a2.log, which begins as a.log does (same.log follows a file of another kind)


def test_a_copy_that_is_lost_is_made_up_for(tmp_path, logs, monkeypatch):
    start = Forked.start
    count = []

    def killed(work):
        made = start(work)
        count.append(1)
        if len(count) % 2:
            os.kill(made.pid, signal.SIGKILL)
        return made

    monkeypatch.setattr(Forked, "start", staticmethod(killed))
    both(tmp_path, logs, workers=2)
    assert len(count) > 3


def test_a_run_that_was_stopped_leaves_nothing_running_and_goes_on(tmp_path, logs, monkeypatch):
    one = new_workspace(tmp_path / "one")
    many = tmp_path / "many"
    shutil.copytree(one, many)
    pids = []
    start, finish = Forked.start, Beside._finish
    monkeypatch.setattr(Forked, "start", staticmethod(lambda work: (pids.append(made := start(work)), made)[1]))

    def stopped(self, waiting):
        if len(pids) > 3:
            raise KeyboardInterrupt
        finish(self, waiting)

    monkeypatch.setattr(Beside, "_finish", stopped)
    with pytest.raises(BaseException):  # noqa: B017 - click makes its own of it
        ingest_json(many, logs, extra=("--workers", "2"))
    monkeypatch.setattr(Beside, "_finish", finish)
    assert all(one.pid == 0 for one in pids)
    ingest_json(many, logs, extra=("--workers", "2"))
    ingest_json(one, logs)
    assert dump(one)["events"] == dump(many)["events"]
    assert dump(one)["alerts"] == dump(many)["alerts"]
    assert dump(one)["sightings"] == dump(many)["sightings"]


def test_a_run_that_was_killed_leaves_nothing_running_and_goes_on(tmp_path, logs):
    one = new_workspace(tmp_path / "one")
    many = tmp_path / "many"
    shutil.copytree(one, many)
    for wait in (0.6, 0.9, 1.2):
        under_way = start_ingest(many, logs, "--workers", "3")
        time.sleep(wait)
        under_way.kill()
        under_way.wait()
    for _try in range(50):
        told = attt(many, "ingest", str(logs), "--workers", "2", "--json")
        if told.exit_code != 5:  # the lock goes with the last copy
            break
        time.sleep(0.1)
    ingest_json(one, logs)
    assert dump(one) == dump(many)


def test_a_copys_frames_come_back_in_order_and_a_failed_one_gives_none():
    def work(put):
        for number in range(5):
            put(bytes([number]) * number)
        return b"end"

    made = Forked.start(work)
    assert made.wait() == b"end"
    assert list(made.frames()) == [bytes([number]) * number for number in range(5)]

    def fails(put):
        put(b"x")
        raise ValueError

    assert Forked.start(fails).wait() is None
    stopped = Forked.start(lambda put: signal.pause() or b"")
    stopped.stop()
    assert stopped.pid == 0
