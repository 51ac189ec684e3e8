"""Fills the report of one incident from the store: projections, journal and alerts in, `IncidentReport` out; nothing is written.

Sentences that the builder itself makes (timeline, summary) are in the language in use (`text.messages`); the law's words
come from the profile that the incident was opened under.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from atttcli import __version__
from atttcli.errors import NotFound
from atttcli.incident.timeline import timeline as incident_entries
from atttcli.model.severity import Severity
from atttcli.model.title import rule_title
from atttcli.report import (
    Affected,
    AlertRow,
    Chain,
    EvidenceRow,
    Incident,
    IncidentReport,
    Marks,
    Note,
    Pack,
    Provenance,
    TaskRow,
    Words,
    with_missing,
)
from atttcli.reports.build_header import make_header
from atttcli.reports.build_indicators import indicator_rows
from atttcli.reports.build_law import LegalWords, notice_rows
from atttcli.reports.build_narrative import detected_how, tell
from atttcli.reports.build_timeline import official_step, status_words, timeline
from atttcli.reports.wording import wording
from atttcli.text.messages import language

if TYPE_CHECKING:
    from atttcli.inventory import Inventory
    from atttcli.journal.journal import Journal
    from atttcli.profile import Profile
    from atttcli.store.connection import Store
    from atttcli.store.projection import Entry

_PACKS = {"yara": "rules/yara", "network": "rules/network", "correlation": "rules/sigma", "sigma": "rules/sigma"}
_PACKS |= {"indicator": "rules/indicators"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What the drafter says about the paper itself: whose, which number and day (ISO), draft or not, which TLP."""

    language: Literal["vi", "en"] = "vi"
    organ: str = ""
    number: str = ""
    date: str = ""
    draft: bool = False
    tlp: Literal["", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] = ""


def build_report(
    journal: Journal, number: str, inventory: Inventory, profile: Profile, paper: Paper, as_of: int
) -> IncidentReport:
    """The report of incident `number` as the store stands; NotFound when there is none. `as_of` in microseconds."""
    store = journal.store
    row = store.row("SELECT * FROM incident WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no incident {number[:40]!r}", hint="atttcli incident list")
    organisation = inventory.organisation
    fields = load(row["fields"])
    alerts = linked_alerts(store, number)
    tasks = store.rows("SELECT * FROM task WHERE incident = ? ORDER BY created, number", number)
    entries = list(incident_entries(journal, number))
    affected = tuple(affected_rows(row, alerts, inventory))
    law = LegalWords(profile, row)
    clocks = store.rows("SELECT * FROM deadline WHERE incident = ? ORDER BY due, code", number)
    notices = tuple(notice_rows(law, clocks, organisation))
    report = IncidentReport(
        as_of=as_of,
        header=make_header(organisation, profile, paper, affected),
        incident=_incident(row, fields, alerts, law),
        narrative=tell(row, fields, alerts, tasks, affected),
        affected=affected,
        timeline=tuple(timeline(entries, alerts, tasks, organisation, law.words())),
        alerts=tuple(_alert_row(alert, inventory) for alert in alerts),
        indicators=tuple(indicator_rows(alerts, inventory)),
        tasks=tuple(_task_row(task, profile) for task in tasks),
        evidence=tuple(_evidence(store, number)),
        notices=notices,
        notes=tuple(_notes(entries)),
        chain=_chain(store),
        provenance=Provenance(version=__version__, packs=tuple(_packs(alerts))),
        marks=Marks(
            tlp=paper.tlp, draft=paper.draft, exercise=bool(row["exercise"]), unverified=tuple(law.unverified())
        ),
    )
    return with_missing(report)


def load(text: Any) -> Any:
    """JSON of a column; an empty mapping for an empty one."""
    return json.loads(text) if text else {}


def linked_alerts(store: Store, number: str) -> list[dict[str, Any]]:
    """The incident's alerts in order of time: the record that was decided on, with today's repeat counter where it is known."""
    found = []
    for link in store.rows("SELECT alert, record FROM incident_alert WHERE incident = ?", number):
        record: dict[str, Any] = load(link["record"])
        now = store.row("SELECT * FROM alert WHERE number = ?", link["alert"])
        if now is not None:
            record = {**record, **dict(now)}
        record["number"] = link["alert"]
        for name, empty in (("observables", []), ("tags", []), ("detail", {})):
            value: Any = record.get(name) or empty
            record[name] = json.loads(value) if isinstance(value, str) else value
        record["title"] = _title(record)
        found.append(record)
    return sorted(found, key=lambda one: (one.get("first_seen") is None, one.get("first_seen") or 0, one["number"]))


def _title(record: dict[str, Any]) -> str:
    """The title in the language in use, where its rule has one; what an indicator is, in the words of the paper."""
    said = language()
    of_rule = rule_title(record["detail"], said)
    if of_rule:
        return of_rule
    title = str(record.get("title") or "")
    kind, mark, rest = title.partition(": ")
    word = wording(said).roles.get(kind) if record.get("kind") == "indicator" else None
    return f"{word}{mark}{rest}" if word else title


