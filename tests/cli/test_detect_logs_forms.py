"""`detect logs`: counted by rule, in order of time, from a level on, as CSV; the same by several processes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from atttcli.cli import log_forms
from atttcli.cli.main import cli
from atttcli.errors import UsageError
from atttcli.packaged import packaged

RULES = """title: =A tool
id: tool
logsource: {category: webserver}
level: high
tags: [attack.t1190, attack.initial-access]
detection: {s: {cs-uri-stem|contains: /tool}, condition: s}
---
title: Anything
id: any
logsource: {category: webserver}
level: low
detection: {s: {cs-method: GET}, condition: s}
"""


def _line(minute: int, path: str) -> str:
    return f'198.51.100.7 - - [16/Nov/2026:08:{minute:02d}:00 +0700] "GET {path} HTTP/1.1" 200 5 "-" "curl"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.log").write_text(_line(30, "/tool") + _line(10, "/x") + _line(50, "/tool"), encoding="utf-8")
    (tmp_path / "logs/b.log").write_text(_line(20, "/y") + _line(40, "/tool"), encoding="utf-8")
    return tmp_path


def _run(*words: str, language: str = "en") -> Result:
    return CliRunner().invoke(cli, ["--lang", language, "detect", "logs", "logs", "--rules", "rules.yml", *words])


@pytest.mark.parametrize("workers", ["1", "2"])
def test_counted_by_rule_the_gravest_first(place: Path, workers: str) -> None:
    done = _run("--summary", "--json", "--workers", workers)
    assert done.exit_code == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    schema = json.loads((packaged("schemas") / "detect-logs-summary.schema.json").read_text(encoding="utf-8"))
    for one in found:
        jsonschema.validate(one, schema)
    assert [(one["rule"], one["severity"], one["matches"], one["files"]) for one in found] == [
        ("tool", "high", 3, 2),
        ("any", "low", 5, 2),
    ]
    assert (found[0]["first"], found[0]["last"]) == ("2026-11-16T01:30:00.000000Z", "2026-11-16T01:50:00.000000Z")
    assert found[0]["tags"] == ["attack.t1190", "attack.initial-access"]
    rows = _run("--summary", language="vi").stdout.splitlines()
    assert rows[1].split("\t") == ["cao", "tool", "=A tool", "3", "2", "0", "16/11/2026 08:30", "16/11/2026 08:50"]
    assert "cao 3" in rows[-1] and "thấp 5" in rows[-1]


def test_only_from_a_level_on(place: Path) -> None:
    found = [json.loads(line) for line in _run("--min-level", "medium", "--json").stdout.splitlines()]
    assert [one["rule"] for one in found] == ["tool"] * 3
    nothing = _run("--min-level", "critical")
    assert nothing.exit_code == 0 and nothing.stdout == ""
    assert _run("--min-level", "hihg").exit_code == 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_only_of_a_time(place: Path, workers: str) -> None:
    words = (
        "--since",
        "16/11/2026 08:20",
        "--until",
        "2026-11-16T01:40:00Z",
        "--json",
        "--by-time",
        "--workers",
        workers,
    )
    times = [json.loads(line)["time"][11:16] for line in _run(*words).stdout.splitlines()]
    assert times == ["01:20", "01:30", "01:30"]
    assert isinstance(_run("--since", "hôm nào").exception, UsageError)


@pytest.mark.parametrize("run", [50_000, 2])
def test_in_order_of_time_over_all_logs(place: Path, monkeypatch: pytest.MonkeyPatch, run: int) -> None:
    monkeypatch.setattr(log_forms, "_RUN", run)  # 2: the order is made of several unnamed files
    plain = _run("--json").stdout.splitlines()
    ordered = _run("--json", "--by-time").stdout.splitlines()
    assert sorted(plain) == sorted(ordered) and plain != ordered
    times = [json.loads(line)["time"] for line in ordered]
    assert times == sorted(times)
    assert _run("--json", "--by-time", "--workers", "2").stdout.splitlines() == ordered
    minutes = [row.split("\t")[6][11:16] for row in _run("--by-time").stdout.splitlines()[1:]]
    assert minutes == ["08:10", "08:20", "08:30", "08:30", "08:40", "08:40", "08:50", "08:50"]


def test_csv_holds_all_and_runs_nothing(place: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(_run("--csv", "--by-time", "--min-level", "high").stdout)))
    assert [row["local_time"] for row in rows] == [f"16/11/2026 08:{minute}:00" for minute in (30, 40, 50)]
    assert rows[0]["time"] == "2026-11-16T01:30:00.000000Z"
    assert (rows[0]["level"], rows[0]["rule"], rows[0]["src_ip"], rows[0]["line"]) == (
        "high",
        "tool",
        "198.51.100.7",
        "1",
    )
    assert all(not row["title"].startswith("=") for row in rows)
    assert isinstance(_run("--csv", "--json").exception, UsageError)


def test_what_is_no_log_is_told_as_what_it_is(place: Path) -> None:
    (place / "logs/empty.log").write_bytes(b"")
    assert _run().exit_code == 1, "a log that was rotated a moment ago is no fault"
    (place / "logs/c.pcap").write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    done = _run()
    assert done.exit_code == 2 and "detect capture" in done.stderr
    missing = CliRunner().invoke(cli, ["--lang", "en", "detect", "logs", "nowhere"])
    assert missing.exit_code == 2 and "nowhere: no such file or folder" in missing.stderr


def test_a_zip_without_a_password_says_so(place: Path) -> None:
    with zipfile.ZipFile(place / "logs/z.zip", "w") as archive:
        archive.write(place / "logs/a.log", "inner.log")
    found = [json.loads(line)["path"] for line in _run("--json", "--password", "x").stdout.splitlines()]
    assert "logs/z.zip!inner.log" in found
