"""Files that protocols carry: SMB in chunks and in either direction, NFS, and bodies in brotli and both kinds of deflate."""

from __future__ import annotations

import random
import struct
import zlib

import brotli
import pytest

from atttcli.engines.network.body import LIMIT, Body
from atttcli.engines.network.carried import Carried, Told
from tests.support.network_run import http, sids
from tests.support.network_samples import nfs_call, nfs_talk, smb2, smb_talk
from tests.support.network_wire import Conversation, udp_frame

MARK = b"MZ" + b"a" * 3000 + b"SECRET-MARK" + b"b" * 3000
RULE = 'alert tcp any any -> any any (flow:{way}; file.data; content:"MZ"; startswith; content:"SECRET-MARK"; sid:1;)'


@pytest.mark.parametrize("chunks", [1, 2, 7, 40])
def test_a_file_written_over_smb_is_put_together(chunks: int):
    talk = smb_talk(MARK, chunks)
    assert sids(RULE.format(way="to_server"), talk) == [1]
    assert sids(RULE.format(way="to_client"), talk) == []
    assert sids('alert smb any any -> any any (file.name; content:"tool.exe"; sid:1;)', talk) == [1]
    assert sids('alert smb any any -> any any (fileext:"exe"; file.data; content:"SECRET-MARK"; sid:1;)', talk) == [1]


def smb2_read(*, closed: bool = True) -> Conversation:
    handle, half = b"F" * 16, len(MARK) // 2
    talk = Conversation(dport=445).open()
    name = "notes.txt".encode("utf-16-le")
    talk.send(0, smb2(5, bytes(44) + struct.pack("<HH", 120, len(name)) + bytes(8) + name, 1))
    talk.send(1, smb2(5, bytes(64) + handle + bytes(8), 1, response=True))
    for number, where in ((2, 0), (3, half)):
        talk.send(0, smb2(8, struct.pack("<HBBIQ", 49, 0, 0, half, where) + handle + bytes(16), number))
    for number, where in ((3, half), (2, 0)) if not closed else ((2, 0), (3, half)):
        piece = MARK[where : where + half + 1] if where else MARK[:half]
        talk.send(1, smb2(8, struct.pack("<HBBIII", 17, 80, 0, len(piece), 0, 0) + piece, number, response=True))
    if closed:
        talk.send(0, smb2(6, bytes(8) + handle, 9))
    return talk.close()


def test_a_file_read_over_smb_is_put_together():
    assert sids(RULE.format(way="to_client"), smb2_read()) == [1]
    assert sids('alert smb any any -> any any (file.name; content:"notes.txt"; sid:1;)', smb2_read()) == [1]


def test_pieces_out_of_order_leave_no_false_file():
    assert sids(RULE.format(way="to_client"), smb2_read(closed=False)) == []


