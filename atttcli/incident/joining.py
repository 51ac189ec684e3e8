"""Merging two incidents into one, parting them again exactly, and splitting one in two.

The entry of a merge keeps what hung on the incident that goes: names of alerts, exhibits, tasks, runs and advisories, its
clocks, and the survivor's facts that it changed. Parting gives all of that back; what came later stays with the survivor
unless it is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from atttcli.errors import NotFound, Refused, UsageError
from atttcli.incident.facts import incident_row, legal_class, met_codes, replan, running_row
from atttcli.incident.lifecycle import merged_away
from atttcli.journal.journal import Journal, undone_seqs
from atttcli.model.incident import MERGED
from atttcli.profile import Profile, load_profile
from atttcli.store.connection import Row, Store
from atttcli.store.projected.joining import HANGING
from atttcli.store.projection import Entry

# Fields of which the survivor takes the other's values too.
_LISTS = ("machines", "accounts", "attack", "public_addresses", "domains", "supporters", "foreign_supporters")
_EARLIEST = ("occurred",)


@dataclass(frozen=True, slots=True)
class Part:
    """What is split off or given back by name: numbers of alerts, tasks, exhibits; codes of agencies and systems."""

    alerts: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


def hanging(store: Store, number: str) -> dict[str, list[str]]:
    """What hangs on an incident, by name."""
    found = {}
    for word, (table, column) in HANGING.items():
        rows = store.rows(f"SELECT {column} FROM {table} WHERE incident = ? ORDER BY 1", number)
        if rows:
            found[word] = [str(row[0]) for row in rows]
    return found


def merge(journal: Journal, number: str, into: str, reason: str) -> None:
    """Merge incident `number` into `into`: everything that hangs on it follows. Refused without a reason."""
    again = f'atttcli incident merge {number} {into} --reason "…"'
    if number == into:
        raise UsageError("an incident cannot be merged into itself", hint=again)
    if not reason.strip():
        raise Refused("merging needs a reason", guard="reason", hint=again)
    with journal.transaction():
        row, target = incident_row(journal, number), running_row(journal, into)
        if row["status"] == MERGED:
            raise merged_away(number, row["merged_into"])
        if row["exercise"] != target["exercise"]:
            raise Refused(
                "an exercise and a real incident cannot be merged", guard="exercise", hint="atttcli incident list"
            )
        law = load_profile(target["profile"])
        clocks = [dict(clock) for clock in journal.store.rows("SELECT * FROM deadline WHERE incident = ?", number)]
        kept = set(met_codes(journal.store, into))
        given = [clock for clock in clocks if clock["met"] is not None and clock["code"] not in kept]
        fields, replaced = _taken_over(law, row, target)
        body = {
            "into": into,
            "reason": reason,
            "moved": hanging(journal.store, number),
            "before": {"status": row["status"], "closed": row["closed"]},
            "clocks": clocks,
            "given": given,
            "fields": fields,
            "replaced": replaced,
            "deadlines": _plan(law, target, fields, kept | {clock["code"] for clock in given}),
        }
        journal.append("incident.merged", number, body)


def _taken_over(law: Profile, row: Row, target: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of the survivor that change, with their new values and the old ones."""
    mine, other = json.loads(target["fields"]), json.loads(row["fields"])
    new: dict[str, Any] = {}
    for name in ("agencies", "systems"):
        new[name] = _union(json.loads(target[name]), json.loads(row[name]))
    old: dict[str, Any] = {name: json.loads(target[name]) for name in new}
    for name in _LISTS:
        new[name], old[name] = _union(mine.get(name, []), other.get(name, [])) or None, mine.get(name)
    known = {flag.code for flag in law.flags}
    flags = {code: at for code, at in other.get("flags", {}).items() if code in known} | mine.get("flags", {})
    new["flags"], old["flags"] = flags or None, mine.get("flags")
    levels = [level for level in (mine.get("level"), other.get("level")) if level]
    new["level"], old["level"] = max(levels, default=None), mine.get("level")
    new["detected"], old["detected"] = _earliest(target["detected"], row["detected"]), target["detected"]
    for name in _EARLIEST:
        new[name], old[name] = _earliest(mine.get(name), other.get(name)), mine.get(name)
    changed = {name: value for name, value in new.items() if value != old[name]}
    if changed:
        after = legal_class(law, mine | {name: value for name, value in changed.items() if value is not None})
        if after != target["class"]:
            changed["class"], old["class"] = after, target["class"]
    return changed, {name: old[name] for name in changed}


