"""A timeline as shapes: lanes, marks with their labels, spans, ticks in local time, the legend below."""

from __future__ import annotations

from atttcli.reports.charts.drawing import (
    GREY,
    INK,
    PALE,
    Box,
    Dot,
    Drawing,
    Label,
    Polygon,
    Shape,
    Stroke,
    at,
    plain_text,
)
from atttcli.reports.charts.lanes import ROW, SIZE, UNITS, LaneGrid, Segment, lane_grid
from atttcli.reports.charts.words import words_of
from atttcli.reports.faces import width_of
from atttcli.reports.outline import TimeChart

COLORS = {"plain": "#1f4e79", "met": "#2e6b30", "late": "#b03a00", "open": "#555555"}
FILLS = {"plain": "#dfe6ee", "met": "#dcebd8", "late": "#f6ddd0", "open": "#ededed"}


def draw_times(chart: TimeChart, width: float) -> Drawing:
    """Lanes from top to bottom, the axis below them."""
    grid = lane_grid(chart, width)
    shapes: list[Shape] = []
    deep = sum(_tall(len(lane.rows), len(lane.name)) for lane in grid.lanes)
    lefts = [at(grid.lane_width + tick.column * grid.unit) for tick in grid.ticks]
    shapes += [Stroke(left, 0, left, at(deep + 4), PALE) for left in lefts]
    top = 0.0
    for lane in grid.lanes:
        tall = _tall(len(lane.rows), len(lane.name))
        if top:
            shapes.append(Stroke(0, at(top), at(width), at(top), GREY, 0.4))
        for place, line in enumerate(lane.name):
            shapes.append(Label(0, at(top + 11 + place * 10.5), line, SIZE, bold=True))
        for place, row in enumerate(lane.rows):
            for segment in row.segments:
                shapes += _segment(grid, segment, top + 2 + place * ROW)
        top += tall
    shapes += _axis(grid, top, width)
    top = _legend(grid, chart.language, shapes, top + 17)
    return Drawing(at(width), at(top), tuple(shapes), _said(chart))


def _tall(rows: int, lines: int) -> float:
    return max(rows * ROW, lines * 10.5) + 4


def _segment(grid: LaneGrid, one: Segment, top: float) -> list[Shape]:
    left, right = (grid.lane_width + column * grid.unit for column in (one.start, one.end))
    base = top + ROW / 2 + SIZE * 0.34
    if one.kind == "label":
        side = (
            Label(at(right - 2), at(base), one.text, SIZE, "end")
            if one.right
            else Label(at(left + 2), at(base), one.text, SIZE)
        )
        return [side]
    if one.kind == "bar":
        made: list[Shape] = [Box(at(left), at(top + 1), at(right - left), ROW - 2, FILLS[one.state], COLORS[one.state])]
        return [*made, Label(at(left + 3), at(base), one.text, SIZE)] if one.text else made
    if one.kind == "over":
        return [Stroke(at(left), at(top + ROW / 2), at(right), at(top + ROW / 2), COLORS["late"], 1.2, dashed=True)]
    return [mark(one.kind, (left + right) / 2, top + ROW / 2)]


def mark(kind: str, x: float, y: float) -> Shape:
    """The shape tells the state without its colour: a dot, a square in time, a triangle late, a ring not done."""
    color = COLORS[kind]
    if kind == "met":
        return Box(at(x - 2.8), at(y - 2.8), 5.6, 5.6, color)
    if kind == "late":
        return Polygon(((at(x), at(y - 3.6)), (at(x + 3.6), at(y + 3)), (at(x - 3.6), at(y + 3))), color)
    return Dot(at(x), at(y), 2.8, "" if kind == "open" else color, color)


def _axis(grid: LaneGrid, top: float, width: float) -> list[Shape]:
    shapes: list[Shape] = [Stroke(at(grid.lane_width), at(top), at(width), at(top), INK, 0.8)]
    for column in grid.breaks:
        left = grid.lane_width + (column + 0.5) * grid.unit
        shapes.append(Box(at(left - 2.5), at(top - 2), 5, 4, "#ffffff"))
        shapes += [
            Stroke(at(x - 1.5), at(top + 4), at(x + 1.5), at(top - 4), INK, 0.8) for x in (left - 2.5, left + 2.5)
        ]
    for tick in grid.ticks:
        left = grid.lane_width + tick.column * grid.unit
        shapes.append(Stroke(at(left), at(top), at(left), at(top + 4), INK, 0.8))
        shift, anchor = (-2, "end") if tick.right else (2, "start")
        shapes.append(Label(at(left + shift), at(top + 11), tick.text, SIZE, anchor))  # type: ignore[arg-type]  # one of its own
    return shapes


def _legend(grid: LaneGrid, language: str, shapes: list[Shape], top: float) -> float:
    """Which mark is which, where more than plain points are drawn; the zone always."""
    say = words_of(language)
    left = grid.lane_width
    for kind in grid.kinds if grid.kinds != ("plain",) else ():
        name = say["span" if kind == "bar" else kind]
        if kind == "bar":
            shapes.append(Box(at(left), at(top + 2), 10, 8, FILLS["plain"], COLORS["plain"]))
        else:
            shapes.append(mark(kind, left + 5, top + 6))
        shapes.append(Label(at(left + 13), at(top + 9), name, SIZE))
        left += 24 + width_of(name, SIZE)
    told = "; ".join(filter(None, (say["local"], f"// {say['break']}" if grid.breaks else "", grid.note)))
    room = grid.lane_width + UNITS * grid.unit - left
    if width_of(told, SIZE) > room:
        left, top = grid.lane_width, top + 12
    shapes.append(Label(at(left), at(top + 9), told, SIZE, fill=INK))
    return top + 13


def _said(chart: TimeChart) -> str:
    from atttcli.clock import local_text

    told = (f"{local_text(one.at, seconds=False)} {plain_text(one.text)}" for one in chart.happenings[:40])
    return (plain_text(chart.title) + ". " + "; ".join(told))[:6_000]
