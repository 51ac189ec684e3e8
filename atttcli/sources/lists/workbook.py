"""XLSX: every sheet as a table, merged cells filled, formulas as inert text.

Read by our own parser over the bounded XML adapter and not by openpyxl: that one raises for a whole sheet over one bad
cell, pads rows and columns up to any number a crafted file names, and does not give merged cells in its read-only mode
(docs/decisions/0040).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from atttcli.errors import InputError, LimitExceeded, Where
from atttcli.source import Input, ReadProblem
from atttcli.sources.lists.moments import from_serial
from atttcli.sources.lists.ooxml import Package, attribute
from atttcli.sources.lists.tables import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_TABLES, Cell, Document, Row, Table
from atttcli.text.fold import nfc

_MAX_STRINGS: Final = 2_000_000
_MAX_MERGES: Final = 20_000
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_MERGE = re.compile(r'<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref="([A-Z0-9:]{1,40})"')
_PAGE_TEXT = re.compile(r"<(?:\w{1,20}:)?(?:odd|even|first)(?:Header|Footer)>([^<]{1,2000})<")
_FORMAT_CODE = re.compile(r'&(?:"[^"]*"|\d{1,3}|[BIUSEXY])')
_BUILTIN_DATES: Final = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_DATE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')


@dataclass(frozen=True, slots=True)
class _Book:
    package: Package
    path: str
    strings: list[str]
    dates: frozenset[int]  # style numbers that show a number as a date
    epoch_1904: bool


def read_workbook(given: Input) -> Document:
    """Sheets in the book's order. Page headers, where a mark may stand, come first in `marks`."""
    package = Package(given)
    if "xl/workbook.xml" not in package.names:
        raise InputError("not a workbook: xl/workbook.xml is missing", where=Where(given.path))
    sheets, epoch_1904 = _sheets(package, given.path)
    book = _Book(package, given.path, _strings(package, given.path), _date_styles(package), epoch_1904)
    tails = {member: _tail(package, member) for _, member in sheets}
    marks = [text for headers, _ in tails.values() for text in headers]
    marks += [text for name in _drawings(package) for text in package.texts(name, "t")]
    tables = (Table(name, _rows(book, member, tails[member][1])) for name, member in sheets)
    return Document(tables, marks)


def _sheets(package: Package, path: str) -> tuple[list[tuple[str, str]], bool]:
    """Names with their members, and whether days count from 1904."""
    targets: dict[str, str] = {}
    if "xl/_rels/workbook.xml.rels" in package.names:
        for event, name, element in package.events("xl/_rels/workbook.xml.rels"):
            if event == "end" and name == "Relationship":
                target = attribute(element, "Target").lstrip("/")
                targets[attribute(element, "Id")] = target if target.startswith("xl/") else f"xl/{target}"
    sheets: list[tuple[str, str]] = []
    epoch_1904 = False
    for event, name, element in package.events("xl/workbook.xml"):
        if event == "start" and name == "workbookPr":
            epoch_1904 = attribute(element, "date1904") in ("1", "true")
        elif event == "end" and name == "sheet":
            member = targets.get(_relation(element), "")
            if member in package.names:
                sheets.append((nfc(attribute(element, "name"))[:80], member))
    if len(sheets) > MAX_TABLES:
        raise LimitExceeded(f"more than {MAX_TABLES} sheets", where=Where(path))
    return sheets, epoch_1904


def _relation(element: Element) -> str:
    """`r:id`, whose namespace differs between the strict and the transitional form; `sheetId` is another thing."""
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}id")), "")


def _drawings(package: Package) -> list[str]:
    return sorted(name for name in package.names if re.fullmatch(r"xl/drawings/drawing\d{1,3}\.xml", name))[:50]


def _strings(package: Package, path: str) -> list[str]:
    """The shared strings; phonetic runs left out."""
    if "xl/sharedStrings.xml" not in package.names:
        return []
    strings: list[str] = []
    parts: list[str] = []
    phonetic = 0
    for event, name, element in package.events("xl/sharedStrings.xml"):
        if name == "rPh":
            phonetic += 1 if event == "start" else -1
        elif event == "end" and name == "t" and not phonetic:
            parts.append((element.text or "")[:MAX_CELL])
        elif event == "end" and name == "si":
            strings.append("".join(parts)[:MAX_CELL])
            parts.clear()
            if len(strings) > _MAX_STRINGS:
                raise LimitExceeded(f"more than {_MAX_STRINGS} different texts in a workbook", where=Where(path))
    return strings


def _date_styles(package: Package) -> frozenset[int]:
    if "xl/styles.xml" not in package.names:
        return frozenset()
    formats = set(_BUILTIN_DATES)
    dates: set[int] = set()
    inside, index = False, 0
    for event, name, element in package.events("xl/styles.xml"):
        if name == "cellXfs":
            inside = event == "start"
        elif event == "end" and name == "numFmt":
            if _is_date_format(attribute(element, "formatCode")[:200]):
                formats.add(_whole(attribute(element, "numFmtId")))
        elif event == "end" and name == "xf" and inside:
            if _whole(attribute(element, "numFmtId")) in formats:
                dates.add(index)
            index += 1
    return frozenset(dates)