def _plan(law: Profile, row: Row, changed: Mapping[str, Any], met: Iterable[str]) -> list[dict[str, Any]]:
    fields = json.loads(row["fields"]) | dict(changed)
    known = {name: value for name, value in fields.items() if value is not None}
    return replan(law, row, known, changed, met)


def unmerge(journal: Journal, number: str, reason: str, also: Part | None = None) -> str:
    """Part an incident from the one it was merged into; the survivor's number. What came later stays there unless named."""
    if not reason.strip():
        raise Refused(
            "unmerging needs a reason", guard="reason", hint=f'atttcli incident unmerge {number} --reason "…"'
        )
    with journal.transaction():
        row = incident_row(journal, number)
        if row["status"] != MERGED:
            raise Refused(
                f"{number} is not merged but {row['status']}", guard="edge", hint=f"atttcli incident show {number}"
            )
        into = str(row["merged_into"])
        target = running_row(journal, into)
        merged = _merge_entry(journal, number)
        body = merged.payload
        fields = _given_back(target, body["fields"], body["replaced"])
        taken = _still_as_given(journal.store, into, body["given"])
        met = set(met_codes(journal.store, into)) - set(taken)
        journal.append(
            "incident.unmerged",
            number,
            {
                "into": into,
                "reason": reason,
                "merge": merged.seq,
                "before": body["before"],
                "moved": _still_there(journal.store, into, body["moved"], also or Part()),
                "clocks": body["clocks"],
                "taken": taken,
                "fields": fields,
                "deadlines": _plan(load_profile(target["profile"]), target, fields, met),
            },
        )
    return into


def _merge_entry(journal: Journal, number: str) -> Entry:
    undone = undone_seqs(journal.store.connection)
    entries = [e for e in journal.entries(number, ("incident.merged",)) if e.seq not in undone]
    return entries[-1]


