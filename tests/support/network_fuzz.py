"""Mutated inputs for every parser of ours that reads captures or network rules; each case can be made again by its seed.

`python -m tests.support.network_fuzz --cases 300000 --seed 1` runs them in this process under limits of memory and time
and prints what each parser was given; `--only dns:17` runs one case again.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import io
import itertools
import json
import random
import re
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from atttcli.engine import EngineProblem
from atttcli.engines.network import NetworkEngine, Settings, Sighted
from atttcli.engines.network import dns as dns_messages
from atttcli.engines.network.app import make_parser
from atttcli.engines.network.encoded import asn1_fault, base64_prefix
from atttcli.engines.network.mime import attachments
from atttcli.engines.network.protocols import message_app
from atttcli.engines.network.small_apps import SnmpApp
from atttcli.engines.network.stream import MAX_HELD, MAX_SEGMENTS, Stream
from atttcli.errors import AtttError
from atttcli.model.alert import Detection
from atttcli.rulepack.network import load_network_rules
from atttcli.rulepack.network.buffers import BUFFERS
from atttcli.rulepack.network.limits import load_limits
from atttcli.rulepack.network.rule import Interned, parse_rule
from atttcli.rulepack.network.values import Asn1
from atttcli.rulepack.network.variables import effective
from atttcli.sources.capture.decode import Decoder
from atttcli.sources.capture.fragments import Fragments
from atttcli.sources.capture.records import MAX_PACKET, Record, read_records
from tests.support import network_samples as samples
from tests.support.network_wire import (
    ACK,
    CLIENT,
    PSH,
    SERVER,
    Conversation,
    client_hello,
    dns_query,
    ethernet,
    ip,
    ipv4,
    ipv6,
    pcap,
    pcapng,
    tcp,
    udp,
)

MEMORY = 2 << 30  # address space of the child
CASE_SECONDS = 5.0  # CPU seconds of one case: far above what any needs
HELD = 8 << 20  # bytes that one parser may say it holds


class Slow(BaseException):
    """A case did not end in time (no Exception: nothing may swallow it)."""


# -- mutations ---------------------------------------------------------------------------------------------------------

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1023, 0x7FFF, 0x8000, 0xFFFF, 0x10000,
            0x7FFFFF, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 62, (1 << 64) - 1)  # fmt: skip
_DIGITS = re.compile(rb"\d+")
_ODD_DIGITS = (b"0", b"-1", b"1", b"65535", b"65536", b"4294967295", b"99999999999999999999", b"0x10", b"", b"1e9")


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A few faults at places that matter: lengths of every width set wrong, pieces lost, twice, swapped or of another."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        chance.choice(_WAYS)(out, chance, others)
    return bytes(out[: 1 << 18])


def _number(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    width = chance.choice((1, 1, 2, 2, 3, 4, 8))
    if len(out) < width:
        return
    at = chance.randrange(len(out) - width + 1)
    order = chance.choice(("big", "little"))
    left = len(out) - at - width
    near = max(int.from_bytes(out[at : at + width], order) + chance.choice((-2, -1, 1, 2)), 0)
    value = chance.choice((chance.choice(_NUMBERS), near, left, left + 1, max(left - 1, 0), chance.randrange(256)))
    out[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, order)


def _lost(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    at = chance.randrange(len(out) + 1)
    del out[at : at + chance.choice((1, 1, 2, 4, 16, 64))]


def _cut(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    del out[chance.randrange(len(out) + 1) :]


def _put(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    at = chance.randrange(len(out) + 1)
    out[at:at] = chance.randbytes(chance.choice((1, 1, 2, 4, 16)))


def _again(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    at = chance.randrange(len(out) + 1)
    piece = bytes(out[at : at + chance.choice((1, 2, 4, 16, 64))])
    out[at:at] = piece * chance.choice((1, 1, 2, 10, 300))


def _other(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    other = chance.choice(others)
    at, begin = chance.randrange(len(out) + 1), chance.randrange(len(other) + 1)
    size = chance.choice((4, 16, 64, 1024))
    out[at : at + chance.choice((0, size))] = other[begin : begin + size]


def _digit(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    found = list(_DIGITS.finditer(out))
    if found:
        one = chance.choice(found)
        out[one.start() : one.end()] = chance.choice(_ODD_DIGITS)


def _bit(out: bytearray, chance: random.Random, others: list[bytes]) -> None:
    if out:
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)


_WAYS = (_number, _number, _number, _lost, _cut, _put, _again, _other, _digit, _bit)


# -- samples -----------------------------------------------------------------------------------------------------------


def _sides(frames: Iterable[bytes], head: int) -> list[bytes]:
    return [frame[head:] for frame in frames if len(frame) > head]


@functools.cache
def conversations() -> dict[str, list[bytes]]:
    """The frames of every case of the keyword and event tests: one talk of each protocol at least."""
    from tests.unit.engines_network.test_network_calls_and_sessions import NAMED
    from tests.unit.engines_network.test_network_every_event import APP, DECODE
    from tests.unit.engines_network.test_network_every_keyword import CASES
    from tests.unit.engines_network.test_network_handover import ASKED, talk

    found: dict[bytes, list[bytes]] = {}
    made = [case.frames() for case in CASES.values()] + [talk(way) for way in ASKED]
    made += [shown for shown, _ in NAMED.values()]
    for frames in [*made, *APP.values(), *DECODE.values()]:
        listed = frames.frames if isinstance(frames, Conversation) else list(frames)
        found.setdefault(b"".join(listed), listed)
    return {str(number): frames for number, frames in enumerate(found.values())}


@functools.cache
def rules() -> list[str]:
    """The rules of the keyword and event tests."""
    from tests.unit.engines_network.test_network_every_event import APP, DECODE
    from tests.unit.engines_network.test_network_every_keyword import CASES

    made = [case.rule.replace("{k}", name) for name, case in CASES.items()]
    made += [f"alert pkthdr any any -> any any (decode-event:{name}; sid:1;)" for name in DECODE]
    made += [f"alert {name.partition('.')[0]} any any -> any any (app-layer-event:{name}; sid:1;)" for name in APP]
    return made


@functools.cache
def app_samples() -> dict[str, list[bytes]]:
    """Bytes of one side, by application."""
    from tests.hostile.test_network_parsers_hostile import MESSAGES, SEEDS

    found = {app: [seed] for app, seed in SEEDS.items()} | dict(MESSAGES)
    found["tls"] = [client_hello("a.example"), *_sides(samples.tls_talk().frames, 54)]
    found["http"] += [*_sides(samples.http_talk().frames, 54), *_sides(samples.attached_talk().frames, 54)]
    for coding, packed in (
        (b"gzip", gzip.compress(b"body " * 99, mtime=0)),
        (b"deflate", zlib.compress(b"body " * 99)),
        (b"br", b"\x8b\x02\x80hello\x03"),
        (b"gzip, deflate", zlib.compress(gzip.compress(b"deep " * 50, mtime=0))),
    ):
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(packed))
        found["http"].append(head + packed)
    found["http"].append(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n0\r\nT: x\r\n\r\n")
    answer = dns_query("a.b.example", response=True) + b"\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04abcd"
    found["dns"] = [struct.pack(">H", len(one)) + one for one in (dns_query("a.example"), answer)]
    found["snmp"] = [b"\x30\x0f\x02\x01\x01\x04\x06public\xa0\x02\x05\x00"]
    return found


# -- one case of each parser -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A parser: `run` makes one input of a chance and feeds it; `weight` is its share of the cases."""

    run: Callable[[random.Random], None]
    weight: int


