"""What is known of an incident, read from its rows: what the guards ask, and the clocks that follow from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from atttcli.errors import NotFound, Refused, UsageError
from atttcli.evidence.vault import Vault, verify
from atttcli.incident.clocks import plan
from atttcli.incident.lifecycle import merged_away
from atttcli.journal.journal import Journal
from atttcli.model.incident import ENDED, MERGED, Facts
from atttcli.profile import Profile, classify, load_profile
from atttcli.store.connection import Row, Store

# A letter is done when the agency's work was verified, or it need not be.
_OPEN_DELIVERIES = (
    "SELECT advisory || ' ' || agency FROM delivery WHERE incident = ?"
    " AND (state IN ('queued','sent','acknowledged','fixing','fixed')"
    " OR (state = 'not_affected' AND json_extract(answer, '$.channel') = 'email')) ORDER BY advisory, agency"
)


def incident_row(journal: Journal, number: str) -> Row:
    """The projected incident, or NotFound."""
    row = journal.store.row("SELECT * FROM incident WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no incident {number[:40]!r}", hint="atttcli incident list")
    return row


def running_row(journal: Journal, number: str) -> Row:
    """The incident, Refused when it has ended or was merged into another."""
    row = incident_row(journal, number)
    if row["status"] == MERGED:
        raise merged_away(number, row["merged_into"])
    if row["status"] in ENDED:
        raise Refused(
            f"{number} is {row['status']}", guard="ended", hint=f'atttcli incident reopen {number} --reason "…"'
        )
    return row


def broken_exhibits(journal: Journal, number: str, vault: Vault) -> tuple[str, ...]:
    """Exhibits of an incident that are no longer what was collected. Reads every byte: call it outside of a transaction."""
    return tuple(one.number for one in verify(journal.store, vault, number) if one.problem)


def facts_of(
    journal: Journal, row: Row, changes: Mapping[str, Any] | None = None, broken: tuple[str, ...] = ()
) -> Facts:
    """What the guards ask; `broken`: exhibits that were re-hashed and do not hold."""
    store, number, given = journal.store, row["number"], changes or {}
    fields = json.loads(row["fields"])
    tasks = store.rows(
        "SELECT number FROM task WHERE incident = ? AND state = 'open' AND required ORDER BY number", number
    )
    return Facts(
        number=number,
        status=row["status"],
        category=row["category"],
        severity=row["severity"],
        owner=row["owner"],
        resolution=given.get("resolution") or row["resolution"],
        cause=given.get("cause") or row["cause"],
        cause_reason=given.get("cause_reason") or fields.get("cause_reason", ""),
        open_tasks=tuple(task[0] for task in tasks),
        broken_evidence=broken,
        open_deliveries=tuple(delivery[0] for delivery in store.rows(_OPEN_DELIVERIES, number)),
        gates=tuple(json.loads(row["gates"])),
        approved=approved_gates(store, number),
        proposed="" if row["severity"] else _proposed(row, fields),
        into=row["merged_into"],
    )


def _proposed(row: Row, fields: Mapping[str, Any]) -> str:
    subjects, minutes = fields.get("personal_data_subjects", 0), fields.get("outage_minutes", 0)
    return propose_severity(load_profile(row["profile"]), fields.get("flags", {}), subjects, minutes / 60)


def approved_gates(store: Store, number: str) -> frozenset[str]:
    """Statuses that an approval lets the incident enter; what was approved before it was reopened counts no more."""
    rows = store.rows(
        "SELECT gate FROM approval WHERE incident = ?1 AND seq > (SELECT coalesce(max(seq), 0) FROM transition"
        " WHERE incident = ?1 AND origin IN ('closed','rejected') AND target IN ('analysis','triage'))",
        number,
    )
    return frozenset(row[0] for row in rows)


def gates_of(law: Profile, severity: str) -> list[str]:
    """Statuses that need an approval at this severity."""
    return next((list(step.approval) for step in law.severities if step.code == severity), [])


def propose_severity(law: Profile, flags: Iterable[str], subjects: int = 0, outage_hours: float = 0) -> str:
    """Code of the worst severity that a fact or a threshold of the profile calls for; empty when none does."""
    facts = frozenset(flags)
    for step in law.severities:
        if facts & set(step.any_flag):
            return step.code
        if (step.subjects and subjects >= step.subjects) or (step.outage_hours and outage_hours >= step.outage_hours):
            return step.code
    return ""


def worse_severity(row: Row) -> str:
    """The severity that the facts call for, when it is worse than the one that was set; else empty."""
    proposed = _proposed(row, json.loads(row["fields"]))
    order = [step.code for step in load_profile(row["profile"]).severities]
    if not proposed or not row["severity"] or order.index(proposed) >= order.index(row["severity"]):
        return ""
    return proposed


def legal_class(law: Profile, known: Mapping[str, Any]) -> str:
    """The legal class: as the coordinator decided it, else as the decision table gives it for these fields."""
    if known.get("official_class"):
        return str(known["official_class"])
    flags = known.get("flags", {})
    return classify(
        law, known.get("level"), known.get("national_list") in (True, "yes"), flags, "beyond_capacity" not in flags
    )


def met_codes(store: Store, number: str) -> list[str]:
    """Deadlines that were kept."""
    return [row[0] for row in store.rows("SELECT code FROM deadline WHERE incident = ? AND met IS NOT NULL", number)]


def replan(
    law: Profile, row: Row | Mapping[str, Any], known: Mapping[str, Any], changed: Mapping[str, Any], met: Iterable[str]
) -> list[dict[str, Any]]:
    """The clocks after a change. `known`: the fields with the change in them; `met`: codes of deadlines kept."""
    return plan(
        law,
        detected=changed.get("detected", row["detected"]),
        opened=row["opened"],
        flags=known.get("flags", {}),
        incident_class=changed.get("class", row["class"]),
        level=known.get("level"),
        ended=changed.get("ended", known.get("ended")),
        met=list(met),
        received=known.get("received"),
        found_by=known.get("found_by") or "",
    )


def check_codes(law: Profile, fields: Mapping[str, Any]) -> None:
    """UsageError unless category, severity and classes are codes of the profile."""
    known = {
        "category": [kind.code for kind in law.incident_types],
        "severity": [step.code for step in law.severities],
        "preliminary_class": [one.code for one in law.classes],
        "official_class": [one.code for one in law.classes],
    }
    for name, codes in known.items():
        value = fields.get(name)
        if value and value not in codes:
            raise UsageError(
                f"profile {law.name} has no {name} {str(value)[:40]!r}", hint="one of: " + ", ".join(codes)
            )