def smb1(command: int, words: bytes, data: bytes, *, response: bool = False, number: int = 1) -> bytes:
    head = (
        b"\xffSMB"
        + bytes((command,))
        + bytes(4)
        + bytes((response << 7,))
        + bytes(14)
        + struct.pack("<HHHH", 1, 1, 1, number)
    )
    body = head + bytes((len(words) // 2,)) + words + struct.pack("<H", len(data)) + data
    return struct.pack(">I", len(body)) + body


def test_a_file_written_over_smb1_is_put_together():
    talk, half = Conversation(dport=445).open(), len(MARK) // 2
    create = b"\xff\0\0\0\0" + struct.pack("<H", 8) + bytes(41)
    talk.send(0, smb1(0xA2, create, b"tool.exe\0"))
    talk.send(1, smb1(0xA2, b"\xff\0\0\0\0" + b"\x07\x40" + bytes(61), b"", response=True))
    for number, piece in enumerate((MARK[:half], MARK[half:])):
        words = struct.pack("<BBHHIIHHHHHI", 255, 0, 0, 0x4007, number * half, 0, 0, 0, 0, len(piece), 64, 0)
        talk.send(0, smb1(0x2F, words, b"\0" + piece, number=number + 2))
    talk.send(0, smb1(0x04, b"\x07\x40" + bytes(4), b"", number=9)).close()
    assert sids(RULE.format(way="to_server"), talk) == [1]
    assert sids('alert smb any any -> any any (file.name; content:"tool.exe"; sid:1;)', talk) == [1]


def test_a_call_in_a_named_pipe_is_seen_as_over_tcp():
    iface = "dcerpc.iface:12345678-1234-abcd-ef00-01234567cffb; dcerpc.opnum:26;"
    for protocol in ("smb", "dcerpc", "tcp"):
        rule = f'alert {protocol} any any -> any any (flow:to_server; {iface} dcerpc.stub_data; content:"stub"; sid:1;)'
        assert sids(rule, smb_talk()) == [1], protocol
        assert sids(rule.replace("opnum:26", "opnum:25"), smb_talk()) == []


def test_a_file_written_over_nfs():
    rule = 'alert nfs any any -> any any (file.data; content:"file-content"; startswith; endswith; sid:1;)'
    assert sids(rule, nfs_talk()) == [1]
    apart = nfs_call(9, 7, struct.pack(">I", 6) + b"other!\0\0" + struct.pack(">QIII", 5, 3, 2, 3) + b"abc\0")
    assert sids(rule, [udp_frame(apart, dport=2049, sport=700)]) == []


def test_pieces_count_by_their_place():
    files: Carried[str] = Carried()
    assert files.add("f", b"name", 3, b"def") is None  # before it something is missing
    files.add("f", b"name", 0, b"abc")
    files.add("f", b"name", 3, b"def")
    files.add("f", b"name", 2, b"C")
    assert files.close("f") == Told(b"name", b"abCdef")
    assert files.close("f") is None
    assert files.add("g", b"", 0, b"x" * (LIMIT + 5)) == Told(b"", b"x" * LIMIT)
    assert files.add("g", b"", LIMIT, b"more") is None
    assert files.close("g") is None
    assert files.memory == 0


# -- codings of bodies ----------------------------------------------------------------------------------------------

RAW = zlib.compressobj(wbits=-15)
PACKED = {
    "br": brotli.compress(MARK),
    "deflate": zlib.compress(MARK),
    "deflate ": RAW.compress(MARK) + RAW.flush(),  # raw, as many servers send it
    "gzip, br": brotli.compress(zlib.compressobj(wbits=31).compress(b"") + b""),
}
OUTER = zlib.compressobj(wbits=31)
PACKED["gzip, br"] = brotli.compress(OUTER.compress(MARK) + OUTER.flush())


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("size", [1, 100, 1400])
def test_bodies_are_unpacked(coding: str, size: int):
    body = PACKED[coding]
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (
        coding.strip().encode(),
        len(body),
    )
    talk = Conversation().open().send(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").send(1, answer + body, size=size).close()
    rule = 'alert http any any -> any any (file.data; content:"MZ"; startswith; content:"SECRET-MARK"; sid:1;)'
    assert sids(rule, talk) == [1]


def test_brotli_that_is_none_passes_as_it_is_and_bombs_end():
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 11\r\n\r\n"
    plain = http(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", head + b"SECRET-MARK")
    assert sids('alert http any any -> any any (file.data; content:"SECRET-MARK"; sid:1;)', plain) == [1]
    bomb = Body()
    bomb.decode(["br"])
    data = brotli.compress(b"\0" * (8 << 20), quality=5)
    for at in range(0, len(data), 16):
        bomb.add(data[at : at + 16])
    assert bomb.bytes() == b"\0" * LIMIT
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(PACKED["br"])
        broken[chance.randrange(len(broken))] = chance.randrange(256)
        body = Body()
        body.decode(["br"])
        for at in range(0, len(broken), 50):
            body.add(bytes(broken[at : at + 50]))
        assert body.length <= LIMIT
