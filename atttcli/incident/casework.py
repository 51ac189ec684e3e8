"""Incidents in the journal: open, link, set, note, move, close, reopen. Every change is one entry behind its guard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.evidence.vault import Vault
from atttcli.incident.clocks import plan
from atttcli.incident.facts import (
    broken_exhibits,
    check_codes,
    facts_of,
    gates_of,
    incident_row,
    legal_class,
    met_codes,
    replan,
    running_row,
)
from atttcli.incident.lifecycle import check_approval, check_move, check_reopen, merged_away
from atttcli.journal.journal import Journal
from atttcli.model.incident import FORWARD, MERGED
from atttcli.model.record import STATISTICAL
from atttcli.profile import Profile, load_profile
from atttcli.store.numbers import resolve_number

SIGHTINGS_CARRIED = 50
_JSON_COLUMNS = ("tags", "observables", "why", "detail")


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What is known at the start. `level`: highest level of the systems; `detected`: microseconds UTC."""

    title: str
    category: str = ""
    severity: str = ""
    owner: str = ""
    agencies: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    detected: int | None = None
    level: int | None = None
    exercise: bool = False
    fields: dict[str, Any] = field(default_factory=dict)


def find_incident(journal: Journal, text: str) -> str:
    """The number that people mean; NotFound or UsageError."""
    return resolve_number(journal.store, "incident", text)


def open_incident(
    journal: Journal, organisation: str, profile: str, new: NewIncident, alerts: Iterable[str] = ()
) -> str:
    """Open an incident under a profile, with its alerts, in one entry; its number.

    Agencies, systems, category, title and detection time that are not given are taken from the alerts.
    """
    law = load_profile(profile)
    check_codes(law, {"category": new.category, "severity": new.severity})
    with journal.transaction():
        records = [alert_record(journal, number) for number in alerts]
        _refuse_linked(journal, [record["number"] for record in records])
        body = _opening(law, new, records)
        number = journal.next_number("SC")
        body |= {"number": number, "profile": profile, "organisation": organisation, "alerts": records}
        flags: dict[str, int] = body["fields"].get("flags", {})
        body["opened"] = journal.clock.now()
        body["class"] = legal_class(law, body["fields"])
        body["gates"] = gates_of(law, new.severity)
        body["deadlines"] = plan(
            law, detected=body["detected"], opened=body["opened"], flags=flags, incident_class=body["class"],
            level=new.level, ended=None, met=(), received=body["fields"].get("received"),
            found_by=body["fields"].get("found_by") or "",
        )  # fmt: skip
        journal.append("incident.opened", number, body)
    return number


def _opening(law: Profile, new: NewIncident, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    title = new.title.strip() or (records[0]["title"] if records else "")
    if not title:
        raise UsageError("an incident needs a title or an alert", hint='atttcli incident open --title "…"')
    times = [r["first_seen"] for r in records if r["first_seen"]]
    category = new.category or next((c for c in (_category(law, r) for r in records) if c), "")
    fields = dict(new.fields)
    if new.level is not None:
        fields["level"] = new.level
    return {
        "title": title,
        "category": category,
        "severity": new.severity,
        "owner": new.owner,
        "agencies": _union(new.agencies, (r["agency"] for r in records)),
        "systems": _union(new.systems, (r["system"] for r in records)),
        "detected": new.detected if new.detected is not None else min(times, default=None),
        "fields": fields,
    } | ({"exercise": True} if new.exercise else {})


def _category(law: Profile, record: Mapping[str, Any]) -> str:
    known = {kind.code for kind in law.incident_types}
    return record["category"] if record["category"] in known else law.type_for_tags(record["tags"])


def _union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(code for code in (*first, *second) if code))


def alert_record(journal: Journal, number: str) -> dict[str, Any]:
    """The alert's full record, so that the decision carries what it rests on; the first sightings with it."""
    row = journal.store.row("SELECT * FROM alert WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no alert {number[:40]!r}", hint="atttcli alert list")
    record = {key: row[key] for key in row.keys() if key not in {"id", "muted"}}  # noqa: SIM118 - a Row, not a dict
    for column in _JSON_COLUMNS:
        record[column] = json.loads(row[column])
    record["sightings"] = [
        dict(sighting)
        for sighting in journal.store.rows(
            "SELECT time, source_sha256, source_path, line, offset FROM sighting WHERE alert = ? ORDER BY time LIMIT ?",
            row["id"],
            SIGHTINGS_CARRIED,
        )
    ]
    return record


def _refuse_linked(journal: Journal, numbers: Iterable[str], to: str = "") -> None:
    for number in numbers:
        other = journal.store.value("SELECT incident FROM incident_alert WHERE alert = ?", number)
        if other and other != to:
            raise Conflict(
                f"{number} belongs to {other} already", hint=f'atttcli incident unlink {other} {number} --reason "…"'
            )


def link_alerts(journal: Journal, number: str, alerts: Iterable[str]) -> tuple[str, ...]:
    """Link alerts by number; those that were not linked before. Agencies and systems of the incident grow with them."""
    with journal.transaction():
        row = running_row(journal, number)
        linked = {r[0] for r in journal.store.rows("SELECT alert FROM incident_alert WHERE incident = ?", number)}
        fresh = [alert for alert in dict.fromkeys(alerts) if alert not in linked]
        _refuse_linked(journal, fresh, number)
        if fresh:
            records = [alert_record(journal, alert) for alert in fresh]
            fields = {
                "agencies": _union(json.loads(row["agencies"]), (r["agency"] for r in records)),
                "systems": _union(json.loads(row["systems"]), (r["system"] for r in records)),
            }
            journal.append("incident.linked", number, {"alerts": records, "fields": fields})
    return tuple(fresh)


