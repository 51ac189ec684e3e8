"""`capture summary`: files beyond what is kept in memory are judged and carved as a whole, up to 20 MiB each."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from atttcli.engines.network import spooled
from tests.support.cli_run import tell
from tests.support.network_run import http
from tests.support.network_samples import smb_talk
from tests.support.network_wire import Conversation, pcap

RULE = 'rule marker { strings: $a = "MARKER-%d" condition: $a }'
BODY = b"MZ" + random.Random(1).randbytes(700_000) + b"MARKER-2" + bytes(200_000)


def web(body: bytes, sport: int = 40_000) -> Conversation:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % len(body)
    return http(b"GET /load.exe HTTP/1.1\r\nHost: a.example\r\n\r\n", head + body, sport=sport)


def ftp(body: bytes) -> Conversation:
    control = Conversation(dport=21).open().send(0, b"USER a\r\n").send(0, b"PASV\r\n")
    control.send(1, b"227 Entering (198,51,100,7,8,1)\r\n").send(0, b"RETR load.exe\r\n")
    data = Conversation(sport=40_001, dport=2049).open().send(1, body).close()
    control.frames += data.frames
    return control


def summary(capsys, folder: Path, talk: Conversation, number: int = 2) -> tuple[dict, list[bytes]]:
    (folder / "t.pcap").write_bytes(pcap(talk.frames))
    (folder / "m.yar").write_text(RULE % number)
    words = ("--carve", folder / "out", "--yara-rules", folder / "m.yar")
    told = tell(capsys, "capture", "summary", folder / "t.pcap", "--json", *words).lines()[0]
    return told, [path.read_bytes() for path in (folder / "out").iterdir()]


@pytest.mark.parametrize("talk", [web(BODY), ftp(BODY), smb_talk(BODY, chunks=30)], ids=["http", "ftp", "smb"])
def test_a_file_is_judged_to_its_end(capsys, tmp_path: Path, talk: Conversation) -> None:
    told, carved = summary(capsys, tmp_path, talk)
    (one,) = told["carried"]
    assert (one["size"], one["kept"], one["whole"]) == (len(BODY), len(BODY), True)
    assert one["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert [found["rule"] for found in told["findings"]] == ["m.yar:marker"]
    assert carved == [BODY]


def test_what_stood_in_the_first_part_is_found_once(capsys, tmp_path: Path) -> None:
    body = b"MZ MARKER-2" + BODY
    told, carved = summary(capsys, tmp_path, web(body))
    assert len(told["findings"]) == 1
    assert carved == [body]


def test_two_that_begin_alike_are_two(capsys, tmp_path: Path) -> None:
    talk = web(BODY)
    talk.frames += web(BODY[:-1] + b"x", sport=40_002).frames
    told, carved = summary(capsys, tmp_path, talk)
    assert len(told["findings"]) == 2
    assert {hashlib.sha256(one).hexdigest() for one in carved} == {one["sha256"] for one in told["carried"]}


def test_a_file_beyond_the_limit_is_judged_as_far_as_it_is_kept(capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(spooled, "MOST_FILE", 500_000)
    told, carved = summary(capsys, tmp_path, web(BODY))
    (one,) = told["carried"]
    assert (one["size"], one["kept"]) == (len(BODY), 100 * 1024)
    assert one["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert told["findings"] == []
    assert carved == [BODY[: 100 * 1024]]


def test_a_file_whose_end_was_not_seen_keeps_its_part(capsys, tmp_path: Path) -> None:
    talk = web(BODY)
    talk.frames = talk.frames[:200]
    told, carved = summary(capsys, tmp_path, talk)
    (one,) = told["carried"]
    assert one["whole"] is False
    assert carved == [BODY[: 100 * 1024]]


def test_spools_are_bounded_and_let_go() -> None:
    spools = spooled.Spools()
    held = [spooled.Spool(spools) for _ in range(spooled.MOST_OPEN + 1)]
    assert [one.add(b"x") for one in held] == [True] * spooled.MOST_OPEN + [False]
    assert spools.open == spooled.MOST_OPEN
    del held
    assert spools.open == 0
    poor = spooled.Spools(spooled.Limits(total_bytes=3))
    assert [spooled.Spool(poor).add(b"ab") for _ in range(3)] == [True, False, False]
    assert poor.open == 0
