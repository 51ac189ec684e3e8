"""Is the journal what was written? Every hash, every payload, the order, and the head kept outside the workspace."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from atttcli.journal.chain import GENESIS, entry_hash, payload_digest
from atttcli.journal.head import Head
from atttcli.journal.journal import ERASED, fold_entry, read_entries, undone_seqs
from atttcli.store.verify import Fault, Report, fresh_database, projection_faults, silent

_STEP = 500
_QUERY = """
SELECT j.seq, j.id, j.time, j.host, j.actor, j.verb, j.object, j.payload_digest, j.prev, j.hash,
       p.seq AS held, p.payload, p.erased, p.reason
FROM journal j LEFT JOIN journal_payload p USING (seq) ORDER BY j.seq
"""


def verify_journal(db: sqlite3.Connection, head: Head | None, report: Report = silent) -> Iterator[Fault]:
    """Faults of the journal, those of the chain in order of entry, then the head, then the projections.

    `head` must have been read before the connection's snapshot began: others may be appending meanwhile. Projections
    are only compared while the chain holds: a fold of a forged journal says nothing.
    """
    broken = False
    for fault in chain_faults(db, head, report):
        broken = True
        yield fault
    if not broken:
        yield from _fold_faults(db, report)


def chain_faults(db: sqlite3.Connection, head: Head | None, report: Report = silent) -> Iterator[Fault]:
    """Faults of the journal itself, the projections left out."""
    before = db.text_factory
    db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield from _journal_faults(db, head, report)
    except sqlite3.DatabaseError as error:
        yield Fault("database", f"the journal cannot be read: {error}")
    finally:
        db.text_factory = before


def _journal_faults(db: sqlite3.Connection, head: Head | None, report: Report) -> Iterator[Fault]:
    walk = _Walk(_erasures(db), head)
    total = db.execute("SELECT count(*) FROM journal").fetchone()[0]
    for row in db.execute(_QUERY):
        yield from walk.entry(tuple(row))
        if walk.expected % _STEP == 0:
            report(walk.expected, total, "journal")
    yield from walk.end()
    for (seq,) in db.execute("SELECT seq FROM journal_payload WHERE seq NOT IN (SELECT seq FROM journal) LIMIT 5"):
        yield Fault("payload", "belongs to no entry", seq)


class _Walk:
    """The chain so far."""

    def __init__(self, erasures: dict[int, str], head: Head | None) -> None:
        self.expected, self.prev, self.time = 1, GENESIS, -1
        self.erasures, self.head = erasures, head
        self.anchored = ""

    def entry(self, row: tuple[Any, ...]) -> Iterator[Fault]:
        """Faults of one entry; the walk goes on from what the entry itself says."""
        header, (digest, prev, own) = row[:7], row[7:10]
        seq, time = row[0], row[2]
        if seq != self.expected:
            yield Fault("chain", f"entry {self.expected} is missing", self.expected)
        elif prev != self.prev:
            yield Fault("chain", "does not follow from the entry before it", seq)
        if entry_hash(header, digest, prev) != own:
            yield Fault("chain", "its hash is not that of its content", seq)
        if not isinstance(time, int):  # no STRICT table gives that: the file itself is damaged
            yield Fault("chain", "has no time", seq)
            time = self.time
        elif time <= self.time:
            yield Fault("chain", "is not later than the entry before it", seq)
        yield from self._payload(seq, digest, *row[10:])
        if self.head is not None and seq == self.head.count:
            self.anchored = own
        self.expected, self.prev, self.time = seq + 1, own, time

    def _payload(
        self, seq: int, digest: str, held: int | None, payload: str | None, erased: int, reason: str
    ) -> Iterator[Fault]:
        if held is None:
            yield Fault("payload", "its payload is missing", seq)
        elif seq in self.erasures:
            if payload is not None or not erased or reason != self.erasures[seq]:
                yield Fault("payload", "a decision erased its payload, but the payload row says otherwise", seq)
        elif payload is None or erased:
            yield Fault("payload", "its payload was taken away without a decision to erase it", seq)
        elif payload_digest_of(payload) != digest:
            yield Fault("payload", "its payload is not the one that was written", seq)

    def end(self) -> Iterator[Fault]:
        """What only the head outside can tell: a tail that was cut or written anew."""
        count = self.expected - 1
        if self.head is None:
            return
        if self.head.count > count:
            reason = f"the tail is cut: there were {self.head.count} entries, now {count}"
            yield Fault("head", reason, count + 1)
        elif self.anchored != self.head.hash:
            yield Fault(
                "head", "it or entries before it were written anew: the head kept outside differs", self.head.count
            )


def payload_digest_of(payload: str) -> str:
    """Digest of a payload as read back, bytes that are no UTF-8 included."""
    try:
        return payload_digest(payload)
    except UnicodeEncodeError:
        return ""


def _erasures(db: sqlite3.Connection) -> dict[int, str]:
    """Entry -> reason, for every decision to erase."""
    found: dict[int, str] = {}
    query = "SELECT p.payload FROM journal j JOIN journal_payload p USING (seq) WHERE j.verb = ?"
    for (text,) in db.execute(query, (ERASED,)):
        try:
            body = json.loads(text or "{}")
            found[int(body["seq"])] = str(body["reason"])
        except (ValueError, KeyError, TypeError):
            continue  # a forged one: its digest does not hold and is reported as such
    return found


def _fold_faults(db: sqlite3.Connection, report: Report) -> Iterator[Fault]:
    folded = fresh_database()
    try:
        undone = undone_seqs(db)
        total = db.execute("SELECT count(*) FROM journal").fetchone()[0]
        for entry in read_entries(db):
            try:
                fold_entry(folded, entry, undone)
            except (KeyError, ValueError, TypeError, AttributeError, IndexError, sqlite3.Error) as error:
                yield Fault("projection", f"cannot be projected: {type(error).__name__}: {error}", entry.seq)
                return
            if entry.seq % _STEP == 0:
                report(entry.seq, total, "projections")
        yield from projection_faults(db, folded, report)
    except sqlite3.DatabaseError as error:
        yield Fault("database", f"the projections cannot be read: {error}")
    finally:
        folded.close()


def first_fault(faults: list[Fault]) -> Fault | None:
    """The one to name: the earliest entry, else the first found."""
    numbered = [fault for fault in faults if fault.seq is not None]
    return min(numbered, key=lambda fault: fault.seq or 0) if numbered else (faults[0] if faults else None)
