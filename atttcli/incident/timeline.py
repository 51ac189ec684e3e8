"""What happened to one incident, in order: every entry about it, its runs, its tasks and its evidence."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.journal.journal import Journal, undone_seqs
from atttcli.store.projection import Entry


def timeline(journal: Journal, number: str) -> Iterator[Entry]:
    """The entries of an incident in the journal's order; what was taken back is left out."""
    store = journal.store
    objects = {number}
    for table, column in (("playbook_run", "id"), ("evidence", "number"), ("task", "number")):
        objects.update(row[0] for row in store.rows(f"SELECT {column} FROM {table} WHERE incident = ?", number))
    undone = undone_seqs(store.connection)
    found: list[Entry] = []
    for name in sorted(objects):
        found.extend(e for e in journal.entries(name) if e.seq not in undone and e.verb != "undone")
    yield from sorted(found, key=lambda entry: entry.seq)
