"""Templates made to do harm: each is refused in bounded time, names its line, and leaves nothing behind."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace as changed

from atttcli.errors import AtttError, InputError
from atttcli.limits import MIB
from atttcli.reports.outline import Outline
from atttcli.reports.paper import settled
from atttcli.reports.paper_outline import compose_paper
from atttcli.reports.papers.catalog import find_kind
from atttcli.reports.papers.contracts import contract_of
from atttcli.reports.templating.blame import told
from atttcli.reports.templating.chain import Template
from atttcli.reports.templating.fault import Faulty
from atttcli.reports.templating.kinds import find_template_kind
from atttcli.reports.templating.page_gate import page_faults
from atttcli.reports.templating.render import Bounds, lint_template, render_template
from atttcli.reports.templating.sample import sample_paper
from atttcli.reports.templating.sandbox import environment
from atttcli.reports.templating.start import starting_file
from atttcli.reports.templating.values import packed, paper_values, unpacked
from atttcli.reports.templating.word_gate import word_faults

BOUNDS = Bounds(seconds=8, memory=512 * MIB, output=4 * MIB)
PAGE = "<!DOCTYPE html><html><head><title>x</title></head><body>{{ paper.masthead.marks | join }}%s</body></html>"


@cache
def _given(name: str = "initial", text: str = "") -> tuple[Outline, dict[str, Any]]:
    """A sample paper; with `text`, every fact and line of it says that."""
    contract = contract_of(find_kind(name))
    paper = sample_paper(contract, "paper", "vi")
    if text:
        lines = [
            changed(part, lines=tuple(changed(one, value=text) for one in part.lines))
            if hasattr(part, "lines")
            else part
            for part in paper.parts
        ]
        facts = tuple(changed(one, value=text) for one in paper.facts)
        paper = changed(paper, parts=tuple(lines), facts=facts, summary=text)
    made = settled(paper)
    return compose_paper(made), paper_values(made, contract)


def _template(data: bytes, format: str) -> Template:
    return Template(format, "option", f"/tmp/xấu.{format}", sha256(data).hexdigest(), data)


def _render(source: str, format: str = "txt", bounds: Bounds = BOUNDS) -> bytes:
    text = source if format != "html" else PAGE % source
    return render_template(_template(text.encode(), format), *_given(), bounds)


CLOSED = [
    "{{ cycler.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ paper.__class__ }}",
    "{{ paper['__class__'] }}",
    "{{ facts._values }}",
    "{{ facts | attr('_values') }}",
    "{{ range.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace.__init__ }}",
    "{{ paper.kind.format(paper) }}",
    "{{ '%s' | format(paper) }}",
    "{{ paper.kind.join(['a']) }}",
    "{{ facts.items() }}",
    "{{ paper.kind | safe }}",
    "{{ paper.kind | e }}",
    "{{ paper.kind | tojson }}",
    "{{ (paper | kind).mro() }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../etc/passwd' %}",
    "{% import '/etc/passwd' as x %}",
    "{% extends '/etc/passwd' %}",
    "{% autoescape false %}{{ facts.title }}{% endautoescape %}",
    "{% set paper = 1 %}{% do paper %}",
    "{{ facts }}",
    "{{ no_such_name }}",
    "{{ facts.no_such_fact }}",
]
ENDLESS = [
    "{{ range(9**9) | list }}",
    "{{ range(999999999) | length }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
    "{{ 'a' * 9999999999 }}",
    "{{ [1] * 9999999999 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ '%0999999999d' % 1 }}",
    "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(64) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x=2) %}{% for i in range(9999) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(1) }}",
    "{% for i in range(99999) %}" + "x" * 200 + "{% endfor %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "-" * 20000 + "1 }}",
    "{% if 1 %}" * 3000,
]


@pytest.mark.parametrize("source", CLOSED)
def test_nothing_but_data_is_reached(source: str) -> None:
    context = unpacked(packed(*_given()))
    with pytest.raises(Faulty), told():
        environment("txt").from_string(source).render(context)


@pytest.mark.parametrize("source", [CLOSED[0], "{% include '/etc/passwd' %}"])
def test_what_is_refused_names_the_template_and_what_to_do(source: str) -> None:
    with pytest.raises(InputError) as error:
        _render(source)
    assert "root:" not in str(error.value)
    assert error.value.where is not None and error.value.where.path.endswith("xấu.txt")
    assert "lint" in error.value.hint


@pytest.mark.parametrize("source", ENDLESS, ids=range(len(ENDLESS)))
def test_no_template_runs_or_grows_without_end(source: str) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError):
        _render("\n\n" + source, bounds=replace(BOUNDS, seconds=3.0))
    assert time.monotonic() - begun < 30  # the bound is 3 s; the machine may be busy with others


def test_time_is_the_parents_to_end() -> None:
    source = "{% for a in range(99999) %}{% for b in range(99999) %}{{ a + b }}{% endfor %}{% endfor %}"
    with pytest.raises(InputError, match="ran longer than 1 s"):
        _render(source, bounds=replace(BOUNDS, seconds=1.0))


def test_a_fault_names_its_line() -> None:
    with pytest.raises(InputError) as error:
        _render("một\nhai\n{{ facts.khong_co }}\n")
    assert error.value.where is not None and error.value.where.line == 3
    with pytest.raises(InputError) as error:
        _render("một\n{% if %}\n")
    assert error.value.where is not None and error.value.where.line == 2


ACTIVE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://evil.example/a.png>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=https://evil.example>x</a>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<style>p { background: url(https://evil.example/a) }</style>",
    "<style>@import '//evil.example';</style>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<iframe srcdoc='x'></iframe>",
    "<form action=//evil.example><input></form>",
    "<base href=//evil.example>",
    "<svg><use href=//evil.example/a.svg#x></use></svg>",
    "<svg><animate onbegin=alert(1)></svg>",
    "<object data=x></object>",
    "<p style='background:url(//evil.example)'>x</p>",
    "<!--[if IE]><script>x</script><![endif]-->",
    "<?xml-stylesheet href='//evil.example'?>",
]


@pytest.mark.parametrize("source", ACTIVE)
def test_a_page_with_anything_active_is_refused(source: str) -> None:
    assert page_faults(PAGE % source), source


def test_a_page_of_a_template_carries_our_policy_and_its_own_styles_only() -> None:
    page = _render("<style>p { color: red }</style><p>{{ facts.title }}</p>", "html").decode()
    assert page.count("Content-Security-Policy") == 1
    assert "default-src 'none'" in page and "script-src" not in page and "unsafe-inline" not in page
    with pytest.raises(InputError, match="element <script>"):
        _render("<script>1</script>", "html")


HOSTILE = "{{ 7*7 }} {% for %} {# x #} {_{ 8*8 }_} {%p endfor %} <w:br/> <script>x</script> & ]]> | ` http://evil.example/\x1b[31m\u202e"


@pytest.mark.parametrize("format", ["docx", "html", "md", "txt"])
def test_data_is_never_a_template(format: str) -> None:
    outline, values = _given("initial", HOSTILE)
    data = starting_file(format, outline)
    made = render_template(_template(data, format), outline, values)
    shown = _word_text(made) if format == "docx" else made.decode()
    plain = "".join(shown.replace("\\", "").split())
    assert "{{7*7}}" in plain and "{%for%}" in plain and "{_{8*8}_}" in plain
    assert "49" not in plain.replace("0049", "")
    assert "\x1b" not in shown and "\u202e" not in shown and "http://evil" not in shown
    if format == "html":
        assert "<script" not in shown and not page_faults(shown)


def _word_text(data: bytes) -> str:
    import docx

    book = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in book.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in book.paragraphs), *cells])


def _word(**parts: bytes | None) -> bytes:
    """A working starting file with some parts put in its place, or added."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(starting_file("docx", _given()[0]))) as from_,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as to,
    ):
        given = {name.replace("__", "/").replace("_X", ".xml"): data for name, data in parts.items()}
        for name in from_.namelist():
            to.writestr(name, given.pop(name, None) or from_.read(name))
        for name, data in given.items():
            to.writestr(name, data or b"")
    return held.getvalue()


