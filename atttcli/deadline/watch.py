"""Everything with a clock, read from rows: deadlines of incidents and of the calendar, tasks, deliveries, contracts, findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from atttcli.clock import DAY, VIETNAM, to_micros
from atttcli.deadline.duties import calendar_duties
from atttcli.deadline.periods import current_periods
from atttcli.deadline.reminders import Watched

if TYPE_CHECKING:
    from atttcli.store.connection import Store

LEAD = "lead"
DUTY = "duty"
CONTRACT_WARNING = 60  # days: a new tender takes that long


def watched(store: Store, profile: str, now: int) -> Iterator[Watched]:
    """Every running clock; without a profile's name those of the calendar are left out."""
    yield from _incidents(store)
    yield from _tasks(store)
    yield from _deliveries(store)
    yield from findings(store)
    yield from contracts(store)
    if profile:
        yield from calendar(store, profile, now)


def calendar(store: Store, profile: str, now: int) -> Iterator[Watched]:
    """Duties of the calendar that our side has, as long as nobody recorded their paper.

    What fell due before the workspace was made is not ours to know, and an organisation that has ended owes nothing more.
    """
    ended = store.value("SELECT json_extract(payload, '$.valid_until') FROM organisation ORDER BY adopted DESC LIMIT 1")
    last = end_of_day(ended) if ended else None
    made = int(store.value("SELECT min(time) FROM journal") or now)
    met = {tuple(row) for row in store.rows("SELECT code, period FROM period_met")}
    for duty in calendar_duties(profile):
        for period in current_periods(duty, now):
            if last is not None and period.due > last:
                continue
            if period.due >= made and (duty.id, period.key) not in met:
                command = f'atttcli deadlines --met {duty.id} --period {period.key} --paper "…"'
                yield Watched(
                    "calendar", duty.id, period.key, f"{duty.name} [{period.key}]", period.due, period.due - 30 * DAY,
                    DUTY, LEAD, command, f"{duty.name_en} [{period.key}]",
                )  # fmt: skip


def _incidents(store: Store) -> Iterator[Watched]:
    for row in store.rows(
        "SELECT d.*, i.opened, i.owner FROM deadline d JOIN incident i ON i.number = d.incident"
        " WHERE d.met IS NULL AND i.status NOT IN ('rejected','merged')"
    ):
        command = f'atttcli incident met {row["incident"]} --deadline {row["code"]} --paper "…"'
        yield Watched(
            "deadline", row["incident"], row["code"], row["name"], row["due"], min(row["opened"], row["due"]),
            row["owner"] or DUTY, LEAD, command, row["name_en"], row["incident"],
        )  # fmt: skip


def _tasks(store: Store) -> Iterator[Watched]:
    for row in store.rows(
        "SELECT t.number, t.incident, t.title, t.title_en, t.due, max(t.created, coalesce(t.not_before, 0)) AS since,"
        " t.assignee, t.lead_name, t.agencies, t.detail FROM task t LEFT JOIN playbook_run r ON r.id = t.run"
        " WHERE t.state = 'open' AND t.due IS NOT NULL AND t.kind != 'child' AND coalesce(r.state, '') != 'paused'"
    ):
        who = ", ".join(json.loads(row["agencies"])) or row["assignee"] or row["lead_name"] or DUTY
        detail = json.loads(row["detail"])
        yield Watched(
            "task", row["number"], "due", row["title"], row["due"], row["since"], who, detail.get("escalate_to") or LEAD,
            f"atttcli task show {row['number']}", row["title_en"], row["incident"], detail.get("remind"), detail.get("escalate"),
        )  # fmt: skip


def _deliveries(store: Store) -> Iterator[Watched]:
    for row in store.rows(
        "SELECT d.advisory, d.agency, d.due, d.sent, d.updated, d.incident, a.title FROM delivery d"
        " JOIN advisory a ON a.number = d.advisory WHERE d.state IN ('sent','acknowledged','fixing') AND d.due NOT NULL"
    ):
        since = row["sent"] or row["updated"]
        yield Watched(
            "delivery", row["advisory"], row["agency"], f"{row['agency']}: {row['title']}", row["due"], since,
            row["agency"], LEAD, f"atttcli advisory board {row['advisory']}", "", row["incident"],
        )  # fmt: skip


def findings(store: Store) -> Iterator[Watched]:
    """Findings of inspections that have a due day."""
    for row in store.rows(
        "SELECT f.inspection, f.place, f.text, f.due, i.system, i.held, i.agency FROM inspection_finding f"
        " JOIN inspection i ON i.number = f.inspection"
        " WHERE f.state = 'open' AND f.due != '' AND i.withdrawn IS NULL"
    ):
        yield Watched(
            "finding", row["inspection"], str(row["place"]), f"{row['system']}: {row['text']}", end_of_day(row["due"]),
            end_of_day(row["held"]), row["agency"] or DUTY, LEAD,
            f'atttcli inspection close {row["inspection"]} {row["place"]} --note "…"',
        )  # fmt: skip


def contracts(store: Store) -> Iterator[Watched]:
    """Contracts that run, by their last day."""
    for row in store.rows("SELECT number, title, provider, valid_until FROM contract WHERE ended = ''"):
        due = end_of_day(row["valid_until"])
        yield Watched(
            "contract", row["number"], "end", f"{row['title']} ({row['provider']})", due, due - 4 * CONTRACT_WARNING * DAY,
            DUTY, LEAD, f'atttcli contract end {row["number"]} --on {row["valid_until"]} --reason "…"',
        )  # fmt: skip


def end_of_day(text: str) -> int:
    """The last microsecond of an ISO day in Vietnam."""
    day = date.fromisoformat(text) + timedelta(days=1)
    return to_micros(datetime.combine(day, time(), VIETNAM)) - 1
