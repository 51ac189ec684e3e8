"""IKE (ISAKMP): version 1's security associations, and what both versions show of keys and nonces (RFC 2408, 7296)."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, Message, big, digits

MAX_PAYLOADS = 40
# Attributes of a chosen transform by the names that rules use.
ATTRIBUTES = {1: "alg_enc", 2: "alg_hash", 3: "alg_auth", 4: "alg_dh", 11: "sa_life_type", 12: "sa_life_duration"}
ATTRIBUTES |= {13: "alg_prf", 14: "sa_key_length", 15: "sa_field_size"}
_V1, _V2 = {1: "sa", 4: "ke", 10: "nonce", 13: "vendor"}, {33: "sa", 34: "ke", 40: "nonce", 43: "vendor"}


def is_ike(data: bytes) -> bool:
    """Whether a datagram is an IKE message (after the marker of NAT traversal, where it is there)."""
    if data[:4] == b"\0\0\0\0":
        data = data[4:]
    return len(data) >= 28 and data[17] >> 4 in (1, 2) and 28 <= big(data, 24, 4) <= len(data) and any(data[:8])


class Ike:
    """Each message is a transaction of its own."""

    def __init__(self) -> None:
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Datagrams need no cutting."""
        return LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message."""
        if data[:4] == b"\0\0\0\0":
            data = data[4:]
        if not is_ike(data):
            return []
        values: dict[str, Values] = {"ike.init_spi": (data[:8].hex().encode(),), "ike.exchtype": digits(data[18])}
        if any(data[8:16]):
            values["ike.resp_spi"] = (data[8:16].hex().encode(),)
        if not data[19] & 1:  # not encrypted
            _payloads(data, direction, values)
        self.count += 1
        return [Message(self.count - 1, direction, values)]


def _payloads(data: bytes, direction: int, values: dict[str, Values]) -> None:
    first = data[17] >> 4 == 1
    kinds = _V1 if first else _V2
    vendors: list[bytes] = []
    for kind, body in _chain(data):
        match kinds.get(kind):
            case "ke":
                key = body if first else body[4:]
                values["ike.key_exchange_payload"] = (key,)
                values["ike.key_exchange_payload_length"] = digits(len(key))
            case "nonce":
                values["ike.nonce_payload"] = (body,)
                values["ike.nonce_payload_length"] = digits(len(body))
            case "vendor":
                vendors.append(body.hex().encode())
            case "sa" if first and direction:
                for name, number in _transform(body):
                    values["ike." + name] = digits(number)
    if vendors:
        values["ike.vendor"] = tuple(vendors)


def _chain(data: bytes) -> Iterator[tuple[int, bytes]]:
    kind, at = data[16], 28
    for _ in range(MAX_PAYLOADS):
        size = big(data, at + 2, 2)
        if not kind or size < 4 or at + size > len(data):
            return
        yield kind, data[at + 4 : at + size]
        kind, at = data[at], at + size


def _transform(body: bytes) -> Iterator[tuple[str, int]]:
    """The attributes of the first transform of an answer: what was chosen."""
    at = 8 + 8 + big(body, 14, 1)  # domain and situation, the proposal's head, its SPI
    end = min(at + big(body, at + 2, 2), len(body))
    at += 8
    while at + 4 <= end:
        kind, value = big(body, at, 2), big(body, at + 2, 2)
        at += 4
        if not kind & 0x8000:
            value, at = big(body, at, min(value, 8)), at + value
        name = ATTRIBUTES.get(kind & 0x7FFF)
        if name:
            yield name, value
