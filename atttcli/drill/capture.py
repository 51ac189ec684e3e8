"""Captures of a drill: every time, identifier and port is set, so that the bytes are the same each time.

Frames are packed here rather than by scapy, which takes half a millisecond for each of some thousands (a test compares).
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address

from atttcli.clock import SECOND

_ETHERNET = bytes.fromhex("020000000002 020000000001 0800")
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_TCP = struct.Struct("!HHIIBBHHH")
_FLAGS = {"S": 0x02, "SA": 0x12, "A": 0x10, "PA": 0x18, "FA": 0x11}


def capture_bytes(shape: str, count: int, server: str, marker: str, head: str, at: int, chance: random.Random) -> bytes:
    """A capture of `count` conversations with `server`; every conversation carries the marker and the exercise mark.

    `shape`: upload (one HTTP POST, the rest are reads), flood (short requests from many addresses), key (calls of an API).
    """
    out = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
    for index in range(count):
        start = at + index * 20_000
        for number, frame in enumerate(_conversation(shape, index, server, marker, head, chance)):
            moment = start + number * 1000
            out += struct.pack("<IIII", moment // SECOND, moment % SECOND, len(frame), len(frame)) + frame
    return bytes(out)


def _conversation(
    shape: str, index: int, server: str, marker: str, head: str, chance: random.Random
) -> Iterator[bytes]:
    client = f"198.51.100.{1 + chance.randrange(60 if shape == 'flood' else 3)}"
    port = 20_000 + index % 40_000
    request = _request(shape, index, marker, head.encode("utf-8"))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    return _exchange(client, port, server, request, answer)


def _request(shape: str, index: int, marker: str, head: bytes) -> bytes:
    if shape == "upload" and index == 0:
        body = head + b"\r\n" + marker.encode()
        first = b"POST /Portals/0/tai-len.aspx HTTP/1.1\r\nHost: portal.example\r\n"
        return first + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    if shape == "upload":
        return b"GET /tin-tuc HTTP/1.1\r\nHost: portal.example\r\nX-Exercise: yes\r\n\r\n"
    path = b"/api/ho-tich?trang=%d" % index if shape == "key" else b"/nop-ho-so?n=%d" % index
    return b"GET " + path + b" HTTP/1.1\r\nHost: dvc.example\r\nX-Exercise: " + marker.encode() + b"\r\n\r\n"


def _exchange(client: str, port: int, server: str, request: bytes, answer: bytes) -> Iterator[bytes]:
    """Handshake, request, answer, end: eight frames with fixed numbers."""
    ours, theirs = 1000, 5000
    sent, got = len(request), len(answer)
    plan = (
        (True, "S", ours, 0, b""), (False, "SA", theirs, ours + 1, b""), (True, "A", ours + 1, theirs + 1, b""),
        (True, "PA", ours + 1, theirs + 1, request), (False, "PA", theirs + 1, ours + 1 + sent, answer),
        (True, "FA", ours + 1 + sent, theirs + 1 + got, b""), (False, "FA", theirs + 1 + got, ours + 2 + sent, b""),
        (True, "A", ours + 2 + sent, theirs + 2 + got, b""),
    )  # fmt: skip
    here, there = IPv4Address(client).packed, IPv4Address(server).packed
    for number, (out, flags, seq, ack, data) in enumerate(plan, 1):
        addresses, ports = ((here, there), (port, 80)) if out else ((there, here), (80, port))
        segment = _segment(addresses, ports, seq, ack, _FLAGS[flags], data)
        yield _ETHERNET + _packet(addresses, number, segment) + segment


def _segment(
    addresses: tuple[bytes, bytes], ports: tuple[int, int], seq: int, ack: int, flags: int, data: bytes
) -> bytes:
    """TCP; its checksum covers the addresses too."""
    length = _TCP.size + len(data)
    covered = struct.pack("!4s4sHH", *addresses, 6, length)
    plain = _TCP.pack(*ports, seq, ack, 5 << 4, flags, 8192, 0, 0)
    return _TCP.pack(*ports, seq, ack, 5 << 4, flags, 8192, _checksum(covered + plain + data), 0) + data


def _packet(addresses: tuple[bytes, bytes], number: int, segment: bytes) -> bytes:
    """The head of an IPv4 packet around a segment."""
    plain = _IPV4.pack(0x45, 0, _IPV4.size + len(segment), number, 0, 64, 6, 0, *addresses)
    return plain[:10] + struct.pack("!H", _checksum(plain)) + plain[12:]


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words: tuple[int, ...] = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
