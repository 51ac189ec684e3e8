"""Hand over hand: nothing moves unless it is what was collected, and the whole chain says who, when, where and why."""

from __future__ import annotations

import io
import zipfile

import pytest

from atttcli.errors import Conflict, IntegrityError, Refused, UsageError
from atttcli.evidence import vault as evidence
from atttcli.evidence.custody import HandOver, add_item, chain, move, seal, unseal
from atttcli.evidence.vault import exhibit, verify
from atttcli.incident import casework
from atttcli.incident.casework import NewIncident, open_incident
from atttcli.reports.custody import CustodyForm, CustodyStep, render_custody
from tests.support.casework import dump, journal_of, make_app, vault_of


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path)
    yield app
    app.close()


@pytest.fixture
def journal(app):
    return journal_of(app)


@pytest.fixture
def disk(journal):
    number = open_incident(journal, "bac-kan", "vn-2017", NewIncident("Mã độc"))
    return add_item(journal, number, "Ổ cứng 1 TB", serial="S3Z8NB0K", source="máy PC-17")


@pytest.fixture
def log(journal, app, tmp_path):
    number = open_incident(journal, "bac-kan", "vn-2017", NewIncident("Mã độc"))
    path = tmp_path / "auth.log"
    path.write_bytes(b"Failed password\n")
    return evidence.add(journal, vault_of(app), number, path)


def spoil(app, number):
    path = vault_of(app).path(exhibit(app.store, number).sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-3])


def test_the_chain_says_who_when_where_and_why(app, journal, log):
    vault = vault_of(app)
    seal(journal, vault, log, "NP-0012", place="tủ số 2")
    move(
        journal, vault, log, HandOver(to="PA05", why="điều tra", place="Công an tỉnh", paper="03/BB", seal_intact=True)
    )
    item = exhibit(app.store, log)
    assert (item.holder, item.place, item.seal) == ("PA05", "Công an tỉnh", "NP-0012")
    steps = chain(app.store, log)
    assert [step.action for step in steps] == ["added", "sealed", "moved"]
    assert {step.sha256 for step in steps} == {item.sha256}, "re-hashed at every step"
    last = steps[-1].detail
    assert (last["from"], last["to"], last["why"], last["paper"], last["seal_intact"]) == (
        "lan", "PA05", "điều tra", "03/BB", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "act",
    [
        lambda j, v, n: seal(j, v, n, "NP-1"),
        lambda j, v, n: move(j, v, n, HandOver(to="PA05", why="điều tra")),
    ],
    ids=["seal", "move"],
)
def test_what_is_not_what_was_collected_goes_nowhere(app, journal, log, act):
    spoil(app, log)
    before = app.store.value("SELECT count(*) FROM journal")
    with pytest.raises(IntegrityError):
        act(journal, vault_of(app), log)
    assert app.store.value("SELECT count(*) FROM journal") == before


def test_a_sealed_piece_moves_only_with_a_word_on_its_seal(app, journal, disk):
    vault = vault_of(app)
    seal(journal, vault, disk, "NP-1")
    with pytest.raises(Refused) as refused:
        move(journal, vault, disk, HandOver(to="PA05", why="điều tra"))
    assert refused.value.guard == "seal"
    assert move(journal, vault, disk, HandOver(to="PA05", why="điều tra", seal_intact=False)).seal == ""
    assert seal(journal, vault, disk, "NP-2").seal == "NP-2"
    with pytest.raises(Conflict):
        seal(journal, vault, disk, "NP-3")


def test_a_seal_is_broken_with_a_reason_and_once(app, journal, disk):
    vault = vault_of(app)
    with pytest.raises(Conflict):
        unseal(journal, vault, disk, "giám định")
    seal(journal, vault, disk, "NP-1")
    with pytest.raises(Refused):
        unseal(journal, vault, disk, "  ")
    assert unseal(journal, vault, disk, "giám định").seal == ""


@pytest.mark.parametrize("step", [HandOver(to="", why="x"), HandOver(to="x", why=" ")])
def test_a_hand_over_says_to_whom_and_why(app, journal, disk, step):
    with pytest.raises(Refused):
        move(journal, vault_of(app), disk, step)


def test_a_thing_has_no_bytes_to_verify_or_copy(app, journal, disk, tmp_path):
    assert list(verify(app.store, vault_of(app))) == []
    with pytest.raises(Refused) as refused:
        evidence.export(journal, vault_of(app), disk, tmp_path / "copy")
    assert refused.value.guard == "thing"
    with pytest.raises(UsageError):
        add_item(journal, exhibit(app.store, disk).incident, " ", serial="", source="x")


