"""The main job end to end: `atttcli demo` in a process of its own, and what it left judged by the sample's own expectations."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from atttcli.reports.layout import check_layout
from atttcli.store.connection import Store
from atttcli.text import strict_yaml

EXPECTED = Path(__file__).resolve().parents[2] / "seeds" / "samples" / "expected.yaml"


def run_demo(folder: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ATTTCLI_HOME": str(home), "PYTHONIOENCODING": "utf-8"}
    environment.pop("ATTTCLI_WORKSPACE", None)
    command = [sys.executable, "-c", "from atttcli.cli.main import run; run()", *options, "demo", str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=110)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of one demo and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "place"
    done = run_demo(folder, tmp_path_factory.mktemp("demo-home"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder, done.stdout


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = strict_yaml.load(EXPECTED.read_bytes())
    return found


def _rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with Store(folder / "bac-kan" / "workspace.db") as store:
        return [tuple(row) for row in store.rows(sql, *values)]


def test_every_step_is_a_command_that_can_be_typed_again(told: tuple[Path, str]) -> None:
    commands = re.findall(r"^\$ atttcli (.*)$", told[1], re.MULTILINE)
    words = " ".join(commands)
    for step in ("init", "ingest", "next", "alert triage", "incident open", "playbook run start", "task done"):
        assert step in words
    assert all("--workspace" in command for command in commands)
    assert "db verify" in commands[-1]


def test_events_are_read_as_the_sample_says(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    for file in expected["files"]:
        if file["kind"] != "log" or "alerts" in file:
            continue
        found = _rows(told[0], "SELECT sum(count) FROM segment WHERE source_path LIKE ?", f"%{file['path']}%")
        assert found[0][0] == file["events"], file["path"]


def test_what_cannot_be_read_is_said_with_its_line(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    for file in expected["files"]:
        for line in (*file.get("bad_lines", ()), *file.get("bad_rows", ())):
            sql = "SELECT count(*) FROM read_problem WHERE path LIKE ? AND line = ?"
            assert _rows(told[0], sql, f"%{file['path']}%", line)[0][0] == 1, (file["path"], line)


@pytest.mark.parametrize("group", ["yara", "yara_log", "network", "eve"])
def test_every_expected_alert_is_there_as_often_as_it_should(
    told: tuple[Path, str], expected: dict[str, Any], group: str
) -> None:
    for wanted in expected["alerts"][group]:
        outer = wanted["path"].partition("!")[0]
        sql = "SELECT sum(count) FROM alert WHERE (rule_id = ? OR rule_id LIKE ?) AND source_path LIKE ?"
        found = _rows(told[0], sql, wanted["rule"], f"%:{wanted['rule']}", f"%{outer}%")
        assert found[0][0] == wanted["count"], wanted


def test_correlations_speak_of_the_attackers(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    for wanted in expected["alerts"]["correlation"]:
        sql = "SELECT count(*) FROM alert WHERE rule_id = ? AND (key LIKE ?2 OR observables LIKE ?2)"
        found = _rows(told[0], sql, wanted["rule"], f"%{wanted['key']}%")
        assert found[0][0] >= wanted["at_least"], wanted


def test_indicators_of_the_lists_are_met_where_the_sample_says(
    told: tuple[Path, str], expected: dict[str, Any]
) -> None:
    sql = "SELECT s.source_path FROM sighting s JOIN alert a ON a.id = s.alert WHERE a.kind = 'indicator' AND a.key LIKE ?"
    for wanted in expected["alerts"]["indicator"]:
        paths = {row[0] for row in _rows(told[0], sql, f"{wanted['value']}|%")}
        for place in wanted["seen_in"]:
            assert any(path.endswith(place) for path in paths), (wanted, paths)


def test_the_attacked_systems_are_found(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    for system in expected["systems"]:
        sql = "SELECT victim, observables, detail FROM alert WHERE system = ?"
        found = " ".join(str(value) for row in _rows(told[0], sql, system["code"]) for value in row)
        for because in system["because"]:
            assert because in found, (system["code"], because)


def test_exactly_the_expected_victims_are_of_no_agency(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    found = _rows(told[0], "SELECT DISTINCT victim FROM alert WHERE agency = '' AND victim <> ''")
    assert [row[0] for row in found] == expected["unresolved"]


def test_the_message_is_read_as_people_write_it(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    for wanted in expected["alerts"]["message"]:
        sql = "SELECT victim FROM alert WHERE kind = 'message' AND source_path LIKE ?"
        assert {row[0] for row in _rows(told[0], sql, f"%{wanted['path']}")} == set(wanted["victims"])
        sql = "SELECT value FROM indicator WHERE source = ?"
        found = {row[0] for row in _rows(told[0], sql, wanted["path"].rpartition("/")[2])}
        assert found == set(wanted["indicators"])


def test_the_advised_agencies_are_found(told: tuple[Path, str], expected: dict[str, Any]) -> None:
    agencies = {row[0] for row in _rows(told[0], "SELECT DISTINCT agency FROM alert")}
    assert {agency["code"] for agency in expected["agencies"]} <= agencies


def test_the_incident_went_its_whole_way(told: tuple[Path, str]) -> None:
    (incident,) = _rows(told[0], "SELECT number, status, category, closed FROM incident")
    assert incident[:3] == ("SC-2021-0001", "closed", "tonghop")
    states = dict(_rows(told[0], "SELECT state, count(*) FROM task GROUP BY state"))
    assert states == {"done": 15}  # eleven steps, and the loop of four from checking back to containing
    assert _rows(told[0], "SELECT count(*) FROM deadline WHERE met IS NULL")[0][0] == 0
    assert _rows(told[0], "SELECT state FROM playbook_run") == [("finished",)]


def test_machines_of_other_agencies_are_no_part_of_it(told: tuple[Path, str]) -> None:
    sql = "SELECT DISTINCT agency FROM alert WHERE number IN (SELECT alert FROM incident_alert)"
    assert {row[0] for row in _rows(told[0], sql)} <= {"", "x-vi-huong", "tt-cntt", "vp-ubnd"}


def test_the_report_can_be_handed_in(told: tuple[Path, str]) -> None:
    outbox = told[0] / "bac-kan" / "outbox"
    assert check_layout((outbox / "bao-cao-SC-2021-0001.vi.docx").read_bytes()) == []
    html = (outbox / "bao-cao-SC-2021-0001.vi.html").read_text(encoding="utf-8").replace("<wbr>", "")
    digests = [row[0] for row in _rows(told[0], "SELECT sha256 FROM evidence")]
    assert len(digests) == 5
    for fact in (
        *digests,
        "Ủy ban nhân dân xã Vi Hương",
        "198[.]51[.]100[.]230",
        "hxxp://capnhat[.]c2[.]example/gate[.]php",
        "Tấn công tổng hợp sử dụng kết hợp nhiều hình thức",
        "312/CATTT-NCSC",
        "1đ. Báo cáo sự cố",
        "Mở sự cố",
    ):
        assert fact in html, fact
    assert "http://capnhat" not in html
    assert "203.0.113.17<" not in html.partition("DANH SÁCH CHỈ DẤU")[2]  # our own portal is no indicator


def test_the_report_lacks_nothing(told: tuple[Path, str]) -> None:
    assert "Còn thiếu" not in told[1]
    assert "Still missing" not in told[1]


def test_a_second_run_overwrites_nothing_and_speaks_english(told: tuple[Path, str], tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in told[0].rglob("*.docx")}
    done = run_demo(told[0], tmp_path, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "is not empty: this run goes into" in done.stdout
    assert (told[0] / "2" / "bac-kan" / "outbox" / "bao-cao-SC-2021-0001.en.docx").exists()
    assert {path: path.stat().st_mtime_ns for path in before} == before
