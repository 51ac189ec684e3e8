"""Charts in DOCX: tables of shaded cells, sharp on screen and paper, editable in Word, with no picture and no other part.

The same layout as drawn elsewhere (`reports.charts`), on the grid of a table: Word takes 63 columns at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal
from xml.etree.ElementTree import Element

from atttcli.reports.charts.bars import BEFORE, NOW, bar_rows_of, longest
from atttcli.reports.charts.heat import HEAD_SIZE, SIZE, HeatCell, heat_grid
from atttcli.reports.charts.lanes import MARKS, UNITS, LaneGrid, Row, Segment, lane_grid
from atttcli.reports.charts.times import COLORS, FILLS
from atttcli.reports.charts.words import count_text, words_of
from atttcli.reports.faces import width_of
from atttcli.reports.ooxml import element, paragraph, run
from atttcli.reports.outline import Chart, HeatChart, TimeChart

BAR_UNITS = 50  # grid columns of the longest bar
_ROW = 270  # twips of a timeline's row
_LINE, LATE = "8C8C8C", "#fbeae0"  # between lanes; how long a term was overrun

Side = Literal["left", "center", "right"]


def chart_tables(chart: Chart | HeatChart | TimeChart, width: int) -> Iterator[Element]:
    """The tables, and paragraphs between them, that draw a chart on a text width in twips."""
    match chart:
        case Chart():
            yield from _bars(chart, width)
        case HeatChart():
            yield from _heat(chart, width)
        case TimeChart():
            yield from _times(chart, width)


def _table(widths: tuple[int, ...]) -> Element:
    shape = element(
        "w:tblPr",
        element("w:tblStyle", val="Layout"),
        element("w:tblW", w=sum(widths), type="dxa"),
        element("w:tblInd", w=0, type="dxa"),
        element("w:tblLayout", type="fixed"),
    )
    return element("w:tbl", shape, element("w:tblGrid", *(element("w:gridCol", w=one) for one in widths)))


def _line(height: int = 0, *, exact: bool = False, head: bool = False) -> Element:
    tall = element("w:trHeight", val=height, hRule="exact" if exact else "atLeast") if height else None
    return element("w:tr", element("w:trPr", element("w:cantSplit"), tall, element("w:tblHeader") if head else None))


def _cell(
    width: int,
    texts: tuple[str, ...] = (),
    *,
    span: int = 1,
    fill: str = "",
    ink: str = "",
    side: Side = "left",
    bold: bool = False,
    keep: bool = True,
    shape: tuple[Element, ...] = (),
    border: Element | None = None,
    pattern: str = "clear",
) -> Element:
    """A cell; `shape` are further properties in schema order (after the shading: noWrap, textDirection, vAlign)."""
    shade = element("w:shd", val=pattern, color="ABABAB" if pattern != "clear" else "auto", fill=fill.lstrip("#"))
    merge = [one for one in shape if one.tag == "w:vMerge"]
    properties = element(
        "w:tcPr",
        element("w:tcW", w=width, type="dxa"),
        element("w:gridSpan", val=span) if span > 1 else None,
        *merge,
        border,
        shade if fill else None,
        *(one for one in shape if one.tag != "w:vMerge"),
    )
    held = []
    for text in texts or ("",):
        said = [_face(run(text), bold, ink)] if text else []
        held.append(
            paragraph(
                "ChartText",
                *said,
                keep=element("w:keepNext") if keep else None,
                jc=element("w:jc", val=side) if side != "left" else None,
            )
        )
    return element("w:tc", properties, *held)


def _face(made: Element, bold: bool, ink: str) -> Element:
    if bold or ink:
        face = element(
            "w:rPr",
            element("w:b") if bold else None,
            element("w:color", val=ink.lstrip("#")) if ink else None,
        )
        made.insert(0, face)
    return made


def _middle() -> Element:
    return element("w:vAlign", val="center")


def _bars(chart: Chart, width: int) -> Iterator[Element]:
    """Each bar is a shaded cell beside its label, with last period's lighter below it; the label spans them."""
    rows = bar_rows_of(chart, width / 20)
    most, language = longest(rows), chart.language
    label = width * 34 // 100
    value = max(width * 10 // 100, 110 * len(count_text(most, language)))
    unit = (width - label - value) // BAR_UNITS
    widths = (width - value - unit * BAR_UNITS, *([unit] * BAR_UNITS), value)
    made = _table(widths)
    for row in rows:
        bars = [_bar(row.now, most, widths, NOW, language)]
        if row.before is not None:
            bars.append(_bar(row.before, most, widths, BEFORE, language))
        elif len(row.lines) > 1:  # a label of two lines would make one bar as thick as itself
            bars = [_beside(widths, 110), *bars, _beside(widths, 110)]
        for place, line in enumerate(bars):
            merge = element("w:vMerge", val="restart") if not place else element("w:vMerge")
            shape = (merge, _middle()) if len(bars) > 1 else (_middle(),)
            texts = tuple(f"{one} " for one in row.lines) if not place else ()
            line.insert(1, _cell(widths[0], texts, side="right", shape=shape))
            made.append(line)
        made.append(_air(width, len(widths)))
    yield made
    if any(row.before is not None for row in rows):
        say = words_of(language)
        yield paragraph("Gap", keep=element("w:keepNext"))  # two tables without anything between would be one
        yield _legend(((NOW, say["now"]), (BEFORE, say["before"])), widths[0], width)


def _bar(value: int, most: int, widths: tuple[int, ...], fill: str, language: str) -> Element:
    long = max(round(value * BAR_UNITS / most), 1) if value else 0
    unit = widths[1]
    line = _line(230 if fill == NOW else 190)
    if long:
        line.append(_cell(unit * long, span=long, fill=fill))
    rest = unit * (BAR_UNITS - long) + widths[-1]
    line.append(_cell(rest, (" " + count_text(value, language),), span=BAR_UNITS - long + 1, shape=(_middle(),)))
    return line


def _beside(widths: tuple[int, ...], tall: int) -> Element:
    line = _line(tall, exact=True)
    line.append(_cell(sum(widths[1:]), span=len(widths) - 1))
    return line


def _air(width: int, span: int) -> Element:
    line = _line(100, exact=True)
    line.append(_cell(width, span=span))
    return line


def _legend(swatches: tuple[tuple[str, str], ...], indent: int, width: int) -> Element:
    """A row of colours with their words."""
    room = min((width - indent) // max(len(swatches), 1), 1_500)
    widths = [indent]
    for _one in swatches:
        widths += [280, room - 280]
    made, line = _table(tuple(widths)), _line()
    line.append(_cell(indent, keep=False))
    for fill, text in swatches:
        line.append(_cell(280, fill=fill, keep=False))
        line.append(_cell(room - 280, (f" {text}",), keep=False))
    made.append(line)
    return made


def _heat(chart: HeatChart, width: int) -> Iterator[Element]:
    """The grid with its numbers; headings stand upright where they are too long to lie."""
    grid = heat_grid(chart, width / 20)
    column = int(grid.column_width * 20)
    widths = (int(grid.label_width * 20), *([column] * len(grid.heads)))
    made = _table(widths)
    head = _line(
        max((_tall(line) for lines in grid.heads for line in lines), default=0) if grid.upright else 0, head=True
    )
    head.append(_cell(widths[0], grid.corner, bold=True, shape=(element("w:vAlign", val="bottom"),)))
    for lines in grid.heads:
        turned = (
            (element("w:textDirection", val="btLr"), _middle())
            if grid.upright
            else (element("w:vAlign", val="bottom"),)
        )
        head.append(_cell(column, lines, bold=True, side="left" if grid.upright else "center", shape=turned))
    made.append(head)
    for lines, cells in grid.rows:
        line = _line(290)
        line.append(_cell(widths[0], lines, bold=bool(cells and cells[0].bold), shape=(_middle(),)))
        line.extend([_heat_cell(column, cell, keep=True) for cell in cells])
        made.append(line)
    if grid.note:
        made.append(_note(grid.note, sum(widths), len(widths)))
    yield made
    yield paragraph("Gap", keep=element("w:keepNext"))
    yield _heat_legend(grid.scale, grid.legend, width)


def _tall(text: str) -> int:
    """How high a heading that stands upright is."""
    return int(width_of(text, HEAD_SIZE, bold=True) * 20) + 200


def _heat_cell(width: int, cell: HeatCell, *, keep: bool) -> Element:
    return _cell(
        width,
        (cell.text,),
        fill=cell.fill,
        ink=cell.ink,
        side="center",
        bold=cell.bold,
        keep=keep,
        shape=(_middle(),),
        border=_borders(cell),
        pattern="thinDiagStripe" if cell.hatched else "clear",
    )


def _borders(cell: HeatCell) -> Element:
    color = "CCCCCC" if cell.fill == "#ffffff" else "FFFFFF"
    sides = ("top", "left", "bottom", "right")
    return element("w:tcBorders", *(element(f"w:{side}", val="single", sz=4, space=0, color=color) for side in sides))


def _heat_legend(scale: str, legend: tuple[tuple[HeatCell, str], ...], width: int) -> Element:
    """The scale: a swatch and its numbers for each step."""
    first = 1_250
    rooms = [int(width_of(text, SIZE) * 20) + 260 for _swatch, text in legend]
    each = len(legend)
    if first + sum(rooms) + 400 * each > width:  # long numbers: three to a row
        each, rooms = 3, [(width - first) // 3 - 400] * len(legend)
    made = _table((first, *(one for room in rooms[:each] for one in (400, room))))
    for start in range(0, len(legend), each):
        line = _line(240)
        line.append(_cell(first, () if start else (scale,), keep=False))
        shown = legend[start : start + each]
        for (cell, text), room in zip(shown, rooms, strict=False):
            bare = HeatCell("–" if cell.hatched else "", cell.fill, cell.ink, cell.hatched)
            line.append(_heat_cell(400, bare, keep=False))
            line.append(_cell(room, (f" {text}",), keep=False, shape=(element("w:noWrap"), _middle())))
        line.extend([_cell(one, keep=False) for room in rooms[len(shown) : each] for one in (400, room)])
        made.append(line)
    return made


def _times(chart: TimeChart, width: int) -> Iterator[Element]:
    """Lanes over the axis; a tick is a line at the left of its column, a mark a sign, a span a shaded cell."""
    grid = lane_grid(chart, width / 20)
    unit = int(grid.unit * 20)
    widths = (width - unit * UNITS, *([unit] * UNITS))
    made = _table(widths)
    ticks = frozenset(one.column for one in grid.ticks)
    for lane in grid.lanes:
        two = len(lane.rows) == 1 and len(lane.name) > 1
        for place, row in enumerate(lane.rows):
            line = _line(480 if two else _ROW, exact=True)
            merge = element("w:vMerge", val="restart") if not place else element("w:vMerge")
            top = (
                element("w:tcBorders", element("w:top", val="single", sz=4, space=0, color=_LINE))
                if not place
                else None
            )
            line.append(_cell(widths[0], lane.name if not place else (), bold=True, shape=(merge,), border=top))
            line.extend(_row(row, ticks, unit, first=not place))
            made.append(line)
    made.append(_tick_row(grid, widths))
    made.append(_note(_told(grid, chart.language), width, UNITS + 1))
    yield made


def _note(text: str, width: int, span: int) -> Element:
    """A remark below a chart, in its table: it is no text of the paper."""
    line = _line()
    line.append(_cell(width, (text,), span=span, keep=False))
    return line


def _row(row: Row, ticks: frozenset[int], unit: int, *, first: bool) -> Iterator[Element]:
    column = 0
    for one in row.segments:
        yield from _blank(column, one.start, ticks, unit, first=first)
        yield _segment(one, unit, one.start in ticks, first=first)
        column = one.end
    yield from _blank(column, UNITS, ticks, unit, first=first)


def _blank(start: int, end: int, ticks: frozenset[int], unit: int, *, first: bool) -> Iterator[Element]:
    """Empty columns, parted where a tick's line runs through."""
    cuts = [start, *sorted(one for one in ticks if start < one < end), end]
    for left, right in pairwise(cuts):
        if right > left:
            edge = _edges(left in ticks, first)
            yield _cell(unit * (right - left), span=right - left, border=edge)


def _edges(tick: bool, first: bool) -> Element | None:
    """The line of a tick at the left, that between lanes at the top."""
    if not (tick or first):
        return None
    return element(
        "w:tcBorders",
        element("w:top", val="single", sz=4, space=0, color=_LINE) if first else None,
        element("w:left", val="single", sz=4, space=0, color="D9D9D9") if tick else None,
    )


def _segment(one: Segment, unit: int, tick: bool, *, first: bool) -> Element:
    wide, whole = unit * (one.end - one.start), (element("w:noWrap"), _middle())
    if one.kind == "label":
        side: Side = "right" if one.right else "left"
        return _cell(wide, (_aired(one),), span=one.end - one.start, side=side, shape=whole, border=_edges(tick, first))
    if one.kind == "bar":
        return _cell(
            wide, (_aired(one),) if one.text else (), span=one.end - one.start, fill=FILLS[one.state], shape=whole,
            border=_frame(COLORS[one.state]),
        )  # fmt: skip
    if one.kind == "over":
        return _cell(wide, span=one.end - one.start, fill=LATE, border=_edges(tick, first))
    return _cell(wide, (MARKS[one.kind],), ink=COLORS[one.kind], side="center", shape=whole, border=_edges(tick, first))


def _aired(one: Segment) -> str:
    """The text a little away from its mark or edge."""
    return f"{one.text} " if one.right else f" {one.text}"


def _frame(color: str) -> Element:
    sides = ("top", "left", "bottom", "right")
    return element(
        "w:tcBorders", *(element(f"w:{side}", val="single", sz=4, space=0, color=color.lstrip("#")) for side in sides)
    )


def _tick_row(grid: LaneGrid, widths: tuple[int, ...]) -> Element:
    line, unit = _line(_ROW, exact=True), widths[1]
    line.append(_cell(widths[0]))
    column = 0
    for one in grid.ticks:
        if one.start > column:
            line.append(_cell(unit * (one.start - column), span=one.start - column, border=_over()))
        side: Side = "right" if one.right else "left"
        shape, span = (element("w:noWrap"),), one.end - one.start
        text = f"{one.text} " if one.right else f" {one.text}"
        line.append(_cell(unit * span, (text,), span=span, side=side, shape=shape, border=_over(side)))
        column = one.end
    if column < UNITS:
        line.append(_cell(unit * (UNITS - column), span=UNITS - column, border=_over()))
    return line


def _over(side: str = "") -> Element:
    """The axis, with the tick at the side where its moment is."""
    return element(
        "w:tcBorders",
        element("w:top", val="single", sz=8, space=0, color="222222"),
        element("w:left", val="single", sz=6, space=0, color="222222") if side == "left" else None,
        element("w:right", val="single", sz=6, space=0, color="222222") if side == "right" else None,
    )


def _told(grid: LaneGrid, language: str) -> str:
    """The legend as a line."""
    say = words_of(language)
    kinds = [f"{MARKS[kind]} {say[kind]}" for kind in grid.kinds if kind in MARKS] if grid.kinds != ("plain",) else []
    told = [*kinds, say["local"], say["break"] if grid.breaks else "", grid.note]
    return "; ".join(filter(None, told))
