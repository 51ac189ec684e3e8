"""Tabletops, exercises on real systems, raters and conditions, from outside as people use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atttcli.clock import parse_moment
from atttcli.reports.layout import check_layout
from tests.support.drill_desk import DrillDesk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DrillDesk:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    found = DrillDesk(tmp_path)
    found.clock.at = parse_moment("24/11/2026 08:00")
    return found.begin()


def lines(desk: DrillDesk) -> dict[str, dict]:
    return {one["id"]: one for one in desk.json("drill", "score", "last")[0]["lines"]}


def told(path: Path) -> str:
    """A paper's text without the breaks of its lines."""
    return " ".join(path.read_text(encoding="utf-8").split())


def test_a_tabletop_from_paper_sheets_end_to_end(desk: DrillDesk, tmp_path: Path) -> None:
    """Nobody at the table touches the tool: sheets are printed, filled in by hand and entered afterwards with their times."""
    desk("drill", "new", "--from", "mailbox-takeover-tabletop", "--begins", "24/11/2026 14:00", "--seed", "1")
    desk("drill", "forms", "last", "--blank", "--module", "M1", "--format", "txt", "--output", str(tmp_path / "sheets"))
    sheet = (tmp_path / "sheets" / "DT-2026-0001-sheet-M1-blank.txt").read_text(encoding="utf-8")
    assert "khoa-huy-phien" in sheet and "[  ]" in sheet and "PHẦN M1" in sheet
    assert "PHẦN M2" not in sheet and "0.5" not in sheet, "the next module and the grades are not handed out"
    desk.clock.at += 5 * 24 * 3600 * 1_000_000  # the sheets are entered days later
    desk("drill", "run", "last", "--at", "24/11/2026 14:00")
    desk("drill", "inject", "last", "B1", "--at", "14:15")
    desk("drill", "answer", "last", "E1", "--at", "14:06")
    desk("drill", "answer", "last", "E2", "--at", "14:10", "--field", "category=truycap", "--field", "severity=M2")
    desk(
        "drill",
        "answer",
        "last",
        "E3",
        "--vote",
        "khoa-huy-phien=3",
        "--vote",
        "doi-mat-khau=2",
        "--who",
        "To 1",
        "--at",
        "14:07",
    )
    desk("drill", "answer", "last", "E3", "--vote", "doi-mat-khau=2", "--who", "To 2", "--at", "14:08")
    desk("drill", "answer", "last", "E4", "--note", "Giám đốc ra lệnh; Phó Giám đốc thay", "--at", "14:12")
    desk("drill", "answer", "last", "E5", "--choice", "dismiss", "--at", "14:20")
    desk("drill", "end", "last", "--at", "15:30")
    found = lines(desk)
    assert found["E1"]["value"] == 1 and found["E1"]["seconds"] == 360
    assert found["E3"]["value"] == 0.5, "doi-mat-khau has 4 of 7 votes and is half right; the last vote came in time"
    assert found["E3"]["seconds"] == 480
    assert (found["E4"]["value"], found["E4"]["reason"]) == (0, "unruled"), "an open question waits for its grade"
    desk("drill", "answer", "last", "E3", "--choice", "khoa-huy-phien", "--at", "14:10")
    assert lines(desk)["E3"]["value"] == 1, "what the head of the table decided stands above the votes"
    desk("drill", "grade", "last", "E4", "0.5", "--reason", "Thiếu số điện thoại")
    assert lines(desk)["E4"]["value"] == 0.5
    desk("drill", "report", "last", "--format", "docx", "--format", "txt")
    desk("drill", "forms", "last", "--format", "txt", "--output", str(tmp_path / "filled"))
    filled = (tmp_path / "filled" / "DT-2026-0001-sheet.txt").read_text(encoding="utf-8")
    assert "Giám đốc ra lệnh" in filled and "14:12" in filled and "Thiếu số điện thoại" in filled


def test_a_tie_is_the_lower_option_and_groups_may_change_their_mind(desk: DrillDesk) -> None:
    desk("drill", "new", "--from", "mailbox-takeover-tabletop")
    desk("drill", "run", "last", "--once")
    desk("drill", "answer", "last", "E3", "--vote", "khoa-huy-phien=2", "--vote", "cho-xac-minh=2", "--who", "1")
    assert lines(desk)["E3"]["value"] == 0
    desk("drill", "answer", "last", "E3", "--vote", "khoa-huy-phien=4", "--who", "1")
    assert lines(desk)["E3"]["value"] == 1
    desk("drill", "answer", "last", "E3", "--vote", "nothing=1", code=2)
    desk("drill", "answer", "last", "E3", "--vote", "khoa-huy-phien=-1", code=2)
    desk("drill", "answer", "last", "E3", "--vote", "khoa-huy-phien=1", "--choice", "khoa-huy-phien", code=2)
    desk("drill", "answer", "last", "E4", "--vote", "yes=1", code=3)


