"""MQTT: each message a transaction, with what is odd about it."""

from __future__ import annotations

from collections import OrderedDict

from atttcli.engines.network.fields import Values

MAX_MESSAGE = 100 * 1024
MAX_OPEN = 1024
CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PING, DISCONNECT = 1, 2, 3, 8, 9, 10, 11, 12, 14
_ANSWERS = {SUBACK: (SUBSCRIBE, b"missing_subscribe"), UNSUBACK: (UNSUBSCRIBE, b"missing_unsubscribe")}


class MqttParser:
    """A connection. `feed` gives the fields of each complete message."""

    def __init__(self) -> None:
        self._held = [bytearray(), bytearray()]
        self._skip = [0, 0]
        self._greeted = self._connected = False
        self._version = 4
        self._open: OrderedDict[tuple[int, int], None] = OrderedDict()
        self.count = 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._held[0]) + len(self._held[1])

    def feed(self, direction: int, data: bytes) -> list[dict[str, Values]]:
        """Messages completed."""
        held = self._held[direction]
        held += data
        found: list[dict[str, Values]] = []
        while True:
            if self._skip[direction]:
                step = min(self._skip[direction], len(held))
                del held[:step]
                self._skip[direction] -= step
            head = _length(held)
            if head is None:
                return found
            size, start = head
            if len(held) < start + min(size, MAX_MESSAGE):
                return found
            body = bytes(held[start : start + min(size, MAX_MESSAGE)])
            first = held[0]
            del held[: start + len(body)]
            self._skip[direction] = size - len(body)
            found.append(self._message(first, body))
            self.count += 1

    def _message(self, first: int, body: bytes) -> dict[str, Values]:
        kind = first >> 4
        values: dict[str, Values] = {"mqtt.type": (b"%d" % kind,)}
        if kind == CONNECT:
            place = 2 + int.from_bytes(body[:2], "big")
            self._version = body[place] if place < len(body) else 4
            client = _text(body, place + 4) if self._version < 5 else b""
            values |= {"mqtt.connect.clientid": (client,)} if client else {}
        elif kind == PUBLISH:
            topic = _text(body, 0)
            begin = 2 + len(topic) + (2 if first & 6 else 0)
            values |= {"mqtt.publish.topic": (topic,)}
            if self._version < 5:
                values |= {"mqtt.publish.message": (body[begin:],)}
        elif kind == CONNACK and len(body) >= 2:
            values |= {"mqtt.reason_code": (b"%d" % body[1],)}
        elif kind in (4, 5, 6, 7) and self._version >= 5 and len(body) >= 2:
            values |= {"mqtt.reason_code": (b"%d" % (body[2] if len(body) > 2 else 0),)}
        events = tuple(b"mqtt." + name for name in self._events(kind, first, body))
        return values | {"event.mqtt": events} if events else values

    def _events(self, kind: int, first: int, body: bytes) -> list[bytes]:
        found: list[bytes] = []
        if kind == CONNECT:
            found += [b"double_connect"] if self._connected else []
            self._greeted = True
        elif kind == CONNACK:
            found += [] if self._greeted else [b"missing_connect"]
            self._connected = True
        elif kind in (0, 15) and not (kind == 15 and self._version >= 5):
            found.append(b"unassigned_msg_type")
        elif not self._connected:
            found.append(b"unintroduced_message")
        if kind == PUBLISH:
            found += self._published(first >> 1 & 3, body)
        elif kind in (SUBSCRIBE, UNSUBSCRIBE):
            self._begin(kind, body[:2])
        elif kind in _ANSWERS or kind in (4, 5, 6, 7):
            asked, event = _ANSWERS.get(kind, (PUBLISH, b"missing_publish"))
            found += [] if (asked, int.from_bytes(body[:2], "big")) in self._open else [event]
        return found

    def _published(self, quality: int, body: bytes) -> list[bytes]:
        if quality == 3:
            return [b"invalid_qos_level"]
        if quality:
            place = 2 + int.from_bytes(body[:2], "big")
            if len(body) < place + 2:
                return [b"missing_msg_id"]
            self._begin(PUBLISH, body[place : place + 2])
        return []

    def _begin(self, kind: int, number: bytes) -> None:
        if len(self._open) >= MAX_OPEN:
            self._open.popitem(last=False)
        self._open[kind, int.from_bytes(number, "big")] = None


def _length(held: bytearray) -> tuple[int, int] | None:
    """(bytes after the fixed header, where they begin), or None while it is not whole."""
    size = 0
    for at in range(1, 5):
        if at >= len(held):
            return None
        size |= (held[at] & 0x7F) << 7 * (at - 1)
        if not held[at] & 0x80:
            return size, at + 1
    return 0, 5  # a length of more than four bytes is none


def _text(body: bytes, at: int) -> bytes:
    size = int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : at + 2 + size]


def starts_mqtt(direction: int, data: bytes, ports: tuple[int, int]) -> bool:
    """Whether a side's first bytes are a CONNECT, or on the usual port a CONNACK."""
    if direction == 0:
        head = data[2:13]
        return data[:1] == b"\x10" and (b"\0\x04MQTT" in head or b"\0\x06MQIsdp" in head)
    return data[:1] == b"\x20" and ports[1] == 1883 and len(data) >= 4 and data[1] >= 2
