"""Only one scan runs on a machine, and a scan that was killed does not stand in the way of the next."""

import os
import signal
import subprocess
import sys

import pytest

from atttcli.field.lock import Busy, RunLock

HOLD = """
import sys
from atttcli.field.lock import RunLock
with RunLock(sys.argv[1], "scan of /srv"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    path = str(tmp_path / "scan.lock")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield path, process
    process.kill()
    process.wait()


def test_a_second_run_hears_who_has_it(holder):
    path, process = holder
    with pytest.raises(Busy) as refused, RunLock(path):
        pass
    assert f"pid {process.pid}" in refused.value.holder
    assert "scan of /srv" in refused.value.holder


def test_a_killed_holder_leaves_no_lock(holder):
    path, process = holder
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with RunLock(path, wait=5):
        pass


def test_waiting_gets_it_when_the_other_is_done(holder):
    path, process = holder
    process.stdin.close()
    with RunLock(path, wait=10):
        pass
    with RunLock(path):
        pass


def test_a_full_disk_does_not_stand_in_the_way(tmp_path, monkeypatch):
    def full(*_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with RunLock(str(tmp_path / "scan.lock")), pytest.raises(Busy), RunLock(str(tmp_path / "scan.lock")):
        pass


def test_a_file_system_without_locks_is_no_other_scan(tmp_path, monkeypatch):
    def none(*_words):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="No locks"), RunLock(str(tmp_path / "scan.lock")):
        pass
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_link_in_the_locks_place_is_refused(tmp_path):
    (tmp_path / "scan.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError), RunLock(str(tmp_path / "scan.lock")):
        pass
    assert not (tmp_path / "precious").exists()
