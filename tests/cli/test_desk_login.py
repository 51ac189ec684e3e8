"""Who sits at the shared desk: told once a shift, to this terminal and to no later one of its name."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from atttcli.people.users import User, add_user, set_passphrase
from tests.support.casework import journal_of, make_app

pty = pytest.importorskip("pty")
PASSPHRASE = "bốn từ dễ nhớ"
MAIN = [sys.executable, "-c", "from atttcli.cli.main import run; run()"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("ATTTCLI_HOME", str(home))
    app = make_app(tmp_path)
    from atttcli.people.identity import os_login

    add_user(journal_of(app), User("lan", roles=("admin", "duty")))
    add_user(journal_of(app), User("truc", shared=True, logins=(os_login(),)))
    set_passphrase(journal_of(app), "lan", PASSPHRASE)
    yield app
    app.close()


def at_terminal(desk, script, **more):
    """A shell script with a fresh terminal (and session) as standard error; what it printed."""
    ours, theirs = pty.openpty()
    try:
        return os.ttyname(theirs), subprocess.run(
            ["sh", "-c", script], stdin=subprocess.PIPE if "input" in more else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=theirs, start_new_session=True, check=False, timeout=60,
            env={**os.environ, "W": str(desk.workspace.root), "PYTHON": sys.executable, **more.pop("env", {})}, **more,
        ).stdout.decode()  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)


WHO = "$PYTHON -c 'from atttcli.cli.main import run; run()' -w $W user "
IN = f"printf '%s\\n' '{PASSPHRASE}' | {WHO} login lan --passphrase-stdin >&2; "


def test_a_login_is_of_this_terminal_and_not_of_the_next_one_with_its_name(desk):
    first, told = at_terminal(desk, IN + WHO + "whoami --json")
    assert json.loads(told)["name"] == "lan"
    second, told = at_terminal(desk, WHO + "whoami --json")
    assert first == second, "the system gave the name again: that is the case that is meant"
    assert json.loads(told)["name"] == "truc"


def test_what_the_terminal_keeps_is_readable_by_its_owner_only_and_no_passphrase(desk, tmp_path):
    at_terminal(desk, IN)
    kept = list((tmp_path / "home" / "login").iterdir())
    assert len(kept) == 1
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(kept[0].parent.stat().st_mode) == 0o700
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert PASSPHRASE.encode() not in everything
    assert kept[0].read_text().strip().encode() not in (tmp_path / "ws" / "workspace.db").read_bytes()


def test_a_program_of_a_playbook_does_not_see_the_passphrase(desk, monkeypatch):
    from atttcli.process.run import run

    monkeypatch.setenv("ATTTCLI_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ATTTCLI_PASSPHRASE_FILE", "/nowhere")
    seen = run([sys.executable, "-c", "import os; print(sorted(os.environ))"]).output.decode()
    assert "PASSPHRASE" not in seen


def test_a_stranger_takes_no_evidence_out_and_leaves_none_behind(desk, tmp_path, capsys, monkeypatch):
    """Refused before the first byte is copied: an export that is only then refused has happened all the same."""
    from atttcli.evidence import vault
    from atttcli.incident.casework import NewIncident, open_incident
    from tests.support.casework import vault_of
    from tests.support.cli_run import tell

    journal = journal_of(desk)
    (tmp_path / "a.log").write_bytes(b"Failed password\n")
    incident = open_incident(journal, "bac-kan", "vn-2017", NewIncident("x"))
    number = vault.add(journal, vault_of(desk), incident, tmp_path / "a.log")
    before = sorted(desk.workspace.vault.rglob("*"))
    monkeypatch.setattr("atttcli.people.identity.os_login", lambda: "khach")
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(desk.workspace.root))
    (tmp_path / "b.log").write_bytes(b"other\n")
    out = tmp_path / "out.log"
    for words in (
        ("evidence", "export", number, str(out)), ("evidence", "add", str(tmp_path / "b.log"), "--incident", incident),
        ("db", "purge", "--events-older-than", "13mo", "--yes"), ("evidence", "seal", number, "--seal", "NP-1"),
        ("incident", "note", incident, "x"), ("rules", "disable", "r1", "--reason", "x"), ("shift", "handover", "--to", "x"),
        ("db", "erase", "1", "--reason", "x"), ("undo",), ("user", "add", "khach", "--role", "admin"),
        ("scan", str(tmp_path), "--store"), ("ingest", str(tmp_path / "b.log")), ("alert", "add", "--from-text", "x"),
        ("training", "add", "x", "--held", "2026-03-01"), ("agency", "learn-ip", "192.0.2.9", "so-y-te"),
    ):  # fmt: skip
        assert tell(capsys, *words).code in (2, 3, 4), words
    assert not out.exists()
    assert sorted(desk.workspace.vault.rglob("*")) == before
    assert desk.store.value("SELECT count(*) FROM journal WHERE actor = 'khach'") == 0
    assert desk.store.value("SELECT count(*) FROM source_file") == 0


def test_only_the_systems_administrator_recovers_an_admin(desk, capsys, monkeypatch):
    from tests.support.cli_run import tell

    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(desk.workspace.root))
    monkeypatch.setattr("atttcli.people.identity.os_login", lambda: "lan-moi")
    monkeypatch.setattr("atttcli.people.identity.is_superuser", lambda: False)
    assert tell(capsys, "user", "recover", "lan", "--reason", "đổi tên").code == 4
    monkeypatch.setattr("atttcli.people.identity.is_superuser", lambda: True)
    assert tell(capsys, "user", "recover", "lan", "--reason", "đổi tên", "--json").code == 0
    assert json.loads(tell(capsys, "user", "whoami", "--json").out)["name"] == "lan"
    assert desk.store.value("SELECT actor FROM journal ORDER BY seq DESC LIMIT 1") == "lan-moi"


def test_ones_own_passphrase_is_changed_by_who_knows_the_present_one(desk, capsys, monkeypatch):
    from tests.support.cli_run import tell

    add_user(journal_of(desk), User("minh", roles=("responder",), logins=("minh",)))
    set_passphrase(journal_of(desk), "minh", PASSPHRASE)
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(desk.workspace.root))
    monkeypatch.setattr("atttcli.people.identity.os_login", lambda: "minh")
    import io

    for given, code in (("đoán bừa thôi\nmật khẩu mới hẳn\n", 4), (f"{PASSPHRASE}\nmật khẩu mới hẳn\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert tell(capsys, "user", "passphrase", "minh", "--passphrase-stdin").code == code
    monkeypatch.setattr("sys.stdin", io.StringIO("mật khẩu mới hẳn\n"))
    assert tell(capsys, "user", "passphrase", "lan", "--passphrase-stdin").code == 4


def test_a_custody_form_names_people_as_papers_do(desk, tmp_path, capsys, monkeypatch):
    from atttcli.evidence import custody
    from atttcli.evidence.custody import HandOver
    from atttcli.incident.casework import NewIncident, open_incident
    from atttcli.people.users import change_user
    from tests.support.casework import vault_of
    from tests.support.cli_run import tell

    journal = journal_of(desk)
    change_user(journal, "lan", {"full_name": "Nguyễn Thị Lan"})
    incident = open_incident(journal, "bac-kan", "vn-2017", NewIncident("x"))
    number = custody.add_item(journal, incident, "Ổ cứng", serial="S3", source="PC-17")
    custody.move(journal, vault_of(desk), number, HandOver(to="PA05", why="giám định"))
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(desk.workspace.root))
    assert tell(capsys, "evidence", "form", number, "--format", "html", "-o", str(tmp_path / "form")).code == 0
    text = next((tmp_path / "form").iterdir()).read_text(encoding="utf-8")
    assert ">Nguyễn Thị Lan<" in text
    assert "từ Nguyễn Thị Lan; cho PA05" in text