def _is_date_format(code: str) -> bool:
    letters = _NOT_DATE.sub("", code.partition(";")[0]).lower()
    return bool(re.search(r"[dy]|h.*m|m.*s", letters)) and "general" not in letters


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _tail(package: Package, member: str) -> tuple[list[str], dict[tuple[int, int], tuple[int, int]]]:
    """What stands below a sheet's data: page headers, and per merged cell the place of its value."""
    text = package.tail(member, b"sheetData>").decode("utf-8", "replace")
    headers: list[str] = []
    for found in _PAGE_TEXT.finditer(text):
        plain = _FORMAT_CODE.sub("", html.unescape(found[1]))
        headers += re.split(r"&[LCR]", plain)
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    for found in _MERGE.finditer(text):
        _add_merge(found[1], merged)
    return headers, merged


def _add_merge(reference: str, merged: dict[tuple[int, int], tuple[int, int]]) -> None:
    first, _, last = reference.partition(":")
    start, end = _place(first), _place(last)
    if start is None or end is None:
        return
    columns = range(start[1], min(end[1], start[1] + MAX_COLUMNS) + 1)
    for row in range(start[0], min(end[0], start[0] + 1000) + 1):
        for column in columns:
            if len(merged) >= _MAX_MERGES:
                return
            if (row, column) != start:
                merged[row, column] = start


def _place(reference: str) -> tuple[int, int] | None:
    """Row from 1 and column from 0 of `B7`."""
    found = _REFERENCE.match(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column - 1


def _rows(book: _Book, member: str, merged: dict[tuple[int, int], tuple[int, int]]) -> Iterator[Row | ReadProblem]:
    kept: dict[tuple[int, int], Cell] = {}
    anchors = frozenset(merged.values())
    reader = _CellReader(book)
    number = column = count = 0
    cells: dict[int, Cell] = {}
    for event, name, element in book.package.events(member):
        if name == "row" and event == "start":
            stated = _whole(attribute(element, "r"))
            number, column, cells = (stated if stated > number else number + 1), -1, {}
            count += 1
            if count > MAX_ROWS:
                raise LimitExceeded(f"more than {MAX_ROWS} rows", where=Where(book.path, member=member))
        elif name == "c" and event == "start":
            reader.start()
        elif name in ("v", "f", "t") and event == "end":
            reader.part(name, element.text or "")
        elif name == "c":
            place = _place(attribute(element, "r"))
            column = place[1] if place else column + 1
            value = reader.value(element)
            if value != "" and 0 <= column < MAX_COLUMNS:
                cells[column] = value
                if (number, column) in anchors:
                    kept[number, column] = value
        elif name == "row":
            yield from (ReadProblem(number, reason) for reason in reader.problems)
            reader.problems.clear()
            _fill(cells, number, merged, kept)
            if cells:
                yield Row(number, tuple(cells.get(index, "") for index in range(max(cells) + 1)))


def _fill(
    cells: dict[int, Cell],
    number: int,
    merged: dict[tuple[int, int], tuple[int, int]],
    kept: dict[tuple[int, int], Cell],
) -> None:
    """Merged cells of this row take the value of their first one. A row with nothing else in it stays empty."""
    if not merged or not cells:
        return
    for column in range(max(cells) + 8):
        anchor = merged.get((number, column))
        if anchor is not None and column not in cells and anchor in kept:
            cells[column] = kept[anchor]


class _CellReader:
    """Cell elements to values; a broken one becomes an empty cell and a problem of its row."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self.problems: list[str] = []
        self._value = self._formula = self._inline = ""

    def start(self) -> None:
        """A new cell: forget the parts of the last one."""
        self._value = self._formula = self._inline = ""

    def part(self, name: str, text: str) -> None:
        """Value, formula or (a piece of the) inline text."""
        if name == "v":
            self._value = text[:MAX_CELL]
        elif name == "f":
            self._formula = text[:MAX_CELL]
        else:
            self._inline = (self._inline + text)[:MAX_CELL]

    def value(self, element: Element) -> Cell:
        """Text, number or time. A formula's stored result, or the formula itself as text: it is never worked out."""
        kind, raw = attribute(element, "t"), self._value
        if kind == "inlineStr":
            return self._inline
        if raw == "" and self._formula:
            return f"={self._formula}"
        if raw == "" or kind in ("e", "b"):
            return ""
        if kind == "s":
            index = _whole(raw)
            if 0 <= index < len(self._book.strings):
                return self._book.strings[index]
            return self._broken(element, f"no shared text number {raw[:20]!r}")
        return raw if kind in ("str", "d") else self._number(element, raw)

    def _number(self, element: Element, raw: str) -> Cell:
        try:
            number = float(raw) if len(raw) <= 40 else None
        except ValueError:
            number = None
        if number is None or number - number != 0:
            return self._broken(element, f"not a number: {raw[:40]!r}")
        if _whole(attribute(element, "s") or "0") in self._book.dates:
            return from_serial(number, self._book.epoch_1904) or number
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def _broken(self, element: Element, reason: str) -> str:
        if len(self.problems) < 20:
            self.problems.append(f"cell {attribute(element, 'r')[:12]}: {reason}")
        return ""
