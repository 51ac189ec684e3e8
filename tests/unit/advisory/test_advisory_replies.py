"""Answers out of words, tables and mails: what can be read is recorded, what cannot is named, nothing is believed too soon."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.advisory.replies import make_answer, parse_result, read_replies
from atttcli.advisory.wording import letter_wording
from atttcli.errors import InputError, UsageError
from atttcli.inventory import Inventory, load_organisation
from atttcli.model.advisory import Answer
from atttcli.source import ReadProblem

INVENTORY = Inventory(load_organisation("bac-kan"))
NUMBER = "CV-2026-0001"
VP = "cntt.vpubnd@backan.gov.vn"


def read(path: Path) -> tuple[list[Answer], list[ReadProblem]]:
    answers, problems, digest = read_replies(path, NUMBER, INVENTORY)
    assert len(digest) == 64
    return answers, problems


def mail(body: str, sender: str = VP, subject: str = "Tra loi", kind: str = "text/plain", more: str = "") -> bytes:
    head = f"From: {sender}\r\nTo: ucsc@backan.gov.vn\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n{more}"
    return (head + f"Content-Type: {kind}; charset=utf-8\r\n\r\n{body}").encode()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("3/5", {"handled": 3, "total": 5, "affected": True}),
        ("đã xử lý 3 / 5 máy", {"handled": 3, "total": 5, "affected": True}),
        ("0/0", {"handled": 0, "total": 0, "affected": False}),
        ("Không bị ảnh hưởng", {"handled": 0, "affected": False}),
        ("không", {"handled": 0, "affected": False}),
        ("xong", {"complete": True}),
        ("Đã khắc phục", {"complete": True}),
        ("đang xử lý", {}),
        ("chưa xử lý xong", {}),
    ],
)
def test_results_as_people_say_them(text: str, fields: dict[str, object]) -> None:
    assert parse_result(text) == fields


@pytest.mark.parametrize("text", ["5/3", "", "có lẽ", "24/11/2026", "1/99999999", "=1/2+cmd"])
def test_what_is_no_result(text: str) -> None:
    with pytest.raises(UsageError):
        parse_result(text)


@given(st.text(max_size=200))
def test_any_words_are_a_result_or_refused(text: str) -> None:
    try:
        found = parse_result(text)
    except UsageError:
        return
    assert found.get("handled", 0) <= found.get("total", found.get("handled", 0))


def test_a_digest_is_of_what_was_said_not_of_how_it_came() -> None:
    one = make_answer("so-xd", "3/5", channel="phone")
    assert one.digest == make_answer("so-xd", "3/5", channel="email", sender="x@y.vn").digest
    assert one.digest != make_answer("so-xd", "4/5").digest


TABLE = [
    ["Tổng hợp phản hồi"],
    ["STT", "Tên đơn vị", "Máy (tên, địa chỉ)", "Đã rà quét", "Kết quả", "Ngày", "Người thực hiện"],
    ["1", "Sở Xây dựng", "PC1", "Bkav", "1/1", "24/11/2026", "Văn phòng"],
    ["2", "x-vi-huong", "", "", "không bị ảnh hưởng", "", ""],
    ["3", "UBND xã Không Có", "", "", "1/1", "", ""],
    ["4", "vp-ubnd", "", "", "5/3", "", ""],
    ["", "", "", "", "", "", ""],
]


def test_a_table_of_everybodys_answers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(";".join(row) for row in TABLE), encoding="utf-8-sig")
    answers, problems = read(path)
    assert [(one.agency, one.handled, one.affected) for one in answers] == [
        ("so-xd", 1, True),
        ("x-vi-huong", 0, False),
    ]
    assert answers[0].by == "Văn phòng" and answers[0].scanned == "Bkav" and answers[0].at is not None
    assert [problem.line for problem in problems] == [5, 6]


def test_a_workbook_with_counts_in_two_columns(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Mã đơn vị", "Số máy đã xử lý", "Tổng số máy"], ["so-xd", 2, 3], ["vp-ubnd", "=1+1", 3]):
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    path = tmp_path / "a.xlsx"
    path.write_bytes(held.getvalue())
    answers, problems = read(path)
    assert [(one.agency, one.handled, one.total) for one in answers] == [("so-xd", 2, 3)]
    assert len(problems) == 1, "a formula is not worked out"


def test_the_form_of_the_letter_comes_back_by_mail(tmp_path: Path) -> None:
    for language in ("vi", "en"):
        say = letter_wording(language)
        values = ("PC1, PC2", "Kaspersky", "1/2", "24/11/2026", "Phòng HC")
        lines = [f"{label}: {value}" for label, value in zip(say.form, values, strict=True)]
        path = tmp_path / f"{language}.eml"
        path.write_bytes(
            mail("Kính gửi\r\n" + "\r\n".join([f"{say.form_code}: {NUMBER}", *lines, "> 3. Kết quả: 9/9"]))
        )
        (answer,), problems = read(path)
        assert not problems
        assert (answer.agency, answer.handled, answer.total) == ("vp-ubnd", 1, 2)
        assert (answer.machines, answer.scanned, answer.by) == ("PC1, PC2", "Kaspersky", "Phòng HC")
        assert (answer.channel, answer.sender) == ("email", VP)


def test_a_mail_in_html_only(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail("<p>3. Kết quả: 1/1</p><div>5. Người thực hiện: CNTT</div>", kind="text/html"))
    (answer,), _ = read(path)
    assert (answer.handled, answer.by) == (1, "CNTT")


def test_a_mailbox_of_nobody_says_nothing(tmp_path: Path) -> None:
    for sender in ("x@evil.example", "somebody@backan.gov.vn", ""):
        path = tmp_path / "a.eml"
        path.write_bytes(mail("Đơn vị: so-xd\r\nKết quả: 1/1", sender=sender))
        answers, (problem,) = read(path)
        assert not answers and "registered for no agency" in problem.reason


def test_an_agency_speaks_only_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail("Đơn vị: Sở Xây dựng\r\nKết quả: 1/1"))
    answers, (problem,) = read(path)
    assert not answers and problem.reason == "a mail of vp-ubnd speaks for so-xd"


def test_a_mail_about_another_advisory(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail("Kết quả: 1/1", subject="Re: CV-2026-0099"))
    answers, (problem,) = read(path)
    assert not answers and "CV-2026-0099" in problem.reason


def test_a_table_attached_to_a_mail(tmp_path: Path) -> None:
    table = "Mã đơn vị,Kết quả\r\nvp-ubnd,2/2\r\nso-xd,1/1\r\n"
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nxem tep\r\n--b\r\nContent-Type: text/csv\r\n"
        f"Content-Disposition: attachment; filename=a.csv\r\n\r\n{table}\r\n--b--\r\n"
    )
    path = tmp_path / "a.eml"
    path.write_bytes(mail(body, kind='multipart/mixed; boundary="b"'))
    (answer,), (problem,) = read(path)
    assert (answer.agency, answer.total) == ("vp-ubnd", 2)
    assert "speaks for so-xd" in problem.reason


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 100, b"PK\x03\x04broken", b"a,b\n1,2\n", b"%PDF-1.4", "Kết quả\n1/1".encode()]
)
def test_files_that_are_none_of_it_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InputError):
        read(path)


@given(st.binary(max_size=2000))
def test_no_mail_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("m") / "a.eml"
    path.write_bytes(b"From: " + VP.encode() + b"\r\n" + data)
    try:
        read(path)
    except InputError:
        pass


def form(language: str, **filled: str) -> bytes:
    """The form of a letter of ours, filled in as an office does in Word."""
    from docx import Document

    from atttcli.model.letter import LetterAnnex, LetterForm, LetterModel
    from atttcli.reports.letter import render_letter

    say = letter_wording(language)
    rows = [
        (say.form_code, NUMBER),
        (say.form_agency, filled.get("agency", "")),
        *((label, say.dots) for label in say.form),
    ]
    made = LetterModel(NUMBER, "x", 0, annexes=(LetterAnnex(say.form_title, (LetterForm("answer", tuple(rows)),)),))
    document = Document(io.BytesIO(render_letter(made, "docx")))
    table = document.tables[-1]
    for place, name in enumerate(("machines", "scanned", "result", "at", "by"), 2):
        if name in filled:
            table.rows[place].cells[1].text = filled[name]
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_form_comes_back_filled_in_with_a_word_processor(tmp_path: Path, language: str) -> None:
    path = tmp_path / "phieu.docx"
    path.write_bytes(form(language, agency="Sở Xây dựng", machines="PC1", result="2/3", by="Văn phòng"))
    (answer,), problems = read(path)
    assert not problems
    assert (answer.agency, answer.handled, answer.total, answer.by) == ("so-xd", 2, 3, "Văn phòng")
    assert answer.scanned == "", "dots are no answer"


def test_forms_that_say_nothing_or_something_else(tmp_path: Path) -> None:
    path = tmp_path / "phieu.docx"
    path.write_bytes(form("vi", agency="Sở Xây dựng"))
    assert "no filled-in answer form" in read(path)[1][0].reason
    path.write_bytes(form("vi", agency="Sở Xây dựng", result="1/1"))
    _, (problem,), _ = read_replies(path, "CV-2026-0009", INVENTORY)
    assert "not CV-2026-0009" in problem.reason
    path.write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(InputError):
        read(path)


@pytest.mark.parametrize("text", ["-1/5", "1.5/9", "1/3.5", "3/5/2026"])
def test_what_only_contains_a_fraction_is_no_result(text: str) -> None:
    with pytest.raises(UsageError):
        parse_result(text)


def test_a_fraction_may_end_a_sentence() -> None:
    assert parse_result("Đã xử lý 3/5.")["handled"] == 3


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("Authentication-Results: mx.backan.gov.vn; spf=pass; dmarc=fail\r\n", "DMARC fail"),
        ("From: vanthu.soxd@backan.gov.vn\r\n", "From"),
    ],
)
def test_a_mail_that_our_server_found_forged_is_no_answer(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail("3. Kết quả: 1/1", more=more))
    answers, (problem,) = read(path)
    assert not answers
    assert said in problem.reason
