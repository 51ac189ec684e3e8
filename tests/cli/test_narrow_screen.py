"""Findings and events on an ordinary screen of 80 columns: every line fits, and what matters of a record is seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atttcli.cli.casework_words import moment
from tests.support.ingest_case import attt, ingest_json, new_workspace

RULE = """title: A tool that should not run here, told by a title that is longer than a screen is wide, as some are
id: 11111111-0000-4000-8000-000000000001
logsource: {product: windows, category: process_creation}
level: high
detection: {s: {Image|endswith: tool.exe}, condition: s}
"""
EVENT = {
    "Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1, "Computer": "PC-01",
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "TimeCreated": {"#attributes": {"SystemTime": "2026-11-23T03:00:00Z"}},
        },
        "EventData": {"Image": "C:\\\\t\\\\tool.exe", "CommandLine": "tool.exe \x1b[31m" + "x" * 900},
    }
}  # fmt: skip


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("atttcli.cli.render.is_terminal", lambda: True)
    (tmp_path / "sysmon.json").write_text(json.dumps(EVENT) + "\n", encoding="utf-8")
    (tmp_path / "rule.yml").write_text(RULE, encoding="utf-8")
    return tmp_path


def test_a_finding_shows_its_record_and_not_its_wrapping(narrow: Path) -> None:
    done = attt(narrow / "none", "detect", "logs", str(narrow / "sysmon.json"), "--rules", str(narrow / "rule.yml"))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) < 80 and len(lines) <= 6
    assert "tool.exe" in done.stdout and "Microsoft-Windows-Sysmon" not in done.stdout
    assert "\x1b" not in done.stdout


def test_a_hunt_has_a_heading_and_two_lines_an_event(narrow: Path) -> None:
    workspace = new_workspace(narrow / "ws")
    ingest_json(workspace, narrow / "sysmon.json")
    done = attt(workspace, "hunt", "--field", "service=sysmon")
    lines = done.stdout.splitlines()
    assert len(lines) == 3 and max(map(len, lines)) < 80
    assert lines[0].startswith("23/11/2026 10:00:00  ") and lines[2].endswith("…")
    all_columns = attt(workspace, "hunt", "SELECT * FROM events").stdout.splitlines()
    assert all_columns[0] == "--- 1 ---" and max(map(len, all_columns)) < 80
    few = attt(workspace, "hunt", "SELECT service, count(*) AS n FROM events GROUP BY ALL").stdout
    assert "sysmon\t1" in few


def test_an_explanation_quotes_values_as_they_stand(narrow: Path) -> None:
    words = ("--sigma", "11111111-0000-4000-8000-000000000001", "--rules", str(narrow / "rule.yml"))
    done = attt(narrow / "none", "rules", "explain", *words, "--event", f"{narrow / 'sysmon.json'}:1")
    assert done.exit_code == 0, done.output
    assert r"'C:\\t\\tool.exe'" in done.stdout  # the event has two of each; doubled once more they were four
    assert max(map(len, done.stdout.splitlines())) < 80
    assert "\x1b" not in done.stdout


def test_a_moment_beyond_the_calendar_is_shown_as_it_is_kept() -> None:
    assert moment(253_402_387_139_999_000) == "253402387139999000"
    assert moment(-62_135_683_140_000_000) == "-62135683140000000"
