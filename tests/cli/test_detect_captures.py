"""`detect capture` over folders, over captures cut into files, and by several processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.cli_run import tell
from tests.support.network_run import http
from tests.support.network_wire import dns_query, pcap, udp_frame

RULES = """
alert dns any any -> any any (msg:"asked"; dns.query; content:"bad.example"; sid:7; rev:3;)
alert http any any -> any any (msg:"late"; flow:established,to_server; http.request_body; content:"far away"; sid:8;)
"""
CUT = http(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2008\r\n\r\n" + b"x" * 2000 + b"far away").frames


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rules, and a folder of captures, other files, and a link out of it."""
    (tmp_path / "n.rules").write_text(RULES)
    captures = tmp_path / "captures"
    (captures / "b" / "deep").mkdir(parents=True)
    for number in range(12):
        asked = udp_frame(dns_query("bad.example" if number % 2 else "good.example"), sport=50_000 + number)
        (captures / ("b/deep" if number > 5 else "") / f"{number:02}.cap").write_bytes(pcap([asked]))
    (captures / "notes.txt").write_text("nothing")
    (captures / "b" / "empty.pcap").write_bytes(b"")
    (captures / "out").symlink_to(tmp_path)
    return tmp_path


def test_a_folder_is_looked_through_with_one_ledger(folder: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "detect", "capture", folder / "captures", "--rules", folder / "n.rules")
    assert told.code == 1
    assert "12 captures: 12 packets, 12 flows, 6 alerts; 2 rules." in told.err
    assert "2 files of the folders are no captures" in told.err
    assert told.err.count(".cap: ") == 8  # of many captures only the first are told one by one


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="copies of a process are made on Linux only")
def test_several_processes_say_what_one_says_in_its_order(folder: Path, capsys: pytest.CaptureFixture) -> None:
    (folder / "broken.pcap").write_bytes(pcap([udp_frame(dns_query("bad.example"))])[:-5])
    (folder / "none.pcap").write_bytes(b"this is no capture")
    names = (folder / "none.pcap", folder / "captures", folder / "broken.pcap")
    words = ("--rules", folder / "n.rules", "--json", "--apart")
    one = tell(capsys, "detect", "capture", *names, *words)
    three = tell(capsys, "detect", "capture", *names, *words, "--workers", "3")
    assert len(one.lines()) == 6
    assert [row["src_port"] for row in one.lines()] == [50_001, 50_003, 50_005, 50_007, 50_009, 50_011]
    assert (three.code, three.out, three.err) == (one.code, one.out, one.err)
    assert three.code == 2
    assert "none.pcap" in three.err
    assert "broken.pcap" in three.err


def halves(tmp_path: Path, gap: int) -> tuple[Path, Path]:
    """The conversation in two files; the second begins `gap` seconds after the first ends."""
    whole = pcap(CUT)
    at = 24 + sum(16 + len(frame) for frame in CUT[:5])
    second = bytearray(whole[at:])
    place = 0
    while place < len(second):
        seconds = int.from_bytes(second[place : place + 4], "little") + gap
        second[place : place + 4] = seconds.to_bytes(4, "little")
        place += 16 + int.from_bytes(second[place + 8 : place + 12], "little")
    (tmp_path / "1.pcap").write_bytes(whole[:at])
    (tmp_path / "2.pcap").write_bytes(whole[:24] + second)
    return tmp_path / "1.pcap", tmp_path / "2.pcap"


@pytest.mark.parametrize(
    ("gap", "words", "found"),
    [(0, (), [8]), (60, (), []), (60, ("--joined",), [8]), (0, ("--apart",), []), (0, ("--workers", "2"), [8])],
)
def test_a_capture_cut_into_files_is_one(
    gap: int, words: tuple[str, ...], found: list[int], folder: Path, capsys: pytest.CaptureFixture
) -> None:
    first, second = halves(folder, gap)
    told = tell(capsys, "detect", "capture", first, second, "--rules", folder / "n.rules", "--json", *words)
    assert [json.loads(line)["alert"]["signature_id"] for line in told.out.splitlines()] == found
    assert told.code == bool(found)


def test_a_worker_that_is_lost_costs_nothing(folder: Path, capsys: pytest.CaptureFixture, monkeypatch) -> None:
    from atttcli.process import forked

    monkeypatch.setattr(forked, "MOST_BYTES", 10)  # whatever a copy says is too much
    words = (folder / "captures", "--rules", folder / "n.rules", "--json", "--apart", "--workers", "2")
    assert len(tell(capsys, "detect", "capture", *words).lines()) == 6
