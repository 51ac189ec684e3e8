"""Agencies of which nothing was heard in a period: no answer, no word about an incident, no log, no result of a scan.

Asked is who owed an answer at some moment of the period. Only who was asked can be called silent; of the others it is only
said how many there are. Codes are those of today's register: who was merged away is its successor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atttcli.advisory.targets import active_agencies
from atttcli.journal.journal import undone_seqs

if TYPE_CHECKING:
    from atttcli.inventory import Inventory
    from atttcli.model.inventory import System
    from atttcli.reports.papers.desk import Desk
    from atttcli.reports.papers.period import Period
    from atttcli.store.connection import Store

_REAL = "incident NOT IN (SELECT number FROM incident WHERE exercise != 0)"
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Owing:
    """One agency that was asked and not heard of: letters it owes, of these past their term, when it was last heard of."""

    agency: str
    letters: int
    late: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Silence:
    """`asked`: who owed an answer; `silent`: of these, who was not heard of, worst first; `quiet`: not asked, not heard of."""

    agencies: tuple[str, ...]
    asked: tuple[str, ...]
    silent: tuple[Owing, ...]
    quiet: tuple[str, ...]


def silence(desk: Desk, period: Period) -> Silence:
    """Who was silent in the period, as the workspace knows today."""
    store, inventory = desk.store, desk.inventory
    start, end = period.start, min(period.end, desk.as_of + 1)
    heard = {inventory.current(code, period.span[1]) for code in heard_of(store, inventory, start, end)}
    letters: dict[str, list[int]] = {}
    rows = store.rows(
        "SELECT agency, due FROM delivery WHERE sent < ?1 AND state NOT IN ('planned','queued','withdrawn','exempt')"
        f" AND coalesce(answered, acknowledged, {_NEVER}) >= ?2 AND {_REAL}",
        end,
        start,
    )
    for row in rows:
        code = inventory.current(row["agency"], period.span[1])
        letters.setdefault(code, []).append(_NEVER if row["due"] is None else row["due"])
    lasts = _last_heard(store, inventory, end, period.span[1])
    silent = [
        Owing(code, len(dues), sum(due < end for due in dues), lasts.get(code))
        for code, dues in letters.items()
        if code not in heard
    ]
    places = {one.code: at for at, one in enumerate(inventory.organisation.agencies)}
    silent.sort(key=lambda one: (-one.late, -one.letters, places.get(one.agency, _NEVER)))
    known = active_agencies(inventory, period.span[1])
    return Silence(
        agencies=tuple(known),
        asked=tuple(sorted(letters)),
        silent=tuple(silent),
        quiet=tuple(code for code in known if code not in letters and code not in heard),
    )


def heard_of(store: Store, inventory: Inventory, start: int, end: int) -> Iterator[str]:
    """Codes of agencies of which something came in: an answer, an incident, a bundle, a log of a system, a scan of a machine."""
    yield from _answers(store, start, end)
    for row in store.rows(
        "SELECT agencies FROM incident WHERE exercise = 0 AND opened >= ? AND opened < ?", start, end
    ):
        yield from json.loads(row["agencies"])
    for row in store.rows(
        "SELECT path, log_source, reader FROM source_file WHERE first_seen >= ? AND first_seen < ?", start, end
    ):
        code = inventory.log_sources.system_of(row["path"], row["log_source"], row["reader"])
        yield from _holders(inventory, inventory.system(code) if code else None)
    sent_in = (
        "SELECT agency FROM bundle WHERE imported >= ?1 AND imported < ?2"
        " UNION SELECT agency FROM fleet_scan WHERE finished >= ?1 AND finished < ?2"
    )
    for row in store.rows(sent_in, start, end):
        yield from (row["agency"],) if row["agency"] else ()
    for row in store.rows("SELECT DISTINCT host FROM scan_run WHERE started >= ? AND started < ?", start, end):
        yield from _holders(inventory, inventory.system_of(row["host"]))


def _answers(store: Store, start: int, end: int) -> Iterator[str]:
    """Who answered or confirmed in the span, by the journal: the row of a letter's copy knows its last answer only."""
    undone = undone_seqs(store.connection)
    rows = store.rows(
        "SELECT j.seq, j.time, p.payload FROM journal j JOIN journal_payload p ON p.seq = j.seq"
        " WHERE j.verb IN ('delivery.answered','delivery.acknowledged') AND p.payload IS NOT NULL AND j.time >= ?",
        start,
    )
    for row in rows:
        if row["seq"] in undone:
            continue
        body = json.loads(row["payload"])
        for code in body.get("agencies", ()):
            told = next((one.get("at") for one in body.get("answers", ()) if one.get("agency") == code), body.get("at"))
            if start <= (told or row["time"]) < end:
                yield str(code)


def _holders(inventory: Inventory, system: System | None) -> tuple[str, ...]:
    """Agencies that a system is run by or belongs to."""
    if system is None:
        return ()
    return tuple(code for code in (system.operator, system.owner) if inventory.agency(code) is not None)


def _last_heard(store: Store, inventory: Inventory, end: int, day: str) -> dict[str, int]:
    """When each agency last answered or confirmed a letter, before `end`."""
    found: dict[str, int] = {}
    for row in store.rows(
        "SELECT agency, max(coalesce(answered, acknowledged)) AS at FROM delivery WHERE coalesce(answered, acknowledged) < ?"
        " GROUP BY agency",
        end,
    ):
        code = inventory.current(row["agency"], day)
        found[code] = max(row["at"], found.get(code, 0))
    return found