def check(held: bool, why: str) -> None:
    """An assertion that stays when Python is told to leave assertions out."""
    if not held:
        raise AssertionError(why)


def _application(app: str, chance: random.Random) -> None:
    seeds = app_samples()[app]
    framed = app in ("smb", "dcerpc", "rfb", "rdp", "pgsql", "modbus") or (
        app in ("krb5", "nfs", "sip", "dnp3", "enip") and chance.random() < 0.5
    )
    parser = SnmpApp() if app == "snmp" else message_app(app, framed=framed) or make_parser(app, b"\x0a\x01\x02\x03")
    prefix = app in ("krb5", "nfs") and framed
    views = []
    for _ in range(chance.choice((1, 2, 4))):
        data = mutated(chance.choice(seeds), chance, seeds)
        if prefix:
            data = struct.pack(">I", len(data) | (app == "nfs") << 31) + data
        side, size = chance.randrange(2), chance.choice((1, 7, 1400, 1 << 18))
        size = max(size, len(data) // 2000)
        for at in range(0, len(data), size):
            views += parser.feed(side, data[at : at + size])
        if chance.random() < 0.1:
            parser.gap(side, chance.choice((1, 10, 1 << 20)))
    windows = 128 << 20 if app.startswith("http") else 0  # of Brotli: two layers on two sides
    check(0 <= parser.memory < HELD + windows, f"holds {parser.memory} bytes")
    views += parser.finish()
    for view in views[:64]:
        for buffer in BUFFERS:
            check(all(isinstance(value, bytes) for value in view.read(buffer)), f"{buffer} is no tuple of bytes")
    parser.inspect_id(0)


def _framed(frames: list[bytes], chance: random.Random) -> list[bytes]:
    """Frames in another order, lost, twice, and with faults in their bytes."""
    out = list(frames)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(out))
        way = chance.randrange(4)
        if way == 0:
            out.insert(at, out[chance.randrange(len(out))])
        elif way == 1 and len(out) > 1:
            del out[at]
        elif way == 2:
            out[at], out[-1] = out[-1], out[at]
        else:
            out[at] = mutated(out[at], chance, frames)
    return out


