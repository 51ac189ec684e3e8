"""`capture summary`: what is on the page is what was in the capture, and nothing of it acts on a screen or a browser."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.cli_run import tell
from tests.support.network_run import http
from tests.support.network_wire import CLIENT, SERVER, dns_query, pcap, udp_frame

PROGRAM = b"MZ" + b"\x90" * 500 + b"MARKER"
EVIL = b"</td><script>alert(1)</script><img src=x onerror=y>\x1b[2J\x1b]0;t\x07"


def answer(body: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    return b"HTTP/1.1 200 OK\r\nServer: s/1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        kind,
        len(body),
        body,
    )


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "t.pcap"
    get = http(b"GET /load.exe HTTP/1.1\r\nHost: cdn.example\r\nUser-Agent: curl/8\r\n\r\n", answer(PROGRAM))
    page = http(
        b"GET / HTTP/1.1\r\nHost: www.example\r\nUser-Agent: " + EVIL + b"\r\n\r\n",
        answer(b"<p>", b"text/html"),
        sport=41_000,
    )
    path.write_bytes(pcap([*get.frames, *page.frames, udp_frame(dns_query("bad.example"))]))
    return path


def summary(capsys, *words: object) -> dict:
    told = tell(capsys, "capture", "summary", *words, "--json")
    return told.lines()[0]


def test_all_that_was_seen_is_told(capsys, capture: Path) -> None:
    told = summary(capsys, capture)
    assert told["flows"] == 3
    assert told["packets"] == sum(one["packets"] for one in told["protocols"])
    assert {one["address"] for one in told["hosts"]} == {CLIENT, SERVER}
    assert [one["value"] for one in told["dns_names"]] == ["bad.example"]
    assert {one["value"] for one in told["http_hosts"]} == {"cdn.example", "www.example"}
    assert {one["name"]: one["flows"] for one in told["applications"]} == {"http": 2, "dns": 1}
    assert sum(step["bytes"] for step in told["timeline"]["steps"]) == told["bytes"]
    sent = next(one["sent"] for one in told["hosts"] if one["address"] == CLIENT)
    assert sent + next(one["sent"] for one in told["hosts"] if one["address"] == SERVER) == told["bytes"]


def test_files_are_told_with_hashes_carved_and_judged(capsys, capture: Path, tmp_path: Path) -> None:
    (tmp_path / "m.yar").write_text('rule marker { strings: $a = "MARKER" condition: $a }')
    digest = hashlib.sha256(PROGRAM).hexdigest()
    (tmp_path / "list.csv").write_text(f"type,value\nsha256,{digest}\ndomain,bad.example\n")
    words = ("--carve", tmp_path / "out", "--yara-rules", tmp_path / "m.yar", "--indicators", tmp_path / "list.csv")
    told = tell(capsys, "capture", "summary", capture, "--json", *words)
    assert told.code == 1
    made = told.lines()[0]
    assert [(one["name"], one["size"], one["sha256"], one["whole"]) for one in made["carried"]] == [
        ("load.exe", len(PROGRAM), digest, True)
    ]
    assert (tmp_path / "out" / made["carried"][0]["carved"]).read_bytes() == PROGRAM
    assert {one["engine"] for one in made["findings"]} == {"yara", "indicator"}
    assert len(made["findings"]) == 3


def test_several_files_are_one_summary_and_a_broken_one_is_said(capsys, capture: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.pcap").write_bytes(capture.read_bytes()[:-7])
    (tmp_path / "none.pcap").write_text("nothing")
    told = tell(capsys, "capture", "summary", capture, tmp_path / "cut.pcap", tmp_path / "none.pcap", "--json")
    assert told.code == 2
    made = told.lines()[0]
    assert made["flows"] == 5
    assert sum(made["problems"].values()) == 2


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _value in attrs}


def test_the_page_is_inert(capsys, capture: Path, tmp_path: Path) -> None:
    assert tell(capsys, "capture", "summary", capture, "--html", tmp_path / "s.html").code == 0
    page = (tmp_path / "s.html").read_text("utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.seen & {"script", "img", "iframe", "object", "link", "form", "a"}
    assert not [name for name in tags.attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert "default-src 'none'" in page
    assert "\x1b" not in page
    assert "bad.example" in page
    assert tell(capsys, "capture", "summary", capture, "--html", tmp_path / "s.html").code != 0  # never written over


def test_the_screen_is_safe_and_the_chart_fits(capsys, tmp_path: Path) -> None:
    path = tmp_path / "t.pcap"
    evil = http(b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: " + EVIL + b"\r\n\r\n").frames
    frames = evil + [udp_frame(dns_query(f"n{number}.example"), sport=number + 1000) for number in range(300)]
    path.write_bytes(pcap(frames, step=300_000))
    told = tell(capsys, "capture", "summary", path)
    assert "\x1b" not in told.out
    assert "\x07" not in told.out
    bars = [line for line in told.out.splitlines() if re.match(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d  ", line)]
    assert 10 <= len(bars) <= 24
    assert max(map(len, bars)) <= 80
    assert any("#" in bar for bar in bars)
    assert "DNS names (300)" in told.out


def test_people_read_local_times_with_their_zone_and_programs_utc(capsys, capture: Path, tmp_path: Path) -> None:
    assert (
        "15/11/2023 05:13:20 +07:00" in tell(capsys, "capture", "summary", capture, "--html", tmp_path / "s.html").out
    )
    assert "15/11/2023 05:13:20 +07:00" in (tmp_path / "s.html").read_text(encoding="utf-8")
    assert summary(capsys, capture)["first"].startswith("2023-11-14T22:13:20")
