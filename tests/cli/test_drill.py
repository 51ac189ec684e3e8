"""Drills from outside: a drill played by hand, scored by hand, and kept apart from all that is real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atttcli.clock import parse_moment
from tests.support.drill_desk import DrillDesk, handed_over

MINUTE = 60_000_000


Desk = DrillDesk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    found = Desk(tmp_path)
    found("init", str(found.root), "--organisation", "bac-kan")
    return found


def test_real_data_is_not_touched_but_for_one_entry_at_the_end(desk: Desk) -> None:
    desk("incident", "open", "--title", "Sự cố thật")
    before = desk.rows("SELECT * FROM journal") + desk.rows("SELECT * FROM incident") + desk.rows("SELECT * FROM alert")
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--robot", "ideal")
    after = desk.rows("SELECT * FROM journal") + desk.rows("SELECT * FROM incident") + desk.rows("SELECT * FROM alert")
    assert [row for row in after if row not in before] == desk.rows("SELECT * FROM journal WHERE verb = 'drill.held'")
    assert len(after) == len(before) + 1
    desk("drill", "end", "last")
    assert len(desk.rows("SELECT * FROM journal WHERE verb = 'drill.held'")) == 1, "the summary is written once"
    held = desk.rows("SELECT code, total, valid FROM drill")
    assert held == [("DT-2026-0001", 100.0, 1)]
    desk("db", "rebuild")
    assert desk.rows("SELECT code, total, valid FROM drill") == held
    assert desk.json("incident", "metrics")[0]["incidents"] == 1
    assert desk("drill", "list").count("DT-2026-0001") == 1


def test_a_drills_workspace_is_opened_only_through_the_drill(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune-flash")
    inside = Desk(desk.root.parent)
    inside.root = desk.root / "drills" / "DT-2026-0001"
    inside("status", code=4)
    inside("incident", "open", "--title", "x", code=4)
    desk("drill", "do", "last", "drill", "list", code=4)
    desk("drill", "do", "last", "incident", "open", "--title", "Thử")
    assert desk.rows("SELECT exercise FROM incident", "DT-2026-0001") == [(1,)]
    assert desk.rows("SELECT count(*) FROM incident") == [(0,)]


def test_a_real_incident_stops_the_clock_and_is_opened_at_once(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune-flash")
    desk("drill", "run", "last", "--once")
    assert "EXERCISE STOPPED" in desk("drill", "pause", "last", "--reason", "real-incident")
    desk("incident", "open", "--title", "Sự cố thật")
    assert desk.rows("SELECT exercise FROM incident") == [(0,)]
    desk.later(120)
    assert desk.json("drill", "status", "last")[0]["active_seconds"] == 0


def test_drill_data_in_real_data_voids_the_result(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--robot", "ideal")
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--once")
    desk("drill", "jump", "last", "7m")
    folder = handed_over(desk.root / "drills" / "DT-2026-0002", "HUONG_DAN.txt").parent
    desk("ingest", str(folder), code=1)
    assert desk.rows("SELECT count(*) FROM alert WHERE rule_id LIKE '%drill_leftover%'")[0][0] > 0
    desk("drill", "end", "last")
    assert desk.rows("SELECT code, valid FROM drill ORDER BY code") == [("DT-2026-0001", 1), ("DT-2026-0002", 0)]


def test_clean_removes_only_what_the_drill_made(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--robot", "silent")
    inbox = desk.root / "drills" / "DT-2026-0001" / "inbox"
    folder = handed_over(inbox.parent, "HUONG_DAN.txt").parent
    (folder / "ghi-chu.txt").write_text("của tôi")
    removed = desk.json("drill", "clean", "last", "--yes")[0]["removed"]
    assert f"{folder.name}/HUONG_DAN.txt" in removed
    assert [path.name for path in inbox.rglob("*") if path.is_file()] == ["ghi-chu.txt"]


def test_two_teams_get_workspaces_and_artefacts_of_their_own(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune", "--team", "doi1", "--team", "doi2", "--seed", "3")
    files = []
    for code in ("DT-2026-0001-doi1", "DT-2026-0001-doi2"):
        desk("drill", "run", code, "--once")
        desk("drill", "jump", code, "7m")
        files.append(sorted(p.name for p in handed_over(desk.root / "drills" / code, "HUONG_DAN.txt").parent.iterdir()))
    assert files[0] != files[1] and len(files[0]) == len(files[1]) == 7
    assert len(desk.json("drill", "status", "DT-2026-0001-doi1")) == 2


def test_an_action_is_verified_only_by_a_later_drill_that_meets_the_measure(desk: Desk) -> None:
    flash = ("drill", "new", "--from", "ransomware-commune-flash")
    desk(*flash)
    desk("drill", "run", "last", "--robot", "ideal")  # an earlier one, which met the measure
    desk.later(600)
    desk(*flash)
    desk("drill", "run", "last", "--robot", "silent")
    desk(
        "action",
        "add",
        "Dán số trực ban",
        "--drill",
        "last",
        "--measure",
        "ransomware-commune-noticed",
        "--due",
        "1/1/2027",
    )
    desk("action", "verify", "1", "--by", "last", code=4)  # nobody has done it
    assert any(one["kind"] == "action" for one in desk.json("next"))
    desk("action", "done", "1", "--note", "đã dán ở 108 xã")
    desk("action", "verify", "1", "--by", "last", code=4)  # the drill that it came of
    desk("action", "verify", "1", "--by", "DT-2026-0001", code=4)  # an earlier one
    assert not any(one["kind"].startswith("action") for one in desk.json("next")), "nothing has put it to the test yet"
    desk.later(600)
    desk(*flash)
    desk("drill", "run", "last", "--robot", "silent")
    (told,) = [one for one in desk.json("next") if one["kind"] == "action-verify"]
    assert told["command"] == "atttcli action verify CT-2026-0001 --by DT-2026-0003"
    assert "reopened" in desk("action", "verify", "1", "--by", "last", code=1)  # later, and missed
    assert desk.json("action", "list")[0]["status"] == "reopened"
    desk("action", "done", "1", "--note", "dán lại, có người kiểm tra")
    desk.later(600)
    desk(*flash)
    desk("drill", "run", "last", "--robot", "ideal")
    assert "verified" in desk("action", "verify", "1", "--by", "DT-2026-0004")
    assert desk.json("action", "list", "--all")[0]["verified_by"] == "DT-2026-0004"
    held = desk.rows("SELECT seq FROM journal WHERE verb = 'drill.held' AND object = 'DT-2026-0004'")[0][0]
    said = desk.rows(
        "SELECT p.payload FROM journal JOIN journal_payload p USING (seq) WHERE verb = 'drill.action_verified'"
    )
    assert json.loads(said[0][0])["entry"] == held, "the verification names the entry that it rests on"
    assert desk.json("action", "list") == []
    desk("action", "verify", "1", "--by", "DT-2026-0004", code=5)  # verified already
    desk("db", "rebuild")
    assert desk.json("action", "list", "--all")[0]["status"] == "verified"
    measures = {one["measure"]: one["drills"] for one in desk.json("drill", "list", "--measures")}
    assert [one["value"] for one in measures["ransomware-commune-noticed"]] == [1, 0, 0, 1]
    desk("drill", "report", "last", "--format", "md")
    desk.later(600)
    desk(*flash)
    desk("drill", "run", "last", "--robot", "silent")
    assert "reopened" in desk("action", "verify", "1", "--by", "last", code=1), "what was verified is missed again"


def test_teams_of_the_drill_that_an_action_came_of_do_not_verify_it(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune-flash", "--team", "a", "--team", "b")
    desk("drill", "run", "DT-2026-0001-a", "--robot", "silent")
    desk("action", "add", "Dán số", "--drill", "DT-2026-0001-a", "--measure", "ransomware-commune-noticed")
    desk("action", "done", "1", "--note", "đã dán")
    desk.later(600)
    desk("drill", "run", "DT-2026-0001-b", "--robot", "ideal")
    desk("action", "verify", "1", "--by", "DT-2026-0001-b", code=4)


def test_a_drill_on_paper_alone(desk: Desk) -> None:
    """Nothing but times entered afterwards."""
    desk("drill", "new", "--from", "portal-defacement-flash")
    day = "23/11/2026 "
    desk("drill", "run", "last", "--at", day + "09:00", code=4)  # still to come
    desk.clock.at = parse_moment("2026-11-23 11:00")
    desk("drill", "run", "last", "--at", day + "09:00")
    desk("drill", "inject", "last", "A2", "--at", "09:05")
    desk("drill", "inject", "last", "B1", "--at", "09:10")
    desk("drill", "answer", "last", "E1", "--at", "09:02")
    desk("drill", "answer", "last", "E2", "--at", "09:14", "--choice", "c")
    desk("drill", "answer", "last", "E4", "--at", "09:12")
    desk("drill", "end", "last", "--at", "09:20")
    lines = {one["id"]: one for one in desk.json("drill", "score", "last")[0]["lines"]}
    assert (lines["E1"]["seconds"], lines["E1"]["value"]) == (120, 1)
    assert (lines["E2"]["seconds"], lines["E2"]["value"]) == (840, 0)
    assert (lines["E4"]["seconds"], lines["E4"]["value"]) == (120, 1)
    assert desk.json("drill", "status", "last")[0]["active_seconds"] == 1200


def test_rehearse_keeps_nothing(desk: Desk) -> None:
    heads = desk.root.parent / "home" / "heads"
    before = sorted(path.name for path in heads.iterdir())
    found = desk.json("drill", "rehearse", "service-flood-flash")
    assert [(one["robot"], one["score"]) for one in found[:2]] == [("ideal", 100.0), ("silent", 0.0)]
    assert not (desk.root / "drills").exists()
    assert sorted(path.name for path in heads.iterdir()) == before


def test_every_paper_that_a_player_writes_carries_the_mark(desk: Desk) -> None:
    desk("drill", "new", "--from", "ransomware-commune-flash")
    desk("drill", "run", "last", "--once")
    do = ("drill", "do", "last")
    desk(*do, "incident", "open", "--title", "Thử", "--category", "mahoa")
    desk(*do, "report", "incident", "1", "--format", "md")
    outbox = desk.root / "drills" / "DT-2026-0001" / "outbox"
    (paper,) = [path for path in outbox.glob("*.md") if "SC-" in path.name]
    assert "DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT" in paper.read_text("utf-8")
    assert not list((desk.root / "outbox").iterdir())
