"""DNP3: link frames put together to fragments, their function, indications and objects (IEEE 1815)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from atttcli.engines.network.dnp3_objects import HEADERS_ONLY, objects
from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, big, digits, little

HEAD = 10  # bytes of a frame's header with its checksum
BLOCK = 16
MOST_FRAGMENT: Final = 63 * 255  # bytes: so many segments have a number of their own
MAX_WAITING = 32  # requests without an answer, as many as the reference engine follows
_USER_DATA = (3, 4)
_FINAL, _FIRST = 0x80, 0x40


def _table() -> tuple[int, ...]:
    made = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0xA6BC if number & 1 else 0)
        made.append(number)
    return tuple(made)


_CRC = _table()


def checksum(data: bytes | bytearray) -> int:
    """Of a header or a block, as its two bytes (lowest first) say it."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFF


def starts_dnp3(data: bytes) -> bool:
    """Whether a stream begins with a frame whose header is sound."""
    return len(data) >= HEAD and data[2] >= 5 and little(data, 8, 2) == checksum(data[:8])


class Dnp3:
    """Each fragment is a transaction of its own."""

    def __init__(self) -> None:
        self.count = 0
        self._parts: list[bytearray | None] = [None, None]  # fragments whose last segment has not come
        self._waiting = 0

    @property
    def memory(self) -> int:
        """Bytes of fragments that wait for their end."""
        return sum(len(part) for part in self._parts if part is not None)

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Five bytes of the header count, and two of checksum stand after each sixteen bytes of data."""
        if len(held) - at < 3:
            return UNKNOWN
        if held[at] != 5 or held[at + 1] != 0x64:
            return LOST
        data = max(held[at + 2] - 5, 0)
        return HEAD + data + 2 * -(-data // BLOCK)

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One frame."""
        if len(data) < HEAD or data[:2] != b"\x05\x64":
            return []
        if data[2] < 5:
            return [self._odd(direction, b"dnp3.len_too_small")]
        if little(data, 8, 2) != checksum(data[:8]):
            return [self._odd(direction, b"dnp3.bad_link_crc")]
        if not data[3] & 0x40 or data[3] & 15 not in _USER_DATA:
            return []
        if data[2] < 6:
            return [self._odd(direction, b"dnp3.len_too_small")]
        told = []
        payload = bytearray()
        for at in range(HEAD, len(data), BLOCK + 2):
            block = data[at : at + BLOCK + 2]
            if little(block, len(block) - 2, 2) != checksum(block[:-2]):
                told = [self._odd(direction, b"dnp3.bad_transport_crc")]
            payload += block[:-2]
        return told or list(self._segment(direction, payload))

    def _segment(self, direction: int, payload: bytearray) -> Iterator[Message]:
        if not payload:
            return
        head = payload[0]
        if head & _FIRST:
            self._parts[direction] = bytearray()
        part = self._parts[direction]
        if part is None:
            return
        part += payload[1:]
        if len(part) > MOST_FRAGMENT:
            self._parts[direction] = None
            yield self._odd(direction, b"dnp3.too_long_reassembly")
        elif head & _FINAL:
            self._parts[direction] = None
            yield self._fragment(direction, bytes(part))

    def _odd(self, direction: int, event: bytes) -> Message:
        self.count += 1
        return Message(self.count - 1, direction, {"event.dnp3": (event,)})

    def _fragment(self, direction: int, data: bytes) -> Message:
        function = big(data, 1, 1)
        events: list[bytes] = []
        values: dict[str, Values] = {"dnp3_data": (data,)}
        if len(data) < (4 if direction else 2):
            events.append(b"dnp3.len_too_small")
        else:
            values["dnp3_func"] = digits(function)
            if direction:
                values["dnp3_ind"] = (data[2:4],)
            found, event = objects(data, 4 if direction else 2, plain=not direction and function in HEADERS_ONLY)
            values["dnp3_obj"] = found
            events += [event] if event else []
        self._waiting = 0 if direction else self._waiting + 1
        if self._waiting > MAX_WAITING:
            events.append(b"dnp3.flooded")
        self.count += 1
        return Message(self.count - 1, direction, values | ({"event.dnp3": tuple(events)} if events else {}))
