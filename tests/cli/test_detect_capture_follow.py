"""A folder that is written to: connections go on across files, nothing is told twice, nothing is lost after a kill."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from atttcli.cli.capture_follow import Growing
from atttcli.cli.capture_place import Folder, Place
from tests.support.cli_run import tell
from tests.support.network_run import http
from tests.support.network_wire import pcap

RULES = 'alert http any any -> any any (msg:"late"; http.request_body; content:"far away"; sid:8;)\n'


def split(count: int, size: int = 3) -> list[bytes]:
    """`count` connections whose bodies lie across the files that they are cut into."""
    body = b"x" * 4000 + b"far away"
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4008\r\n\r\n"
    talks = [http(head + body, sport=41_000 + number).frames for number in range(count)]
    mixed = [frame for step in zip(*talks, strict=True) for frame in step]
    whole = pcap(mixed)
    records, at = [], 24
    while at < len(whole):
        length = struct.unpack_from("<I", whole, at + 8)[0]
        records.append(whole[at : at + 16 + length])
        at += 16 + length
    each = -(-len(records) // size)
    return [whole[:24] + b"".join(records[begin : begin + each]) for begin in range(0, len(records), each)]


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    (tmp_path / "r.rules").write_text(RULES)
    folder = tmp_path / "ring"
    folder.mkdir()
    for number, data in enumerate(split(6)):
        path = folder / f"cap_{number}.pcap"
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    (folder / "notes.txt").write_text("no capture")
    return folder


def follow(capsys, ring: Path, *more: object):
    place = ring.parent / "place"
    words = ("--follow", ring, "--place", place, "--once", "--rules", ring.parent / "r.rules", "--json", *more)
    return tell(capsys, "detect", "capture", *words)


def ports(told) -> list[int]:
    return sorted(row["src_port"] for row in told.lines())


def test_connections_go_on_across_files_and_nothing_comes_twice(capsys, ring: Path) -> None:
    whole = follow(capsys, ring)
    assert ports(whole) == [41_000 + number for number in range(6)]
    assert follow(capsys, ring).out == ""


def test_a_restart_between_files_loses_no_connection(capsys, ring: Path) -> None:
    told = [follow(capsys, ring, "--max-files", "1") for _ in range(4)]
    assert sorted(port for one in told for port in ports(one)) == [41_000 + number for number in range(6)]


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_kill_while_alerts_are_told(capsys, ring: Path, monkeypatch, after: int) -> None:
    from atttcli.cli import render

    shown = []

    def emit(value: object) -> None:
        if len(shown) == after:
            raise KeyboardInterrupt
        shown.append(value["src_port"])

    monkeypatch.setattr(render, "emit_json", emit)
    follow(capsys, ring)
    monkeypatch.undo()
    rest = ports(follow(capsys, ring))
    assert sorted(shown + rest) == [41_000 + number for number in range(6)]


def test_a_broken_place_and_a_broken_file_are_survived(capsys, ring: Path) -> None:
    (ring.parent / "place").write_bytes(b'["done", "a"]\n["told\x00\n[[[[\n["told", 3]')
    (ring / "cap_9.pcap").write_bytes(split(1)[0][:-5])
    os.utime(ring / "cap_9.pcap", (1_700_000_000, 1_700_000_000))
    told = follow(capsys, ring)
    assert set(ports(told)) >= {41_001, 41_005}
    assert told.code == 2
    assert "breaks off" in told.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_neither_hangs_nor_hides(capsys, ring: Path) -> None:
    os.mkfifo(ring / "pipe.pcap")
    (ring / "link.pcap").symlink_to(ring / "nowhere")
    (ring / "loop.pcap").symlink_to(ring / "loop.pcap")
    (ring / "empty.pcap").write_bytes(b"")
    assert ports(follow(capsys, ring)) == [41_000 + number for number in range(6)]


def test_the_newest_file_waits_until_it_is_settled(capsys, ring: Path) -> None:
    os.utime(ring / "cap_2.pcap")
    place = Place(ring.parent / "place")
    follow(capsys, ring)
    place = Place(ring.parent / "place")
    assert [name.partition(":")[0] for name in place.done] == ["cap_0.pcap", "cap_1.pcap"]


def test_a_ring_that_uses_a_name_again_is_a_new_file(ring: Path) -> None:
    before = Folder(ring).pieces()
    data = bytearray((ring / "cap_2.pcap").read_bytes())
    data[24:28] = struct.pack("<I", 1_700_009_999)
    (ring / "cap_2.pcap").write_bytes(data)
    after = Folder(ring).pieces()
    assert [piece.identity for piece in before[:2]] == [piece.identity for piece in after[:2]]
    assert before[2].identity != after[2].identity


def test_a_growing_file_is_read_to_its_end() -> None:
    raw = io.BytesIO()
    waits: list[float] = []

    def more(seconds: float) -> None:
        place = raw.tell()
        raw.seek(0, 2)
        raw.write(b"abc")
        raw.seek(place)
        waits.append(seconds)

    growing = Growing(raw, lambda: len(waits) == 3, more)
    read = b""
    while data := growing.read(2):
        read += data
    assert read == b"abcabcabc"


def test_words_that_do_not_go_together(capsys, ring: Path) -> None:
    assert tell(capsys, "detect", "capture").code != 0
    both = tell(capsys, "detect", "capture", ring / "cap_0.pcap", "--follow", ring)
    assert both.code != 0
    assert json.dumps("x") not in both.out
    assert tell(capsys, "detect", "capture", "--follow", ring / "none", "--once").code != 0


KILLED = """
import os, signal, sys
from atttcli.cli.capture_place import Place
from atttcli.cli.main import run
told, count = Place.told, [0]
def dies(self, name):
    count[0] += 1
    if count[0] == AFTER:
        os.kill(os.getpid(), signal.SIGKILL)
    told(self, name)
