"""EtherNet/IP and the CIP messages in it: commands, identities, services with class, instance and attribute (ODVA volume 1, 2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import UNKNOWN, Message, big, digits, little

HEAD = 24
COMMANDS = frozenset((0, 4, 0x63, 0x64, 0x65, 0x66, 0x6F, 0x70, 0x72, 0x73))
SERVICES, IDENTITY, REGISTER, RR_DATA, UNIT_DATA = 4, 0x63, 0x65, 0x6F, 0x70
MULTIPLE, GET_LIST, SET_LIST = 0x0A, 0x03, 0x04
MAX_ITEMS = 64
MAX_SERVICES = 64  # in one packet of several
MAX_DEPTH = 4
MAX_PATH = 8  # classes, instances and attributes that one path names
NONE = 0xFFFFFFFF
_Gathered = dict[str, list[bytes]]


def is_enip(data: bytes) -> bool:
    """Whether a message begins with a known command, and options that must be zero."""
    return len(data) >= HEAD and little(data, 0, 2) in COMMANDS and data[20:24] == bytes(4)


class Enip:
    """Each message is a transaction of its own."""

    def __init__(self) -> None:
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The header says how much follows it."""
        return HEAD + little(held, at + 2, 2) if len(held) - at >= 4 else UNKNOWN

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message."""
        if len(data) < HEAD:
            return []
        command, body = little(data, 0, 2), data[HEAD:]
        values: dict[str, Values] = {"enip_command": digits(command), "enip.status": digits(little(data, 8, 4))}
        if command == REGISTER and len(body) >= 2:
            values["enip.protocol_version"] = digits(little(body, 0, 2))
        elif command in (IDENTITY, SERVICES) and len(body) > 2:
            _listed(body, values)
        elif command in (RR_DATA, UNIT_DATA):
            values |= _cip(body)
        self.count += 1
        return [Message(self.count - 1, direction, values)]


def _items(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """(kind, content) of what a list holds."""
    for _ in range(min(little(body, at, 2), MAX_ITEMS)):
        if at + 6 > len(body):
            return
        size = little(body, at + 4, 2)
        yield little(body, at + 2, 2), body[at + 6 : at + 6 + size]
        at += 4 + size


def _listed(body: bytes, values: dict[str, Values]) -> None:
    """Who a device says it is, or what it offers."""
    for kind, item in _items(body, 0):
        if kind == 0x0C and len(item) >= 33:
            numbers = dict(zip(_IDENTITY, struct.unpack_from("<HHHHHI", item, 18), strict=True))
            values |= {f"enip.{name}": digits(value) for name, value in numbers.items()}
            values["enip.protocol_version"] = digits(little(item, 0, 2))
            values["enip.product_name"] = (item[33 : 33 + item[32]],)
            values["enip.state"] = digits(big(item, 33 + item[32], 1))
        elif kind == 0x100 and len(item) >= 4:
            values["enip.protocol_version"] = digits(little(item, 0, 2))
            values["enip.capabilities"] = digits(little(item, 2, 2))
            values["enip.service_name"] = (item[4:20].split(b"\0", 1)[0],)


_IDENTITY = ("vendor_id", "device_type", "product_code", "revision", "identity_status", "serial")


def _cip(body: bytes) -> dict[str, Values]:
    found: _Gathered = {}
    for kind, item in _items(body, 6):
        if kind == 0xB2:
            _message(item, found, 0)
        elif kind == 0xB1:
            _message(item[2:], found, 0)
    return {name: tuple(several) for name, several in found.items()}


def _message(data: bytes, found: _Gathered, depth: int) -> None:
    """A request or an answer; several in one are each looked at."""
    seen = len(found.get("cip_service", ())) + len(found.get("enip.cip_status", ()))
    if len(data) < 2 or depth > MAX_DEPTH or seen >= MAX_SERVICES:
        return
    service = data[0]
    if service & 0x80:
        _answer(data, found, depth)
        return
    end = 2 + 2 * data[1]
    path = _path(data[2:end])
    rest = data[end:]
    if service in (GET_LIST, SET_LIST):
        path["attribute"] = [little(rest, 2 + 2 * index, 2) for index in range(min(little(rest, 0, 2), MAX_ITEMS))]
    for name, several in path.items():
        found.setdefault(f"enip.cip_{name}", []).extend(b"%d" % one for one in several)
    named = found.setdefault("cip_service", [])
    for kind in path["class"] or [NONE]:
        named += [struct.pack(">BII", service, kind, one) for one in path["attribute"] or [NONE]]
    if service == MULTIPLE:
        _several(rest, found, depth)


def _answer(data: bytes, found: _Gathered, depth: int) -> None:
    found.setdefault("enip.cip_status", []).append(b"%d" % big(data, 2, 1))
    more = big(data, 3, 1)
    if more:
        found.setdefault("enip.cip_extendedstatus", []).append(b"%d" % little(data, 4, 2))
    if data[0] & 0x7F == MULTIPLE:
        _several(data[4 + 2 * more :], found, depth)


def _several(data: bytes, found: _Gathered, depth: int) -> None:
    """Messages named by their places."""
    count = min(little(data, 0, 2), MAX_SERVICES)
    places = [little(data, 2 + 2 * index, 2) for index in range(count)]
    for place, end in zip(places, [*places[1:], len(data)], strict=False):
        if 2 + 2 * count <= place < end:
            _message(data[place:end], found, depth + 1)


def _path(data: bytes) -> dict[str, list[int]]:
    """Class, instance and attribute that a path leads to; what else stands in it is passed over."""
    found: dict[str, list[int]] = {"class": [], "instance": [], "attribute": []}
    at = 0
    while at + 2 <= len(data):
        kind = data[at]
        if kind >> 5 != 1:
            return found
        width = (1, 2, 4, 0)[kind & 3]
        if not width:
            return found
        begin = at + (1 if width == 1 else 2)  # longer numbers stand on an even place
        name = {0: "class", 1: "instance", 4: "attribute"}.get(kind >> 2 & 7)
        if name is not None and len(found[name]) < MAX_PATH:
            found[name].append(little(data, begin, width))
        at = begin + width
    return found
