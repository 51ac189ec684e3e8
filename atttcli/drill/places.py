"""The names of a scenario that stand for agencies and systems of the organisation at hand, and texts with them filled in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from atttcli.errors import InputError
from atttcli.inventory.organisation import Organisation
from atttcli.model.drill import Place, Scenario
from atttcli.text.fold import fold

_SLOT = re.compile(r"\{([a-z][a-z0-9_]{0,20})(?:\.(name|code|domain|address|lan))?\}")


def resolve_places(scenario: Scenario, place: Organisation) -> dict[str, dict[str, str]]:
    """Name -> facts (code, name, domain, address, lan) of what it stands for here; InputError when there is none."""
    return {one.name: _agency(one, place) if one.kind == "agency" else _system(one, place) for one in scenario.places}


def _agency(one: Place, place: Organisation) -> dict[str, str]:
    found = [agency for agency in place.agencies if agency.group == one.group or agency.code == one.group]
    if not found:
        raise InputError(f"the scenario wants an agency of group {one.group!r}; this organisation has none")
    agency = found[(one.at - 1) % len(found)]
    networks = [network.cidr for network in place.networks_of(agency.code)]
    domain = next((d.name for d in place.domains if d.agency == agency.code), "")
    return {
        "kind": "agency", "code": agency.code, "name": agency.name, "domain": domain,
        "address": _host(networks, public=True), "lan": _host(networks, public=False),
    }  # fmt: skip


def _host(cidrs: list[str], *, public: bool) -> str:
    """The first host of the first range of that kind; documentation ranges play the public ones."""
    for cidr in cidrs:
        network = ipaddress.ip_network(cidr, strict=False)
        if network.version == 4 and str(network.network_address).startswith("10.") is not public:
            return str(network.network_address + (1 if network.num_addresses > 1 else 0))
    return "203.0.113.10" if public else "10.99.0.10"


def _system(one: Place, place: Organisation) -> dict[str, str]:
    for word in one.words:
        for system in place.systems:
            if word == system.code or fold(word) in fold(system.name):
                domain = system.domains[0] if system.domains else ""
                return {
                    "kind": "system", "code": system.code, "name": system.name, "domain": domain,
                    "address": next((a for a in system.addresses if "." in a and "/" not in a), "203.0.113.10"),
                    "lan": "10.99.0.20", "agency": system.operator,
                }  # fmt: skip
    raise InputError(f"the scenario wants a system like {', '.join(one.words)}; this organisation has none")


def filled(text: str, places: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with `{xa}`, `{xa.code}`, `{he.domain}` filled in; what is no place's name stays as it is."""

    def one(found: re.Match[str]) -> str:
        facts = places.get(found[1])
        return str(facts.get(found[2] or "name", "")) if facts is not None else found[0]

    return _SLOT.sub(one, text)


def slots(text: str) -> set[str]:
    """Names of places that a text mentions."""
    return {found[1] for found in _SLOT.finditer(text)}
