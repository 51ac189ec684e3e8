"""`tick`: what fell due since the last one is recorded, once. Everybody else only computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atttcli.deadline.reminders import Reminder, fallen_due
from atttcli.deadline.watch import watched

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store


def pending(store: Store, profile: str, now: int) -> list[Reminder]:
    """Reminders that nobody was given yet, the oldest first. Writes nothing."""
    told = {tuple(row) for row in store.rows("SELECT object, code, stage, due FROM reminder")}
    return sorted(fallen_due(watched(store, profile, now), now, told), key=lambda one: (one.at, one.watched.object))


def tick(journal: Journal, profile: str) -> list[Reminder]:
    """Record what fell due, one entry each, in one transaction; running it twice, or at once, records nothing twice."""
    with journal.transaction():
        found = pending(journal.store, profile, journal.clock.now())
        for one in found:
            body = {
                "incident": one.watched.incident, "kind": one.watched.kind, "code": one.watched.code, "stage": one.stage,
                "due": one.watched.due, "to": one.to, "title": one.watched.title,
            }  # fmt: skip
            journal.append("tick.reminded", one.watched.object, body)
    return found
