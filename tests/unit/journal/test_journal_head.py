"""The head kept outside the workspace: signed, never written over by a journal that does not continue it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.errors import Conflict, IntegrityError, NotFound, Refused
from atttcli.journal.erase import erase, find_entry
from atttcli.journal.head import read_head, write_head
from atttcli.journal.journal import Journal
from atttcli.journal.verify import verify_journal
from atttcli.store.connection import Store
from atttcli.store.workspace import home


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Store(tmp_path / "j.db", create=True) as store:
        store.connection.execute("INSERT INTO meta VALUES ('id', 'w')")
        made = Journal(store, "tester")
        for number in range(5):
            made.append("note.added", "o", {"text": f"note {number}"})
        yield made


def cut(journal: Journal, left: int) -> None:
    for name in ("journal_no_delete", "payload_no_delete"):
        journal.store.connection.execute(f"DROP TRIGGER {name}")
    journal.store.connection.execute("DELETE FROM journal_payload WHERE seq > ?", (left,))
    journal.store.connection.execute("DELETE FROM journal WHERE seq > ?", (left,))


def test_the_head_follows_the_journal(journal: Journal) -> None:
    last = journal.append("note.added", "o", {"text": "last"})
    head = read_head("w")
    assert head is not None
    assert (head.count, head.hash) == (6, last.hash)


def test_entries_after_a_cut_do_not_hide_it(journal: Journal) -> None:
    cut(journal, 3)
    for number in range(10):
        journal.append("note.added", "o", {"text": f"after {number}"})
    head = read_head("w")
    assert head is not None
    assert head.count == 5
    assert [fault.check for fault in verify_journal(journal.store.connection, head)] == ["head"]


def test_a_forged_head_is_refused_and_kept_as_evidence(journal: Journal) -> None:
    path = home() / "heads" / "w.json"
    body = json.loads(path.read_text())
    path.write_text(json.dumps({**body, "count": 4}))
    with pytest.raises(IntegrityError):
        read_head("w")
    journal.append("note.added", "o", {"text": "work goes on"})
    with pytest.raises(IntegrityError):
        read_head("w")


def test_a_number_given_once_stays_given_when_its_entry_is_partly_erased(journal: Journal) -> None:
    number = journal.next_number("SC")
    entry = journal.append("anything.done", number, {"number": number, "who": {"name": "canary", "n": 1}})
    with pytest.raises(Refused):
        erase(journal, entry, "personal data")
    erase(journal, entry, "personal data", ("who.name", "who.n"))
    assert journal.next_number("SC") > number
    again = find_entry(journal, entry.id[:12])
    assert (again.erased, again.payload["who"]) == (True, {"name": "[erased]", "n": None})
    with pytest.raises(Conflict):
        erase(journal, again, "twice")


@pytest.mark.parametrize("name", ["", "0", "99", "zz", "1' OR 1=1", "%", "9" * 40])
def test_entries_that_are_not_there(journal: Journal, name: str) -> None:
    with pytest.raises(NotFound):
        find_entry(journal, name)


@pytest.mark.parametrize("identity", ["../../x", "/tmp/x", "a/b", "a\\b", "x\n"])
def test_an_identity_of_somebody_elses_making_leads_nowhere(identity: str) -> None:
    """It may come from a folder or a backup that was handed over."""
    with pytest.raises(IntegrityError):
        write_head(identity, 1, "0" * 64)
    with pytest.raises(IntegrityError):
        read_head(identity)
