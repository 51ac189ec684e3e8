"""Carved files: names made to escape, thousands of them, ten gigabytes announced, a full disk, and a kill in the middle."""

from __future__ import annotations

import io
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.engines.network import spooled
from tests.support.cli_run import tell
from tests.support.network_wire import Conversation, pcap

ASKED = b"GET /%b HTTP/1.1\r\nHost: a.example\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n%b\r\n"
BODY = b"MZ" + random.Random(1).randbytes(400_000)
NAMES = [
    b"../../../../tmp/escaped",
    b"/etc/passwd",
    b"a\0b",
    b"\x1b[31mred\x1b]0;x\x07",
    b"\xe2\x80\xaegnp.exe",
    b"x" * 3000,
    b"",
]


def load(
    body: bytes, name: bytes = b"x.exe", *, size: int | None = None, sport: int = 40_000, more: bytes = b""
) -> Conversation:
    head = HEAD % (len(body) if size is None else size, more)
    return Conversation(sport=sport).open().send(0, ASKED % name).send(1, head + body, size=60_000).close()


@pytest.fixture
def small_files() -> Iterator[None]:
    """As a full disk: no file may become longer than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [1, 1400, 60_000])
@pytest.mark.usefixtures("small_files")
def test_a_spool_on_a_full_disk_ends_without_a_word_of_its_own(size: int, recwarn: pytest.WarningsRecorder):
    spools = spooled.Spools()
    spool = spooled.Spool(spools)
    while spool.add(b"x" * size):
        pass
    assert spool.content() is None
    assert spools.open == 0
    del spool
    assert not recwarn.list


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_is_told_and_all_else_is_summarised(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "t.pcap").write_bytes(b"")
    talk = load(BODY)
    talk.frames += load(b"MZ" + bytes(5000), b"small.exe", sport=40_001).frames
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    (tmp_path / "t.pcap").write_bytes(pcap(talk.frames))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    told = tell(capsys, "capture", "summary", tmp_path / "t.pcap", "--json", "--carve", tmp_path / "out")
    (made,) = told.lines()
    assert [(one["size"], one["kept"], one["whole"]) for one in made["carried"]] == [
        (len(BODY), 100 * 1024, True),
        (5002, 5002, True),
    ]
    assert "1 carried files were not kept beyond 100 KiB" in told.err
    assert told.code == 2


def test_what_cannot_be_kept_of_standard_input_is_judged_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    rules = "".join(f'alert http any any -> any any (http.uri; content:"/{one}"; sid:{one};)\n' for one in (1, 2))
    (tmp_path / "t.rules").write_text(rules)
    talk = load(BODY, b"1")
    talk.frames += load(b"MZ", b"2", sport=40_001).frames
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pcap(talk.frames))))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        told = tell(
            capsys,
            "detect",
            "capture",
            "-",
            "--rules",
            tmp_path / "t.rules",
            "--json",
            "--save-flows",
            tmp_path / "out",
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [one["alert"]["signature_id"] for one in told.lines()] == [1, 2]
    assert "longer than what can be kept" in told.err
    assert "cannot be read" not in told.err
    assert told.code == 2


@pytest.mark.parametrize("way", ["in the address", "announced"])
def test_names_that_lead_elsewhere_lead_nowhere(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    frames = []
    for number, name in enumerate(NAMES):
        more = b'Content-Disposition: attachment; filename="%b"\r\n' % name if way == "announced" else b""
        frames += load(b"MZ%d" % number + BODY, b"x" if more else name, sport=40_000 + number, more=more).frames
    (tmp_path / "t.pcap").write_bytes(pcap(frames))
    out = tmp_path / "in" / "out"
    told = tell(capsys, "capture", "summary", tmp_path / "t.pcap", "--carve", out, "--html", tmp_path / "t.html")
    assert told.code == 0
    assert {path.name for path in tmp_path.rglob("*")} == {
        "t.pcap",
        "t.html",
        "in",
        "out",
        *(path.name for path in out.iterdir()),
    }
    assert all(path.suffix == ".carved" and len(path.stem) == 32 for path in out.iterdir())
    assert len(list(out.iterdir())) == len(NAMES)
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    for text in (told.out, told.err, page):
        assert not any(bad in text for bad in ("\x1b", "\0", "\u202e", "\x07"))
    assert not Path("/tmp/escaped").exists()


@pytest.mark.parametrize("size", [10 << 30, 10**18 - 1])
def test_what_is_announced_is_not_believed(size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "t.pcap").write_bytes(pcap(load(BODY, size=size).frames))
    told = tell(capsys, "capture", "summary", tmp_path / "t.pcap", "--json", "--carve", tmp_path / "out")
    (one,) = told.lines()[0]["carried"]
    assert (one["kept"], one["whole"]) == (100 * 1024, False)
    assert [path.stat().st_size for path in (tmp_path / "out").iterdir()] == [100 * 1024]


def test_thousands_of_files_cost_little_and_are_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    talk = Conversation().open()
    for number in range(3000):
        body = b"MZ%06d" % number
        talk.send(0, ASKED % b"x").send(1, HEAD % (len(body), b"") + body)
    (tmp_path / "t.pcap").write_bytes(pcap(talk.close().frames))
    begin = time.process_time()
    told = tell(capsys, "capture", "summary", tmp_path / "t.pcap", "--json", "--carve", tmp_path / "out")
    made = told.lines()[0]
    assert len(made["carried"]) + made["carried_left"] == 3000
    assert len(list((tmp_path / "out").iterdir())) == 1000
    assert "1000 files were not carved" in told.err
    assert time.process_time() - begin < 10


def test_ten_thousand_spools_leave_nothing_open():
    spools = spooled.Spools()
    before = len(os.listdir("/proc/self/fd"))
    for number in range(10_000):
        spool = spooled.Spool(spools)
        assert spool.add(b"%d" % number)
        spools.ready(spool)
        del spool
    assert len(os.listdir("/proc/self/fd")) - before <= spooled.MOST_READY
    assert spools.open <= spooled.MOST_READY


def test_what_is_in_memory_anyway_is_no_loss():
    poor = spooled.Spools(spooled.Limits(total_bytes=10))
    small, large = spooled.Spool(poor), spooled.Spool(poor)
    assert [small.add(b"x" * 50), small.add(b"x" * 100)] == [False, False]
    assert not poor.refused
    assert [large.add(b"x" * 50_000) for _ in range(9)] == [False] * 9
    assert sum(poor.refused.values()) == 1
    del small, large
    assert poor.open == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_stays_behind_after_an_interrupt_or_a_kill(how: signal.Signals, tmp_path: Path):
    spooling, frames = tmp_path / "tmp", load(BODY * 20).frames
    spooling.mkdir()
    command = [sys.executable, "-c", RUN, "capture", "summary", "-", "--json", "--carve", str(tmp_path / "out")]
    environment = {**os.environ, "TMPDIR": str(spooling), "ATTTCLI_HOME": str(tmp_path / "home")}
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert child.stdin is not None
    child.stdin.write(pcap(frames[:-8]))
    child.stdin.flush()
    until = time.monotonic() + 20
    while not _spools_of(child.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert _spools_of(child.pid), "it was not spooling"
    child.send_signal(how)
    child.stdin.close()
    child.stdin = None
    _out, err = child.communicate(timeout=20)
    assert child.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err
    assert not list(spooling.iterdir())


RUN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from atttcli.cli.main import run; run()"


def _spools_of(pid: int) -> list[str]:
    found = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = os.readlink(one)
        except OSError:
            continue
        if "(deleted)" in name and "/tmp" in name:
            found.append(name)
    return found
