"""Bundles that came back, what they said of hosts, and which machine was scanned when: by a kit, a collector or ourselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from atttcli.field.records import HostRecord
from atttcli.store.connection import Connection, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRow:
    """A bundle that was taken in whole. Times in microseconds UTC; `ledger` as counts, `flags` as words."""

    digest: str
    kit: str
    machine: str
    sequence: int
    previous: str
    agency: str
    host: str
    signed: bool
    made: int
    imported: int
    actor: str
    tlp: str
    flags: Sequence[str] = ()
    ledger: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetScan:
    """One scan of one machine. `source`: kit, collector or local; `account`: columns of a FileAccount; `run`: a local scan's."""

    source: str
    host: str
    started: int
    finished: int
    account: dict[str, Any]
    complete: bool
    findings: int
    machine: str = ""
    agency: str = ""
    kit: str = ""
    rules_digest: str = ""
    rules_version: str = ""
    rules_count: int = 0
    holes: Sequence[Any] = ()
    bundle: str = ""
    run: int | None = None


def bundle(store: Store, digest: str) -> dict[str, Any] | None:
    """What is known of a bundle that was taken in; None when it was not."""
    row = store.row("SELECT * FROM bundle WHERE digest = ?", digest)
    return None if row is None else {**dict(row), **{name: json.loads(row[name]) for name in ("flags", "ledger")}}


def turns(store: Store, kit: str, machine: str) -> dict[int, list[tuple[str, str]]]:
    """Sequence -> (digest, digest of the one before) of each of one kit's bundles of one machine."""
    rows = store.rows(
        "SELECT sequence, digest, previous FROM bundle WHERE kit = ? AND machine = ? AND signed = 1", kit, machine
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["sequence"], []).append((row["digest"], row["previous"]))
    return found


def add_bundle(db: Connection, one: BundleRow) -> bool:
    """Whether it was not there yet."""
    values = (
        one.digest, one.kit, one.machine, one.sequence, one.previous, one.agency, one.host, int(one.signed), one.made,
        one.imported, one.actor, one.tlp, _json(list(one.flags)), _json(one.ledger),
    )  # fmt: skip
    return db.execute(f"INSERT OR IGNORE INTO bundle VALUES ({','.join('?' * len(values))})", values).rowcount > 0


def add_host_records(db: Connection, digest: str, records: Sequence[tuple[int, HostRecord]]) -> int:
    """Observations with their lines; how many were new."""
    fresh = 0
    for line, one in records:
        values = (digest, line, one.check, one.kind, one.subject, one.rule, one.title, one.severity, _json(one.detail))
        fresh += db.execute("INSERT OR IGNORE INTO host_record VALUES (?,?,?,?,?,?,?,?,?)", values).rowcount
    return fresh


def host_records(store: Store, digest: str) -> list[dict[str, Any]]:
    """What one bundle said of its host, in its order."""
    rows = store.rows("SELECT * FROM host_record WHERE bundle = ? ORDER BY line", digest)
    return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]


def record_scan(db: Connection, one: FleetScan) -> None:
    """A scan on the board, once for a bundle or a run."""
    values = {
        "source": one.source, "host": one.host, "machine": one.machine, "agency": one.agency, "kit": one.kit,
        "started": one.started, "finished": one.finished, "rules_digest": one.rules_digest,
        "rules_version": one.rules_version, "rules_count": one.rules_count, "account": _json(one.account),
        "complete": int(one.complete), "holes": _json(list(one.holes)), "findings": one.findings, "bundle": one.bundle,
        "run": one.run,
    }  # fmt: skip
    marks = ",".join("?" * len(values))
    db.execute(f"INSERT OR IGNORE INTO fleet_scan ({','.join(values)}) VALUES ({marks})", tuple(values.values()))


def fleet_scans(store: Store, agency: str = "", limit: int = 10_000) -> list[dict[str, Any]]:
    """Scans, newest first, of one agency or of all; JSON decoded."""
    rows = store.rows(
        "SELECT * FROM fleet_scan WHERE ?1 = '' OR agency = ?1 ORDER BY finished DESC, id DESC LIMIT ?2", agency, limit
    )
    return [{**dict(row), **{name: json.loads(row[name]) for name in ("account", "holes")}} for row in rows]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
