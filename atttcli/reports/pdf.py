"""PDF through typst: our own layout file, our own four faces, the paper as JSON. Nothing is downloaded, no system font is used.

Data never becomes code: the layout reads JSON. A character that the faces lack is written as its code point, so that no
glyph is missing and no second face slips in. The document's day is the paper's: the same paper gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from atttcli.clock import from_micros
from atttcli.errors import MissingFeature
from atttcli.reports.charts import LANDSCAPE, PORTRAIT, draw
from atttcli.reports.charts.drawing import plain_shapes
from atttcli.reports.faces import BREAK, drawable
from atttcli.reports.font_gate import only_ours
from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.outline import (
    Block,
    Bullets,
    Chart,
    Fields,
    Heading,
    HeatChart,
    Outline,
    Paragraph,
    Table,
    TimeChart,
)

if TYPE_CHECKING:
    from typst import Compiler

    from atttcli.report import IncidentReport

_KINDS = {"body": "text", "basis": "basis", "note": "note", "end": "end"}
_LONG = re.compile(r"[^\s\u200b]{25,}")
_PIECE = 12  # characters between two places where a long word may break
_TALL = 24  # printed lines of a row that may be broken over two pages
_LETTERS = 75  # of the whole width, wide ones


class PdfRenderer:
    """The incident report as PDF."""

    format = "pdf"
    suffix = ".pdf"
    media_type = "application/pdf"

    def render(self, report: IncidentReport, language: str) -> bytes:
        """The same outline as every other format's."""
        from atttcli.reports.incident import compose

        return pdf_of(compose(report, language))


def pdf_of(outline: Outline) -> bytes:
    """Any outline as a tagged PDF 1.7; MissingFeature where typst is not installed."""
    with as_file(files("atttcli.reports").joinpath("fonts")) as fonts:
        compiler = _compiler(str(fonts))
        made = compiler.compile(
            input=_layout(),  # each time: a compiler forgets a layout that was given as bytes
            format="pdf",
            sys_inputs={"paper": json.dumps(_plain(outline), ensure_ascii=True)},
            pdf_standards=["1.7"],
            timestamp=outline.as_of // 1_000_000,
        )
    if not isinstance(made, bytes):
        raise MissingFeature("typst gave no document")
    return only_ours(made)


@cache
def _compiler(fonts: str) -> Compiler:
    try:
        from typst import Compiler, Fonts
    except ImportError as error:
        raise MissingFeature("pdf needs typst", hint="pip install 'atttcli[pdf]', or --format docx") from error
    only = Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    return Compiler(root=fonts, font_paths=only, package_path=fonts, package_cache_path=fonts)


@cache
def _layout() -> bytes:
    return files("atttcli.reports").joinpath("templates", "paper.typ").read_bytes()


def _plain(outline: Outline) -> dict[str, Any]:
    head, sign = outline.masthead, outline.signature
    moment = from_micros(outline.as_of)
    return {
        "language": outline.language,
        "bare": outline.bare,
        "kind": _one(outline.kind),
        "summary": _one(outline.summary),
        "subject": paper_text(outline.subject, 250),
        "author": paper_text(outline.author, 250),
        "day": [moment.year, moment.month, moment.day],
        "foot": _one(outline.foot),
        "head": {
            "superior": [_one(line) for line in head.superior],
            "organ": [_one(line) for line in head.organ],
            "nation": head.nation,
            "motto": head.motto,
            "number": _spaced(head.number),
            "place-date": _spaced(head.place_date),
            "marks": [_one(mark) for mark in head.marks],
            "about": _one(head.about),
            "form": _one(head.form),
        },
        "addressees-label": outline.addressees_label,
        "addressees": _addressees(outline),
        "blocks": [_block(block, PORTRAIT) for block in outline.blocks],
        "sign": {
            "label": sign.recipients_label,
            "recipients": [_one(line) for line in sign.recipients],
            "authority": [_one(line) for line in sign.authority],
            "note": _one(sign.note),
            "signer": _one(sign.signer),
        },
        "annexes": [
            {
                "label": _one(annex.label),
                "title": _one(annex.title),
                "attached": _one(annex.attached),
                "landscape": annex.landscape,
                "blocks": [_block(block, LANDSCAPE if annex.landscape else PORTRAIT) for block in annex.blocks],
            }
            for annex in outline.annexes
        ],
    }


def _addressees(outline: Outline) -> list[str]:
    names = outline.addressees
    if len(names) < 2:
        return [_one(name) for name in names]
    ends = (";",) * (len(names) - 1) + (".",)
    return [_one(f"- {name}{end}") for name, end in zip(names, ends, strict=True)]


def _block(block: Block, width: float) -> dict[str, Any]:
    match block:
        case Heading(text=text):
            return {"kind": "heading", "text": _one(text)}
        case Paragraph(text=text, style=style):
            return {"kind": _KINDS[style], "lines": [_whole(line) for line in paper_lines(text)]}
        case Bullets(items=items):
            return {"kind": "items", "items": [_lines(item) for item in items]}
        case Fields(rows=rows):
            return {"kind": "fields", "rows": [[_lines(label), _lines(value)] for label, value in rows]}
        case Chart() | HeatChart() | TimeChart():
            drawn = draw(block, width)
            return {
                "kind": "chart",
                "title": _one(block.title),
                "said": drawn.said,
                "width": drawn.width,
                "height": drawn.height,
                "shapes": plain_shapes(drawn),
            }
        case Table():
            return _table(block)


def _table(table: Table) -> dict[str, Any]:
    total = sum(column.share for column in table.columns) or 1
    cells = [
        {"code": column.code, "lines": _lines(cell, _pieced if column.code else None)}
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
    ]
    return {
        "kind": "table",
        "shares": [column.share for column in table.columns],
        "aligns": [column.align for column in table.columns],
        "heads": [_lines(column.title) for column in table.columns],
        "rows": cells,
        "tall": any(_height(cell, column.share * _LETTERS // total) > _TALL for row in table.rows
                    for column, cell in zip(table.columns, row, strict=True)),
    }  # fmt: skip


def _height(cell: str, letters: int) -> int:
    """About how many printed lines a cell takes in a column of so many letters."""
    lines = cell.split("\n") if len(cell) > _TALL else [cell]
    return sum(1 + len(line) // max(1, letters) for line in lines)


def _lines(value: str, shape: Callable[[str], str] | None = None) -> list[Any]:
    """Lines of a cell; one that begins with a box to tick is told apart, because the faces have no such sign."""
    found: list[Any] = []
    for line in paper_lines(value):
        if line[:2] in ("☐ ", "☒ "):
            found.append({"on": line[0] == "☒", "text": _whole(line[2:])})
        else:
            found.append((shape or _whole)(line))
    return found


def _one(value: str) -> str:
    return _whole(paper_text(value))


def _spaced(value: str) -> str:
    """Room left to write in keeps its width."""
    return _one(value).replace("  ", "\u00a0\u00a0")


def _whole(line: str) -> str:
    """Text that every face can draw, with places to break in words longer than a column."""
    return _LONG.sub(lambda found: _pieced(found.group()), drawable(line))


def _pieced(line: str) -> str:
    line = drawable(line)
    return BREAK.join(line[at : at + _PIECE] for at in range(0, len(line), _PIECE))