def _file(frames: list[bytes], chance: random.Random) -> bytes:
    """A capture of these frames in one of the forms, its own headers bent at times."""
    link = chance.choice((1, 1, 1, 1, 0, 9, 12, 101, 104, 108, 113, 228, 276))
    made = chance.choice((pcap, pcapng))(frames, link=link, order=chance.choice("<>"))
    if chance.random() < 0.5:
        made = mutated(made, chance, [made])
    if chance.random() < 0.1:
        made = (
            mutated(gzip.compress(made, 1, mtime=0), chance, [made]) if chance.random() < 0.5 else gzip.compress(made)
        )
    return made


def _capture(chance: random.Random) -> None:
    """The readers of files, link layers, tunnels, fragments."""
    frames = _framed(chance.choice(list(conversations().values())), chance)
    decoder = Decoder(events=chance.random() < 0.5)
    for record in read_records(io.BytesIO(_file(frames, chance)), "fuzz"):
        if isinstance(record, Record):
            check(len(record.data) <= MAX_PACKET, "a record is too large")
            packet = decoder.decode(record)
            while packet is not None:
                check(len(packet.src) == len(packet.dst), "addresses of two families")
                packet = packet.inner


_WRAPS: tuple[Callable[[bytes], bytes], ...] = (
    lambda packet: ethernet(packet, vlans=(1, 2)),
    lambda packet: ethernet(ipv4(CLIENT, SERVER, 4, packet)),
    lambda packet: ethernet(ipv4(CLIENT, SERVER, 47, b"\0\0\x08\0" + packet)),
    lambda packet: ethernet(ipv4(CLIENT, SERVER, 47, b"\x30\0\x65\x58" + bytes(8) + ethernet(packet))),
    lambda packet: ethernet(ipv4(CLIENT, SERVER, 17, udp(9, 4789, b"\x08" + bytes(7) + ethernet(packet)))),
    lambda packet: ethernet(ipv4(CLIENT, SERVER, 17, udp(9, 6081, b"\0\0\x65\x58" + bytes(4) + ethernet(packet)))),
    lambda packet: ethernet(ipv6("2001:db8::1", "2001:db8::2", 0, b"\x29\0" + bytes(6) + packet)),
    lambda packet: ethernet(ipv6("2001:db8::1", "2001:db8::2", 44, b"\x11\0\0\1\0\0\0\7" + packet)),
    lambda packet: b"\2" * 12 + b"\x88\x47\0\0\x01\x40" + packet,
    lambda packet: b"\2" * 12 + b"\x88\x64\x11\0\0\1\0\x20\0\x21" + packet,
    lambda packet: b"\2" * 12 + b"\x89\x4f\0\2\2\1\0\0\0\1" + packet,
)


def _frame(chance: random.Random) -> None:
    """One frame of many layers, bent."""
    packet = ip(CLIENT, SERVER, *chance.choice(((17, udp(5, 53, b"data")), (6, tcp(1, 2, 3, 4, PSH | ACK, b"data")))))
    frame = ethernet(packet)
    for _ in range(chance.randrange(12)):
        frame = chance.choice(_WRAPS)(frame[14:] if len(frame) < 60_000 else packet)
    decoder = Decoder(events=chance.random() < 0.5)
    link = chance.choice((1, 1, 1, 0, 9, 12, 50, 101, 104, 108, 113, 228, 229, 276, 147))
    for number in range(3):
        packet_ = decoder.decode(Record(number, number, link, mutated(frame, chance, [frame])))
        layers = 0
        while packet_ is not None:
            layers, packet_ = layers + 1, packet_.inner
        check(layers < 20, "layers without end")


