"""How long it took, counted from the transitions of incidents. Exercises, rejected and merged incidents are not counted.

MTTD detected - occurred (the stated time, else the first sighting of its alerts); MTTA first move into triage - reported;
MTTC left containment for good - detected; MTTR entered post_incident for good - detected. Where an incident went back to
contain or analyse again, the earlier end does not count. Without a time of detection the time of the report stands in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import UsageError
from atttcli.store.connection import Row, Store
from atttcli.store.workspace import SETTINGS, load_workspace

MEASURES = ("mttd", "mtta", "mttc", "mttr")
GROUPINGS = ("agency", "type", "month")
_BACK = frozenset({"triage", "analysis", "containment"})


@dataclass(frozen=True, slots=True)
class Times:
    """One incident's times in microseconds; None where it has not come to that, or the moments are not known."""

    number: str
    agencies: tuple[str, ...]
    category: str
    month: str
    mttd: int | None = None
    mtta: int | None = None
    mttc: int | None = None
    mttr: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Over so many incidents; microseconds. `p90` by nearest rank."""

    count: int
    median: int | None
    p90: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """One group's measures."""

    group: str
    incidents: int
    measures: dict[str, Measure]


def is_drill(root: Path) -> bool:
    """True for the workspace of a drill: it says so, or stands in a folder `drills`."""
    if root.resolve().parent.name == "drills":
        return True
    return (root / SETTINGS).is_file() and bool(load_workspace(root).exercise)


def times(store: Store, start: int | None = None, end: int | None = None) -> Iterator[Times]:
    """The times of every incident that counts, reported from `start` on and before `end`."""
    moves: dict[str, list[Row]] = {}
    for move in store.rows("SELECT incident, at, origin, target FROM transition ORDER BY incident, seq"):
        moves.setdefault(move["incident"], []).append(move)
    seen = {
        link[0]: link[1]
        for link in store.rows(
            "SELECT incident, min(json_extract(record, '$.first_seen')) FROM incident_alert GROUP BY incident"
        )
    }
    rows = store.rows(
        "SELECT number, agencies, category, detected, opened, fields FROM incident WHERE exercise = 0"
        " AND status NOT IN ('rejected','merged') AND opened >= ? AND opened < ? ORDER BY number",
        start or 0,
        end if end is not None else 1 << 62,
    )
    for row in rows:
        yield _measure(row, moves.get(row["number"], []), seen.get(row["number"]))


def _measure(row: Row, moves: Iterable[Row], first_seen: int | None) -> Times:
    acknowledged, contained, recovered = _moments(moves)
    begin = row["detected"] if row["detected"] is not None else row["opened"]
    occurred = json.loads(row["fields"]).get("occurred") or first_seen
    return Times(
        number=row["number"],
        agencies=tuple(json.loads(row["agencies"])),
        category=row["category"],
        month=from_micros(row["opened"], VIETNAM).strftime("%Y-%m"),
        mttd=_span(occurred, row["detected"]),
        mtta=_span(row["opened"], acknowledged),
        mttc=_span(begin, contained),
        mttr=_span(begin, recovered),
    )


def _moments(moves: Iterable[Row]) -> tuple[int | None, int | None, int | None]:
    """When it was first taken up, contained for good, recovered for good."""
    acknowledged = contained = recovered = None
    for move in moves:
        target = move["target"]
        if "merged" in (move["origin"], target):
            continue
        if target == "triage" and acknowledged is None:
            acknowledged = move["at"]
        if target in _BACK:
            contained = recovered = None
        elif target == "eradication" and move["origin"] == "containment":
            contained = move["at"]
        elif target == "post_incident":
            recovered = move["at"]
        elif target in {"eradication", "recovery"}:
            recovered = None
    return acknowledged, contained, recovered


def _span(begin: int | None, end: int | None) -> int | None:
    return None if begin is None or end is None or end < begin else end - begin


def summarise(measured: Iterable[Times], by: str = "") -> list[Summary]:
    """Median and p90 of each measure; in all, or by agency (an incident counts with each of its own), type or month."""
    if by and by not in GROUPINGS:
        raise UsageError(f"metrics are never by {by[:20]!r}", hint="one of: " + ", ".join(GROUPINGS))
    groups: dict[str, list[Times]] = {}
    for one in measured:
        for group in _groups(one, by):
            groups.setdefault(group, []).append(one)
    return [
        Summary(group, len(ones), {name: _of([getattr(one, name) for one in ones]) for name in MEASURES})
        for group, ones in sorted(groups.items())
    ]


def _groups(one: Times, by: str) -> tuple[str, ...]:
    if by == "agency":
        return one.agencies or ("",)
    if by == "type":
        return (one.category,)
    return (one.month,) if by == "month" else ("all",)


def _of(values: Iterable[int | None]) -> Measure:
    known = sorted(value for value in values if value is not None)
    if not known:
        return Measure(0, None, None)
    half = len(known) // 2
    median = known[half] if len(known) % 2 else (known[half - 1] + known[half]) // 2
    return Measure(len(known), median, known[-(-9 * len(known) // 10) - 1])
