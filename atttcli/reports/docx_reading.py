"""Reads from a DOCX what a layout checker needs: lines with their effective face, sections, tables. Bounded, no code run."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from atttcli.errors import InputError
from atttcli.limits import MIB, Budget, Limits, read_bounded
from atttcli.reports.font_gate import docx_fonts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_LISTS = ("word/fontTable", "word/theme", "word/numbering", "word/webSettings")  # what Word lists, used or not
_UNFINISHED = (
    ("ins", "tracked insertion"),
    ("del", "tracked deletion"),
    ("moveFrom", "tracked move"),
    ("commentReference", "comment"),
    ("commentRangeStart", "comment"),
)
_MAX_DEPTH = 8  # of content controls in one another
_LIMITS = Limits(total_bytes=128 * MIB, member_bytes=64 * MIB, members=500)


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph as it is seen. Sizes in points, distances in twips; `cell` numbers its table cell (0: none)."""

    text: str
    size: float
    bold: bool
    italic: bool
    align: str
    first_line: int
    after: int
    line: int
    rule: bool
    index: int = -1
    cell: int = 0
    row: int = 0
    sizes: tuple[float, ...] = ()  # of every run that has text, each once
    colours: tuple[str, ...] = ()  # that are not black
    framed: bool = False  # a stamp: a draft, an urgency, an exercise


@dataclass(frozen=True, slots=True)
class Section:
    """Page set-up of one section, in twips."""

    width: int
    height: int
    landscape: bool
    margins: Mapping[str, int]
    first_page_differs: bool
    restarts: bool
    page_number: Line | None
    number_on_first: bool


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table of data: its width, the room it has, whether it has a header row (all bold) and repeats it."""

    width: int
    room: int
    heading: bool
    repeats: bool


@dataclass(slots=True)
class Paper:
    """A document in reading order. `body` are the lines outside tables and before the signature."""

    language: str
    lines: list[Line] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    tables: list[TableShape] = field(default_factory=list)
    fonts: set[str] = field(default_factory=set)
    active: list[str] = field(default_factory=list)
    head_table: tuple[int, ...] = ()
    first_section: int = 0  # number of lines that belong to the paper before its annexes

    @property
    def body(self) -> list[Line]:
        """Lines outside tables, before the first annex."""
        return [line for line in self.lines[: self.first_section] if not line.cell]

    @property
    def head_left(self) -> list[Line]:
        """Lines of the head's first cell."""
        return [line for line in self.lines if line.cell == 1]

    def find(self, text: str) -> Line | None:
        """The first line with exactly this text."""
        return next((line for line in self.lines if line.text == text), None)

    def find_start(self, text: str) -> Line | None:
        """The first line that begins with this text."""
        return next((line for line in self.lines if line.text.startswith(text)), None)

    def after(self, line: Line) -> Line:
        """The next line, or the same at the end."""
        return self.lines[min(line.index + 1, len(self.lines) - 1)]

    def beside(self, line: Line) -> list[Line]:
        """Lines of the other cells in the same table row."""
        return [other for other in self.lines if other.row == line.row and other.cell != line.cell]


def read_paper(data: bytes) -> Paper:
    """Read a DOCX held in memory. Raises InputError when it is none, or larger than allowed."""
    parts = word_parts(data)
    styles = _Styles(_xml(parts, "word/styles.xml"))
    body = _xml(parts, "word/document.xml").find(f"{_W}body")
    if body is None:
        raise InputError("not a Word document: no body")
    paper = Paper(language=_language(parts))
    paper.fonts |= _named_fonts(parts)
    paper.active += _active(parts)
    _Walk(paper, styles, parts).walk(body)
    return paper


class _Styles:
    """Resolves a paragraph's effective properties: defaults, style chain, then its own."""

    def __init__(self, root: Element) -> None:
        self._styles = {style.get(f"{_W}styleId", ""): style for style in root.iter(f"{_W}style")}
        self._defaults = root.find(f"{_W}docDefaults")
        self._default_id = next(
            (
                name
                for name, style in self._styles.items()
                if style.get(f"{_W}type") == "paragraph" and style.get(f"{_W}default") == "1"
            ),
            "",
        )
        self._known: dict[str, dict[str, str]] = {}

    def of(self, name: str) -> dict[str, str]:
        """Properties of a style with all that it is based on, at most 20 steps."""
        name = name or self._default_id
        if name not in self._known:
            found: dict[str, str] = {}
            if self._defaults is not None:
                found.update(_properties(self._defaults))
            for style in reversed(list(self._chain(name))):
                found.update(_properties(style))
            self._known[name] = found
        return self._known[name]

    def _chain(self, name: str) -> Iterator[Element]:
        for _step in range(20):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            based = style.find(f"{_W}basedOn")
            name = "" if based is None else based.get(f"{_W}val", "")


