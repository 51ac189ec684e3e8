"""What is missing or wrong in an organisation's data, all of it at once, each with its place and what to do."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from itertools import chain

from atttcli.errors import Where
from atttcli.inventory.organisation import Finding, Organisation
from atttcli.inventory.ranges import parse_network, span_micros
from atttcli.model.inventory import Agency, Network, System

_RANK = {"error": 0, "warning": 1, "info": 2}


def check_organisation(organisation: Organisation) -> list[Finding]:
    """Every finding, worst first: what came up while reading, then identity, agencies, networks, names, systems."""
    known = _Known(organisation)
    found = list(
        chain(
            organisation.problems,
            _header(organisation, known),
            _duplicates(organisation),
            *(_agency(organisation, agency, known) for agency in organisation.agencies),
            _networks(organisation, known),
            _names(organisation, known),
            *(_system(organisation, system, known) for system in organisation.systems),
        )
    )
    return sorted(found, key=lambda finding: _RANK.get(finding.severity, 3))


class _Known:
    """The codes there are, gathered once."""

    def __init__(self, org: Organisation) -> None:
        self.parents = {agency.code: agency.parent for agency in reversed(org.agencies)}
        self.agencies = set(self.parents)
        self.outsiders = {party.code for party in org.parties}
        self.everybody = self.agencies | self.outsiders | {organ.code for organ in org.organs}
        self.systems = {system.code for system in org.systems}
        self.with_network = {network.agency for network in org.networks}

    def is_circular(self, code: str) -> bool:
        """True when an agency stands above itself."""
        current, seen = self.parents.get(code, ""), set[str]()
        while current in self.parents and current not in seen:
            if current == code:
                return True
            seen.add(current)
            current = self.parents[current]
        return False


def _header(org: Organisation, known: _Known) -> Iterator[Finding]:
    where = org.where("organisation")
    if not org.profiles:
        yield Finding("error", "no-profile", where, "no legal profile is named", "add `profiles: [{profile: vn-2026}]`")
    if not org.agencies:
        yield Finding("error", "no-agencies", where, "there are no agencies", "add `agencies:` or an agencies sheet")
    if not org.systems:
        yield Finding("warning", "no-systems", where, "there are no systems", "add `systems:` or a systems sheet")
    if not org.place:
        yield Finding("warning", "no-place", where, "no place for the date lines of papers", "add `place:`")
    codes = {organ.code for organ in org.organs}
    for code in ("steering_committee", "department", "team"):
        if code not in codes:
            hint = "add it under `organs:` with name, superior and symbol"
            yield Finding("warning", "no-organ", where, f"no organ {code}: papers in its name have no letterhead", hint)
    for role, code in org.roles:
        if code not in known.everybody:
            yield Finding("error", "unknown-role-holder", where, f"the role {role} names the unknown {code[:40]!r}")
    for before, after in zip(org.profiles, org.profiles[1:], strict=False):
        if after.valid_from <= before.valid_from:
            yield Finding("error", "profile-order", where, "the profiles do not stand in the order of their first day")


def _duplicates(org: Organisation) -> Iterator[Finding]:
    for kind, items in (
        ("agency", org.agencies),
        ("system", org.systems),
        ("organ", org.organs),
        ("party", org.parties),
    ):
        seen: set[str] = set()
        for item in items:
            if item.code in seen:
                where = org.positions.get(f"{kind}:{item.code}#2") or org.where(f"{kind}:{item.code}")
                hint = "the first one is used; give the other its own code"
                yield Finding("error", "duplicate-code", where, f"the {kind} code {item.code!r} is used twice", hint)
            seen.add(item.code)
    names: dict[str, str] = {}
    for agency in org.agencies:
        other = names.setdefault(agency.name, agency.code)
        if other != agency.code:
            where = org.where(f"agency:{agency.code}")
            yield Finding("warning", "duplicate-name", where, f"{other} and {agency.code} have the same name")


def _agency(org: Organisation, agency: Agency, known: _Known) -> Iterator[Finding]:
    where = org.where(f"agency:{agency.code}")
    if not agency.contact_email:
        hint = "a letter or warning to it has no address; give the office's mailbox, no person's"
        yield Finding("warning", "no-contact", where, f"{agency.code} has no contact e-mail", hint)
    if agency.parent and agency.parent not in known.everybody:
        yield Finding("error", "unknown-parent", where, f"{agency.code} stands under the unknown {agency.parent!r}")
    elif known.is_circular(agency.code):
        yield Finding("error", "circular-parent", where, f"{agency.code} stands above itself")
    if agency.successor and ":" not in agency.successor and agency.successor not in known.everybody:
        hint = "write the other organisation's file before it: `thai-nguyen:x-...`"
        yield Finding("error", "unknown-successor", where, f"{agency.code} names an unknown successor", hint)
    if agency.old_machines > agency.machines:
        yield Finding("warning", "machine-count", where, f"{agency.code} has more old machines than machines")
    yield from _dates(where, agency.code, agency.valid_from, agency.valid_until)
    if agency.code not in known.with_network:
        hint = "addresses in lists will stay unresolved"
        yield Finding("warning", "no-network", where, f"{agency.code} has no address range", hint)


def _dates(where: Where, code: str, valid_from: str, valid_until: str) -> Iterator[Finding]:
    if valid_from and valid_until and valid_until < valid_from:
        yield Finding("error", "dates", where, f"{code} ends before it begins")


def _networks(org: Organisation, known: _Known) -> Iterator[Finding]:
    valid: list[tuple[int, int, int, Network]] = []
    for network in org.networks:
        where = org.where(f"agency:{network.agency}")
        parsed = parse_network(network.cidr)
        if parsed is None:
            hint = "write it as 192.0.2.0/30 or as one address"
            yield Finding(
                "error", "invalid-cidr", where, f"{network.agency}: no address range: {network.cidr[:60]!r}", hint
            )
            continue
        if "/" in network.cidr and parsed[1] != int(ipaddress.ip_interface(network.cidr.strip()).ip):
            message = f"{network.agency}: {network.cidr} has host bits set; the whole range is meant"
            yield Finding("warning", "host-bits", where, message)
        if network.agency not in known.everybody:
            yield Finding("error", "unknown-agency", where, f"{network.cidr} belongs to the unknown {network.agency!r}")
        yield from _dates(where, network.cidr, network.valid_from, network.valid_until)
        valid.append((*parsed, network))
    yield from _overlaps(org, valid)


def _overlaps(org: Organisation, networks: list[tuple[int, int, int, Network]]) -> Iterator[Finding]:
    """Ranges of two agencies that cross at the same time: the smaller one wins a look-up, which may not be meant."""
    open_ones: list[tuple[int, int, int, Network]] = []
    for item in sorted(networks, key=lambda entry: (entry[0], entry[1], -entry[2])):
        open_ones = [other for other in open_ones if other[0] == item[0] and other[2] >= item[1]]
        for other in open_ones[-8:]:  # the nearest ones around it are enough to find the mistake
            if other[3].agency == item[3].agency or not _same_time(item[3], other[3]):
                continue
            same = other[1:3] == item[1:3]
            message = f"{item[3].cidr} of {item[3].agency} lies in {other[3].cidr} of {other[3].agency}"
            hint = "the same range twice: who owns it is chance" if same else "the smaller range wins a look-up"
            where = org.where(f"agency:{item[3].agency}")
            yield Finding("error" if same else "warning", "overlapping-networks", where, message, hint)
        open_ones.append(item)
        del open_ones[:-256]


def _same_time(one: Network, other: Network) -> bool:
    first, second = span_micros(one.valid_from, one.valid_until), span_micros(other.valid_from, other.valid_until)
    return first[0] < second[1] and second[0] < first[1]


def _names(org: Organisation, known: _Known) -> Iterator[Finding]:
    owners: dict[tuple[str, str], str] = {}
    for domain in org.domains:
        where = org.where(f"agency:{domain.agency}")
        if not is_domain(domain.name):
            yield Finding("error", "invalid-domain", where, f"{domain.agency}: no domain: {domain.name[:60]!r}")
        if domain.agency not in known.agencies:
            yield Finding("error", "unknown-agency", where, f"{domain.name} belongs to the unknown {domain.agency!r}")
        other = owners.setdefault((domain.name, domain.kind), domain.agency)
        if other != domain.agency and not (domain.valid_from or domain.valid_until):
            message = f"{domain.name} belongs to both {other} and {domain.agency}"
            yield Finding("error", "duplicate-domain", where, message)
    for box in org.mailboxes:
        where = org.where(f"agency:{box.agency}")
        local, at, domain_name = box.address.rpartition("@")
        if not (local and at and is_domain(domain_name)):
            yield Finding("error", "invalid-mailbox", where, f"no mail address: {box.address[:60]!r}")
        if box.agency not in known.agencies:
            yield Finding("error", "unknown-agency", where, f"{box.address} belongs to the unknown {box.agency!r}")
        if box.system and box.system not in known.systems:
            yield Finding("error", "unknown-system", where, f"{box.address} is of the unknown system {box.system!r}")


def is_domain(name: str) -> bool:
    """True for a name of two or more labels that DNS would take."""
    labels = name.split(".")
    return len(name) <= 253 and len(labels) > 1 and all(_is_label(label) for label in labels)


def _is_label(label: str) -> bool:
    plain = label.replace("-", "").replace("_", "")
    return 0 < len(label) <= 63 and plain.isascii() and plain.isalnum() and label[0] != "-" and label[-1] != "-"


def _system(org: Organisation, system: System, known: _Known) -> Iterator[Finding]:
    where = org.where(f"system:{system.code}")
    if system.level is None and not system.external:
        hint = "give its approved level 1-5, or `external: true` when it is somebody else's"
        yield Finding("error", "no-level", where, f"{system.code} has no level", hint)
    if system.level is not None and not 1 <= system.level <= 5:
        yield Finding("error", "no-level", where, f"{system.code}: a level is 1 to 5, not {system.level}")
    for part, value in (("owner", system.owner), ("operator", system.operator)):
        if not value:
            hint = "without it nobody can be asked or told"
            yield Finding("warning", f"no-{part}", where, f"{system.code} has no {part}", hint)
    parts = ("owner", system.owner), ("operator", system.operator), ("provider", system.provider)
    for part, value in parts:
        if value and value not in known.everybody:
            yield Finding("error", f"unknown-{part}", where, f"{system.code}: the {part} {value[:40]!r} is unknown")
    if not (system.log_sources or system.rules or system.playbooks or system.drills):
        hint = "name a log source, rule, playbook or drill, else nothing here watches over it"
        yield Finding("warning", "no-concern", where, f"nothing concerns {system.code}", hint)
    if not system.product and not system.external:
        hint = "warnings about a product cannot find it"
        yield Finding("info", "no-product", where, f"{system.code} names no product", hint)
    for cidr in system.addresses:
        if parse_network(cidr) is None:
            yield Finding("error", "invalid-cidr", where, f"{system.code}: no address: {cidr[:60]!r}")
    yield from _bad_names(system, where)


def _bad_names(system: System, where: Where) -> Iterable[Finding]:
    for name in system.domains:
        if not is_domain(name):
            yield Finding("error", "invalid-domain", where, f"{system.code}: no domain: {name[:60]!r}")
