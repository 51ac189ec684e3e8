"""Checksums against a plain reference, and what `--checksums` makes of packets whose checksum is wrong."""

from __future__ import annotations

import io
import random
import struct

import pytest

from atttcli.engine import EngineProblem
from atttcli.engines.network import NetworkEngine
from atttcli.engines.network.checksums import header_right, is_wrong, transport_right
from atttcli.engines.network.settings import Settings
from atttcli.sources.capture.decode import Decoder, Packet
from atttcli.sources.capture.records import Record, read_records
from tests.support.network_run import http, pack_of, sids
from tests.support.network_wire import CLIENT, SERVER, ethernet, ip, ipv4, pcap, raw, tcp, udp

ENDS = {4: (CLIENT, SERVER), 6: ("2001:db8::1", "2001:db8::2")}
PLACES = {6: 16, 17: 6, 1: 2, 58: 2}


def ones(data: bytes) -> int:
    """RFC 1071, word by word."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def summed(version: int, protocol: int, segment: bytes) -> bytes:
    """A frame whose checksums are right."""
    src, dst = ENDS[version]
    about = b"" if protocol == 1 else raw(src) + raw(dst) + struct.pack(">II", len(segment), protocol)
    at = PLACES[protocol]
    total = ones(about + segment) or 0xFFFF
    packet = bytearray(ip(src, dst, protocol, segment[:at] + total.to_bytes(2, "big") + segment[at + 2 :]))
    if version == 4:
        packet[10:12] = ones(bytes(packet[:20])).to_bytes(2, "big")
    return ethernet(bytes(packet))


def decoded(frame: bytes) -> Packet:
    (record,) = (one for one in read_records(io.BytesIO(pcap([frame])), "t") if isinstance(one, Record))
    packet = Decoder().decode(record)
    assert packet is not None
    return packet


def segment(protocol: int, payload: bytes) -> bytes:
    if protocol == 6:
        return tcp(1000, 80, 5, 6, 0x18, payload)
    return udp(1000, 9, payload) if protocol == 17 else struct.pack(">BBHHH", 8, 0, 0, 1, 2) + payload


@pytest.mark.parametrize(("version", "protocol"), [(4, 6), (4, 17), (4, 1), (6, 6), (6, 17), (6, 58)])
def test_right_and_wrong(version: int, protocol: int):
    chance = random.Random(protocol)
    for size in (*range(20), 99, 1400):
        frame = summed(version, protocol, segment(protocol, chance.randbytes(size)))
        assert transport_right(decoded(frame)) is True
        assert not is_wrong(decoded(frame))
        broken = bytearray(frame)
        broken[-1] ^= 1 << chance.randrange(8)
        assert transport_right(decoded(bytes(broken))) is False


def test_the_header_of_version_4():
    frame = bytearray(summed(4, 6, segment(6, b"x")))
    assert header_right(decoded(bytes(frame))) is True
    frame[14 + 8] ^= 1  # its time to live
    assert header_right(decoded(bytes(frame))) is False


def test_what_is_not_whole_is_not_judged():
    frame = summed(4, 17, segment(17, b"x" * 50))
    assert transport_right(decoded(frame[:-10])) is None  # cut short by the capture
    piece = ethernet(ipv4(CLIENT, SERVER, 17, segment(17, b"x"), fragment=0x2000))
    assert (
        Decoder().decode(next(iter(r for r in read_records(io.BytesIO(pcap([piece])), "t") if isinstance(r, Record))))
        is None
    )
    assert (
        transport_right(decoded(ethernet(ip(CLIENT, SERVER, 17, udp(1, 2, b"x"))))) is True
    )  # none: allowed over IPv4
    assert transport_right(decoded(ethernet(ip(*ENDS[6], 17, udp(1, 2, b"x"))))) is False  # and not over IPv6


def test_a_receiver_would_not_see_it():
    rules = (
        'alert http any any -> any any (http.uri; content:"/x"; sid:1;)\n'
        "alert tcp any any -> any any (tcpv4-csum:invalid; flags:S; sid:2;)\n"
        "alert tcp any any -> any any (flags:S; sid:3;)"
    )
    talk = http(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", b"")  # our samples have no checksums
    assert sorted(sids(rules, talk)) == [1, 2, 3]
    assert sids(rules, talk, settings=Settings(checksums=True)) == [2]
    engine = NetworkEngine(pack_of(rules), settings=Settings(checksums=True))
    told = [r for r in engine.scan_capture(io.BytesIO(pcap(talk.frames)), "t") if isinstance(r, EngineProblem)]
    assert "checksum" in told[0].reason
    assert engine.counts.wrong == len(talk.frames)


@pytest.mark.parametrize("option", ["tcpv4-csum:maybe", "ipv4-csum:", "udpv6-csum:1"])
def test_wrong_options(option: str):
    assert pack_of(f"alert ip any any -> any any ({option}; sid:1;)").problems[0].refused
