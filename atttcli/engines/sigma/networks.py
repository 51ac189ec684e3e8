"""Whether an address stands in some networks: between which of their bounds it would come, however many they are."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any


def within(texts: Sequence[str]) -> Callable[[Any], bool]:
    """A test of a field's value: an address in one of the networks. What is no address is in none."""
    networks = [ipaddress.ip_network(text) for text in texts]
    bounds = {version: _bounds([one for one in networks if one.version == version]) for version in (4, 6)}

    def check(given: Any) -> bool:
        if not isinstance(given, str) or len(given) > 64:
            return False
        known = _address(given)
        return known is not None and bisect_right(bounds[known[0]], known[1]) % 2 == 1

    return check


def _bounds(networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> list[int]:
    """The first address of each and the first one behind it, in order; two networks are apart, or one holds the other."""
    found: list[int] = []
    for one in sorted(networks, key=lambda network: (int(network.network_address), network.prefixlen)):
        first, behind = int(one.network_address), int(one.broadcast_address) + 1
        if not found or first >= found[-1]:
            found += (first, behind)
    return found


@lru_cache(16_384)
def _address(text: str) -> tuple[int, int] | None:
    """An address as (version, number); None for any other text. Remembered: logs repeat theirs, rules ask often."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.version, int(found)
