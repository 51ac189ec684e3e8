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
_CELL_LIMIT = 32_000  # characters that a spreadsheet takes in one cell
_NAME = re.compile(r"[^A-Za-z0-9 _-]")
Tables = Sequence[tuple[str, Rows]]


def csv_of(tables: Tables) -> bytes:
    """All tables one after the other, each under a line with its name; UTF-8 with a mark, so that Excel reads the letters."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    for at, (name, table) in enumerate(tables):
        if at:
            writer.writerow([])
        writer.writerow([f"# {name}"])
        writer.writerow([_cell(column.title) for column in table.columns])
        writer.writerows([_cell(value) for value in row] for row in table.rows)
    return b"\xef\xbb\xbf" + held.getvalue().encode("utf-8")


def xlsx_of(tables: Tables, as_of: int) -> bytes:
    """A sheet a table. Texts are inline strings, plain whole numbers are numbers; there is no formula and no link."""
    named = [(f"{at}-{_NAME.sub('_', name)}"[:31], table) for at, (name, table) in enumerate(tables, 1)]
    book = {f"rId{at}": ("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(named) + 1)}
    top = {
        "rId1": ("officeDocument", "xl/workbook.xml"),
        "rId2": (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
    }
    parts = {
        "[Content_Types].xml": _types(len(named)),
        "_rels/.rels": relationships(top),
        "xl/workbook.xml": _workbook([name for name, _table in named]),
        "xl/_rels/workbook.xml.rels": relationships(book),
        "docProps/core.xml": _core(as_of),
    }
    parts |= {f"xl/worksheets/sheet{at}.xml": _sheet(table) for at, (_name, table) in enumerate(named, 1)}
    return package(parts)


def _cell(value: str) -> str:
    return inert_cell("; ".join(paper_lines(value, _CELL_LIMIT))[:_CELL_LIMIT])


def _sheet(table: Rows) -> bytes:
    root = Element("worksheet", {"xmlns": _MAIN})
    columns = SubElement(root, "cols")
    for at, column in enumerate(table.columns, 1):
        width = str(max(column.share, 8))
        SubElement(columns, "col", {"min": str(at), "max": str(at), "width": width, "customWidth": "1"})
    data = SubElement(root, "sheetData")
    _row(data, 1, [column.title for column in table.columns])
    for at, row in enumerate(table.rows, 2):
        _row(data, at, row)
    return xml_bytes(root)


def _row(data: Element, at: int, values: Iterable[str]) -> None:
    line = SubElement(data, "row", {"r": str(at)})
    for value in values:
        if value.isascii() and value.isdigit() and len(value) < 12 and not (len(value) > 1 and value[0] == "0"):
            cell = SubElement(line, "c")
            SubElement(cell, "v").text = value
            continue
        cell = SubElement(line, "c", {"t": "inlineStr"})
        SubElement(SubElement(cell, "is"), "t", {"xml:space": "preserve"}).text = _cell(value)


def _workbook(names: list[str]) -> bytes:
    root = Element("workbook", {"xmlns": _MAIN, "xmlns:r": _REL})
    sheets = SubElement(root, "sheets")
    for at, name in enumerate(names, 1):
        SubElement(sheets, "sheet", {"name": name, "sheetId": str(at), "r:id": f"rId{at}"})
    return xml_bytes(root)


def _types(count: int) -> bytes:
    root = Element("Types", {"xmlns": f"{_PACKAGE}/content-types"})
    SubElement(
        root,
        "Default",
        {"Extension": "rels", "ContentType": "application/vnd.openxmlformats-package.relationships+xml"},
    )
    SubElement(root, "Default", {"Extension": "xml", "ContentType": "application/xml"})
    parts = {"/xl/workbook.xml": f"{_KIND}.sheet.main+xml"}
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
