"""JA4 of a ClientHello: what a client offers, in an order that it cannot shuffle (FoxIO's definition)."""

from __future__ import annotations

import hashlib

from atttcli.engines.network.tls import extensions_of, is_grease, numbers_of

SERVER_NAME, SIGNATURES, PROTOCOLS, VERSIONS = 0, 13, 16, 43
_VERSIONS = {0x304: b"13", 0x303: b"12", 0x302: b"11", 0x301: b"10", 0x300: b"s3", 0x200: b"s2", 2: b"s2"}
_NOTHING = b"0" * 12


def ja4(hello: bytes, transport: bytes) -> bytes:
    """The fingerprint; `transport` is `t` (TCP) or `q` (QUIC). Empty where the hello is broken off."""
    try:
        at = 35 + hello[34]
        size = int.from_bytes(hello[at : at + 2], "big")
        ciphers = _without_grease(numbers_of(hello[at + 2 : at + 2 + size]))
        at += 2 + size
        at += 1 + hello[at]
    except IndexError:
        return b""
    pairs = [(kind, data) for kind, data in extensions_of(hello[at:]) if not is_grease(kind)]
    known = dict(reversed(pairs))  # the first of equals
    kinds = [kind for kind, _ in pairs]
    head = b"%b%b%b%02d%02d%b" % (
        transport,
        _version(hello, known),
        b"d" if SERVER_NAME in known else b"i",
        min(len(ciphers), 99),
        min(len(kinds), 99),
        _protocol(known.get(PROTOCOLS, b"")),
    )
    offered = _hexes(sorted(kind for kind in kinds if kind not in (SERVER_NAME, PROTOCOLS)))
    signatures = _hexes(_without_grease(numbers_of(known.get(SIGNATURES, b"")[2:])))
    last = offered + b"_" + signatures if signatures else offered
    return b"_".join((head, _short(_hexes(sorted(ciphers))), _short(last) if kinds else _NOTHING))


def _without_grease(numbers: list[int]) -> list[int]:
    return [number for number in numbers if not is_grease(number)]


def _version(hello: bytes, known: dict[int, bytes]) -> bytes:
    """The highest version that is offered."""
    offered = _without_grease(numbers_of(known[VERSIONS][1:])) if VERSIONS in known else []
    return _VERSIONS.get(max(offered, default=int.from_bytes(hello[:2], "big")), b"00")


def _protocol(data: bytes) -> bytes:
    """First and last sign of the first protocol that is offered; of other than letters and digits, the hexadecimal ones."""
    name = data[3 : 3 + data[2]] if len(data) > 3 else b""
    if not name:
        return b"00"
    ends = name[:1] + name[-1:]
    if ends.isalnum():
        return ends
    text = name.hex().encode()
    return text[:1] + text[-1:]


def _hexes(numbers: list[int]) -> bytes:
    return b",".join(b"%04x" % number for number in numbers)


def _short(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:12].encode() if text else _NOTHING
