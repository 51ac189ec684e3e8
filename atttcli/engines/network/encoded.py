"""Base64 and ASN.1 inside a buffer, as rules ask for them. Both read what they can and never fail."""

from __future__ import annotations

import binascii
import re

from atttcli.rulepack.network.values import Asn1

_ALPHABET = re.compile(rb"[A-Za-z0-9+/ ]*")
MAX_ELEMENTS = 256
MAX_DEPTH = 64


def base64_prefix(data: bytes) -> bytes:
    """What the leading Base64 characters stand for; blanks are passed over, an incomplete group gives what it holds."""
    found = _ALPHABET.match(data)
    text = found.group().replace(b" ", b"") if found else b""
    spare = len(text) % 4
    if spare == 1:
        text = text[:-1]
    elif spare:
        text += b"=" * (4 - spare)
    return binascii.a2b_base64(text) if text else b""


def asn1_fault(data: bytes, start: int, wanted: Asn1) -> bool:
    """Whether an element from `start` on (and inside it) has one of the faults asked for."""
    if not 0 <= start < len(data):
        return False
    waiting = [(start, len(data), 0)]
    count = 0
    while waiting and count < MAX_ELEMENTS:
        at, end, depth = waiting.pop()
        while at < end and count < MAX_ELEMENTS:
            count += 1
            element = _element(data, at, end)
            if element is None:
                break
            tag, constructed, content, size = element
            if _is_faulty(data, tag, constructed, content, size, wanted):
                return True
            stop = min(content + size, end)
            if constructed and depth < MAX_DEPTH:
                waiting.append((content, stop, depth + 1))
            at = content + size
    return False


def _element(data: bytes, at: int, end: int) -> tuple[int, bool, int, int] | None:
    """(tag number, constructed, where its content begins, its length as announced)."""
    first = data[at]
    at += 1
    tag = first & 31
    if tag == 31:
        tag = 0
        while at < end:
            tag = (tag << 7 | data[at] & 127) & 0xFFFFFFFF
            at += 1
            if not data[at - 1] & 128:
                break
    if at >= end:
        return None
    size = data[at]
    at += 1
    if size & 128:
        count = size & 127
        if not 0 < count <= 4 or at + count > end:
            return None
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    return tag, bool(first & 32), at, size


def _is_faulty(data: bytes, tag: int, constructed: bool, content: int, size: int, wanted: Asn1) -> bool:
    if wanted.oversize and size > wanted.oversize:
        return True
    if constructed or content >= len(data) or not size:
        return False
    if wanted.bitstring_overflow and tag == 3 and (size - 1) * 8 < data[content]:
        return True
    return wanted.double_overflow and tag == 9 and not data[content] & 0xC0 and size > 256
