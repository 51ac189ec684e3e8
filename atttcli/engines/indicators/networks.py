"""Which stored ranges could hold an address: a sorted array of network numbers per prefix length.

At most 33 + 129 arrays whatever the number of ranges. This only says where to look; the caller verifies by value.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_MASK64 = 2**64 - 1
_FOLD = 0x9E3779B97F4A7C15


def _short(number: int) -> int:
    """A network number in 64 bits; IPv6 prefixes beyond /64 are folded, and verified by value afterwards."""
    return number if number <= _MASK64 else ((number & _MASK64) ^ ((number >> 64) * _FOLD)) & _MASK64


def pack_address(text: str) -> int | None:
    """The number of a textual address, or None."""
    try:
        if ":" in text:
            return int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")
        return int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
    except (OSError, ValueError):  # ValueError: an embedded NUL
        return None


class Networks:
    """Stored ranges of both families."""

    __slots__ = ("_v4", "_v6")

    def __init__(self, ranges: Iterable[str]) -> None:
        import numpy as np

        gathered: tuple[dict[int, set[int]], dict[int, set[int]]] = ({}, {})
        for text in ranges:
            base, _, length = text.partition("/")
            number, prefix = pack_address(base), int(length)
            if number is None:
                continue
            six = ":" in base
            gathered[six].setdefault(prefix, set()).add(_short(number >> ((128 if six else 32) - prefix)))
        self._v4, self._v6 = (
            [(prefix, np.array(sorted(held), np.uint64)) for prefix, held in sorted(family.items())]
            for family in gathered
        )

    def __bool__(self) -> bool:
        return bool(self._v4 or self._v6)

    def candidates(self, addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Pairs of address and stored range that probably holds it (canonical text)."""
        plain = [text for text in addresses if ":" not in text]
        yield from self._family(plain, self._v4, 32)
        if self._v6 and len(plain) < len(addresses):
            yield from self._family([text for text in addresses if ":" in text], self._v6, 128)

    @staticmethod
    def _family(texts: list[str], tables: list[tuple[int, Any]], bits: int) -> Iterator[tuple[str, str]]:
        import numpy as np

        if not texts or not tables:
            return
        known = [(text, number) for text in texts if (number := pack_address(text)) is not None]
        for prefix, table in tables:
            shift = bits - prefix
            wanted = np.fromiter((_short(number >> shift) for _, number in known), np.uint64, len(known))
            at = np.searchsorted(table, wanted)
            at[at == len(table)] = 0
            for index in np.flatnonzero(table[at] == wanted).tolist():
                text, number = known[index]
                yield text, network_text(number >> shift << shift, prefix, bits)


def network_text(number: int, prefix: int, bits: int) -> str:
    """`192.0.2.0/24` from its number, spelt as `ipaddress` does."""
    import ipaddress

    if bits == 32:
        return f"{ipaddress.IPv4Address(number)}/{prefix}"
    return f"{ipaddress.IPv6Address(number)}/{prefix}"
