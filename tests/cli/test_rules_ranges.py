"""A table of country ranges from a file to an alert; without one the rule says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.ingest_case import attt, ingest_json, new_workspace, rows
from tests.unit.ingest.test_learned_values import BOX, DAY_ONE, log

RULE = "attt-mail-0017"
TABLE = "start,end,country\n203.0.113.0,203.0.113.255,VN\n198.51.100.0,198.51.100.255,AA\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def state(place: Path) -> tuple[bool, str]:
    answer = attt(place, "rules", "list", "--kind", "correlation", "--json")
    entry = next(one for line in answer.stdout.splitlines() if (one := json.loads(line))["id"] == RULE)
    return entry["idle"], attt(place, "rules", "list", "--kind", "correlation").output


def test_without_a_table_the_rule_is_idle_and_says_what_to_do(place: Path) -> None:
    idle, told = state(place)
    assert idle and "atttcli rules ranges add FILE" in told
    assert attt(place, "rules", "ranges", "show").exit_code == 3


def test_a_login_from_a_country_new_for_the_mailbox_is_told_once(place: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    assert attt(place, "rules", "ranges", "add", str(tmp_path / "t.csv")).exit_code == 0
    assert state(place)[0] is False
    ingest_json(place, log(tmp_path / "1.log", DAY_ONE, *["203.0.113.7", "203.0.113.99"] * 4))
    two = log(tmp_path / "2.log", DAY_ONE + 86_400_000_000, "203.0.113.200", "198.51.100.4", "198.51.100.5")
    for _ in range(2):
        ingest_json(place, two)
    assert rows(place, "SELECT key, count FROM alert WHERE rule_id = ?", RULE) == [(f"{BOX}|AA", 1)]


def test_bad_rows_are_named_bounded_and_the_rest_is_used(place: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE + "junk,XX\n" * 50)
    answer = attt(place, "rules", "ranges", "add", str(tmp_path / "t.csv"), "--json")
    assert answer.exit_code == 2
    told = json.loads(answer.stdout)
    assert (told["ranges"], told["countries"], told["rejected"], told["changed"]) == (2, 2, 50, True)
    assert "t.csv:4:" in answer.stderr and len(answer.stderr.splitlines()) == 21
    again = attt(place, "rules", "ranges", "add", str(tmp_path / "t.csv"), "--json")
    assert json.loads(again.stdout)["changed"] is False
    shown = json.loads(attt(place, "rules", "ranges", "show", "198.51.100.9", "--json").stdout)
    assert shown["country"] == "AA"


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 9000, b"no,range,here\n", b"PK\x03\x04" + b"x" * 99])
def test_a_file_without_a_range_changes_nothing(place: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    assert attt(place, "rules", "ranges", "add", str(tmp_path / "t.csv")).exit_code == 2
    assert rows(place, "SELECT count(*) FROM range_table") == [(0,)]


def test_a_new_table_takes_the_place_of_the_old_one_and_travels_in_a_backup(place: Path, tmp_path: Path) -> None:
    for text in (TABLE, "192.0.2.0/24,BB\n"):
        (tmp_path / "t.csv").write_text(text)
        attt(place, "rules", "ranges", "add", str(tmp_path / "t.csv"))
    assert len(list((place / "rules" / "countries").iterdir())) == 1
    assert attt(place, "db", "rebuild").exit_code == 0
    assert attt(place, "db", "backup", str(tmp_path / "b.zip")).exit_code == 0
    again = tmp_path / "again"
    attt(place, "db", "restore", str(tmp_path / "b.zip"), str(again))
    assert json.loads(attt(again, "rules", "ranges", "show", "192.0.2.1", "--json").stdout)["country"] == "BB"


def test_a_table_that_somebody_changed_is_not_used(place: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    attt(place, "rules", "ranges", "add", str(tmp_path / "t.csv"))
    (kept,) = (place / "rules" / "countries").iterdir()
    kept.write_text(TABLE.replace("AA", "VN"))
    assert attt(place, "rules", "ranges", "show", "198.51.100.9").exit_code == 7
