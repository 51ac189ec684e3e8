"""The DOCX: laid out by Decree 30/2020, opened by another library, the same bytes every time; and the layout checker."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import docx
import msgspec
import pytest

from atttcli.errors import InputError
from atttcli.report import Header, IncidentReport, Marks, Words
from atttcli.reports import render
from atttcli.reports.layout import check_layout
from atttcli.reports.nd30 import TEXT_WIDTH

FIELD_LABEL = TEXT_WIDTH * 34 // 100  # twips of the first column of label and value tables


def _changed(data: bytes, part: str, old: str, new: str, count: int = -1) -> bytes:
    """The same package with a part's text replaced; fails when there is nothing to replace."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(held, "w") as made:
        for entry in given.infolist():
            content = given.read(entry)
            if entry.filename == part:
                text = content.decode("utf-8")
                assert old in text, f"nothing to change: {old}"
                content = text.replace(old, new, count).encode("utf-8")
            made.writestr(entry, content)
    return held.getvalue()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_layout_follows_the_decree(made_up: IncidentReport, language: str) -> None:
    assert check_layout(render(made_up, "docx", language)) == []


def test_layout_holds_with_marks_one_addressee_and_long_names(made_up: IncidentReport) -> None:
    head = msgspec.structs.replace(
        made_up.header,
        superior=Words("Ủy ban nhân dân tỉnh Thái Nguyên"),
        organ=Words("Ban Chỉ đạo ứng cứu khẩn cấp sự cố an toàn thông tin mạng tỉnh"),
        addressees=("Ủy ban nhân dân tỉnh",),
        number="5",
        date="",
    )
    marked = msgspec.structs.replace(made_up, header=head, marks=Marks(exercise=True, draft=True, unverified=("x",)))
    assert check_layout(render(marked, "docx", "vi")) == []


def test_a_report_without_organ_fails_the_check_and_says_which_box(bare: IncidentReport) -> None:
    findings = check_layout(render(bare, "docx", "vi"))
    assert ("box 2", "no issuing organ") in [(finding.box, finding.message) for finding in findings]
    assert {finding.box for finding in findings} == {"box 2", "box 3", "box 7"}


