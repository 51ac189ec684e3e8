"""`scan` inside a workspace: findings become alerts of a machine, once; the run is recorded; disabled rules stay silent."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from atttcli.errors import WorkspaceError
from atttcli.scan.keep import Keeper
from tests.support.ingest_case import attt, new_workspace, rows

ALERTS = "SELECT rule_id, key, victim, agency, system, category, count FROM alert ORDER BY id"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    new_workspace(tmp_path / "ws")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"..MARKER..")
    (tmp_path / "in" / "twin.txt").write_bytes(b"..MARKER..")
    (tmp_path / "in" / "b.txt").write_bytes(b"clean")
    (tmp_path / "r.yar").write_text('rule marked { meta: category = "madoc" strings: $m = "MARKER" condition: $m }\n')
    return tmp_path


def scanned(place: Path, *words: str) -> tuple[int, dict[str, Any]]:
    told = attt(
        place / "ws",
        "--lang",
        "en",
        "scan",
        str(place / "in"),
        "--rules",
        str(place / "r.yar"),
        "--fresh",
        "--json",
        *words,
    )
    return told.exit_code, json.loads(told.stdout.splitlines()[-1])


def test_findings_become_alerts_of_the_machine_whose_files_they_are(place: Path) -> None:
    code, account = scanned(place, "--host", "dvc-web01")
    assert code == 1
    assert account["stored"] == {"run": 1, "alerts": 1, "sightings": 2, "known": 0}
    ((rule, key, victim, agency, system, category, count),) = rows(place / "ws", ALERTS)
    digest = hashlib.sha256(b"..MARKER..").hexdigest()
    assert (rule, key, victim, category, count) == ("r.yar:marked", digest, "dvc-web01", "madoc", 2)
    assert agency
    assert system
    paths = {row[0] for row in rows(place / "ws", "SELECT source_path FROM sighting")}
    assert paths == {str(place / "in" / "a.txt"), str(place / "in" / "twin.txt")}


def test_the_same_scan_again_adds_nothing_and_a_new_file_adds_itself(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(place)
    before = rows(place / "ws", ALERTS), rows(place / "ws", "SELECT * FROM sighting")
    monkeypatch.chdir(place)  # the same folder by another name
    told = attt(place / "ws", "--lang", "en", "scan", "in", "--rules", "r.yar", "--json")
    assert json.loads(told.stdout.splitlines()[-1])["stored"] == {"run": 2, "alerts": 0, "sightings": 0, "known": 2}
    assert (rows(place / "ws", ALERTS), rows(place / "ws", "SELECT * FROM sighting")) == before
    (place / "in" / "c.txt").write_bytes(b"another MARKER")
    assert scanned(place)[1]["stored"] == {"run": 3, "alerts": 1, "sightings": 1, "known": 2}
    assert scanned(place, "--host", "other")[1]["stored"]["alerts"] == 2  # another machine is another alert


def test_no_store_leaves_the_workspace_as_it_was(place: Path) -> None:
    code, account = scanned(place, "--no-store")
    assert (code, account["stored"]) == (1, None)
    assert rows(place / "ws", "SELECT count(*) FROM alert") == [(0,)]
    assert rows(place / "ws", "SELECT count(*) FROM scan_run") == [(0,)]


def test_every_run_is_recorded_with_its_account(place: Path) -> None:
    scanned(place, "--host", "pc-17")
    (place / "in" / "torn.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    scanned(place)
    told = [
        json.loads(line) for line in attt(place / "ws", "--lang", "en", "scan", "--runs", "--json").stdout.splitlines()
    ]
    assert [one["id"] for one in told] == [2, 1]
    assert told[1]["host"] == "pc-17"
    assert told[1]["ledger"] == {"read": 2, "stored": 2, "duplicate": 0, "alerts": 1}
    assert told[1]["account"]["files"]["complete"] is True
    assert told[0]["account"]["files"]["complete"] is False
    assert told[0]["account"]["not_judged"]
    assert "with holes" in attt(place / "ws", "--lang", "en", "scan", "--runs").stdout


def test_rules_and_hashes_of_the_workspace_are_looked_for_too(place: Path) -> None:
    own = place / "ws" / "rules" / "yara"
    own.mkdir(parents=True)
    (own / "own.yar").write_text('rule own { strings: $m = "MARKER" condition: $m }\n')
    listed = place / "list.csv"
    listed.write_text(f"sha256\n{hashlib.sha256(b'clean').hexdigest()}\n", encoding="utf-8")
    attt(place / "ws", "--lang", "en", "ingest", str(listed))
    assert rows(place / "ws", "SELECT type FROM indicator") == [("sha256",)]
    attt(place / "ws", "--lang", "en", "scan", str(place / "in"), "--fresh")
    found = {(row[0], row[1]) for row in rows(place / "ws", "SELECT kind, key FROM alert")}
    assert ("yara", hashlib.sha256(b"..MARKER..").hexdigest()) in found
    assert any(kind == "indicator" for kind, _ in found)


def test_a_disk_that_is_full_ends_the_storing_and_not_the_scan(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise WorkspaceError("nothing was saved: disk full")

    monkeypatch.setattr(Keeper, "add", full)
    told = attt(place / "ws", "--lang", "en", "scan", str(place / "in"), "--rules", str(place / "r.yar"), "--fresh")
    assert told.exit_code == 2
    assert "a.txt" in told.stdout
    assert "nothing was saved" in told.stderr


def test_a_muted_finding_is_stored_and_counted_as_muted(place: Path) -> None:
    attt(place / "ws", "--lang", "en", "alert", "mute", "r.yar:marked", "--host", "pc-17", "--reason", "our own sample")
    scanned(place, "--host", "pc-17")
    scanned(place, "--host", "pc-18")
    assert rows(place / "ws", "SELECT victim, muted FROM alert ORDER BY id") == [("pc-17", 1), ("pc-18", 0)]


def test_names_that_are_no_utf8_are_stored(place: Path) -> None:
    (place / "in" / "x\udcff.txt").write_bytes(b"odd MARKER")
    assert scanned(place)[1]["stored"]["sightings"] == 3
    assert any("\\xff" in row[0] for row in rows(place / "ws", "SELECT source_path FROM sighting"))
    assert attt(place / "ws", "--lang", "en", "scan", "--runs").exit_code == 0