Place.told = dies
run()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
@pytest.mark.parametrize("after", [1, 4])
def test_a_kill_between_output_and_place_repeats_an_alert_under_its_name(
    capsys, ring: Path, tmp_path: Path, after: int
) -> None:
    words = ["detect", "capture", "--follow", str(ring), "--place", str(tmp_path / "place"), "--once"]
    words += ["--rules", str(tmp_path / "r.rules"), "--json", "--save-flows", str(tmp_path / "flows")]
    code = f"AFTER = {after}\n{KILLED}"
    died = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    first = [json.loads(line) for line in died.stdout.splitlines()]
    rest = follow(capsys, ring, "--save-flows", tmp_path / "flows").lines()
    names = [row["alert_id"] for row in first + rest]
    assert len(names) == 7
    assert names[after - 1] in names[after:]
    assert len({row["alert_id"] for row in first + rest}) == 6
    assert len(list((tmp_path / "flows").iterdir())) == 6


def test_flows_are_saved_whole_across_files(capsys, ring: Path, tmp_path: Path) -> None:
    told = follow(capsys, ring, "--save-flows", tmp_path / "flows")
    saved = sorted((tmp_path / "flows").iterdir())
    assert {path.stem.rpartition("-")[2] for path in saved} == {row["alert_id"] for row in told.lines()}
    for path in saved:
        again = tell(capsys, "detect", "capture", path, "--rules", tmp_path / "r.rules", "--json")
        assert [row["alert"]["signature_id"] for row in again.lines()] == [8]
    assert follow(capsys, ring, "--save-flows", tmp_path / "flows").out == ""
    assert len(list((tmp_path / "flows").iterdir())) == 6


def test_a_kill_while_flows_are_saved_leaves_no_half_of_one(capsys, ring: Path, tmp_path: Path, monkeypatch) -> None:
    from atttcli.sources.dissection.carving import Carver

    def dies(carver: Carver) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Carver, "done", dies)
    follow(capsys, ring, "--save-flows", tmp_path / "flows")
    assert any(".part" in path.name for path in (tmp_path / "flows").iterdir())
    monkeypatch.undo()
    follow(capsys, ring, "--save-flows", tmp_path / "flows")
    saved = list((tmp_path / "flows").iterdir())
    assert len(saved) == 6
    assert not any(".part" in path.name for path in saved)
    for path in saved:
        again = tell(capsys, "detect", "capture", path, "--rules", tmp_path / "r.rules", "--json")
        assert [row["alert"]["signature_id"] for row in again.lines()] == [8]
