"""Parsers of mail, FTP, SSH, HTTP/2, MQTT and codings against mutated bytes: no exception, bounded memory, always an end."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable

import pytest

from atttcli.engines.network import dns
from atttcli.engines.network.app import AppParser, make_parser
from atttcli.engines.network.encoded import asn1_fault, base64_prefix
from atttcli.engines.network.mime import attachments
from atttcli.engines.network.protocols import message_app
from atttcli.engines.network.view import View
from atttcli.rulepack.network.buffers import BUFFERS
from atttcli.rulepack.network.values import Asn1
from atttcli.sources.capture.decode import Decoder
from atttcli.sources.capture.records import Record
from tests.support import network_plants as plants
from tests.support.network_samples import (
    PG_CLIENT,
    PG_SERVER,
    RDP_CONFIRM,
    RDP_REQUEST,
    SIP_ANSWER,
    SIP_INVITE,
    dcerpc_talk,
    dhcp_talk,
    google_quic,
    ike_talk,
    kerberos_error,
    kerberos_reply,
    kerberos_talk,
    nfs_talk,
    pgsql_talk,
    quic_talk,
    rdp_talk,
    rfb_talk,
    sip_stream,
    smb2,
    smb_talk,
)
from tests.support.network_wire import CLIENT, SERVER, SYN, dns_query, ethernet, ip, tcp
from tests.unit.engines_network.test_network_files import CONNECT, MAIL, frame, kexinit, literal

HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(
    1, 5, 1, b"\x82\x86" + literal(b":path", b"/a") + b"\x41\x8c" + b"\xf1" * 12
)
SEEDS = {
    "smtp": b"EHLO a\r\nDATA\r\n" + MAIL % (b"a", b"a", b"QUJD") + b".\r\nBDAT 5 LAST\r\nabcde",
    "ftp": b"USER a\r\nPORT 10,1,2,3,4,5\r\nEPRT |2|2001:db8::1|99|\r\nRETR x\r\n227 (1,2,3,4,5,6)\r\n229 (|||77|)\r\n",
    "ssh": b"SSH-2.0-a b\r\n" + kexinit(),
    "http2": HTTP2 + frame(0, 9, 1, b"\x02body\0\0") + frame(9, 4, 1, b"\x88"),
    "mqtt": CONNECT + b"\x20\x02\0\0\x32\x0b\0\x05topic\0\x01go\x82\x06\0\x01\0\x01a\0",
    "http": b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
}


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(4)
        if what == 0 and at < len(data):
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif what == 1:
            del data[at : at + chance.randrange(1, 9)]
        elif what == 2:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        else:
            data[at:at] = data[: chance.randrange(64)]
    return bytes(data)


def sides(frames: list[bytes], head: int) -> list[bytes]:
    """What both ends said, behind their headers."""
    return [frame[head:] for frame in frames if len(frame) > head]


MESSAGES = {
    "krb5": [kerberos_reply(), kerberos_error(), *sides(kerberos_talk(b"k"), 42)],
    "ike": sides(ike_talk(), 42),
    "nfs": sides(nfs_talk(), 42),
    "quic": [*sides(quic_talk(), 42), google_quic()],
    "rfb": sides(rfb_talk().frames, 54),
    "dcerpc": sides(dcerpc_talk().frames, 54),
    "smb": sides(smb_talk().frames, 54),
    "sip": [SIP_INVITE, SIP_ANSWER, b"\r\n\r\n"],
    "dhcp": sides(dhcp_talk(), 42),
    "rdp": [RDP_REQUEST, RDP_CONFIRM],
    "pgsql": [*PG_CLIENT, *PG_SERVER],
    "modbus": sides(plants.modbus_talk().frames, 54),
    "dnp3": sides(plants.dnp3_talk().frames, 54),
    "enip": sides(plants.enip_talk().frames, 54),
}
STREAMS = {"krb5", "nfs"}  # also over TCP, behind a length


@pytest.mark.parametrize("app", MESSAGES)
@pytest.mark.parametrize("framed", [False, True])
def test_parsers_of_messages(app: str, framed: bool):
    chance = random.Random(f"{app} {framed}")
    seeds = MESSAGES[app]
    if framed and app in STREAMS:
        seeds = [struct.pack(">I", len(one) | (app == "nfs") << 31) + one for one in seeds]
    started = time.process_time()
    for _ in range(150):
        parser = message_app(app, framed=framed)
        assert parser is not None
        for _ in range(4):
            data, size = mutated(chance.choice(seeds), chance), chance.choice((1, 7, 4096)) if framed else 1 << 16
            side = chance.randrange(2)
            for at in range(0, len(data), size):
                for view in parser.feed(side, data[at : at + size]):
                    for buffer in BUFFERS:
                        assert all(isinstance(value, bytes) for value in view.read(buffer))
            if chance.random() < 0.2:
                parser.gap(side, chance.randrange(1, 1 << 20))
        parser.finish()
        assert 0 <= parser.memory < 2 << 20
    assert time.process_time() - started < 20


TALKS = {
    "smb": smb_talk,
    "dcerpc": dcerpc_talk,
    "rfb": rfb_talk,
    "sip": sip_stream,
    "rdp": rdp_talk,
    "pgsql": pgsql_talk,
    "modbus": plants.modbus_talk,
    "dnp3": plants.dnp3_talk,
    "enip": plants.enip_talk,
}


@pytest.mark.parametrize("app", TALKS)
def test_where_segments_end_changes_nothing(app: str):
    frames = TALKS[app]().frames
    said = [(frame[26:30] == frames[1][26:30], frame[54:]) for frame in frames if len(frame) > 54]

    def seen(size: int) -> list[object]:
        parser = message_app(app, framed=True)
        assert parser is not None
        views = [
            view
            for side, data in said
            for at in range(0, len(data), size)
            for view in parser.feed(side, data[at : at + size])
        ]
        return [(v.number, v.direction, [v.read(buffer) for buffer in BUFFERS]) for v in [*views, *parser.finish()]]

    whole = seen(1 << 16)
    assert whole
    for size in (1, 2, 3, 5, 64, 100):
        assert seen(size) == whole


@pytest.mark.parametrize("app", MESSAGES)
def test_messages_of_endless_length_are_bounded(app: str):
    heads = {
        "smb": b"\0\xff\xff\xff\xfeSMB",
        "nfs": b"\xff\xff\xff\xff",
        "krb5": b"\0\xff\xff\xff\x6a",
        "dcerpc": b"\5\0\0\3\0\0\0\0\xff\xff",
        "sip": b"INVITE sip:a SIP/2.0\r\nContent-Length: 999999999\r\n",
        "rdp": b"\3\0\xff\xff\xff\xe0",
        "pgsql": b"\0\0\x27\x10\0\3\0\0user\0",
    }
    parser = message_app(app, framed=True)
    assert parser is not None
    parser.feed(0, heads.get(app, b"R"))
    for _ in range(64):
        parser.feed(0, b"A" * 65_536)
        assert parser.memory < 3 << 20


def test_files_of_smb_without_end_are_bounded():
    parser = message_app("smb", framed=True)
    assert parser is not None
    for number in range(3000):
        handle = struct.pack("<QQ", number % 700, number)
        body = struct.pack("<HHIQ", 49, 112, 4000, 0) + handle + bytes(16) + b"Z" * 4000
        parser.feed(0, smb2(9, body, number))
        assert parser.memory < 5 << 20
    assert len(parser.finish()) <= 256


@pytest.mark.parametrize("app", SEEDS)
def test_parsers_of_applications(app: str):
    chance = random.Random(app)
    for _ in range(150):
        parser: AppParser = make_parser(app, b"\x0a\x01\x02\x03")
        views: list[View] = []
        for _ in range(3):
            data, size = mutated(SEEDS[app], chance), chance.choice((1, 7, 4096))
            side = chance.randrange(2)
            for at in range(0, len(data), size):
                views += parser.feed(side, data[at : at + size])
            if chance.random() < 0.2:
                parser.gap(side, 10)
        views += parser.finish()
        for view in views:
            for buffer in BUFFERS:
                assert all(isinstance(value, bytes) for value in view.read(buffer))
        assert parser.memory < 4 << 20


def _asn1(data: bytes) -> None:
    asn1_fault(data, 0, Asn1(True, True, 10, 0, False))


@pytest.mark.parametrize(
    ("seed", "read"),
    [
        (MAIL % (b"a", b"a", b"QUJD"), attachments),
        (b"\x30\x82\x01\x00\x03\x02\x07\x01\x1f\x81\x01\x09\x03\x01\x02\x03", _asn1),
        (b"QUJD RA== x", base64_prefix),
        (dns_query("a.b.example") + b"\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04abcd", dns.events),
    ],
)
def test_codings(seed: bytes, read: Callable[[bytes], object]):
    chance = random.Random(seed)
    for _ in range(500):
        data = mutated(seed, chance)
        if len(data) >= 12:
            read(data)


def test_decoding_with_events():
    chance = random.Random(7)
    seeds = [ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 1, 0, SYN, options=b"\x02\x04\x05\xb4\x01\x01\x04\x02")))]
    seeds += [ethernet(ip("2001:db8::1", "2001:db8::2", 44, b"\x06\0\0\x01\0\0\0\x07" + b"A" * 24))]
    seeds += [b"\x02" * 12 + b"\x89\x4f" + b"\0\x02\x02\x01" + b"\0\0\0\x01" + b"E" * 40]
    decoder = Decoder(events=True)
    for number in range(3000):
        decoder.decode(Record(number, number, 1, mutated(chance.choice(seeds), chance)))


def test_many_small_fragments_out_of_order_cost_little():
    decoder = Decoder(events=True)
    begin = time.process_time()
    for number in range(8000):
        head = b"\x11\0" + ((8000 - number) * 8 | 1).to_bytes(2, "big") + b"\0\0\0\x09"
        decoder.decode(Record(number, number, 1, ethernet(ip("2001:db8::1", "2001:db8::2", 44, head + b"A" * 8))))
    assert time.process_time() - begin < 3
