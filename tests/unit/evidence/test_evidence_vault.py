from __future__ import annotations

import io
import os
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.errors import Conflict, InputError, IntegrityError, LimitExceeded, Refused
from atttcli.evidence import vault as evidence
from atttcli.evidence.vault import CHUNK, Vault
from atttcli.incident.casework import NewIncident, open_incident
from tests.support.casework import journal_of, make_app, vault_of

MARK = b"a made-up pattern that a scanner would look for " * 4


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
def number(journal):
    return open_incident(journal, "bac-kan", "vn-2017", NewIncident("Mã độc"))


@pytest.mark.parametrize("data", [b"", b"x", MARK, os.urandom(CHUNK + 7), b"\0" * (3 * CHUNK)], ids=len)
def test_bytes_come_back_as_they_were(tmp_path, data):
    vault = Vault(tmp_path)
    digest, size = vault.keep(io.BytesIO(data), "x")
    assert (digest, size) == (sha256(data).hexdigest(), len(data))
    assert b"".join(vault.read(digest)) == data
    assert vault.problem(digest) == ""


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_come_back(tmp_path_factory, data):
    vault = Vault(tmp_path_factory.mktemp("v"))
    digest, _ = vault.keep(io.BytesIO(data), "x")
    assert b"".join(vault.read(digest)) == data


def test_an_object_shows_no_pattern_of_its_content_and_nothing_else_is_left(tmp_path):
    vault = Vault(tmp_path)
    digest, _ = vault.keep(io.BytesIO(MARK), "x")
    stored = vault.path(digest).read_bytes()
    assert all(MARK[i : i + 8] not in stored for i in range(40))
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [digest]
    assert vault.path(digest).stat().st_mode & 0o222 == 0


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_changed_cut_or_lengthened_object_is_found(tmp_path_factory, data):
    vault = Vault(tmp_path_factory.mktemp("v"))
    digest, _ = vault.keep(io.BytesIO(MARK * 3), "x")
    path = vault.path(digest)
    raw = bytearray(path.read_bytes())
    kind = data.draw(st.sampled_from(["flip", "cut", "append"]))
    place = data.draw(st.integers(0, len(raw) - 1))
    if kind == "flip":
        raw[place] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del raw[place:]
    else:
        raw += b"x"
    path.chmod(0o600)
    path.write_bytes(bytes(raw))
    # A few bits of a deflate stream mean nothing (the padding before its checksum): what was collected is whole then.
    spare = kind == "flip" and not vault.problem(digest)
    assert vault.problem(digest) or (spare and b"".join(vault.read(digest)) == MARK * 3)


def test_a_broken_object_is_healed_when_the_same_bytes_come_again(tmp_path):
    vault = Vault(tmp_path)
    digest, _ = vault.keep(io.BytesIO(MARK), "x")
    vault.path(digest).chmod(0o600)
    vault.path(digest).write_bytes(b"")
    assert vault.problem(digest)
    vault.keep(io.BytesIO(MARK), "x")
    assert vault.problem(digest) == ""


def test_too_much_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(LimitExceeded):
        Vault(tmp_path).keep(io.BytesIO(b"x" * 100), "x", limit=99)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_digest_becomes_a_path(tmp_path, name):
    with pytest.raises(IntegrityError):
        Vault(tmp_path).path(name)


def test_the_same_file_twice_is_one_exhibit_but_each_incident_has_its_own(app, journal, number, tmp_path):
    other = open_incident(journal, "bac-kan", "vn-2017", NewIncident("Khác"))
    (tmp_path / "a").write_bytes(MARK)
    (tmp_path / "b").write_bytes(MARK)
    first = evidence.add(journal, vault_of(app), number, tmp_path / "a")
    assert evidence.add(journal, vault_of(app), number, tmp_path / "b") == first
    assert evidence.add(journal, vault_of(app), other, tmp_path / "a") != first
    assert len(evidence.exhibits(app.store)) == 2


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
@pytest.mark.parametrize("kind", ["fifo", "link", "folder", "missing"])
def test_only_regular_files_are_collected(app, journal, number, tmp_path, kind):
    path = tmp_path / "e"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(InputError):
        evidence.add(journal, vault_of(app), number, path)
    assert evidence.exhibits(app.store) == []


def test_custody_records_every_hand_over(app, journal, number, tmp_path):
    (tmp_path / "e").write_bytes(MARK)
    piece = evidence.add(journal, vault_of(app), number, tmp_path / "e", note="từ PC-17")
    evidence.export(journal, vault_of(app), piece, tmp_path / "out")
    with pytest.raises(Conflict):
        evidence.export(journal, vault_of(app), piece, tmp_path / "out")
    with pytest.raises(Refused):
        evidence.withdraw(journal, piece, "")
    evidence.withdraw(journal, piece, "nhầm tệp")
    assert (tmp_path / "out").read_bytes() == MARK
    rows = app.store.rows("SELECT action, actor, note FROM custody WHERE evidence = ? ORDER BY seq", piece)
    assert [tuple(row) for row in rows] == [
        ("added", "lan", "từ PC-17"), ("exported", "lan", str(tmp_path / "out")), ("withdrawn", "lan", "nhầm tệp"),
    ]  # fmt: skip


def test_a_broken_exhibit_is_not_handed_over(app, journal, number, tmp_path):
    (tmp_path / "e").write_bytes(MARK)
    piece = evidence.add(journal, vault_of(app), number, tmp_path / "e")
    path = vault_of(app).path(evidence.exhibit(app.store, piece).sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IntegrityError):
        evidence.export(journal, vault_of(app), piece, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert [v.number for v in evidence.verify(app.store, vault_of(app)) if v.problem] == [piece]
