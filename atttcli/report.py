"""The contract of papers: a frozen, versioned report model (values only) and the Renderer that turns it into bytes.

A report is built once from the workspace and is independent of it from then on: `report_from_json(to_json(report))` is the
same report, and the same report gives the same bytes in every format, in another process, day, locale and time zone.

In memory times are microseconds since the epoch (UTC); in JSON they are RFC 3339 (`report_json`). Texts are NFC. Indicator
values are held as they are; renderers defang.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from atttcli.report_json import is_time, model_from_json, time_schema, to_json

SCHEMA: Literal["atttcli/report-incident/1"] = "atttcli/report-incident/1"


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all parts of a report."""


class Words(_Value, frozen=True):
    """One wording in both languages, from a profile, a playbook or an organisation file. A missing one falls back."""

    vi: str = ""
    en: str = ""

    def say(self, language: str) -> str:
        """The wording in `language`, or in the other one rather than nothing."""
        return (self.en or self.vi) if language == "en" else (self.vi or self.en)

    def __bool__(self) -> bool:
        return bool(self.vi or self.en)


class Header(_Value, frozen=True, kw_only=True):
    """Head and foot of the paper, as Decree 30/2020 lays it out. What is not known stays empty: it is filled in by hand.

    `organ` and `superior` may hold line breaks set by hand. `number` is given by the records office after signing;
    `symbol` is what follows it (`BC-STTTT`). `date` is ISO `YYYY-MM-DD`. `authority` are the lines above the signature
    (`KT. GIÁM ĐỐC`, `PHÓ GIÁM ĐỐC`). `field` is the profile's word for the subject (`an toàn thông tin mạng`).
    """

    superior: Words = Words()
    organ: Words = Words()
    number: str = ""
    symbol: str = ""
    place: str = ""
    date: str = ""
    language: Literal["vi", "en"] = "vi"
    profile: str = ""
    field: Words = Words("an toàn thông tin mạng", "network information security")
    legal_bases: tuple[Words, ...] = ()
    addressees: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    archive: str = "VT"
    authority: tuple[str, ...] = ()
    signer: str = ""


class Incident(_Value, frozen=True, kw_only=True):
    """The incident's own facts. `category` and `legal_class` are the profile's official strings; `severity` is the label."""

    number: str
    title: str
    category: Words = Words()
    category_code: str = ""
    legal_class: Words = Words()
    severity: str = ""
    status: Words = Words()
    status_code: str = ""
    occurred_at: int | None = None
    detected_at: int | None = None
    opened_at: int | None = None
    closed_at: int | None = None
    detected_by: str = ""
    owner: str = ""
    personal_data: bool | None = None


class Narrative(_Value, frozen=True, kw_only=True):
    """What people wrote, one paragraph a line. Empty parts are listed as missing, never printed as blanks."""

    summary: str = ""
    cause: str = ""
    scope: str = ""
    measures: str = ""
    result: str = ""
    lessons: str = ""
    proposals: str = ""


class Affected(_Value, frozen=True, kw_only=True):
    """An agency and, where known, its system with the approved level (1 to 5)."""

    agency: str
    agency_code: str = ""
    system: str = ""
    system_code: str = ""
    level: int | None = None
    owner: str = ""
    operator: str = ""


class TimelineEntry(_Value, frozen=True, kw_only=True):
    """Something that happened or was done. `actor` is a role, an account or a machine."""

    at: int | None
    text: str
    actor: str = ""
    kind: str = ""


class AlertRow(_Value, frozen=True, kw_only=True):
    """An alert of this incident with its repeat counter; `source` is the file or list that it came from."""

    number: str
    title: str
    rule: str = ""
    severity: str = ""
    first_at: int | None = None
    last_at: int | None = None
    count: int = 1
    agency: str = ""
    system: str = ""
    source: str = ""


class IndicatorRow(_Value, frozen=True, kw_only=True):
    """An indicator: STIX type (`ipv4-addr`, `url`, `sha256` ...), value as stored (not defanged), the part it played."""

    type: str
    value: str
    role: str = ""
    first_at: int | None = None
    source: str = ""
    note: str = ""


class TaskRow(_Value, frozen=True, kw_only=True):
    """A step of the playbook run. `state`: `open`, `doing`, `done`, `skipped`, `waiting`; `evidence` holds evidence numbers."""

    step: str
    title: Words
    number: str = ""
    lead: Words = Words()
    assignee: str = ""
    state: str = ""
    due_at: int | None = None
    done_at: int | None = None
    done_by: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()


class EvidenceRow(_Value, frozen=True, kw_only=True):
    """An object of the vault: `sha256` in lower-case hex, `size` in bytes."""

    number: str
    name: str
    sha256: str = ""
    size: int | None = None
    collected_at: int | None = None
    collected_by: str = ""
    source: str = ""
    note: str = ""


