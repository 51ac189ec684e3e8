"""Rule packs put in force, and taken back."""

from __future__ import annotations

import sqlite3
from typing import Any

_COLUMNS = ("digest", "version", "name", "tlp", "created", "signer", "files", "previous", "reason")


def _put_in_force(db: sqlite3.Connection, entry: Any) -> None:
    values = {name: entry.payload[name] for name in _COLUMNS}
    values |= {
        "seq": entry.seq,
        "at": entry.time,
        "actor": entry.actor,
        "reverted": int(entry.verb == "rules.reverted"),
    }
    marks = ",".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO rule_install ({','.join(values)}) VALUES ({marks})", tuple(values.values()))


HANDLERS = {"rules.installed": _put_in_force, "rules.reverted": _put_in_force}
