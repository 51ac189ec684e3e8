"""Appending decisions: entry, payload and projection in one transaction; then the signed head goes outside the workspace."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from atttcli.clock import Clock, from_micros
from atttcli.journal.chain import GENESIS, canonical, entry_hash, payload_digest
from atttcli.journal.head import write_head
from atttcli.store.connection import Store
from atttcli.store.projection import Entry, apply, empty
from atttcli.text.display import display
from atttcli.text.fold import nfc


class Journal:
    """The journal of one store, written in the name of one actor."""

    def __init__(self, store: Store, actor: str, clock: Clock | None = None) -> None:
        self.store = store
        self.actor = actor
        self.clock = clock or Clock()
        self.host = socket.gethostname()

    def append(self, verb: str, object: str, payload: dict[str, Any] | None = None) -> Entry:
        """Add one decision and project it. Inside an open transaction it joins that one."""
        text = canonical(_clean(payload or {}))
        with self.store.transaction() as db:
            last = db.execute("SELECT seq, time, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
            seq = 1 if last is None else last["seq"] + 1
            time = self.clock.now() if last is None else max(self.clock.now(), last["time"] + 1)
            prev = GENESIS if last is None else last["hash"]
            header = (seq, uuid.uuid4().hex, time, self.host, self.actor, verb, object)
            digest = payload_digest(text)
            row = (*header, digest, prev, entry_hash(header, digest, prev))
            db.execute("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?,?)", row)
            db.execute("INSERT INTO journal_payload (seq, payload) VALUES (?,?)", (seq, text))
            entry = Entry(*header, json.loads(text), row[-1])
            apply(db, entry)
        self.anchor()
        return entry

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Several entries (and facts) in one write transaction; the head is anchored after the commit."""
        with self.store.transaction() as db:
            yield db
        self.anchor()

    def next_number(self, kind: str) -> str:
        """The next human number of a kind (`SC`, `NV`, `CC` ...). Call inside the transaction that uses it."""
        year = from_micros(self.clock.now()).year
        seq = self.store.value("SELECT seq FROM number_counter WHERE kind = ? AND year = ?", kind, year) or 0
        return f"{kind}-{year}-{seq + 1:04d}"

    def anchor(self) -> None:
        """Keep the signed head outside the workspace, once the outermost transaction is committed."""
        if not self.store.connection.in_transaction:
            last = self.store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
            if last is not None:
                write_head(self.store.meta("id"), last["seq"], last["hash"])

    def entries(self, object: str | None = None, verbs: tuple[str, ...] = ()) -> Iterator[Entry]:
        """Entries in order, of one object or of all."""
        yield from read_entries(self.store.connection, object, verbs)

    def rebuild(self) -> int:
        """Empty every projection and fold the whole journal again; returns the number of entries."""
        count = 0
        with self.store.transaction() as db:
            empty(db)
            for entry in read_entries(db):
                apply(db, entry)
                count += 1
        return count


def read_entries(db: sqlite3.Connection, object: str | None = None, verbs: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Entries with their payloads, in order."""
    clauses, values = ["1"], []
    if object is not None:
        clauses.append("j.object = ?")
        values.append(object)
    if verbs:
        clauses.append(f"j.verb IN ({','.join('?' * len(verbs))})")
        values.extend(verbs)
    sql = (
        "SELECT j.seq, j.id, j.time, j.host, j.actor, j.verb, j.object, p.payload, j.hash FROM journal j"
        f" JOIN journal_payload p USING (seq) WHERE {' AND '.join(clauses)} ORDER BY j.seq"
    )
    for row in db.execute(sql, values):
        seq, identity, time, host, actor, verb, subject, text, digest = tuple(row)
        yield Entry(seq, identity, time, host, actor, verb, subject, json.loads(text) if text else {}, digest)


def current_actor() -> str:
    """Who works: the name of the operating system's user."""
    for name in ("ATTTCLI_ACTOR", "SUDO_USER", "USER", "USERNAME", "LOGNAME"):
        value = os.environ.get(name)
        if value:
            return display(value, 64)
    return "unknown"


def _clean(value: Any) -> Any:
    """NFC text without lone surrogates, so that what is hashed can always be written."""
    if isinstance(value, str):
        return nfc(value.encode("utf-8", "backslashreplace").decode("utf-8"))
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