@functools.cache
def _engine(number: int) -> NetworkEngine:
    """Two engines: one for each prefilter, with other settings."""
    text = "\n".join(rule.replace("sid:1;", f"sid:{n};") for n, rule in enumerate(rules(), 1))
    settings = Settings() if number == 0 else Settings(midstream=True, one_sided=True)
    return NetworkEngine(_loaded(text.encode()), hyperscan=None if number == 0 else False, settings=settings)


def _loaded(text: bytes):  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "fuzz.rules"
        path.write_bytes(text)
        return load_network_rules([path])


def _judged(engine: NetworkEngine, data: bytes) -> int:
    results = list(engine.scan_capture(io.BytesIO(data), "fuzz"))
    check(all(isinstance(one, Detection | EngineProblem | Sighted) for one in results), "a result of no known kind")
    for one in results:
        if isinstance(one, Detection):
            json.dumps(one.detail)
    return len(results)


def _whole(chance: random.Random) -> None:
    """Captures through the whole engine with all keywords."""
    frames = _framed(chance.choice(list(conversations().values())), chance)
    if chance.random() < 0.3:
        frames = frames + _framed(chance.choice(list(conversations().values())), chance)
    _judged(_engine(chance.randrange(2)), _file(frames, chance))


def _segments(chance: random.Random) -> None:
    """Crafted sequence numbers: wraps, gaps, overlaps, acknowledgements of what was never sent."""
    isn = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF))
    stream = Stream(isn)
    out = 0
    for _ in range(chance.choice((5, 50, 200))):
        near = stream.top + chance.choice((-3000, -100, -1, 0, 0, 0, 1, 100, 3000))
        place = chance.choice((near, near, near, chance.getrandbits(32), stream.base + chance.randrange(500)))
        if chance.random() < 0.85:
            stream.add(isn + 1 + place & 0xFFFFFFFF, bytes(chance.choice((1, 2, 10, 300, 1400))))
        else:
            out += sum(len(part) for _, part in stream.release(isn + 1 + place & 0xFFFFFFFF))
        if stream.full:
            out += sum(len(part) for _, part in stream.release_all())
        check(stream.held == sum(len(part) for _, part in stream.segments), "held is not what is held")
        check(stream.held <= MAX_HELD + 1400 and len(stream.segments) <= MAX_SEGMENTS + 1, "holds too much")
        ends = [(at, at + len(part)) for at, part in stream.segments]
        check(all(a[1] <= b[0] for a, b in itertools.pairwise(ends)), "segments overlap")
        check(not ends or ends[0][0] >= stream.base, "a segment lies before what was released")
    stream.release_all()
    check(not stream.segments and stream.held == 0, "something stayed")


def _pieces(chance: random.Random) -> None:
    """Fragments in any order, with any offsets."""
    waiting = Fragments()
    for number in range(chance.choice((5, 50, 200))):
        key = (b"a", b"b", chance.randrange(3), 17, ())
        size = chance.choice((0, 1, 7, 8, 64, 1480))
        offset = chance.choice((0, 8, 16, 64, 1480, 65_528, chance.randrange(8192) * 8))
        whole = waiting.add(key, number * chance.choice((0, 1, 10**8)), offset, chance.random() < 0.7, bytes(size))
        check(whole is None or len(whole) <= 65_535, "a datagram is too large")
    waiting.give_up()


