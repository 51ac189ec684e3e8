"""CSV, XLSX, DOCX and PDF: recognised by content, read alike; what is no list is left to others or named."""

from __future__ import annotations

import builtins
import io
import subprocess
import sys
import unicodedata
from datetime import datetime

import pytest
from document_samples import (
    best,
    given,
    heads,
    letters,
    of,
    paragraph,
    pdf,
    problems,
    raw_word,
    raw_workbook,
    read,
    word_table,
    workbook,
)

from atttcli.clock import local_text
from atttcli.errors import MissingFeature, SecretDocument
from atttcli.model.alert import Alert
from atttcli.model.observable import Indicator

HEADS = ["STT", "Đơn vị", "IP bị nhiễm", "Mã độc", "C&C"]
ROW = ["1", "Sở X", "203.0.113.5", "Mirai", "cnc[.]example"]

NAIVE = datetime(2018, 1, 31, 7, 17)  # noqa: DTZ001 as a sheet holds it


def table_text(delimiter: str) -> str:
    return "\r\n".join(delimiter.join(line) for line in (HEADS, ROW)) + "\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"])
def test_csv_in_any_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    text = table_text(delimiter)
    data = (_for_cp1258(text) if encoding == "cp1258" else text).encode(encoding)
    (alert,) = of(read(data, "a.csv"), Alert)
    assert (alert.victim, alert.detail["agency"], alert.detail["malware"]) == ("203.0.113.5", "Sở X", "Mirai")


def _for_cp1258(text: str) -> str:
    """Base letters with combining tones, as Windows-1258 writes Vietnamese."""
    out = []
    for char in text:
        try:
            char.encode("cp1258")
            out.append(char)
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", char)
            tones = [mark for mark in parts[1:] if mark in "\u0300\u0301\u0303\u0309\u0323"]
            out.append(unicodedata.normalize("NFC", "".join(m for m in parts if m not in tones)) + "".join(tones))
    return "".join(out)


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,src_ip,dst_ip,user,action\n2026-01-01T00:00:00Z,203.0.113.5,198.51.100.1,an,login\n",
        "2026-11-23 10:00:00 mail sshd[1]: Failed password for root from 198.51.100.7 port 22 ssh2\n",
        "Đêm 12/5 ghi nhận IP 198.51.100.7, sau đó có truy cập, mã độc, C&C\nđơn vị chặn ngay 198.51.100.8, nhé\n",
        "Đơn vị, mã độc, địa chỉ IP\nxin gửi, các anh chị, danh sách\nđể biết, để xử lý, và báo lại\n",
        "id,ten,so dien thoai\n1,An,0\n",
        '{"ip": "203.0.113.5", "malware": "x"}\n',
        "",
    ],
)
def test_logs_prose_and_other_tables_are_not_taken(text: str) -> None:
    assert best(given(text.encode(), "x.csv")) is None


def test_a_bare_column_of_addresses_is_wanted_less_than_a_list() -> None:
    bare, real = given(b"IP\n198.51.100.7\n198.51.100.8\n"), given(table_text(",").encode())
    assert 0 < best(bare).recognise(bare) < best(real).recognise(real)


def test_recognised_by_content_whatever_the_name() -> None:
    assert best(given(workbook({"S": [HEADS, ROW]}), "letter.docx")).name == "list-xlsx"
    assert best(given(raw_word(word_table([HEADS, ROW])), "a.xlsx")).name == "list-docx"
    assert best(given(pdf([(["x"], [])]), "a.csv")).name == "list-pdf"


def test_xlsx_dates_as_cells_serials_and_1904() -> None:
    rows = [
        heads("Deface"),
        ["http://a.example/", "", NAIVE, ""],
        ["http://b.example/", "", 43131.30347, ""],
    ]
    times = [local_text(alert.time) for alert in of(read(workbook({"Deface": rows}), "a.xlsx"), Alert)]
    assert times == ["31/01/2018 07:17:00", "31/01/2018 07:17:00"]


