"""From an organisation's YAML to an Organisation: shape errors stop with file and line, the rest is for `check`."""

from __future__ import annotations

from atttcli.errors import Where
from atttcli.inventory.organisation import (
    GROUPS,
    Domain,
    Mailbox,
    Organ,
    Organisation,
    Party,
    ProfileSpan,
)
from atttcli.model.inventory import Agency, Network, System
from atttcli.profile.record import Record
from atttcli.text import strict_yaml

FORMAT = "atttcli/organisation/1"
MAX_ITEMS = 20_000
PARTY_KINDS = ("chu_quan", "nha_cung_cap", "quoc_gia", "khac")


def read_organisation(data: bytes, path: str) -> Organisation:
    """Parse one organisation file; InputError with file and line when its shape is wrong."""
    root = Record(strict_yaml.load(data, path), path, 1, "organisation")
    if root.text("format") != FORMAT:
        raise root.refuse(f"the format is not {FORMAT}", "format")
    reader = _Reader(root)
    organisation = Organisation(
        code=root.code(), name=root.text("name"), short_name=root.text("short_name", ""),
        valid_from=root.day("valid_from"), valid_until=root.day("valid_until"), successor=root.code("successor", ""),
        zone=root.text("zone", "Asia/Ho_Chi_Minh"), language=root.text("language", "vi"),
        place=root.text("place", ""), verified=root.flag("verified", False), source=root.text("source", ""),
        profiles=tuple(map(_span, root.records("profiles"))), roles=root.pairs("roles"),
        organs=tuple(map(reader.organ, root.records("organs"))),
        parties=tuple(map(reader.party, root.records("parties"))),
        agencies=tuple(map(reader.agency, root.records("agencies"))),
        systems=tuple(map(reader.system, root.records("systems"))),
        networks=(*reader.networks, *map(_network, root.records("networks"))),
        domains=(*reader.domains, *map(_domain, root.records("domains"))),
        mailboxes=(*reader.mailboxes, *map(_mailbox, root.records("mailboxes"))),
        positions=reader.positions,
    )  # fmt: skip
    root.finish()
    for name in ("agencies", "networks", "domains", "mailboxes", "systems"):
        if len(getattr(organisation, name)) > MAX_ITEMS:
            raise root.refuse(f"more than {MAX_ITEMS} {name}", name)
    return organisation


class _Reader:
    """Collects what an agency's entry says of its networks, domains and mailbox, and where each entry stands."""

    def __init__(self, root: Record) -> None:
        self.networks: list[Network] = []
        self.domains: list[Domain] = []
        self.mailboxes: list[Mailbox] = []
        self.positions: dict[str, Where] = {"organisation": root.where("code")}
        self.agencies: set[str] = set()

    def _place(self, kind: str, record: Record) -> str:
        code = record.code()
        # A code used twice keeps both places: `check` reports the second one.
        key = f"{kind}:{code}" if f"{kind}:{code}" not in self.positions else f"{kind}:{code}#2"
        self.positions[key] = record.where()
        return code

    def organ(self, r: Record) -> Organ:
        organ = Organ(
            code=self._place("organ", r), name=r.text("name"), short_name=r.text("short_name", ""),
            superior=r.text("superior", ""), symbol=r.text("symbol", ""), place=r.text("place", ""),
            role=r.code("role", ""), agency=r.code("agency", ""), signatures=r.texts("signatures"),
            call_back=r.text("call_back", ""), email=r.text("email", ""), address=r.text("address", ""),
        )  # fmt: skip
        r.finish()
        return organ

    def party(self, r: Record) -> Party:
        party = Party(
            self._place("party", r), r.text("name"), r.choice("kind", PARTY_KINDS, "khac"), r.text("email", "")
        )
        r.finish()
        return party

    def agency(self, r: Record) -> Agency:
        agency = Agency(
            code=self._place("agency", r), name=r.text("name"), short_name=r.text("short_name", ""),
            group=r.choice("group", GROUPS), parent=r.code("parent", ""), contact_role=r.text("contact_role", ""),
            contact_email=r.text("email", "").lower(), backup_email=r.text("backup_email", "").lower(),
            phone=r.text("phone", ""), machines=r.integer("machines", 0, high=1_000_000),
            old_machines=r.integer("old_machines", 0, high=1_000_000), antivirus=r.text("antivirus", ""),
            has_it_officer=r.flag("it_officer", False), valid_from=r.day("valid_from"),
            valid_until=r.day("valid_until"), successor=r.code("successor", ""),
        )  # fmt: skip
        self.agencies.add(agency.code)
        dates = (agency.valid_from, agency.valid_until)
        for key, note in (("public", "public"), ("lan", "lan")):
            self.networks.extend(Network(cidr, agency.code, *dates, note) for cidr in r.texts(key))
        self.domains.extend(Domain(name.lower(), agency.code, "web", "", *dates) for name in r.texts("domains"))
        self.domains.extend(Domain(name.lower(), agency.code, "mail", "", *dates) for name in r.texts("mail_domains"))
        for address in (agency.contact_email, agency.backup_email):
            if address:
                self.mailboxes.append(Mailbox(address, agency.code))
        r.finish()
        return agency

    def system(self, r: Record) -> System:
        system = System(
            code=self._place("system", r), name=r.text("name"),
            level=r.integer("level", low=1, high=5) if r.has("level") else None, external=r.flag("external", False),
            product=r.text("product", ""), version=r.text("version", ""), owner=r.code("owner", ""),
            operator=r.code("operator", ""), provider=r.code("provider", ""),
            domains=tuple(name.lower() for name in r.texts("domains")), addresses=r.texts("addresses"),
            hosts=tuple(name.lower() for name in r.texts("hosts")), users=r.integer("users", 0),
            monitored_by=r.code("monitored_by", ""), note=r.text("note", ""), log_sources=r.texts("log_sources"),
            rules=r.texts("rules"), playbooks=r.texts("playbooks"), drills=r.texts("drills"),
        )  # fmt: skip
        # Agencies are read first: a system's own domain belongs to the agency that operates it, else to its owner.
        holder = next((code for code in (system.operator, system.owner) if code in self.agencies), "")
        if holder and not system.external:
            self.domains.extend(Domain(name, holder, "web", system.code) for name in system.domains)
        r.finish()
        return system


def _span(r: Record) -> ProfileSpan:
    span = ProfileSpan(r.code("profile"), r.day("valid_from"), r.day("valid_until"))
    r.finish()
    return span


def _network(r: Record) -> Network:
    network = Network(
        r.text("cidr"), r.code("agency"), r.day("valid_from"), r.day("valid_until"), r.text("note", "public")
    )
    r.finish()
    return network


def _domain(r: Record) -> Domain:
    domain = Domain(
        r.text("name").lower(), r.code("agency"), r.choice("kind", ("web", "mail"), "web"), r.code("system", ""),
        r.day("valid_from"), r.day("valid_until"),
    )  # fmt: skip
    r.finish()
    return domain


def _mailbox(r: Record) -> Mailbox:
    mailbox = Mailbox(r.text("address").lower(), r.code("agency"), r.code("system", ""))
    r.finish()
    return mailbox
