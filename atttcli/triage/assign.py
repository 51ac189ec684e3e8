"""Whose alert is it? The victim first, then our own among the observables, then names in the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from atttcli.inventory import Inventory
from atttcli.model.alert import Alert

_OTHERS = ("c2", "attacker", "malicious", "phishing", "malware", "scanner")


def agency_and_system(alert: Alert, inventory: Inventory) -> tuple[str, str]:
    """Codes; empty where nobody is known."""
    return _codes(list(_candidates(alert)), alert.time, _port(alert.detail), inventory)


def codes_of_row(row: dict[str, Any], inventory: Inventory) -> tuple[str, str]:
    """As `agency_and_system`, for an alert as stored."""
    values = [row["victim"], *(one["value"] for one in row["observables"] if one.get("role") not in _OTHERS)]
    return _codes([value for value in values if value], row["first_seen"], _port(row["detail"]), inventory)


def with_hint(place: tuple[str, str], hint: str, inventory: Inventory) -> tuple[str, str]:
    """What the alert itself leaves open, from the system that its log is of: that system, and who owns (else runs) it."""
    agency, system = place
    found = inventory.system(hint) if hint else None
    if found is None or (agency and system):
        return place
    owner = next((code for code in (found.owner, found.operator) if inventory.agency(code)), "")
    return agency or owner, system or found.code


def _candidates(alert: Alert) -> Iterator[str]:
    if alert.victim:
        yield alert.victim
    for one in alert.observables:
        if one.role not in _OTHERS:
            yield one.value
    for name in ("host", "hostname", "user", "domain"):
        value = alert.detail.get(name)
        if isinstance(value, str) and value:
            yield value


def _port(detail: dict[str, Any]) -> int | None:
    """The victim's own port, which tells apart who shares an address behind NAT."""
    text = str(detail.get("port") or "")
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _codes(values: list[str], at: int | None, port: int | None, inventory: Inventory) -> tuple[str, str]:
    agency = system = ""
    for value in dict.fromkeys(values):
        if not agency:
            owner = inventory.owner_of(value, at, port)
            if owner is None and at is not None:
                owner = inventory.owner_of(value, None, port)
            agency = owner.code if owner else ""
        if not system:
            found = inventory.system_of(value)
            system = found.code if found else ""
            if found and not agency:  # a host name says the system only: who owns it, else who runs it
                agency = next((code for code in (found.owner, found.operator) if inventory.agency(code)), "")
        if agency and system:
            break
    return agency, system