def _body(inner: str) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(starting_file("docx", _given()[0]))).read("word/document.xml").decode()
    return source.replace("<w:body>", f"<w:body>{inner}", 1).encode()


_FIELD = '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>%s<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s"'
    ' Target="%s" %s/></Relationships>'
)
WORD = {
    "a simple field": lambda: _word(
        word__document_X=_body('<w:p><w:fldSimple w:instr=" DDEAUTO c:\\\\cmd.exe "/></w:p>')
    ),
    "a field in pieces": lambda: _word(
        word__document_X=_body(
            _FIELD % "<w:r><w:instrText>INCLU</w:instrText></w:r><w:r><w:instrText>DETEXT x</w:instrText></w:r>"
        )
    ),
    "a picture from elsewhere": lambda: _word(
        word__document_X=_body('<w:p><w:fldSimple w:instr="INCLUDEPICTURE x"/></w:p>')
    ),
    "a field made by a tag": lambda: _word(
        word__document_X=_body('<w:p><w:fldSimple w:instr="{{ facts.title }}"/></w:p>')
    ),
    "a link outside": lambda: _word(
        word___rels__document_Xrels=None,
        **{
            "word/_rels/header1.xml.rels": (
                _RELS % ("hyperlink", "https://evil.example", 'TargetMode="External"')
            ).encode()
        },
    ),
    "a template elsewhere": lambda: _word(
        **{"word/_rels/settings.xml.rels": (_RELS % ("attachedTemplate", "file:///c:/x.dotm", "")).encode()}
    ),
    "macros": lambda: _word(word__vbaProject=b"x", **{"word/vbaProject.bin": b"x"}),
    "an embedded object": lambda: _word(**{"word/embeddings/oleObject1.bin": b"x"}),
    "a file taken in": lambda: _word(word__document_X=_body('<w:altChunk r:id="rId9"/>')),
    "a document type": lambda: _word(
        word__settings_X=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><w:settings xmlns:w="w">&a;</w:settings>'
    ),
}