def _given_back(target: Row, merged: Mapping[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    """The survivor's fields without what the merge brought; what people changed since stays."""
    fields = json.loads(target["fields"])
    back: dict[str, Any] = {}
    for name, given in merged.items():
        if name in ("agencies", "systems"):
            now = json.loads(target[name])
        else:
            now = target[name] if name in ("detected", "class") else fields.get(name)
        before = replaced.get(name)
        if now == given:
            back[name] = before
        elif isinstance(now, list) and isinstance(given, list):
            brought = set(given) - set(before or ())
            back[name] = [item for item in now if item not in brought]
        elif isinstance(now, dict) and isinstance(given, dict):
            back[name] = {
                code: at for code, at in now.items() if code in (before or {}) or code not in given
            }  # fmt: skip
    return back


def _still_as_given(store: Store, into: str, given: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        clock["code"]
        for clock in given
        if store.value(
            "SELECT 1 FROM deadline WHERE incident = ? AND code = ? AND met = ? AND paper = ?",
            into, clock["code"], clock["met"], clock["paper"],
        )
    ]  # fmt: skip


def _still_there(store: Store, into: str, moved: Mapping[str, list[str]], also: Part) -> dict[str, list[str]]:
    """What goes back: what followed and still hangs on the survivor, and what is named."""
    now = hanging(store, into)
    named = _named(store, into, also, now)
    found = {}
    for word, keys in now.items():
        wanted = set(moved.get(word, ())) | set(named.get(word, ()))
        back = [key for key in keys if key in wanted]
        if back:
            found[word] = back
    return found


def _named(store: Store, number: str, part: Part, now: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Numbers that people named, each of which must hang on the incident; tasks of a run stay with their run."""
    named = {"alerts": part.alerts, "tasks": part.tasks, "evidence": part.evidence}
    for word, keys in named.items():
        for key in keys:
            if key not in now.get(word, ()):
                raise NotFound(f"{key} does not belong to {number}", hint=f"atttcli incident show {number}")
    for task in part.tasks:
        run = store.value("SELECT run FROM task WHERE number = ?", task)
        if run:
            raise Refused(
                f"{task} belongs to a playbook run and stays with it",
                guard="run",
                hint=f'atttcli playbook run cancel {run[:8]} --reason "…"',
            )
    return {word: list(keys) for word, keys in named.items()}


def split(journal: Journal, number: str, title: str, part: Part, reason: str) -> str:
    """Split alerts, agencies, systems, tasks and exhibits off into a new incident; its number.

    Alerts of a named agency or system go with it. Category, severity and owner are taken over; it begins as reported.
    """
    again = f'atttcli incident split {number} --title "…" --alert CB-… --reason "…"'
    if not reason.strip():
        raise Refused("splitting needs a reason", guard="reason", hint=again)
    if not title.strip():
        raise UsageError("the new incident needs a title", hint=again)
    with journal.transaction():
        row = running_row(journal, number)
        moved, places = _parted(journal.store, row, part)
        if not moved and not any(places.values()):
            raise UsageError("nothing is split off", hint=again)
        law = load_profile(row["profile"])
        new = journal.next_number("SC")
        remain = {name: [c for c in json.loads(row[name]) if c not in places[name]] for name in places}
        detected = _first_seen(journal.store, moved.get("alerts", ())) or row["detected"]
        fields = {name: value for name, value in json.loads(row["fields"]).items() if name in ("level", "flags", "tlp")}
        body: dict[str, Any] = {
            name: row[name]
            for name in ("category", "severity", "class", "owner", "profile", "organisation", "exercise")
        }
        body |= {"number": new, "source": number, "title": title.strip(), "reason": reason, "moved": moved}
        body |= {
            "gates": json.loads(row["gates"]),
            "fields": fields,
            "detected": detected,
            **_both(row, moved, places, journal.store),
        }
        body["opened"] = journal.clock.now()
        start = dict(row) | {"opened": body["opened"], "detected": detected}
        body["deadlines"] = replan(law, start, fields, {"ended": None}, ())
        body["remain"] = {"fields": remain}
        journal.append("incident.split", new, body)
    return new


def _parted(store: Store, row: Row, part: Part) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    number = row["number"]
    now = hanging(store, number)
    moved = _named(store, number, part, now)
    places = {"agencies": list(part.agencies), "systems": list(part.systems)}
    links = store.rows(
        "SELECT alert, json_extract(record, '$.agency') AS agency, json_extract(record, '$.system') AS system"
        " FROM incident_alert WHERE incident = ? ORDER BY alert",
        number,
    )
    for word, kind in (("agencies", "agency"), ("systems", "system")):
        held = {*json.loads(row[word]), *(link[kind] for link in links)}
        for code in places[word]:
            if code not in held:
                raise NotFound(f"{number} has no {kind} {code[:40]!r}", hint=f"atttcli incident show {number}")
    of_places = [link["alert"] for link in links if link["agency"] in part.agencies or link["system"] in part.systems]
    moved["alerts"] = list(dict.fromkeys((*moved["alerts"], *of_places)))
    return {word: keys for word, keys in moved.items() if keys}, places


def _both(
    row: Row, moved: Mapping[str, list[str]], places: Mapping[str, list[str]], store: Store
) -> dict[str, list[str]]:
    """Agencies and systems of the new incident: those named, and those of its alerts."""
    marks = ",".join("?" * len(moved.get("alerts", ())))
    links = store.rows(
        "SELECT json_extract(record, '$.agency') AS agency, json_extract(record, '$.system') AS system"
        f" FROM incident_alert WHERE incident = ? AND alert IN ({marks}) ORDER BY alert",
        row["number"], *moved.get("alerts", ()),
    )  # fmt: skip
    return {
        "agencies": _union(places["agencies"], (link["agency"] for link in links)),
        "systems": _union(places["systems"], (link["system"] for link in links)),
    }


def _first_seen(store: Store, alerts: Iterable[str]) -> int | None:
    times = [
        store.value("SELECT json_extract(record, '$.first_seen') FROM incident_alert WHERE alert = ?", alert)
        for alert in alerts
    ]
    return min((at for at in times if at), default=None)


def _union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(item for item in (*first, *second) if item))


def _earliest(*times: int | None) -> int | None:
    return min((at for at in times if at is not None), default=None)
