"""Which objects an entry speaks of: its own, and every human number or run id that its payload names in full.

The contract of every handler: it writes only rows of these objects. Then one object can be folded anew from the entries
that touch it (`journal.refold`), and a property test compares that with a fold of the whole journal.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

_NAME = re.compile(r"(?:[A-Z]{2}-\d{4}-[A-Z]?\d{3,9}|[0-9a-f]{32})\Z")
# Carried along as they were: what stands in there is text of others, or a document, and never an object of ours.
_CARRIED = frozenset(
    {"detail", "observables", "sightings", "why", "document", "title", "text", "note", "reason", "description", "name"}
)
_DEPTH = 6


def touched(entry: Any) -> frozenset[str]:
    """The objects that an entry speaks of."""
    return frozenset((entry.object, *_names(entry.payload, _DEPTH)))


def _names(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) <= 40 and _NAME.match(value):
            yield value
    elif depth and isinstance(value, dict):
        for key, item in value.items():
            if key not in _CARRIED:
                yield from _names(item, depth - 1)
    elif depth and isinstance(value, list):
        for item in value:
            yield from _names(item, depth - 1)


def record(db: sqlite3.Connection, entry: Any) -> None:
    """Keep what an entry touches. A taking back touches nothing: it leaves things as if nothing had been."""
    if entry.verb == "undone":
        return
    db.executemany("INSERT OR IGNORE INTO touch VALUES (?,?)", [(name, entry.seq) for name in sorted(touched(entry))])
