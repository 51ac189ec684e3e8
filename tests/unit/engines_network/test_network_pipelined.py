"""A client that asks and asks: where its requests are no longer kept, that is said."""

from __future__ import annotations

import io

from atttcli.engine import EngineProblem
from atttcli.engines.network import NetworkEngine
from tests.support.network_run import pack_of
from tests.support.network_wire import Conversation, pcap

RULE = 'alert http any any -> any any (http.uri; content:"/x"; sid:1;)'


def problems(requests: int) -> list[str]:
    talk = Conversation().open().send(0, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * requests).close()
    engine = NetworkEngine(pack_of(RULE))
    found = engine.scan_capture(io.BytesIO(pcap(talk.frames)), "t.pcap")
    return [one.reason for one in found if isinstance(one, EngineProblem)]


def test_more_requests_than_are_kept_are_a_problem():
    assert [reason for reason in problems(600) if "HTTP" in reason] == [
        "1 HTTP connections were not judged to their end: too many requests without answer"
    ]
    assert problems(500) == []
