"""DHCP: the times of a lease, and what an alert tells of the machine that asked (RFC 2131, 2132)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, Message, big, digits

MAGIC = b"\x63\x82\x53\x63"
HEAD = 240
MAX_OPTIONS = 256
PAD, END, HOST_NAME, REQUESTED, LEASE, KIND, RENEWAL, REBINDING = 0, 255, 12, 50, 51, 53, 58, 59
_TIMES = {LEASE: "dhcp.leasetime", RENEWAL: "dhcp.renewal_time", REBINDING: "dhcp.rebinding_time"}
_KINDS = ("", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform")


def is_dhcp(data: bytes) -> bool:
    """Whether a datagram is a DHCP message: a BOOTP head and the mark of the options."""
    return data[236:HEAD] == MAGIC and data[0] in (1, 2)


class Dhcp:
    """Each message is a transaction of its own."""

    def __init__(self) -> None:
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Datagrams need no cutting."""
        return LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message. Of an option that stands twice the first counts; times have four bytes."""
        if not is_dhcp(data):
            return []
        given: dict[int, bytes] = {}
        ended = False
        for kind, value in _options(data):
            ended = kind == END
            given.setdefault(kind, value)
        values: dict[str, Values] = {
            name: digits(big(given[kind], 0, 4)) for kind, name in _TIMES.items() if len(given.get(kind, b"")) == 4
        }
        if not ended:
            values["event.dhcp"] = (b"dhcp.truncated_options",)
        told = _told(data, given)
        values["dhcp.client"] = (_client(told),)
        self.count += 1
        return [Message(self.count - 1, direction, values, {"dhcp": told})]


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and value of each option; the last is END, where it is there."""
    at = HEAD
    for _ in range(MAX_OPTIONS):
        while at < len(data) and data[at] == PAD:
            at += 1
        if at < len(data) and data[at] == END:
            yield END, b""
            return
        if at + 2 > len(data):
            return
        value = data[at + 2 : at + 2 + data[at + 1]]
        if len(value) < data[at + 1]:
            return
        yield data[at], value
        at += 2 + len(value)


def _client(told: dict[str, Any]) -> bytes:
    """The machine in one line, for summaries: no buffer of rules."""
    addresses = (told.get("assigned_ip"), told.get("client_ip"), told.get("requested_ip"))
    words = (told["client_mac"], next(filter(None, addresses), None), told.get("hostname"))
    return " ".join(filter(None, words)).encode("utf-8", "replace")


def _told(data: bytes, given: dict[int, bytes]) -> dict[str, Any]:
    """In the words of EVE."""
    told: dict[str, Any] = {
        "type": "request" if data[0] == 1 else "reply",
        "id": big(data, 4, 4),
        "client_mac": data[28 : 28 + min(data[2], 16)].hex(":"),
    }
    for name, raw in (
        ("client_ip", data[12:16]),
        ("assigned_ip", data[16:20]),
        ("requested_ip", given.get(REQUESTED, b"")),
    ):
        if len(raw) == 4 and any(raw):
            told[name] = str(ipaddress.IPv4Address(raw))
    kind = big(given.get(KIND, b""), 0, 1)
    if 0 < kind < len(_KINDS):
        told["dhcp_type"] = _KINDS[kind]
    if given.get(HOST_NAME):
        told["hostname"] = given[HOST_NAME].rstrip(b"\0").decode("utf-8", "replace")
    return told
