"""Papers that depart from Decree 30/2020 in one thing each, as DOCX and as PDF: every one is named by its box."""

from __future__ import annotations

import io
import re
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

import atttcli.reports.pdf as pdf
from atttcli.errors import InputError, LimitExceeded
from atttcli.report import Header, Words
from atttcli.reports.layout import check_layout
from atttcli.reports.layout_pdf import check_pdf
from atttcli.reports.paper import Appendix, Head, Line, Lines, Paper, Rows, Text
from atttcli.reports.paper_formats import render_paper
from atttcli.text.messages import use_language
from atttcli.text.retell import retell

DOCUMENT, STYLES, HEAD = "word/document.xml", "word/styles.xml", "word/header1.xml"
Edit = tuple[str, str, str]


def _paper() -> Paper:
    head = Header(
        superior=Words("Ủy ban nhân dân tỉnh Bắc Kạn"),
        organ=Words("Sở Thông tin và Truyền thông"),
        number="5",
        symbol="BC-STTTT",
        place="Bắc Kạn",
        date="2021-05-04",
        addressees=("Ủy ban nhân dân tỉnh", "Ban Chỉ đạo"),
        recipients=("Phòng CNTT",),
        authority=("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
        signer="Nguyễn Văn A",
    )
    columns = (Head(title="Thời gian", share=30), Head(title="Mô tả", share=70))
    rows = Rows("course", columns, tuple((f"{at:02d}:00", "việc đã làm " * 6) for at in range(36)))
    few = Rows("few", columns, (("01:00", "việc"), ("02:00", "việc")))
    return Paper(
        code="bao_cao_dien_bien",
        as_of=1_620_000_000_000_000,
        kind="BÁO CÁO DIỄN BIẾN TÌNH HÌNH",
        summary="Sự cố SC-2021-0001",
        subject="SC-2021-0001",
        header=head,
        parts=(
            Text("Căn cứ Luật An toàn thông tin mạng;", "basis"),
            Text("Căn cứ Thông tư số 20/2017/TT-BTTTT.", "basis"),
            Text("I. DIỄN BIẾN", "part"),
            Text("a) Máy của xã bị chiếm quyền."),
            rows,
        ),
        closing="Trên đây là báo cáo",
        appendices=(Appendix(title="x", parts=(few,)), Appendix(title="y", parts=(few,), landscape=True)),
    )


def _form() -> Paper:
    lines = Lines("s1", (Line(label="Các địa chỉ IP của hệ thống", value="203.0.113.9"),))
    head = replace(_paper().header, authority=("NGƯỜI ĐẠI DIỆN THEO PHÁP LUẬT",), addressees=(), recipients=())
    return Paper(
        code="mau_03",
        as_of=1_620_000_000_000_000,
        kind="BÁO CÁO BAN ĐẦU SỰ CỐ MẠNG",
        layout="form",
        nation=False,
        form="Mẫu số 03",
        header=head,
        parts=(lines,),
        sign_note="(Ký tên, đóng dấu)",
    )


def _edited(data: bytes, *edits: Edit) -> bytes:
    """The DOCX with each edit made once; an edit that changes nothing is a mistake of the test."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            text = old.read(entry)
            for part, find, put in edits:
                if entry.filename == part:
                    changed = re.sub(find, put, text.decode(), count=1, flags=re.DOTALL).encode()
                    assert changed != text, find
                    text = changed
            new.writestr(entry.filename, text)
    return out.getvalue()


def _style(name: str, find: str, put: str) -> Edit:
    return (STYLES, rf'(w:styleId="{name}"(?:(?!</w:style>).)*?){find}', rf"\g<1>{put}")


DOCX_WRONGS: dict[str, tuple[str, Edit]] = {
    "a left margin of 20 mm": ("margins", (DOCUMENT, 'w:left="1701"', 'w:left="1134"')),
    "letter paper": ("paper", (DOCUMENT, 'w:w="11906"', 'w:w="12240"')),
    "no motto": ("box 1", (DOCUMENT, "Độc lập - Tự do - Hạnh phúc", "")),
    "a motto with long dashes": ("box 1", (DOCUMENT, "Độc lập - Tự do - Hạnh phúc", "Độc lập – Tự do – Hạnh phúc")),
    "the nation in small letters": ("box 1", (DOCUMENT, "CỘNG HÒA XÃ HỘI", "Cộng hòa xã hội")),
    "no rules": ("box 1", _style("Rule", "<w:pBdr>.*?</w:pBdr>", "")),
    "the nation at 11 pt": ("box 1", _style("Nation", '<w:sz w:val="24"', '<w:sz w:val="22"')),
    "the motto not bold": ("box 1", _style("Motto", "<w:b ?/>", "")),
    "the organ not bold": ("box 2", _style("Organ", "<w:b ?/>", "")),
    "a number without its zero": ("box 3", (DOCUMENT, "Số: 05/", "Số: 5/")),
    "spaces in the number": ("box 3", (DOCUMENT, "Số: 05/BC-STTTT", "Số: 05 / BC - STTTT")),
    "a number without symbol": ("box 3", (DOCUMENT, "Số: 05/BC-STTTT", "Số: 05")),
    "a day without its zero": ("box 4", (DOCUMENT, "ngày 04 tháng 5", "ngày 4 tháng 5")),
    "a month with a zero too many": ("box 4", (DOCUMENT, "ngày 04 tháng 5", "ngày 04 tháng 05")),
    "a day that is none": ("box 4", (DOCUMENT, "ngày 04 tháng 5", "ngày 31 tháng 4")),
    "an upright date": ("box 4", _style("PlaceDate", "<w:i ?/>", "")),
    "a title at 16 pt": ("box 5a", _style("Title", '<w:sz w:val="28"', '<w:sz w:val="32"')),
    "a body at 11 pt": ("box 6", _style("Body", '<w:sz w:val="28"', '<w:sz w:val="22"')),
    "a body that is not justified": ("box 6", _style("Body", '<w:jc w:val="both"', '<w:jc w:val="left"')),
    "no room between paragraphs": ("box 6", _style("Body", 'w:after="120"', 'w:after="0"')),
    "no first-line indent": ("box 6", _style("Body", 'w:firstLine="720"', 'w:firstLine="0"')),
    "a second run of another size": (
        "box 6",
        (DOCUMENT, "chiếm quyền\\.</w:t></w:r>", 'chiếm</w:t></w:r><w:r><w:rPr><w:sz w:val="60"/></w:rPr><w:t>!</w:t></w:r>'),
    ),
    "red letters": ("font", _style("Body", "<w:rPr>", '<w:rPr><w:color w:val="FF0000"/>')),
    "another face": ("font", (STYLES, "Times New Roman", "Arial")),
    "letters that are not precomposed": ("font", (DOCUMENT, "Trên đây", unicodedata.normalize("NFD", "Trên đây"))),
    "a point f": ("box 6", (DOCUMENT, r"a\) Máy", "f) Máy")),
    "a part in small letters": ("box 6", (DOCUMENT, "I. DIỄN BIẾN<", "I. Diễn biến<")),
    "a basis without its semicolon": ("box 6", (DOCUMENT, "thông tin mạng;", "thông tin mạng.")),
    "an upright basis": ("box 6", _style("Basis", "<w:i ?/>", "")),
    "no ./.": ("box 6", (DOCUMENT, r"\./\.", ".")),
    "nobody signs": ("box 7", (DOCUMENT, "KT. GIÁM ĐỐC(.*?)PHÓ GIÁM ĐỐC(.*?)Nguyễn Văn A", r"\1\2")),
    "KT without a full stop": ("box 7", (DOCUMENT, "KT. GIÁM ĐỐC", "KT GIÁM ĐỐC")),
    "a name with its degree": ("box 7", (DOCUMENT, "Nguyễn Văn A", "TS. Nguyễn Văn A")),
    "an addressee without its mark": ("box 9a", (DOCUMENT, "Ủy ban nhân dân tỉnh;", "Ủy ban nhân dân tỉnh,")),
    "a notice with an addressee": ("box 9a", (DOCUMENT, "BÁO CÁO DIỄN BIẾN", "THÔNG BÁO DIỄN BIẾN")),
    "a recipient without its semicolon": ("box 9b", (DOCUMENT, "- Như trên;", "- Như trên")),
    "no file copy": ("box 9b", (DOCUMENT, "- Lưu: VT", "- Chánh Văn phòng")),
    "no page number": ("page number", (HEAD, "PAGE", "")),
    "a page number on the right": ("page number", _style("PageNumber", 'w:val="center"', 'w:val="right"')),
    "a page number on the first page": ("page number", (DOCUMENT, "<w:titlePg ?/>", "")),
    "a header row that does not repeat": ("tables", (DOCUMENT, "<w:tblHeader ?/>", "")),
    "an annex of the wrong figures": ("annex", (DOCUMENT, "Phụ lục II<", "Phụ lục 2<")),
    "a tracked change": ("inert", (DOCUMENT, "<w:body>", '<w:body><w:p><w:ins w:id="1"><w:r><w:t>x</w:t></w:r></w:ins></w:p>')),
    "a comment": ("inert", (DOCUMENT, "<w:body>", '<w:body><w:p><w:commentRangeStart w:id="1"/></w:p>')),
    "letters in a content control": (
        "box 6",
        (
            DOCUMENT,
            "(<w:p>(?:(?!<w:p>).)*?Trên đây.*?</w:p>)",
            r"<w:sdt><w:sdtContent>\1<w:p><w:r><w:t>thêm</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        ),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def right() -> bytes:
    return render_paper(_paper(), "docx")


def test_the_paper_that_the_others_are_made_from_is_right(right: bytes) -> None:
    assert check_layout(right) == []
    assert check_layout(render_paper(_form(), "docx")) == []


@pytest.mark.parametrize(("box", "edit"), DOCX_WRONGS.values(), ids=DOCX_WRONGS.keys())
def test_every_departure_of_a_docx_is_named(right: bytes, box: str, edit: Edit) -> None:
    found = check_layout(_edited(right, edit))
    assert box in {one.box for one in found}
    use_language("vi")
    for one in found:
        assert retell(one.box) != one.box and retell(one.message) != one.message, one


def test_a_portrait_annex_that_is_too_wide_is_named(right: bytes) -> None:
    wide = _edited(right, (DOCUMENT, r"(Phụ lục I<.*?)<w:gridCol w:w=\"\d+\"", r'\1<w:gridCol w:w="11000"'))
    assert "tables" in {one.box for one in check_layout(wide)}


def test_a_form_with_an_inside_address_is_named() -> None:
    wrong = _edited(render_paper(_form(), "docx"), (DOCUMENT, "203.0.113.9", "203.0.113.9, 192.168.1.5 (nội bộ)"))
    assert {one.box for one in check_layout(wrong)} == {"form"}


MOTTO = 'text(size: 13pt, weight: "bold", head.motto)'
PDF_WRONGS: dict[str, tuple[str, tuple[str, str]]] = {
    "a left margin of 20 mm": ("margins", ("left: 30mm", "left: 20mm")),
    "a top margin of 10 mm": ("margins", ("top: 20mm", "top: 10mm")),
    "letter paper": ("paper", ('paper: "a4"', 'paper: "us-letter"')),
    "no motto": ("box 1", (MOTTO, "[x]")),
    "no rule below the motto": ("box 1", ("rule(measure(motto).width)", "[]")),
    "the motto at 11 pt": ("box 1", (MOTTO, MOTTO.replace("13pt", "11pt"))),
    "no rule below the organ": ("box 2", ("rule(26mm)", "[]")),
    "the organ not bold": ("box 2", ('text(size: 12pt, weight: "bold", lines(head.organ', "text(size: 12pt, lines(head.organ")),
    "a number at 11 pt": ("box 3", ("text(size: 13pt, head.number)", "text(size: 11pt, head.number)")),
    "an upright date": ("box 4", ('text(size: 13pt, style: "italic", head.place-date)', "text(size: 13pt, head.place-date)")),
    "a title at 18 pt": ("box 5a", ('text(weight: "bold", kind)', 'text(size: 18pt, weight: "bold", kind)')),
    "recipients at 14 pt": ("box 9b", ("linebreak(); text(size: 11pt, name)", "linebreak(); text(size: 14pt, name)")),
    "nobody signs": ("box 7", ("lines(paper.sign.authority.map(one => [#one]))", "[]")),
    "no page numbers": ("page number", ("if page-number > 1 { align", "if page-number > 99 { align")),
    "a page number on page 1": ("page number", ("if page-number > 1 { align", "if page-number > 0 { align")),
    "a header row that does not repeat": ("tables", ("table.header(", "table.header(repeat: false, ")),
    "an annex too wide": ("margins", ("columns: widths,", "columns: widths.map(one => 110mm),")),
}  # fmt: skip


@pytest.fixture
def typeset(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Paper, str, str], bytes]]:
    """A paper as PDF through a layout in which one thing was changed."""
    own = pdf._layout()

    def made(paper: Paper, find: str, put: str) -> bytes:
        assert find.encode() in own, find
        monkeypatch.setattr(pdf, "_layout", lambda: own.replace(find.encode(), put.encode()))
        return render_paper(paper, "pdf")

    yield made


def test_the_pdf_that_the_others_are_made_from_is_right() -> None:
    assert check_pdf(render_paper(_paper(), "pdf")) == []
    assert check_pdf(render_paper(_form(), "pdf")) == []


def test_a_paper_that_cites_a_form_is_not_measured_as_the_form() -> None:
    cited = (Text("Căn cứ BÁO CÁO BAN ĐẦU SỰ CỐ MẠNG số 07/BC-STTTT.", "basis"), Text("Máy 10.1.1.1 bị chiếm."))
    assert check_pdf(render_paper(replace(_paper(), parts=cited), "pdf")) == []


@pytest.mark.parametrize(("box", "change"), PDF_WRONGS.values(), ids=PDF_WRONGS.keys())
def test_every_departure_of_a_pdf_is_named(
    typeset: Callable[[Paper, str, str], bytes], box: str, change: tuple[str, str]
) -> None:
    paper = replace(_paper(), header=replace(_paper().header, signer="")) if box == "box 7" else _paper()
    found = check_pdf(typeset(paper, *change))
    assert box in {one.box for one in found}
    use_language("vi")
    for one in found:
        assert retell(one.box) != one.box and retell(one.message) != one.message, one


@pytest.mark.parametrize(
    ("box", "changes"),
    [
        ("box 9a", {"kind": "THÔNG BÁO SỰ CỐ"}),
        ("box 6", {"closing": ""}),
        ("box 7", {"authority": ("KT GIÁM ĐỐC",)}),
        ("box 3", {"symbol": "BC STTTT"}),
        ("form", {"parts": (Lines("s1", (Line(label="IP", value="::ffff:10.1.1.1"),)),)}),
        ("box 1", {"nation": True}),
    ],
)
def test_wrong_words_are_named_in_a_pdf(box: str, changes: dict[str, object]) -> None:
    made = _form() if box in ("form", "box 1") else _paper()
    head = {name: value for name, value in changes.items() if name in ("authority", "symbol")}
    rest = {name: value for name, value in changes.items() if name not in head}
    wrong = replace(made, header=replace(made.header, **head), **rest)
    assert box in {one.box for one in check_pdf(render_paper(wrong, "pdf"))}


def _drawn(stream: bytes) -> bytes:
    """A PDF of one page with this content, compressed."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(stream), stream),
    )
    body = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % (at, one) for at, one in enumerate(objects, 1))
    return body + b"trailer<</Size 5/Root 1 0 R>>\n%%EOF"


