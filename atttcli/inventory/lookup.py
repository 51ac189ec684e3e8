"""Whose is it? Address, domain, mailbox, host, product -> agency and system, at a point in time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from atttcli.clock import VIETNAM, from_micros
from atttcli.inventory.log_sources import LogSources
from atttcli.inventory.organisation import Mailbox, Organisation
from atttcli.inventory.ranges import Range, RangeTable, address_text, parse_network, parse_ports, span_micros
from atttcli.inventory.versions import version_matches
from atttcli.model.inventory import Agency, Network, System
from atttcli.text.fold import fold

T = TypeVar("T")
_MAX_NAME = 253
_CACHED = 65_536
_WIDEST = {4: 2**24, 6: 2**109}  # addresses of a range that is looked at piece by piece: /8, /19


@dataclass(frozen=True, slots=True)
class Share:
    """What an agency (empty: nobody) holds of a range: spans of first and last address, in order."""

    agency: str
    spans: tuple[tuple[str, str], ...]


class Inventory:
    """Look-ups over an organisation. `learned`: networks added later by people (`agency learn-ip`); they win a tie.
    `log_sources`: patterns of logs and their systems (`system log-source add`). `mailboxes`: addresses and codes of agencies that
    were imported from the mail system (`mail accounts import`); those of the organisation go before them.

    Times are microseconds since the epoch. Without a time the answer is today's register: what has no end comes first.
    What belonged to an agency that has been merged is its successor's from the day after its last. `today` is ISO.
    """

    def __init__(
        self, organisation: Organisation, learned: Iterable[Network] = (), log_sources: Iterable[tuple[str, str]] = (),
        today: str = "", mailboxes: Iterable[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        self.organisation = organisation
        self._today = today
        self.log_sources = LogSources(log_sources, organisation.systems)
        self._agencies = {agency.code: agency for agency in organisation.agencies}
        self._merged = {a.code for a in organisation.agencies if a.valid_until and a.successor in self._agencies}
        self._systems = {system.code: system for system in organisation.systems}
        added = tuple(learned)
        self._networks = (*organisation.networks, *added)
        self._addresses = RangeTable(_network_ranges(organisation.networks, added))
        self._system_addresses = RangeTable(_system_ranges(organisation.systems))
        self._domains = _DomainTable(organisation)
        self._imported = {address: Mailbox(address, agency) for address, agency in mailboxes}
        self._mailboxes = {**self._imported, **{box.address: box for box in organisation.mailboxes}}
        self._hosts = {host: system for system in reversed(organisation.systems) for host in system.hosts}
        self._seen: dict[str, Agency | None] = {}

    def digest(self) -> str:
        """Changes when any answer may: what was looked up before need not be looked up again while it stays the same."""
        today = self._today if self._merged else ""  # who took over whom goes by the day
        told = repr((self.organisation, self._networks, today, *((self._imported,) if self._imported else ())))
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def agency(self, code: str) -> Agency | None:
        """The agency of this code."""
        return self._agencies.get(code)

    def current(self, code: str, today: str = "") -> str:
        """The code that stands for this one now: its successor's, as far as that is of this organisation, once it has ended.

        `today` is ISO; without it whatever has a last day has ended.
        """
        seen: set[str] = set()
        while code not in seen:
            seen.add(code)
            agency = self._agencies.get(code)
            ended = agency is not None and agency.valid_until and (not today or agency.valid_until < today)
            if agency is None or not ended or agency.successor not in self._agencies:
                break
            code = agency.successor
        return code

    def agency_of_mailbox(self, mailbox: str) -> Agency | None:
        """The agency that this very mailbox is registered for; a domain alone vouches for nobody."""
        box = self._mailboxes.get(mailbox.strip().strip("<>").lower())
        return self._agencies.get(box.agency) if box else None

    def system(self, code: str) -> System | None:
        """The system of this code."""
        return self._systems.get(code)

    def _holder(self, code: str, at: int | None) -> Agency | None:
        """The agency of this code, or at a time after its end who took it over."""
        if code in self._merged:
            code = self.current(code, self._today if at is None else from_micros(at, VIETNAM).date().isoformat())
        return self._agencies.get(code)

    def owner_of_address(self, address: str, at: int | None = None, port: int | None = None) -> Agency | None:
        """The agency with the smallest range that holds the address and was valid then; IPv4 and IPv6.

        `port` tells apart agencies that share an address behind NAT.
        """
        if at is not None or port is not None:
            return self._holder(self._addresses.find(address, at, port) or "", at)
        try:
            return self._seen[address]
        except KeyError:
            pass
        if len(self._seen) >= _CACHED:
            self._seen.clear()
        found = self._holder(self._addresses.find(address) or "", None)
        self._seen[address] = found
        return found

    def shares_of(self, cidr: str, at: int | None = None) -> tuple[Share, ...]:
        """Whose a range is, piece by piece, who stands first in it first; empty when it is no range or wider than /8 (/19)."""
        parsed = parse_network(cidr)
        if parsed is None or parsed[2] - parsed[1] >= _WIDEST[parsed[0]]:
            return ()
        version, start, end = parsed
        held: dict[str, list[list[int]]] = {}
        for first, last in self._addresses.pieces(version, start, end):
            code = (self._addresses.find_number(version, first, at) if at is not None else None) or (
                self._addresses.find_number(version, first) or ""
            )
            spans = held.setdefault(code if code in self._agencies else "", [])
            if spans and spans[-1][1] + 1 == first:
                spans[-1][1] = last
            else:
                spans.append([first, last])
        return tuple(
            Share(code, tuple((address_text(version, low), address_text(version, high)) for low, high in spans))
            for code, spans in held.items()
        )

    def owner_of_domain(self, domain: str, at: int | None = None) -> Agency | None:
        """The agency of the longest registered name that the domain is or lies below."""
        return self._holder(self._domains.find(domain, at, "web"), at)

    def owner_of_mailbox(self, mailbox: str, at: int | None = None) -> Agency | None:
        """The agency of the mailbox itself, else of its domain as a mail domain, else of its domain."""
        address = mailbox.strip().strip("<>").lower()
        box = self._mailboxes.get(address)
        if box is not None:
            return self._holder(box.agency, at)
        domain = address.rpartition("@")[2]
        return self._holder(self._domains.find(domain, at, "mail"), at)

    def owner_of(self, value: str, at: int | None = None, port: int | None = None) -> Agency | None:
        """The agency of an address (with port), mailbox, URL or domain, whatever it is."""
        host = _host(value)
        if "@" in host:
            return self.owner_of_mailbox(host, at)
        found = self.owner_of_address(host, at, port)
        return found or (None if _is_numeric(host) else self.owner_of_domain(host, at))

    def system_of(self, value: str) -> System | None:
        """The system of an address, mailbox, host name, URL or domain."""
        host = _host(value)
        box = self._mailboxes.get(host)
        if box is not None and box.system:
            return self._systems.get(box.system)
        if "@" in host:
            return self._systems.get(self._domains.system(host.rpartition("@")[2], "mail"))
        found = self._hosts.get(host) or self._system_addresses.find(host)
        if found is not None or _is_numeric(host):
            return found
        return self._systems.get(self._domains.system(host, "web"))

    def systems_with(self, product: str, version: str = "") -> Iterator[System]:
        """The systems whose product or name contains the words, however written, in a version such as `<8.8.15`.

        A system whose version nobody wrote down is among them: it has to be looked at.
        """
        wanted = fold(product)
        for system in self._systems.values() if wanted else ():
            if wanted not in fold(system.product) and wanted not in fold(system.name):
                continue
            if not version or version_matches(system.version, version):
                yield system

    def find_agency(self, text: str) -> Agency | None:
        """The one agency with this code, name or short name, diacritics or not; None when none or several."""
        wanted = fold(text[:400])
        if not wanted:
            return None
        if wanted in self._agencies:
            return self._agencies[wanted]
        found = [a for a in self._agencies.values() if wanted in (fold(a.name), fold(a.short_name))]
        return found[0] if len(found) == 1 else None

    def own_networks(self) -> tuple[str, ...]:
        """Every range of ours, public and private, as CIDR; broken ones are left out."""
        return tuple(dict.fromkeys(n.cidr for n in self._networks if parse_network(n.cidr)))

    def own_domains(self) -> tuple[str, ...]:
        """Every registered domain of ours; what lies below is ours too."""
        return self._domains.names

    def is_own(self, value: str) -> bool:
        """True for our addresses, domains, mailboxes and URLs on our hosts: they never become indicators."""
        host = _host(value)
        if "@" in host:
            return host in self._mailboxes or self._domains.is_own(host.rpartition("@")[2])
        if "/" in host:
            network = parse_network(host)
            return network is not None and self._addresses.overlaps(*network)
        return self._addresses.find(host) is not None or (not _is_numeric(host) and self._domains.is_own(host))


class _Dated(Generic[T]):
    """A value with the span in which it holds."""

    __slots__ = ("end", "start", "value")

    def __init__(self, value: T, start: int, end: int) -> None:
        self.value, self.start, self.end = value, start, end


class _DomainTable:
    """Domains by name; a question walks up the labels, so its cost is the number of labels."""

    def __init__(self, organisation: Organisation) -> None:
        self._entries: dict[str, list[_Dated[tuple[str, str, str]]]] = {}
        for domain in organisation.domains:
            value = (domain.agency, domain.kind, domain.system)
            entry = _Dated(value, *span_micros(domain.valid_from, domain.valid_until))
            self._entries.setdefault(domain.name.strip("."), []).append(entry)
        self._systems: dict[str, str] = {}
        ours = dict.fromkeys(self._entries)
        for system in organisation.systems:
            for name in system.domains:
                self._systems.setdefault(name.strip("."), system.code)
                if not system.external:
                    ours[name.strip(".")] = None
        self.names = tuple(ours)
        self._ours = frozenset(ours)

    def is_own(self, name: str) -> bool:
        """True when the name is registered here or lies below one that is."""
        return any(part in self._ours for part in _suffixes(name))

    def find(self, name: str, at: int | None, kind: str) -> str:
        """Code of the agency; empty when the domain is nobody's of ours."""
        for part in _suffixes(name):
            found = self._valid(part, at, kind)
            if found is not None:
                return found[0]
        return ""

    def system(self, name: str, kind: str) -> str:
        """Code of the system the domain belongs to; empty when it belongs to none."""
        for part in _suffixes(name):
            found = self._valid(part, None, kind)
            if found is not None and found[2] and (found[1] == kind or kind == "web"):
                return found[2]
            if kind == "web" and part in self._systems:
                return self._systems[part]
            if found is not None and found[1] == kind:
                return ""  # an agency's own name below a system's: not that system
        return ""

    def _valid(self, name: str, at: int | None, kind: str) -> tuple[str, str, str] | None:
        entries = self._entries.get(name)
        if entries is None:
            return None
        held = [entry for entry in entries if at is None or entry.start <= at < entry.end]
        if not held:
            return None
        # An entry of the kind asked for comes first; among equals what ends last.
        return max(held, key=lambda entry: (entry.value[1] == kind, entry.end, entry.start)).value