def test_two_raters_a_whole_grade_apart_are_flagged_until_somebody_rules(desk: DrillDesk, tmp_path: Path) -> None:
    desk("drill", "new", "--from", "mailbox-takeover-tabletop")
    desk("drill", "run", "last", "--once")
    desk("drill", "answer", "last", "E4", "--note", "Giám đốc")
    desk("drill", "grade", "last", "E4", "1", "--reason", "đủ", "--by", "An")
    assert lines(desk)["E4"]["disagreed"] == ""
    desk("drill", "grade", "last", "E4", "0.5", "--reason", "thiếu", "--by", "Bình")
    half = lines(desk)["E4"]
    assert (half["value"], half["disagreed"]) == (0.75, ""), "half a grade apart is no disagreement"
    desk("drill", "grade", "last", "E4", "0", "--reason", "không có ai thay", "--by", "Bình")
    apart = lines(desk)["E4"]
    assert (apart["value"], apart["disagreed"]) == (0.5, "Bình 0, An 1")
    assert "disagree" in desk("drill", "score", "last")
    desk("drill", "end", "last")
    desk("drill", "report", "last", "--format", "txt", "--language", "vi", "--output", str(tmp_path))
    report = told(tmp_path / "DT-2026-0001-report.txt")
    assert "Bình 0, An 1" in report and "chưa quyết" in report
    desk("drill", "score", "last", "--rule", "E4=1", "--reason", "Quy chế có ghi người thay")
    ruled = lines(desk)["E4"]
    assert ruled["value"] == 1 and "Quy chế có ghi" in ruled["overridden"] and "lan" in ruled["overridden"]
    desk("drill", "report", "last", "--format", "txt", "--language", "vi", "--output", str(tmp_path))
    assert "đã quyết: lan: Quy chế" in told(tmp_path / "DT-2026-0001-report.txt")
    desk("drill", "grade", "last", "E4", "1", "--reason", " ", code=4)
    desk("drill", "grade", "last", "E99", "1", "--reason", "x", code=3)


def live(desk: DrillDesk) -> None:
    desk("drill", "new", "--from", "live-portal")
    desk(
        "drill", "scope", "last", "--authorised-by", "QĐ 1", "--from", "23/11/2026 00:00", "--until", "30/12/2026 00:00"
    )
    desk("drill", "run", "last", "--once")


def test_nobody_begins_on_real_systems_before_all_is_set(desk: DrillDesk) -> None:
    assert "drill scope DT-2026-0001 --authorised-by" in desk("drill", "new", "--from", "live-portal")
    assert set(desk.json("drill", "scope", "last")[0]["missing"]) == {"authority", "begins", "ends"}
    desk("drill", "run", "last", "--once", code=4)
    desk("drill", "scope", "last", "--authorised-by", "QĐ 1")
    desk("drill", "run", "last", "--once", code=4)
    desk("drill", "scope", "last", "--from", "23/11/2020 08:00", "--until", "24/11/2020 08:00")
    desk("drill", "run", "last", "--once", code=4)  # that time is over
    desk(
        "drill", "scope", "last", "--from", "23/11/2020 08:00", "--until", "30/12/2030 08:00", "--target", "T3=Máy thử"
    )
    desk("drill", "run", "last", "--once")
    desk("drill", "scope", "last", "--target", "T4=Thêm nữa", code=4)  # nobody widens it any more
    assert "T3" in desk.json("drill", "scope", "last")[0]["targets"]
    assert desk.json("drill", "scope", "last")[0]["stop"] == "NGỪNG DIỄN TẬP"


