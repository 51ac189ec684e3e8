"""A zip encrypted in the classic way (PKWARE's stream cipher), as people send samples: the standard library only reads it.

Weak on purpose: the password `infected` is the custom of the trade, it keeps mail filters away and protects nothing.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import datetime


def encrypted_zip(members: Sequence[tuple[str, bytes]], password: bytes, when: datetime) -> bytes:
    """The archive; stored, not compressed, with the same bytes for the same input."""
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    time = when.hour << 11 | when.minute << 5 | when.second // 2
    body, central = b"", b""
    for name, data in members:
        crc = zlib.crc32(data)
        secret = _encrypt(bytes(11) + bytes([crc >> 24]) + data, password)
        sizes = struct.pack("<IIIHH", crc, len(secret), len(data), len(name.encode()), 0)
        common = struct.pack("<HHHHH", 20, 0x0801, 0, time, date) + sizes
        central += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + common + name.encode() + secret
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(members), len(members), len(central), len(body), 0)
    return body + central + end


def _encrypt(plain: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]
    for byte in password:
        _turn(keys, byte)
    out = bytearray()
    for byte in plain:
        word = keys[2] | 2
        out.append(byte ^ (word * (word ^ 1) >> 8 & 0xFF))
        _turn(keys, byte)
    return bytes(out)


def _turn(keys: list[int], byte: int) -> None:
    keys[0] = _crc(keys[0], byte)
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = _crc(keys[2], keys[1] >> 24)


def _crc(crc: int, byte: int) -> int:
    return crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC = _crc_table()
