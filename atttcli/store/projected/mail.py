"""Accounts of the mail system, and the journeys of their owners."""

from __future__ import annotations

import sqlite3
from typing import Any


def _accounts(db: sqlite3.Connection, entry: Any) -> None:
    source = str(entry.payload.get("source", ""))
    rows = [
        (
            str(one.get("address", "")),
            str(one.get("agency", "")),
            str(one.get("status", "")),
            one.get("last_login"),
            source,
            entry.seq,
        )
        for one in entry.payload.get("accounts") or ()
        if isinstance(one, dict)
    ]
    db.executemany("INSERT OR REPLACE INTO mail_account VALUES (?,?,?,?,?,?)", rows)


def _travel(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    names = ("account", "country", "network", "valid_from", "valid_until", "reason")
    values = [str(body.get(name, "")) for name in names]
    db.execute(
        "INSERT INTO mail_travel (number, account, country, network, valid_from, valid_until, reason, actor, at)"
        " VALUES (?,?,?,?,?,?,?,?,?)",
        (entry.object, *values, entry.actor, entry.time),
    )


def _ended(db: sqlite3.Connection, entry: Any) -> None:
    body = entry.payload
    db.execute(
        "UPDATE mail_travel SET ended = ?, end_reason = ? WHERE number = ?",
        (str(body.get("on", "")), str(body.get("reason", "")), entry.object),
    )


HANDLERS = {"mail.accounts.imported": _accounts, "mail.travel.added": _travel, "mail.travel.ended": _ended}
