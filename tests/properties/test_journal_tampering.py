"""Thirteen kinds of tampering on random journals: each is found, and the first bad entry is named. Clean ones never are.

The chain alone cannot see a cut or rewritten tail; the head kept outside does, and a test shows that it is the head.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from atttcli.clock import FixedClock
from atttcli.journal.head import Head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import first_fault, verify_journal
from atttcli.store.connection import Store
from atttcli.store.verify import database_faults
from tests.support.tampering import (
    KINDS,
    Tamper,
    cut_tail,
    entries,
    missed,
    opened,
    pick,
    put,
    random_journal,
    rehash,
    rewrite_tail,
    write,
)  # fmt: skip

SEEDS = range(36)


@pytest.fixture(scope="module")
def journals() -> list[tuple[bytes, Head]]:
    return [random_journal(seed) for seed in SEEDS]


@pytest.mark.parametrize("tamper", KINDS, ids=lambda kind: kind.__name__)
def test_tampering_is_found_and_located(journals: list[tuple[bytes, Head]], tamper: Tamper) -> None:
    for seed, journal in zip(SEEDS, journals, strict=True):
        db, head = opened(journal)
        bad = tamper(db, random.Random(seed * 1000 + len(tamper.__name__)))
        assert missed(tamper, bad, list(verify_journal(db, head))) == "", seed
        db.close()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("tamper", KINDS, ids=lambda kind: kind.__name__)
def test_a_thousand_of_each_kind(tamper: Tamper) -> None:
    for seed in range(1000):
        db, head = opened(random_journal(seed))
        bad = tamper(db, random.Random(seed))
        assert missed(tamper, bad, list(verify_journal(db, head))) == "", seed
        db.close()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_no_false_alarm_in_ten_thousand_clean_checks(part: int) -> None:
    for seed in range(part * 1000, part * 1000 + 1000):
        db, head = opened(random_journal(seed + 50_000), forging=False)
        assert list(verify_journal(db, head)) == [], seed
        assert list(database_faults(db)) == [], seed
        db.close()


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
