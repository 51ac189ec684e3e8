"""Crafted packets under scapy: bounded in time and size, never an exception, and always bytes to fall back on."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.sources.capture import Record
from atttcli.sources.dissection.layers import MOST_BYTES, MOST_LAYERS, MOST_TEXT, dissect, hexdump
from tests.support.network_wire import CLIENT, SERVER, client_hello, dns_query, ethernet, ip, ipv4, ipv6, tcp, udp_frame

HEADER = dns_query("a.example")[:4]
SEEDS = (
    udp_frame(dns_query("evil.example")),
    udp_frame(dns_query("evil.example", response=True)),
    ethernet(ip(CLIENT, SERVER, 6, tcp(40_000, 80, 1, 1, 24, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))),
    ethernet(ip(CLIENT, SERVER, 6, tcp(40_000, 443, 1, 1, 24, client_hello("c2.example")))),
    udp_frame(bytes(48), dport=123),
    udp_frame(b"\x01\x01\x06\x00" + bytes(232) + b"\x63\x82\x53\x63\x35\x01\x01\xff", sport=68, dport=67),
)
BOMBS = {
    "nested IPv4": ethernet(b"".join(ipv4(CLIENT, SERVER, 4, b"") for _ in range(800))),
    "IPv6 headers without end": ethernet(ipv6("2001:db8::1", "2001:db8::2", 0, bytes(16_000))),
    "a name that points at itself": udp_frame(HEADER + b"\0\1\0\0\0\0\0\0" + b"\xc0\x0c\0\1\0\1"),
    "65535 questions": udp_frame(HEADER + b"\xff\xff\xff\xff\xff\xff\xff\xff" + b"\0\0\1\0\1" * 3000),
    "1300 answers": udp_frame(HEADER + b"\0\0\xff\xff\0\0\0\0" + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\0" * 1300),
    "a header of half a megabyte": ethernet(
        ip(CLIENT, SERVER, 6, tcp(1, 80, 1, 1, 24, b"GET / HTTP/1.1\r\nA: " + b"b" * 60_000))
    ),
    "10000 headers": ethernet(ip(CLIENT, SERVER, 6, tcp(1, 80, 1, 1, 24, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 2500))),
    "VLAN in VLAN": b"\x02" * 12 + b"\x81\x00\x00\x01" * 4000,
    "options of length nothing": ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 3, 4, 2, b"", bytes([8, 0] * 20)))),
}


def check(record: Record) -> None:
    began = time.process_time()
    found = dissect(record)
    assert time.process_time() - began < 3
    assert len(found.layers) <= MOST_LAYERS
    for layer in found.layers:
        assert all(len(text) <= MOST_TEXT for _, text in layer.fields)
    assert found.layers or found.note


@pytest.mark.parametrize("frame", BOMBS.values(), ids=BOMBS)
def test_bombs_end_soon_and_small(frame: bytes) -> None:
    check(Record(1, 0, 1, frame))


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.binary(max_size=80),
)
def test_mutated_packets_are_values(seed: bytes, changes: list[tuple[int, int]], tail: bytes) -> None:
    data = bytearray(seed)
    for at, byte in changes:
        data[at % len(data)] = byte
    check(Record(1, 0, 1, bytes(data) + tail))


@given(st.binary(max_size=200), st.sampled_from((0, 1, 9, 12, 50, 101, 108, 113, 228, 229, 276, 147, 999)))
def test_any_bytes_of_any_link_type(data: bytes, link: int) -> None:
    check(Record(1, 0, link, data)) if data else dissect(Record(1, 0, link, data))


def test_what_is_too_long_is_cut_and_said() -> None:
    long = udp_frame(b"x" * 40_000)
    assert str(MOST_BYTES) in dissect(Record(1, 0, 1, long)).note


def test_hexdump_is_plain_ascii_whatever_the_bytes() -> None:
    lines = hexdump(bytes(range(256)), 100)
    assert len(lines) == 7
    assert lines[0] == "000000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ................"
    assert lines[-1] == f"000060  {'60 61 62 63':<47}  `abc"
    assert all(text.isascii() and text.isprintable() for text in lines)
    assert hexdump(b"", 16) == []