def _suffixes(name: str) -> Iterator[str]:
    rest = name.strip().strip(".").lower()
    if len(rest) > _MAX_NAME:
        return
    while rest:
        yield rest
        rest = rest.partition(".")[2]


def _is_numeric(host: str) -> bool:
    """Whether it ends as an IPv4 address does, which no registered domain has."""
    _, dot, last = host.rpartition(".")
    return bool(dot) and last.isdecimal()


def _host(value: str) -> str:
    """The host of a URL, `host:port` and `[v6]:port` included; any other value in lower case."""
    text = value.strip()[:4096].lower()
    if "://" in text:
        try:
            return urlsplit(text).hostname or ""
        except ValueError:
            return ""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    if text.count(":") == 1 and text.rpartition(":")[2].isdecimal():
        return text.partition(":")[0]
    return text.rstrip(".")


def _network_ranges(networks: Iterable[Network], learned: Iterable[Network]) -> Iterator[Range[str]]:
    for rank, group in enumerate((networks, learned)):
        for network in group:
            parsed = parse_network(network.cidr)
            if parsed is not None:
                span = span_micros(network.valid_from, network.valid_until)
                yield Range(*parsed, network.agency, *span, rank, parse_ports(network.ports))


def _system_ranges(systems: Iterable[System]) -> Iterator[Range[System]]:
    for system in systems:
        for cidr in system.addresses:
            parsed = parse_network(cidr)
            if parsed is not None:
                yield Range(*parsed, system)
