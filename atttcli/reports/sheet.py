"""Tables of a paper as csv and xlsx, for offices that go on counting. No cell is a formula; same rows, same bytes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement

from atttcli.clock import from_micros
from atttcli.reports.inert import paper_lines
from atttcli.reports.ooxml import package, relationships, xml_bytes
from atttcli.reports.paper import Rows
from atttcli.text.spreadsheet import inert_cell

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DASH = "\u2013"
_CELL_LIMIT = 32_000  # characters that a spreadsheet takes in one cell
# A count, and the percentage that may stand behind a change.
_COUNT = re.compile(r"([+-]?(?:0|[1-9]\d{0,2}(?:([.,])\d{3})*|[1-9]\d{3,11}))(?: \([+-][\d.,]+%\))?\Z")
_PART = re.compile(r"\A([\d.,]{1,20})/([\d.,]{1,20})\Z")
_NAME = re.compile(r"[^A-Za-z0-9 _-]")
_TEXT, _HEAD, _NUMBER = "0", "1", "2"  # places of the looks in `_styles`
Tables = Sequence[tuple[str, Rows]]


def csv_of(tables: Tables, language: str = "vi") -> bytes:
    """All tables one after the other, each under a line with its name; UTF-8 with a mark, so that Excel reads the letters.

    Counts stand without separators; `5/8` is told in words, for a spreadsheet takes it for the eighth of May.
    """
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    for at, (name, table) in enumerate(tables):
        if at:
            writer.writerow([])
        writer.writerow([f"# {name}"])
        writer.writerow([_cell(column.title) for column in table.columns])
        counted = _counted(table)
        for row in table.rows:
            numbers = (_plain(value, language) if at in counted else None for at, value in enumerate(row))
            writer.writerow(
                [number or _cell(_of_all(value, language)) for number, value in zip(numbers, row, strict=True)]
            )
    return b"\xef\xbb\xbf" + held.getvalue().encode("utf-8")


def xlsx_of(tables: Tables, as_of: int, language: str = "vi") -> bytes:
    """A sheet a table. Texts are inline strings, counts are numbers that can be summed; there is no formula and no link."""
    named = [(f"{at}-{_NAME.sub('_', name)}"[:31], table) for at, (name, table) in enumerate(tables, 1)]
    book = {f"rId{at}": ("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(named) + 1)}
    book[f"rId{len(named) + 1}"] = ("styles", "styles.xml")
    top = {
        "rId1": ("officeDocument", "xl/workbook.xml"),
        "rId2": (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
    }
    parts = {
        "[Content_Types].xml": _types(len(named)),
        "_rels/.rels": relationships(top),
        "xl/workbook.xml": _workbook([name for name, _table in named]),
        "xl/_rels/workbook.xml.rels": relationships(book),
        "xl/styles.xml": _styles(),
        "docProps/core.xml": _core(as_of),
    }
    parts |= {f"xl/worksheets/sheet{at}.xml": _sheet(table, language) for at, (_name, table) in enumerate(named, 1)}
    return package(parts)


def _cell(value: str) -> str:
    """Inert text; the dash of an empty place is one that no spreadsheet computes."""
    return _DASH if value == "-" else inert_cell("; ".join(paper_lines(value, _CELL_LIMIT))[:_CELL_LIMIT])


def _counted(table: Rows) -> frozenset[int]:
    """Columns that hold counts: those that are not set flush left, as names are."""
    return frozenset(at for at, column in enumerate(table.columns) if column.align != "left")


def _plain(value: str, language: str) -> str | None:
    """A count without its separators (`4182` of `4.182`, `-12` of `-12 (-5%)`); None for anything else."""
    mark = "," if language == "en" else "."
    found = _COUNT.match(value) if len(value) < 40 else None
    if found is None or (found.group(2) and found.group(2) != mark):
        return None
    return found.group(1).replace(mark, "").removeprefix("+")


def _of_all(value: str, language: str) -> str:
    """`5 trên 8` of `5/8`."""
    return _PART.sub(r"\1 of \2" if language == "en" else r"\1 trên \2", value)


def _sheet(table: Rows, language: str) -> bytes:
    root = Element("worksheet", {"xmlns": _MAIN})
    SubElement(SubElement(root, "sheetPr"), "pageSetUpPr", {"fitToPage": "1"})
    view = SubElement(SubElement(root, "sheetViews"), "sheetView", {"workbookViewId": "0"})
    SubElement(view, "pane", {"ySplit": "1", "topLeftCell": "A2", "activePane": "bottomLeft", "state": "frozen"})
    columns = SubElement(root, "cols")
    for at, column in enumerate(table.columns, 1):
        width = str(max(column.share, 8))
        SubElement(columns, "col", {"min": str(at), "max": str(at), "width": width, "customWidth": "1"})
    data = SubElement(root, "sheetData")
    _row(data, 1, [column.title for column in table.columns], frozenset(), language)
    counted = _counted(table)
    for at, row in enumerate(table.rows, 2):
        _row(data, at, row, counted, language)
    SubElement(root, "pageSetup", {"paperSize": "9", "orientation": "landscape", "fitToWidth": "1", "fitToHeight": "0"})
    return xml_bytes(root)


def _row(data: Element, at: int, values: Iterable[str], counted: frozenset[int], language: str) -> None:
    line = SubElement(data, "row", {"r": str(at)})
    for place, value in enumerate(values):
        number = _plain(value, language) if place in counted else None
        if number is not None:
            cell = SubElement(line, "c", {"s": _NUMBER})
            SubElement(cell, "v").text = number
            continue
        cell = SubElement(line, "c", {"t": "inlineStr", "s": _HEAD if at == 1 else _TEXT})
        SubElement(SubElement(cell, "is"), "t", {"xml:space": "preserve"}).text = _cell(value)


def _styles() -> bytes:
    """Three looks: wrapped text, a bold head, a whole number with the reader's own separators."""
    root = Element("styleSheet", {"xmlns": _MAIN})
    fonts = SubElement(root, "fonts", {"count": "2"})
    for bold in (False, True):
        font = SubElement(fonts, "font")
        if bold:
            SubElement(font, "b")
        SubElement(font, "sz", {"val": "12"})
        SubElement(font, "name", {"val": "Times New Roman"})
    fills = SubElement(root, "fills", {"count": "2"})
    for pattern in ("none", "gray125"):
        SubElement(SubElement(fills, "fill"), "patternFill", {"patternType": pattern})
    border = SubElement(SubElement(root, "borders", {"count": "1"}), "border")
    for side in ("left", "right", "top", "bottom", "diagonal"):
        SubElement(border, side)
    none = {"numFmtId": "0", "fontId": "0", "fillId": "0", "borderId": "0"}
    SubElement(SubElement(root, "cellStyleXfs", {"count": "1"}), "xf", none)
    looks = SubElement(root, "cellXfs", {"count": "3"})
    for face, number, side in (("0", "0", "general"), ("1", "0", "center"), ("0", "3", "general")):
        look = {
            **none,
            "fontId": face,
            "numFmtId": number,
            "xfId": "0",
            "applyAlignment": "1",
            "applyNumberFormat": "1",
        }
        SubElement(SubElement(looks, "xf", look), "alignment", {"horizontal": side, "vertical": "top", "wrapText": "1"})
    return xml_bytes(root)