class _Walk:
    """One pass over the body in reading order, counting cells and rows."""

    def __init__(self, paper: Paper, styles: _Styles, parts: Mapping[str, bytes]) -> None:
        self._paper, self._styles, self._parts = paper, styles, parts
        self._cells = self._rows = 0
        self._targets = _targets(parts)
        self._waiting: list[TableShape] = []

    def walk(self, body: Element, depth: int = 0) -> None:
        """Lines, tables and sections of the document; what stands in a content control is as visible as the rest."""
        for child in body:
            if child.tag == f"{_W}sdt" and depth < _MAX_DEPTH:
                for held in child.iterfind(f"{_W}sdtContent"):
                    self.walk(held, depth + 1)
            elif child.tag == f"{_W}p":
                self._line(child)
                for found in child.iterfind(f"{_W}pPr/{_W}sectPr"):
                    self._section(found)
            elif child.tag == f"{_W}tbl":
                self._table(child)
            elif child.tag == f"{_W}sectPr":
                self._section(child)

    def _line(self, node: Element, cell: int = 0, row: int = 0) -> None:
        self._paper.lines.append(_line(node, self._styles, len(self._paper.lines), cell, row))

    def _table(self, table: Element) -> None:
        start = len(self._paper.lines)
        for row in table.iterfind(f"{_W}tr"):
            self._rows += 1
            for cell in row.iterfind(f"{_W}tc"):
                self._cells += 1
                for node in cell.iterfind(f"{_W}p"):
                    self._line(node, self._cells, self._rows)
        widths = tuple(_number(column.get(f"{_W}w")) for column in table.iterfind(f"{_W}tblGrid/{_W}gridCol"))
        if not self._paper.head_table and len(widths) == 2:
            self._paper.head_table = widths
        top = [line for line in self._paper.lines[start:] if line.row == self._paper.lines[start].row]
        if len(table.findall(f"{_W}tr")) > 1 and start > 0:  # not the head; the signature has one row
            repeats = table.find(f"{_W}tr/{_W}trPr/{_W}tblHeader") is not None
            self._waiting.append(TableShape(sum(widths), 0, all(line.bold for line in top), repeats))

    def _section(self, node: Element) -> None:
        section = _section(node, self._targets, self._parts, self._styles)
        paper = self._paper
        paper.first_section = paper.first_section or len(paper.lines)
        room = section.width - section.margins["left"] - section.margins["right"]
        paper.tables += [replace(table, room=room) for table in self._waiting]
        self._waiting.clear()
        paper.sections.append(section)


def _section(node: Element, targets: Mapping[str, str], parts: Mapping[str, bytes], styles: _Styles) -> Section:
    size, margin = node.find(f"{_W}pgSz"), node.find(f"{_W}pgMar")
    if size is None or margin is None:
        raise InputError("a section without page size or margins")
    heads = {
        head.get(f"{_W}type", "default"): targets.get(head.get(f"{_R}id", ""), "")
        for head in node.iterfind(f"{_W}headerReference")
    }
    number = _page_number(heads.get("default", ""), parts, styles)
    restart = node.find(f"{_W}pgNumType")
    return Section(
        width=_number(size.get(f"{_W}w")),
        height=_number(size.get(f"{_W}h")),
        landscape=size.get(f"{_W}orient") == "landscape",
        margins={side: _number(margin.get(f"{_W}{side}")) for side in ("top", "bottom", "left", "right")},
        first_page_differs=node.find(f"{_W}titlePg") is not None,
        restarts=restart is not None and restart.get(f"{_W}start") == "1",
        page_number=number,
        number_on_first=_page_number(heads.get("first", ""), parts, styles) is not None,
    )


def _page_number(part: str, parts: Mapping[str, bytes], styles: _Styles) -> Line | None:
    if part not in parts:
        return None
    for node in _xml(parts, part).iter(f"{_W}p"):
        codes = [found.get(f"{_W}instr", "") for found in node.iter(f"{_W}fldSimple")]
        codes += [found.text or "" for found in node.iter(f"{_W}instrText")]
        if any(code.split()[:1] == ["PAGE"] for code in codes):
            return _line(node, styles, -1, 0, 0)
    return None


def _line(node: Element, styles: _Styles, index: int, cell: int, row: int) -> Line:
    own = node.find(f"{_W}pPr")
    named = None if own is None else own.find(f"{_W}pStyle")
    found = dict(styles.of("" if named is None else named.get(f"{_W}val", "")))
    if own is not None:
        found.update(_properties(own, runs=False))
    first = next((run for run in node.iter(f"{_W}r") if run.find(f"{_W}t") is not None), None)
    if first is not None:
        found.update(_properties(first))
    sizes, colours = _seen(node, found)
    return Line(
        sizes=sizes,
        colours=colours,
        framed=found.get("framed") == "1",
        text="".join(piece.text or "" for piece in node.iter(f"{_W}t")),
        size=_number(found.get("sz"), 20) / 2,
        bold=found.get("b") == "1",
        italic=found.get("i") == "1",
        align=found.get("jc", "left"),
        first_line=_number(found.get("firstLine")),
        after=_number(found.get("after")),
        line=_number(found.get("line"), 240),
        rule=found.get("rule") == "1",
        index=index,
        cell=cell,
        row=row,
    )


