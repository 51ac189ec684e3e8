"""Modbus over TCP: functions, tables, addresses and values of requests, and what is wrong with messages (V1.1b3).

`modbus.read` and `modbus.write` hold for each access the letter of the table and the first and last address (two bytes each,
counted from 1); `modbus.written` the letter, the first and last address of neighbours that get the same value, and this value.
"""

from __future__ import annotations

import struct
from collections import deque
from itertools import groupby

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import UNKNOWN, Message, big, digits

MAX_WAITING = 500  # requests without an answer, as many as the reference engine follows
MAX_RUNS = 128  # of coils that alternate; beyond it all that is left counts as set and as not set
LONGEST = 254  # bytes that the length may count
COILS, DISCRETES, INPUT, HOLDING = b"c", b"d", b"i", b"h"
_READS = {1: COILS, 2: DISCRETES, 3: HOLDING, 4: INPUT}
_MOST_READ = {1: 2000, 2: 2000, 3: 125, 4: 125}
_ASSIGNED = frozenset((*range(1, 9), 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43))
_RESERVED = frozenset((9, 10, 13, 14, 41, 42, 90, 91, 125, 126, 127))
_USER = (*range(65, 73), *range(100, 111))
_ECHOED = {5: 6, 6: 6, 15: 5, 16: 5, 22: 8}  # bytes of the answer that repeat the request


def starts_modbus(data: bytes) -> bool:
    """Whether a stream begins with a header and a function."""
    return len(data) >= 8 and data[2:4] == b"\0\0" and 2 <= big(data, 4, 2) <= LONGEST and data[7] & 0x7F != 0


def category(function: int, sub: int | None) -> bytes:
    """`assigned`, `unassigned`, `user` or `reserved`; the first two are public."""
    if function == 8 and sub is not None and (sub == 19 or sub > 20):
        return b"reserved"
    if function == 43 and sub is not None and sub not in (13, 14):
        return b"reserved"
    if function in _ASSIGNED:
        return b"assigned"
    if function in _RESERVED:
        return b"reserved"
    return b"user" if function in _USER else b"unassigned"


class Modbus:
    """A transaction is a request and its answer."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: deque[tuple[int, int, bytes]] = deque()  # transaction of the wire, number, function and data

    @property
    def memory(self) -> int:
        """Bytes of requests that wait."""
        return 200 * len(self._waiting)

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The header counts what follows its first six bytes; at least a unit and a function do."""
        return 6 + max(big(held, at + 4, 2), 2) if len(held) - at >= 6 else UNKNOWN

    def read(self, direction: int, data: bytes) -> list[Message]:
        """A request or an answer."""
        if len(data) < 8:
            return []
        events = [b"modbus.invalid_protocol_id"] if data[2:4] != b"\0\0" else []
        if not 2 <= big(data, 4, 2) <= LONGEST:
            events.append(b"modbus.invalid_length")
        return [self._answer(data, events) if direction else self._request(data, events)]

    def _request(self, data: bytes, events: list[bytes]) -> Message:
        pdu = data[7:]
        number, function = self.count, big(pdu, 0, 1)
        self.count += 1
        values: dict[str, Values] = {"modbus.unit": digits(data[6]), "modbus.function": digits(function)}
        sub = big(pdu, 1, 2) if function == 8 else big(pdu, 1, 1) if function == 43 else None
        if sub is not None:
            values["modbus.subfunction"] = digits(sub)
        if not 0 < function < 128:
            events.append(b"modbus.invalid_function_code")
        elif not events:
            values["modbus.category"] = (category(function, sub),)
            _accesses(function, pdu, values, events)
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            events.append(b"modbus.flooded")
        self._waiting.append((big(data, 0, 2), number, pdu[:9]))
        return Message(number, 0, values | ({"event.modbus": tuple(events)} if events else {}))

    def _answer(self, data: bytes, events: list[bytes]) -> Message:
        pdu = data[7:]
        number, asked = self._asked(big(data, 0, 2))
        if asked is None:
            events.append(b"modbus.unsolicited_response")
        elif big(pdu, 0, 1) & 0x80:
            if not 1 <= big(pdu, 1, 1) <= 11 or big(pdu, 1, 1) in (7, 9):
                events.append(b"modbus.invalid_exception_code")
        elif pdu[:1] != asked[:1]:
            events.append(b"modbus.invalid_function_code")
        elif not _fits(asked, pdu):
            events.append(b"modbus.value_mismatch")
        return Message(number, 1, {"event.modbus": tuple(events)} if events else {})

    def _asked(self, transaction: int) -> tuple[int, bytes | None]:
        for index, (known, number, asked) in enumerate(self._waiting):
            if known == transaction:
                del self._waiting[index]
                return number, asked
        return max(self.count - 1, 0), None


