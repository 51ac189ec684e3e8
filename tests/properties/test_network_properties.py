"""Differential and property tests of the network engine: a slow and obviously right matcher, random segmentation, mutation."""

from __future__ import annotations

import io
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.engines.network.evaluate import compile_ops
from atttcli.engines.network.judgement import Run, Text
from atttcli.engines.network.prefilter import GramMatcher, HyperscanMatcher, Literal, have_hyperscan
from atttcli.engines.network.stream import Stream
from atttcli.errors import InputError
from atttcli.rulepack.network.rule import Interned, parse_rule
from atttcli.rulepack.network.values import Content, DataAt
from atttcli.rulepack.network.variables import effective
from atttcli.sources.capture import Decoder, Record, read_records
from tests.support.network_run import pack_of, sids
from tests.support.network_wire import Conversation, dns_query, pcap, pcapng, udp_frame

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

RULE = (
    'alert http $HOME_NET [80,!8080:] -> any any (msg:"a\\;b"; flow:established,to_server; http.uri; content:"/x|41|";'
    ' nocase; pcre:"/^a+$/Ri"; threshold:type limit, track by_src, count 1, seconds 60; classtype:bad-unknown; sid:5; rev:2;)'
)

_letters = st.sampled_from(b"ab-")
_data = st.lists(_letters, max_size=14).map(bytes)
_pattern = st.lists(_letters, min_size=1, max_size=3).map(bytes)


@st.composite
def _op(draw: st.DrawFn) -> Content | DataAt:
    if draw(st.integers(0, 5)) == 0:
        return DataAt(draw(st.integers(0, 5)), draw(st.booleans()), draw(st.booleans()))
    pattern = draw(_pattern)
    place: dict[str, object] = {}
    kind = draw(st.integers(0, 2))
    if kind == 1:
        place = {"offset": draw(st.integers(0, 4)), "depth": draw(st.one_of(st.none(), st.integers(len(pattern), 8)))}
    elif kind == 2:
        place = {"distance": draw(st.one_of(st.none(), st.integers(-3, 3)))}
        place["within"] = (
            draw(st.integers(len(pattern), 6))
            if place["distance"] is None
            else draw(st.one_of(st.none(), st.integers(len(pattern), 6)))
        )
    return Content(pattern, negated=draw(st.integers(0, 3)) == 0, endswith=draw(st.integers(0, 5)) == 0, **place)  # type: ignore[arg-type]


def slow(ops: list[Content | DataAt], data: bytes, cursor: int) -> bool:
    """Try every place of every content: obviously right, exponentially slow."""
    if not ops:
        return True
    op, rest = ops[0], ops[1:]
    if isinstance(op, DataAt):
        assert isinstance(op.amount, int)
        there = cursor + op.amount <= len(data) if op.relative else op.amount < len(data)
        return there != op.negated and slow(rest, data, cursor)
    places = [at for at in range(len(data)) if data.startswith(op.pattern, at) and _fits(op, at, len(data), cursor)]
    if op.negated:
        return not places and slow(rest, data, cursor)
    return any(slow(rest, data, at + len(op.pattern)) for at in places)


def _fits(op: Content, at: int, size: int, cursor: int) -> bool:
    end = at + len(op.pattern)
    if op.endswith and end != size:
        return False
    if op.relative:
        skip = op.distance or 0
        return at >= cursor + skip and (op.within is None or end <= cursor + skip + op.within)  # type: ignore[operator]
    return at >= op.offset and (op.depth is None or end <= op.offset + op.depth)  # type: ignore[operator]


@given(st.lists(_op(), min_size=1, max_size=4), _data)
@settings(max_examples=700, deadline=None)
def test_the_evaluator_agrees_with_trying_everything(ops: list[Content | DataAt], data: bytes):
    assert compile_ops(ops)(Text(data), 0, Run()) == slow(ops, data, 0)


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=9), st.booleans()), min_size=1, max_size=40),
    st.binary(max_size=900),
)
@QUICK
def test_a_prefilter_never_reports_too_little(found: list[tuple[bytes, bool]], filler: bytes):
    literals = [Literal(pattern, nocase) for pattern, nocase in found]
    data = filler + b"".join(pattern for pattern, _ in found[::2])
    wanted = {n for n, (p, nocase) in enumerate(found) if (p.lower() in data.lower() if nocase else p in data)}
    assert wanted <= set(GramMatcher(literals).scan(data))
    if have_hyperscan():
        assert wanted == set(HyperscanMatcher(literals).scan(data))


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(b"abAB"), min_size=1, max_size=8).map(bytes),
            st.booleans(), st.integers(0, 6), st.none() | st.integers(0, 12),
        ), min_size=1, max_size=12,
    ),
    st.lists(st.sampled_from(b"abAB"), min_size=1, max_size=24).map(bytes),
)  # fmt: skip
@QUICK
def test_a_prefilter_with_places_reports_all_that_stand_there(
    found: list[tuple[bytes, bool, int, int | None]], data: bytes
):
    literals, wanted = [], set()
    for number, (pattern, nocase, first, room) in enumerate(found):
        last = -1 if room is None else first + len(pattern) + room
        literals.append(Literal(pattern, nocase, first == 0 and room == 0, False, first, last))
        stands = (data.lower() if nocase else data).find(
            pattern.lower() if nocase else pattern, first, len(data) if last < 0 else last
        )
        if stands >= 0:
            wanted.add(number)
    assert wanted <= set(GramMatcher(literals).scan(data))
    if have_hyperscan():
        assert wanted <= set(HyperscanMatcher(literals).scan(data))


