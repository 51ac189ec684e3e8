"""A paper as plain text: for a terminal, a mail's body or a chat. Data stays inert; lines are wrapped, nothing is cut."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from atttcli.reports.charts.text import chart_lines
from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.outline import (
    Block,
    Bullets,
    Chart,
    Fields,
    Heading,
    HeatChart,
    Masthead,
    Outline,
    Paragraph,
    Signature,
    Table,
    TimeChart,
)

WIDTH = 78
_LEFT = 36
_NARROW = 14  # characters: a column that is wrapped has at least these


def text_of(outline: Outline) -> bytes:
    """The outline as UTF-8 text with a line end at the end."""
    return ("\n".join(line.rstrip() for line in _paper(outline)).strip("\n") + "\n").encode("utf-8")


def _paper(outline: Outline) -> Iterator[str]:
    if not outline.bare:
        yield from _masthead(outline.masthead)
        yield ""
    if outline.kind:
        yield from (line.center(WIDTH) for line in _wrapped(outline.kind))
        yield from (line.center(WIDTH) for line in _wrapped(outline.summary))
        yield ""
    if len(outline.addressees) == 1:
        yield from _wrapped(f"{outline.addressees_label} {outline.addressees[0]}", "  ")
    elif outline.addressees:
        yield f"  {outline.addressees_label}"
        ends = ";" * (len(outline.addressees) - 1) + "."
        for name, end in zip(outline.addressees, ends, strict=True):
            yield from _wrapped(f"- {name}{end}", "    ")
    yield ""
    for block in outline.blocks:
        yield from _block(block)
    if not outline.bare:
        yield from _signature(outline.signature)
    for annex in outline.annexes:
        yield from ("", "-" * WIDTH, "")
        for text in (annex.label, annex.title, annex.attached):
            yield from (line.center(WIDTH) for line in _wrapped(text))
        yield ""
        for block in annex.blocks:
            yield from _block(block)
    yield ""
    yield paper_text(outline.foot).center(WIDTH)


def _masthead(head: Masthead) -> Iterator[str]:
    left = [
        *head.superior,
        *head.organ,
        "",
        _open_places(head.number),
        *textwrap.wrap(paper_text(head.about), _LEFT - 2),
    ]
    right = [head.nation, head.motto, "", "", _open_places(head.place_date)]
    if head.form:
        right = [head.form, *right]
    for at in range(max(len(left), len(right))):
        one = paper_text(left[at]) if at < len(left) else ""
        other = paper_text(right[at]) if at < len(right) else ""
        yield one.center(_LEFT) + other.center(WIDTH - _LEFT)
    for mark in head.marks:
        yield ""
        yield f"[ {paper_text(mark)} ]".center(WIDTH)


def _open_places(text: str) -> str:
    """Room left for a number or a day is shown by dots: a terminal's line has no room to write into."""
    return " ".join(re.sub(r"\s{3,}", " …… ", text).split())


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text=text) | Paragraph(text=text):
            for line in paper_lines(text):
                yield from _wrapped(line, "")
        case Bullets(items=items):
            for item in items:
                yield from _wrapped(f"- {item}", "")
        case Fields(rows=rows):
            for label, value in rows:
                yield from _field(label, paper_lines(value))
        case Table():
            yield from _table(block)
        case Chart() | HeatChart() | TimeChart():
            yield from _wrapped(block.title)
            yield from chart_lines(block, WIDTH)
    yield ""


def _field(label: str, lines: list[str]) -> Iterator[str]:
    """A value of several lines (boxes to tick) stands below its label."""
    if len(lines) < 2:
        yield f"{paper_text(label).rstrip(':')}: {' '.join(lines)}"
        return
    yield f"{paper_text(label).rstrip(':')}:"
    for line in lines:
        yield from _wrapped(line, "    ")


def _table(table: Table) -> Iterator[str]:
    """Columns side by side, the widest wrapped so that they fit; a row is a block of `heading: value` where they cannot."""
    rows = [[" ".join(paper_lines(cell)) for cell in row] for row in table.rows]
    titles = [paper_text(column.title) for column in table.columns]
    widths = _fitting([max(len(cell) for cell in column) for column in zip(titles, *rows, strict=True)])
    if widths:
        for row in (titles, *rows):
            yield from _columns(row, widths)
        return
    for row in rows:
        told = [f"{title}: {cell}" for title, cell in zip(titles[1:], row[1:], strict=True) if cell and cell != "-"]
        yield from _wrapped(f"{row[0]}. " + "; ".join(told), "")


def _fitting(natural: list[int]) -> list[int]:
    """Widths that fit the line, taken from the widest columns; none when a wrapped column would become too narrow to read."""
    widths = list(natural)
    while (over := sum(widths) + 2 * (len(widths) - 1) - WIDTH) > 0:
        widest = max(widths)
        at = widths.index(widest)
        second = max((width for place, width in enumerate(widths) if place != at), default=0)
        widths[at] = max(widest - over, min(second, widest - 1), _NARROW - 1)
        if widths[at] < _NARROW or widths[at] >= widest:
            return []
    return widths


def _columns(row: list[str], widths: list[int]) -> Iterator[str]:
    parts = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    for at in range(max(map(len, parts))):
        cells = (part[at] if at < len(part) else "" for part in parts)
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


def _signature(sign: Signature) -> Iterator[str]:
    left = [
        sign.recipients_label,
        *(line for name in sign.recipients for line in textwrap.wrap(paper_text(name), _LEFT)),
    ]
    right = [*sign.authority, sign.note, "", "", sign.signer]
    for at in range(max(len(left), len(right))):
        one = paper_text(left[at]) if at < len(left) else ""
        other = paper_text(right[at]) if at < len(right) else ""
        yield one.ljust(_LEFT) + other.center(WIDTH - _LEFT)


def _wrapped(text: str, indent: str = "") -> list[str]:
    hanging = indent + "  " if text.startswith("- ") else indent
    return textwrap.wrap(
        paper_text(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
