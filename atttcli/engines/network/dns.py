"""DNS messages: the names asked for."""

from __future__ import annotations

import struct

MAX_NAME = 1024
MAX_QUESTIONS = 64
HIGHEST_OPCODE = 6
_KINDS = {
    1: "A",
    2: "NS",
    5: "CNAME",
    6: "SOA",
    12: "PTR",
    15: "MX",
    16: "TXT",
    28: "AAAA",
    33: "SRV",
    65: "HTTPS",
    255: "ANY",
}


def looks_like_dns(data: bytes) -> bool:
    """Whether a datagram on port 53 is plausibly DNS."""
    if len(data) < 12:
        return False
    flags, questions, answers, authorities, additional = struct.unpack_from(">5H", data, 2)
    plausible: bool = questions + answers + authorities + additional < 512 and questions <= 16
    return plausible and ((flags >> 11 & 15) <= HIGHEST_OPCODE or (questions == 1 and not flags & 0x0070))


def is_response(data: bytes) -> bool:
    """The QR bit."""
    return bool(data[2] & 0x80)


def questions(data: bytes) -> list[bytes]:
    """Every name asked for, labels joined by dots, case as sent; what is broken off is left out."""
    names: list[bytes] = []
    position = 12
    for _ in range(min(int.from_bytes(data[4:6], "big"), MAX_QUESTIONS)):
        name, position = read_name(data, position)
        if position < 0 or position + 4 > len(data):
            break
        position += 4
        names.append(name)
    return names


def kinds(data: bytes) -> list[str]:
    """The kind of record that every question asks for, beside `questions`."""
    found: list[str] = []
    position = 12
    for _ in range(min(int.from_bytes(data[4:6], "big"), MAX_QUESTIONS)):
        _, position = read_name(data, position)
        if position < 0 or position + 4 > len(data):
            break
        number = int.from_bytes(data[position : position + 2], "big")
        found.append(_KINDS.get(number, f"TYPE{number}"))
        position += 4
    return found


def read_name(data: bytes, position: int) -> tuple[bytes, int]:
    """(name, position after it); the position is -1 when the name is broken or points in circles."""
    labels: list[bytes] = []
    length = 0
    after = -1
    jumps = 0
    while position < len(data):
        size = data[position]
        if size == 0:
            return b".".join(labels), position + 1 if after < 0 else after
        if size & 0xC0 == 0xC0:
            jumps += 1
            if jumps > 32 or position + 1 >= len(data):
                break
            after = position + 2 if after < 0 else after
            position = (size & 0x3F) << 8 | data[position + 1]
            continue
        label = data[position + 1 : position + 1 + size]
        length += size + 1
        if size & 0xC0 or len(label) < size or length > MAX_NAME:
            break
        labels.append(label)
        position += 1 + size
    return b"", -1


def events(data: bytes, direction: int = 0) -> tuple[bytes, ...]:
    """Oddities of a message, by the names that `app-layer-event` uses."""
    found: tuple[bytes, ...] = ()
    if is_response(data) != bool(direction):
        found += (b"dns.not_a_response" if direction else b"dns.not_a_request",)
    if data[2] >> 3 & 15 > HIGHEST_OPCODE:
        found += (b"dns.invalid_opcode",)
    if data[3] & 0x40:
        found += (b"dns.z_flag_set",)
    if not _is_whole(data):
        found += (b"dns.malformed_data",)
    return found


def _after_name(data: bytes, position: int) -> int:
    """Where a name ends, without following it elsewhere: linear whatever is crafted. -1 where it is broken."""
    while position < len(data):
        size = data[position]
        if size == 0:
            return position + 1
        if size & 0xC0 == 0xC0:
            target = (size & 0x3F) << 8 | data[position + 1] if position + 1 < len(data) else len(data)
            return position + 2 if target < position else -1
        if size & 0xC0:
            return -1
        position += 1 + size
    return -1


def _is_whole(data: bytes) -> bool:
    """Whether every question and record that the header announces can be read."""
    counts = struct.unpack_from(">4H", data, 4)
    position = 12
    for number, count in enumerate(counts):
        for _ in range(count):
            position = _after_name(data, position)
            if position < 0 or position + (4 if number == 0 else 10) > len(data):
                return False
            if number == 0:
                position += 4
                continue
            position += 10 + int.from_bytes(data[position + 8 : position + 10], "big")
            if position > len(data):
                return False
    return True
