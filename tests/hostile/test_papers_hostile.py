"""Hostile text in every field of a paper, in every format: it is shown, and it does nothing."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
from typing import Any

import html5lib
import openpyxl
import pytest
from markdown_it import MarkdownIt

from atttcli.report import Header, Marks, Words
from atttcli.reports.layout import check_layout
from atttcli.reports.paper import (
    Appendix,
    Bar,
    Bars,
    Box,
    Boxes,
    Fact,
    Gap,
    Head,
    HeatMap,
    HeatRow,
    Line,
    Lines,
    Moment,
    Paper,
    Rows,
    Text,
    Timeline,
    figure,
    paper_from_json,
    paper_json,
)
from atttcli.reports.paper_formats import render_paper
from tests.hostile.test_reports import HOSTILE, _nothing_raw

FIXED = {
    "at",
    "scale",
    "state",
    "schema",
    "language",
    "tlp",
    "date",
    "type",
    "style",
    "layout",
    "align",
    "name",
    "code",
    "as_of",
}


def _whole() -> Paper:
    """A paper with every kind of part."""
    parts = (
        Text("x"),
        Text("x", "item"),
        Text("x", "basis"),
        Text("x", "note"),
        Text("I. X", "part"),
        Text("1. X", "heading"),
        Lines("lines", (Line(label="x", value="x", fields=("x",)),)),
        Boxes("x", (Box(label="x", ticked=True, said="x"),)),
        Rows("rows", (Head(title="x", share=50), Head(title="x", share=50, code=True)), (("x", "x"), ("x", "x"))),
        Bars("x", (Bar(label="x", value=3, previous=2), Bar(label="x", value=0))),
        HeatMap(
            name="heat",
            title="x",
            columns=("x", "x", "x"),
            rows=(HeatRow(label="x", cells=(1, 0, None)), HeatRow(label="x", cells=(-5, 10**15, 7))),
            corner="x",
        ),
        Timeline(
            name="times",
            title="x",
            moments=(
                Moment(at=1_600_000_000_000_000, text="x", lane="x"),
                Moment(at=-(10**16), until_at=10**17, done_at=5, text="x", lane="x", state="met"),
                Moment(at=1_600_000_100_000_000, text="x", lane="x", until_at=0, state="late"),
            ),
        ),
    )
    head = Header(
        superior=Words("x"),
        organ=Words("x"),
        number="1",
        symbol="x",
        place="x",
        addressees=("x", "x"),
        recipients=("x",),
        authority=("x",),
        signer="x",
    )
    return Paper(
        code="x",
        as_of=1_600_000_000_000_000,
        kind="X",
        summary="x",
        form="x",
        subject="x",
        header=head,
        parts=parts,
        closing="x",
        sign_note="x",
        appendices=(Appendix(title="x", parts=parts, landscape=True),),
        figures=(figure("x", "x", ["x"], query="x"),),
        facts=(Fact(name="x", value="x"),),
        missing=(Gap(label="x", fields=("x",)),),
        cites=("x",),
        foot="x",
        marks=Marks(draft=True),
    )


def _poisoned() -> list[Paper]:
    plain = json.loads(paper_json(_whole()))
    texts = itertools.count()

    def poison(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: item if key in FIXED else poison(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [poison(item, name) for item in value]
        if isinstance(value, str) and not name.endswith(("_at", "span")):
            return HOSTILE[next(texts) % len(HOSTILE)].encode("utf-8", "replace").decode("utf-8")
        return value

    found = []
    while next(texts) < 600:
        found.append(paper_from_json(json.dumps(poison(plain)).encode()))
    return found


PAPERS = _poisoned()


@pytest.mark.parametrize("layout", ["paper", "form", "letter", "card"])
@pytest.mark.parametrize("paper", PAPERS, ids=range(len(PAPERS)))
def test_html_holds_text_and_nothing_else(paper: Paper, layout: str) -> None:
    from msgspec.structs import replace

    page = render_paper(replace(paper, layout=layout, nation=layout != "form"), "html").decode("utf-8")
    root = html5lib.parse(page, namespaceHTMLElements=False)
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "footer",
        "section",
        "div",
        "span",
        "p",
        "h1",
        "h2",
        "h3",
        "ul",
        "li",
        "table",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
        "wbr",
        "figure",
        "figcaption",
        "{http://www.w3.org/2000/svg}svg",
        "{http://www.w3.org/2000/svg}text",
        "{http://www.w3.org/2000/svg}rect",
        "svg",
        "text",
        "rect",
        *(f"{{http://www.w3.org/2000/svg}}{name}" for name in ("title", "desc", "line", "circle", "polygon")),
    }
    harmless = {"class", "scope", "lang", "charset", "name", "content", "http-equiv", "role", "aria-label", "viewBox"}
    drawn = {"x", "y", "width", "height", "fill", "text-anchor", "stroke", "stroke-width", "stroke-dasharray", "points"}
    drawn |= {"x1", "x2", "y1", "y2", "cx", "cy", "r", "font-size", "font-weight", "transform"}
    for node in root.iter():
        assert isinstance(node.tag, str), f"a comment: {node.text!r}"
        assert node.tag in allowed, node.tag
        assert set(node.attrib) <= harmless | drawn, node.attrib
    assert len(root.findall(".//style")) == 1
    assert "62710561" not in page, "a template expression in data was computed"
    _nothing_raw(page)
    assert not re.search(r"(?i)\b(https?|ftp|ldap|file)://", page)


@pytest.mark.parametrize("paper", PAPERS, ids=range(len(PAPERS)))
def test_docx_opens_and_has_no_field_link_or_control(paper: Paper) -> None:
    data = render_paper(paper, "docx")
    assert not [one for one in check_layout(data) if one.box in ("inert", "margins", "paper", "page number", "font")]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            part = archive.read(name).decode("utf-8")
            _nothing_raw(part)
            if name.startswith("word/") and name.endswith(".xml"):
                assert part.count("<w:fldSimple") == (name == "word/header1.xml")


@pytest.mark.parametrize("paper", PAPERS, ids=range(len(PAPERS)))
def test_text_and_markdown_hold_no_control_and_no_markup(paper: Paper) -> None:
    _nothing_raw(render_paper(paper, "txt").decode("utf-8"))
    text = render_paper(paper, "md").decode("utf-8")
    _nothing_raw(text)
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        assert token.type not in ("html_block", "fence", "code_block", "reference"), token
        for child in token.children or ():
            assert child.type not in ("html_inline", "link_open", "image", "code_inline"), child


@pytest.mark.parametrize("paper", PAPERS, ids=range(len(PAPERS)))
def test_no_cell_of_an_annex_is_a_formula(paper: Paper) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render_paper(paper, "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert cells and all(cell.data_type in ("s", "n", "inlineStr") for cell in cells)
    for row in csv.reader(io.StringIO(render_paper(paper, "csv").decode("utf-8-sig"))):
        computed = [value for value in row if value[:1] in ("=", "+", "-", "@", "\t", "\r")]
        assert all(re.fullmatch(r"-\d+", value) for value in computed), row  # a number is computed to itself


@pytest.mark.parametrize("paper", PAPERS[:3], ids=range(3))
def test_pdf_has_no_action_link_script_or_file(paper: Paper) -> None:
    import pdfplumber

    data = render_paper(paper, "pdf")
    for active in (b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/URI", b"/EmbeddedFile", b"/AA"):
        assert active not in data
    with pdfplumber.open(io.BytesIO(data)) as book:
        assert not [link for page in book.pages for link in page.annots]
        text = "".join(page.extract_text() for page in book.pages)
    assert "62710561" not in text


def test_a_tables_name_from_elsewhere_cannot_leave_the_style_sheet() -> None:
    evil = "x} </style><script>alert(1)</script><p style='{"
    page = render_paper(
        paper_from_json(paper_json(_whole()).replace(b'"name": "rows"', json.dumps({"name": evil})[1:-1].encode())),
        "html",
    ).decode()
    assert "<script" not in page and page.count("</style>") == 1 and evil not in page