def test_a_live_exercise_is_scored_by_rulings_and_by_hand(desk: DrillDesk, tmp_path: Path) -> None:
    """The numbers stand in docs/drills.md."""
    live(desk)
    proof = tmp_path / "nhat-ky.txt"
    proof.write_text("x", encoding="utf-8")
    desk("drill", "log", "last", "red", "Dò mật khẩu", "--target", "T1", "--technique", "T1110")
    assert desk.json("drill", "score", "last")[0]["lines"] == [], "what the judges have not recognised asks for nothing"
    desk.later(20)
    desk("drill", "log", "last", "blue", "Thấy", "--answers", "R1", "--as", "detect", "--evidence", str(proof))
    desk.later(220)  # 4 h: target 1 h, limit 8 h
    desk("drill", "log", "last", "blue", "Chặn", "--answers", "R1", "--as", "contain")
    desk("drill", "log", "last", "judge", "Có", "--on", "R1", "--ruling", "accepted", "--by", "GK1")
    assert lines(desk)["R1.detect"]["reason"] == "unruled"
    desk("drill", "log", "last", "judge", "Có", "--on", "B1", "--ruling", "accepted", "--by", "GK1")
    desk("drill", "log", "last", "judge", "Một phần", "--on", "B1", "--ruling", "partly", "--by", "GK2")
    desk("drill", "log", "last", "judge", "Có", "--on", "B2", "--ruling", "accepted", "--by", "GK1")
    found = lines(desk)
    assert found["R1.detect"]["value"] == 0.75 and found["R1.detect"]["seconds"] == 1200
    assert found["R1.contain"]["value"] == pytest.approx(0.5 * (1 - 3 / 7), abs=0.001), (
        "4 h of 1 to 8, halved without proof"
    )
    assert found["R1.contain"]["reason"] == "no-evidence"
    assert found["G3.ruled"]["value"] == 0, "nothing was bound to the objective of reporting"
    kept = desk.json("drill", "log", "last", "list")
    assert kept[1]["evidence"] == [
        {"name": "nhat-ky.txt", "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    ]
    desk("drill", "report", "last", "--format", "md", "--language", "vi", "--output", str(tmp_path))
    report = told(tmp_path / "DT-2026-0001-report.md")
    assert "đội tấn công" in report and "T1110" in report
    entries = {row[0] for row in desk.rows("SELECT seq FROM journal", "DT-2026-0001")}
    assert all(set(one["entries"]) <= entries for one in found.values())


def test_judges_who_disagree_and_red_outside_of_its_scope_are_on_the_forms(desk: DrillDesk, tmp_path: Path) -> None:
    live(desk)
    assert desk.json("drill", "log", "last", "red", "Quét máy khác", "--target", "T9")[0]["outside"] == ["target"]
    desk("drill", "pause", "last", "--reason", "NGỪNG DIỄN TẬP")
    assert desk.json("drill", "log", "last", "red", "Vẫn tấn công", "--target", "T1")[0]["outside"] == ["stopped"]
    desk("drill", "resume", "last")
    desk("drill", "log", "last", "judge", "Được", "--on", "R1", "--ruling", "accepted", "--by", "GK1")
    out = desk("drill", "log", "last", "judge", "Không được", "--on", "R1", "--ruling", "rejected", "--by", "GK2")
    assert "disagree" in out
    desk("drill", "end", "last")
    for words in (("--blank",), ()):
        desk(
            "drill",
            "forms",
            "last",
            *words,
            "--format",
            "md",
            "--format",
            "docx",
            "--language",
            "vi",
            "--output",
            str(tmp_path),
        )
    ruling = (tmp_path / "DT-2026-0001-ruling.md").read_text(encoding="utf-8")
    assert "NGOÀI PHẠM VI" in ruling and "sau câu dừng" in ruling and "CHÊNH 1 ĐIỂM: GK2 0, GK1 1" in ruling
    blank = (tmp_path / "DT-2026-0001-ruling-blank.md").read_text(encoding="utf-8")
    assert "Quét máy khác" not in blank and "công nhận" in blank
    for name in ("scope", "scope-blank"):  # the one that the organ itself signs is laid out by the decree
        assert check_layout((tmp_path / f"DT-2026-0001-{name}.docx").read_bytes()) == []
    for name in ("red", "blue", "ruling"):
        boxes = {one.box for one in check_layout((tmp_path / f"DT-2026-0001-{name}.docx").read_bytes())}
        assert boxes <= {"box 3", "box 9b"}, "a team's form has neither the organ's number nor its recipients"
    desk("drill", "forms", "last", "--form", "sheet", code=2)


def test_rulings_are_the_judges_and_about_actions(desk: DrillDesk) -> None:
    live(desk)
    desk("drill", "log", "last", "red", "x", "--target", "T1", "--ruling", "accepted", code=2)
    desk("drill", "log", "last", "judge", "x", "--ruling", "accepted", code=2)
    desk("drill", "log", "last", "judge", "x", "--on", "R1", "--ruling", "accepted", code=3)
    desk("drill", "log", "last", "blue", "x", "--answers", "R1", "--as", "contain", code=3)
    desk("drill", "log", "last", "blue", "x", "--as", "contain", code=2)


SCENARIO = """
drill: bedingungen
version: 1
format: functional
category: mahoa
time: 120m
name: {vi: Thử, en: Try}
situation: {vi: Thử, en: Try}
roles: [{code: doi, name: {vi: Đội, en: Team}}]
places: {xa: {agency: xa, at: 3}}
goals:
  - {id: G1, capability: phat-hien, text: {vi: Thấy, en: See}}
  - {id: G2, capability: ngan-chan, text: {vi: Chặn, en: Stop}}
injects:
  - id: A1
    at: 0m
    to: doi
    phone: {text: {vi: A lô, en: Hello}}
    truth: {malicious: true, category: mahoa, severity: M3}
    hint: {vi: Hỏi thêm, en: Ask more}
    expect:
      - {id: E1, kind: detect, within: 10m, limit: 60m, goal: G1, on: [{opened: xa}], text: {vi: Mở, en: Open}}
      - {id: E2, kind: contain, within: 10m, limit: 60m, goal: G2, text: {vi: Cô lập, en: Isolate}}
  - {id: N1, when: {no_action_for: 15m}, to: doi, phone: {text: {vi: Gọi lại, en: Again}}}
  - {id: S1, when: {all: [{at: 30m}, {score_below: {goal: G2, value: 50}}]}, to: doi, phone: {text: {vi: Nhắc, en: Reminder}}}
  - {id: U1, at: 40m, unless: {done: E2}, to: doi, media: {text: {vi: Báo chí, en: Press}}}
"""


@pytest.mark.parametrize(
    ("works", "told"),
    [(False, {"A1", "N1", "S1", "U1"}), (True, {"A1", "N1"})],
    ids=["a team that sleeps", "a team that works"],
)
def test_hints_and_escalations_come_to_those_who_need_them(
    desk: DrillDesk, tmp_path: Path, works: bool, told: set[str]
) -> None:
    """`no_action_for`, `score_below` and `unless`: the one who acts late is called again, not reminded, not pressed."""
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    desk("drill", "validate", str(path))
    desk("drill", "new", "--from", str(path))
    desk("drill", "run", "last", "--once")
    desk.later(10)
    desk("drill", "run", "last", "--once")
    assert delivered(desk) == {"A1"}
    if works:
        desk("drill", "answer", "last", "E2")
        desk.later(14)
        desk("drill", "run", "last", "--once")
        assert delivered(desk) == {"A1"}, "14 minutes after the last action is not 15"
    desk.later(10)
    desk("drill", "run", "last", "--once")
    assert delivered(desk) == {"A1", "N1"}
    desk.later(30)
    desk("drill", "run", "last", "--once")
    assert delivered(desk) == told
    states = {one["id"]: one["state"] for one in desk.json("drill", "status", "last")[0]["injects"]}
    assert states["U1"] == ("skipped" if works else "delivered")


def delivered(desk: DrillDesk) -> set[str]:
    return {one["id"] for one in desk.json("drill", "status", "last")[0]["injects"] if one["state"] == "delivered"}


def test_a_step_of_a_playbook_counts_when_players_do_it_with_the_playbooks_commands(
    desk: DrillDesk, tmp_path: Path
) -> None:
    desk("drill", "new", "--from", "ransomware-commune")
    desk("drill", "run", "last", "--once")
    planned = desk.rows(
        "SELECT p.payload FROM journal j JOIN journal_payload p USING (seq) WHERE verb = 'drill.planned'",
        "DT-2026-0001",
    )
    xa = json.loads(planned[0][0])["places"]["xa"]["code"]
    desk("drill", "do", "last", "incident", "open", "--title", "Máy bị mã hóa", "--agency", xa)
    desk.later(7)
    desk("drill", "run", "last", "--once")
    photo = tmp_path / "anh.txt"
    photo.write_text("ảnh màn hình", encoding="utf-8")
    desk("drill", "do", "last", "playbook", "run", "start", "ma-hoa", "--incident", "SC-2026-0001")
    desk("drill", "do", "last", "evidence", "add", str(photo), "--incident", "SC-2026-0001")
    assert lines(desk)["E5"]["value"] == 0
    desk(
        "drill", "do", "last", "task", "done", "NV-2026-0001", "--note", "rút dây mạng", "--evidence", "CC-2026-0001",
        "--set", "__machines__=1",
    )  # fmt: skip
    found = lines(desk)["E5"]
    assert found["value"] == 1, found
