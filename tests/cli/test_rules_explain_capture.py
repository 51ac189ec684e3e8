"""`rules explain --capture`: the step that failed is the one that fails, and what matched is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli_run import tell
from tests.support.network_run import http
from tests.support.network_wire import dns_query, pcap, udp_frame

REQUEST = b"GET /index.html?q=Hello HTTP/1.1\r\nHost: a.example\r\nUser-Agent: curl/8\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"
HEAD = "alert http any any -> any any"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "t.pcap"
    path.write_bytes(pcap([*http(REQUEST, ANSWER).frames, udp_frame(dns_query("a.example"))]))
    return path


def explained(capsys: pytest.CaptureFixture, capture: Path, rule: str, *more: object) -> dict:
    told = tell(capsys, "rules", "explain", "--rule", rule, "--capture", capture, "--json", *more)
    assert told.code == 0, told.err
    return told.lines()[0]


CASES = [
    ("protocol", 'alert udp any any -> any any (content:"GET"; sid:1;)', ("rule wants udp",)),
    ("address", 'alert tcp any any -> 203.0.113.0/24 any (content:"GET"; sid:1;)', ("destination", "203.0.113.0/24")),
    ("port", 'alert tcp any any -> any 8080 (content:"GET"; sid:1;)', ("destination 80", "8080")),
    ("application", 'alert tls any any -> any any (tls.sni; content:"a"; sid:1;)', ("speaks http", "tls")),
    ("state", 'alert tcp any any -> any any (flow:not_established; content:"index"; sid:1;)', ("established",)),
    ("buffer", f'{HEAD} (http.cookie; content:"a"; sid:1;)', ("http.cookie",)),
    ("content", f'{HEAD} (http.uri; content:"absent"; sid:1;)', ("http.uri", "absent")),
    ("pcre", f'{HEAD} (http.uri; content:"/index"; pcre:"/^\\.php/R"; sid:1;)', ("php",)),
    ("size", f'{HEAD} (http.method; content:"GET"; bsize:9; sid:1;)', ("http.method",)),
    ("isdataat", f'{HEAD} (http.method; content:"GET"; isdataat:4,relative; sid:1;)', ("http.method",)),
    ("byte_test", f'{HEAD} (http.uri; content:"/"; byte_test:1,=,90,0,relative; sid:1;)', ("http.uri",)),
    ("dsize", 'alert tcp any any -> any any (dsize:>900; content:"GET"; sid:1;)', ("less than 901 bytes",)),
    ("packet", 'alert tcp any any -> any any (ttl:3; content:"GET"; sid:1;)', ("ttl",)),
    ("flowbits", f'{HEAD} (flowbits:isset,seen; http.uri; content:"/"; sid:1;)', ("seen", "no loaded rule")),
]  # fmt: skip


@pytest.mark.parametrize(("step", "rule", "words"), CASES, ids=[case[0] for case in CASES])
def test_the_step_that_failed_is_told(capsys, capture: Path, step: str, rule: str, words: tuple[str, ...]) -> None:
    told = explained(capsys, capture, rule, "--flow", "198.51.100.7:80-10.1.2.3:40000")
    assert told["flows"] == 1
    assert told["alerts"] == 0
    assert [group["step"] for group in told["failed"]] == [step]
    for word in words:
        assert word in told["failed"][0]["text"]


def test_who_would_set_a_flowbit_is_named(capsys, capture: Path, tmp_path: Path) -> None:
    rules = tmp_path / "r.rules"
    rules.write_text(
        f'{HEAD} (flowbits:set,seen; flowbits:noalert; http.uri; content:"never"; sid:77;)\n'
        f'{HEAD} (flowbits:isset,seen; http.uri; content:"/"; sid:78;)\n'
    )
    told = tell(capsys, "rules", "explain", "--sid", "78", "--rules", rules, "--capture", capture, "--json").lines()[0]
    assert next(group for group in told["failed"] if group["step"] == "flowbits")["facts"]["set_by"] == [77]


def test_what_stood_nearest(capsys, capture: Path) -> None:
    def near(options: str) -> dict:
        told = explained(
            capsys, capture, f"{HEAD} (http.uri; {options} sid:1;)", "--flow", "10.1.2.3:40000-198.51.100.7:80"
        )
        return told["failed"][0]["examples"][0]["nearest"]

    assert near('content:"hello";')["case_at"] == 14
    outside = near('content:"Hello"; depth:9;')
    assert (outside["found_at"], outside["from"], outside["to"]) == (14, 0, 9)
    assert near('content:"/index"; content:"Hello"; within:6;')["found_at"] == 14
    part = near('content:"/index.php";')
    assert (part["part"], part["of"], part["part_at"]) == (7, 10, 0)
    assert near('content:!"index";')["unwanted_at"] == 1


def test_a_flow_that_alerts_tells_every_buffer_and_offset(capsys, capture: Path) -> None:
    rule = f'{HEAD} (http.uri; content:"index"; content:"Hello"; distance:0; http.user_agent; content:"curl"; sid:1;)'
    told = explained(capsys, capture, rule)
    assert told["alerts"] == 1
    buffers = told["alerted"][0]["matches"][0]["buffers"]
    assert [(one["buffer"], [place["offset"] for place in one["found"]]) for one in buffers] == [
        ("http.uri", [1, 14]),
        ("http.user_agent", [0]),
    ]
    shown = tell(capsys, "rules", "explain", "--rule", rule, "--capture", capture)
    assert 'offset 14: "Hello"' in shown.out
    assert "1 flow: the flow is udp, the rule wants http" in shown.out


def test_a_match_that_became_no_alert_says_why(capsys, capture: Path, tmp_path: Path) -> None:
    def fate(options: str, *more: object) -> str:
        told = explained(capsys, capture, f'{HEAD} (http.uri; content:"index"; {options} sid:1;)', *more)
        assert told["alerts"] == 0
        return told["matched_quietly"][0]["matches"][0]["fate"]

    assert fate("threshold:type threshold, track by_src, count 5, seconds 60;") == "threshold"
    assert fate("noalert;") == "noalert"
    (tmp_path / "quiet.config").write_text("suppress gen_id 1, sig_id 1\n")
    assert fate("", "--threshold-config", tmp_path / "quiet.config") == "suppress"
    (tmp_path / "pass.rules").write_text('pass http any any -> any any (http.uri; content:"/"; sid:5;)\n')
    assert fate("", "--rules", tmp_path / "pass.rules") == "passed"


def test_refused_rules_and_wrong_words_are_said(capsys, capture: Path) -> None:
    refused = tell(capsys, "rules", "explain", "--rule", f"{HEAD} (made-up:1; sid:1;)", "--capture", capture)
    assert refused.code != 0
    assert "made-up" in refused.err
    assert tell(capsys, "rules", "explain", "--sid", "4000000001", "--capture", capture).code != 0
    wrong = tell(
        capsys, "rules", "explain", "--rule", f'{HEAD} (content:"a"; sid:1;)', "--capture", capture, "--flow", "a-b"
    )
    assert wrong.code != 0


def test_a_hostile_capture_stays_text(capsys, tmp_path: Path) -> None:
    path = tmp_path / "evil.pcap"
    path.write_bytes(pcap(http(b"GET /\x1b[2J\x1b]0;x\x07<script> HTTP/1.1\r\nHost: a\r\n\r\n").frames))
    rule = f'{HEAD} (http.uri; content:"script"; sid:1;)'
    told = tell(capsys, "rules", "explain", "--rule", rule, "--capture", path)
    assert "script" in told.out
    assert "\x1b" not in told.out
    assert "\x07" not in told.out


def test_in_vietnamese(capsys, capture: Path) -> None:
    rule = 'alert tcp any any -> any 8080 (content:"GET"; sid:1;)'
    told = tell(capsys, "--lang", "vi", "rules", "explain", "--rule", rule, "--capture", capture)
    assert "cổng: đích 80 không thuộc 8080" in told.out
