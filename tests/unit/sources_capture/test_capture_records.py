from __future__ import annotations

import gzip
import io

import pytest

from atttcli.errors import InputError
from atttcli.source import ReadProblem
from atttcli.sources.capture import Decoder, Record, looks_like_capture, read_records
from tests.support.network_wire import (
    CLIENT,
    SERVER,
    START,
    Conversation,
    ethernet,
    ip,
    ipv4,
    ipv6,
    pcap,
    pcapng,
    raw,
    udp,
    udp_frame,
)

FRAMES = [udp_frame(b"one"), udp_frame(b"two!"), udp_frame(b"")]


def records(data: bytes) -> list[Record | ReadProblem]:
    return list(read_records(io.BytesIO(data)))


def payloads(frames: list[bytes], link: int = 1) -> list[bytes]:
    decoder = Decoder()
    packets = [decoder.decode(record) for record in records(pcap(frames, link=link)) if isinstance(record, Record)]
    return [packet.payload for packet in packets if packet is not None]


@pytest.mark.parametrize(
    "data",
    [
        pcap(FRAMES),
        pcap(FRAMES, order=">"),
        pcap(FRAMES, nano=True),
        pcapng(FRAMES),
        pcapng(FRAMES, order=">"),
        gzip.compress(pcap(FRAMES)),
        gzip.compress(pcap(FRAMES)[:40]) + gzip.compress(pcap(FRAMES)[40:]),
        gzip.compress(pcapng(FRAMES)),
    ],
)
def test_every_kind_of_file_gives_the_same_packets(data: bytes):
    found = records(data)
    assert [record.data for record in found] == FRAMES
    assert [record.number for record in found] == [1, 2, 3]
    assert [record.time for record in found] == [START * 1_000_000 + n * 1000 for n in range(3)]
    assert looks_like_capture(data[:65_536])


def test_two_pcapng_sections_of_different_byte_order():
    found = records(pcapng(FRAMES[:1]) + pcapng(FRAMES[1:], order=">"))
    assert [record.data for record in found] == FRAMES


def test_a_capture_that_breaks_off_gives_what_came_before():
    *good, problem = records(pcap(FRAMES)[:-2])
    assert len(good) == 2
    assert isinstance(problem, ReadProblem) and "breaks off" in problem.reason


def test_an_absurd_length_is_damage():
    data = bytearray(pcap(FRAMES))
    data[24 + 8 : 24 + 12] = b"\xff\xff\xff\x7f"
    (problem,) = records(bytes(data))
    assert isinstance(problem, ReadProblem) and problem.offset == 24


def test_what_is_no_capture_is_an_input_error():
    for data in (b"", b"hello, world, this is text", gzip.compress(b"text"), b"\x1f\x8b\x08broken"):
        with pytest.raises(InputError):
            records(data)
        assert not looks_like_capture(data)


@pytest.mark.parametrize(
    ("link", "wrap"),
    [
        (1, lambda packet: ethernet(packet)),
        (1, lambda packet: ethernet(packet, vlans=(7,))),
        (1, lambda packet: ethernet(packet, vlans=(7, 9))),
        (101, lambda packet: packet),
        (0, lambda packet: b"\x02\0\0\0" + packet),
        (108, lambda packet: b"\0\0\0\x02" + packet),
        (113, lambda packet: b"\0" * 14 + b"\x08\x00" + packet),
        (276, lambda packet: b"\x08\x00" + b"\0" * 18 + packet),
        (1, lambda packet: ethernet(ipv4(CLIENT, SERVER, 47, b"\0\0\x08\x00" + packet))),
        (1, lambda packet: b"\x02" * 12 + b"\x88\x47" + b"\0\x01\x01\x40" + packet),
        (1, lambda packet: b"\x02" * 12 + b"\x88\x64" + b"\x11\0\0\x01\0\x40\x00\x21" + packet),
    ],
)
def test_link_layers(link: int, wrap):
    packet = ipv4("192.0.2.1", "192.0.2.2", 17, udp(5, 6, b"payload"))
    assert payloads([wrap(packet)], link) == [b"payload"]


def test_addresses_ports_and_ttl():
    (record,) = records(pcap([ethernet(ipv4(CLIENT, SERVER, 17, udp(5, 6, b"x"), ttl=33))]))
    packet = Decoder().decode(record)
    assert (packet.src, packet.dst, packet.sport, packet.dport, packet.ttl) == (raw(CLIENT), raw(SERVER), 5, 6, 33)


def test_ethernet_padding_is_not_payload():
    assert payloads([udp_frame(b"abc") + b"\0" * 20]) == [b"abc"]
    talk = Conversation().open()
    assert payloads([talk.frames[0] + b"\0" * 6]) == [b""]


def test_ipv4_fragments_in_any_order():
    whole = udp(5, 6, bytes(range(200)) * 10)
    pieces = [
        ethernet(
            ipv4(CLIENT, SERVER, 17, whole[at : at + 800], ident=9, fragment=at // 8 | (0x2000 if at < 1600 else 0))
        )
        for at in (0, 800, 1600)
    ]
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        assert payloads([pieces[n] for n in order]) == [bytes(range(200)) * 10]
    assert payloads([pieces[0], pieces[2]]) == []


def test_the_first_copy_of_overlapping_fragments_wins():
    first = udp(5, 6, b"A" * 16)
    evil = b"E" * 24
    frames = [
        ethernet(ipv4(CLIENT, SERVER, 17, first[:16], ident=3, fragment=0x2000)),
        ethernet(ipv4(CLIENT, SERVER, 17, evil[:16], ident=3, fragment=1 | 0x2000)),
        ethernet(ipv4(CLIENT, SERVER, 17, b"Z" * 8, ident=3, fragment=3)),
    ]
    assert payloads(frames) == [b"A" * 8 + b"E" * 8]


def test_ipv6_extension_headers_and_fragments():
    src, dst = "2001:db8::1", "2001:db8::2"
    inner = udp(5, 6, b"v6 payload, long enough")
    hop = bytes([17, 0]) + b"\0" * 6 + inner
    assert payloads([ethernet(ipv6(src, dst, 0, hop))]) == [b"v6 payload, long enough"]
    pieces = [
        ethernet(
            ipv6(src, dst, 44, bytes([17, 0]) + (at | more).to_bytes(2, "big") + b"\0\0\0\5" + inner[at : at + 16])
        )
        for at, more in ((0, 1), (16, 0))
    ]
    assert payloads(pieces[::-1]) == [b"v6 payload, long enough"]


def test_what_cannot_be_decoded_is_counted():
    decoder = Decoder()
    frames = [
        b"",
        b"\x02" * 12 + b"\x08\x00\x45",
        ethernet(ipv4(CLIENT, SERVER, 6, b"short")),
        b"\x02" * 12 + b"\x08\x06xx",
    ]
    for record in records(pcap(frames)):
        assert decoder.decode(record) is None
    assert sum(decoder.undecodable.values()) == 4


def test_ip_helper_makes_both_families():
    assert ip(CLIENT, SERVER, 17, b"")[0] == 0x45
