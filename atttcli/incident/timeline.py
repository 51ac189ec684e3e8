"""What happened to one incident, in order: decisions (entries of the journal) and facts (what its alerts and exhibits saw)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from atttcli.journal.journal import Journal, read_entries, undone_seqs
from atttcli.store.connection import Store
from atttcli.store.projection import Entry

_JOINING = ("incident.merged", "incident.unmerged", "incident.split")
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that machines saw. `kind`: occurred, detected, first_seen, last_seen; `count`: sightings of the alert."""

    at: int
    kind: str
    object: str
    text: str
    count: int = 0


def timeline(journal: Journal, number: str) -> Iterator[Entry]:
    """The entries of an incident in the journal's order, with those of incidents merged into it; not what was taken back."""
    store = journal.store
    objects = sorted(_objects(store, number))
    seqs: set[int] = set()
    for start in range(0, len(objects), _CHUNK):
        some = objects[start : start + _CHUNK]
        query = f"SELECT seq FROM journal WHERE object IN ({','.join('?' * len(some))}) AND verb != 'undone'"
        seqs.update(row[0] for row in store.rows(query, *some))
    joined = "SELECT t.seq FROM touch t JOIN journal j USING (seq) WHERE t.object = ? AND j.verb IN (?,?,?)"
    seqs.update(row[0] for row in store.rows(joined, number, *_JOINING))
    ordered = sorted(seqs - undone_seqs(store.connection))
    for start in range(0, len(ordered), _CHUNK):
        yield from read_entries(store.connection, seqs=ordered[start : start + _CHUNK])


def _objects(store: Store, number: str) -> set[str]:
    objects = {number}
    for table, column in (("playbook_run", "id"), ("evidence", "number"), ("task", "number"), ("advisory", "number")):
        objects.update(row[0] for row in store.rows(f"SELECT {column} FROM {table} WHERE incident = ?", number))
    waiting = [number]
    while waiting:
        merged = [row[0] for row in store.rows("SELECT number FROM incident WHERE merged_into = ?", waiting.pop())]
        waiting += merged
        objects.update(merged)
    return objects


def facts(store: Store, number: str) -> Iterator[Fact]:
    """What was seen, in order of time: from the alerts as they were decided on, and the incident's own two moments."""
    found = []
    row = store.row("SELECT detected, fields, title FROM incident WHERE number = ?", number)
    if row is not None:
        occurred = json.loads(row["fields"]).get("occurred")
        moments = (("occurred", occurred), ("detected", row["detected"]))
        found += [Fact(at, kind, number, row["title"]) for kind, at in moments if isinstance(at, int)]
    for link in store.rows("SELECT alert, record FROM incident_alert WHERE incident = ?", number):
        record = json.loads(link["record"])
        title, count = str(record.get("title", "")), int(record.get("count") or 1)
        first, last = record.get("first_seen"), record.get("last_seen")
        if first is not None:
            found.append(Fact(first, "first_seen", link["alert"], title, count))
        if last is not None and last != first:
            found.append(Fact(last, "last_seen", link["alert"], title, count))
    yield from sorted(found, key=lambda fact: (fact.at, fact.kind, fact.object))
