"""QUIC as Google had it before the standard (Q039 to Q046): tags of the client's hello, told in the clear."""

from __future__ import annotations

import hashlib

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import little

MAX_TAGS = 128
LONG = (b"Q046", b"Q044", b"Q043")


def is_quic(data: bytes) -> bool:
    """Whether a datagram has such a version in its head."""
    return len(data) >= 20 and _version(data) != b""


def _version(data: bytes) -> bytes:
    if data[0] & 0x80 and data[1:5] in LONG:
        return data[1:5]
    if not data[0] & 0x80 and data[0] & 0x09 == 0x09 and data[9:10] == b"Q" and data[10:13].isdigit():
        return data[9:13]
    return b""


def fields(data: bytes, direction: int) -> dict[str, Values]:
    """Version and, from a client's hello, the server's name and the fingerprint of its tags."""
    version = _version(data) if len(data) >= 20 else b""
    if not version:
        return {}
    values: dict[str, Values] = {"quic.version": (version,)}
    at = data.find(b"CHLO", 0, 200)
    if at < 0 or direction:
        return values
    count = min(little(data, at + 4, 2), MAX_TAGS)
    names, begin = [], at + 8 + 8 * count
    start = 0
    for index in range(count):
        place = at + 8 + 8 * index
        tag, end = data[place : place + 4], little(data, place + 4, 4)
        if len(tag) < 4 or end < start or begin + end > len(data):
            break
        names.append(tag.rstrip(b"\0"))
        content = data[begin + start : begin + end]
        if tag == b"SNI\0":
            values["quic.sni"] = (content,)
        elif tag == b"UAID":
            values["quic.ua"] = (content,)
        start = end
    text = version[1:].lstrip(b"0") + b"," + b"-".join(names)
    values["quic.cyu.string"] = (text,)
    values["quic.cyu.hash"] = (hashlib.md5(text, usedforsecurity=False).hexdigest().encode(),)
    return values
