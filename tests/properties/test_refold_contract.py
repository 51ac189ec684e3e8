"""The contract that taking back rests on, held for every verb of a whole day: what an entry changes is found from the entries
that share an object with it; no other row of the workspace depends on it."""

from __future__ import annotations

import random
import uuid

import pytest

from atttcli.journal.journal import read_entries, undone_seqs
from atttcli.journal.refold import fold_rows, related
from atttcli.store.connection import Store
from atttcli.store.projected import HANDLERS
from atttcli.text.messages import use_language
from tests.support.ingest_case import sample_inbox
from tests.support.json_steps import STEPS, Day, give

_NO_CASEWORK = ("db ", "-w ws db", "detect", "capture", "scan", "-w ws scan", "-w ws rules", "-w ws alert packets")


@pytest.fixture
def day(tmp_path, monkeypatch):
    for name, value in (("HOME", str(tmp_path / "home")), ("ACTOR", "lan"), ("PASSPHRASE", "bốn từ dễ nhớ")):
        monkeypatch.setenv(f"ATTTCLI_{name}", value)
    monkeypatch.delenv("ATTTCLI_WORKSPACE", raising=False)
    sample_inbox(tmp_path / "desk" / "inbox")
    monkeypatch.chdir(tmp_path / "desk")
    give(tmp_path / "desk")
    numbers = random.Random(1)
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=numbers.getrandbits(128), version=4))
    one = Day("en")
    for step in STEPS:
        if not step.words.startswith(_NO_CASEWORK):
            one.step(step)
    use_language("en")
    return tmp_path / "desk" / "ws" / "workspace.db"


def changed(one, other):
    """(table, key) -> both rows, where they differ. Rows for searching follow the others and are left out."""
    return {
        (table, key): (one[table].get(key), other[table].get(key))
        for table in one
        if table != "search_doc"
        for key in one[table].keys() | other[table].keys()
        if one[table].get(key) != other[table].get(key)
    }


def test_what_an_entry_changes_is_found_among_the_entries_that_share_an_object_with_it(day):
    with Store(day) as store:
        db = store.connection
        entries, undone = list(read_entries(db)), undone_seqs(db)
        whole = fold_rows(entries, undone)
        verbs = set()
        for entry in entries:
            if entry.seq in undone or entry.verb not in HANDLERS or entry.verb == "organisation.adopted":
                continue
            without = undone | {entry.seq}
            seqs = related(db, entry.seq)
            some = [one for one in entries if one.seq in seqs]
            assert changed(whole, fold_rows(entries, without)) == changed(
                fold_rows(some, undone), fold_rows(some, without)
            ), (entry.seq, entry.verb)
            verbs.add(entry.verb)
    assert len(verbs) > 40