@pytest.mark.parametrize("what", WORD)
def test_a_word_file_that_does_more_than_say_is_refused(what: str) -> None:
    assert word_faults(WORD[what]()), what


def test_the_starting_file_is_clean_and_what_is_refused_is_refused_when_it_runs() -> None:
    assert word_faults(_word()) == []
    outline, values = _given()
    with pytest.raises(InputError, match="DDEAUTO"):
        render_template(_template(WORD["a simple field"](), "docx"), outline, values, BOUNDS)


def test_a_word_file_that_swells_is_not_unpacked() -> None:
    bomb = _word(**{"word/media/a.xml": b" " * (80 * MIB)})
    with pytest.raises(AtttError):
        word_faults(bomb)


@pytest.mark.parametrize(
    "inner", ["{{ facts.title", "{%p for x in facts %}", "{%tr endfor %}", "{{r facts.title }}", "{{ no.such }}"]
)
def test_a_broken_word_template_says_where(inner: str) -> None:
    data = _word(word__document_X=_body(f"<w:p><w:r><w:t>{inner}</w:t></w:r></w:p>"))
    with pytest.raises(InputError) as error:
        render_template(_template(data, "docx"), *_given(), BOUNDS)
    assert error.value.hint and error.value.where is not None


@pytest.mark.parametrize("format", ["docx", "html", "md", "txt"])
def test_no_template_hides_that_a_paper_is_an_exercise(format: str) -> None:
    outline, values = _given()
    outline = replace(outline, masthead=replace(outline.masthead, marks=("DIỄN TẬP",)))
    plain = {"md": "# {{ paper.kind }}", "txt": "{{ paper.kind }}", "html": "<html><head></head><body>x</body></html>"}
    data = plain[format].encode() if format in plain else _unmarked()
    with pytest.raises(InputError, match="DIỄN TẬP"):
        render_template(_template(data, format), outline, values, BOUNDS)
    made = render_template(_template(starting_file(format, outline), format), outline, values, BOUNDS)
    shown = _word_text(made) if format == "docx" else made.decode()
    assert "DIỄN TẬP" in shown


def _unmarked() -> bytes:
    source = zipfile.ZipFile(io.BytesIO(starting_file("docx", _given()[0]))).read("word/document.xml").decode()
    return _word(word__document_X=source.replace("{{ mark }}", "").encode())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x00" * 4096, b"{{", b"\xff\xfe", b"{%" * 99999])
@pytest.mark.parametrize("format", ["docx", "html", "txt"])
def test_no_bytes_make_lint_fall(data: bytes, format: str) -> None:
    kind = find_template_kind("initial")
    faults = lint_template(_template(data, format), kind.context("vi"), kind.wanted(), BOUNDS)
    assert faults


def test_lint_speaks_of_what_it_would_run_into() -> None:
    kind = find_template_kind("initial")
    sources = [
        one for one in CLOSED if "{% do" not in one and one not in ("{{ facts }}", "{% extends '/etc/passwd' %}")
    ]
    faults = lint_template(_template("\n".join(sources).encode(), "txt"), kind.context("vi"), kind.wanted(), BOUNDS)
    assert {one.line for one in faults if one.level == "error"} == set(range(1, len(sources) + 1))
