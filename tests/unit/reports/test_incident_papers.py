"""Papers of one incident as a chief of office reads them: fields, gaps, addresses, numbers, clocks, wording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atttcli.clock import FixedClock, parse_moment
from atttcli.errors import Conflict, UsageError
from atttcli.evidence.vault import Vault
from atttcli.inventory import Inventory, load_organisation
from atttcli.journal.journal import Journal
from atttcli.profile import load_profile
from atttcli.reports.build import Paper as Draft
from atttcli.reports.build import build_report
from atttcli.reports.incident import compose
from atttcli.reports.paper import Paper
from atttcli.reports.paper_formats import render_paper
from atttcli.reports.papers.catalog import build_paper, find_kind
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.words import without_inside
from atttcli.reports.register import canonical, find_registered, issue, numbered
from atttcli.store.connection import Store
from atttcli.text.messages import use_language
from tests.support.reported_case import NUMBER, build_case

NOW = parse_moment("2021-05-14 10:00")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(build_case(tmp_path / "w").vault)


@pytest.fixture
def desk(vault: Vault, tmp_path: Path) -> Iterator[Desk]:
    use_language("vi")
    with Store(tmp_path / "w" / "workspace.db") as store:
        journal = Journal(store, "truc.ban", FixedClock(NOW))
        inventory = Inventory(load_organisation("bac-kan"), (), (), "2021-05-14")
        yield Desk(journal, inventory, load_profile("vn-2017"), NOW)


def _made(desk: Desk, name: str, language: Any = "vi", **asked: Any) -> Paper:
    use_language(language)
    try:
        return build_paper(find_kind(name), replace(desk, language=language), Ask(subject=NUMBER, **asked))
    finally:
        use_language("vi")


def _text(paper: Paper) -> str:
    return " ".join(render_paper(paper, "txt").decode().split())


def _set(desk: Desk, **fields: Any) -> None:
    desk.journal.append("incident.set", NUMBER, {"fields": fields})


def _gaps(paper: Paper, *, required: bool | None = None) -> set[str]:
    return {name for gap in paper.missing if required in (None, gap.required) for name in gap.fields}


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("192.168.1.5 (nội bộ)", "[x] (nội bộ)"),
        ("100.64.3.2:8080", "[x]:8080"),
        ("10.0.0.0/8, 10.23.13.5-20", "[x], [x]"),
        ("::ffff:192.168.1.5 và ::ffff:203.0.113.5", "[x] và ::ffff:203.0.113.5"),
        ("fe80::1%eth0, fd00::1/64. 2001:db8::1", "[x], [x]. 2001:db8::1"),
        ("(fe80::1), [::1]:80", "([x]), [[x]]:80"),
        ("10[.]1[.]2[.]3", "[x]"),
        ("dải 192.168.1.x; 192.168.1.xml", "dải [x]; 192.168.1.xml"),
        ("192.168.001.005_log", "[x]_log"),
        ("lúc 08:30:12 ngày 12/5, phiên bản 1.10.2.3.4", "lúc 08:30:12 ngày 12/5, phiên bản 1.10.2.3.4"),
        ("198.51.100.66, 999.1.1.1", "198.51.100.66, 999.1.1.1"),
    ],
)
def test_no_address_of_the_inside_however_it_is_written(said: str, printed: str) -> None:
    assert without_inside(said, "[x]") == printed


def test_the_initial_report_hides_inside_addresses_in_lists_and_texts_alike(desk: Desk) -> None:
    _set(
        desk,
        summary="Máy 100.64.7.7 và ::ffff:10.1.1.1 bị chiếm",
        public_addresses=["203.0.113.9", "100.64.9.9", "::ffff:192.168.3.3"],
        supporters=["Đội B (192.168.8.8)"],
        domains=["10.9.9.9", "xa.backan.gov.vn"],
    )
    made = _made(desk, "initial")
    whole = render_paper(made, "json").decode()
    for inside in ("100.64.", "10.1.1.1", "192.168.", "10.9.9.9"):
        assert inside not in whole
    assert "203.0.113.9" in whole and "xa.backan.gov.vn" in whole and "Đội B ([địa chỉ nội bộ])" in whole


def test_how_it_was_found_is_ticked_from_the_alerts_where_nobody_said(desk: Desk) -> None:
    text = _text(_made(desk, "initial"))
    assert "☒ Kiểm tra dữ liệu lưu lại (Log File)" in text
    _set(desk, found_how=["other"], notified_by="người dân gọi")
    text = _text(_made(desk, "initial"))
    assert "☐ Kiểm tra dữ liệu lưu lại" in text and "☒ Khác, đó là người dân gọi" in text


def test_questions_with_boxes_that_nobody_ticked_are_named(desk: Desk) -> None:
    assert {"services", "protections", "attached", "confidential"} <= _gaps(_made(desk, "initial"))
    _set(desk, confidential="no", services=["Web"], protections=["tường lửa"], attached=["log"])
    made = _made(desk, "initial")
    assert not {"services", "protections", "attached", "confidential"} & _gaps(made)
    text = _text(made)
    assert "☒ Web server" in text and "☒ Firewall" in text and "☒ Nhật ký hệ thống" in text and "☒ Không" in text


def test_a_box_ticked_without_what_stands_behind_it_is_a_gap(desk: Desk) -> None:
    _set(desk, found_how=["notified"], notified_by=None)
    assert "notified_by" in _gaps(_made(desk, "initial"), required=True)


def test_the_closing_reports_result_names_each_of_its_parts_in_order(desk: Desk) -> None:
    _set(
        desk, summary="Bị dò mật khẩu", measures="- Ngắt mạng\n- Đổi mật khẩu", lessons="Trực đêm", proposals="Hai bước"
    )
    text = _text(_made(desk, "closing"))
    order = ("Diễn biến: Bị dò", "Biện pháp đã thực hiện: - Ngắt mạng", "Bài học kinh nghiệm: Trực đêm", "Đề xuất cho")
    places = [text.index(one) for one in order]
    assert places == sorted(places)


def test_a_notice_has_its_readers_in_noi_nhan_and_no_kinh_gui(desk: Desk) -> None:
    made = _made(desk, "notice")
    assert made.header.addressees == () and made.header.recipients
    text = _text(made)
    assert "Kính gửi" not in text and "Như trên" not in text and "giờ" in text and ", ngày 13/05/2021" in text


def test_a_request_for_support_never_says_that_none_is_wanted(desk: Desk) -> None:
    made = _made(desk, "support")
    assert "Không có." not in _text(made) and "--request" in _gaps(made, required=True)
    assert "--request" not in _gaps(_made(desk, "support", requests=("Cử chuyên gia",)))


def test_an_order_without_a_request_keeps_the_place_open_and_names_the_systems(desk: Desk) -> None:
    text = _text(_made(desk, "order"))
    assert "1. ……" in text
    line = text.partition("Hệ thống, đơn vị liên quan")[2].partition("Thời hạn")[0]
    assert "Cổng thông tin điện tử" in line or "thư điện tử" in line


def test_parts_of_an_item_that_nobody_knows_are_named(desk: Desk) -> None:
    _set(desk, contact_position="Trực ban", personal_data="yes")
    quick = _made(desk, "quick", variant="72h")
    assert {"contact_name", "contact_phone"} <= _gaps(quick, required=True)
    assert {"personal_data_kinds", "personal_data_subjects"} <= _gaps(quick, required=True)
    breach = _made(desk, "personal-data")
    assert {"contact_name", "personal_data_sensitive", "occurred"} <= _gaps(breach, required=True)
    _set(desk, personal_data="no")
    assert "personal_data_kinds" not in _gaps(_made(desk, "quick", variant="72h"))


def test_gaps_name_fields_that_people_can_set(desk: Desk) -> None:
    from atttcli.incident.assigning import COLUMNS
    from atttcli.model.record import FIELDS

    known = {*FIELDS, *COLUMNS, "flags", "evidence", "initial_report", "initial_report_day"}
    for name in ("notice", "initial", "closing", "progress", "plan", "support", "order", "quick", "personal-data"):
        odd = {one for one in _gaps(_made(desk, name)) - known if not one.startswith(("--", "organ."))}
        assert odd == set(), name


def test_duties_are_told_by_their_names_not_their_codes(desk: Desk) -> None:
    desk.journal.append("deadline.met", NUMBER, {"deadline": "A1", "paper": "118/TB-STTTT", "at": NOW})
    text = _text(_made(desk, "progress"))
    assert "118/TB-STTTT" in text and "A1" not in text and "chậm nhất 05 ngày" in text


def test_an_annex_is_attached_to_a_numbered_and_dated_paper(desk: Desk) -> None:
    made = numbered(_made(desk, "technical"), "5/BC-STTTT", "2021-05-04")
    assert "(Kèm theo Văn bản số 05/BC-STTTT ngày 04 tháng 5 năm 2021 của" in _text(made)
    assert "(Kèm theo Văn bản số ……/BC-STTTT ngày …… tháng …… năm …… của" in _text(_made(desk, "technical"))


@pytest.mark.parametrize(
    ("said", "kept"),
    [("7", "07"), ("007/BC-STTTT", "07/BC-STTTT"), ("56 / BC-STTTT ", "56/BC-STTTT"), ("5a/QĐ-STTTT", "05a/QĐ-STTTT")],
)
def test_numbers_have_one_form(said: str, kept: str) -> None:
    assert canonical(said) == kept


@pytest.mark.parametrize("said", ["", "0", "x", "/BC", "56/", "56/BC<x>", "12345678", "56/../../x", "56/BC\u202e"])
def test_what_is_no_number_is_refused(said: str) -> None:
    with pytest.raises(UsageError):
        canonical(said)


def test_a_number_is_given_once_a_year(desk: Desk, vault: Vault) -> None:
    first = numbered(_made(desk, "notice"), "7/TB-STTTT", "2021-05-14")
    issue(desk.journal, vault, first, {"txt": b"a"})
    for again in ("7/TB-STTTT", "007/TB-STTTT"):
        with pytest.raises(Conflict):
            issue(desk.journal, vault, numbered(_made(desk, "initial"), again, "2021-12-31"), {"txt": b"b"})
    issue(desk.journal, vault, numbered(_made(desk, "progress"), "7/TB-STTTT", "2022-01-05"), {"txt": b"c"})
    with pytest.raises(Conflict) as refused:
        find_registered(desk.store, "7/TB-STTTT")
    assert "--year 2022" in (refused.value.hint or "")
    assert find_registered(desk.store, "07", "2022").code == "bao_cao_dien_bien"
    assert find_registered(desk.store, "7/TB-STTTT", "2021").code == "thong_bao_su_co"


def test_a_whole_incident_report_says_neither_what_it_lacks_nor_what_we_did_not_verify(desk: Desk) -> None:
    def blocks(*, draft: bool) -> str:
        made = build_report(desk.journal, NUMBER, desk.inventory, desk.law, Draft(draft=draft), NOW)
        return str(compose(made, "vi"))

    assert "chưa được kiểm chứng với văn bản gốc" not in blocks(draft=False)
    assert "chưa được kiểm chứng với văn bản gốc" in blocks(draft=True)
    assert "NỘI DUNG CÒN THIẾU" in blocks(draft=True)


def test_the_number_given_is_the_number_printed() -> None:
    from atttcli.reports.build_header import make_header

    organisation = load_organisation("bac-kan")
    head = make_header(organisation, load_profile("vn-2017"), Draft(number="45/BC-BCĐ"), ())
    assert (head.number, head.symbol) == ("45", "BC-BCĐ")


def test_other_behind_a_box_is_not_written_twice(desk: Desk) -> None:
    _set(desk, attached=["log", "other"])
    assert "☒ Khác: Khác" not in _text(_made(desk, "initial"))
    assert "☒ Khác:" in _text(_made(desk, "initial"))


def test_counts_have_their_separators_and_scope_its_name(desk: Desk) -> None:
    _set(desk, personal_data="yes", personal_data_subjects=12500, scope="hai đơn vị")
    text = _text(_made(desk, "personal-data"))
    assert "12.500" in text and "Phạm vi: hai đơn vị" in text
    assert "12,500" in _text(_made(desk, "quick", "en", variant="72h"))


def test_a_title_too_long_for_a_summary_stays_in_the_text(desk: Desk) -> None:
    _set(desk, title="Máy chủ bị chiếm quyền " * 12)
    assert _made(desk, "notice").summary == f"Sự cố {NUMBER}"
    _set(desk, title="Máy chủ bị chiếm quyền")
    assert _made(desk, "notice").summary == f"Sự cố {NUMBER}: Máy chủ bị chiếm quyền"


def test_a_closing_report_without_an_outcome_names_it(desk: Desk) -> None:
    assert "result" not in _gaps(_made(desk, "closing"))
    _set(desk, result=None, resolution="")
    assert "result" in _gaps(_made(desk, "closing"), required=True)


def test_the_terminal_says_which_command_fills_the_gaps(desk: Desk) -> None:
    from atttcli.cli.report_output import _filled_by

    commands = _filled_by(_made(desk, "initial"))
    assert commands[0].startswith(f"atttcli incident set {NUMBER} ")
    assert "contact_name=…" in commands[0] and "reporter_phone=…" in commands[0]
    assert any("--request" in one and "--due" in one for one in _filled_by(_made(desk, "order")))


def test_papers_are_cited_as_running_text_names_them(desk: Desk, vault: Vault) -> None:
    made = numbered(_made(desk, "initial"), "7/BC-STTTT", "2021-05-04")
    issue(desk.journal, vault, made, {"txt": b"a"})
    said = "Báo cáo ban đầu sự cố mạng số 07/BC-STTTT"
    assert f"Căn cứ {said} ngày 04 tháng 5 năm 2021." in _text(_made(desk, "order"))
    assert said in _text(_made(desk, "closing"))
