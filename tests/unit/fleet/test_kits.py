"""The register of kits: numbers, keys of their own, expiry, revocation; all of it out of the journal."""

from __future__ import annotations

import pytest

from atttcli.clock import DAY
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.fleet.kits import NewKit, find_kit, issue_kit, kits, kits_by_key, revoke_kit
from atttcli.incident.undo import undo
from atttcli.journal.journal import Journal
from tests.support.casework import SetClock, make_app


@pytest.fixture
def journal(tmp_path):
    app = make_app(tmp_path, SetClock())
    yield Journal(app.store, "lan", app.clock)
    app.close()


def new(journal, key=b"k" * 32, days=180, agency="x-vi-huong"):
    return NewKit(
        agency=agency,
        os="windows",
        arch="amd64",
        public_key=key,
        centre=b"c" * 32,
        expires=journal.clock.now() + days * DAY,
    )


def test_kits_are_numbered_and_found(journal):
    year = find = None
    first, second = issue_kit(journal, new(journal)), issue_kit(journal, new(journal, b"l" * 32, agency="so-tc"))
    year = first.number[2:6]
    assert (first.number, second.number) == (f"K-{year}-0001", f"K-{year}-0002")
    for text in ("1", first.number, first.number.lower()):
        find = find_kit(journal.store, text)
        assert find == first
    assert [one.number for one in kits(journal.store, "so-tc")] == [second.number]
    assert set(kits_by_key(journal.store)) == {b"k" * 32, b"l" * 32}
    with pytest.raises(NotFound):
        find_kit(journal.store, "9")


def test_every_kit_has_a_key_of_its_own(journal):
    issue_kit(journal, new(journal))
    with pytest.raises(Conflict):
        issue_kit(journal, new(journal))
    with pytest.raises(UsageError):
        issue_kit(journal, new(journal, b"short"))


@pytest.mark.parametrize("days", [0, -1, 731])
def test_a_kit_expires(journal, days):
    with pytest.raises(UsageError):
        issue_kit(journal, new(journal, days=days))


def test_revoking_is_a_reasoned_decision_that_stays(journal):
    kit = issue_kit(journal, new(journal))
    now = journal.clock.now()
    assert [kit.state(now), kit.state(kit.expires + 1)] == ["active", "expired"]
    with pytest.raises(Refused):
        revoke_kit(journal, "1", " ")
    gone = revoke_kit(journal, "1", "mất USB")
    assert (gone.state(now), gone.why) == ("revoked", "mất USB")
    with pytest.raises(Conflict):
        revoke_kit(journal, "1", "lần nữa")
    with pytest.raises(Refused):
        undo(journal)
    before = kits(journal.store)
    journal.rebuild()
    assert kits(journal.store) == before
