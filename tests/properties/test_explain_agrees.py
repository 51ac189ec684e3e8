"""What `rules explain` says of a rule is what the engine decided: every rule of every case that stands here, and random ones."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engines.network import NetworkEngine
from atttcli.engines.network.diagnosis import Sides
from atttcli.engines.network.tracing import Trace, Watched, traced
from atttcli.errors import AtttError
from atttcli.model.alert import Detection
from atttcli.rulepack.network import load_network_rules
from tests.support.network_run import http, pack_of
from tests.support.network_wire import pcap

CASES = Path(os.environ.get("ATTTCLI_VERIFY_CASES", "/work/shared/data/network/verify"))
SIDES = Sides("any", "any", "any", "any")


def explained(engine: NetworkEngine, number: int, capture: bytes) -> Trace:
    trace = Trace()
    run = engine.begin(sightings=False, traffic=traced(number, SIDES, Watched(), trace))
    list(run.read(io.BytesIO(capture), "t.pcap"))
    list(run.finish())
    return trace


def agree(engine: NetworkEngine, capture: bytes, most: int) -> int:
    """Compare each rule's explanation with the engine's own alerts; how many rules were compared."""
    found = [one for one in engine.scan_capture(io.BytesIO(capture), "t.pcap") if isinstance(one, Detection)]
    rules = engine.rules.rules[:most]
    for number, rule in enumerate(rules):
        trace = explained(engine, number, capture)
        wanted = sorted(one.detail["pcap_cnt"] for one in found if one.rule_id == f"{rule.gid}:{rule.sid}")
        told = sorted(match["packet"] for flow in trace.alerted for match in flow["matches"])
        assert trace.differ == 0, rule.sid
        assert trace.alerts == len(wanted), rule.sid
        if all(len(flow["matches"]) < 64 for flow in trace.alerted):
            assert told == wanted, rule.sid
        assert sum(group.flows for group in trace.failed.values()) + len(trace.alerted) <= trace.flows + len(
            trace.quiet
        )
    return len(rules)


@pytest.mark.skipif(not (CASES / "manifest.json").exists(), reason="the verify cases are not here")
def test_explain_alerts_exactly_where_the_engine_does():
    compared = 0
    for case in json.loads((CASES / "manifest.json").read_text())[::2]:
        folder = CASES / "cases" / case["name"]
        captures = [path for path in sorted(folder.glob("input.pcap*")) if path.stat().st_size < 200_000]
        if not captures or not list(folder.glob("*.rules")):
            continue
        try:
            pack = load_network_rules([folder])
            compared += agree(NetworkEngine(pack, hyperscan=False), captures[0].read_bytes(), 4)
        except AtttError:
            continue
    assert compared > 300


OPTIONS = st.lists(
    st.sampled_from(
        (
            'content:"GET";',
            'content:"get"; nocase;',
            'content:"index"; distance:1;',
            'content:"/"; offset:4; depth:1;',
            'content:!"zebra";',
            'pcre:"/in+dex/i";',
            "isdataat:10,relative;",
            "dsize:>20;",
            "byte_test:1,>,60,0;",
            "flow:established,to_server;",
            "flow:established,to_client;",
        )
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
BUFFERS = st.sampled_from(("", "http.uri;", "http.user_agent;", "http.header;", "http.response_body;"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(OPTIONS, BUFFERS), min_size=1, max_size=4))
def test_explain_agrees_on_rules_made_up(rules):
    text = "\n".join(
        f"alert tcp any any -> any any ({''.join(one for one in options if one.startswith(('flow', 'dsize')))}{buffer}"
        f"{''.join(one for one in options if not one.startswith(('flow', 'dsize')))} sid:{sid};)"
        for sid, (options, buffer) in enumerate(rules, 1)
    )
    talk = http(
        b"GET /index.html HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"
    )
    agree(NetworkEngine(pack_of(text), hyperscan=False), pcap(talk.frames), 9)