def _seen(node: Element, of_line: Mapping[str, str]) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Sizes and colours of all runs that show text, not of the first alone."""
    sizes: dict[float, None] = {}
    colours: dict[str, None] = {}
    for run in node.iter(f"{_W}r"):
        if not any((piece.text or "").strip() for piece in run.iterfind(f"{_W}t")):
            continue
        own = run.find(f"{_W}rPr")
        found = of_line if own is None else {**of_line, **_properties(own)}
        sizes[_number(found.get("sz"), 20) / 2] = None
        colour = found.get("color", "auto").lower()
        if colour not in ("auto", "000000"):
            colours[colour] = None
    return tuple(sizes), tuple(colours)


def _properties(node: Element, *, runs: bool = True) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in node.iter():
        tag = part.tag.removeprefix(_W)
        if tag in ("b", "i") and runs:
            found[tag] = "0" if part.get(f"{_W}val") in ("0", "false", "none") else "1"
        elif (tag in ("sz", "color") and runs) or tag == "jc":
            found[tag] = part.get(f"{_W}val", "")
        elif tag == "ind":
            indent = part.get(f"{_W}firstLine") or ("0" if part.get(f"{_W}hanging") else None)
            found.update({"firstLine": indent} if indent else {})
        elif tag == "spacing":
            found.update({name: part.get(f"{_W}{name}", "") for name in ("after", "line") if part.get(f"{_W}{name}")})
        elif tag == "pBdr":
            found["rule"], found["framed"] = ("1", "0") if len(part) == 1 else ("0", "1" if len(part) == 4 else "0")
    return found


def _named_fonts(parts: Mapping[str, bytes]) -> set[str]:
    """Fonts that any part names: heads, feet and notes too, and a theme's where styles point to it."""
    found = set()
    for name in sorted(parts):
        if name.startswith("word/") and name.endswith(".xml") and not name.startswith(_LISTS):
            found |= docx_fonts(_xml(parts, name))
    return found


def _active(parts: Mapping[str, bytes]) -> list[str]:
    """What makes a document more than text: macros, embedded objects, outside links, fields other than the page number."""
    found = [
        f"part {name}"
        for name in parts
        if "vba" in name.lower() or "embed" in name.lower() or "activex" in name.lower()
    ]
    for name in sorted(parts):
        if name.endswith(".rels"):
            found += [
                f"link to {r.get('Target', '')[:60]}" for r in _xml(parts, name) if r.get("TargetMode") == "External"
            ]
        elif name.startswith("word/") and name.endswith(".xml"):
            root = _xml(parts, name)
            codes = [field.get(f"{_W}instr", "") for field in root.iter(f"{_W}fldSimple")]
            codes += [field.text or "" for field in root.iter(f"{_W}instrText")]
            found += [f"field {code.strip()[:40]}" for code in codes if code.split() not in ([], ["PAGE"])]
            found += [f"{what} in {name}" for tag, what in _UNFINISHED if root.find(f".//{_W}{tag}") is not None]
    return found


def _targets(parts: Mapping[str, bytes]) -> dict[str, str]:
    root = _xml(parts, "word/_rels/document.xml.rels")
    return {node.get("Id", ""): "word/" + node.get("Target", "") for node in root}


def _language(parts: Mapping[str, bytes]) -> str:
    for node in _xml(parts, "docProps/core.xml").iter("{http://purl.org/dc/elements/1.1/}language"):
        if node.text == "en":
            return "en"
    return "vi"


def _number(text: str | None, default: int = 0) -> int:
    return int(text) if text and text.lstrip("-").isdecimal() and len(text) < 10 else default


def _xml(parts: Mapping[str, bytes], name: str) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    if name not in parts:
        raise InputError(f"not a Word document: no {name}")
    try:
        root: Element = ElementTree.fromstring(parts[name])
    except (ParseError, DefusedXmlException) as error:
        raise InputError(f"{name} cannot be read: {error}") from error
    return root


def word_parts(data: bytes) -> dict[str, bytes]:
    """The parts of a Word file by name, within bounds; InputError when it is none, or a decompression bomb."""
    budget = Budget(_LIMITS)
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                budget.spend_member()
                with archive.open(entry) as stream:
                    parts[entry.filename] = read_bounded(stream, _LIMITS.member_bytes)  # type: ignore[arg-type]
                budget.spend_bytes(len(parts[entry.filename]))
                budget.check_ratio(entry.compress_size, len(parts[entry.filename]))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        raise InputError("not a Word document, or a damaged one") from error
    return parts