def _codings(chance: random.Random) -> None:
    """Bodies, MIME, Base64, ASN.1, DNS messages by themselves."""
    from tests.unit.engines_network.test_network_files import MAIL

    mail = MAIL % (b"a", b"a", b"QUJD=RA==")
    attachments(mutated(mail, chance, [mail]))
    base64_prefix(mutated(b"QUJDRA== x" * 9, chance, [b"+/ ="]))
    element = b"\x30\x82\x01\x00\x03\x02\x07\x01\x1f\x81\x01\x09\x03\x01\x02\x03"
    asn1_fault(mutated(element, chance, [element]), chance.choice((0, 5, 10**6)), Asn1(True, True, 10, 0, False))
    data = mutated(dns_query("a.b.example", response=True) + b"\xc0\x0c" * 9, chance, [b"\xc0\x0c\xff\x3f"])
    if len(data) >= 12:
        dns_messages.events(data)
        list(dns_messages.questions(data))
        list(dns_messages.kinds(data))
    names = [b"gzip", b"deflate", b"br", b"x-gzip", b"identity", b"zstd"]
    packed = b"packed " * 50
    for _ in range(2):
        packed = chance.choice((lambda d: gzip.compress(d, mtime=0), zlib.compress))(packed)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b", ".join(chance.choices(names, k=2))
    parser = make_parser("http")
    parser.feed(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    parser.feed(1, head + b"\r\n\r\n" + mutated(packed, chance, [packed]))
    parser.finish()


_TOKENS = (
    *(
        ";",
        ":",
        '"',
        "!",
        ",",
        "|",
        "\\",
        "(",
        ")",
        "[",
        "]",
        "{",
        "*",
        "\t",
        "\0",
        "é",
        "0",
        "-1",
        "any",
        "!any",
        "<>",
        "->",
    ),
    *("$HOME_NET", "relative", "99999999999", "0xffffffffffffffff", "|00|", "|0|", "/(a+)+$/", "/(?=x)/R"),
)


def _rule(chance: random.Random) -> str:
    """A rule whose options were swapped, lost, doubled, taken from others, bent."""
    text = chance.choice(rules())
    head, _, tail = text.partition("(")
    options = tail.rstrip(")").split("; ")
    for _ in range(chance.choice((1, 1, 2, 4))):
        way, at = chance.randrange(7), chance.randrange(len(options))
        other = chance.choice(rules()).partition("(")[2].rstrip(")").split("; ")
        if way == 0:
            options.insert(at, chance.choice(other).rstrip(";"))
        elif way == 1 and len(options) > 1:
            del options[at]
        elif way == 2:
            options[at] = re.sub(r"\d+", lambda _: chance.choice(_ODD_DIGITS).decode(), options[at])
        elif way == 3:
            options.insert(at, options[chance.randrange(len(options))])
        elif way == 4:
            place = chance.randrange(len(options[at]) + 1)
            options[at] = options[at][:place] + chance.choice(_TOKENS) + options[at][place + chance.randrange(2) :]
        elif way == 5:
            words = head.split(" ")
            words[chance.randrange(len(words))] = chance.choice(
                (*_TOKENS, "tcp", "http", "[1:2,!1]", "[!10.0.0.0/8,any]")
            )
            head = " ".join(words)
        else:
            options[at] = options[at].swapcase()
    return head + "(" + "; ".join(options) + ")"


def _parsed(chance: random.Random) -> None:
    """Rules are taken whole or refused by name."""
    try:
        made = parse_rule(_rule(chance), Interned(effective(None)), 0, 1)
    except AtttError as error:
        check(bool(error.message), "refused without a reason")
    else:
        check(made.sid > 0, "no sid")


def _run_rules(chance: random.Random) -> None:
    """Whatever rules are taken can be compiled and run."""
    lines = [re.sub(r"sid:\d+", f"sid:{n}", _rule(chance)) for n in range(1, 13)]
    pack = _loaded("\n".join(lines).encode("utf-8", "replace"))
    check(pack.counts["read"] == pack.counts["loaded"] + pack.counts["refused"], "rules are not accounted for")
    engine = NetworkEngine(pack, hyperscan=None if chance.random() < 0.5 else False)
    for frames in chance.sample(list(conversations().values()), 6):
        _judged(engine, pcap(frames))


_LIMITS = """suppress gen_id 1, sig_id 5, track by_src, ip [10.0.0.0/8,!10.1.0.0/16,$HOME_NET]
threshold gen_id 0, sig_id 0, type limit, track by_src, count 1, seconds 60
event_filter gen_id 1, sig_id 7, type both, track by_both, count 2, seconds 5
rate_filter gen_id 1, sig_id 9, track by_rule, count 10, seconds 60, new_action drop, timeout 100
"""


def _limits(chance: random.Random) -> None:
    """`threshold.config`, bent; and run, for what it says is looked at with every alert."""
    text = _LIMITS.encode()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "threshold.config"
        path.write_bytes(mutated(text, chance, [text]))
        try:
            load_limits([path], effective(None))
        except AtttError as error:
            check(bool(error.message), "refused without a reason")


def _set_file(chance: random.Random) -> None:
    """Data sets: names that lead elsewhere, values that are none."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        values = b"YQ==,1\nYg==\n\n#\n10.0.0.1\n" + b"ab" * 16
        (Path(folder) / "s.lst").write_bytes(mutated(values, chance, [values]))
        name = mutated(b"s.lst", chance, [b"../../etc/passwd\0/", b"x" * 300]) if chance.random() < 0.5 else b"s.lst"
        kind = chance.choice((b"string", b"ip", b"md5", b"sha256", b"bogus"))
        rule = b"alert http any any -> any any (http.uri; dataset:isset,s,type %b,load %b; sid:1;)" % (kind, name)
        path = Path(folder) / "a.rules"
        path.write_bytes(rule)
        try:
            pack = load_network_rules([path])
        except AtttError:
            return
        check(pack.counts["read"] == pack.counts["loaded"] + pack.counts["refused"], "rules are not accounted for")


@functools.cache
def targets() -> dict[str, Target]:
    """Every parser by name."""
    made = {
        "capture": Target(_capture, 14),
        "frame": Target(_frame, 14),
        "engine": Target(_whole, 6),
        "stream": Target(_segments, 5),
        "fragments": Target(_pieces, 5),
        "codings": Target(_codings, 8),
        "rule": Target(_parsed, 16),
        "rules-run": Target(_run_rules, 1),
        "limits": Target(_limits, 3),
        "datasets": Target(_set_file, 3),
    }
    for app in app_samples():
        made["app." + app] = Target(functools.partial(_application, app), 1 if app == "quic" else 3)
    return made


# -- running -----------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What one parser was given: cases, the longest in CPU seconds and its number, faults with their numbers."""

    cases: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    which: int = 0
    faults: list[tuple[int, str]] = None  # type: ignore[assignment]


def shares(cases: int) -> dict[str, int]:
    """How many cases each parser gets."""
    all_of_them = sum(target.weight for target in targets().values())
    return {name: max(cases * target.weight // all_of_them, 1) for name, target in targets().items()}


def run_case(name: str, number: int, seed: int) -> None:
    """One case; raises what it raises."""
    targets()[name].run(random.Random(f"{seed}:{name}:{number}"))


def run(cases: int, seed: int, names: Iterable[str] = ()) -> dict[str, Tally]:
    """All cases; a fault is noted and the next case is run."""
    signal.signal(signal.SIGVTALRM, _too_slow)
    wanted = set(names)
    found: dict[str, Tally] = {}
    for name, count in shares(cases).items():
        if wanted and name not in wanted:
            continue
        tally = found[name] = Tally(faults=[])
        for number in range(count):
            begin = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, CASE_SECONDS)
            try:
                run_case(name, number, seed)
            except AtttError as error:
                if not error.message:
                    tally.faults.append((number, "a typed error without a message"))
            except (Exception, Slow) as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                tally.faults.append((number, _told(error)))
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            spent = time.process_time() - begin
            tally.cases += 1
            tally.seconds += spent
            if spent > tally.longest:
                tally.longest, tally.which = spent, number
    return found


def _told(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-3:]
    return f"{type(error).__name__}: {error} at " + " < ".join(f"{f.filename[-40:]}:{f.lineno}" for f in reversed(last))


def _too_slow(number: int, frame: object) -> None:
    raise Slow(f"more than {CASE_SECONDS:.0f} CPU seconds")


def lines(found: dict[str, Tally], seed: int) -> Iterator[str]:
    """A table, and each fault with the words that show it again."""
    for name, tally in found.items():
        yield (
            f"{name:14} {tally.cases:8} cases {tally.seconds:8.1f} s, longest {tally.longest * 1000:7.1f} ms (case {tally.which}),"
            f" {len(tally.faults)} faults"
        )
    for name, tally in found.items():
        for number, fault in tally.faults[:20]:
            yield f"FAULT --seed {seed} --only {name}:{number}: {fault}"
    total = sum(tally.cases for tally in found.values())
    faults = sum(len(tally.faults) for tally in found.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield f"{total} cases, {faults} faults, peak {peak} MB, seed {seed}"


def main(words: list[str] | None = None) -> int:
    """Exit code 1 where a fault was found."""
    parser = argparse.ArgumentParser(description="Mutated captures and rules for every parser of ours.")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parser", action="append", default=[], help="only this one (repeatable)")
    parser.add_argument("--only", help="PARSER:NUMBER, run again with its traceback")
    given = parser.parse_args(words)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if given.only:
        name, _, number = given.only.rpartition(":")
        run_case(name, int(number), given.seed)
        return 0
    found = run(given.cases, given.seed, given.parser)
    sys.stdout.writelines(line + "\n" for line in lines(found, given.seed))
    return 1 if any(tally.faults for tally in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
