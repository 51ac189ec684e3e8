"""Captures of a drill, built with scapy: every time, identifier and port is set, so that the bytes are the same each time."""

from __future__ import annotations

import random
import struct
from typing import Any

from atttcli.clock import SECOND


def capture_bytes(shape: str, count: int, server: str, marker: str, head: str, at: int, chance: random.Random) -> bytes:
    """A capture of `count` conversations with `server`; every conversation carries the marker and the exercise mark.

    `shape`: upload (one HTTP POST, the rest are reads), flood (short requests from many addresses), key (calls of an API).
    """
    out = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
    for index in range(count):
        start = at + index * 20_000
        for number, frame in enumerate(_conversation(shape, index, server, marker, head, chance)):
            moment, data = start + number * 1000, bytes(frame)
            out += struct.pack("<IIII", moment // SECOND, moment % SECOND, len(data), len(data)) + data
    return bytes(out)


def _conversation(shape: str, index: int, server: str, marker: str, head: str, chance: random.Random) -> list[Any]:
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


def _exchange(client: str, port: int, server: str, request: bytes, answer: bytes) -> list[Any]:
    """Handshake, request, answer, end: eight frames with fixed numbers."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw

    ours, theirs = 1000, 5000
    sent, got = len(request), len(answer)
    plan = (
        (True, "S", ours, 0, b""), (False, "SA", theirs, ours + 1, b""), (True, "A", ours + 1, theirs + 1, b""),
        (True, "PA", ours + 1, theirs + 1, request), (False, "PA", theirs + 1, ours + 1 + sent, answer),
        (True, "FA", ours + 1 + sent, theirs + 1 + got, b""), (False, "FA", theirs + 1 + got, ours + 2 + sent, b""),
        (True, "A", ours + 2 + sent, theirs + 2 + got, b""),
    )  # fmt: skip
    frames = []
    for number, (out, flags, seq, ack, data) in enumerate(plan):
        source, target = (client, server) if out else (server, client)
        ports = (port, 80) if out else (80, port)
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        frame /= IP(src=source, dst=target, id=number + 1, ttl=64)
        frame /= TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack, window=8192)
        if data:
            frame /= Raw(data)
        frames.append(frame)
    return frames