def unlink_alerts(journal: Journal, number: str, alerts: Sequence[str], reason: str) -> None:
    """Take alerts out of an incident; they are open again."""
    if not reason.strip():
        raise Refused(
            "unlinking needs a reason", guard="reason", hint=f'atttcli incident unlink {number} … --reason "…"'
        )
    with journal.transaction():
        running_row(journal, number)
        for alert in alerts:
            if not journal.store.value("SELECT 1 FROM incident_alert WHERE incident = ? AND alert = ?", number, alert):
                raise NotFound(f"{alert} is not linked to {number}", hint=f"atttcli incident show {number}")
        journal.append("incident.unlinked", number, {"alerts": list(alerts), "reason": reason})


def set_fields(journal: Journal, number: str, fields: Mapping[str, Any]) -> None:
    """Change facts; class and clocks follow. Codes are checked against the incident's own profile.

    What only statistics ask may still be given when it is closed.
    """
    if not fields:
        raise UsageError("nothing to set", hint="see: atttcli incident set --help")
    with journal.transaction():
        row = incident_row(journal, number)
        if row["status"] == "closed" and fields.keys() <= set(STATISTICAL):
            journal.append("incident.set", number, {"fields": dict(fields)})
            return
        row = running_row(journal, number)
        law = load_profile(row["profile"])
        check_codes(law, fields)
        changed = dict(fields)
        known = json.loads(row["fields"]) | changed
        changed["class"] = legal_class(law, known)
        body: dict[str, Any] = {"fields": changed}
        if "severity" in changed:
            body["gates"] = gates_of(law, changed["severity"])
        body["deadlines"] = replan(law, row, known, changed, met_codes(journal.store, number))
        journal.append("incident.set", number, body)


def add_note(journal: Journal, number: str, text: str) -> None:
    """A line in the timeline."""
    if not text.strip():
        raise UsageError("the note is empty")
    with journal.transaction():
        incident_row(journal, number)
        journal.append("incident.noted", number, {"text": text})


def move(journal: Journal, vault: Vault, number: str, to: str, reason: str = "", **fields: Any) -> None:
    """Move along the lifecycle; Refused by the guard that stands in the way. `fields` are set in the same entry."""
    broken = broken_exhibits(journal, number, vault) if to == "closed" else ()  # long work: others may write meanwhile
    with journal.transaction():
        row = incident_row(journal, number)
        facts = facts_of(journal, row, fields, broken)
        check_move(facts, to, reason)
        known = json.loads(row["fields"]) | fields
        changed = dict(fields)
        if to == "post_incident":
            changed["ended"] = journal.clock.now()
        body: dict[str, Any] = {"from": row["status"], "to": to, "reason": reason, "fields": changed}
        if to == "post_incident":
            law = load_profile(row["profile"])
            body["deadlines"] = replan(law, row, known, changed, met_codes(journal.store, number))
        journal.append("incident.moved", number, body)


def reopen(journal: Journal, number: str, reason: str) -> str:
    """Bring an ended incident back, with a reason; its new status."""
    with journal.transaction():
        row = incident_row(journal, number)
        to = check_reopen(facts_of(journal, row), reason)
        body = {"from": row["status"], "to": to, "reason": reason, "reopened": True, "fields": {"ended": None}}
        journal.append("incident.moved", number, body)
    return to


def meet_deadline(journal: Journal, number: str, deadline: str, at: int, paper: str) -> None:
    """Record that a legal duty was done, with the paper's number; what depends on it is planned anew."""
    with journal.transaction():
        row = incident_row(journal, number)
        if row["status"] == MERGED:
            raise merged_away(number, row["merged_into"])
        if not journal.store.value("SELECT 1 FROM deadline WHERE incident = ? AND code = ?", number, deadline):
            raise NotFound(f"{number} has no deadline {deadline[:20]!r}", hint=f"atttcli incident show {number}")
        met = [*met_codes(journal.store, number), deadline]
        plan_ = replan(load_profile(row["profile"]), row, json.loads(row["fields"]), {}, met)
        journal.append("deadline.met", number, {"deadline": deadline, "at": at, "paper": paper, "deadlines": plan_})


def approve(journal: Journal, number: str, gate: str = "", approver: str = "", paper: str = "") -> str:
    """Let the incident enter a status that its severity guards; the status. Without `gate` the next one that needs it.

    By the approver's own entry, or recorded for `approver` with the number of the paper; Refused otherwise.
    """
    with journal.transaction():
        row = running_row(journal, number)
        facts = facts_of(journal, row)
        gate = gate or next((g for g in facts.gates if g not in facts.approved), FORWARD.get(facts.status, ""))
        check_approval(facts, gate, approver.strip(), paper, journal.actor, _hands(journal, number, facts.owner))
        body = {"gate": gate, "severity": facts.severity, "approver": approver.strip(), "paper": paper.strip()}
        journal.append("incident.approved", number, body)
    return gate


def _hands(journal: Journal, number: str, owner: str) -> frozenset[str]:
    """Who opened, moved or owns the incident."""
    actors = journal.store.rows("SELECT DISTINCT actor FROM transition WHERE incident = ?", number)
    return frozenset((owner, *(row[0] for row in actors)))
