"""The union record of an incident: every fact that the official forms of both regimes ask for, typed, in groups.

A field's `kind` says how it is typed in and stored: text, number, yes (yes, no, unknown), moment (microseconds UTC), choice
(one of `choices`), list (texts), choices (some of `choices`), addresses, attack (ATT&CK ids). An empty field is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

TLP = ("clear", "green", "amber", "amber+strict", "red")
PAP = ("clear", "green", "amber", "red")
YES = ("yes", "no", "unknown")
FOUND_BY = (
    "ids", "log", "user", "provider", "authority", "national_centre", "monitoring", "outside",
)  # fmt: skip
RSIT = (
    "abusive-content", "malicious-code", "information-gathering", "intrusion-attempts", "intrusions", "availability",
    "information-content-security", "fraud", "vulnerable", "other", "test",
)  # fmt: skip
VERIS_ACTOR = ("external", "internal", "partner", "unknown")
VERIS_ACTION = ("malware", "hacking", "social", "misuse", "physical", "error", "environmental", "unknown")
VERIS_ASSET = ("server", "network", "user_device", "public_terminal", "media", "person", "embedded", "unknown")
VERIS_ATTRIBUTE = ("confidentiality", "integrity", "availability", "unknown")
# What only statistics ask: told at closing, and open to be given after it. None of it moves a clock or a paper.
STATISTICAL = ("rsit", "veris_actor", "veris_action", "veris_asset", "veris_attribute")


def _text() -> Any:
    return field(default="", metadata={"kind": "text"})


def _number(high: int) -> Any:
    return field(default=None, metadata={"kind": "number", "high": high})


def _moment() -> Any:
    return field(default=None, metadata={"kind": "moment"})


def _yes() -> Any:
    return field(default="", metadata={"kind": "yes", "choices": YES})


def _choice(*choices: str) -> Any:
    return field(default="", metadata={"kind": "choice", "choices": choices})


def _list(kind: str = "list", *choices: str) -> Any:
    return field(default=(), metadata={"kind": kind, "choices": choices})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports, and whom to ask."""

    reporter_name: str = _text()
    reporter_address: str = _text()
    reporter_phone: str = _text()
    reporter_email: str = _text()
    contact_name: str = _text()
    contact_position: str = _text()
    contact_phone: str = _text()
    contact_email: str = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the first call or message said."""

    channel: str = _choice("telephone", "zalo", "paper", "email", "visit", "monitoring", "other")
    callback: str = _text()
    identity_check: str = _text()
    still_on: str = _yes()
    unplugged: str = _yes()
    seen: str = _text()
    backup: str = _yes()
    usb: str = _yes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """When it happened and how it was found (the moment of detection is the incident's own)."""

    occurred: int | None = _moment()
    found_by: str = _choice(*FOUND_BY)
    detected_by: str = _text()
    found_how: tuple[str, ...] = _list("choices", "ids", "log", "notified", "other")
    notified_by: str = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedSystem:
    """The system concerned, as the forms describe it."""

    system_name: str = _text()
    operator: str = _text()
    owner_body: str = _text()
    level: int | None = _number(5)
    level_decision: str = _text()
    national_list: str = _yes()
    security_provider: str = _text()
    isp: str = _text()
    os: str = _text()
    services: tuple[str, ...] = _list()
    protections: tuple[str, ...] = _list()
    public_addresses: tuple[str, ...] = _list("addresses")
    domains: tuple[str, ...] = _list()
    purpose: str = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The legal class as the unit saw it first and as the coordinator decided; the class now is the incident's own."""

    preliminary_class: str = _text()
    preliminary_by: str = _text()
    preliminary_at: int | None = _moment()
    preliminary_why: str = _text()
    official_class: str = _text()
    official_by: str = _text()
    official_at: int | None = _moment()
    official_why: str = _text()
    group_2026: str = _text()
    severity_reason: str = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """How far it reaches and what it costs. `damage` in dong; `outage_minutes` of the service."""

    summary: str = _text()
    scope: str = _text()
    personal_data: str = _yes()
    personal_data_kinds: tuple[str, ...] = _list()
    personal_data_sensitive: str = _yes()
    personal_data_subjects: int | None = _number(200_000_000)
    machines: tuple[str, ...] = _list()
    machine_count: int | None = _number(10_000_000)
    accounts: tuple[str, ...] = _list()
    outage_minutes: int | None = _number(5_256_000)
    outside_bodies: tuple[str, ...] = _list()
    damage: int | None = _number(10**15)
    damage_note: str = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why it happened (the root cause in one line is the incident's own)."""

    cause_state: str = _choice("determined", "hypothesis")
    cause_reason: str = _text()
    vector: str = _text()
    weaknesses: tuple[str, ...] = _list()
    attack: tuple[str, ...] = _list("attack")
    rsit: str = _choice(*RSIT)
    veris_actor: tuple[str, ...] = _list("choices", *VERIS_ACTOR)
    veris_action: tuple[str, ...] = _list("choices", *VERIS_ACTION)
    veris_asset: tuple[str, ...] = _list("choices", *VERIS_ASSET)
    veris_attribute: tuple[str, ...] = _list("choices", *VERIS_ATTRIBUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What was, is and will be done, by whom, with whose help."""

    measures: str = _text()
    measures_ongoing: str = _text()
    measures_planned: str = _text()
    handlers: tuple[str, ...] = _list()
    handled_by: tuple[str, ...] = _list("choices", "self", "others", "foreign", "coordinator")
    supporters: tuple[str, ...] = _list()
    foreign_supporters: tuple[str, ...] = _list()
    support_request: str = _text()
    notified: tuple[str, ...] = _list("choices", "network_member", "isp", "coordinator")
    next_report: int | None = _moment()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended, and who may know."""

    handled: str = _choice("handled", "not_handled")
    result: str = _text()
    lessons: str = _text()
    proposals: str = _text()
    confidential: str = _yes()
    attached: tuple[str, ...] = _list("choices", "log", "sample", "other")
    tlp: str = _choice(*TLP)
    pap: str = _choice(*PAP)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the record as data: its name, group, kind, and what it may be."""

    name: str
    group: str
    kind: str
    choices: tuple[str, ...] = ()
    high: int = 0

    @property
    def many(self) -> bool:
        """True for a field that holds a list."""
        return self.kind in {"list", "choices", "addresses", "attack"}


GROUPS: dict[str, type[Any]] = {
    "reporter": Reporter,
    "intake": Intake,
    "discovery": Discovery,
    "system": AffectedSystem,
    "classification": Classification,
    "impact": Impact,
    "cause": Cause,
    "handling": Handling,
    "outcome": Outcome,
}
FIELDS: dict[str, Field] = {
    one.name: Field(one.name, group, one.metadata["kind"], one.metadata.get("choices", ()), one.metadata.get("high", 0))
    for group, kind in GROUPS.items()
    for one in fields(kind)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All groups of one incident."""

    reporter: Reporter
    intake: Intake
    discovery: Discovery
    system: AffectedSystem
    classification: Classification
    impact: Impact
    cause: Cause
    handling: Handling
    outcome: Outcome


def read_record(known: Mapping[str, Any]) -> Record:
    """The record from an incident's stored fields; what is not there stays empty."""
    groups = {}
    for group, kind in GROUPS.items():
        values = {one.name: known[one.name] for one in fields(kind) if known.get(one.name) is not None}
        for name, value in values.items():
            values[name] = tuple(value) if isinstance(value, list) else value
        if "personal_data" in values and isinstance(values["personal_data"], bool):
            values["personal_data"] = "yes" if values["personal_data"] else "no"
        groups[group] = kind(**values)
    return Record(**groups)