class NoticeRow(_Value, frozen=True, kw_only=True):
    """A duty to tell somebody, or a telling that happened. `basis` is its legal source; `document` the number that went out.

    `now` is a duty to tell at once: the law gives no hours, `due_at` is the moment that set it off.
    """

    name: Words
    recipient: Words = Words()
    due_at: int | None = None
    sent_at: int | None = None
    document: str = ""
    basis: str = ""
    verified: bool = True
    now: bool = False


class Note(_Value, frozen=True, kw_only=True):
    """A note kept with the incident."""

    at: int | None
    text: str
    actor: str = ""


class Chain(_Value, frozen=True, kw_only=True):
    """Head of the journal's hash chain when the report was built: a later rewrite of the journal shows against it."""

    count: int
    hash: str


class Pack(_Value, frozen=True, kw_only=True):
    """A rule pack that judged, by digest."""

    name: str
    digest: str
    rules: int | None = None


class Layout(_Value, frozen=True, kw_only=True):
    """A template of users by which the paper was laid out in one format: where it was found, its file's name and digest."""

    format: str
    origin: str
    name: str
    sha256: str


class Provenance(_Value, frozen=True, kw_only=True):
    """What made the report. `templates`: those of users; a format that is not among them has our own layout."""

    tool: str = "atttcli"
    version: str = ""
    packs: tuple[Pack, ...] = ()
    templates: tuple[Layout, ...] = ()


class Marks(_Value, frozen=True, kw_only=True):
    """What must be seen on the paper: TLP, exercise, draft, and legal data whose source nobody has verified."""

    tlp: Literal["", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] = ""
    exercise: bool = False
    draft: bool = False
    unverified: tuple[str, ...] = ()


class IncidentReport(_Value, frozen=True, kw_only=True):
    """Everything that a report of one incident says. `as_of` is the moment of the facts, not of rendering."""

    as_of: int
    incident: Incident
    schema: Literal["atttcli/report-incident/1"] = SCHEMA
    header: Header = Header()
    narrative: Narrative = Narrative()
    affected: tuple[Affected, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    indicators: tuple[IndicatorRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    notes: tuple[Note, ...] = ()
    missing: tuple[str, ...] = ()
    chain: Chain | None = None
    provenance: Provenance = Provenance()
    marks: Marks = Marks()


class Renderer(Protocol):
    """Turns a report into one format. Stateless; knows nothing but the report."""

    format: str
    suffix: str
    media_type: str

    def render(self, report: IncidentReport, language: str) -> bytes:
        """The paper in `language` (`vi` or `en`); the same report gives the same bytes."""
        ...


def report_from_json(data: bytes) -> IncidentReport:
    """Read what `to_json` wrote; raises InputError with the JSON path of the first thing that does not fit."""
    return model_from_json(data, SCHEMA, IncidentReport)


def normalised(report: IncidentReport) -> IncidentReport:
    """The report as it comes back from JSON: what every renderer works on, so that both ways give the same bytes."""
    return report_from_json(to_json(report))


def schema(kind: type[msgspec.Struct] = IncidentReport, title: str = SCHEMA) -> dict[str, Any]:
    """JSON Schema (2020-12) of `to_json`'s result; kept in docs/json and compared by a test."""
    found = msgspec.json.schema(kind)
    for definition in found["$defs"].values():
        for name in definition.get("properties", {}):
            if is_time(name):
                definition["properties"][name] = time_schema(
                    optional=name not in definition["required"] or name == "at"
                )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **found}


def find_missing(report: IncidentReport) -> tuple[str, ...]:
    """Names of the fields that an official report wants and this one lacks, as paths (`incident.detected_at`)."""
    head, incident, told = report.header, report.incident, report.narrative
    wanted: list[tuple[str, object]] = [
        ("header.organ", head.organ),
        ("header.place", head.place),
        ("header.authority", head.authority),
        ("incident.category", incident.category),
        ("incident.legal_class", incident.legal_class),
        ("incident.detected_at", incident.detected_at is not None),
        ("incident.detected_by", incident.detected_by),
        ("incident.personal_data", incident.personal_data is not None),
        ("affected", report.affected),
        ("affected.level", all(row.level is not None for row in report.affected if row.system)),
        ("narrative.summary", told.summary),
        ("narrative.cause", told.cause),
        ("narrative.scope", told.scope),
        ("narrative.measures", told.measures),
        ("narrative.result", told.result or incident.closed_at is None),
        ("evidence", report.evidence),
    ]
    return tuple(name for name, value in wanted if not value)


def with_missing(report: IncidentReport) -> IncidentReport:
    """The report with `find_missing` added to its own list of missing fields, each once."""
    names = dict.fromkeys((*report.missing, *find_missing(report)))
    return msgspec.structs.replace(report, missing=tuple(names))
