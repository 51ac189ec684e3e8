"""DOCX: tables with merged cells filled, the paragraphs around them, headers and text boxes for the secrecy mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from atttcli.errors import InputError, LimitExceeded, Where
from atttcli.source import Input
from atttcli.sources.lists.letter import MAX_LINES
from atttcli.sources.lists.ooxml import Package, attribute
from atttcli.sources.lists.tables import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_TABLES, Cell, Document, Row, Table
from atttcli.sources.secrecy import HEAD_LINES

_BODY: Final = "word/document.xml"
_MAX_SPAN = 100


@dataclass(slots=True)
class _OpenTable:
    """A table being read: finished rows, and the row and cell at hand."""

    rows: list[Row] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    span: int = 1
    continues: bool = False  # this cell belongs to the one above
    above: list[Cell] = field(default_factory=list)

    def end_cell(self) -> None:
        text = "\n".join(self.paragraphs)[:MAX_CELL]
        place = len(self.cells)
        if self.continues and not text and place < len(self.above):
            text = str(self.above[place])
        room = MAX_COLUMNS - place
        self.cells.extend([text] * min(self.span, room))
        self.paragraphs, self.span, self.continues = [], 1, False

    def end_row(self) -> None:
        if any(self.cells):
            self.rows.append(Row(len(self.rows) + 1, tuple(self.cells)))
        self.above, self.cells = self.cells, []


@dataclass(slots=True)
class _Body:
    """The document's text as it is walked."""

    path: str
    tables: list[Table] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    open: list[_OpenTable] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    box: int = 0
    rows: int = 0
    deleted: int = 0


def read_word(given: Input) -> Document:
    """The tables of the body in order; nested tables come before the one around them."""
    package = Package(given)
    if _BODY not in package.names:
        raise InputError(f"not a text document: {_BODY} is missing", where=Where(given.path))
    body = _Body(given.path)
    for event, name, element in package.events(_BODY):
        _step(body, event, name, element)
    marks = [text for member in _around(package) for text in _paragraphs(package, member)]
    return Document(iter(body.tables), marks + body.boxes + body.first, body.lines)


def _around(package: Package) -> list[str]:
    return sorted(name for name in package.names if re.fullmatch(r"word/(?:header|footer)\d{1,3}\.xml", name))[:100]


def _paragraphs(package: Package, member: str) -> Iterator[str]:
    runs: list[str] = []
    for event, name, element in package.events(member):
        if event == "end" and name == "t":
            runs.append((element.text or "")[:MAX_CELL])
        elif event == "end" and name == "p":
            yield "".join(runs)[:MAX_CELL]
            runs.clear()


def _step(body: _Body, event: str, name: str, element: Element) -> None:
    if name in ("txbxContent", "del", "Fallback"):
        if name == "txbxContent":
            body.box += 1 if event == "start" else -1
        else:
            body.deleted += 1 if event == "start" else -1
    elif event == "start":
        if name == "tbl":
            if len(body.tables) + len(body.open) >= MAX_TABLES:
                raise LimitExceeded(f"more than {MAX_TABLES} tables", where=Where(body.path))
            body.open.append(_OpenTable())
    else:
        _end(body, name, element)


def _end(body: _Body, name: str, element: Element) -> None:
    table = body.open[-1] if body.open else None
    if name == "t" and not body.deleted:
        body.runs.append((element.text or "")[:MAX_CELL])
    elif name in ("tab", "br", "cr"):
        body.runs.append("\t" if name == "tab" else "\n")
    elif name == "p":
        _paragraph(body, "".join(body.runs)[:MAX_CELL])
        body.runs.clear()
    elif table is None:
        return
    elif name == "gridSpan":
        table.span = max(1, min(_MAX_SPAN, int(value) if (value := attribute(element, "val")).isdigit() else 1))
    elif name == "vMerge":
        table.continues = attribute(element, "val") != "restart"
    elif name == "tc":
        table.end_cell()
    elif name == "tr":
        body.rows += 1
        if body.rows > MAX_ROWS:
            raise LimitExceeded(f"more than {MAX_ROWS} rows", where=Where(body.path))
        table.end_row()
    elif name == "tbl":
        body.open.pop()
        if table.rows:
            body.tables.append(Table("", iter(table.rows)))


def _paragraph(body: _Body, text: str) -> None:
    if not text.strip():
        return
    if body.box:
        if len(body.boxes) < HEAD_LINES:
            body.boxes.append(text)
    elif body.open:
        body.open[-1].paragraphs.append(text)
        if len(body.first) < HEAD_LINES // 2:
            body.first.append(text)
    else:
        if len(body.first) < HEAD_LINES // 2:
            body.first.append(text)
        if len(body.lines) < MAX_LINES:
            body.lines.append(text)
