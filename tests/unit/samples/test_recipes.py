"""Captures built from recipes are what an independent reader takes them for, and bad recipes are refused by name."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.errors import InputError
from atttcli.rulepack.recipes import START, build_capture, parse_recipe, unpack
from atttcli.rulepack.samples import pack

PAIR = {"client": "10.1.1.5", "server": "198.51.100.9:8080"}


def _read(data: bytes) -> list[object]:
    import scapy.layers.dns
    import scapy.layers.inet6
    import scapy.layers.l2  # noqa: F401 - these register their layers for the reader
    from scapy.utils import PcapReader

    return list(PcapReader(io.BytesIO(data)))


def _intact(packet: object) -> bool:
    """scapy computes the same checksums and lengths."""
    from scapy.layers.inet import IP, TCP, UDP

    fresh = packet.copy()  # type: ignore[attr-defined]
    for layer in (IP, TCP, UDP):
        if layer in fresh:
            del fresh[layer].chksum
    return bytes(fresh) == bytes(packet)  # type: ignore[call-overload,no-any-return]


def test_http_conversation_is_a_whole_tcp_session() -> None:
    from scapy.layers.inet import TCP

    messages = [{"http": "GET /a HTTP/1.1", "headers": {"X": "ngày"}}, {"http": "HTTP/1.1 200 OK", "body": "x" * 3000}]
    packets = _read(build_capture(parse_recipe([{**PAIR, "messages": messages}])))
    assert all(_intact(packet) for packet in packets)
    flags = [str(packet[TCP].flags) for packet in packets]  # type: ignore[index]
    assert flags[:3] == ["S", "SA", "A"]
    assert flags[-3:] == ["FA", "FA", "A"]
    client = b"".join(bytes(p[TCP].payload) for p in packets if p[TCP].dport == 8080)  # type: ignore[index]
    server = b"".join(bytes(p[TCP].payload) for p in packets if p[TCP].sport == 8080)  # type: ignore[index]
    assert client == "GET /a HTTP/1.1\r\nHost: 198.51.100.9\r\nX: ngày\r\n\r\n".encode()
    assert server == b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000


def test_every_byte_is_acknowledged() -> None:
    from scapy.layers.inet import TCP

    recipe = [{**PAIR, "messages": [{"client": "a" * 5000}, {"server": "b"}]}]
    packets = _read(build_capture(parse_recipe(recipe)))
    last = packets[-1][TCP]  # type: ignore[index]
    assert (last.seq, last.ack) == (1000 + 1 + 5000 + 1, 5000 + 1 + 1 + 1)


def test_dns_and_tls_over_both_families() -> None:
    from scapy.layers.dns import DNS

    dns = {
        "client": "10.1.1.5",
        "server": "10.1.1.1:53",
        "messages": [{"dns": "a.c2.example", "answer": "192.0.2.200"}],
    }
    tls = {"client": "[2001:db8::5]:4000", "server": "[2001:db8::9]:443", "messages": [{"sni": "b.c2.example"}]}
    packets = _read(build_capture(parse_recipe([dns, tls])))
    assert all(_intact(packet) for packet in packets)
    answers = [packet[DNS] for packet in packets if DNS in packet]  # type: ignore[index,operator]
    assert [answer.qd[0].qname for answer in answers] == [b"a.c2.example."] * 2
    assert answers[1].an[0].rdata == "192.0.2.200"
    assert any(b"b.c2.example" in bytes(packet) for packet in packets)  # type: ignore[call-overload]


def test_repetition_takes_new_ports_at_the_given_pace() -> None:
    from scapy.layers.inet import TCP

    recipe = [{**PAIR, "at": 2, "repeat": 3, "every": 10, "messages": [{"client": "x"}]}]
    opened = [p for p in _read(build_capture(parse_recipe(recipe))) if p[TCP].flags == "S"]  # type: ignore[index]
    assert [round(float(p.time) - START) for p in opened] == [2, 12, 22]  # type: ignore[attr-defined]
    assert len({p[TCP].sport for p in opened}) == 3  # type: ignore[index]


@pytest.mark.parametrize(
    "recipe",
    [
        [],
        "flows",
        [{"client": "10.1.1.5", "server": "10.1.1.6"}],
        [{**PAIR, "messages": [{"clinet": "x"}]}],
        [{**PAIR, "messages": [{"client_hex": "zz"}]}],
        [{**PAIR, "messages": [{"client_packed": "***"}]}],
        [{**PAIR, "messages": ["x"]}],
        [{**PAIR, "messages": [5]}],
        [{**PAIR, "server": "c2.example:80", "messages": [{"client": "x"}]}],
        [{**PAIR, "server": "10.1.1.6:99999", "messages": [{"client": "x"}]}],
        [{**PAIR, "server": "10.1.1.6:²", "messages": [{"client": "x"}]}],
        [{**PAIR, "server": "10.1.1.6:0", "messages": [{"client": "x"}]}],
        [{**PAIR, "repeat": 100000, "messages": [{"client": "x"}]}],
        [{**PAIR, "proto": "sctp", "messages": [{"client": "x"}]}],
        [{**PAIR, "tme": 1, "messages": [{"client": "x"}]}],
        [{**PAIR, "messages": []}],
        [{**PAIR, "at": "soon", "messages": [{"client": "x"}]}],
        [{"client": "10.1.1.5", "server": "10.1.1.1:53", "messages": [{"dns": "x" * 70}]}],
        [{**PAIR, "messages": [{"dns": "a.example", "answer": "none"}]}],
        [{**PAIR, "server": "2001:db8::1", "messages": [{"client": "x"}]}],
    ],
)
def test_bad_recipe_is_refused(recipe: object) -> None:
    with pytest.raises(InputError):
        parse_recipe(recipe)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["10.1.1.5:80", "tcp", "GET /"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_MESSAGE_KEYS = [
    "http",
    "headers",
    "body",
    "body_packed",
    "dns",
    "answer",
    "sni",
    "client",
    "server_hex",
    "client_packed",
]
_MESSAGES = st.lists(st.dictionaries(st.sampled_from(_MESSAGE_KEYS), _VALUES, max_size=4) | _VALUES, max_size=3)
_ODD = st.dictionaries(st.sampled_from(["at", "repeat", "every", "proto", "client"]), _VALUES, max_size=3)


@settings(max_examples=300, deadline=None)
@given(_MESSAGES, _ODD)
def test_any_recipe_is_built_or_refused(messages: list[object], odd: dict[str, object]) -> None:
    try:
        flows = parse_recipe([{**PAIR, "messages": messages, **odd}])
    except InputError:
        return
    assert build_capture(flows)[:4] == b"\xd4\xc3\xb2\xa1"


def test_oversized_recipe_is_refused() -> None:
    with pytest.raises(InputError):
        parse_recipe([{**PAIR, "repeat": 1000, "messages": [{"client": "x" * 200_000}]}])
    with pytest.raises(InputError):
        parse_recipe([{**PAIR, "messages": [{"sni": "x" * 70_000}]}])


@given(st.binary(max_size=400))
def test_packing_is_reversible(data: bytes) -> None:
    assert unpack(pack(data)) == data
