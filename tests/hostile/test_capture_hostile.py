"""Captures and traffic made to hurt: bounded memory and time, typed problems, the rest still judged."""

from __future__ import annotations

import gzip
import io
import random
import struct
import time
import tracemalloc
import zlib

import pytest

from atttcli.engine import EngineProblem
from atttcli.engines.network import NetworkEngine, flows, stream
from atttcli.engines.network.body import LIMIT
from atttcli.limits import Budget, Limits
from atttcli.model.alert import Detection
from tests.support.network_run import http, pack_of, sids
from tests.support.network_wire import (
    ACK,
    CLIENT,
    PSH,
    SERVER,
    SYN,
    Conversation,
    client_hello,
    dns_query,
    ethernet,
    ipv4,
    pcap,
    tcp,
    udp_frame,
)

RULES = """
alert http any any -> any any (http.uri; content:"/evil"; sid:1;)
alert http any any -> any any (flow:to_client; file.data; content:"needle"; sid:2;)
alert dns any any -> any any (dns.query; content:"evil"; sid:3;)
alert tls any any -> any any (tls.sni; content:"evil"; sid:4;)
alert tcp any any -> any any (content:"evil-stream"; sid:5;)
alert udp any any -> any any (content:"evil-packet"; sid:6;)
"""
LAST = udp_frame(dns_query("evil.example"), sport=50_001)


def run(frames: list[bytes], **limits: int) -> tuple[list[int], list[EngineProblem], NetworkEngine]:
    engine = NetworkEngine(pack_of(RULES))
    budget = Budget(Limits(**limits)) if limits else None  # type: ignore[arg-type]
    results = list(engine.scan_capture(io.BytesIO(pcap(frames)), "h", "", budget))
    found = [r.detail["alert"]["signature_id"] for r in results if isinstance(r, Detection)]
    return found, [r for r in results if isinstance(r, EngineProblem)], engine


def peak_of(frames: list[bytes]) -> tuple[list[int], float]:
    tracemalloc.start()
    try:
        found, _, _ = run(frames)
        return found, tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_many_flows_of_one_packet(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flows, "MAX_FLOWS", 1000)
    frames = [
        ethernet(ipv4(f"10.{n >> 8 & 255}.{n & 255}.1", SERVER, 6, tcp(1000, 80, n, 0, SYN))) for n in range(8000)
    ]
    found, problems, engine = run([*frames, LAST])
    assert found == [3]
    assert engine.counts.flows == 8001
    assert engine.counts.evicted > 6000
    assert any("connections were ended early" in problem.reason for problem in problems)


def test_streams_that_are_never_acknowledged_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flows, "MAX_MEMORY", 2_000_000)
    frames: list[bytes] = []
    for n in range(200):
        talk = Conversation(client=f"10.0.{n}.1", dport=9999).open()
        frames += talk.frames + [talk.data(0, b"x" * 1400) for _ in range(30)]
    found, peak = peak_of([*frames, LAST])
    assert found == [3]
    assert peak < 60  # the frames themselves are 9 MB, twice


def test_tiny_segments_count_for_what_they_cost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flows, "MAX_MEMORY", 2_000_000)
    frames: list[bytes] = []
    for n in range(60):
        talk = Conversation(client=f"10.0.{n}.1", dport=9999).open()
        talk.data(0, b"never sent")
        frames += talk.frames + [talk.data(0, b"x") for _ in range(500)]  # 30,000 bytes, 5 MB of segments
    found, _, engine = run([*frames, LAST])
    assert found == [3]
    assert engine.counts.evicted > 10


def test_fragments_that_wait_at_the_end_are_told():
    frames = [ethernet(ipv4(CLIENT, SERVER, 17, b"z" * 64, ident=n, fragment=0x2000)) for n in range(5)]
    found, problems, engine = run([*frames, LAST])
    assert (found, engine.counts.fragments_dropped) == ([3], 5)
    assert [problem.reason for problem in problems] == ["5 fragmented packets never became whole"]


def test_holes_that_are_never_filled_do_not_stop_the_stream():
    talk = Conversation(dport=9999).open()
    talk.data(0, b"lost")
    big = [talk.data(0, b"y" * 1400) for _ in range(stream.MAX_HELD // 1400 + 10)]
    talk.frames += [*big, talk.data(0, b"evil-stream")]
    assert sids(RULES, talk) == [5]


def test_one_byte_segments_in_the_worst_order():
    talk = Conversation(dport=9999).open()
    pieces = [talk.data(0, bytes([65 + n % 26])) for n in range(4000)]
    begin = time.process_time()
    run([*talk.frames, *pieces[::-1], talk.ack(1), LAST])
    assert time.process_time() - begin < 10


def test_fragments_that_never_become_whole():
    frames = [
        ethernet(ipv4(CLIENT, SERVER, 17, b"z" * 64, ident=n & 0xFFFF, fragment=0x2000 | (n >> 16)))
        for n in range(9000)
    ]
    found, problems, engine = run([*frames, LAST])
    assert found == [3]
    assert engine.counts.fragments_dropped > 4000
    assert any("never became whole" in problem.reason for problem in problems)


def test_a_body_that_unpacks_to_gigabytes():
    bomb = zlib.compress(b"\0" * 60_000_000, 9)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    frames = http(b"GET /evil HTTP/1.1\r\nHost: h\r\n\r\n", answer).frames
    tracemalloc.start()
    found, _, _ = run([*frames, LAST])
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert found == [1, 3]
    assert peak < 20 + LIMIT / 1e6


def test_nested_codings_do_not_multiply():
    data = b"\0" * 5_000_000
    for _ in range(6):
        data = gzip.compress(data)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b", ".join([b"gzip"] * 6)
    answer += b"\r\nContent-Length: %d\r\n\r\n" % len(data) + data
    assert sids(RULES, http(b"GET /evil HTTP/1.1\r\nHost: h\r\n\r\n", answer)) == [1]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET " + b"/" * 200_000,
        b"GET /x HTTP/1.1\r\n" + b"A: b\r\n" * 30_000,
        b"\r\n" * 200_000,
        b"GET / HTTP/1.1\r\n\r\n" * 3000,
        b"GET /" + b"../" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /" + b"%25" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 30_000,
        b"POST /x HTTP/1.1\r\nContent-Length: 99999999999999999\r\n\r\n" + b"a" * 300_000,
        b"GET / HTTP/1.1\r\nHost: h\r\n" + b" fold\r\n" * 20_000,
    ],
)
def test_requests_made_to_burn_time(request_bytes: bytes):
    frames = Conversation().open().send(0, request_bytes).close().frames
    begin = time.process_time()
    found, _, _ = run([*frames, LAST])
    assert 3 in found
    assert time.process_time() - begin < 5


