"""Rows of sheets to agencies, systems and mailboxes: names resolved to codes, doubtful cells kept as findings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from atttcli.errors import Where
from atttcli.inventory.organisation import Domain, Finding, Mailbox, Organisation, Party
from atttcli.inventory.ranges import parse_ports
from atttcli.model.inventory import Agency, Network, System
from atttcli.text.fold import fold, nfc
from atttcli.text.spreadsheet import inert_cell

_NOT_CODE = re.compile(r"[^a-z0-9]+")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_BETWEEN = re.compile(r"[\s;,]+")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z")
_FORMULA = ("=", "+", "@", "＝")
_YES = {"co", "x", "yes", "y", "true", "1", "dung"}
_NO = {"khong", "no", "n", "false", "0", "k", "-", "sai", ""}
_GROUP_WORDS = (
    ("huyen", ("huyen", "thi xa", "thanh pho", "district")),
    ("xa", ("xa", "phuong", "thi tran", "commune", "ward")),
    ("su_nghiep", ("su nghiep", "su_nghiep", "trung tam", "benh vien", "truong", "dai", "unit", "public service")),
    ("doan_the", ("doan the", "doan_the", "hoi", "association")),
    (
        "so_ban_nganh",
        (
            "so",
            "ban",
            "nganh",
            "so ban nganh",
            "so_ban_nganh",
            "department",
            "van phong",
            "thanh tra",
            "cong an",
            "cap tinh",
        ),
    ),
)


def slug(text: str) -> str:
    """A code from a name: `UBND xã Vi Hương` -> `ubnd-xa-vi-huong`."""
    return _NOT_CODE.sub("-", fold(text)).strip("-")[:64].strip("-")


class Collector:
    """Gathers rows on top of a header; `organisation` resolves names to codes when all rows are in."""

    def __init__(self, header: Organisation) -> None:
        self._header = header
        self.problems: list[Finding] = list(header.problems)
        self._agencies = list(header.agencies)
        self._systems = list(header.systems)
        self._networks = list(header.networks)
        self._domains = list(header.domains)
        self._mailboxes = list(header.mailboxes)
        self._parties = {party.code: party for party in header.parties}
        self._positions = dict(header.positions)
        self._names: dict[str, str] = {}

    def add(self, kind: str, row: dict[str, str], where: Where) -> None:
        """One row of a sheet of `kind`."""
        cells = _Cells(row, where, self.problems)
        {
            "agencies": self._agency, "systems": self._system, "mailboxes": self._mailbox, "networks": self._network,
            "domains": self._domain,
        }[kind](cells)  # fmt: skip

    def organisation(self) -> Organisation:
        """The organisation, with owners, parents and agencies named by code."""
        self._index()
        agencies = tuple(replace(a, parent=self._code_for(a.parent, f"agency:{a.code}")) for a in self._agencies)
        systems = tuple(self._resolved(system) for system in self._systems)
        known = {agency.code for agency in agencies}
        had_domains = {system.code for system in self._header.systems}
        for system in systems:
            holder = next((code for code in (system.operator, system.owner) if code in known), "")
            if holder and not system.external and system.code not in had_domains:
                self._domains.extend(Domain(name, holder, "web", system.code) for name in system.domains)
        boxes = [replace(box, agency=self._names.get(fold(box.agency), box.agency)) for box in self._mailboxes]
        networks = [replace(net, agency=self._names.get(fold(net.agency), net.agency)) for net in self._networks]
        domains = [replace(one, agency=self._names.get(fold(one.agency), one.agency)) for one in self._domains]
        return replace(
            self._header, agencies=agencies, systems=systems, networks=tuple(networks),
            domains=tuple(domains), mailboxes=tuple(boxes), parties=tuple(self._parties.values()),
            positions=self._positions, problems=tuple(self.problems),
        )  # fmt: skip

    def _index(self) -> None:
        for party in self._parties.values():
            self._names[fold(party.name)] = self._names[fold(party.code)] = party.code
        for agency in reversed(self._agencies):
            for name in (agency.name, agency.short_name, agency.code):
                if name:
                    self._names[fold(name)] = agency.code
        for organ in self._header.organs:
            self._names.setdefault(fold(organ.code), organ.code)

    def _code_for(self, named: str, key: str) -> str:
        """Code of whoever is named; somebody unknown becomes an outside party, and a finding says so."""
        if not named:
            return ""
        code = self._names.get(fold(named))
        if code is None:
            code = slug(named) or "khac"
            self._parties[code] = Party(code, named)
            self._names[fold(named)] = code
            message = f"{named[:60]!r} is no agency here: taken as an outside party"
            hint = "if it is an agency, write its code or its exact name"
            self.problems.append(Finding("warning", "new-party", self._positions.get(key, Where()), message, hint))
        return code

    def _resolved(self, system: System) -> System:
        find: Callable[[str], str] = lambda name: self._code_for(name, f"system:{system.code}")  # noqa: E731
        return replace(
            system, owner=find(system.owner), operator=find(system.operator), provider=find(system.provider),
            monitored_by=find(system.monitored_by),
        )  # fmt: skip

    def _place(self, kind: str, code: str, where: Where) -> None:
        key = f"{kind}:{code}"
        self._positions[key if key not in self._positions else f"{key}#2"] = where

    def _agency(self, cells: _Cells) -> None:
        name = cells.text("name")
        if not name:
            cells.note("error", "no-name", "this row has no name; it was left out")
            return
        code = cells.code(name)
        self._place("agency", code, cells.where)
        dates = cells.day("valid_from"), cells.day("valid_until")
        agency = Agency(
            code=code, name=name, short_name=cells.text("short_name"), group=cells.group(name),
            parent=cells.text("parent"), contact_role=cells.text("contact_role"),
            contact_email=cells.text("contact_email").lower(), backup_email=cells.text("backup_email").lower(),
            phone=cells.text("phone"), machines=cells.number("machines"), old_machines=cells.number("old_machines"),
            antivirus=cells.text("antivirus"), has_it_officer=cells.flag("has_it_officer"), valid_from=dates[0],
            valid_until=dates[1], successor=cells.text("successor"),
        )  # fmt: skip
        self._agencies.append(agency)
        for key in ("public", "lan"):
            self._networks.extend(Network(cidr, code, *dates, key) for cidr in cells.list(key))
        for key, kind in (("domains", "web"), ("mail_domains", "mail")):
            self._domains.extend(Domain(_bare(item), code, kind, "", *dates) for item in cells.list(key))
        boxes = (agency.contact_email, agency.backup_email)
        self._mailboxes.extend(Mailbox(address, code) for address in boxes if address)

    def _system(self, cells: _Cells) -> None:
        name = cells.text("name")
        if not name:
            cells.note("error", "no-name", "this row has no name; it was left out")
            return
        code = cells.code(name)
        self._place("system", code, cells.where)
        level_text = fold(cells.text("level")).removeprefix("cap do").removeprefix("level").strip()
        level = int(level_text) if level_text in {"1", "2", "3", "4", "5"} else None
        external = cells.flag("external") or level_text in {"ben ngoai", "external", "ngoai"}
        if level_text and level is None and not external:
            cells.note("error", "bad-level", f"the level {level_text[:20]!r} is not 1 to 5")
        self._systems.append(
            System(
                code=code, name=name, level=level, external=external, product=cells.text("product"),
                version=cells.text("version"), owner=cells.text("owner"), operator=cells.text("operator"),
                provider=cells.text("provider"), domains=tuple(_bare(item) for item in cells.list("domains")),
                addresses=cells.list("addresses"), hosts=tuple(host.lower() for host in cells.list("hosts")),
                users=cells.number("users"), monitored_by=cells.text("monitored_by"), note=cells.text("note"),
                log_sources=cells.list("log_sources"), rules=cells.list("rules"), playbooks=cells.list("playbooks"),
                drills=cells.list("drills"),
            )
        )  # fmt: skip

    def _mailbox(self, cells: _Cells) -> None:
        address, agency = cells.text("address").lower(), cells.text("agency")
        if address and agency:
            self._mailboxes.append(Mailbox(address, agency, cells.text("system")))
        else:
            cells.note("warning", "no-mailbox", "this row has no mailbox or no agency; it was left out")

    def _network(self, cells: _Cells) -> None:
        cidr, agency = cells.text("cidr"), cells.text("agency")
        ports = cells.text("ports")
        if not cidr or not agency:
            cells.note("warning", "no-network", "this row has no address range or no agency; it was left out")
        elif ports and parse_ports(ports) is None:
            cells.note("error", "bad-ports", f"not ports: {ports[:40]!r}; the row was left out")
        else:
            dates = cells.moment("valid_from"), cells.moment("valid_until")
            self._networks.append(Network(cidr, agency, *dates, cells.text("note") or "public", ports))

    def _domain(self, cells: _Cells) -> None:
        name, agency = _bare(cells.text("name")), cells.text("agency")
        kind = cells.text("kind").lower() or "web"
        if not name or not agency or kind not in ("web", "mail"):
            cells.note("warning", "no-domain", "this row has no domain, no agency or another kind; it was left out")
            return
        dates = cells.day("valid_from"), cells.day("valid_until")
        self._domains.append(Domain(name, agency, kind, cells.text("system"), *dates))


def _bare(text: str) -> str:
    """The domain in what people write: `http://WWW.example.vn/` -> `www.example.vn`."""
    return text.lower().partition("://")[2].partition("/")[0] if "://" in text else text.lower().partition("/")[0]


class _Cells:
    """The cells of one row by field; what cannot be read is noted and counts as empty."""

    def __init__(self, row: dict[str, str], where: Where, problems: list[Finding]) -> None:
        self._row, self.where, self._problems = row, where, problems

    def note(self, severity: str, code: str, message: str) -> None:
        self._problems.append(Finding(severity, code, self.where, message))

    def text(self, field: str) -> str:
        value = " ".join(nfc(self._row.get(field, "")).split())
        if value[:1] == "'" and inert_cell(value[1:]) == value:
            return value[1:]  # text that was made inert when it was written, as `agency export` does
        if value.startswith(_FORMULA):
            self.note("warning", "formula", f"{field} holds a formula, which is never worked out; it counts as empty")
            del self._row[field]
            return ""
        return value

    def list(self, field: str) -> tuple[str, ...]:
        return tuple(part for part in _BETWEEN.split(self.text(field)) if part)

    def code(self, name: str) -> str:
        value = self.text("code")
        if value and _CODE.match(value):
            return value.lower()
        made = slug(value or name) or f"dong-{self.where.line}"
        what = f"the code {value[:40]!r} has letters a code may not have" if value else "no code"
        self.note("info", "no-code", f"{what}: {made!r} was made")
        return made

    def number(self, field: str) -> int:
        value = self.text(field).replace(".", "").replace(",", "").replace(" ", "")
        if not value:
            return 0
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            self.note("warning", "bad-number", f"{field}: {value[:40]!r} is not a whole number")
            return 0
        return int(value)

    def flag(self, field: str) -> bool:
        value = fold(self.text(field))
        if value not in _YES | _NO:
            self.note("warning", "bad-flag", f"{field}: {value[:40]!r} is neither yes nor no")
        return value in _YES

    def day(self, field: str) -> str:
        value = self.text(field)
        if not value:
            return ""
        match = _DAY.match(value)
        try:
            if match:
                return date(int(match[3]), int(match[2]), int(match[1])).isoformat()
            return date.fromisoformat(value[:10]).isoformat()
        except ValueError:
            self.note("warning", "bad-date", f"{field}: {value[:40]!r} is not a date such as 01/07/2025")
            return ""

    def moment(self, field: str) -> str:
        """A day, or a minute as `2026-11-20T08:00`."""
        value = self.text(field)
        try:
            return datetime.fromisoformat(value).isoformat(timespec="minutes") if "T" in value else self.day(field)
        except ValueError:
            self.note("warning", "bad-date", f"{field}: {value[:40]!r} is not a moment such as 2025-07-01T08:00")
            return ""

    def group(self, name: str) -> str:
        for text in (fold(self.text("group")), fold(name).removeprefix("uy ban nhan dan ").removeprefix("ubnd ")):
            for group, words in _GROUP_WORDS:
                if any(text == word or text.startswith((f"{word} ", f"{word},")) for word in words):
                    return group
        self.note("info", "no-group", "the group of this agency could not be told")
        return ""
