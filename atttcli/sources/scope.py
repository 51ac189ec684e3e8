"""What is ours and what is allowed: such values never become indicators."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from atttcli.model.observable import Observable, ObservableType
from atttcli.sources.observables import host_of, parse_observable

# Not `ipaddress.is_private`: that counts the documentation ranges too, and those stand for public addresses in drills
# and samples.
_NOT_PUBLIC: Final = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/4 240.0.0.0/4 "
    "::/127 fc00::/7 fe80::/10 ff00::/8"
)

Span = tuple[int, int]


class _Ranges:
    """Address ranges of one family, merged: membership by bisection, whatever their number."""

    def __init__(self, spans: Iterable[Span]) -> None:
        merged: list[list[int]] = []
        for first, last in sorted(spans):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        self._firsts = [span[0] for span in merged]
        self._lasts = [span[1] for span in merged]

    def overlaps(self, span: Span) -> bool:
        index = bisect_right(self._firsts, span[1]) - 1
        return index >= 0 and self._lasts[index] >= span[0]

    def contains(self, span: Span) -> bool:
        index = bisect_right(self._firsts, span[0]) - 1
        return index >= 0 and self._lasts[index] >= span[1]


class _AddressSet:
    """IPv4 and IPv6 networks by text; texts that are no networks are passed over (the configuration's check names them)."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        spans: dict[int, list[Span]] = {4: [], 6: []}
        for cidr in cidrs:
            read = _span(cidr)
            if read is not None:
                spans[read[0]].append(read[1])
        self._families = {version: _Ranges(found) for version, found in spans.items()}

    def overlaps(self, value: str) -> bool:
        read = _span(value)
        return read is not None and self._families[read[0]].overlaps(read[1])

    def contains(self, value: str) -> bool:
        read = _span(value)
        return read is not None and self._families[read[0]].contains(read[1])


@lru_cache(maxsize=8192)  # a list asks for the same values again and again
def _span(text: str) -> tuple[int, Span] | None:
    if not (text[:1].isdigit() or ":" in text):
        return None
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return network.version, (int(network.network_address), int(network.broadcast_address))


def is_within(name: str, domains: frozenset[str]) -> bool:
    """Whether `name` is one of `domains` or a name below one."""
    while name:
        if name in domains:
            return True
        name = name.partition(".")[2]
    return False


class Scope:
    """Our own networks and domains, and the allow-list, asked by observable."""

    def __init__(self, own_networks: Iterable[str], own_domains: Iterable[str], allow: Iterable[str]) -> None:
        self._own = _AddressSet(own_networks)
        self._local = _AddressSet(_NOT_PUBLIC.split())
        self.domains = frozenset(domain.strip().lower().strip(".") for domain in own_domains if domain.strip(" ."))
        allowed = [value.strip() for value in allow if value.strip()]
        self._allowed_networks = _AddressSet(allowed)
        parsed = [parse_observable(value) for value in allowed]
        self._allowed_values = frozenset(observable.value for observable in parsed if observable is not None)
        self._allowed_names = frozenset(o.value for o in parsed if o is not None and o.type is ObservableType.DOMAIN)

    def is_own(self, observable: Observable) -> bool:
        """An address within our networks, a name within our domains, a URL or mailbox at either."""
        host = host_of(observable)
        return self._own.contains(host) or is_within(host, self.domains)

    def touches_own(self, observable: Observable) -> bool:
        """Own, or a network that covers part of ours."""
        return self.is_own(observable) or self._own.overlaps(host_of(observable))

    def is_local(self, observable: Observable) -> bool:
        """An address that does not go over the Internet (or a network with such ones); never an indicator."""
        return self._local.overlaps(host_of(observable))

    def is_allowed(self, observable: Observable) -> bool:
        """On the allow-list: the value itself, its host, a name above it, or a network around it."""
        if observable.value in self._allowed_values:
            return True
        host = host_of(observable)
        return is_within(host, self._allowed_names) or self._allowed_networks.contains(host)
