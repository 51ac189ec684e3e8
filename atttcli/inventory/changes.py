"""What people changed beside the organisation's file: fields over the file's own, journaled; and the difference of two places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from atttcli.errors import InputError, NotFound, Refused, UsageError
from atttcli.inventory.check import is_domain
from atttcli.inventory.organisation import Domain, Mailbox, Organisation
from atttcli.inventory.payload import checked
from atttcli.inventory.ranges import parse_network
from atttcli.inventory.tables import is_domain_in_row, is_in_row
from atttcli.model.inventory import Agency, Network, System

Change = tuple[str, str, Mapping[str, Any]]
_LISTS = ("networks", "domains")
_T = TypeVar("_T", Agency, System)


def with_changes(org: Organisation, changes: Iterable[Change]) -> Organisation:
    """The organisation with the changes laid over it; InputError for a field that there is not.

    Fields of an agency or system are those of its value; `networks` and `domains` of an agency replace all it had. A code that
    the file lacks is added.
    """
    agencies = {agency.code: agency for agency in org.agencies}
    systems = {system.code: system for system in org.systems}
    networks, domains, mailboxes = list(org.networks), list(org.domains), list(org.mailboxes)
    for kind, code, given in changes:
        plain = {name: value for name, value in given.items() if name not in _LISTS}
        if kind == "system":
            systems[code] = _changed(System, systems.get(code), code, plain)
            continue
        before = agencies.get(code)
        after = agencies[code] = _changed(Agency, before, code, plain)
        mailboxes = _contacts(mailboxes, before, after)
        if "networks" in given:
            networks = [one for one in networks if one.agency != code] + _items(Network, given["networks"], code)
        if "domains" in given:
            domains = [one for one in domains if one.agency != code] + _items(Domain, given["domains"], code)
    return replace(
        org, agencies=tuple(agencies.values()), systems=tuple(systems.values()), networks=tuple(networks),
        domains=tuple(domains), mailboxes=tuple(mailboxes),
    )  # fmt: skip


def _changed(kind: type[_T], before: _T | None, code: str, given: Mapping[str, Any]) -> _T:
    values = checked(
        kind, {"code": code, "name": code, **(asdict(before) if before else {}), **given}, kind.__name__.lower()
    )
    return kind(**values)


def _items(kind: type[Any], items: Any, code: str) -> list[Any]:
    if not isinstance(items, list):
        raise InputError(f"the {kind.__name__.lower()}s of {code[:40]} are no list")
    return [kind(**checked(kind, {**item, "agency": code}, kind.__name__.lower())) for item in items]


def _contacts(mailboxes: list[Mailbox], before: Agency | None, after: Agency) -> list[Mailbox]:
    """The contacts' mailboxes follow the contacts."""
    gone = {before.contact_email, before.backup_email} - {after.contact_email, after.backup_email} if before else set()
    kept = [box for box in mailboxes if not (box.agency == after.code and box.address in gone)]
    known = {box.address for box in kept}
    fresh = (address for address in (after.contact_email, after.backup_email) if address and address not in known)
    return [*kept, *(Mailbox(address, after.code) for address in dict.fromkeys(fresh))]


def networks_after(org: Organisation, code: str, add: Iterable[str], drop: Iterable[str]) -> list[dict[str, Any]]:
    """The networks of an agency with some more and without some; UsageError, NotFound, Refused for one of somebody else."""
    held = {one["cidr"]: one for one in _own(org.networks, code)}
    for text in drop:
        cidr = text.strip()
        if held.pop(cidr, None) is None:
            raise NotFound(f"{code} has no network {cidr[:60]!r}", hint=f"atttcli agency show {code}")
    for text in add:
        cidr = text.strip()
        if parse_network(cidr) is None:
            raise UsageError(f"no address or range: {cidr[:60]!r}", hint="203.0.113.16/29")
        other = next((one.agency for one in org.networks if one.cidr == cidr and one.agency != code), "")
        if other:
            hint = f"atttcli agency set {other} --drop-network {cidr}, or by port: atttcli agency learn-ip {cidr} {code} --ports …"
            raise Refused(f"{cidr} belongs to {other}", guard="owner", hint=hint)
        held.setdefault(cidr, {"cidr": cidr})
    return list(held.values())


def domains_after(org: Organisation, code: str, add: Iterable[str], drop: Iterable[str]) -> list[dict[str, Any]]:
    """The domains of an agency with some more and without some; UsageError, NotFound, Refused for one of somebody else."""
    held = {one["name"]: one for one in _own(org.domains, code)}
    for text in drop:
        name = text.strip().lower()
        if held.pop(name, None) is None:
            raise NotFound(f"{code} has no domain {name[:60]!r}", hint=f"atttcli agency show {code}")
    for text in add:
        name = text.strip().lower()
        if not is_domain(name):
            raise UsageError(f"no domain: {name[:60]!r}", hint="vihuong.backan.gov.vn")
        other = next((one.agency for one in org.domains if one.name == name and one.agency != code), "")
        if other:
            raise Refused(
                f"{name} belongs to {other}", guard="owner", hint=f"atttcli agency set {other} --drop-domain {name}"
            )
        held.setdefault(name, {"name": name})
    return list(held.values())


def differences(old: Organisation, new: Organisation, clear: Iterable[str] = ()) -> Iterator[Change]:
    """What has to change in `old` to say what `new` says of the agencies and systems that `new` names.

    What `new` leaves empty changes nothing (a table of codes and machine counts does not take the mailboxes away), except
    the fields of agencies that `clear` names.
    """
    emptied = frozenset(clear)
    for kind, before, after in (("agency", old.agencies, new.agencies), ("system", old.systems, new.systems)):
        known: dict[str, Any] = {item.code: item for item in before}
        for item in after:
            held = known.get(item.code)
            given = {
                field.name: _plain(getattr(item, field.name))
                for field in fields(item)
                if field.name != "code"
                and (
                    getattr(item, field.name) not in ("", 0, (), None, False)
                    or (kind == "agency" and field.name in emptied)
                )
                and (held is None or getattr(held, field.name) != getattr(item, field.name))
            }
            if kind == "agency":
                given |= _list_differences(old, new, item.code)
            if held is None:
                given.setdefault("name", item.name)
            if given:
                yield kind, item.code, given


def _list_differences(old: Organisation, new: Organisation, code: str) -> dict[str, Any]:
    """Networks and domains are replaced as the table has them; those that no agency's row can say need sheets of their own."""
    found = {}
    told: dict[str, tuple[Callable[[Organisation, Any], bool], bool]] = {
        "networks": (is_in_row, any(not is_in_row(new, net) for net in new.networks)),
        "domains": (is_domain_in_row, any(not is_domain_in_row(new, one) for one in new.domains)),
    }
    for name, (fits_row, has_sheet) in told.items():
        mine = [item for item in getattr(new, name) if item.agency == code]
        special = [item for item in getattr(old, name) if item.agency == code and not fits_row(old, item)]
        before, after = _own(getattr(old, name), code), _own([*mine, *(() if has_sheet else special)], code)
        if mine and before != after:
            found[name] = after
    return found


def _own(items: Iterable[Network | Domain], code: str) -> list[dict[str, Any]]:
    mine = (
        {key: value for key, value in asdict(item).items() if value and key != "agency"}
        for item in items
        if item.agency == code
    )
    return sorted(mine, key=lambda item: sorted((key, str(value)) for key, value in item.items()))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
