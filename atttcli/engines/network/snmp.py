"""SNMP 1 and 2c: version and community of each message."""

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
    return values


def _begin(data: bytes, at: int, tag: int) -> int | None:
    """Where the content of an element begins."""
    if at + 2 > len(data) or data[at] != tag:
        return None
    size = data[at + 1]
    if size & 0x80 and tag == 0x04:
        return None  # no community is that long
    return at + 2 + (size & 0x7F if size & 0x80 else 0)