def test_xlsx_row_order_numbers_and_shared_strings_by_hand() -> None:
    strings = (
        "<sst><si><t>IP bị nhiễm</t></si><si><r><t>203.0.</t></r><r><t>113.5</t></r><rPh><t>x</t></rPh></si></sst>"
    )
    row = '<row r="{0}"><c r="B{0}" t="s"><v>{1}</v></c></row>'
    sheet = f"<worksheet><sheetData>{row.format(3, 0)}{row.format(9, 1)}</sheetData></worksheet>"
    (alert,) = of(read(raw_workbook(sheet, strings), "a.xlsx"), Alert)
    assert (alert.victim, alert.origin.line) == ("203.0.113.5", 9)


def test_one_bad_cell_costs_that_cell_and_not_the_sheet() -> None:
    cells = '<c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c>'
    rows = [
        f'<row r="1">{cells.format(1, "IP bị nhiễm")}<c r="B1" t="inlineStr"><is><t>Cổng</t></is></c></row>',
        f'<row r="2">{cells.format(2, "203.0.113.5")}<c r="B2" t="s"><v>99</v></c></row>',
        f'<row r="3">{cells.format(3, "203.0.113.6")}<c r="B3"><v>abc</v></c></row>',
        f'<row r="4">{cells.format(4, "203.0.113.7")}</row>',
    ]
    found = read(raw_workbook(f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>"), "a.xlsx")
    assert [alert.victim for alert in of(found, Alert)] == ["203.0.113.5", "203.0.113.6", "203.0.113.7"]
    assert [problem.line for problem in problems(found)] == [2, 3]


def test_docx_letter_with_layout_table_and_vertically_merged_cells() -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    head = document.add_table(1, 2)
    head.cell(0, 0).text = "BỘ CÔNG AN\nCỤC A05\nSố: 77/A05-NCSC"
    head.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nHà Nội, ngày 5 tháng 11 năm 2026"
    document.add_paragraph("V/v cảnh báo IP nhiễm mã độc")
    document.add_paragraph("Đề nghị Quý Sở báo cáo kết quả trong vòng 5 ngày.")
    table = document.add_table(3, 5)
    for r, line in enumerate([HEADS, ROW, ["2", "", "203.0.113.6", "", "198.51.100.3"]]):
        for c, text in enumerate(line):
            table.cell(r, c).text = text
    table.cell(1, 3).merge(table.cell(2, 3))
    stream = io.BytesIO()
    document.save(stream)
    found = read(stream.getvalue(), "cv.docx")
    (letter,) = letters(found)
    assert (letter.number, letter.date, letter.deadline) == ("77/A05-NCSC", "2026-11-05", "2026-11-10")
    assert (letter.sender, letter.subject) == ("CỤC A05", "cảnh báo IP nhiễm mã độc")
    assert letter.reply.startswith("Đề nghị Quý Sở báo cáo")
    assert [(alert.victim, alert.detail["malware"]) for alert in of(found, Alert)] == [
        ("203.0.113.5", "Mirai"),
        ("203.0.113.6", "Mirai"),
    ]


def test_pdf_table_going_on_over_pages_is_one_table() -> None:
    pytest.importorskip("pdfplumber")
    plain = ["STT", "Don vi", "IP bi nhiem", "Ma doc", "C&C"]
    first = (
        ["CUC AN TOAN THONG TIN", "So: 12/CATTT-NCSC", "Ha Noi, ngay 5 thang 11 nam 2026"],
        [plain, ["1", "So X", *ROW[2:]]],
    )
    with_heading = ([], [plain, ["2", "So Y", "203.0.113.6", "Mirai", "198.51.100.3"]])
    without = ([], [["3", "So Z", "203.0.113.7", "Mirai", ""]])
    found = read(pdf([first, with_heading, without]), "a.pdf")
    assert [alert.victim for alert in of(found, Alert)] == ["203.0.113.5", "203.0.113.6", "203.0.113.7"]
    assert [indicator.value for indicator in of(found, Indicator)] == ["cnc.example", "198.51.100.3"]
    assert letters(found)[0].number == "12/CATTT-NCSC"
    assert not problems(found)


def test_pdf_letter_whose_sentences_the_page_broke() -> None:
    pytest.importorskip("pdfplumber")
    lines = ["So: 12/A05-NCSC", "De nghi bao cao ket qua (so may da xu", "ly/tong so may) truoc", "ngay 17/5/2027."]
    (letter,) = letters(read(pdf([(lines, [["IP bi nhiem"], ["203.0.113.5"]])]), "a.pdf"))
    assert letter.deadline == "2027-05-17"
    assert letter.reply == "De nghi bao cao ket qua (so may da xu ly/tong so may) truoc ngay 17/5/2027."


def test_importing_the_sources_loads_no_heavy_library() -> None:
    heavy = ["openpyxl", "docx", "pdfplumber", "pdfminer", "olefile", "defusedxml", "extract_msg", "lxml", "numpy"]
    code = "import sys, atttcli.sources.lists, atttcli.sources.mail_message, atttcli.sources.pasted\n"
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pdf_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name.startswith("pdfplumber"):
            raise ImportError(name)
        return genuine(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingFeature) as caught:
        read(pdf([(["x"], [])]), "a.pdf")
    assert "pdf-tables" in caught.value.hint


@pytest.mark.parametrize("name", ["docx", "pdf", "xlsx"])
def test_document_without_a_list_says_so_and_gives_no_indicators(name: str) -> None:
    words = "Xem http://evil.example/ va 198.51.100.7"
    if name == "pdf":
        pytest.importorskip("pdfplumber")
    data = {
        "docx": raw_word(paragraph(words) + word_table([["a", "b"], ["c", "d"]])),
        "pdf": pdf([([words], [])]),
        "xlsx": workbook({"S": [["a", "b"], [words, 2]]}),
    }[name]
    (problem,) = read(data, f"a.{name}")
    assert "no table with a heading" in problem.reason


MARK = paragraph("TỐI MẬT")


@pytest.mark.parametrize(
    "data",
    [
        raw_word(paragraph("UBND TỈNH") + MARK + word_table([HEADS, ROW])),
        raw_word(word_table([["UBND TỈNH\n", "CỘNG HÒA"], ["MẬT", ""]]) + word_table([HEADS, ROW])),
        raw_word(f"<w:p><w:r><w:txbxContent>{MARK}</w:txbxContent></w:r></w:p>" + word_table([HEADS, ROW])),
        raw_word(word_table([HEADS, ROW]), word__header1=f'<w:hdr xmlns:w="urn:w">{MARK}</w:hdr>'),
        raw_word(word_table([HEADS, ROW]), word__footer2=f'<w:ftr xmlns:w="urn:w">{MARK}</w:ftr>'),
        workbook({"S": [["", "", "MẬT"], HEADS, ROW]}),
        workbook({"S": [HEADS, ROW], "T": [["T U Y Ệ T   M Ậ T"], ["x"]]}),
        ("Độ mật: Mật;;;;\r\n" + table_text(";")).encode(),
    ],
)
def test_secret_documents_are_refused_before_the_first_record(data: bytes) -> None:
    one = given(data, "a")
    seen = []
    with pytest.raises(SecretDocument):
        seen.extend(best(one).read(one))
    assert seen == []


def test_secret_mark_in_a_page_header_of_a_sheet() -> None:
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>IP bị nhiễm</t></is></c></row></sheetData>'
        "<headerFooter><oddHeader>&amp;L&amp;14UBND&amp;C&amp;&quot;Arial,Bold&quot;MẬT</oddHeader></headerFooter></worksheet>"
    )
    with pytest.raises(SecretDocument):
        read(raw_workbook(sheet), "a.xlsx")


def test_secret_mark_in_a_pdf() -> None:
    pytest.importorskip("pdfplumber")
    with pytest.raises(SecretDocument):
        read(pdf([(["UBND TINH", "TUYET MAT", "So: 1/BC"], [["IP bi nhiem"], ["203.0.113.5"]])]), "a.pdf")


def test_the_word_in_sentences_and_cells_is_no_mark() -> None:
    rows = [
        ["Phòng bảo mật - BẢO MẬT THÔNG TIN"],
        ["Kính gửi: Ban Cơ yếu; V/v bảo vệ bí mật nhà nước, mật khẩu, MẬT MÃ"],
        [*HEADS, "Ghi chú"],
        [*ROW, "MẬT"],
    ]
    assert len(of(read(workbook({"S": rows}), "a.xlsx"), Alert)) == 1