def affected_rows(row: Any, alerts: Iterable[dict[str, Any]], inventory: Inventory) -> Iterator[Affected]:
    """Agencies and systems that the alerts or the incident itself name, each once; systems first."""
    pairs: dict[tuple[str, str], None] = {}
    for alert in alerts:
        pairs[(alert.get("agency") or "", alert.get("system") or "")] = None
    for system in load(row["systems"]) or []:
        if not any(system == known for _agency, known in pairs):
            pairs[("", system)] = None
    with_system = {agency for agency, system in pairs if system}
    for agency in load(row["agencies"]) or []:
        if agency not in with_system:
            pairs[(agency, "")] = None
    for agency, system in sorted(pairs, key=lambda pair: (not pair[1], pair)):
        if system or (agency and agency not in with_system):
            yield _affected(agency, system, inventory)


def _affected(agency: str, system: str, inventory: Inventory) -> Affected:
    organisation = inventory.organisation
    known = inventory.system(system) if system else None
    owner = known.owner if known else ""
    operator = known.operator if known else ""
    holder = agency or operator or owner
    return Affected(
        agency=organisation.name_of(holder) if holder else "-",
        agency_code=holder,
        system=known.name if known else system,
        system_code=system,
        level=known.level if known else None,
        owner=organisation.name_of(owner) if owner else "",
        operator=organisation.name_of(operator) if operator else "",
    )


def _incident(row: Any, fields: dict[str, Any], alerts: list[dict[str, Any]], law: LegalWords) -> Incident:
    personal = fields.get("personal_data")
    if personal is None and "personal_data" in (fields.get("flags") or ()):
        personal = True
    seen = [alert["first_seen"] for alert in alerts if alert.get("first_seen") is not None]
    return Incident(
        number=row["number"],
        title=row["title"],
        category=law.category(),
        category_code=row["category"],
        legal_class=law.legal_class(),
        severity=law.severity(),
        status=status_words(row["status"]),
        status_code=row["status"],
        occurred_at=fields.get("occurred") or min(seen, default=None),
        detected_at=row["detected"],
        opened_at=row["opened"],
        closed_at=row["closed"],
        detected_by=str(fields.get("detected_by") or "") or detected_how(alerts, law.profile),
        owner=row["owner"],
        personal_data=None if personal in (None, "unknown") else personal in (True, "yes", "true", "1", 1),
    )


def _alert_row(alert: dict[str, Any], inventory: Inventory) -> AlertRow:
    agency, system = alert.get("agency") or "", alert.get("system") or ""
    known = inventory.system(system) if system else None
    return AlertRow(
        number=alert["number"],
        title=alert.get("title") or "",
        rule=alert.get("rule_id") or "",
        severity=_label(alert.get("severity")),
        first_at=alert.get("first_seen"),
        last_at=alert.get("last_seen"),
        count=int(alert.get("count") or 1),
        agency=inventory.organisation.name_of(agency) if agency else "",
        system=known.name if known else system,
        source=short_source(alert.get("source_path") or ""),
    )


def _label(value: Any) -> str:
    return Severity(value).label if isinstance(value, int) and 0 <= value <= 4 else str(value or "")


def short_source(path: str) -> str:
    """A source as people know it: the file's name with its members, without the folders of this machine."""
    outer, mark, members = path.replace("\\", "/").partition("!")
    return outer.rsplit("/", 1)[-1] + mark + members


def _task_row(task: Any, profile: Profile) -> TaskRow:
    step = official_step(task["code"]) or "-"
    role = next((role for role in profile.roles if role.code == task["lead"]), None)
    name = task["lead_name"] or (role.name if role else task["lead"])
    return TaskRow(
        step=step if task["round"] == 1 else f"{step} ({task['round']})",
        title=Words(task["title"], task["title_en"]),
        number=task["number"],
        lead=Words(name, role.name_en.capitalize() if role else ""),
        assignee=task["assignee"] or task["closed_by"],
        state=task["state"],
        due_at=task["due"],
        done_at=task["closed"],
        done_by=task["closed_by"],
        note=task["note"],
        evidence=tuple(str(item) for item in load(task["evidence"]) or ()),
    )


def _evidence(store: Store, number: str) -> Iterator[EvidenceRow]:
    sql = "SELECT * FROM evidence WHERE incident = ? AND withdrawn IS NULL ORDER BY number"
    for row in store.rows(sql, number):
        yield EvidenceRow(
            number=row["number"],
            name=row["name"],
            sha256=row["sha256"],
            size=row["size"],
            collected_at=row["collected"],
            collected_by=row["actor"],
            source=short_source(row["source"]),
            note=row["note"],
        )


def _notes(entries: Iterable[Entry]) -> Iterator[Note]:
    for entry in entries:
        if entry.verb == "incident.noted":
            text = str(entry.payload.get("text") or entry.payload.get("note") or "")
            if text:
                yield Note(at=entry.time, text=text, actor=entry.actor)


def _chain(store: Store) -> Chain | None:
    last = store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    return None if last is None else Chain(count=last["seq"], hash=last["hash"])


def _packs(alerts: Iterable[dict[str, Any]]) -> Iterator[Pack]:
    found: dict[tuple[str, str], set[str]] = {}
    for alert in alerts:
        if alert.get("pack"):
            name = _PACKS.get(alert.get("kind") or "", alert.get("kind") or "")
            found.setdefault((name, alert["pack"]), set()).add(alert.get("rule_id") or "")
    for name, digest in sorted(found):
        yield Pack(name=name, digest=digest, rules=len(found[name, digest]))
