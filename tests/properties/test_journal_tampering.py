"""Twelve kinds of tampering on random journals: each is found, and the first bad entry is named. Clean ones never are.

The chain alone cannot see a cut or rewritten tail; the head kept outside does, and a test shows that it is the head.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from atttcli.clock import FixedClock
from atttcli.journal.chain import canonical, entry_hash, payload_digest
from atttcli.journal.erase import erase, find_entry
from atttcli.journal.head import Head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import first_fault, verify_journal
from atttcli.store.connection import Store

SEEDS = range(36)
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


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, Head]]:
    """Random journals of 4 to 16 entries, some with an erased payload, as databases with the head kept of each."""
    made = []
    for seed in SEEDS:
        choose = random.Random(seed)
        path = tmp_path_factory.mktemp("journal") / "j.db"
        with Store(path, create=True) as store:
            store.connection.execute("PRAGMA synchronous=OFF")
            journal = Journal(store, choose.choice(WORDS) or "somebody", FixedClock(1_700_000_000_000_000))
            with journal.transaction():
                for number in range(choose.randrange(4, 16)):
                    write(journal, choose, number)
            if seed % 3 == 0:
                erase(journal, find_entry(journal, "2"), "personal data")
            last = store.row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
            copy = sqlite3.connect(":memory:")
            store.connection.backup(copy)
            made.append((copy.serialize(), Head(last["seq"], last["hash"], "")))
            copy.close()
    return made


def opened(journal: tuple[bytes, Head]) -> tuple[sqlite3.Connection, Head]:
    data, head = journal
    db = sqlite3.connect(":memory:", isolation_level=None)
    # The header of a WAL database, set to the rollback journal that an in-memory copy can have.
    db.deserialize(data[:18] + b"\x01\x01" + data[20:])
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


@pytest.mark.parametrize("tamper", KINDS, ids=lambda kind: kind.__name__)
def test_tampering_is_found_and_located(journals: list[tuple[bytes, Head]], tamper: Tamper) -> None:
    for seed, journal in zip(SEEDS, journals, strict=True):
        db, head = opened(journal)
        bad = tamper(db, random.Random(seed * 1000 + len(tamper.__name__)))
        faults = list(verify_journal(db, head))
        first = first_fault(faults)
        assert first is not None, (tamper.__name__, seed)
        if tamper is change_projection:
            assert first.check == "projection", (seed, first)
        elif tamper is insert:
            assert first.seq in (bad, bad + 1), (seed, bad, first)
        elif tamper is abuse_erasure:
            # Without the payload of the decision to erase, the erased entry before it is without one too.
            assert first.seq is not None, (seed, bad, first)
            assert first.seq <= bad, (seed, bad, first)
            assert bad in {fault.seq for fault in faults}, (seed, bad, first)
        else:
            assert first.seq == bad or _earlier_victim(faults, bad), (tamper.__name__, seed, bad, first)
        db.close()


def _earlier_victim(faults: list, bad: int) -> bool:
    """An erased entry whose decision was the one tampered with: it now lacks the decision, and both are named."""
    return bad in {fault.seq for fault in faults} and all(
        "without a decision" in fault.reason or "says otherwise" in fault.reason
        for fault in faults
        if fault.seq is not None and fault.seq < bad
    )


def test_clean_journals_are_never_flagged(journals: list[tuple[bytes, Head]]) -> None:
    for journal in journals:
        db, head = opened(journal)
        assert list(verify_journal(db, head)) == []
        assert list(verify_journal(db, None)) == []
        db.close()


@pytest.mark.parametrize("tamper", [cut_tail, rewrite_tail], ids=lambda kind: kind.__name__)
def test_only_the_head_outside_sees_a_new_tail(journals: list[tuple[bytes, Head]], tamper: Tamper) -> None:
    for seed, journal in zip(SEEDS, journals, strict=True):
        db, _ = opened(journal)
        tamper(db, random.Random(seed))
        chain = [fault for fault in verify_journal(db, None) if fault.check in ("chain", "head")]
        assert chain == []
        db.close()


def test_bytes_that_are_no_text_are_a_fault_and_no_crash(journals: list[tuple[bytes, Head]]) -> None:
    db, head = opened(journals[1])
    db.execute("UPDATE journal SET actor = CAST(x'ff00fe' AS TEXT) WHERE seq = 3")
    db.execute("UPDATE journal_payload SET payload = CAST(x'7bff' AS TEXT) WHERE seq = 4")
    assert {fault.seq for fault in verify_journal(db, head)} >= {3, 4}


def test_rebuild_gives_the_same_rows(tmp_path: Path) -> None:
    with Store(tmp_path / "j.db", create=True) as store:
        journal = Journal(store, "x", FixedClock(1))
        choose = random.Random(7)
        for number in range(40):
            write(journal, choose, number)
        before = list(store.connection.iterdump())
        assert journal.rebuild() == 40
        assert list(store.connection.iterdump()) == before


def test_a_backdated_entry_is_found_even_when_every_hash_is_made_valid(journals: list[tuple[bytes, Head]]) -> None:
    for seed, journal in zip(SEEDS, journals, strict=True):
        db, _ = opened(journal)
        rows = entries(db)
        at = pick(rows, random.Random(seed), low=1)
        rows[at][2] = rows[at - 1][2]
        rehash(rows, at)
        put(db, rows)
        first = first_fault(list(verify_journal(db, None)))
        assert first is not None, seed
        assert (first.check, first.seq) == ("chain", at + 1), seed
        db.close()
