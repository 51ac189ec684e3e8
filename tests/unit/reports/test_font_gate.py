"""The gate on faces: ours alone, every letter with a glyph, in every shipped paper; what slips through is found."""

from __future__ import annotations

import io
import unicodedata
import zipfile

import pytest

from atttcli.clock import parse_moment
from atttcli.errors import IntegrityError
from atttcli.report import Header, IncidentReport, Words
from atttcli.reports import render
from atttcli.reports.docx_reading import read_paper
from atttcli.reports.faces import covered, drawable
from atttcli.reports.font_gate import LETTERS, only_ours, pdf_faces
from atttcli.reports.layout import check_layout
from atttcli.reports.layout_pdf import check_pdf
from atttcli.reports.paper import Bar, Bars, HeatMap, HeatRow, Paper, Part, Text
from atttcli.reports.paper_formats import render_paper
from atttcli.reports.pdf import _compiler

PANGRAM = " ".join(LETTERS[at : at + 12] for at in range(0, len(LETTERS), 12))


def _paper(*parts: Part) -> Paper:
    head = Header(organ=Words("SỞ THÔNG TIN"), superior=Words("UBND TỈNH"))
    return Paper(
        code="x", as_of=parse_moment("2021-05-13 12:00"), kind="BÁO CÁO", summary="Thử", header=head, parts=parts
    )


def _pangram() -> Paper:
    rows = (HeatRow(label=PANGRAM, cells=(1,)),)
    return _paper(
        *(Text(PANGRAM, style) for style in ("body", "basis", "note", "part")),
        Bars(PANGRAM, (Bar(label=PANGRAM, value=1),)),
        HeatMap(name="m", title="x", columns=(PANGRAM,), rows=rows),
    )


def test_all_134_letters_are_there_precomposed_in_all_four_faces() -> None:
    assert len(LETTERS) == len(set(LETTERS)) == 134
    assert unicodedata.normalize("NFC", LETTERS) == LETTERS and LETTERS.lower() != LETTERS
    assert all(char.upper() in LETTERS and char.lower() in LETTERS for char in LETTERS)
    assert {ord(char) for char in LETTERS} <= covered()
    assert drawable(LETTERS) == LETTERS


def test_the_pangram_is_drawn_in_every_face_without_a_gap() -> None:
    import pdfplumber

    data = render_paper(_pangram(), "pdf")
    assert list(pdf_faces(data, 10)) == []
    with pdfplumber.open(io.BytesIO(data)) as book:
        chars = [char for page in book.pages for char in page.chars]
    for face in ("LiberationSerif", "LiberationSerif-Bold", "LiberationSerif-Italic"):
        drawn = {char["text"] for char in chars if char["fontname"].rpartition("+")[2] == face}
        assert set(LETTERS) <= drawn, face
    assert unicodedata.is_normalized("NFC", "".join(char["text"] for char in chars))


def _made_elsewhere(text: str) -> bytes:
    """A PDF by the same engine and faces, but without our guard on characters."""
    from importlib.resources import as_file, files

    with as_file(files("atttcli.reports").joinpath("fonts")) as fonts:
        source = f'#set text(font: "Liberation Serif", fallback: false)\n{text}'.encode()
        made = _compiler(str(fonts)).compile(input=source, format="pdf")
    assert isinstance(made, bytes)
    return made


def test_a_letter_without_a_glyph_is_found() -> None:
    data = _made_elsewhere("Tệp 中文 và chữ")
    (found,) = [one for one in pdf_faces(data, 10) if "no glyph" in one]
    assert "(2)" in found
    assert "font" in {one.box for one in check_pdf(data)}
    assert list(pdf_faces(_made_elsewhere("Tệp và chữ"), 10)) == []


def test_a_face_that_is_not_embedded_is_found() -> None:
    data = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
        b"4 0 obj<</Length 38>>stream\nBT /F1 12 Tf 100 700 Td (abc) Tj ET   \nendstream endobj\n"
        b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    assert list(pdf_faces(data, 10)) == ["Helvetica is not embedded"]
    with pytest.raises(IntegrityError, match="Helvetica"):
        only_ours(data)


def test_our_own_bytes_pass_unchanged() -> None:
    data = render_paper(_paper(Text("Một đoạn.")), "pdf")
    assert only_ours(data) is data


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("word/styles.xml", b'w:ascii="Times New Roman"', b'w:asciiTheme="minorHAnsi"'),
        ("word/document.xml", b"<w:r><w:t", b'<w:r><w:rPr><w:rFonts w:ascii="Calibri"/></w:rPr><w:t'),
        ("word/footer1.xml", b"<w:r><w:t", b'<w:r><w:rPr><w:rFonts w:ascii="Arial"/></w:rPr><w:t'),
        ("word/document.xml", b"<w:r><w:t", b'<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r><w:r><w:t'),
    ],
)
def test_a_docx_that_names_another_font_anywhere_is_found(part: str, old: bytes, new: bytes) -> None:
    data = render_paper(_pangram(), "docx")
    assert read_paper(data).fonts == {"Times New Roman"}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            assert name != part or old in body
            target.writestr(name, body.replace(old, new, 1) if name == part else body)
    assert "font" in {one.box for one in check_layout(made.getvalue())}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_incident_report_passes(made_up: IncidentReport, language: str) -> None:
    assert list(pdf_faces(render(made_up, "pdf", language), 100)) == []
    assert read_paper(render(made_up, "docx", language)).fonts == {"Times New Roman"}