@pytest.mark.parametrize(
    ("part", "old", "new", "box"),
    [
        ("word/document.xml", 'w:w="11906" w:h="16838"', 'w:w="12240" w:h="15840"', "paper"),
        ("word/document.xml", 'w:left="1701"', 'w:left="1134"', "margins"),
        ("word/document.xml", 'w:top="1134"', 'w:top="720"', "margins"),
        ("word/styles.xml", 'w:ascii="Times New Roman"', 'w:ascii="Arial"', "font"),
        ("word/document.xml", "sự cố an toàn", "su\u031b\u0323 cố an toàn", "font"),
        ("word/document.xml", "<w:titlePg />", "", "page number"),
        ("word/header1.xml", " PAGE ", " DATE ", "page number"),
        ("word/header1.xml", "PageNumber", "Normal", "page number"),
        ("word/document.xml", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "CỘNG HOÀ", "box 1"),
        ("word/document.xml", 'w:val="Motto"', 'w:val="Body"', "box 1"),
        ("word/styles.xml", '<w:pBdr><w:top w:val="single"', '<w:pBdr><w:left/><w:top w:val="single"', "box 1"),
        ("word/document.xml", 'w:gridCol w:w="4209"', 'w:gridCol w:w="5209"', "box 2"),
        ("word/document.xml", "SỞ THÔNG TIN", "Sở THÔNG TIN", "box 2"),
        ("word/document.xml", 'w:val="Number"', 'w:val="PlaceDate"', "box 3"),
        ("word/document.xml", "ngày 24 tháng 11 năm", "ngày 4 tháng 11 năm", "box 4"),
        ("word/document.xml", "ngày 24 tháng 11 năm", "ngày 24 tháng 05 năm", "box 4"),
        ("word/document.xml", 'w:val="PlaceDate"', 'w:val="Number"', "box 4"),
        ("word/document.xml", 'w:val="Title"', 'w:val="Body"', "box 5a"),
        ("word/styles.xml", 'w:after="120" w:line="259"', 'w:after="0" w:line="259"', "box 6"),
        ("word/styles.xml", 'w:firstLine="720"', 'w:firstLine="0"', "box 6"),
        ("word/document.xml", "I. THÔNG TIN CHUNG", "I. Thông tin chung", "box 6"),
        ("word/document.xml", "./.", ".", "box 6"),
        ("word/document.xml", 'w:val="Authority"', 'w:val="Body"', "box 7"),
        ("word/document.xml", "- Lưu:", "- Giữ:", "box 9b"),
        ("word/document.xml", 'w:val="RecipientsLabel"', 'w:val="Recipient"', "box 9b"),
        ("word/document.xml", '<w:pgNumType w:start="1" />', "", "annex"),
        ("word/document.xml", "Phụ lục II<", "Phụ lục<", "annex"),
        ("word/document.xml", "<w:tblHeader />", "", "tables"),
        ("word/document.xml", f'<w:gridCol w:w="{FIELD_LABEL}" />', '<w:gridCol w:w="9000" />', "tables"),
        ("word/_rels/document.xml.rels", '"settings.xml"', '"http://192.0.2.1/x" TargetMode="External"', "inert"),
        ("word/header1.xml", " PAGE ", " INCLUDETEXT http://192.0.2.1 ", "inert"),
    ],
)
def test_the_checker_sees_each_departure(made_up: IncidentReport, part: str, old: str, new: str, box: str) -> None:
    data = _changed(render(made_up, "docx", "vi"), part, old, new)
    assert box in {finding.box for finding in check_layout(data)}


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"<html>", b"PK\x05\x06" + bytes(18)],
)
def test_the_checker_refuses_what_is_no_document(data: bytes) -> None:
    with pytest.raises(InputError):
        check_layout(data)


def test_the_checker_refuses_entity_bombs(made_up: IncidentReport) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><w:styles'
    data = _changed(render(made_up, "docx", "vi"), "word/styles.xml", "<w:styles", bomb, 1)
    with pytest.raises(InputError, match=r"styles\.xml"):
        check_layout(data)


def test_another_library_opens_it_and_finds_the_properties(made_up: IncidentReport) -> None:
    document = docx.Document(io.BytesIO(render(made_up, "docx", "vi")))
    properties = document.core_properties
    as_of = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert properties.created in (as_of, as_of.replace(tzinfo=None))
    assert properties.title.startswith("BÁO CÁO")
    assert properties.author == "Sở Thông tin và Truyền thông"
    headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings[0] == "I. THÔNG TIN CHUNG"
    assert headings[-1] == "VII. NỘI DUNG CÒN THIẾU"
    tasks = next(table for table in document.tables if table.rows[0].cells[0].text == "Bước")
    assert len(tasks.rows) == len(made_up.tasks) + 1
    assert [section.orientation for section in document.sections] == [0, 1, 1, 0]


def test_package_bytes_hold_no_clock(made_up: IncidentReport) -> None:
    data = render(made_up, "docx", "vi")
    assert data == render(made_up, "docx", "vi")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"


def test_short_tables_stay_whole_and_long_rows_may_break(bare: IncidentReport) -> None:
    from atttcli.report import Note

    notes = tuple(Note(at=0, text=text) for text in ("ngắn", "dài " * 600))
    data = render(msgspec.structs.replace(bare, header=Header(), notes=notes), "docx", "vi")
    table = next(t for t in docx.Document(io.BytesIO(data)).tables if "Nội dung" in t.rows[0].cells[-1].text)
    short, long = table.rows[1], table.rows[2]
    assert "cantSplit" in short._tr.xml
    assert "cantSplit" not in long._tr.xml
    assert "keepNext" in short._tr.xml
    assert "keepNext" not in long._tr.xml