def test_a_withdrawn_piece_stays_where_it_is(app, journal, disk):
    evidence.withdraw(journal, disk, "nhầm")
    with pytest.raises(Conflict):
        move(journal, vault_of(app), disk, HandOver(to="PA05", why="x"))


def test_rebuild_gives_the_same_chain(app, journal, disk, log):
    seal(journal, vault_of(app), disk, "NP-1", place="tủ 2")
    move(journal, vault_of(app), disk, HandOver(to="PA05", why="x", seal_intact=False))
    move(journal, vault_of(app), log, HandOver(to="PA05", why="x", place="y"))
    before = dump(app.store)
    journal.rebuild()
    assert dump(app.store) == before


def form(**values):
    given = {
        "number": "CC-2026-0001", "incident": "SC-2026-0001", "incident_title": "Mã độc", "name": "auth.log", "serial": "",
        "sha256": "a" * 64, "size": 17, "source": "PC-17", "holder": "lan", "seal": "NP-1", "superior": "UBND TỈNH", "organ": "SỞ",
        "place": "Bắc Kạn", "head": "b" * 64, "as_of": 1_767_225_600_000_000,
        "steps": (CustodyStep(1_767_225_600_000_000, "lan", "moved", {"to": "PA05", "seal_intact": False}, "điều tra"),),
    } | values  # fmt: skip
    return CustodyForm(**given)


def test_the_printed_form_shows_the_chain_and_room_to_sign():
    text = render_custody(form(), "html").decode()
    for wanted in ("PHIẾU THEO DÕI CHỨNG CỨ", "a" * 20, "PA05", "KHÔNG còn nguyên", "điều tra", "Bên nhận"):
        assert wanted in text, wanted
    assert "(1 lần ghi)" in text, "a page that is missing is noticed"
    assert "mã băm được tính lại" in text
    thing = render_custody(form(sha256="", size=0), "txt").decode().replace("\n", " ")
    assert "mã băm được tính lại" not in thing
    assert "8.589.934.592" in render_custody(form(size=1 << 33), "txt").decode()
    assert "EVIDENCE CUSTODY FORM" in render_custody(form(language="en"), "txt").decode()


@pytest.mark.parametrize("format", ["docx", "html", "txt"])
def test_the_same_form_is_the_same_bytes_and_hostile_words_are_inert(format):
    hostile = form(name="<script>x</script>{{7*7}}\x1b[31m\u202e", source="=cmd|'/c calc'!A1")
    data = render_custody(hostile, format)
    assert data == render_custody(hostile, format)
    text = data if format != "docx" else zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml")
    markup = [b"<script>"] if format != "txt" else []  # a text file has no markup
    for bad in (*markup, b"\x1b", "\u202e".encode()):
        assert bad not in text
    with pytest.raises(UsageError):
        render_custody(hostile, "exe")


def test_nobody_waits_for_a_large_piece_to_be_read(app, journal, log, monkeypatch):
    """8 GB take half a minute: while they are read, others write."""
    vault, seen = vault_of(app), []

    def problem(_self, _digest):
        seen.append(app.store.connection.in_transaction)
        journal_of(app, "minh").append("incident.noted", exhibit(app.store, log).incident, {"text": "viết xen vào"})
        return ""

    monkeypatch.setattr(type(vault), "problem", problem)
    seal(journal, vault, log, "NP-0012")
    move(journal, vault, log, HandOver(to="PA05", why="điều tra", seal_intact=True))
    unseal(journal, vault, log, "giám định")
    number = exhibit(app.store, log).incident
    with pytest.raises(Refused):
        casework.move(journal, vault, number, "closed")
    assert seen == [False] * 4


def test_what_was_withdrawn_while_it_was_read_is_not_handed_over(app, journal, log, monkeypatch):
    vault = vault_of(app)

    def problem(_self, _digest):
        evidence.withdraw(journal_of(app, "minh"), log, "nhập nhầm")
        return ""

    monkeypatch.setattr(type(vault), "problem", problem)
    with pytest.raises(Conflict):
        move(journal, vault, log, HandOver(to="PA05", why="điều tra"))
    assert [step.action for step in chain(app.store, log)] == ["added", "withdrawn"]
