"""`threshold.config`, and how a capture is judged: in line, mid-stream, one-sided."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from atttcli.engines.network import NetworkEngine, Settings
from atttcli.model.alert import Detection
from atttcli.rulepack.network import load_network_rules, with_limits
from tests.support.network_run import http, pack_of
from tests.support.network_wire import ACK, CLIENT, PSH, SERVER, Conversation, pcap, udp_frame

RULE = 'alert udp any any -> any 9 (content:"x"; sid:1;)\nalert udp any any -> any 9 (content:"x"; sid:2; gid:3;)'


def run(rules: str, frames: object, config: str = "", folder: Path | None = None, **settings: bool) -> list[Detection]:
    pack = pack_of(rules)
    assert not pack.problems, pack.problems
    if config:
        assert folder is not None
        (folder / "threshold.config").write_text(config)
        pack = with_limits(pack, [folder / "threshold.config"])
        assert not pack.limits.problems, pack.limits.problems
    engine = NetworkEngine(pack, settings=Settings(**settings))
    stream = io.BytesIO(pcap(frames))  # type: ignore[arg-type]
    return [found for found in engine.scan_capture(stream, "t.pcap") if isinstance(found, Detection)]


def told(*given: object, **settings: object) -> list[int]:
    return [found.detail["alert"]["signature_id"] for found in run(*given, **settings)]  # type: ignore[arg-type]


def datagrams(count: int) -> list[bytes]:
    return [udp_frame(b"x", dport=9, sport=40_000 + number) for number in range(count)]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("suppress gen_id 1, sig_id 1", [2, 2, 2]),
        ("suppress gen_id 0, sig_id 0", []),
        (f"suppress gen_id 1, sig_id 1, track by_src, ip {CLIENT}", [2, 2, 2]),
        (f"suppress gen_id 1, sig_id 1, track by_dst, ip {CLIENT}", [1, 2, 1, 2, 1, 2]),
        (f"suppress gen_id 1, sig_id 1, track by_either, ip [192.0.2.0/24,{SERVER}]", [2, 2, 2]),
        ("suppress gen_id 1, sig_id 1, track by_src, ip !$HOME_NET", [1, 2, 1, 2, 1, 2]),
        ("event_filter gen_id 1, sig_id 1, type limit, track by_src, count 1, seconds 60", [1, 2, 2, 2]),
        ("threshold gen_id 0, sig_id 0, type both, track by_rule, count 2, seconds 60", [1, 2]),
        ("threshold gen_id 3, sig_id 2, \\\n type threshold, track by_src, count 3, seconds 60", [1, 1, 1, 2]),
        ("rate_filter gen_id 1, sig_id 1, track by_src, count 1, seconds 9, new_action pass, timeout 9", [1, 2, 2, 2]),
        ("# nothing", [1, 2, 1, 2, 1, 2]),
    ],
)
def test_directives(line: str, left: list[int], tmp_path: Path):
    assert sorted(told(RULE, datagrams(3), line, tmp_path)) == sorted(left)


def test_a_directive_takes_the_place_of_the_rules_own_threshold(tmp_path: Path):
    rule = 'alert udp any any -> any 9 (content:"x"; threshold:type limit, track by_src, count 1, seconds 60; sid:1;)'
    line = "threshold gen_id 1, sig_id 1, type limit, track by_src, count 2, seconds 60"
    assert told(rule, datagrams(3)) == [1]
    assert told(rule, datagrams(3), line, tmp_path) == [1, 1]


@pytest.mark.parametrize(
    "line",
    [
        "suppress gen_id 1",
        "suppress gen_id 1, sig_id 1, track by_src",
        "suppress gen_id 1, sig_id 1, track by_rule, ip 192.0.2.1",
        "threshold gen_id 1, sig_id 1, type often, track by_src, count 1, seconds 1",
        "threshold gen_id 1, sig_id 1, type limit, track by_src, count 0, seconds 1",
        "rate_filter gen_id 1, sig_id 1, track by_src, count 1, seconds 1, new_action explode, timeout 1",
        "silence gen_id 1, sig_id 1",
        "suppress " + "a" * 5000,
    ],
)
def test_what_cannot_be_used_whole_is_named_with_its_place(line: str, tmp_path: Path):
    (tmp_path / "threshold.config").write_text("\n" + line)
    (tmp_path / "a.rules").write_text(RULE)
    pack = load_network_rules([tmp_path])
    (problem,) = pack.limits.problems
    assert problem.refused
    assert problem.where.line == 2
    assert pack.counts["loaded"] == 2


def test_the_file_in_a_folder_of_rules_holds(tmp_path: Path):
    (tmp_path / "a.rules").write_text(RULE)
    (tmp_path / "threshold.config").write_text("suppress gen_id 1, sig_id 1")
    for cache in (None, tmp_path / "cache", tmp_path / "cache"):
        engine = NetworkEngine(load_network_rules([tmp_path], cache=cache))
        found = [r for r in engine.scan_capture(io.BytesIO(pcap(datagrams(1))), "t") if isinstance(r, Detection)]
        assert [one.rule_id for one in found] == ["3:2"]


DROP = (
    'drop http any any -> any any (http.uri; content:"/bad"; sid:1;)\n'
    'alert http any any -> any any (http.uri; content:"/"; sid:2;)'
)
TWICE = b"GET /bad HTTP/1.1\r\nHost: a\r\n\r\n"


def test_drop_ends_a_flow_only_in_line():
    talk = Conversation().open().send(0, TWICE).send(1, b"HTTP/1.1 204 N\r\n\r\n").send(0, TWICE).close()
    apart = run(DROP, talk.frames)
    assert [found.detail["alert"]["signature_id"] for found in apart] == [1, 2, 1, 2]
    assert {found.detail["alert"]["action"] for found in apart} == {"allowed"}
    inline = run(DROP, talk.frames, inline=True)
    assert [found.detail["alert"]["signature_id"] for found in inline] == [1, 2]
    assert [found.detail["alert"]["action"] for found in inline] == ["blocked", "allowed"]


def test_precedence_of_actions():
    order = {"pass": [], "drop": [2, 1], "reject": [2, 1], "alert": [1, 2]}
    for action, left in order.items():
        rules = f'alert tcp any any -> any 80 (content:"GET"; sid:1;)\n{action} tcp any any -> any 80 (content:"GET"; sid:2;)'
        assert told(rules, http(TWICE).frames) == left, action


def test_a_connection_from_its_middle():
    talk = Conversation().open().send(0, TWICE).send(1, b"HTTP/1.1 204 N\r\n\r\n").close()
    rule = 'alert http any any -> any any (flow:established,to_server; http.uri; content:"/bad"; sid:1;)'
    assert told(rule, talk.frames[3:]) == []
    assert told(rule, talk.frames[3:], midstream=True) == [1]
    assert told(rule, talk.frames[4:], midstream=True) == []
    answer = 'alert http any any -> any any (flow:to_client; http.stat_code; content:"204"; sid:1;)'
    assert told(answer, talk.frames[5:], midstream=True) == [1]


def test_one_side_only():
    talk = Conversation().open().send(0, TWICE).close()
    alone = [frame for frame in talk.frames if frame[26:30] == talk.frames[0][26:30]]
    rule = 'alert http any any -> any any (http.uri; content:"/bad"; sid:1;)'
    assert told(rule, alone) == []
    assert told(rule, alone, one_sided=True) == [1]
    lone = [Conversation().segment(0, 5, 5, PSH | ACK, TWICE)]
    assert told(rule, lone, midstream=True, one_sided=True) == [1]