_CONVERSATION_RULES = """
alert http any any -> any any (http.uri; content:"/evil"; sid:1;)
alert http any any -> any any (http.request_body; content:"AAAA-BBBB"; sid:2;)
alert http any any -> any any (flow:to_client; file.data; content:"needle"; sid:3;)
alert tcp any any -> any any (content:"stream-needle"; sid:4;)
alert http any any -> any any (http.host; content:"never"; sid:5;)
"""
_REQUEST = b"POST /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nAAAA-BBBB"
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnee\r\n3\r\ndle\r\nd\r\nstream-needle\r\n0\r\n\r\n"
)


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_segmentation_order_and_duplication_change_nothing(rng: random.Random):
    talk = Conversation().open()
    for side, payload in ((0, _REQUEST), (1, _ANSWER)):
        pieces: list[bytes] = []
        at = 0
        while at < len(payload):
            size = rng.randint(1, 30)
            pieces.append(talk.data(side, payload[at : at + size]))
            at += size
        pieces += rng.sample(pieces, rng.randint(0, len(pieces) // 2))
        rng.shuffle(pieces)
        talk.frames += [*pieces, talk.ack(1 - side)]
    talk.close()
    hyperscan = None if rng.random() < 0.5 else False
    assert sorted(sids(_CONVERSATION_RULES, talk, hyperscan=hyperscan)) == [1, 2, 3, 4]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 25)), max_size=40), st.integers(0, 0xFFFFFFFF))
@QUICK
def test_a_stream_gives_every_byte_once_and_in_order(pieces: list[tuple[int, int]], isn: int):
    source = bytes(range(100))
    stream = Stream(isn)
    out = b""
    for number, (start, size) in enumerate(pieces):
        data = source[start : start + size]
        stream.add((isn + 1 + start) & 0xFFFFFFFF, data)
        if number % 5 == 4 and stream.top > stream.base:
            for gap, part in stream.release((isn + 1 + stream.top) & 0xFFFFFFFF):
                assert gap == 0
                out += part
        assert stream.held == sum(len(part) for _, part in stream.segments)
        assert all(a + len(x) <= b for (a, x), (b, _) in zip(stream.segments, stream.segments[1:], strict=False))
    assert source.startswith(out)
    covered = sorted({at for start, size in pieces for at in range(start, min(start + size, 100))})
    rest = b"".join(part for _, part in stream.release_all())
    assert bytes(covered) == out + rest


@given(st.text(max_size=200))
@QUICK
def test_the_rule_parser_accepts_or_refuses_any_text(text: str):
    pack = pack_of(text)
    assert pack.counts["read"] == pack.counts["loaded"] + pack.counts["refused"]
    lines = text.replace("\r\n", "\n").count("\n") + 1
    assert all(1 <= (problem.where.line or 0) <= lines for problem in pack.problems)


@given(
    st.integers(0, len(RULE) - 1),
    st.sampled_from(["", "(", ")", ";", '"', "\\", ":", "|", "!", "[", "]", "$", "\x00", "é", "9" * 30]),
)
@settings(max_examples=400, deadline=None)
def test_mutated_rules_are_whole_or_refused(at: int, what: str):
    interned = Interned(effective(None))
    mutated = RULE[:at] + what + RULE[at + 1 :]
    try:
        rule = parse_rule(mutated, interned, 0, 1)
    except InputError as refused:
        assert refused.message
    else:
        assert rule.sid > 0


_FRAMES = [
    udp_frame(dns_query("a.example")),
    *Conversation(vlans=(3,)).open().send(0, _REQUEST).send(1, _ANSWER).close().frames,
]


@given(st.sampled_from([pcap(_FRAMES), pcap(_FRAMES, order=">"), pcapng(_FRAMES)]), st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_captures_are_read_or_refused(data: bytes, draw: st.DataObject):
    mutated = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 6))):
        mutated[draw.draw(st.integers(0, len(mutated) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(mutated)))
    try:
        found = list(read_records(io.BytesIO(bytes(mutated[:cut]))))
    except InputError:
        return
    decoder = Decoder()
    for record in found:
        if isinstance(record, Record):
            decoder.decode(record)


@given(st.binary(max_size=120), st.sampled_from([0, 1, 9, 12, 50, 101, 104, 108, 113, 147, 276]))
@settings(max_examples=400, deadline=None)
def test_any_frame_is_decoded_or_counted(data: bytes, link: int):
    decoder = Decoder()
    packet = decoder.decode(Record(1, 0, link, data))
    assert packet is not None or decoder.undecodable.total() or decoder.fragments
