"""However the bytes of a conversation arrive, and in however many files, the alerts are the same."""

from __future__ import annotations

import io
import itertools
import random
from collections import Counter
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from atttcli.engines.network import NetworkEngine
from atttcli.model.alert import Detection
from tests.support.network_run import pack_of
from tests.support.network_wire import Conversation, client_hello, dns_query, pcap, udp_frame

RULES = """
alert http any any -> any any (http.uri; content:"/evil"; flowbits:set,seen; sid:1;)
alert http any any -> any any (http.request_body; content:"AAAA-BBBB"; sid:2;)
alert http any any -> any any (flow:to_client; file.data; content:"needle"; flowbits:isset,seen; sid:3;)
alert tcp any any -> any any (content:"stream-needle"; sid:4;)
alert http any any -> any any (http.host; content:"never"; sid:5;)
alert tls any any -> any any (tls.sni; content:"evil.example"; sid:6;)
alert dns any any -> any any (dns.query; content:"evil"; threshold:type limit, track by_src, count 1, seconds 60; sid:7;)
alert ip any any -> 198.51.100.7 any (sid:8;)
alert tcp any any -> any any (flow:established,to_server; content:"lonely"; sid:9;)
"""
REQUEST = b"POST /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nAAAA-BBBB"
ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnee\r\n3\r\ndle\r\nd\r\nstream-needle\r\n0\r\n\r\n"


@cache
def engine() -> NetworkEngine:
    """The rules, loaded once for all examples."""
    return NetworkEngine(pack_of(RULES))


def alerts(frames: list[bytes]) -> Counter[int]:
    """How often each rule spoke."""
    return told(list(engine().scan_capture(io.BytesIO(pcap(frames)), "whole.pcap", sightings=False)))


def pieces_of(talk: Conversation, side: int, payload: bytes, rng: random.Random) -> list[bytes]:
    """Segments that cover the payload: of any size, overlapping, some twice, in any order."""
    first = talk.next[side]
    cuts = sorted({0, len(payload), *(rng.randrange(len(payload)) for _ in range(rng.randint(0, 12)))})
    made = []
    for low, high in itertools.pairwise(cuts):
        low, high = max(0, low - rng.randint(0, 6)), min(len(payload), high + rng.randint(0, 6))
        talk.next[side] = first + low
        made.append(talk.data(side, payload[low:high]))
    made += rng.sample(made, rng.randint(0, len(made)))
    rng.shuffle(made)
    talk.next[side] = first + len(payload)
    return made


@given(st.randoms(use_true_random=False), st.booleans())
def test_overlaps_order_and_repetition_change_nothing(rng: random.Random, isn_wraps: bool) -> None:
    plain = Conversation().open().send(0, REQUEST).send(1, ANSWER).close()
    talk = Conversation(isn=(0xFFFFFFF0, 0xFFFFFFD0) if isn_wraps else (7, 9)).open()
    for side, payload in ((0, REQUEST), (1, ANSWER)):
        talk.frames += [*pieces_of(talk, side, payload, rng), talk.ack(1 - side)]
    talk.close()
    assert alerts(talk.frames).keys() == alerts(plain.frames).keys() == {1, 2, 3, 4, 8}


def mixed(rng: random.Random) -> list[bytes]:
    """Several conversations at once, each in its own order."""
    talks = [
        Conversation(sport=40_001).open().send(0, REQUEST, size=20).send(1, ANSWER, size=30).close(),
        Conversation(sport=40_002, dport=443).open().send(0, client_hello("evil.example"), size=40).close(),
        Conversation(sport=40_003, dport=9999).open().send(0, b"x" * 3000 + b"lonely" + b"y" * 50, size=999),
    ]
    queues = [talk.frames for talk in talks]
    queues.append([udp_frame(dns_query("evil.example", ident=n), sport=50_000 + n) for n in range(3)])
    order = [number for number, queue in enumerate(queues) for _ in queue]
    rng.shuffle(order)
    places = [iter(queue) for queue in queues]
    return [next(places[number]) for number in order]


@given(st.randoms(use_true_random=False), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_a_capture_cut_into_files_gives_the_same_alerts(rng: random.Random, where: list[float]) -> None:
    frames = mixed(rng)
    whole = pcap(frames)
    ends = [24]
    for frame in frames:
        ends.append(ends[-1] + 16 + len(frame))
    cuts = sorted({24, len(whole), *(ends[int(share * len(frames))] for share in where)})
    run = engine().begin(sightings=False)
    found: list[object] = []
    packets = flows = 0
    for number, (low, high) in enumerate(itertools.pairwise(cuts)):
        found += run.read(io.BytesIO(whole[:24] + whole[low:high]), f"{number}.pcap")
        packets += engine().counts.packets
        flows += engine().counts.flows
    found += run.finish()
    once = alerts(frames)
    assert told(found) == once
    assert once.keys() == {1, 2, 3, 4, 6, 7, 8, 9}
    assert (packets, flows) == (engine().counts.packets, engine().counts.flows)


def told(results: list[object]) -> Counter[int]:
    return Counter(one.detail["alert"]["signature_id"] for one in results if isinstance(one, Detection))
