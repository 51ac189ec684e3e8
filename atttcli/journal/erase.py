"""Erasing personal data: the payload of one entry goes, its digest stays, so the chain still holds."""

from __future__ import annotations

import copy
import sqlite3
from typing import Any

from atttcli.errors import Conflict, NotFound, Refused
from atttcli.journal.journal import ERASED, Journal, read_entries
from atttcli.store.projection import Entry
from atttcli.store.purge import erase_payload, scrub

BLANK = "[erased]"
_KEPT_WHOLE = frozenset(
    {ERASED, "organisation.adopted", "events.purged", "workspace.restored", "head.accepted", "undone"}
)


def find_entry(journal: Journal, name: str) -> Entry:
    """The entry of this sequence number or unique prefix of an id."""
    text = name.strip().lstrip("#").lower()
    if text.isdigit() and len(text) < 16:
        rows = journal.store.rows("SELECT seq FROM journal WHERE seq = ?", int(text))
    else:
        rows = journal.store.rows("SELECT seq FROM journal WHERE substr(id, 1, ?) = ? LIMIT 2", len(text), text)
    if len(rows) != 1 or not text:
        raise NotFound(f"no single journal entry {name[:40]!r}", hint="the numbers stand in: atttcli log")
    return next(entry for entry in read_entries(journal.store.connection) if entry.seq == rows[0]["seq"])


def erase(journal: Journal, entry: Entry, reason: str, fields: tuple[str, ...] = ()) -> Entry:
    """Erase an entry's payload, or only `fields` of it (dotted for inner ones), and fold the projections anew.

    Refused for entries that the workspace stands on, and where other decisions rest on what would go. The decision
    to erase names the entry and the reason and carries what is kept.
    """
    if entry.erased:
        raise Conflict(f"entry {entry.seq} is erased already")
    if entry.verb in _KEPT_WHOLE:
        raise Refused(f"entry {entry.seq} ({entry.verb}) holds the workspace together", guard="erase")
    if not fields and {"number", "tasks"} & entry.payload.keys():
        raise _resting(entry)
    kept = _without(entry, fields) if fields else {}
    try:
        with journal.transaction():
            body = {"seq": entry.seq, "reason": reason, "fields": list(fields), "kept": kept}
            written = journal.append(ERASED, str(entry.seq), body)
            erase_payload(journal.store, entry.seq, reason)
            journal.rebuild()
    except (KeyError, TypeError, ValueError, AttributeError, sqlite3.IntegrityError) as error:
        raise _resting(entry) from error
    scrub(journal.store)
    return written


def _resting(entry: Entry) -> Refused:
    return Refused(
        f"other decisions rest on entry {entry.seq} ({entry.verb})",
        guard="erase",
        hint="erase only what is personal: --field NAME; it has: " + ", ".join(sorted(entry.payload)),
    )


def _without(entry: Entry, fields: tuple[str, ...]) -> dict[str, Any]:
    kept = copy.deepcopy(entry.payload)
    for field in fields:
        *path, last = field.split(".")
        inner: Any = kept
        for part in path:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or last not in inner:
            raise NotFound(f"entry {entry.seq} has no field {field[:40]!r}", hint="it has: " + ", ".join(sorted(kept)))
        inner[last] = BLANK if isinstance(inner[last], str) else None
    return kept
