"""JA4 against fingerprints that others published, and against hellos that are broken."""

from __future__ import annotations

import random
import struct

from atttcli.engines.network.ja4 import ja4
from tests.support.network_run import sids
from tests.support.network_samples import quic_talk
from tests.support.network_wire import client_hello

CIPHERS = [
    0x1301,
    0x1302,
    0x1303,
    0xC02B,
    0xC02F,
    0xC02C,
    0xC030,
    0xCCA9,
    0xCCA8,
    0xC013,
    0xC014,
    0x9C,
    0x9D,
    0x2F,
    0x35,
]
KINDS = [0x1B, 0, 0x33, 0x10, 0x4469, 0x17, 0x2D, 0x0D, 5, 0x23, 0x12, 0x2B, 0xFF01, 0x0B, 0x0A, 0x15]
SIGNATURES = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
GREASE = 0x3A3A


def numbers(values: list[int]) -> bytes:
    return b"".join(struct.pack(">H", value) for value in values)


def listed(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def hello(ciphers: list[int], kinds: list[int], protocol: bytes = b"h2") -> bytes:
    contents = {
        0x10: listed(bytes((len(protocol),)) + protocol),
        0x0D: listed(numbers(SIGNATURES)),
        0x2B: bytes((6,)) + numbers([GREASE, 0x0304, 0x0303]),
    }
    extensions = b"".join(struct.pack(">H", kind) + listed(contents.get(kind, b"")) for kind in kinds)
    return b"\x03\x03" + bytes(32) + b"\0" + listed(numbers(ciphers)) + b"\x01\0" + listed(extensions)


def test_a_published_fingerprint_whatever_the_order():
    expected = b"t13d1516h2_8daaf6152771_e5627efa2ab1"  # the example of its definition
    assert ja4(hello([GREASE, *CIPHERS], [GREASE, *KINDS, GREASE]), b"t") == expected
    shuffled = random.Random(3).sample(KINDS, len(KINDS))
    assert ja4(hello(CIPHERS[::-1], shuffled), b"t") == expected
    assert ja4(hello(CIPHERS, KINDS), b"q") == b"q" + expected[1:]


def test_parts():
    assert ja4(hello(CIPHERS, [5]), b"t").startswith(b"t12i150100_")
    assert ja4(hello([], []), b"t") == b"t12i000000_" + b"0" * 12 + b"_" + b"0" * 12
    assert ja4(hello(CIPHERS, KINDS, b"\xab"), b"t")[8:10] == b"ab"
    assert ja4(hello(CIPHERS * 8, KINDS), b"t")[4:6] == b"99"


def test_over_quic():
    found = ja4(client_hello("q.example")[9:], b"q").decode()
    assert sids(
        f'alert quic any any -> any any (ja4.hash; content:"{found}"; startswith; endswith; sid:1;)', quic_talk()
    )


def test_broken_hellos_do_no_harm():
    whole = hello(CIPHERS, KINDS)
    chance = random.Random(8)
    for end in range(len(whole)):
        ja4(whole[:end], b"t")
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(4):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert len(ja4(bytes(broken), b"t")) in (0, 36)
