"""What is never reported as bad: our own ranges and domains, and an allow-list of values, ranges and domains."""

from __future__ import annotations

from collections.abc import Iterable

from atttcli.engines.indicators.networks import Networks
from atttcli.model.canonical import canonical, canonical_domain, url_host
from atttcli.model.observable import Observable, ObservableType

_ADDRESSES = (ObservableType.IPV4, ObservableType.IPV6)


class Exclusions:
    """`covers` says whether a value is one of ours or allowed; `own` whether an address, name or mailbox is one of ours.

    `own_networks` are CIDRs, `own_domains` cover their sub-domains and mailboxes, `allow` holds values of any type
    (a domain allows its sub-domains, a range its addresses).
    """

    def __init__(
        self, own_networks: Iterable[str] = (), own_domains: Iterable[str] = (), allow: Iterable[str] = ()
    ) -> None:
        own_ranges, own_hosts = _split_networks(own_networks)
        names = {name for text in own_domains if (name := canonical_domain(text))}
        allow_ranges, allow_values = _split_networks(allow)
        self._own_networks, self._own_hosts, self._own_domains = Networks(own_ranges), own_hosts, names
        self._allow_networks, self._allow_values = Networks(allow_ranges), allow_values

    def own(self, value: str) -> bool:
        """Whether an address, host name or mailbox (any of the three) is one of ours."""
        host = value.rpartition("@")[2]
        address = canonical(ObservableType.IPV4, host)
        if address is not None:
            return address[1] in self._own_hosts or _within(self._own_networks, address[1])
        return _below(canonical_domain(host), self._own_domains)

    def covers(self, kind: ObservableType, value: str) -> bool:
        """Whether this canonical value must not be reported."""
        if value in self._allow_values:
            return True
        if kind is ObservableType.URL:
            host = url_host(value)
            return self._host_covered(host)
        if kind is ObservableType.EMAIL:
            return self._host_covered(value.rpartition("@")[2])
        if kind is ObservableType.DOMAIN or kind in _ADDRESSES:
            return self._host_covered(value)
        return False

    def _host_covered(self, host: str) -> bool:
        if host in self._allow_values or self.own(host):
            return True
        if canonical(ObservableType.IPV4, host) is not None:
            return _within(self._allow_networks, host)
        return _below(host, self._allow_values)


def _split_networks(texts: Iterable[str]) -> tuple[list[str], set[str]]:
    """Ranges, and everything else in canonical form."""
    ranges: list[str] = []
    values: set[str] = set()
    for text in texts:
        known = _guess(text)
        if known is None:
            continue
        if known.type is ObservableType.CIDR:
            ranges.append(known.value)
        else:
            values.add(known.value)
    return ranges, values


def _guess(text: str) -> Observable | None:
    for kind in ObservableType:
        known = None if kind is ObservableType.FILE else canonical(kind, text)  # nearly any text names a file
        if known is not None:
            return Observable(*known)
    return None


def _within(networks: Networks, address: str) -> bool:
    """Ranges here are few and none is folded beyond /64 by chance of the table: a candidate is verified by containment."""
    import ipaddress

    return any(
        ipaddress.ip_address(address) in ipaddress.ip_network(network) for _, network in networks.candidates([address])
    )


def _below(name: str, domains: set[str]) -> bool:
    """Whether `name` is one of `domains` or under one."""
    while name:
        if name in domains:
            return True
        name = name.partition(".")[2]
    return False
