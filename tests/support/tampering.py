"""Random journals, and the kinds of tampering that a forger may try on them. Each kind returns the first bad entry."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from atttcli.clock import FixedClock
from atttcli.journal.chain import canonical, entry_hash, payload_digest
from atttcli.journal.erase import erase, find_entry
from atttcli.journal.head import Head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import first_fault
from atttcli.store.connection import Store
from atttcli.store.verify import Fault, fresh_database

Tamper = Callable[[sqlite3.Connection, random.Random], int]
WORDS = ("Sở Y tế", "x", "", "‮a", "=1+1", "192.0.2.9", "ghi chú", "\u0000nul", "𝒳")


def write(journal: Journal, choose: random.Random, number: int) -> None:
    text = choose.choice(WORDS) + str(choose.randrange(1000))
    verb, subject, payload = choose.choice(
        [
            ("note.added", text, {"text": text, "n": [number, None, True]}),
            ("network.learned", text, {"cidr": f"192.0.2.{number}/32", "note": text}),
            ("rule.disabled", f"rule-{number % 4}", {"reason": text}),
            ("alert.muted", f"m{number}", {"reason": text, "until": number}),
            ("alert.closed", f"CB-2026-{number:04d}", {"verdict": "false", "reason": text}),
        ]
    )
    journal.append(verb, subject, payload)


def _in_memory(_path: Path) -> sqlite3.Connection:
    return fresh_database()


def random_journal(seed: int) -> tuple[bytes, Head]:
    """A journal of 4 to 16 entries, a third of them with an erased payload, as a database with the head kept of it."""
    choose = random.Random(seed)
    with Store(Path("/nowhere/memory.db"), create=True, opener=_in_memory) as store:
        journal = Journal(store, choose.choice(WORDS) or "somebody", FixedClock(1_700_000_000_000_000))
        with journal.transaction():
            for number in range(choose.randrange(4, 16)):
                write(journal, choose, number)
        if seed % 3 == 0:
            erase(journal, find_entry(journal, "2"), "personal data")
        last = store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        assert last is not None
        return store.connection.serialize(), Head(last["seq"], last["hash"], "")


def opened(journal: tuple[bytes, Head], forging: bool = True) -> tuple[sqlite3.Connection, Head]:
    """A copy to work on; whoever forges drops the triggers first."""
    data, head = journal
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(data)
    if forging:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
    return db, head


def entries(db: sqlite3.Connection) -> list[list]:
    query = "SELECT j.*, p.payload, p.erased, p.reason FROM journal j JOIN journal_payload p USING (seq) ORDER BY seq"
    return [list(row) for row in db.execute(query)]


def put(db: sqlite3.Connection, rows: list[list]) -> None:
    db.execute("DELETE FROM journal_payload")
    db.execute("DELETE FROM journal")
    db.executemany("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?,?)", [row[:10] for row in rows])
    db.executemany("INSERT INTO journal_payload VALUES (?,?,?,?)", [[row[0], *row[10:]] for row in rows])


def rehash(rows: list[list], start: int) -> None:
    """Make every hash from `start` valid again, as a forger would who knows the format."""
    for at in range(start, len(rows)):
        row = rows[at]
        row[0] = at + 1
        row[8] = rows[at - 1][9] if at else "0" * 64
        row[7] = payload_digest(row[10]) if row[10] is not None else row[7]
        row[9] = entry_hash(tuple(row[:7]), row[7], row[8])


def pick(rows: list[list], choose: random.Random, low: int = 0, high: int = 0) -> int:
    """The place of an entry whose payload was not erased."""
    return choose.choice([at for at in range(low, len(rows) - high) if rows[at][10] is not None])


def edit_header(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at, column = (
        pick(rows, choose),
        choose.choice(["id", "time", "host", "actor", "verb", "object", "payload_digest", "hash"]),
    )
    change = f"{column} + 1" if column == "time" else f"{column} || 'x'"
    db.execute(f"UPDATE journal SET {column} = {change} WHERE seq = ?", (at + 1,))
    return at + 1


def edit_payload(db: sqlite3.Connection, choose: random.Random) -> int:
    at = pick(entries(db), choose)
    db.execute("UPDATE journal_payload SET payload = replace(payload, '}', ',\"x\":1}') WHERE seq = ?", (at + 1,))
    return at + 1


def delete(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at = choose.randrange(0, len(rows) - 1)
    del rows[at]
    put(db, rows)
    return at + 1


def delete_and_renumber(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at = choose.randrange(0, len(rows) - 1)
    del rows[at]
    for place, row in enumerate(rows):
        row[0] = place + 1
    put(db, rows)
    return at + 1


def swap(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    one, other = sorted(choose.sample(range(len(rows)), 2))
    rows[one], rows[other] = rows[other], rows[one]
    rows[one][0], rows[other][0] = one + 1, other + 1
    put(db, rows)
    return one + 1


def insert(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at = choose.randrange(0, len(rows))
    text = canonical({"forged": choose.random()})
    forged = [at + 1, "f" * 32, rows[at][2], "h", "a", "note.added", "o", payload_digest(text), "", "", text, 0, ""]
    rows.insert(at, forged)
    for place in range(at, len(rows)):
        rows[place][0] = place + 1
    forged[8] = rows[at - 1][9] if at else "0" * 64
    forged[9] = entry_hash(tuple(forged[:7]), forged[7], forged[8])
    put(db, rows)
    return at + 1  # the forged entry is well made: it is the next one, or its time, that does not follow


def cut_tail(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    left = choose.randrange(3, len(rows))
    put(db, rows[:left])
    return left + 1


def rewrite_tail(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at = pick(rows, choose, low=2)
    rows[at][4] += "x"
    rehash(rows, at)
    put(db, rows)
    return len(rows)


def change_prev(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at = choose.randrange(0, len(rows))
    rows[at][8] = "ab" * 32
    rows[at][9] = entry_hash(tuple(rows[at][:7]), rows[at][7], rows[at][8])
    put(db, rows)
    return at + 1


def swap_payloads(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    places = [at for at in range(len(rows)) if rows[at][10] is not None]
    one, other = sorted(choose.sample(places, 2))
    while rows[one][10] == rows[other][10]:
        one, other = sorted(choose.sample(places, 2))
    for column in (10, 11, 12):
        rows[one][column], rows[other][column] = rows[other][column], rows[one][column]
    put(db, rows)
    return one + 1


def abuse_erasure(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    erased = [at for at in range(len(rows)) if rows[at][10] is None]
    if erased and choose.random() < 0.5:
        change = choose.choice(["erased = 0", "payload = '{}', erased = 0", "payload = '{}'", "reason = 'another'"])
        at = erased[0]
    else:
        # The decision to erase may not lose its own payload either: it carries the reason.
        change = choose.choice(["payload = NULL, erased = 1", "payload = NULL", "erased = 1"])
        at = pick(rows, choose)
    db.execute(f"UPDATE journal_payload SET {change} WHERE seq = ?", (at + 1,))
    return at + 1


def duplicate(db: sqlite3.Connection, choose: random.Random) -> int:
    rows = entries(db)
    at = choose.randrange(0, len(rows))
    again = list(rows[at])
    again[0], again[1], again[9] = len(rows) + 1, "e" * 32, rows[at][9][::-1]
    put(db, [*rows, again])
    return len(rows) + 1


def change_projection(db: sqlite3.Connection, choose: random.Random) -> int:
    tables = ("learned_network", "rule_state", "mute", "alert_state")
    full = [table for table in tables if db.execute(f"SELECT 1 FROM {table}").fetchone()]
    if full and choose.random() < 0.7:
        db.execute(f"DELETE FROM {choose.choice(full)}")
    else:
        db.execute("INSERT INTO rule_state VALUES ('forged', 1, '', 'x', 1)")
    return 0


KINDS = [
    edit_header, edit_payload, delete, delete_and_renumber, swap, insert, cut_tail, rewrite_tail, change_prev, swap_payloads,
    abuse_erasure, duplicate, change_projection,
]  # fmt: skip


def missed(tamper: Tamper, bad: int, faults: list[Fault]) -> str:
    """Why a tampering was not found or not located at the entry where it begins; empty when it was."""
    first = first_fault(faults)
    if first is None:
        return "not found"
    named = {fault.seq for fault in faults}
    if tamper is change_projection:
        right = first.check == "projection"
    elif tamper is insert:  # the forged entry is well made: it may be the next one that does not follow
        right = first.seq in (bad, bad + 1)
    elif tamper is abuse_erasure:
        # Without the payload of the decision to erase, the erased entry before it is without one too.
        right = first.seq is not None and first.seq <= bad and bad in named
    else:
        right = first.seq == bad or (bad in named and _earlier_victims(faults, bad))
    return "" if right else f"located at {first.seq} ({first.reason}), not at {bad}"


def _earlier_victims(faults: Iterable[Fault], bad: int) -> bool:
    """An erased entry whose decision was the one tampered with: it now lacks the decision, and both are named."""
    return all(
        "without a decision" in fault.reason or "says otherwise" in fault.reason
        for fault in faults
        if fault.seq is not None and fault.seq < bad
    )
