"""The hand-over of a shift: what the next officer must know, drawn from rows, with what the leaving one adds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.clock import DAY
from atttcli.deadline.watch import watched
from atttcli.errors import Conflict, NotFound, UsageError

if TYPE_CHECKING:
    from atttcli.deadline.reminders import Watched
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store


@dataclass(frozen=True, slots=True)
class Open:
    """An incident that goes on: number, title, status, severity, owner."""

    number: str
    title: str
    status: str
    severity: str
    owner: str


@dataclass(frozen=True, slots=True)
class Handover:
    """What is handed over. `since`: when the shift began (the last hand-over); `counts`: entries of the shift by verb."""

    leaving: str
    coming: str
    since: int | None
    at: int
    incidents: tuple[Open, ...]
    due: tuple[Watched, ...]
    untriaged: int
    counts: dict[str, int]
    note: str


def draw_up(store: Store, profile: str, *, leaving: str, coming: str, note: str, now: int) -> Handover:
    """The state of things at this moment, with every clock that ends within a day or has ended."""
    since = store.value("SELECT max(at) FROM shift")
    running = store.rows(
        "SELECT number, title, status, severity, owner FROM incident"
        " WHERE status NOT IN ('closed','rejected','merged') ORDER BY severity = '', severity, number"
    )
    entries = store.rows(
        "SELECT verb, count(*) FROM journal WHERE time > ? AND verb NOT LIKE 'tick.%' GROUP BY verb ORDER BY verb",
        since or 0,
    )
    soon = sorted((one for one in watched(store, profile, now) if one.due <= now + DAY), key=lambda one: one.due)
    return Handover(
        leaving=leaving,
        coming=coming,
        since=since,
        at=now,
        incidents=tuple(Open(*row) for row in running),
        due=tuple(soon),
        untriaged=store.value(
            "SELECT count(*) FROM alert a LEFT JOIN alert_state s ON s.alert = a.number"
            " WHERE a.muted = 0 AND (s.state IS NULL OR s.state = 'open')"
        ),
        counts={row[0]: row[1] for row in entries},
        note=note,
    )


def hand_over(journal: Journal, made: Handover) -> str:
    """Record it; its number (BG-…). The paper is made from the same value."""
    if not made.coming.strip():
        raise UsageError("a shift is handed to somebody", hint="atttcli shift handover --to NAME")
    with journal.transaction():
        number = journal.next_number("BG")
        journal.append("shift.handed_over", number, {"number": number, **as_payload(made)})
    return number


def take(journal: Journal, number: str = "") -> str:
    """The coming officer has read it; Conflict when it was taken already, NotFound without one."""
    with journal.transaction():
        row = journal.store.row(
            "SELECT number, taken FROM shift WHERE ?1 = '' OR number = ?1 ORDER BY at DESC LIMIT 1", number
        )
        if row is None:
            raise NotFound("no shift was handed over", hint="atttcli shift handover --to NAME")
        if row["taken"] is not None:
            raise Conflict(f"{row['number']} was taken already", hint="atttcli shift show")
        journal.append("shift.taken", row["number"])
        return str(row["number"])


def as_payload(made: Handover) -> dict[str, Any]:
    """As the journal keeps it: what stood open, as text, so that it stays readable when things have changed."""
    return {
        "leaving": made.leaving,
        "coming": made.coming,
        "since": made.since,
        "note": made.note,
        "untriaged": made.untriaged,
        "counts": made.counts,
        "detail": {
            "incidents": [
                {"number": one.number, "title": one.title, "status": one.status, "severity": one.severity, "owner": one.owner}
                for one in made.incidents
            ],
            "due": [
                {
                    "kind": one.kind, "object": one.object, "code": one.code, "title": one.title, "title_en": one.title_en,
                    "due": one.due, "who": one.who, "command": one.command,
                }
                for one in made.due
            ],
        },
    }  # fmt: skip


def last(store: Store, number: str = "") -> dict[str, Any]:
    """A hand-over as it was recorded, or the last one; NotFound without one."""
    row = store.row("SELECT * FROM shift WHERE ?1 = '' OR number = ?1 ORDER BY at DESC LIMIT 1", number)
    if row is None:
        raise NotFound("no shift was handed over", hint="atttcli shift handover --to NAME")
    return {**dict(row), "body": json.loads(row["body"])}
