"""Appending decisions: entry, payload and projection in one transaction; then the signed head goes outside the workspace."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from atttcli.clock import Clock, from_micros
from atttcli.errors import IntegrityError
from atttcli.journal.chain import GENESIS, canonical, entry_hash, payload_digest
from atttcli.journal.head import read_head, write_head
from atttcli.store.connection import Store
from atttcli.store.projection import Entry, apply, count_numbers, empty
from atttcli.store.verify import Report, silent
from atttcli.text.display import display
from atttcli.text.fold import nfc

ERASED = "payload.erased"
_STEP = 500
Guard = Callable[[str, str, Mapping[str, Any]], None]


class Journal:
    """The journal of one store, written in the name of one actor. `guard` refuses an entry before it is written."""

    def __init__(self, store: Store, actor: str, clock: Clock | None = None, guard: Guard | None = None) -> None:
        self.store = store
        self.actor = actor
        self.guard = guard
        self.clock = clock or Clock()
        self.host = socket.gethostname()

    def permit(self, verb: str, object: str, payload: Mapping[str, Any] | None = None) -> None:
        """Refused now rather than by `append`: asked before work that cannot be taken back, as bytes that leave the house."""
        if self.guard is not None:
            self.guard(verb, object, payload or {})

    def append(self, verb: str, object: str, payload: dict[str, Any] | None = None) -> Entry:
        """Add one decision and project it. Inside an open transaction it joins that one."""
        self.permit(verb, object, payload)
        text = canonical(_clean(payload or {}))
        with self.transaction() as db:
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
        return entry

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Several entries (and facts) in one write transaction; the head is anchored after the commit, in the same turn.

        So of two writers at once none puts an older head over a newer one.
        """
        with self.store.turn():
            with self.store.transaction() as db:
                yield db
            self.anchor()

    def next_number(self, kind: str) -> str:
        """The next human number of a kind (`SC`, `NV`, `CC` ...). Call inside the transaction that uses it."""
        year = from_micros(self.clock.now()).year
        seq = self.store.value("SELECT seq FROM number_counter WHERE kind = ? AND year = ?", kind, year) or 0
        return f"{kind}-{year}-{seq + 1:04d}"

    def anchor(self) -> None:
        """Keep the signed head outside the workspace, once the outermost transaction is committed.

        A head that does not agree with the journal stays as it is: writing over it would hide a cut tail from `verify`.
        """
        if self.store.connection.in_transaction:
            return
        last = self.store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        if last is not None and self._agrees_with_head():
            write_head(self.store.meta("id"), last["seq"], last["hash"])

    def _agrees_with_head(self) -> bool:
        try:
            head = read_head(self.store.meta("id"))
        except IntegrityError:
            return False
        return head is None or head.hash == self.store.value("SELECT hash FROM journal WHERE seq = ?", head.count)

    def entries(self, object: str | None = None, verbs: tuple[str, ...] = ()) -> Iterator[Entry]:
        """Entries in order, of one object or of all."""
        yield from read_entries(self.store.connection, object, verbs)

    def entry(self, seq: int) -> Entry:
        """One entry by its place in the journal; a KeyError when there is none."""
        for entry in read_entries(self.store.connection, seqs=(seq,)):
            return entry
        raise KeyError(seq)

    def rebuild(self, report: Report = silent) -> int:
        """Empty every projection and fold the whole journal again, undone entries left out; the number of entries."""
        count = 0
        with self.store.transaction() as db:
            undone = undone_seqs(db)
            total = db.execute("SELECT count(*) FROM journal").fetchone()[0]
            empty(db)
            for entry in read_entries(db):
                fold_entry(db, entry, undone)
                count += 1
                if count % _STEP == 0:
                    report(count, total, "projections")
        return count


def fold_entry(db: sqlite3.Connection, entry: Entry, undone: frozenset[int]) -> None:
    """Project one entry of the past: one that was taken back only keeps its number from being given again."""
    if entry.seq in undone:
        count_numbers(db, entry)
    else:
        apply(db, entry)


def undone_seqs(db: sqlite3.Connection) -> frozenset[int]:
    """Entries that a later compensating entry took back (verb `undone`, payload `{seq}`)."""
    found = (entry.payload.get("seq") for entry in read_entries(db, verbs=("undone",)))
    return frozenset(seq for seq in found if isinstance(seq, int))


def read_entries(
    db: sqlite3.Connection, object: str | None = None, verbs: tuple[str, ...] = (), seqs: Sequence[int] | None = None
) -> Iterator[Entry]:
    """Entries with their payloads, in order; `seqs`: only these places."""
    clauses: list[str] = ["1"]
    values: list[Any] = []
    kept = _kept_of_erased(db)
    if object is not None:
        clauses.append("j.object = ?")
        values.append(object)
    if verbs:
        clauses.append(f"j.verb IN ({','.join('?' * len(verbs))})")
        values.extend(verbs)
    if seqs is not None:
        clauses.append(f"j.seq IN ({','.join('?' * len(seqs))})")
        values.extend(seqs)
    sql = (
        "SELECT j.seq, j.id, j.time, j.host, j.actor, j.verb, j.object, p.payload, j.hash, p.erased"
        " FROM journal j"
        f" JOIN journal_payload p USING (seq) WHERE {' AND '.join(clauses)} ORDER BY j.seq"
    )
    for row in db.execute(sql, values):
        *header, text, digest, erased = tuple(row)
        payload = json.loads(text) if text else kept.get(int(header[0]), {})
        seq, identity, time, host, actor, verb, subject = header
        yield Entry(seq, identity, time, host, actor, verb, subject, payload, digest, bool(erased))


def _kept_of_erased(db: sqlite3.Connection) -> dict[int, dict[str, Any]]:
    """Entry -> what the decision to erase its payload kept of it."""
    query = "SELECT p.payload FROM journal j JOIN journal_payload p USING (seq) WHERE j.verb = ? AND p.payload NOT NULL"
    bodies = [json.loads(text) for (text,) in db.execute(query, (ERASED,))]
    return {body["seq"]: body.get("kept", {}) for body in bodies if isinstance(body.get("seq"), int)}


def current_actor() -> str:
    """Who works: the name of the operating system's user."""
    for name in ("ATTTCLI_ACTOR", "SUDO_USER", "USER", "USERNAME", "LOGNAME"):
        value = os.environ.get(name)
        if value:
            return display(value, 64)
    try:
        return display(getpass.getuser(), 64)
    except (KeyError, OSError, ImportError):
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
