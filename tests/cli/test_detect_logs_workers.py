"""`detect logs --workers`: the findings of one process, with the lines of the whole file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from atttcli.cli import log_parts, log_workers
from atttcli.cli.main import cli

RULES = """title: Encoded command
id: enc
logsource: {category: process_creation, product: windows}
detection:
  selection: {CommandLine|contains: ' -enc '}
  condition: selection
---
title: Thrice
id: thrice
correlation:
  type: event_count
  rules: [enc]
  group-by: [Computer]
  timespan: 1h
  condition: {gte: 3}
  generate: true
"""


def record(number: int) -> str:
    command = "powershell -enc QUJD" if number % 7 == 0 else "notepad"
    return json.dumps(
        {
            "Event": {
                "System": {
                    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
                    "EventID": 1,
                    "Channel": "Microsoft-Windows-Sysmon/Operational",
                    "Computer": f"pc{number % 3}",
                    "EventRecordID": number,
                    "TimeCreated": {
                        "#attributes": {"SystemTime": f"2026-11-23T10:{number // 60 % 60:02d}:{number % 60:02d}Z"}
                    },
                },
                "EventData": {"Image": "C:\\x.exe", "CommandLine": command},
            }
        }
    )


def found(arguments: list[str]) -> list[dict[str, object]]:
    result = CliRunner().invoke(cli, ["detect", "logs", *arguments, "--json"])
    assert result.exit_code == 2, result.output  # the broken line
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of some lines are divided, and results handed over in many frames."""
    monkeypatch.setattr(log_parts, "WORTH", 1000)
    monkeypatch.setattr(log_parts, "SMALLEST", 300)
    monkeypatch.setattr(log_parts, "LARGEST", 3000)
    monkeypatch.setattr(log_workers, "_FRAME", 7)


def test_the_same_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    tiny(monkeypatch)
    (tmp_path / "rules.yml").write_text(RULES)
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.jsonl").write_text("\n".join(record(number) for number in range(400)) + "\n{broken\n" + record(7) + "\n")
    (logs / "b.jsonl").write_text("\n".join(record(number) for number in range(400, 430)))
    words = [str(logs), "--rules", str(tmp_path / "rules.yml")]
    alone, beside = found(words), found([*words, "--workers", "3"])
    assert len([one for one in alone if one["rule"] == "enc"]) == 63
    assert any(one["rule"] == "thrice" for one in alone)

    assert beside == alone
    assert {one["line"] for one in beside if str(one["path"]).endswith("a.jsonl") and one["rule"] == "enc"} >= {
        1,
        8,
        400 + 2,
    }
