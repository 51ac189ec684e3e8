"""What letters to the centre and to the provider say, and how they say numbers and times."""

from __future__ import annotations

from pathlib import Path

from atttcli.advisory import desk
from atttcli.advisory.draft import Wish, make_plan
from atttcli.advisory.letters import LetterDesk
from atttcli.advisory.replies import make_answer
from atttcli.advisory.targets import unresolved_rows
from atttcli.model.letter import LetterTable, LetterText
from atttcli.reports.letter import render_letter
from tests.support.advisory_case import listed_app
from tests.support.casework import SetClock, journal_of


def test_the_provider_is_told_by_which_rules_it_is_asked(tmp_path: Path) -> None:
    app = listed_app(tmp_path, SetClock())
    letters = LetterDesk(app.store, app.inventory, "vn-2017", app.clock.now())
    text = render_letter(
        letters.provider(unresolved_rows(app.store, ""), "vi", "", app.clock.now(), "ISP"), "txt"
    ).decode()
    app.close()
    said = " ".join(text.split())
    assert "Quyết định số 05/2017/QĐ-TTg" in said and "Thông tư số 20/2017/TT-BTTTT" in said


def test_the_centre_is_answered_with_a_list_that_ends_and_a_time_as_letters_tell_it(tmp_path: Path) -> None:
    app = listed_app(tmp_path, SetClock())
    journal = journal_of(app)
    number = desk.draft(journal, make_plan(app.store, app.inventory, "vn-2017", Wish(list="last"), app.clock.now()))
    desk.approve(journal, number)
    desk.issue(journal, number)
    desk.sign(journal, number, "Phó Giám đốc", app.clock.now())
    desk.number_letter(journal, number, "45/STTTT-CNTT", "2026-03-02", {})
    desk.send(journal, number, (), "email", "", app.clock.now())
    answers = [make_answer("x-vi-huong", "1200/1500"), make_answer("so-xd", "không bị ảnh hưởng")]
    desk.reply(journal, number, answers, {})
    letter = LetterDesk(app.store, app.inventory, "vn-2017", app.clock.now()).answer(number, 0)
    app.close()
    items = [one.text for one in letter.blocks if isinstance(one, LetterText) and one.style == "item"]
    assert len(items) == 4
    assert all(one.endswith(";") for one in items[:-1])
    assert items[-1].startswith("Số máy, đối tượng đã xử lý trên tổng số: 1.200/1.50") and items[-1].endswith(".")
    assert "08 giờ 00 phút ngày 02/03/2026" in letter.blocks[0].text  # type: ignore[union-attr]
    (table,) = [one for one in letter.annexes[0].blocks if isinstance(one, LetterTable)]
    by_name = {row[1]: row[4] for row in table.rows}
    assert by_name["Sở Xây dựng"] == "-" and by_name["Ủy ban nhân dân xã Vi Hương"] == "1.200/1.500"


def test_an_annex_names_its_letter_with_the_day_in_words(tmp_path: Path) -> None:
    app = listed_app(tmp_path, SetClock())
    letters = LetterDesk(app.store, app.inventory, "vn-2017", app.clock.now())
    made = letters.provider(unresolved_rows(app.store, ""), "vi", "", app.clock.now(), "ISP")
    from dataclasses import replace

    signed = render_letter(replace(made, number="51", date="2026-03-05"), "txt").decode()
    draft = render_letter(made, "txt").decode()
    app.close()
    assert "ngày 05 tháng 3 năm 2026" in " ".join(signed.split("Phụ lục")[-1].split())
    assert "ngày …… tháng …… năm ……" in " ".join(draft.split("Phụ lục")[-1].split())


def test_indicators_and_agencies_are_named_in_words_not_codes(tmp_path: Path) -> None:
    app = listed_app(tmp_path, SetClock())
    journal = journal_of(app)
    wish = Wish(to=("x-vi-huong", "so-xd"), template="general", title="Cảnh báo mã độc", each=True)
    plan = make_plan(app.store, app.inventory, "vn-2017", wish, app.clock.now())
    plan.body["markers"] = [{"type": "ipv4-addr", "value": "198.51.100.7", "role": "c2"}]
    number = desk.draft(journal, plan)
    desk.approve(journal, number)
    desk.issue(journal, number)
    letter = next(iter(LetterDesk(app.store, app.inventory, "vn-2017", app.clock.now()).warnings(number)))
    text = render_letter(letter, "txt").decode()
    app.close()
    assert "Địa chỉ IPv4" in text and "ipv4-addr" not in text
    assert text.rstrip().endswith("Sở Xây dựng") and "so-xd" not in text
