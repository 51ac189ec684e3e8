"""What an antivirus found is one alert, whatever rules match it too: by the command line, of every maker's sample."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.ingest_case import attt, ingest_json, new_workspace, rows
from tests.support.reader_samples import CASES

SAMPLES = [
    "antivirus-csv.bkav", "antivirus-csv.kaspersky", "antivirus-xlsx", "cef.kaspersky", "clamav.clamd", "clamav.clamscan",
    "edxml-avreport", "kaspersky-syslog", "wazuh",
]  # fmt: skip
BKAV = (
    "STT;Đơn vị;Tên máy tính;Địa chỉ IP;Tên mã độc;Đường dẫn tập tin;Trạng thái;Thời gian\n"
    "1;UBND xã Mẫu Hai;PC-01;10.20.2.7;W32.FakeRansom.B;C:\\Users\\Public\\x.exe;Chưa diệt được;23/11/2026 09:20:31\n"
    "2;UBND xã Mẫu Hai;PC-02;10.20.2.8;Trojan.Sample.A;D:\\a.exe;Chưa diệt được;23/11/2026 09:21:31\n"
    "3;UBND xã Mẫu Hai;PC-03;10.20.2.9;PHP.Sample;C:\\inetpub\\wwwroot\\up\\a.php;Đã diệt;23/11/2026 09:22:31\n"
    "4;UBND xã Mẫu Hai;PC-04;10.20.2.10;Adware.Sample;D:\\b.exe;Đã diệt;23/11/2026 09:23:31\n"
)


def _defender(number: int, **data: str) -> str:
    names = {name.replace("_", " "): value for name, value in data.items()}
    said = {
        "EventTime": f"2026-11-23T02:2{number % 10}:31Z", "Hostname": "PC-05", "EventID": number,
        "SourceName": "Microsoft-Windows-Windows Defender", "Channel": "Microsoft-Windows-Windows Defender/Operational",
    }  # fmt: skip
    return json.dumps(said | names) + "\n"


DEFENDER = _defender(
    1116, Threat_Name="HackTool:Win32/Mimikatz.D", Severity_Name="High", Path="file:_C:\\Tools\\m.exe"
) + _defender(
    1118, Threat_Name="Trojan:Win32/Sample", Severity_Name="Severe", Path="file:_D:\\t.exe", Action_Name="Quarantine"
)


def _alerts(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in attt(place, "alert", "list", "--state", "all", "--json").stdout.splitlines()]


def _told_of(place: Path) -> Counter[tuple[str, int]]:
    """How many alerts of single events were seen at each line."""
    found = rows(
        place,
        "SELECT s.source_path, s.line FROM sighting s JOIN alert a ON a.id = s.alert WHERE a.kind IN ('antivirus', 'sigma')",
    )
    return Counter(found)


def _sample(name: str) -> Path:
    return next(path for path in sorted((CASES / name).iterdir()) if path.name.startswith("sample."))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    return new_workspace(tmp_path / "ws")


def test_every_maker_one_alert_a_finding(place: Path) -> None:
    for name in SAMPLES:
        before = len(_told_of(place))
        ingest_json(place, _sample(name))
        assert len(_told_of(place)) > before, name
    twice = [line for line, count in _told_of(place).items() if count > 1]
    assert not twice


def test_the_gravest_rule_leads_and_all_are_named(place: Path, tmp_path: Path) -> None:
    (tmp_path / "bkav.csv").write_text(BKAV, encoding="utf-8")
    (tmp_path / "defender.json").write_text(DEFENDER, encoding="utf-8")
    ingest_json(place, tmp_path / "bkav.csv", tmp_path / "defender.json")
    found = {one["rule_id"]: one for one in _alerts(place)}
    assert {one["kind"] for one in found.values()} == {"antivirus"}
    assert set(_told_of(place).values()) == {1}
    ransom = found["W32.FakeRansom.B"]
    assert (ransom["severity"], ransom["category"], ransom["detail"]["playbook"]) == ("critical", "mahoa", "ma-hoa")
    assert ransom["detail"]["rules"] == ["attt-av-0013", "attt-av-0010"]
    assert [text.split(":")[0] for text in ransom["why"][:2]] == ["attt-av-0013", "attt-av-0010"]
    assert "C:\\Users\\Public\\x.exe" in ransom["why"]
    assert ransom["detail"]["titles"]["vi"].startswith("Phần mềm diệt virus phát hiện công cụ")
    assert (found["Trojan.Sample.A"]["severity"], found["Trojan.Sample.A"]["detail"]["rules"]) == (
        "high",
        ["attt-av-0010"],
    )
    shell = found["PHP.Sample"]
    assert (shell["severity"], shell["category"], shell["detail"]["playbook"]) == ("critical", "truycap", "web-shell")
    assert "rules" not in found["Adware.Sample"]["detail"]
    assert found["Adware.Sample"]["title"] == "Adware.Sample (PC-04)"
    assert "attt-av-0013" in found["HackTool:Win32/Mimikatz.D"]["detail"]["rules"]
    assert "attt-av-0010" in found["Trojan:Win32/Sample"]["detail"]["rules"], "1118 is an action that failed"


def test_a_rule_that_is_switched_off_adds_nothing(place: Path, tmp_path: Path) -> None:
    attt(place, "rules", "disable", "attt-av-0013", "--reason", "thử")
    (tmp_path / "bkav.csv").write_text(BKAV, encoding="utf-8")
    ingest_json(place, tmp_path / "bkav.csv")
    found = {one["rule_id"]: one for one in _alerts(place)}
    assert found["W32.FakeRansom.B"]["detail"]["rules"] == ["attt-av-0010"]


@pytest.mark.parametrize("extra", [(), ("--workers", "2")])
def test_detect_logs_tells_a_finding_once(tmp_path: Path, extra: tuple[str, ...]) -> None:
    (tmp_path / "bkav.csv").write_text(BKAV, encoding="utf-8")
    (tmp_path / "defender.json").write_text(DEFENDER, encoding="utf-8")
    done = attt(
        tmp_path, "detect", "logs", str(tmp_path / "bkav.csv"), str(tmp_path / "defender.json"), "--json", *extra
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    schema = Path(__file__).resolve().parents[2] / "docs/json/detect-logs.schema.json"
    validator = Draft202012Validator(json.loads(schema.read_text()))
    for one in found:
        validator.validate(one)
    assert set(Counter((one["path"], one["line"]) for one in found).values()) == {1}
    assert {one["engine"] for one in found} == {"antivirus"}
    told = {one["rule"]: one.get("rules") for one in found}
    assert told["W32.FakeRansom.B"] == ["attt-av-0013", "attt-av-0010"]
    assert told["Adware.Sample"] is None
