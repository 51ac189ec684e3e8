"""Papers: each carries the mark, the player's book gives nothing away, the same drill gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.drill import conduct
from atttcli.drill.after import build_plan, build_report
from atttcli.drill.navigator import GREY, layer
from atttcli.drill.robot import RobotClock
from atttcli.drill.scenario import shipped_names
from atttcli.drill.score import score
from atttcli.errors import InputError
from atttcli.model.drill import Said
from atttcli.model.drill_report import ReportAction
from atttcli.packaged import packaged
from atttcli.reports.drill import compose_report, model_json, render_drill, report_from_json
from atttcli.reports.drill_plan import compose_plan
from atttcli.reports.layout import check_layout
from tests.support.drill_case import BASE, bac_kan, drill_room, robot_room

MARKS = {"vi": "DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT", "en": "EXERCISE - NOT A REAL INCIDENT"}


def source(name: str) -> bytes:
    return (packaged("seeds") / "drills" / f"{name}.yaml").read_bytes()


def secrets(room: conduct.Room) -> set[str]:
    """Every text that a player must not read before it happens."""
    found = {room.scenario.name.vi, room.scenario.name.en, room.scenario.category, room.scenario.code}
    for inject in room.scenario.injects:
        found |= {inject.hint.vi, inject.hint.en}
        if inject.truth:
            found |= {inject.truth.why.vi, inject.truth.why.en, *inject.truth.attack}
        found |= {
            text
            for name, value in inject.payload.items()
            if isinstance(value, Said) and name != "from"
            for text in (value.vi, value.en)
        }
        for one in inject.expects:
            found |= {one.text.vi, one.text.en}
            said = [value for name, value in inject.payload.items() if isinstance(value, Said) and name != "from"]
        found |= {text for value in said for text in (value.vi, value.en)}
    for goal in room.scenario.goals:
        found |= {goal.text.vi, goal.text.en}
    return {text for text in found if text}


@pytest.mark.parametrize("name", shipped_names())
def test_the_players_book_gives_nothing_away(name: str, tmp_path: Path) -> None:
    with drill_room(tmp_path, source(name), RobotClock(BASE)) as room:
        plan = build_plan(room, bac_kan(), BASE)
        hidden = secrets(room)
        for language in ("vi", "en"):
            text = render_drill(compose_plan(plan, language, "player"), "txt").decode()
            html = render_drill(compose_plan(plan, language, "player"), "html").decode()
            assert MARKS[language] in text
            assert not [one for one in hidden if one in text or one in html]
            told = render_drill(compose_plan(plan, language, "controller"), "txt").decode()
            assert all(one.id in told for one in plan.injects)


@pytest.fixture
def report(tmp_path: Path):
    with robot_room(tmp_path, source("ransomware-commune-flash"), "noisy") as (room, _told):
        conduct.note(room, "-", "Không hỏi số máy <script>alert(1)</script>", goal="G1")
        conduct.survey(room, {"useful": 5, "real": 3, "clear": 4}, "Nên có thêm {{ 7*7 }}")
        yield build_report(room, bac_kan(), BASE + 10**10)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_report_is_laid_out_by_the_decree_and_marked(report, language: str) -> None:
    outline = compose_report(report, language)
    html = render_drill(outline, "html").decode()
    assert MARKS[language] in html and "<script>alert" not in html and "{{ 7*7 }}" in html
    assert render_drill(outline, "docx") == render_drill(compose_report(report, language), "docx")
    assert MARKS[language] in render_drill(outline, "md").decode()


def test_the_layout_checker_finds_nothing_but_the_name_of_the_paper(report) -> None:
    boxes = {finding.box for finding in check_layout(render_drill(compose_report(report, "vi"), "docx"))}
    assert boxes == set()


def test_the_model_gives_the_same_report_again(report) -> None:
    data = model_json(report)
    again = report_from_json(data)
    assert again == report and model_json(again) == data
    assert render_drill(compose_report(again, "vi"), "docx") == render_drill(compose_report(report, "vi"), "docx")
    with pytest.raises(InputError):
        report_from_json(b"{}")
    with pytest.raises(InputError):
        report_from_json(data[:100])


def test_every_line_of_the_report_names_its_entries(report) -> None:
    assert report.lines and all(line.entries for line in report.lines)
    assert report.robots and set(report.survey) == {("useful", 5.0, 1), ("real", 3.0, 1), ("clear", 4.0, 1)}


def test_untested_techniques_are_grey_in_the_navigator_layer(tmp_path: Path) -> None:
    with drill_room(tmp_path, source("ransomware-commune"), RobotClock(BASE)) as room:
        conduct.start(room)
        conduct.advance(room)
        made = layer(room.code, room.scenario, score(room.scenario, room.play()))
    rows = {one["techniqueID"]: one for one in json.loads(json.dumps(made))["techniques"]}
    assert rows["T1490"]["color"] == GREY and "score" not in rows["T1490"]
    assert rows["T1486"]["score"] == 0
    assert made["versions"] == {"layer": "4.5", "navigator": "4.9.0"} and made["domain"] == "enterprise-attack"
    assert made["layout"]["expandedSubtechniques"] == "annotated", "T1021.002 would be hidden beneath T1021"
    assert made["gradient"]["maxValue"] > made["gradient"]["minValue"] and len(made["gradient"]["colors"]) >= 2


def pages_before_the_annexes(pdf: bytes) -> int:
    import io

    import pdfplumber

    with pdfplumber.open(io.BytesIO(pdf)) as paper:
        texts = [page.extract_text() for page in paper.pages]
    begins = [any(line.startswith(("Phụ lục", "Annex")) for line in text.splitlines()[:2]) for text in texts]
    return begins.index(True) if True in begins else len(texts)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_committee_reads_two_pages_whatever_was_noted(report, language: str) -> None:
    """Everything that is shown is as long as it may be, and there is more of it than is shown."""
    long = "Không ghi lại giờ gọi và tên người gọi trên phiếu tiếp nhận nên phải gọi lại hai lần " * 5
    action = ReportAction(
        "CT-2026-0001", long, "Ủy ban nhân dân phường Nguyễn Thị Minh Khai", "2026-12-31", "done", "DT-2026-0001"
    )
    worst = replace(
        report, notes=tuple((sign, long, "G1") for sign in "+-!" * 9), earlier=(action,) * 12, actions=(action,) * 12,
        pauses=((BASE, long),) * 5, goals=(*report.goals, *report.goals)[:4], gates=("real-system",), valid=False,
    )  # fmt: skip
    for one in (report, worst):
        assert pages_before_the_annexes(render_drill(compose_report(one, language), "pdf")) <= 2
    text = render_drill(compose_report(worst, language), "txt").decode()
    assert text.count("CT-2026-0001") > 12, "what is not on the two pages stands in an annex"


@pytest.mark.parametrize("name", [one for one in shipped_names() if not one.startswith("live")])
def test_a_plan_is_two_pages_and_keeps_what_is_to_be_done(name: str, tmp_path: Path) -> None:
    with drill_room(tmp_path, source(name), RobotClock(BASE)) as room:
        plan = build_plan(room, bac_kan(), BASE)
        outline = compose_plan(plan, "vi")
        text = render_drill(outline, "txt").decode()
        for heading in (
            "MỤC ĐÍCH, YÊU CẦU",
            "NỘI DUNG",
            "THÀNH PHẦN",
            "TIẾN ĐỘ",
            "AN TOÀN",
            "KINH PHÍ",
            "TỔ CHỨC THỰC HIỆN",
        ):
            assert heading in text
        assert "NGỪNG DIỄN TẬP" in text and "Địa điểm" in text
        hidden = {one.text.vi for inject in room.scenario.injects for one in inject.expects}
        hidden |= {goal.text.vi for goal in room.scenario.goals}
        hidden |= {inject.truth.why.vi for inject in room.scenario.injects if inject.truth and inject.truth.why.vi}
        assert not [one for one in hidden if one in text], "units that take part read the plan too"
        assert pages_before_the_annexes(render_drill(outline, "pdf")) <= 2
        assert not list(check_layout(render_drill(outline, "docx")))


@pytest.mark.parametrize("book", ["controller", "player", "observer", "handouts"])
def test_books_are_laid_out_and_speak_the_readers_language(book: str, tmp_path: Path) -> None:
    with drill_room(tmp_path, source("ransomware-commune"), RobotClock(BASE)) as room:
        outline = compose_plan(build_plan(room, bac_kan(), BASE), "vi", book)
        assert not list(check_layout(render_drill(outline, "docx")))
        text = render_drill(outline, "txt").decode()
    assert pages_before_the_annexes(render_drill(outline, "pdf")) == 1
    for word in ("any(", "done E5", "no_action_for", "not("):
        assert word not in text, "a condition as the program writes it"
    if book == "handouts":
        assert "Tài liệu của quý vị đã bị khóa" in text and "Việc cần làm" not in text and "báo động giả" not in text
    if book == "controller":
        assert "khi đội làm xong E5" in text and 'drill run DT-2026-0001 --at "' in text