@pytest.mark.parametrize("piece", [b" ", b"0 0 m 9 9 l S ", b"\0"], ids=["spaces", "strokes", "zeros"])
def test_a_pdf_bomb_is_refused_before_a_parser_sees_it(piece: bytes) -> None:
    packer = zlib.compressobj(9)
    block = piece * (1 << 20)
    stream = b"".join(packer.compress(block) for _turn in range((300 << 20) // len(block))) + packer.flush()
    began = time.process_time()
    with pytest.raises(LimitExceeded):
        check_pdf(_drawn(stream))
    assert time.process_time() - began < 5


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _with(right: bytes, name: str, data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(right)) as old:
        return _zipped({entry: old.read(entry) for entry in old.namelist()} | {name: data})


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9))
    + b"]><x>&j;</x>"
)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\x03\x04" + b"\0" * 400, b"not a paper", _zipped({}), _zipped({"word/document.xml": b"<x/>"})],
    ids=["empty", "two bytes", "a broken zip", "text", "an empty zip", "no styles"],
)
def test_what_is_no_docx_is_refused_in_a_line(data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        check_layout(data)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "part",
    [
        b"\0" * (80 * 1024 * 1024),
        LAUGHS,
        b"<a>" * 200_000,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<x" + b" a" * 10 + b">",
    ],
    ids=["a bomb", "entities", "depth", "an outside entity", "not well-formed"],
)
def test_hostile_xml_is_refused_in_a_line(right: bytes, part: bytes) -> None:
    with pytest.raises(InputError) as refused:
        check_layout(_with(right, DOCUMENT, part))
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


def test_a_truncated_docx_is_refused(right: bytes) -> None:
    for end in (10, 200, len(right) // 2, len(right) - 30):
        with pytest.raises(InputError):
            check_layout(right[:end])


@pytest.mark.parametrize("shown", [b"", b"%PDF-1.7", b"not a paper", b"%PDF-1.7\n" + b"\xff" * 5_000])
def test_what_is_no_pdf_is_refused_in_a_line(shown: bytes) -> None:
    with pytest.raises(InputError) as refused:
        check_pdf(shown)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


def test_a_truncated_pdf_is_refused_or_measured() -> None:
    whole = render_paper(_form(), "pdf")
    for end in (40, len(whole) // 3, len(whole) // 2, len(whole) - 40):
        try:
            check_pdf(whole[:end])
        except InputError as refused:
            assert "\n" not in str(refused)


def test_paths_are_told_with_the_refusal(tmp_path: Path) -> None:
    from atttcli.cli.main import run

    wrong = tmp_path / "x.docx"
    wrong.write_bytes(b"no")
    with pytest.raises(SystemExit) as left:
        run(["report", "check", str(wrong)])
    assert left.value.code not in (0, 1)
