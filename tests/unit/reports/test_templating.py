"""Templates of users: the starting files work, lint sees names, the chain has an order, the same template gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import docx
import pytest

from atttcli.errors import InputError, NotFound, UsageError
from atttcli.reports.docx import docx_of
from atttcli.reports.html import html_of
from atttcli.reports.layout import check_layout
from atttcli.reports.templating.chain import Chain, Template, chain_of, file_name, format_of
from atttcli.reports.templating.fault import Fault
from atttcli.reports.templating.kinds import FORMATS, TemplateKind, find_template_kind, template_kinds
from atttcli.reports.templating.render import lint_template, render_template
from atttcli.reports.templating.start import starting_file
from atttcli.reports.templating.values import unpacked
from atttcli.reports.templating.variables import variables

KINDS = list(template_kinds())
SOME = ("initial", "week", "card", "incident", "drill-report")


def _template(data: bytes, format: str) -> Template:
    return Template(format, "option", f"mẫu.{format}", sha256(data).hexdigest(), data)


def _lint(source: str, paper: str = "week", format: str = "txt") -> list[Fault]:
    kind = find_template_kind(paper)
    return lint_template(_template(source.encode(), format), kind.context("vi"), kind.wanted())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_paper_has_a_sample_and_variables_in_each_language(kind: TemplateKind) -> None:
    for language in kind.languages:
        names = unpacked(kind.context(language))
        assert {one.path.partition(".")[0].partition("[")[0] for one in variables(kind)} <= set(names)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SOME)
def test_a_starting_file_says_what_stands_on_the_paper(name: str, format: str) -> None:
    kind = find_template_kind(name)
    outline, values = kind.sample("vi")
    template = _template(starting_file(format, outline), format)
    made = render_template(template, outline, values)
    shown = _shown(made, format)
    signed = () if outline.bare else outline.signature.authority
    for said in (outline.kind, *signed, outline.foot):
        assert _squeezed(said) in shown
    if format in ("docx", "html"):
        assert made == render_template(template, outline, values)


@pytest.mark.parametrize("name", ["initial", "week"])
def test_a_starting_file_has_nothing_to_say_against_it(name: str) -> None:
    kind = find_template_kind(name)
    for format in FORMATS:
        template = _template(starting_file(format, kind.sample("vi")[0]), format)
        assert lint_template(template, kind.context("vi"), kind.wanted()) == []


@pytest.mark.parametrize("name", ["notice", "period"])
def test_a_word_file_of_the_starting_template_is_laid_out_by_the_decree(name: str) -> None:
    outline, values = find_template_kind(name).sample("vi")
    made = render_template(_template(starting_file("docx", outline), "docx"), outline, values)
    # The sample's own annex carries no Roman number; what the template adds to what our rendering departs in is nothing.
    assert check_layout(made) == check_layout(docx_of(outline))
    assert {one.box for one in check_layout(made)} <= {"annex"}


def test_a_page_of_our_own_template_says_what_our_page_says() -> None:
    outline, values = find_template_kind("period").sample("vi")
    made = render_template(_template(starting_file("html", outline), "html"), outline, values).decode()
    ours = html_of(outline).decode()
    assert made.partition("<title>")[2] == ours.partition("<title>")[2]


def _shown(data: bytes, format: str) -> str:
    if format != "docx":
        return _squeezed(data.decode().replace("\\", ""))
    book = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in book.tables for row in table.rows for cell in row.cells]
    foot = [one.text for one in book.sections[0].footer.paragraphs]
    return _squeezed("".join([*(one.text for one in book.paragraphs), *cells, *foot]))


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace("&#39;", "'").replace("&#8203;", "")


def test_lint_names_what_no_paper_has_and_where() -> None:
    marks = "{{ paper.masthead.marks | join }}"
    found = _lint(
        f"{marks}\n{{{{ figures.incident.value }}}}\n{{% for row in tables.incidents.rows %}}{{{{ row.titel }}}}{{% endfor %}}"
    )
    errors = {one.line: one.message for one in found if one.level == "error"}
    assert errors == {
        2: "there is no figures.incident: incidents?",
        3: "there is no tables.incidents.rows.titel: title?",
    }
    assert {"there is no x", "there is no filter qqq"} <= {one.message for one in _lint("{{ x | qqq }}")}


def test_lint_knows_the_names_of_loops_macros_and_open_groups() -> None:
    source = """{{ paper.masthead.marks | join }}{{ paper.blocks | length }}{{ figures["severity.critical"].value }}
{% macro one(a, b=1) %}{{ a }}{{ varargs | length }}{% endmacro %}{{ one(1) }}
{% for label, value in [[1, 2]] %}{{ label }}{{ value }}{{ loop.index }}{{ loop.cycle(1, 2) }}{% endfor %}
{% set ns = namespace(x=1) %}{% set ns.x = 2 %}{{ ns.x }}{% with k = paper.kind %}{{ k }}{% endwith %}"""
    errors = [one for one in _lint(source) if one.level == "error"]
    assert errors == []


def test_lint_misses_what_a_paper_should_print() -> None:
    said = {one.message for one in _lint("{{ paper.masthead.marks | join }}{{ tables.types.rows | length }}")}
    assert "never used: tables.severity" in said and "never used: tables.types" not in said
    assert not [
        one for one in _lint("{{ paper.masthead.marks | join }}{{ paper.blocks | length }}") if "tables" in one.message
    ]


def test_lint_tries_the_template_too() -> None:
    found = _lint("{{ paper.masthead.marks | join }}{{ paper.blocks | length }}\n{{ 1 // 0 }}")
    assert [(one.line, one.message) for one in found] == [(2, "ZeroDivisionError: integer division or modulo by zero")]


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    for name in ("workspace", "user"):
        (tmp_path / name / "templates").mkdir(parents=True)
    yield tmp_path / "workspace", tmp_path / "user"


def test_the_chain_goes_from_the_option_to_the_workspace_to_the_user(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    workspace, user = folders
    kind = find_template_kind("week")

    def origin(chain: Chain, format: str = "md", language: str = "vi") -> str:
        found = chain.find(kind, format, language)
        return found.origin + (found.language and ":" + found.language) if found else ""

    assert origin(chain_of(workspace, user)) == ""
    (user / "templates" / "week.md.j2").write_text("user")
    assert origin(chain_of(workspace, user)) == "user"
    (workspace / "templates" / "week.md.j2").write_text("any language")
    assert origin(chain_of(workspace, user)) == "workspace"
    (workspace / "templates" / "week.vi.md.j2").write_text("vi")
    assert origin(chain_of(workspace, user)) == "workspace:vi"
    assert origin(chain_of(workspace, user), language="en") == "workspace"
    assert origin(chain_of(None, user)) == "user"
    mine = tmp_path / "mine.md"
    mine.write_text("mine")
    assert origin(chain_of(workspace, user, [mine])) == "option"
    assert origin(chain_of(workspace, user, [mine]), format="html") == ""
    assert [one.origin for _kind, one in chain_of(workspace, user).found(KINDS)] == ["workspace", "workspace", "user"]


def test_names_of_templates() -> None:
    assert file_name("initial", "docx", "vi") == "initial.vi.docx"
    assert [format_of(Path(one)) for one in ("a.docx", "a.html.j2", "A.HTML", "a.md.j2", "a.txt")] == [
        "docx",
        "html",
        "html",
        "md",
        "txt",
    ]
    for wrong in ("a.docm", "a.dotx", "a.doc", "a.pdf", "a"):
        with pytest.raises(UsageError):
            format_of(Path(wrong))
    with pytest.raises(NotFound):
        find_template_kind("no-such-paper")
    assert find_template_kind("Mẫu 03").name == "initial"


def test_a_template_that_is_too_large_or_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        chain_of(None, tmp_path, [tmp_path / "gone.docx"])
    (tmp_path / "a.md").write_bytes(b"x" * (2 * 1024 * 1024 + 1))
    with pytest.raises(InputError, match="larger than 2 MiB"):
        chain_of(None, tmp_path, [tmp_path / "a.md"])
    (tmp_path / "b.txt").write_text("x")
    (tmp_path / "c.txt").write_text("x")
    with pytest.raises(UsageError, match="two templates"):
        chain_of(None, tmp_path, [tmp_path / "b.txt", tmp_path / "c.txt"])


def test_word_tags_of_fields_by_name_are_filled_in(tmp_path: Path) -> None:
    """As somebody writes them in Word, with python-docx in Word's place."""
    book = docx.Document()
    book.add_paragraph("{{ paper.masthead.marks | join }}")
    book.add_paragraph("Sự cố {{ facts.number }}: {{ facts.title }}")
    table = book.add_table(3, 2)
    table.cell(0, 0).text = "{%tr for line in lines.notice %}"
    table.cell(1, 0).text, table.cell(1, 1).text = "{{ line.label }}", "{{ line.value }}"
    table.cell(2, 0).text = "{%tr endfor %}"
    path = tmp_path / "notice.vi.docx"
    book.save(str(path))
    outline, values = find_template_kind("notice").sample("vi")
    made = render_template(_template(path.read_bytes(), "docx"), outline, values)
    shown = _shown(made, "docx")
    assert "Sựcố«number»:«title»" in shown and "«notice1»" in shown and "«notice2»" in shown
    assert made == render_template(_template(path.read_bytes(), "docx"), outline, values)
