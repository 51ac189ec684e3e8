"""Which of many indicators may occur in a segment, from its observables alone. May say yes too often, never no wrongly."""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from collections.abc import Iterable

from atttcli.archive.layout import Observables
from atttcli.model.observable import ObservableType

Wanted = tuple[ObservableType, str]
_PLAIN = {
    ObservableType.IPV4: "address",
    ObservableType.IPV6: "address",
    ObservableType.MD5: "hash",
    ObservableType.SHA1: "hash",
    ObservableType.SHA256: "hash",
}


def possible(held: Observables, wanted: Iterable[Wanted]) -> list[Wanted]:
    """Those of `wanted` (canonical type and value) for which the segment must be opened.

    A domain also meets its sub-domains, a network its addresses; a URL and a mailbox are asked for by their host.
    """
    sets = {name: frozenset(getattr(held, name)) for name in ("address", "hash")}
    hosts = _with_parents(held.host)
    addresses: list[int] | None = None
    found: list[Wanted] = []
    for kind, value in wanted:
        if kind in _PLAIN:
            hit = value in sets[_PLAIN[kind]]
        elif kind is ObservableType.CIDR:
            if addresses is None:
                addresses = _sorted_numbers(held.address)
            hit = _any_inside(value, addresses)
        elif kind is ObservableType.FILE:
            hit = False  # names of files are looked for where files are
        else:
            host = _host_of(kind, value)
            hit = host in hosts or host in sets["address"] or "." not in host
        if hit:
            found.append((kind, value))
    return found


def _with_parents(hosts: Iterable[str]) -> set[str]:
    known: set[str] = set()
    for host in hosts:
        while host and host not in known:
            known.add(host)
            host = host.partition(".")[2]
    return known


def _host_of(kind: ObservableType, value: str) -> str:
    if kind is ObservableType.EMAIL:
        return value.rpartition("@")[2]
    if kind is not ObservableType.URL:
        return value
    authority = value.partition("://")[2].split("/", 1)[0].split("?", 1)[0].rpartition("@")[2]
    return authority.partition("]")[0].lstrip("[") if authority.startswith("[") else authority.partition(":")[0]


_V6 = 1 << 128  # keeps the two families apart in one sorted list


def _sorted_numbers(addresses: Iterable[str]) -> list[int]:
    numbers = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        numbers.append(int(address) + (_V6 if address.version == 6 else 0))
    return sorted(numbers)


def _any_inside(cidr: str, addresses: list[int]) -> bool:
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    base = _V6 if network.version == 6 else 0
    at = bisect_left(addresses, int(network.network_address) + base)
    return at < len(addresses) and addresses[at] <= int(network.broadcast_address) + base
