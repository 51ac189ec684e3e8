"""Markdown (CommonMark with GFM tables): for analysts, tickets and diffs. Data can never become markup, a link or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from atttcli.report import IncidentReport
from atttcli.reports.charts.text import chart_table
from atttcli.reports.incident import compose
from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.outline import (
    Annex,
    Block,
    Bullets,
    Chart,
    Column,
    Fields,
    Heading,
    HeatChart,
    Masthead,
    Outline,
    Paragraph,
    Table,
    TimeChart,
)

_WWW = re.compile(r"(www)\.", re.IGNORECASE)  # readers of this format link it by themselves
_SPECIAL = re.compile(r"[\\`*_\[\]|~$]")
_LINE_START = re.compile(r"^( *)(#|[-+=:](?=[ \-=:]|$)|\d+(?=[.)](?: |$)))")
_NUMBERED = re.compile(r"[0-9IVXL]{1,6}\.\Z")  # ours: the number of a part, which no list may begin with
_RULES = {"left": ":---", "center": ":---:", "right": "---:"}


class MarkdownRenderer:
    """A paper as Markdown text, UTF-8."""

    format = "md"
    suffix = ".md"
    media_type = "text/markdown; charset=utf-8"

    def render(self, report: IncidentReport, language: str) -> bytes:
        """The outline as blocks with an empty line between them."""
        return markdown_of(compose(report, language))


def markdown_of(outline: Outline) -> bytes:
    """Any outline as Markdown."""
    return ("\n\n".join(filter(None, _paper(outline))) + "\n").encode("utf-8")


def escaped(value: str) -> str:
    """One line of text as Markdown that shows exactly that text: mail addresses are defanged, HTML and markup escaped."""
    text = _WWW.sub(r"\g<1>[.]", paper_text(value)).replace("[@]", "@").replace("@", "[@]")
    text = _SPECIAL.sub(r"\\\g<0>", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINE_START.sub(lambda m: m.group(1) + _escape_start(m.group(2)), text).strip()


def _escape_start(mark: str) -> str:
    """A number that would begin a list keeps its digits; its dot is made a reference that no parser reads as a list."""
    return f"{mark}&#8203;" if mark.isdigit() else "\\" + mark


def _paper(outline: Outline) -> Iterator[str]:
    if not outline.bare:
        yield from _masthead(outline.masthead)
    if outline.kind:
        yield f"# {escaped(outline.kind)}"
    if outline.summary and outline.kind:
        yield f"**{escaped(outline.summary)}**"
    if outline.addressees:
        yield _joined([outline.addressees_label, *outline.addressees])
    for block in outline.blocks:
        yield from _block(block)
    sign = outline.signature
    if (sign.authority or sign.signer) and not outline.bare:
        yield _joined([*sign.authority, sign.note, sign.signer])
    if sign.recipients_label and not outline.bare:
        yield _joined([sign.recipients_label, *sign.recipients])
    for annex in outline.annexes:
        yield from _annex(annex)
    yield "---"
    yield escaped(outline.foot)


def _masthead(head: Masthead) -> Iterator[str]:
    yield _joined([*head.superior, *head.organ])
    yield _joined([head.form, head.nation, head.motto])
    yield _joined([" ".join(head.number.split()), " ".join(head.place_date.split())])
    if head.about:
        yield escaped(head.about)
    yield from (f"> **{escaped(mark)}**" for mark in head.marks)


def _annex(annex: Annex) -> Iterator[str]:
    yield "---"
    yield f"# {escaped(annex.label)}. {escaped(annex.title)}"
    yield f"*{escaped(annex.attached)}*"
    for block in annex.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level=level, text=text):
            number, _, title = text.partition(" ")
            told = f"{number} {escaped(title)}" if _NUMBERED.match(number) else escaped(text)
            yield f"{'#' * (level + 1)} {told}"
        case Paragraph(text=text, style=style):
            body = "\n\n".join(map(escaped, paper_lines(text)))
            yield f"*{body}*" if body and style in ("basis", "note") else body
        case Bullets(items=items):
            yield "\n".join(f"- {_cell(item)}" for item in items)
        case Fields(rows=rows):
            yield _table((Column("", 30), Column("", 70)), rows)
        case Table(columns=columns, rows=rows):
            yield _table(columns, rows)
        case Chart() | HeatChart() | TimeChart():
            heads, cells = chart_table(block)
            yield from (f"*{escaped(block.title)}*", _table(heads, cells)) if cells else ()


def _table(columns: tuple[Column, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_row(column.title for column in columns), "|" + "|".join(_RULES[column.align] for column in columns) + "|"]
    lines.extend(_row(row) for row in rows)
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(value: str) -> str:
    """A cell is one line; several lines of text are parted by a dot rather than by raw HTML."""
    return " · ".join(escaped(line) for line in paper_lines(value))


def _joined(lines: Iterable[str]) -> str:
    return "\\\n".join(filter(None, (escaped(line) for line in lines)))