def _fits(asked: bytes, pdu: bytes) -> bool:
    """Whether an answer repeats what it should, and carries as many bytes as were asked for."""
    function = asked[0]
    if function in _ECHOED:
        return pdu[1 : _ECHOED[function]] == asked[1 : _ECHOED[function]]
    if function in (1, 2):
        return big(pdu, 1, 1) == -(-big(asked, 3, 2) // 8)
    return function not in (3, 4, 23) or big(pdu, 1, 1) == 2 * big(asked, 3, 2)


def _accesses(function: int, pdu: bytes, values: dict[str, Values], events: list[bytes]) -> None:
    """What is read and written."""
    first, count = big(pdu, 1, 2), big(pdu, 3, 2)
    if function in _READS:
        values["modbus.read"] = (_span(_READS[function], first, count),)
        if not 1 <= count <= _MOST_READ[function]:
            events.append(b"modbus.invalid_value")
    elif function in (5, 6):
        table = COILS if function == 5 else HOLDING
        values["modbus.write"] = (_span(table, first, 1),)
        if function == 5 and count not in (0, 0xFF00):
            events.append(b"modbus.invalid_value")
        _written(table, first, [count if function == 6 else int(count == 0xFF00)], values)
    elif function in (15, 16):
        values["modbus.write"] = (_span(COILS if function == 15 else HOLDING, first, count),)
        _several(function == 15, first, count, pdu, 5, values, events)
    elif function == 22:
        values["modbus.write"] = (_span(HOLDING, first, 1),)
    elif function == 23:
        values["modbus.read"] = (_span(HOLDING, first, count),)
        first, count = big(pdu, 5, 2), big(pdu, 7, 2)
        values["modbus.write"] = (_span(HOLDING, first, count),)
        _several(False, first, count, pdu, 9, values, events)


def _several(
    bits: bool, first: int, count: int, pdu: bytes, at: int, values: dict[str, Values], events: list[bytes]
) -> None:
    size = big(pdu, at, 1)
    wanted, most = (-(-count // 8), 0x7B0) if bits else (2 * count, 0x7B)
    if size != wanted or not 1 <= count <= most or len(pdu) < at + 1 + size:
        events.append(b"modbus.invalid_value")
        return
    data = pdu[at + 1 : at + 1 + size]
    if bits:
        found = [data[index >> 3] >> (index & 7) & 1 for index in range(count)]
    else:
        found = [big(data, 2 * index, 2) for index in range(count)]
    _written(COILS if bits else HOLDING, first, found, values)


def _span(table: bytes, first: int, count: int) -> bytes:
    last = min(first + max(count, 1), 0xFFFF)
    return table + struct.pack(">HH", min(first + 1, 0xFFFF), last)


def _written(table: bytes, first: int, found: list[int], values: dict[str, Values]) -> None:
    """Runs of one value: two thousand coils are mostly a few of them."""
    told: list[bytes] = []
    at = first + 1
    for value, run in groupby(found):
        if len(told) >= MAX_RUNS:
            told += [_run(table, at, first + len(found), either) for either in (0, 1)]
            break
        size = sum(1 for _ in run)
        told.append(_run(table, at, at + size - 1, value))
        at += size
    values["modbus.written"] = tuple(told)


def _run(table: bytes, first: int, last: int, value: int) -> bytes:
    return table + struct.pack(">HHH", min(first, 0xFFFF), min(last, 0xFFFF), value)
