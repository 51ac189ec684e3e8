"""`atttcli db` from outside: whole, broken, rebuilt, backed up, restored, purged, erased, exported."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from atttcli.archive.layout import SegmentHeader
from atttcli.archive.writing import SegmentWriter
from atttcli.cli.main import run
from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.inventory import Organisation
from atttcli.inventory.organisation import ProfileSpan
from atttcli.journal.journal import Journal
from atttcli.model.event import Event
from atttcli.model.inventory import Agency
from atttcli.store.connection import Store
from atttcli.store.facts.segments import add_segment

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "json"
PLACE = Organisation("x", "X", profiles=(ProfileSpan("vn-2026"),), agencies=(Agency("a", "A", group="xa"),))


def call(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as stop:
        run([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "w"
    make_workspace(folder, PLACE, "vn-2026", "en", Clock())
    with Store(folder / "workspace.db") as store:
        journal = Journal(store, "tester")
        for number in range(1, 6):
            journal.append("network.learned", "a", {"cidr": f"192.0.2.{number}/32", "note": f"canary-{number}"})
        journal.append("rule.disabled", "r1", {"reason": "noise"})
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(folder))
    yield folder


def tamper(root: Path, *statements: str) -> None:
    with closing(sqlite3.connect(root / "workspace.db", isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)


def told(capsys: pytest.CaptureFixture, schema: str) -> dict:
    value = json.loads(capsys.readouterr().out)
    jsonschema.validate(value, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))
    return value


def test_a_whole_workspace(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("db", "verify", "--json") == 0
    result = told(capsys, "db-verify")
    assert (result["ok"], result["entries"], result["first_bad"], result["head_kept"]) == (True, 7, None, True)


@pytest.mark.parametrize(
    ("statement", "check", "seq"),
    [
        ("UPDATE journal SET actor = 'x' WHERE seq = 3", "chain", 3),
        ("UPDATE journal_payload SET payload = '{}' WHERE seq = 4", "payload", 4),
        ("DELETE FROM journal WHERE seq = 2", "chain", 2),
        ("DELETE FROM journal_payload WHERE seq = 5", "payload", 5),
        ("DELETE FROM journal WHERE seq = 7", "head", 7),
    ],
)
def test_tampering_is_found_and_named(
    root: Path, capsys: pytest.CaptureFixture, statement: str, check: str, seq: int
) -> None:
    tamper(root, statement)
    assert call("db", "verify", "--json") == 7
    result = told(capsys, "db-verify")
    assert result["first_bad"]["seq"] == seq
    assert check in {fault["check"] for fault in result["faults"] if fault["seq"] == seq}
    assert any(fault["check"] == "schema" for fault in result["faults"])
    assert call("db", "verify") == 7
    assert f"entry {seq}" in capsys.readouterr().err


def test_a_cut_tail_stays_found_after_new_entries(root: Path, capsys: pytest.CaptureFixture) -> None:
    tamper(root, "DELETE FROM journal WHERE seq >= 5", "DELETE FROM journal_payload WHERE seq >= 5")
    with Store(root / "workspace.db") as store:
        for number in range(10):
            Journal(store, "tester").append("note.added", "x", {"text": str(number)})
    assert call("db", "verify", "--json") == 7
    assert told(capsys, "db-verify")["first_bad"]["check"] == "head"


def test_a_changed_projection_is_named_and_rebuilt(root: Path, capsys: pytest.CaptureFixture) -> None:
    dump = _projections(root)
    with closing(sqlite3.connect(root / "workspace.db")) as db:
        db.execute("UPDATE rule_state SET disabled = 0")
        db.execute("DELETE FROM learned_network WHERE cidr LIKE '%.3/32'")
        db.commit()
    assert call("db", "verify", "--json") == 7
    assert {f["where"] for f in told(capsys, "db-verify")["faults"]} == {
        "rule_state r1",
        "learned_network 192.0.2.3/32 a  ",
    }
    assert call("db", "rebuild", "--json") == 0
    assert told(capsys, "db-rebuild") == {"entries": 7, "changed": ["learned_network", "rule_state"]}
    assert _projections(root) == dump
    assert call("db", "verify") == 0


def _projections(root: Path) -> list[str]:
    with closing(sqlite3.connect(root / "workspace.db")) as db:
        return list(db.iterdump())


def test_a_file_that_is_no_database(root: Path, capsys: pytest.CaptureFixture) -> None:
    (root / "workspace.db").write_bytes(b"not a database" * 1000)
    assert call("db", "verify", "--json") == 7
    assert told(capsys, "db-verify")["first_bad"]["check"] == "database"


@pytest.mark.parametrize("name", ["b.zip", "folder"])
def test_backup_and_restore(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture, name: str) -> None:
    _segment(root, [1])
    target = tmp_path / name
    assert call("db", "backup", target, "--json") == 0
    told(capsys, "db-backup")
    assert target.stat().st_mode & 0o077 == 0
    assert call("db", "backup", target) == 5
    with Store(root / "workspace.db") as store:
        Journal(store, "tester").append("note.added", "x", {"text": "after the backup"})
    restored = tmp_path / "again"
    capsys.readouterr()
    assert call("db", "restore", target, restored, "--json") == 0
    assert told(capsys, "db-restore")["later_decisions_lost"] == 1
    for folder in (restored, root):
        assert call("--workspace", folder, "db", "verify") == 0
    with Store(restored / "workspace.db") as store:
        assert store.value("SELECT verb FROM journal ORDER BY seq DESC") == "workspace.restored"
        assert store.value("SELECT count(*) FROM learned_network") == 5
    assert (restored / ".secret").read_bytes() == (root / ".secret").read_bytes()
    assert call("db", "restore", target, root) == 5


def test_a_damaged_backup_restores_nothing(root: Path, tmp_path: Path) -> None:
    assert call("db", "backup", tmp_path / "b") == 0
    (tmp_path / "b" / ".secret").write_text("00" * 32 + "\n")
    assert call("db", "restore", tmp_path / "b", tmp_path / "again") == 7
    assert not (tmp_path / "again").exists()
    (tmp_path / "b" / ".secret").unlink()
    assert call("db", "restore", tmp_path / "b", tmp_path / "again") == 7
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no")
    assert call("db", "restore", tmp_path / "no.zip", tmp_path / "again") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b", "no.zip", "w"]


@pytest.mark.parametrize(
    "evil", ["../evil", "/tmp/evil", "events/../../evil", "C:evil", "keys/evil", "events\\..\\evil"]
)
def test_a_backup_writes_nothing_outside(root: Path, tmp_path: Path, evil: str) -> None:
    assert call("db", "backup", tmp_path / "b.zip") == 0
    with zipfile.ZipFile(tmp_path / "b.zip") as good, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            if name == "manifest.json":
                body = json.loads(data)
                body["files"].append({"path": evil, "bytes": 1, "sha256": "0" * 64})
                data = json.dumps(body).encode()
            bad.writestr(name, data)
        bad.writestr(evil, b"x")
    assert call("db", "restore", tmp_path / "bad.zip", tmp_path / "deep" / "again") == 2
    assert not list(tmp_path.rglob("evil"))


DAY = 86_400_000_000


def _segment(root: Path, ages: list[int]) -> str:
    now = Clock().now()
    header = SegmentHeader("ab" * 32, "web", "access.log", "web", 0, now)
    with SegmentWriter(root / "events", header) as writer:
        events = [Event(time=now - age * DAY, line=1, raw=str(age), category="web") for age in ages]
        writer.add(events, bytes(16 * len(events)))
        info = writer.close()
    with Store(root / "workspace.db") as store, store.transaction() as db:
        add_segment(db, info, "web")
    return info.path


def test_purge_keeps_the_law_and_the_decisions(root: Path, capsys: pytest.CaptureFixture) -> None:
    whole, astride = _segment(root, [500, 450]), _segment(root, [410, 1])
    assert call("db", "purge", "--events-older-than", "11mo", "--yes") == 4
    assert call("db", "purge", "--events-older-than", "13mo") == 2
    capsys.readouterr()
    assert call("db", "purge", "--events-older-than", "13mo", "--dry-run", "--json") == 0
    assert told(capsys, "db-purge")["events"] == 3
    assert (root / "events" / whole).exists()
    assert call("db", "purge", "--events-older-than", "13mo", "--yes", "--json") == 0
    assert told(capsys, "db-purge")["events"] == 3
    assert not (root / "events" / whole).exists()
    assert not (root / "events" / astride).exists()
    with Store(root / "workspace.db") as store:
        assert store.value("SELECT sum(count) FROM segment") == 1
        assert store.value("SELECT count(*) FROM journal") == 8
        assert store.value("SELECT verb FROM journal WHERE seq = 8") == "events.purged"
    assert call("db", "verify") == 0
    assert call("db", "purge", "--events-older-than", "1d", "--even-below-legal-minimum", "court order", "--yes") == 0


def test_a_damaged_segment_is_named(root: Path, capsys: pytest.CaptureFixture) -> None:
    path = root / "events" / _segment(root, [1])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert call("db", "verify", "--json") == 7
    assert path.name in told(capsys, "db-verify")["first_bad"]["where"]
    path.unlink()
    assert call("db", "verify") == 7


def test_erased_data_is_in_no_file_and_the_chain_holds(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("db", "erase", "3", "--reason", "asked by the person", "--field", "note", "--json") == 0
    told(capsys, "db-erase")
    for file in root.rglob("*"):
        assert not file.is_file() or b"canary-2" not in file.read_bytes()
    with Store(root / "workspace.db") as store:
        assert store.value("SELECT note FROM learned_network WHERE cidr = '192.0.2.2/32'") == "[erased]"
    assert call("db", "verify") == 0
    assert call("db", "rebuild", "--json") == 0
    capsys.readouterr()
    assert call("db", "erase", "4", "--reason", "all of it") == 0
    assert call("db", "verify") == 0
    assert call("db", "erase", "4", "--reason", "again") == 5
    assert call("db", "erase", "1", "--reason", "the ground") == 4
    assert call("db", "erase", "99", "--reason", "nobody") == 3
    assert call("db", "erase", "5", "--reason", "x", "--field", "nothing") == 3
    assert call("db", "erase", "5", "--reason", " ") == 2


def test_an_erased_flag_without_a_decision_is_found(root: Path, capsys: pytest.CaptureFixture) -> None:
    with closing(sqlite3.connect(root / "workspace.db", isolation_level=None)) as db:
        db.execute("UPDATE journal_payload SET payload = NULL, erased = 1, reason = 'x' WHERE seq = 4")
    assert call("db", "verify", "--json") == 7
    assert told(capsys, "db-verify")["first_bad"]["seq"] == 4


def test_export_gives_cells_that_no_spreadsheet_runs(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with Store(root / "workspace.db") as store:
        Journal(store, "tester").append("rule.disabled", "r2", {"reason": '=HYPERLINK("x")\x1b[31m'})
    assert call("db", "export", "rule_state", "--where", "rule_id=r2") == 0
    out = capsys.readouterr().out
    assert "'=HYPERLINK" in out
    assert "\x1b" not in out
    assert out.count("\n") == 2
    assert call("db", "export", "rule_state", "-o", tmp_path / "r.csv") == 0
    assert (tmp_path / "r.csv").read_text("utf-8-sig").startswith("rule_id,disabled,")
    assert call("db", "export", "rule_state", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["rule_id"] == "r1"
    assert call("db", "export", "journal_payload") == 3
    assert call("db", "export", "rule_state", "--where", "1=1") == 2
