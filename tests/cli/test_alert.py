"""`atttcli alert` from outside: groups, decisions by flags, mutes that count, alerts added by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from atttcli.cli.alert_view import said_why
from atttcli.text.messages import speaking
from tests.support.ingest_case import attt, ingest_json, new_workspace, rows

LIST = (
    "IP,Mã độc,IP C2\n192.0.2.36,Mau-A,198.51.100.230\n192.0.2.1,Mau-A,198.51.100.230\n"
    "192.0.2.36,Mau-A,198.51.100.230\n198.51.100.99,Mau-B,198.51.100.231\n"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = new_workspace(tmp_path / "ws")
    given = tmp_path / "list.csv"
    given.write_text(LIST, encoding="utf-8")
    ingest_json(made, given)
    return made


def listed(workspace: Path, *more: str) -> list[dict]:
    return [json.loads(line) for line in attt(workspace, "alert", "list", "--json", *more).stdout.splitlines()]


def test_a_repeat_counts_and_makes_no_new_alert(workspace: Path) -> None:
    found = {one["victim"]: one for one in listed(workspace)}
    assert set(found) == {"192.0.2.36", "192.0.2.1", "198.51.100.99"}
    assert found["192.0.2.36"]["agency"] == "x-vi-huong"
    assert found["192.0.2.36"]["number"].startswith("CB-")


def test_groups_are_by_agency_and_rule(workspace: Path) -> None:
    groups = listed(workspace, "--group")
    assert len(groups) == len({(one["agency"], one["rule_id"]) for one in listed(workspace)})
    assert all(one["group"] == f"{one['agency'] or '-'}/{one['rule_id']}" for one in groups)


def test_show_takes_the_last_digits_and_no_such_is_3(workspace: Path) -> None:
    assert json.loads(attt(workspace, "alert", "show", "1", "--json").stdout)["sightings"]
    assert attt(workspace, "alert", "show", "999").exit_code == 3


def test_a_group_is_closed_with_verdict_and_reason(workspace: Path) -> None:
    group = next(one for one in listed(workspace, "--group") if one["agency"] == "p-duc-xuan")
    refused = attt(workspace, "alert", "triage", "--group", group["group"], "--close", "benign")
    assert refused.exit_code == 4
    done = attt(
        workspace, "alert", "triage", "--group", group["group"], "--close", "benign", "--reason", "kiểm tra rồi"
    )
    assert done.exit_code == 0
    assert "p-duc-xuan" not in {one["agency"] for one in listed(workspace)}
    assert {one["verdict"] for one in listed(workspace, "--state", "closed")} == {"benign"}
    number = group["alerts"][0]
    assert attt(workspace, "alert", "reopen", number, "--reason", "nhầm").exit_code == 0
    assert number in {one["number"] for one in listed(workspace)}


def test_a_mute_silences_counts_and_ends(workspace: Path, tmp_path: Path) -> None:
    rule = listed(workspace)[0]["rule_id"]
    arguments = ("alert", "mute", rule, "--agency", "x-vi-huong", "--reason", "thử", "--until")
    assert attt(workspace, *arguments, "9999d").exit_code == 2
    assert attt(workspace, *arguments, "30d").exit_code == 0
    assert "x-vi-huong" not in {one["agency"] for one in listed(workspace, "--rule", rule)}
    assert {one["agency"] for one in listed(workspace, "--state", "muted")} == {"x-vi-huong"}
    before = listed(workspace, "--state", "muted")[0]["count"]
    more = tmp_path / "more.csv"
    more.write_text(LIST.replace("IP,", "IP,Ghi chú,").replace("192.0.2.36,", "192.0.2.36,lần 2,"), encoding="utf-8")
    more.write_text("IP,Mã độc,IP C2,Thời gian\n192.0.2.36,Mau-A,198.51.100.230,13/05/2021 08:00\n", encoding="utf-8")
    ingest_json(workspace, more)
    assert listed(workspace, "--state", "muted")[0]["count"] == before + 1  # still stored and counted
    identity = rows(workspace, "SELECT id FROM mute")[0][0]
    assert attt(workspace, "alert", "unmute", identity[:5]).exit_code == 0
    assert not listed(workspace, "--state", "muted")


def test_pasted_text_becomes_alert_and_indicators(workspace: Path) -> None:
    text = "Cảnh báo: máy 192.0.2.9 gọi hxxp://xau[.]example/a.exe và 198.51.100[.]77, hỏi mail.backan.gov.vn"
    result = attt(workspace, "alert", "add", "--from-text", "-", "--title", "tin nhắn", "--json", stdin=text)
    number = json.loads(result.stdout)["number"]
    shown = json.loads(attt(workspace, "alert", "show", number, "--json").stdout)
    assert shown["agency"] == "tt-cho-ra"
    known = {value for (value,) in rows(workspace, "SELECT value FROM indicator WHERE sha256 <> ''")}
    assert {"http://xau.example/a.exe", "198.51.100.77"} <= known
    assert not {"192.0.2.9", "mail.backan.gov.vn"} & known
    again = attt(workspace, "alert", "add", "--from-text", "-", "--title", "tin nhắn", "--json", stdin=text)
    assert json.loads(again.stdout) == {"number": number, "indicators": 0, "kept_alerts": 0}


def test_a_secret_text_is_refused(workspace: Path) -> None:
    result = attt(workspace, "alert", "add", "--from-text", "-", stdin="MẬT\n192.0.2.9 bị nhiễm")
    assert result.exit_code == 2
    assert not rows(workspace, "SELECT 1 FROM alert WHERE kind = 'manual'")


def test_a_picture_goes_to_the_vault(workspace: Path, tmp_path: Path) -> None:
    picture = tmp_path / "zalo.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(200))
    result = attt(
        workspace, "alert", "add", "--image", str(picture), "--title", "ảnh", "--victim", "192.0.2.1", "--json"
    )
    shown = json.loads(attt(workspace, "alert", "show", json.loads(result.stdout)["number"], "--json").stdout)
    digest = shown["detail"]["image"]
    assert (workspace / "evidence" / digest[:2] / digest).is_file()
    assert shown["agency"] == "p-duc-xuan"


@pytest.mark.parametrize(
    ("why", "shown"),
    [
        ("a then b, 2021-05-11T15:04:00.000000Z to x", "a then b, 11/05/2021 22:04:00 to x"),
        ("line 7: 2021-05-11T15:04:00.000000Z login", "line 7: 2021-05-11T15:04:00.000000Z login"),
        ("named 2021-02-31T25:61:00.000000Z.exe", "named 2021-02-31T25:61:00.000000Z.exe"),
    ],
)
def test_people_read_local_time_in_the_reasons_but_quoted_lines_as_written(why: str, shown: str) -> None:
    with speaking("en"):
        assert said_why(why) == shown


def test_one_alert_is_one_alert(workspace: Path) -> None:
    told = attt(workspace, "--lang", "en", "alert", "close", "1", "--verdict", "benign", "--reason", "x").stdout
    assert told == "1 alert closed.\n"
