"""Scans of machines: who, which machine, when, what was covered and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from atttcli.model.ledger import Ledger
from atttcli.store.connection import Connection, Store


def begin_scan(store: Store, actor: str, host: str, paths: Sequence[str], now: int) -> int:
    """A scan starts; one that never ends stays without an end. Returns its id."""
    values = (now, actor, host, json.dumps(list(paths)))
    with store.transaction() as db:
        done = db.execute("INSERT INTO scan_run (started, actor, host, paths) VALUES (?,?,?,?)", values)
    return int(done.lastrowid or 0)


def end_scan(db: Connection, run: int, pack: str, ledger: Ledger, account: dict[str, Any], now: int) -> None:
    """The scan reached its end (or its limit: the account says so); in the transaction of its last alerts."""
    counts = {"read": ledger.read, "stored": ledger.stored, "duplicate": ledger.duplicate, "alerts": ledger.alerts}
    db.execute(
        "UPDATE scan_run SET finished = ?, pack = ?, ledger = ?, account = ? WHERE id = ?",
        (now, pack, json.dumps(counts), json.dumps(account), run),
    )


def host_source(run: int) -> str:
    """Under which name the host records of a scan of our own are kept; a bundle's stand under its digest."""
    return f"scan:{run}"


def scans(store: Store, limit: int = 200) -> list[dict[str, Any]]:
    """The latest scans, newest first, JSON decoded."""
    found = []
    for row in store.rows("SELECT * FROM scan_run ORDER BY id DESC LIMIT ?", limit):
        values = dict(row)
        found.append(values | {name: json.loads(values[name]) for name in ("paths", "ledger", "account")})
    return found
