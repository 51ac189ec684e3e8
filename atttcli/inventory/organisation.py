"""The place as values: one province (or ministry, or group) with its organs, agencies, networks, domains and systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from atttcli.errors import NotFound, Where
from atttcli.model.inventory import Agency, Network, System

GROUPS = ("so_ban_nganh", "huyen", "xa", "su_nghiep", "doan_the")
# Fields of an agency that an empty cell may empty, when whoever imports the table says so.
CLEARABLE = (
    "short_name", "parent", "contact_role", "contact_email", "backup_email", "phone", "machines", "old_machines", "antivirus",
    "has_it_officer", "valid_from", "valid_until", "successor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProfileSpan:
    """The legal profile in force for this organisation from day to day (ISO, inclusive; empty is open)."""

    profile: str
    valid_from: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class Organ:
    """A body that signs papers. `superior` stands above its name in the letterhead; `symbol` ends its numbers."""

    code: str
    name: str
    short_name: str = ""
    superior: str = ""
    symbol: str = ""
    place: str = ""
    role: str = ""
    agency: str = ""
    signatures: tuple[str, ...] = ()
    call_back: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside the agencies: owner, provider, national body. `kind`: chu_quan, nha_cung_cap, quoc_gia, khac."""

    code: str
    name: str
    kind: str = "khac"
    email: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain with everything below it. `kind`: web, mail. `system`: the system it belongs to, if one."""

    name: str
    agency: str
    kind: str = "web"
    system: str = ""
    valid_from: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox (no person's name is kept) and whose it is."""

    address: str
    agency: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something missing or wrong in an organisation's data. `severity`: error (will mislead), warning, info."""

    severity: str
    code: str
    where: Where
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One dated organisation. `positions` and `problems` belong to the file it was read from and do not travel."""

    code: str
    name: str
    short_name: str = ""
    valid_from: str = ""
    valid_until: str = ""
    successor: str = ""
    zone: str = "Asia/Ho_Chi_Minh"
    language: str = "vi"
    place: str = ""
    verified: bool = False
    source: str = ""
    profiles: tuple[ProfileSpan, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()  # role of the profile -> code of agency, organ or party
    organs: tuple[Organ, ...] = ()
    parties: tuple[Party, ...] = ()
    agencies: tuple[Agency, ...] = ()
    networks: tuple[Network, ...] = ()
    domains: tuple[Domain, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    systems: tuple[System, ...] = ()
    positions: dict[str, Where] = field(default_factory=dict, compare=False, repr=False)
    problems: tuple[Finding, ...] = field(default=(), compare=False, repr=False)

    @property
    def profile(self) -> str:
        """Name of the latest profile; empty when none is named."""
        return self.profiles[-1].profile if self.profiles else ""

    def agency(self, code: str) -> Agency:
        """The agency of this code, or NotFound."""
        return _pick(self.agencies, code, "agency")

    def system(self, code: str) -> System:
        """The system of this code, or NotFound."""
        return _pick(self.systems, code, "system")

    def organ(self, code: str) -> Organ:
        """The organ of this code (`steering_committee`, `department`, `team`, `committee`), or NotFound."""
        return _pick(self.organs, code, "organ")

    def holder(self, role: str) -> str:
        """Name of whoever holds a role of the profile here (`bcd_tinh`, `chuyen_trach` ...); empty when not said."""
        code = dict(self.roles).get(role, "")
        return self.name_of(code) if code else ""

    def name_of(self, code: str) -> str:
        """Name of the agency, organ or party of this code; the code itself when there is none."""
        for group in (self.agencies, self.organs, self.parties):
            for item in group:
                if item.code == code:
                    return item.name
        return code

    def networks_of(self, agency: str) -> tuple[Network, ...]:
        """The agency's address ranges, public and private."""
        return tuple(network for network in self.networks if network.agency == agency)

    def where(self, key: str) -> Where:
        """Where `agency:CODE`, `system:CODE` ... stands in the file; the organisation's code when it came from none."""
        return self.positions.get(key) or Where(self.code, rule=key)


_Coded = TypeVar("_Coded", Agency, System, Organ)


def _pick(items: tuple[_Coded, ...], code: str, what: str) -> _Coded:
    for item in items:
        if item.code == code:
            return item
    raise NotFound(f"no {what} {code[:40]!r}", hint="the codes stand in the organisation file")
