"""Bar charts in DOCX: a table of shaded cells, so that Word draws them sharp and prints them, and no picture is needed."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from atttcli.reports.ooxml import element, paragraph, run
from atttcli.reports.outline import Chart

UNITS = 40  # grid columns of the longest bar
_COLOR, _BEFORE = "4472A8", "B8C4D6"


def chart_table(chart: Chart, width: int) -> Element:
    """Each bar is a row: label, shaded cell, value; last period's stands lighter below it."""
    label, value = width * 34 // 100, width * 10 // 100
    unit = (width - label - value) // UNITS
    widths = (label, *([unit] * UNITS), width - label - unit * UNITS)
    made = element(
        "w:tbl",
        element(
            "w:tblPr",
            element("w:tblStyle", val="Layout"),
            element("w:tblW", w=width, type="dxa"),
            element("w:tblInd", w=0, type="dxa"),
            element("w:tblLayout", type="fixed"),
        ),
        element("w:tblGrid", *(element("w:gridCol", w=one) for one in widths)),
    )
    most = max((max(now, before or 0) for _label, now, before in chart.bars), default=0) or 1
    for name, now, before in chart.bars:
        made.append(_row(name, now, most, widths, _COLOR))
        if before is not None:
            made.append(_row("", before, most, widths, _BEFORE))
    return made


def _row(name: str, value: int, most: int, widths: tuple[int, ...], color: str) -> Element:
    length = round(value * UNITS / most) if value else 0
    length = max(length, 1) if value else 0
    unit = widths[1]
    line = element("w:tr", element("w:trPr", element("w:cantSplit")))
    line.append(_cell(widths[0], 1, name, ""))
    if length:
        line.append(_cell(unit * length, length, "", color))
    if length < UNITS:
        line.append(_cell(unit * (UNITS - length), UNITS - length, "", ""))
    line.append(_cell(widths[-1], 1, str(value), ""))
    return line


def _cell(width: int, span: int, text: str, color: str) -> Element:
    shape = element(
        "w:tcPr",
        element("w:tcW", w=width, type="dxa"),
        element("w:gridSpan", val=span) if span > 1 else None,
        element("w:shd", val="clear", color="auto", fill=color) if color else None,
    )
    return element("w:tc", shape, paragraph("TableText", run(text)))