def test_dns_names_that_point_in_circles():
    head = struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0)
    loops = [
        head + b"\xc0\x0c\0\1\0\1",
        head + b"\x3f" + b"a" * 10,
        head + (b"\x01a" * 2000),
        head + b"\x01a\xc0\x0c\0\1\0\1",
    ]
    found, _, _ = run([udp_frame(data, sport=41_000 + n) for n, data in enumerate(loops)] + [LAST])
    assert found == [3]


def test_client_hellos_cut_and_bent_anywhere():
    hello = client_hello("evil.example")
    rng = random.Random(5)
    frames: list[bytes] = []
    for n in range(300):
        bent = bytearray(hello)
        bent[rng.randrange(len(bent))] = rng.randrange(256)
        data = bytes(bent[: rng.randrange(6, len(bent) + 1)])
        frames += Conversation(client=f"10.3.{n >> 8}.{n & 255}", dport=443).open().send(0, data).close().frames
    found, _, _ = run([*frames, LAST])
    assert found[-1] == 3


def test_random_bytes_as_packets_and_streams():
    rng = random.Random(7)
    frames = [rng.randbytes(rng.randrange(120)) for _ in range(2000)]
    frames += [
        ethernet(ipv4(CLIENT, SERVER, rng.choice((1, 6, 17, 47, 4, 132)), rng.randbytes(60))) for _ in range(2000)
    ]
    for n in range(50):
        talk = Conversation(client=f"10.9.0.{n}", dport=rng.choice((53, 80, 443))).open()
        frames += talk.send(0, b"GET " + rng.randbytes(900)).send(1, b"HTTP/1.1 " + rng.randbytes(900)).close().frames
    found, problems, engine = run([*frames, LAST])
    assert found[-1] == 3
    assert engine.counts.packets == len(frames) + 1
    assert any("could not be decoded" in problem.reason for problem in problems)


def test_tunnels_inside_tunnels_end():
    packet = ipv4(CLIENT, SERVER, 17, b"\0" * 8)
    for _ in range(40):
        packet = ipv4(CLIENT, SERVER, 4, packet)
    found, _, _ = run([ethernet(packet), LAST])
    assert found == [3]


def test_time_that_jumps_backwards_and_forwards():
    frames = http(b"GET /evil HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").frames
    data = bytearray(pcap([*frames, LAST]))
    at, rng = 24, random.Random(3)
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        struct.pack_into("<I", data, at, rng.choice((0, 1, 0xFFFFFFFF, 1_700_000_000)))
        at += 16 + size
    engine = NetworkEngine(pack_of(RULES))
    results = list(engine.scan_capture(io.BytesIO(bytes(data)), "h"))
    assert any(isinstance(r, Detection) and r.rule_id == "1:3" for r in results)


def test_a_gzip_bomb_as_capture_is_a_problem():
    body = pcap([LAST]) + b"\0" * 40_000_000
    engine = NetworkEngine(pack_of(RULES))
    budget = Budget(Limits(ratio_floor=1 << 20, ratio=10))
    results = list(engine.scan_capture(io.BytesIO(gzip.compress(body)), "h", "", budget))
    assert any(isinstance(r, Detection) for r in results)
    assert any(isinstance(r, EngineProblem) for r in results)


def test_too_much_content_stops_with_a_problem():
    frames = [udp_frame(b"x" * 1000, sport=n) for n in range(2000, 6000)]
    found, problems, _ = run([LAST, *frames], total_bytes=2_000_000)
    assert found == [3]
    assert any("not read further" in problem.reason for problem in problems)


def test_resets_and_acks_from_nowhere_change_nothing():
    talk = Conversation().open()
    request = talk.data(0, b"GET /evil HTTP/1.1\r\nHost: h\r\n\r\n")
    far = talk.segment(1, talk.next[1] + 900_000_000, talk.next[0], 4)
    talk.frames += [far, talk.segment(1, talk.next[1], 5, ACK), request, talk.ack(1)]
    talk.frames.append(talk.segment(0, 3, 3, PSH | ACK, b"junk"))
    assert 1 in sids(RULES, talk.close())
