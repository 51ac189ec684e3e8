"""SNMP: version of each message, community (1 and 2c) and user name (3)."""

from __future__ import annotations

from atttcli.engines.network.fields import Values


def fields(data: bytes) -> dict[str, Values] | None:
    """The fields of a datagram, or None where it is no SNMP message."""
    at = _begin(data, 0, 0x30)
    if at is None or data[at : at + 2] != b"\x02\x01" or at + 3 > len(data) or data[at + 2] not in (0, 1, 3):
        return None
    values: dict[str, Values] = {"snmp.version": (b"%d" % (data[at + 2] + (data[at + 2] < 3)),)}
    start = _begin(data, at + 3, 0x04)
    if start is not None and data[at + 2] < 3:
        values["snmp.community"] = (data[start : start + data[start - 1]],)
    if data[at + 2] == 3:
        user = _user(data, at + 3)
        values |= {"snmp.usm": (user,)} if user is not None else {}
    return values


def _user(data: bytes, at: int) -> bytes | None:
    """The user of a message of version 3: RFC 3412 header, then the parameters of RFC 3414 in an octet string."""
    header = _element(data, at, 0x30)
    outer = _element(data, header[1], 0x04) if header else None
    inner = _element(data, outer[0], 0x30) if outer else None
    if inner is None:
        return None
    place = inner[0]
    for tag in (0x04, 0x02, 0x02):  # engine, boots, time
        found = _element(data, place, tag)
        if found is None:
            return None
        place = found[1]
    name = _element(data, place, 0x04)
    return data[name[0] : name[1]] if name else None


def _element(data: bytes, at: int, tag: int) -> tuple[int, int] | None:
    """Where the content of an element begins and ends; None where it is another, or does not end within the data."""
    if at + 2 > len(data) or data[at] != tag:
        return None
    size, begin = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
    return (begin, begin + size) if begin + size <= len(data) else None


def _begin(data: bytes, at: int, tag: int) -> int | None:
    """Where the content of an element begins."""
    if at + 2 > len(data) or data[at] != tag:
        return None
    size = data[at + 1]
    if size & 0x80 and tag == 0x04:
        return None  # no community is that long
    return at + 2 + (size & 0x7F if size & 0x80 else 0)
