"""SIP and PostgreSQL sessions made at random and cut anywhere say what was put in; DHCP says what another parser reads."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.engines.network.protocols import message_app
from atttcli.engines.network.view import View
from tests.support.network_samples import PG_STARTUP, pg_message

BYTES = st.binary(max_size=300)
WORDS = st.text("abcXYZ019.@", min_size=1, max_size=20).map(str.encode)


def fed(app: str, data: bytes, rng: random.Random) -> list[View]:
    """The views of a client's stream that arrives in pieces."""
    parser = message_app(app, framed=True)
    assert parser is not None
    cuts = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(rng.randrange(40)))})
    return [view for low, high in pairwise(cuts) for view in parser.feed(0, data[low:high])]


@given(
    st.lists(st.tuples(st.sampled_from([b"Q", b"p", b"d", b"P", b"B", b"X"]), BYTES), max_size=30),
    st.randoms(use_true_random=False),
)
def test_each_query_is_told_whole_and_in_order(messages: list[tuple[bytes, bytes]], rng: random.Random):
    data = PG_STARTUP + b"".join(pg_message(kind, body + b"\0") for kind, body in messages)
    views = fed("pgsql", data, rng)
    queries = [(number, body) for number, (kind, body) in enumerate(messages, 1) if kind == b"Q"]
    assert [(view.number, view.read("pgsql.query")[0]) for view in views] == queries


@st.composite
def calls(draw: st.DrawFn) -> tuple[bytes, tuple[bytes, ...], bytes]:
    """A request: method, values of Via, and the whole as it is sent."""
    method, vias, body = (
        draw(st.sampled_from([b"INVITE", b"BYE", b"OPTIONS", b"XYZ"])),
        draw(st.lists(WORDS, max_size=4)),
        draw(BYTES),
    )
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    lines = [method + b" sip:" + draw(WORDS) + b" SIP/2.0"]
    lines += [draw(st.sampled_from([b"Via: ", b"v:", b"VIA : "])) + via for via in vias]
    lines += [draw(st.sampled_from([b"Content-Length: %d", b"l:%d ", b"CONTENT-LENGTH\t: %d"])) % len(body)]
    return method, tuple(vias), draw(st.sampled_from([b"", b"\r\n\r\n"])) + end.join(lines) + end + end + body


@given(st.lists(calls(), max_size=12), st.randoms(use_true_random=False))
def test_each_call_is_told_with_its_headers(made: list[tuple[bytes, tuple[bytes, ...], bytes]], rng: random.Random):
    views = fed("sip", b"".join(data for _, _, data in made), rng)
    assert [(view.read("sip.method"), view.read("sip.via")) for view in views] == [((m,), vias) for m, vias, _ in made]


TIMES = st.one_of(st.none(), st.integers(0, 0xFFFFFFFF))
OTHERS = st.lists(
    st.sampled_from([("hostname", b"pc-1"), ("requested_addr", "10.0.0.9"), ("router", "10.0.0.1"), "pad"]), max_size=4
)


@given(TIMES, TIMES, TIMES, OTHERS, OTHERS)
def test_lease_times_are_those_that_scapy_writes(
    lease: int | None, renewal: int | None, rebinding: int | None, before, after
):  # type: ignore[no-untyped-def]
    scapy = pytest.importorskip("scapy.layers.dhcp")
    given_times = {"lease_time": lease, "renewal_time": renewal, "rebinding_time": rebinding}
    times = [(name, value) for name, value in given_times.items() if value is not None]
    options = [("message-type", "ack"), *before, *times, *after, "end"]
    data = bytes(scapy.BOOTP(op=2, chaddr=b"\2\0\0\0\0\1", yiaddr="10.0.0.9") / scapy.DHCP(options=options))
    app = message_app("dhcp", framed=False)
    assert app is not None
    (view,) = app.feed(1, data)
    names = ("dhcp.leasetime", "dhcp.renewal_time", "dhcp.rebinding_time")
    ours = [int(view.read(name)[0]) if view.read(name) else None for name in names]
    assert ours == [lease, renewal, rebinding]
    assert not view.read("event.dhcp")
