"""What sensors found is an alert, however they write it; what they only record is an event. By the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.ingest_case import attt, ingest_json, new_workspace, rows
from tests.support.reader_samples import CASES

HEAD = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tnotice\n"
    "#fields\tts\tsrc\tdst\tnote\tmsg\n#types\ttime\taddr\taddr\tenum\tstring\n"
)
WAZUH = {
    "agent": {"id": "001", "name": "may-chu-1"}, "manager": {"name": "wz"}, "decoder": {"name": "web"},
    "full_log": "GET /x", "location": "/l",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    return new_workspace(tmp_path / "ws")


def _kinds(place: Path) -> dict[str, tuple[str, str, int]]:
    found = rows(place, "SELECT rule_id, kind, severity, count FROM alert")
    return {rule: (kind, severity, count) for rule, kind, severity, count in found}


def test_notices_are_alerts_as_eve_alerts_are(place: Path) -> None:
    told = ingest_json(place, CASES / "zeek.notice" / "sample.log")
    assert {rule: one[0] for rule, one in _kinds(place).items()} == {
        "SSH::Password_Guessing": "zeek",
        "SSL::Invalid_Server_Cert": "zeek",
    }
    (file,) = told["files"]
    assert (file["read"], file["stored"]) == (3, 3), "two alerts, and the sensor's own loss as an event"
    found = [json.loads(line) for line in attt(place, "hunt", "--source", "zeek", "--json").stdout.splitlines()]
    assert [one["fields"]["note"] for one in found] == ["CaptureLoss::Too_Much_Loss"]
    before = _kinds(place)
    ingest_json(place, CASES / "zeek.notice" / "sample.log")
    assert _kinds(place) == before
    shown = attt(place, "alert", "show", "CB-2026-0001").stdout
    assert "198.51.100.92" in shown


def test_a_grown_copy_and_json_lines(place: Path, tmp_path: Path) -> None:
    lines = [f"1795402{n}00.5\t198.51.100.9\t10.1.1.{n}\tScan::Port_Scan\t198.51.100.9 scanned {n}\n" for n in range(4)]
    (tmp_path / "notice.log").write_text(HEAD + "".join(lines[:2]), encoding="utf-8")
    ingest_json(place, tmp_path / "notice.log")
    (tmp_path / "notice.2.log").write_text(HEAD + "".join(lines), encoding="utf-8")
    told = ingest_json(place, tmp_path / "notice.2.log")
    (file,) = told["files"]
    assert (file["read"], file["stored"], file["duplicate"]) == (4, 2, 2)
    said = {
        "_path": "notice",
        "ts": 1795402800.5,
        "note": "Intel::Notice",
        "msg": "x",
        "src": "10.1.1.5",
        "dst": "203.0.113.5",
    }
    (tmp_path / "notice.json").write_text(json.dumps(said) + "\n", encoding="utf-8")
    ingest_json(place, tmp_path / "notice.json")
    assert _kinds(place)["Intel::Notice"][:2] == ("zeek", 3)


def test_a_flood_of_one_notice_is_one_alert(place: Path, tmp_path: Path) -> None:
    certificate = "SSL::Invalid_Server_Cert\tself signed"
    lines = [f"17954{n:05d}.5\t10.1.{n // 250}.{n % 250}\t192.0.2.80\t{certificate}\n" for n in range(2000)]
    guessing = [f"17955{n:05d}.5\t198.51.100.9\t-\tSSH::Password_Guessing\tguessing {n}\n" for n in range(2000)]
    (tmp_path / "notice.log").write_text(HEAD + "".join(lines + guessing), encoding="utf-8")
    ingest_json(place, tmp_path / "notice.log")
    assert [(rule, one[2]) for rule, one in sorted(_kinds(place).items())] == [
        ("SSH::Password_Guessing", 2000),
        ("SSL::Invalid_Server_Cert", 2000),
    ]


def test_two_bad_names_asked_of_one_name_server_are_two_alerts(place: Path, tmp_path: Path) -> None:
    notice = {"_path": "notice", "note": "Intel::Notice", "src": "10.1.1.5", "dst": "10.1.1.2"}
    names = ["c2.example", "xau.example", "c2.example"]
    said = [
        notice | {"ts": 1795402800.5 + at, "sub": name, "msg": f"Intel hit on {name}"} for at, name in enumerate(names)
    ]
    (tmp_path / "notice.json").write_text("".join(json.dumps(one) + "\n" for one in said), encoding="utf-8")
    ingest_json(place, tmp_path / "notice.json")
    assert sorted(rows(place, "SELECT title, count FROM alert")) == [
        ("Intel::Notice: Intel hit on c2.example", 2),
        ("Intel::Notice: Intel hit on xau.example", 1),
    ]


def test_wazuh_alerts_by_its_own_level(place: Path, tmp_path: Path) -> None:
    lines = []
    for second, level in enumerate([3, 5, 7, 12, 12, 15]):
        rule = {"level": level, "id": f"3{level}", "groups": ["web"]}
        lines.append(json.dumps({"timestamp": f"2026-11-23T03:00:{second:02d}.000+0000", "rule": rule} | WAZUH))
    (tmp_path / "alerts.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ingest_json(place, tmp_path / "alerts.json")
    found = rows(place, "SELECT rule_id, kind, count FROM alert ORDER BY count")
    assert found == [("attt-av-0015", "sigma", 1), ("attt-av-0015", "sigma", 2)], "one a rule of Wazuh's and machine"