def _workbook(names: list[str]) -> bytes:
    root = Element("workbook", {"xmlns": _MAIN, "xmlns:r": _REL})
    sheets = SubElement(root, "sheets")
    for at, name in enumerate(names, 1):
        SubElement(sheets, "sheet", {"name": name, "sheetId": str(at), "r:id": f"rId{at}"})
    titles = SubElement(root, "definedNames") if names else root
    for at, name in enumerate(names):
        repeated = {"name": "_xlnm.Print_Titles", "localSheetId": str(at)}
        SubElement(titles, "definedName", repeated).text = f"'{name}'!$1:$1"  # the head stands on every printed page
    return xml_bytes(root)


def _types(count: int) -> bytes:
    root = Element("Types", {"xmlns": f"{_PACKAGE}/content-types"})
    SubElement(
        root,
        "Default",
        {"Extension": "rels", "ContentType": "application/vnd.openxmlformats-package.relationships+xml"},
    )
    SubElement(root, "Default", {"Extension": "xml", "ContentType": "application/xml"})
    parts = {"/xl/workbook.xml": f"{_KIND}.sheet.main+xml", "/xl/styles.xml": f"{_KIND}.styles+xml"}
    parts |= {f"/xl/worksheets/sheet{at}.xml": f"{_KIND}.worksheet+xml" for at in range(1, count + 1)}
    parts["/docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    for name, kind in parts.items():
        SubElement(root, "Override", {"PartName": name, "ContentType": kind})
    return xml_bytes(root)


def _core(as_of: int) -> bytes:
    names = {
        "xmlns:cp": f"{_PACKAGE}/metadata/core-properties",
        "xmlns:dcterms": "http://purl.org/dc/terms/",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    root = Element("cp:coreProperties", names)
    stamp = from_micros(as_of).strftime("%Y-%m-%dT%H:%M:%SZ")
    SubElement(root, "dcterms:created", {"xsi:type": "dcterms:W3CDTF"}).text = stamp
    return xml_bytes(root)
