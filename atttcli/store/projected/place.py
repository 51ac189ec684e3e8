"""Organisation adopted, network learned, rule disabled, log source told, range table adopted."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def _adopted(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    text = json.dumps(body["organisation"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    db.execute(
        "INSERT OR REPLACE INTO organisation VALUES (?,?,?,?)", (entry.object, entry.time, body["profile"], text)
    )


def _learned(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO learned_network (cidr, agency, valid_from, valid_until, note, seq, ports)"
        " VALUES (?,?,?,?,?,?,?)",
        (
            body["cidr"],
            entry.object,
            body.get("valid_from", ""),
            body.get("valid_until", ""),
            body.get("note", ""),
            entry.seq,
            body.get("ports", ""),
        ),
    )


def _rule_state(db: sqlite3.Connection, entry: Any) -> None:
    db.execute(
        "INSERT OR REPLACE INTO rule_state VALUES (?,?,?,?,?)",
        (entry.object, int(entry.verb == "rule.disabled"), entry.payload.get("reason", ""), entry.actor, entry.time),
    )


def _log_source(db: sqlite3.Connection, entry: Any) -> None:
    if entry.verb == "log-source.removed":
        db.execute("DELETE FROM log_source WHERE pattern = ?", (entry.payload["pattern"],))
        return
    body = entry.payload
    db.execute(
        "INSERT OR REPLACE INTO log_source VALUES (?,?,?,?)",
        (body["pattern"], entry.object, body.get("note", ""), entry.seq),
    )


def _ranges(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    columns = ("digest", "source", "source_digest", "ranges", "countries", "rejected")
    db.execute(
        "INSERT OR REPLACE INTO range_table VALUES (?,?,?,?,?,?,?,?,?)",
        (entry.object, *(body[name] for name in columns), entry.actor, entry.time),
    )


HANDLERS = {
    "organisation.adopted": _adopted,
    "network.learned": _learned,
    "log-source.added": _log_source,
    "log-source.removed": _log_source,
    "ranges.adopted": _ranges,
    "rule.disabled": _rule_state,
    "rule.enabled": _rule_state,
}
