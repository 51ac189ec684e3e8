"""An official form beside what is known of an incident: every line with its value, or missing, obligatory or not."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atttcli.clock import local_text
from atttcli.inventory import Inventory
from atttcli.model.record import FIELDS
from atttcli.profile import Profile
from atttcli.profile.values import Form, FormSection
from atttcli.store.connection import Row, Store

_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "::ffff:0:0/96",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a form. `fields`: what to set to fill it (empty: filled with the paper); `derived`: not said by people."""

    section: str
    label: str
    required: bool
    value: str
    fields: tuple[str, ...]
    derived: bool = False

    @property
    def missing(self) -> bool:
        """True when something is to be filled in and is not."""
        return bool(self.fields) and not self.value


def bound_forms(law: Profile) -> tuple[Form, ...]:
    """The forms whose lines say which field of the record fills them."""
    return tuple(form for form in law.forms if any(section.record for section in form.sections))


def form_lines(form: Form, values: Mapping[str, Any], derived: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of a form. `values`: fields that people set; `derived`: what stands in where they set nothing."""
    for section in form.sections:
        labels = section.fields if section.mode == "fields" and section.fields else (section.title,)
        for place, label in enumerate(labels):
            bound = section.record[place] if place < len(section.record) else ""
            names = tuple(name for name in bound.split("+") if name)
            own = "; ".join(filter(None, (_ticked(section, name, values.get(name)) for name in names)))
            other = "; ".join(filter(None, (_ticked(section, name, derived.get(name)) for name in names)))
            yield Line(
                section.title, label, _required(section, label), own or other, names, derived=not own and bool(other)
            )


def _required(section: FormSection, label: str) -> bool:
    return section.required or "(*)" in label


def _ticked(section: FormSection, name: str, value: Any) -> str:
    """A value as the form has it; of a choice the form's own words: its boxes stand in the order of the field's choices."""
    spec = FIELDS.get(name)
    if section.mode == "fields" or spec is None or not spec.choices or len(spec.choices) != len(section.fields):
        return shown(name, value)
    ticked = value if isinstance(value, (list, tuple)) else (value,)
    words = dict(zip(spec.choices, section.fields, strict=True))
    return ", ".join(words[code].rstrip(":") for code in ticked if code in words)


def shown(name: str, value: Any) -> str:
    """A value as a form has it: no address of the inside, times of the workspace's zone."""
    if value is None or value == "":
        return ""
    if name == "public_addresses":
        value = [address for address in value if not _inside(address)]
    if name in {"detected", "occurred", "next_report", "preliminary_at", "official_at"}:
        return local_text(int(value), seconds=False)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)


def _inside(text: str) -> bool:
    """Private, loopback or link-local: an address, or a range that reaches into one."""
    try:
        given = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return any(given.version == network.version and given.overlaps(network) for network in _INSIDE)


def form_values(row: Row) -> dict[str, Any]:
    """What people said: fields of the record and the incident's own columns."""
    fields = json.loads(row["fields"])
    own = {name: row[name] for name in ("number", "title", "category", "severity", "class", "owner", "detected")}
    flags = ", ".join(sorted(fields.get("flags", {})))
    return {**fields, **own, "flags": flags, "cause": row["cause"], "resolution": row["resolution"]}


def derived_values(store: Store, row: Row, inventory: Inventory) -> dict[str, Any]:
    """What the inventory and the incident's other rows say where nobody filled in anything."""
    exhibits = store.rows("SELECT number FROM evidence WHERE incident = ? AND withdrawn IS NULL", row["number"])
    initial = store.row(
        "SELECT paper, met FROM deadline WHERE incident = ? AND document = 'mau_03' AND met IS NOT NULL", row["number"]
    )
    organisation = inventory.organisation
    systems = [system for code in json.loads(row["systems"]) if (system := inventory.system(code)) is not None]
    agencies = [organisation.name_of(code) for code in json.loads(row["agencies"])]
    found: dict[str, Any] = {
        "system_name": ", ".join(system.name for system in systems),
        "operator": ", ".join(dict.fromkeys(organisation.name_of(s.operator) for s in systems if s.operator))
        or ", ".join(agencies),
        "owner_body": ", ".join(dict.fromkeys(organisation.name_of(s.owner) for s in systems if s.owner)),
        "level": max((system.level or 0 for system in systems), default=0) or None,
        "scope": ", ".join(agencies),
        "summary": row["title"],
        "handled": "handled" if row["status"] in {"post_incident", "closed"} else "not_handled",
        "result": row["resolution"],
        "evidence": ", ".join(exhibit[0] for exhibit in exhibits),
        "initial_report": initial["paper"] if initial else "",
        "initial_report_day": local_text(initial["met"], seconds=False)[:10] if initial else "",
    }
    return {name: value for name, value in found.items() if value}
