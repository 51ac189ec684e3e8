"""Official letters: Decree 30's layout, every format, the same bytes, nothing of another agency, fast for 146."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from atttcli.advisory import desk
from atttcli.advisory.draft import Wish, make_plan
from atttcli.advisory.letters import LetterDesk
from atttcli.advisory.replies import make_answer
from atttcli.advisory.targets import unresolved_rows
from atttcli.cli.context import App
from atttcli.errors import Refused, UsageError
from atttcli.model.letter import LetterModel
from atttcli.reports.layout import check_layout
from atttcli.reports.letter import LETTER_FORMATS, render_letter
from tests.support.advisory_case import listed_app
from tests.support.casework import START


@pytest.fixture
def app(tmp_path: Path) -> App:
    return listed_app(tmp_path)


def drafted(app: App, **wish: object) -> str:
    given = {"list": "last"} | wish
    return desk.draft(app.journal, make_plan(app.store, app.inventory, "vn-2017", Wish(**given), START))  # type: ignore[arg-type]


def letters(app: App, number: str) -> list[LetterModel]:
    return list(LetterDesk(app.store, app.inventory, "vn-2017", START).warnings(number))


def text(letter: LetterModel) -> str:
    return " ".join(render_letter(letter, "txt").decode("utf-8").split())


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("each", [False, True])
def test_every_letter_keeps_the_decrees_layout(app: App, language: str, each: bool) -> None:
    number = drafted(app, language=language, each=each)
    made = letters(app, number)
    assert len(made) == (3 if each else 1)
    for letter in made:
        assert check_layout(render_letter(letter, "docx")) == []


def test_the_other_letters_keep_it_too(app: App) -> None:
    number = drafted(app)
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    maker = LetterDesk(app.store, app.inventory, "vn-2017", START)
    for letter in (
        maker.reminder(number, ["so-xd", "x-vi-huong"], START),
        maker.answer(number, 1),
        maker.provider(unresolved_rows(app.store), "vi", "", START, "ISP-2026-03-02"),
    ):
        assert check_layout(render_letter(letter, "docx")) == []


def test_a_letter_that_breaks_the_layout_is_found(app: App) -> None:
    """The check above can fail: a letter to nobody."""
    from dataclasses import replace

    (letter,) = letters(app, drafted(app))
    findings = check_layout(render_letter(replace(letter, addressees=()), "docx"))
    assert [finding.box for finding in findings] == ["box 9a"]


def test_the_same_letter_gives_the_same_bytes(app: App) -> None:
    number = drafted(app)
    for format_ in LETTER_FORMATS:
        assert render_letter(letters(app, number)[0], format_) == render_letter(letters(app, number)[0], format_)
    with pytest.raises(UsageError):
        render_letter(letters(app, number)[0], "odt")


def test_one_letter_names_all_and_a_letter_for_each_only_its_own(app: App) -> None:
    (one,) = letters(app, drafted(app))
    assert all(part in text(one) for part in ("203.0.113.249", "203.0.113.101", "Sở Xây dựng", "PHIẾU PHẢN HỒI"))
    for letter in letters(app, drafted(app, each=True)):
        own = {"vp-ubnd": "203.0.113.66", "so-xd": "203.0.113.101", "x-vi-huong": "203.0.113.249"}
        for agency, address in own.items():
            assert (address in text(letter)) == (agency == letter.addressee)


def test_before_it_is_numbered_there_is_room_for_the_number(app: App) -> None:
    number = drafted(app)
    assert "ngày …… tháng …… năm 2026" in text(letters(app, number)[0])
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    desk.sign(app.journal, number, "Nguyễn Thị Lãnh Đạo", START)
    desk.number_letter(app.journal, number, "05/STTTT-CNTT", "2026-03-02", {})
    (letter,) = letters(app, number)
    assert "Số: 05/STTTT-CNTT" in text(letter)
    assert "ngày 02 tháng 3 năm 2026" in text(letter)
    assert "Nguyễn Thị Lãnh Đạo" in text(letter)


def test_a_group_is_addressed_as_a_group(app: App) -> None:
    (letter,) = letters(app, drafted(app, list="", template="general", title="Thử", to=("huyen", "xa")))
    assert letter.addressees == ("Ủy ban nhân dân các huyện, thành phố", "Ủy ban nhân dân các xã, phường, thị trấn")
    (some,) = letters(app, drafted(app, list="", template="general", title="Thử", to=("so_ban_nganh", "x-vi-huong")))
    assert len(some.addressees) == 1 and "Phụ lục" in some.addressees[0]
    assert "Ủy ban nhân dân xã Vi Hương" in text(some)


def test_links_in_data_stay_dead(app: App) -> None:
    number = drafted(app, title="http://evil.example/x www.evil.example \x1b[31m <b>")
    (letter,) = letters(app, number)
    for format_ in ("html", "txt"):
        shown = render_letter(letter, format_).decode("utf-8")
        assert "http://" not in shown.replace("http://schemas", "")
        assert "\x1b" not in shown
    assert "<b>" not in render_letter(letter, "html").decode("utf-8")


def test_the_answer_counts_what_agencies_did(app: App) -> None:
    number = drafted(app)
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    desk.sign(app.journal, number, "GĐ", START)
    desk.number_letter(app.journal, number, "45/STTTT-CNTT", "2026-03-02", {})
    desk.send(app.journal, number, (), "email", "", START)
    desk.reply(app.journal, number, [make_answer("so-xd", "2/3"), make_answer("vp-ubnd", "không bị ảnh hưởng")], {})
    said = text(LetterDesk(app.store, app.inventory, "vn-2017", START).answer(number, 1))
    assert "Văn bản số 1024/CATTT-NCSC ngày 27/02/2026" in said
    assert (
        "Không bị ảnh hưởng: 1 cơ quan" in said
        and "Đang xử lý: 1 cơ quan" in said
        and "Chưa trả lời: 1 cơ quan" in said
    )
    assert "2/4" in said, "two of three, and one machine of which nobody has told yet"
    assert "Còn 1 địa chỉ" in said


def test_nobody_is_answered_who_did_not_warn(app: App) -> None:
    number = drafted(app, list="", template="general", title="Thử", to=("huyen",))
    with pytest.raises(Refused) as refused:
        LetterDesk(app.store, app.inventory, "vn-2017", START).answer(number, 0)
    assert refused.value.guard == "source"


def test_146_letters_take_less_than_three_seconds(app: App) -> None:
    number = drafted(app, to=("all",), each=True)
    begun = time.process_time()
    made = [render_letter(letter, "docx") for letter in letters(app, number)]
    spent = time.process_time() - begun
    assert len(made) == 146
    assert spent < 3.0


def test_a_letter_of_a_drill_says_so(app: App) -> None:
    from atttcli.incident.casework import NewIncident, open_incident

    incident = open_incident(app.journal, "bac-kan", "vn-2017", NewIncident("Thử", agencies=("so-xd",), exercise=True))
    (letter,) = letters(app, drafted(app, list="", affected_by=incident))
    assert "DIỄN TẬP" in text(letter)
    (real,) = letters(app, drafted(app))
    assert "DIỄN TẬP" not in text(real)
