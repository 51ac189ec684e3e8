"""Alerts of logs whose lines name no host get the system that people told for the log, and the agency that owns it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from atttcli.inventory import load_organisation
from atttcli.inventory.log_sources import LogSources
from atttcli.model.inventory import System
from tests.support.ingest_case import attt, ingest_json, new_workspace, rows

ATTACK = '198.51.100.9 - - [12/May/2021:02:05:01 +0700] "GET /a?f=../../../../etc/passwd HTTP/1.1" 404 0 "-" "x"\n'
SYSTEMS = load_organisation("bac-kan").systems


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def access(path: Path, text: str = ATTACK) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def places(place: Path) -> set[tuple[str, str]]:
    return set(rows(place, "SELECT agency, system FROM alert"))


def test_without_a_hint_it_stays_open_and_ingest_and_next_say_how_to_give_one(place: Path, tmp_path: Path) -> None:
    log = access(tmp_path / "cong" / "access.log-20210512")
    told = ingest_json(place, log)
    assert places(place) == {("", "")}
    assert [one["path"] for one in told["unplaced"]] == [str(log)] and told["unplaced"][0]["alerts"] > 0
    command = "atttcli system log-source add SYSTEM 'cong/access.log*'"
    assert command in attt(place, "next").stdout
    assert command in attt(place, "ingest", str(log)).stdout


def test_a_pattern_holds_for_what_comes_and_for_what_came(place: Path, tmp_path: Path) -> None:
    ingest_json(place, access(tmp_path / "cong" / "access.log"))
    told = json.loads(attt(place, "system", "log-source", "add", "cong-ttdt", "cong/*", "--json").stdout)
    assert told["alerts"] > 0
    assert places(place) == {("vp-ubnd", "cong-ttdt")}
    assert "log-source" not in attt(place, "next").stdout
    ingest_json(
        place, access(tmp_path / "in" / "Cong" / "access.log.1", ATTACK.replace("198.51.100.9", "198.51.100.8"))
    )
    assert places(place) == {("vp-ubnd", "cong-ttdt")}
    assert [row[0] for row in rows(place, "SELECT verb FROM journal ORDER BY seq")][-1] == "log-source.added"
    assert attt(place, "db", "rebuild").exit_code == 0
    (line,) = attt(place, "system", "log-source", "list", "--json").stdout.splitlines()
    assert json.loads(line) == {"pattern": "cong/*", "system": "cong-ttdt", "note": ""}


def test_told_twice_is_decided_once_and_forgotten_on_demand(place: Path, tmp_path: Path) -> None:
    for _ in range(2):
        attt(place, "system", "log-source", "add", "cong-ttdt", "cong/*")
    assert rows(place, "SELECT count(*) FROM journal WHERE verb = 'log-source.added'") == [(1,)]
    assert attt(place, "system", "log-source", "remove", "cong/*").exit_code == 0
    assert attt(place, "system", "log-source", "remove", "cong/*").exit_code == 3
    ingest_json(place, access(tmp_path / "cong" / "access.log"))
    assert places(place) == {("", "")}


def test_the_system_is_told_with_the_ingest_and_kept_for_lists_that_come_later(place: Path, tmp_path: Path) -> None:
    quiet = access(tmp_path / "a.log", ATTACK.replace("/a?f=../../../../etc/passwd", "/index.html"))
    ingest_json(place, quiet, extra=("--system", "dvc"))
    assert places(place) == set()
    (tmp_path / "list.csv").write_text("STT,IP tấn công,Thời gian\n1,198.51.100.9,12/05/2021 08:00\n", encoding="utf-8")
    ingest_json(place, tmp_path / "list.csv")
    (found,) = rows(place, "SELECT kind, agency, system FROM alert")
    assert found[0] == "indicator" and found[2] == "dvc" and found[1]


def test_a_known_log_is_told_its_system_by_ingesting_it_again(place: Path, tmp_path: Path) -> None:
    log = access(tmp_path / "a.log")
    ingest_json(place, log)
    ingest_json(place, log, extra=("--system", "cong-ttdt"))
    assert places(place) == {("vp-ubnd", "cong-ttdt")}


def test_the_name_of_a_log_is_a_pattern_too(place: Path, tmp_path: Path) -> None:
    attt(place, "system", "log-source", "add", "cong-ttdt", "portal")
    ingest_json(place, access(tmp_path / "a.log"), extra=("--source", "Portal"))
    assert places(place) == {("vp-ubnd", "cong-ttdt")}


def test_a_list_is_not_of_the_system_beside_whose_logs_it_lies(place: Path, tmp_path: Path) -> None:
    attt(place, "system", "log-source", "add", "cong-ttdt", "*.csv")
    (tmp_path / "l.csv").write_text("STT,IP nhiễm,Mã độc\n1,198.51.100.99,x\n2,192.0.2.36,x\n", encoding="utf-8")
    ingest_json(place, tmp_path / "l.csv", extra=("--system", "cong-ttdt"))
    assert places(place) == {("", ""), ("x-vi-huong", "")}


def test_no_such_system_is_said_before_anything_is_read(place: Path, tmp_path: Path) -> None:
    assert attt(place, "ingest", str(access(tmp_path / "a.log")), "--system", "nonsense").exit_code == 3
    assert attt(place, "system", "log-source", "add", "cong-ttdt", " * ").exit_code == 2
    assert rows(place, "SELECT count(*) FROM source_file") == [(0,)]


@pytest.mark.parametrize(
    ("path", "system"),
    [
        ("/x/portal/access.log", "a"),
        ("C:\\in\\PORTAL\\access.log", "a"),
        ("in.zip!portal/access.log", "a"),
        ("in.zip!access.log", ""),
        ("myportal/access.log", ""),
        ("portal/api/x.log", "b"),
        ("portal/x.txt", "a"),
    ],
)
def test_patterns_begin_at_a_folder_and_the_longest_decides(path: str, system: str) -> None:
    assert LogSources([("portal/*", "a"), ("portal/api/*", "b")], ()).system_of(path) == system


def test_a_format_that_one_system_writes_is_that_systems() -> None:
    sources = LogSources((), SYSTEMS)
    assert sources.system_of("audit.log", reader="zimbra") == "thu-cong-vu"
    assert sources.system_of("access.log", reader="web-access") == ""  # many do
    two = LogSources((), [*SYSTEMS, System("other", "x", log_sources=("zimbra-audit",))])
    assert two.system_of("audit.log", reader="zimbra") == ""


def test_a_crafted_pattern_or_path_does_not_hold_us_up() -> None:
    sources = LogSources([("*a" * 90 + "b", "a")], ())
    began = time.process_time()
    for _ in range(20):
        sources.system_of("a/" * 2000)
    assert time.process_time() - began < 1


def test_a_record_that_cannot_be_read_makes_the_run_incomplete_once(place: Path, tmp_path: Path) -> None:
    log = access(tmp_path / "access.log", ATTACK * 20 + "no line of this log\n" + ATTACK)
    assert attt(place, "ingest", str(log)).exit_code == 2
    assert attt(place, "ingest", str(log)).exit_code == 0
    judged = attt(place, "detect", "logs", str(log))
    assert judged.exit_code == 2 and f"{log}:21" in judged.stderr
