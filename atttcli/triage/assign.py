"""Whose alert is it? The victim first, then our own among the observables, then names in the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from atttcli.inventory import Inventory
from atttcli.model.alert import Alert

_OTHERS = ("c2", "attacker", "malicious", "phishing", "malware", "scanner")


def agency_and_system(alert: Alert, inventory: Inventory) -> tuple[str, str]:
    """Codes; empty where nobody is known."""
    return _codes(list(_candidates(alert)), alert.time, inventory)


def codes_of_row(row: dict[str, Any], inventory: Inventory) -> tuple[str, str]:
    """As `agency_and_system`, for an alert as stored."""
    values = [row["victim"], *(one["value"] for one in row["observables"] if one.get("role") not in _OTHERS)]
    return _codes([value for value in values if value], row["first_seen"], inventory)


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


def _codes(values: list[str], at: int | None, inventory: Inventory) -> tuple[str, str]:
    agency = system = ""
    for value in dict.fromkeys(values):
        if not agency:
            owner = inventory.owner_of(value, at) or inventory.owner_of(value)
            agency = owner.code if owner else ""
        if not system:
            found = inventory.system_of(value)
            system = found.code if found else ""
            if found and not agency:  # a host name says the system only: who owns it, else who runs it
                agency = next((code for code in (found.owner, found.operator) if inventory.agency(code)), "")
        if agency and system:
            break
    return agency, system
