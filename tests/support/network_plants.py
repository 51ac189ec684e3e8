"""Conversations of plants made by hand: Modbus, DNP3, EtherNet/IP with CIP."""

from __future__ import annotations

import struct

from atttcli.engines.network.dnp3 import checksum
from tests.support.network_wire import Conversation


def modbus(pdu: bytes, *, transaction: int = 1, unit: int = 5, protocol: int = 0, length: int | None = None) -> bytes:
    """A message; `length` in place of the right one."""
    size = 1 + len(pdu) if length is None else length
    return struct.pack(">HHHB", transaction, protocol, size, unit) + pdu


READ = modbus(struct.pack(">BHH", 4, 0, 8))  # input registers 1 to 8
READ_BACK = modbus(b"\x04\x10" + bytes(16))
WRITE = modbus(struct.pack(">BHHB", 16, 499, 2, 4) + b"\0\x07\x01\x2c", transaction=2)  # holding 500: 7, 501: 300
WRITE_BACK = modbus(struct.pack(">BHH", 16, 499, 2), transaction=2)
FORCE = modbus(struct.pack(">BHH", 8, 4, 0), transaction=3)  # listen only
FORCE_BACK = modbus(struct.pack(">BHH", 8, 4, 0), transaction=3)
SOUND = ((0, READ), (1, READ_BACK), (0, WRITE), (1, WRITE_BACK), (0, FORCE), (1, FORCE_BACK))


def talk(port: int, *turns: tuple[int, bytes]) -> Conversation:
    """What both sides said, each in a segment of its own."""
    made = Conversation(dport=port).open()
    for side, data in turns:
        made.send(side, data)
    return made.close()


def modbus_talk() -> Conversation:
    """A read, a write and a diagnostic function with their answers."""
    return talk(502, *SOUND)


def summed(data: bytes) -> bytes:
    return data + struct.pack("<H", checksum(data))


def dnp3_frame(payload: bytes, *, answer: bool = False) -> bytes:
    """A link frame of user data."""
    head = struct.pack("<BBBBHH", 5, 0x64, 5 + len(payload), 0x44 if answer else 0xC4, 1, 10)
    return summed(head) + b"".join(summed(payload[at : at + 16]) for at in range(0, len(payload), 16))


def dnp3(fragment: bytes, *, answer: bool = False, size: int = 249) -> bytes:
    """A fragment in as many frames as it needs."""
    pieces = [fragment[at : at + size] for at in range(0, len(fragment), size)]
    last = len(pieces) - 1
    return b"".join(
        dnp3_frame(bytes(((0x40 if not i else 0) | (0x80 if i == last else 0) | i & 63,)) + piece, answer=answer)
        for i, piece in enumerate(pieces)
    )


CROB = b"\x0c\x01\x28\x01\0\x07\0" + bytes(11)  # control relay output block of point 7
SELECT = b"\xc3\x03" + CROB + b"\x3c\x02\x06"
SELECTED = b"\xc3\x81\x90\x00" + CROB + b"\x1e\x05\0\0\x01" + bytes(10)  # device_restart, need_time; two analog inputs


def dnp3_talk() -> Conversation:
    """A selection and its answer, each in two frames."""
    return talk(20_001, (0, dnp3(SELECT, size=10)), (1, dnp3(SELECTED, answer=True, size=20)))


def enip(command: int, body: bytes = b"", *, status: int = 0) -> bytes:
    """An encapsulated message."""
    return struct.pack("<HHII", command, len(body), 7, status) + bytes(12) + body


def sent(cip: bytes) -> bytes:
    """An unconnected CIP message."""
    return enip(0x6F, bytes(6) + struct.pack("<HHHHH", 2, 0, 0, 0xB2, len(cip)) + cip)


NAME = b"PLC-Hue-1"
IDENTIFIED = struct.pack("<HH", 1, 0x0C)
_ITEM = (
    struct.pack("<H", 1)
    + bytes(16)
    + struct.pack("<HHHHHI", 9, 12, 158, 0x0703, 0x30, 77_001)
    + bytes((len(NAME),))
    + NAME
    + b"\x03"
)
IDENTITY_BACK = enip(0x63, IDENTIFIED + struct.pack("<H", len(_ITEM)) + _ITEM)
_SERVICE = struct.pack("<HH", 1, 0x120) + b"Communications\0\0"
SERVICES_BACK = enip(4, struct.pack("<HHH", 1, 0x100, len(_SERVICE)) + _SERVICE)
SET_ATTRIBUTE = b"\x10\x03\x20\xf6\x24\x01\x30\x06\x01\0"  # set attribute 6 of instance 1 of class 246
SEVERAL = b"\x0a\x02\x20\x02\x24\x01" + struct.pack("<HHH", 2, 6, 16) + SET_ATTRIBUTE + b"\x4b\x02\x20\x67\x24\x02"
REFUSED = b"\x90\0\x05\x01\x34\x12"
TURNS = (
    (0, enip(0x63)), (1, IDENTITY_BACK), (0, enip(4)), (1, SERVICES_BACK), (0, enip(0x65, b"\x01\0\0\0")),
    (1, enip(0x65, b"\x01\0\0\0", status=0x69)), (0, sent(SET_ATTRIBUTE)), (1, sent(REFUSED)), (0, sent(SEVERAL)),
)  # fmt: skip


def enip_talk() -> Conversation:
    """Who is there, what it offers, and an attribute that is set twice."""
    return talk(44_818, *TURNS)
