"""What a duty officer types about incidents beyond the plain way: approvals, forms, joining, metrics, search, lists."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from atttcli.clock import DAY, HOUR
from atttcli.errors import NotFound, Refused, UsageError
from tests.cli.test_casework import Desk, desk
from tests.support.casework import make_app

__all__ = ["Desk", "desk"]
STEPS = ("triage", "analysis", "containment", "eradication", "recovery", "post_incident")


def open_one(desk, *words):
    return desk.json(
        "incident", "open", "--title", "Máy chủ bị mã hóa", "--category", "mahoa", "--owner", "lan", *words
    )["number"]


def to(desk, number, last):
    for step in STEPS[: STEPS.index(last) + 1]:
        desk("incident", "move", number, step)


def test_high_severity_is_closed_only_with_an_approval(desk, monkeypatch):
    number = open_one(desk, "--severity", "M2")
    to(desk, number, "post_incident")
    close = ("incident", "close", number, "--resolution", "đã gỡ", "--cause", "mật khẩu yếu")
    with pytest.raises(Refused) as caught:
        desk(*close)
    assert caught.value.guard == "approval"
    assert f"atttcli incident approve {number} --for closed" in caught.value.hint
    with pytest.raises(Refused) as caught:
        desk("incident", "approve", number)
    assert caught.value.guard == "four-eyes"
    with pytest.raises(Refused) as caught:
        desk("incident", "approve", number, "--approved-by", "Giám đốc")
    assert caught.value.guard == "paper"
    assert [item["kind"] for item in desk.lines("next") if item["object"] == number and "guard" in item["kind"]]
    monkeypatch.setenv("ATTTCLI_ACTOR", "giam-doc")
    desk("incident", "approve", number)
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    closed = desk.json(*close, "--rsit", "malicious-code", "--set", "veris_action=malware")
    assert closed["status"] == "closed"
    assert closed["approvals"][0]["approver"] == "giam-doc"
    assert closed["fields"]["rsit"] == "malicious-code"
    desk("incident", "reopen", number, "--reason", "tái nhiễm")
    for step in STEPS[2:]:
        desk("incident", "move", number, step)
    with pytest.raises(Refused):  # what was approved before it was reopened counts no more
        desk(*close)
    desk("incident", "approve", number, "--approved-by", "Giám đốc", "--paper", "12/QĐ")
    assert desk.json(*close)["approvals"][-1]["paper"] == "12/QĐ"


def test_m1_is_contained_only_with_an_approval_and_m4_needs_none(desk):
    number = open_one(desk, "--severity", "M1")
    to(desk, number, "analysis")
    with pytest.raises(Refused) as caught:
        desk("incident", "move", number, "containment")
    assert caught.value.guard == "approval"
    low = open_one(desk, "--severity", "M4")
    with pytest.raises(Refused) as caught:
        desk("incident", "approve", low, "--approved-by", "x", "--paper", "1")
    assert caught.value.guard == "gate"
    to(desk, low, "post_incident")
    assert desk.json("incident", "close", low, "--resolution", "x", "--cause", "y")["status"] == "closed"


def test_the_refusal_names_its_guard_and_the_exit_code_is_four(desk):
    open_one(desk)
    desk("incident", "move", "1", "triage")
    command = [
        sys.executable,
        "-c",
        "from atttcli.cli.main import run; run()",
        "-w",
        str(desk.root),
        "--lang",
        "en",
        "incident",
        "move",
        "1",
        "analysis",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 4
    assert "[severity]" in done.stderr
    assert "atttcli incident set SC-2026-0001 --severity" in done.stderr


def test_the_facts_propose_the_severity(desk):
    number = open_one(desk)
    desk("incident", "set", number, "control_lost=yes")
    desk("incident", "move", number, "triage")
    with pytest.raises(Refused) as caught:
        desk("incident", "move", number, "analysis")
    assert caught.value.hint.endswith("--severity M2")


def test_fields_are_set_shown_and_listed_by_form(desk):
    number = open_one(desk)
    body = desk.json(
        "incident", "set", number, "machines+=PC-1,PC-2", "machines+=PC-3", "tlp=amber", "occurred=01/03/2026 23:00"
    )
    assert body["fields"]["machines"] == ["PC-1", "PC-2", "PC-3"]
    assert "PC-1, PC-2, PC-3" in desk("incident", "show", number)
    assert "01/03/2026 23:00" in desk("incident", "show", number)
    desk("incident", "set", number, "machines-=PC-2", "tlp=")
    assert desk.json("incident", "show", number)["fields"]["machines"] == ["PC-1", "PC-3"]
    missing = [
        line for line in desk.lines("incident", "form", number, "--form", "mau_03", "--missing") if line["required"]
    ]
    assert "reporter_name" in [field for line in missing for field in line["fields"]]
    assert "! missing: atttcli incident set" in desk("incident", "form", number)
    assert len(desk.lines("incident", "form", "--fields")) > 80
    with pytest.raises(UsageError):
        desk("incident", "form", number, "--form", "mau_99")
    with pytest.raises(UsageError):
        desk("incident", "set", number, "machine=PC-1")


def test_merge_unmerge_and_split_from_the_terminal(desk):
    first = desk.json("incident", "open", "--from-alert", "1", "--from-alert", "3")["number"]
    second = open_one(desk)
    assert desk.json("incident", "merge", first, second, "--reason", "cùng một vụ")["number"] == second
    assert second in desk("incident", "show")  # @ is the survivor
    assert [row["number"] for row in desk.lines("incident", "list")] == [second]
    assert desk.json("incident", "show", first)["merged_into"] == second
    with pytest.raises(Refused) as caught:
        desk("task", "add", "x", "--incident", first)
    assert caught.value.guard == "merged"
    assert desk.json("incident", "unmerge", first, "--reason", "hai vụ")["status"] == "reported"
    words = ("incident", "split", first, "--title", "Sở Y tế", "--agency", "so-y-te", "--reason", "khác")
    new = desk.json(*words)
    assert [alert["number"] for alert in new["alerts"]] == ["CB-2026-0001"]
    verbs = [row["what"] for row in desk.lines("incident", "timeline", new["number"], "--decisions")]
    assert verbs == ["incident.split"]
    assert desk.json("undo")["verb"] == "incident.split"
    assert len(desk.json("incident", "show", first)["alerts"]) == 2


def test_lists_are_filtered(desk):
    one = open_one(desk, "--severity", "M1", "--agency", "x-vi-huong")
    desk.clock.at += 2 * DAY
    two = open_one(desk, "--severity", "M4")
    desk("incident", "assign", two, "minh")

    def numbers(*words):
        return [row["number"] for row in desk.lines("incident", "list", *words)]

    assert numbers() == [two, one]
    assert numbers("--severity", "M1", "--severity", "M2") == [one]
    assert numbers("--owner", "minh") == [two]
    assert numbers("--agency", "x-vi-huong") == [one]
    assert numbers("--from", "2026-03-03") == [two]
    assert numbers("--to", "2026-03-03") == [one]
    assert numbers("--status", "triage") == []
    assert numbers("--category", "mahoa", "-n", "1") == [two]
    desk("incident", "move", one, "triage")
    assert numbers("--status", "triage") == [one]
    with pytest.raises(UsageError):
        numbers("--status", "nowhere")


def test_metrics_and_exercises(desk, tmp_path):
    number = open_one(desk, "--severity", "M3", "--detected", "2026-03-02 07:00")
    open_one(desk, "--exercise")
    for step in STEPS:
        desk.clock.at += HOUR
        desk("incident", "move", number, step)
    found = desk.json("incident", "metrics", "--by", "type")
    assert (found["group"], found["incidents"]) == ("mahoa", 1)
    assert found["mtta"] == {"count": 1, "median_seconds": 3600, "p90_seconds": 3600}
    assert found["mttc"]["median_seconds"] == 5 * 3600
    assert "MTTD" in desk("incident", "metrics", "--help")


def test_a_workspace_under_drills_counts_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    folder = tmp_path / "drills"
    folder.mkdir()
    app = make_app(folder)
    app.close()
    drill = Desk(folder / "ws", app.clock)
    assert drill.json("incident", "open", "--title", "Diễn tập")["exercise"] is True
    assert drill.lines("incident", "metrics") == []


def test_search_from_the_terminal(desk):
    number = open_one(desk)
    assert desk.json("search", "ma hoa")["object"] == number
    assert number in desk("search", "mã", "hóa")
    assert desk("search", "khong co") == "Nothing found.\n"
    assert desk.code == 0
    assert desk.lines("search", "ket noi", "--kind", "alert", "-n", "2")[0]["kind"] == "alert"


def test_numbers_are_unique_prefixes_everywhere(desk):
    number = open_one(desk)
    desk("incident", "note", "sc-2026", "ghi chú")
    assert desk.json("incident", "show", "1")["number"] == number
    with pytest.raises(NotFound):
        desk("incident", "merge", "1", "77", "--reason", "r")


def test_next_shows_the_words_it_is_asked_for_only(desk):
    for _count in range(3):
        open_one(desk)
    add = desk("next", "--limit", "2")
    assert add.count("→") == 2
    assert "more: atttcli next --limit 0" in add


def test_the_desk_follows_the_state_of_alerts(desk):
    assert desk.json("status")["untriaged"]["critical"] == 2
    desk("alert", "close", "1", "--verdict", "benign", "--reason", "x")
    assert desk.json("status")["untriaged"]["critical"] == 1
    desk("alert", "reopen", "1", "--reason", "nhầm")
    number = desk.json("incident", "open", "--from-alert", "1")["number"]
    assert desk.json("status")["untriaged"]["critical"] == 1
    desk("incident", "unlink", number, "1", "--reason", "x")
    assert desk.json("status")["untriaged"]["critical"] == 2
    desk("db", "rebuild")
    assert desk.json("status")["untriaged"]["critical"] == 2


def test_what_the_statistics_lack_is_told_at_closing_and_can_be_given_afterwards(desk):
    number = open_one(desk, "--severity", "M4")
    to(desk, number, "post_incident")
    told = desk("incident", "close", number, "--resolution", "x", "--cause", "y", "--set", "veris_actor=external")
    assert "rsit, veris_action, veris_asset, veris_attribute" in told
    assert "veris_actor" not in told
    assert f"atttcli incident set {number} rsit=" in told
    desk("incident", "set", number, "rsit=malicious-code", "veris_action=malware,social")
    desk("incident", "set", number, "veris_asset=server", "veris_attribute=integrity")
    shown = desk.json("incident", "show", number)
    assert (shown["status"], shown["fields"]["rsit"]) == ("closed", "malicious-code")
    with pytest.raises(Refused) as caught:  # what the case is stays as it was closed
        desk("incident", "set", number, "rsit=intrusions", "summary=khác")
    assert caught.value.guard == "ended"


def test_the_screen_shows_words_and_no_escapes(desk):
    number = open_one(desk, "--severity", "M4")
    desk("incident", "set", number, "personal_data=yes", "summary=dòng một\ndòng hai")
    shown = desk("--lang", "vi", "incident", "show", number)
    assert "\\x0a" not in shown
    assert "dòng một" in shown
    assert "dòng hai" in shown
    assert "Có dữ liệu cá nhân: có" in shown
