"""Starting files: a working template of a paper, to be changed by hand. Rendered as it is, it says what our own rendering says.

A page is our own template; Markdown and text are short templates of their own; a Word file is our own rendering with tags in
place of values, which docxtpl fills in. Word tags of paragraphs (`{%p %}`), rows (`{%tr %}`) and cells (`{%tc %}`) are docxtpl's.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

from atttcli.reports.docx import document_parts
from atttcli.reports.ooxml import element, package, paragraph, run, xml_bytes
from atttcli.reports.outline import Annex, Block, Bullets, Fields, Heading, Masthead, Outline, Paragraph, Signature

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TABLE = "ATTTCLI TABLE"  # where the table of any width goes: what an Outline cannot say
_ANNEXES = "paper.annexes"


def starting_file(format: str, outline: Outline) -> bytes:
    """A template for papers that are laid out as this sample."""
    if format == "docx":
        return _word(outline)
    if format == "html":
        from atttcli.reports.html import page_template

        return page_template().encode("utf-8")
    return files("atttcli.reports").joinpath("templates", "start", f"paper.{format}.j2").read_bytes()


def _word(sample: Outline) -> bytes:
    parts = document_parts(_tagged(sample))
    text = parts["word/document.xml"].decode("utf-8")
    text = _each(text, _TABLE, _table()).replace("{{ name }};", "{{ name }}{% if loop.last %}.{% else %};{% endif %}")
    parts["word/document.xml"] = _looped(text).encode("utf-8")
    return package(parts)


def _tagged(sample: Outline) -> Outline:
    """The sample with a tag for every value; what this kind of paper never has stays away."""
    head, sign = sample.masthead, sample.signature
    return replace(
        sample,
        kind=sample.kind and "{{ paper.kind }}",
        summary=sample.summary and "{{ paper.summary }}",
        masthead=Masthead(
            superior=("{{ paper.masthead.superior | join('\\n') }}",) if head.superior else (),
            organ=("{{ paper.masthead.organ | join('\\n') }}",) if head.organ else (),
            nation=head.nation and "{{ paper.masthead.nation }}",
            motto=head.motto and "{{ paper.masthead.motto }}",
            number="{{ paper.masthead.number }}",
            place_date="{{ paper.masthead.place_date }}",
            marks=_loop("mark", "paper.masthead.marks"),
            about=head.about and "{{ paper.masthead.about }}",
            form=head.form and "{{ paper.masthead.form }}",
        ),
        addressees_label="{% if paper.addressees %}{{ paper.addressees_label }}{% endif %}",
        addressees=_loop("name", "paper.addressees"),
        blocks=(*_blocks("paper.blocks"),),
        signature=Signature(
            recipients_label=sign.recipients_label and "{{ paper.signature.recipients_label }}",
            recipients=_loop("line", "paper.signature.recipients") if sign.recipients_label else (),
            authority=_loop("line", "paper.signature.authority"),
            signer="{{ paper.signature.signer }}",
            note=sign.note and "{{ paper.signature.note }}",
        ),
        annexes=(
            Annex("{{ annex.label }}", "{{ annex.title }}", "{{ annex.attached }}", (*_blocks("annex.blocks"),)),
        ),
        foot="{{ paper.foot }}",
        subject="{{ paper.subject }}",
        author="{{ paper.author }}",
    )  # fmt: skip


def _loop(name: str, of: str) -> tuple[str, str, str]:
    return f"{{%p for {name} in {of} %}}", f"{{{{ {name} }}}}", "{%p endfor %}"


def _blocks(of: str) -> list[Block]:
    """Every block in its own style, whichever comes."""
    made: list[Block] = [_do(f"for block in {of}")]
    kinds: tuple[tuple[str, list[Block]], ...] = (
        ('block | kind == "Heading" and block.level == 1', [Heading(1, "{{ block.text }}")]),
        ('block | kind == "Heading"', [Heading(2, "{{ block.text }}")]),
        ('block | kind == "Paragraph" and block.style == "basis"', _lined(Paragraph("{{ line }}", "basis"))),
        ('block | kind == "Paragraph" and block.style == "note"', _lined(Paragraph("{{ line }}", "note"))),
        ('block | kind == "Paragraph" and block.style == "end"', _lined(Paragraph("{{ line }}", "end"))),
        ('block | kind == "Paragraph"', _lined(Paragraph("{{ line }}"))),
        ('block | kind == "Bullets"', [_do('for item in block["items"]'), Bullets(("{{ item }}",)), _do("endfor")]),
        ('block | kind == "Fields"', [_fields("block.rows", "label, value")]),
        ('block | kind == "Table"', [Paragraph(_TABLE)]),
        ('block | kind == "Chart"', [Paragraph("{{ block.title }}", "note"), _bars()]),
    )
    for at, (test, inner) in enumerate(kinds):
        made += [_do(f"{'elif' if at else 'if'} {test}"), *inner]
    return [*made, _do("else"), Paragraph("{{ block.title }}", "note"), _do("endif"), _do("endfor")]


def _do(what: str) -> Paragraph:
    return Paragraph(f"{{%p {what} %}}")


def _lined(line: Paragraph) -> list[Block]:
    return [_do("for line in block.text | lines"), line, _do("endfor")]


def _fields(of: str, names: str) -> Fields:
    left, _comma, right = names.partition(", ")
    rows = ((f"{{%tr for {names} in {of} %}}", ""), (f"{{{{ {left} }}}}", f"{{{{ {right} }}}}"), ("{%tr endfor %}", ""))
    return Fields("fields", rows)


def _bars() -> Fields:
    value = "{{ bar[1] }}{% if bar[2] is not none %} ({{ bar[2] }}){% endif %}"
    return Fields("bars", (("{%tr for bar in block.bars %}", ""), ("{{ bar[0] }}", value), ("{%tr endfor %}", "")))


def _table() -> str:
    """A table of as many columns as come, its header repeated; Word finds the widths."""
    shape = element(
        "w:tblPr",
        element("w:tblStyle", val="Grid"),
        element("w:tblW", w=5000, type="pct"),
        element("w:tblLayout", type="autofit"),
    )
    made = element("w:tbl", shape, element("w:tblGrid", *(element("w:gridCol", w=3000) for _column in range(3))))
    once = element("w:cantSplit")
    columns = ("{%tc for column in block.columns %}", "{{ column.title }}", "{%tc endfor %}")
    made.append(_row("TableHead", columns, element("w:trPr", once, element("w:tblHeader"))))
    made.append(_row("TableText", ("{%tr for row in block.rows %}", "", ""), None))
    made.append(_row("TableText", ("{%tc for cell in row %}", "{{ cell }}", "{%tc endfor %}"), element("w:trPr", once)))
    made.append(_row("TableText", ("{%tr endfor %}", "", ""), None))
    return _bare(made) + _bare(paragraph("Gap"))


def _row(style: str, cells: tuple[str, ...], properties: Element | None) -> Element:
    made = element("w:tr", properties)
    for text in cells:
        width = element("w:tcPr", element("w:tcW", w=0, type="auto"))
        made.append(element("w:tc", width, paragraph(style, run(text))))
    return made


def _bare(made: Element) -> str:
    """An element without the declaration, as it stands inside a part that has one."""
    return xml_bytes(made).partition(b"\n")[2].decode("utf-8")


def _each(text: str, mark: str, made: str) -> str:
    """Every paragraph that holds a mark, replaced."""
    while (at := text.find(mark)) >= 0:
        start, end = text.rindex("<w:p>", 0, at), text.index("</w:p>", at) + len("</w:p>")
        text = text[:start] + made + text[end:]
    return text


def _looped(text: str) -> str:
    """The one annex of the starting file and the section break before it, once for each annex that comes."""
    at = text.rindex("<w:p>", 0, text.index("<w:sectPr>"))
    end = text.rindex("<w:sectPr>")
    first, last = (_bare(paragraph("Gap", run(tag))) for tag in (f"{{%p for annex in {_ANNEXES} %}}", "{%p endfor %}"))
    return text[:at] + first + text[at:end] + last + text[end:]
