"""The heat map: counts by two things, the number in every cell, one hue from light to dark, untested grey and hatched.

Laid out as a grid that is drawn as shapes or as a table. The five steps grow darker evenly, so that they survive a black-and-white
printer and every kind of colour blindness; what is printed in the cells does not depend on them at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from atttcli.reports.charts.drawing import GREY, INK, Box, Drawing, Label, Shape, Stroke, at, page_room, plain_text
from atttcli.reports.charts.words import count_text, words_of
from atttcli.reports.faces import broken, width_of
from atttcli.reports.outline import HeatChart

MOST_ROWS, MOST_COLUMNS = 16, 30  # drawn; the rest are one row or column that counts them
UNTESTED, BLANK = "#d9d9d9", "#ffffff"
FILLS = ("#e3eef8", "#bbd3ea", "#86b0d8", "#3f75aa", "#1f4e79")
LIGHT_INK = "#ffffff"
_DARK_FROM = 3  # the first fill on which print is white
SIZE, HEAD_SIZE = 9.0, 9.0
_LEAD, _ROW = 10.5, 15.0
_LABEL, _LEAST_LABEL = 0.3, 0.14  # of the width: what the labels get at most and at least
_NARROW = 27.0  # points: a column has at least these
_TURNED = 122.0  # points: how tall upright headings are at most


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell as printed. `hatched` is untested."""

    text: str
    fill: str
    ink: str = INK
    hatched: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class HeatGrid:
    """A heat map laid out for a width in points. `heads` are the lines of each column's heading; `upright` turns them."""

    label_width: float
    column_width: float
    corner: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    upright: bool
    rows: tuple[tuple[tuple[str, ...], tuple[HeatCell, ...]], ...]
    legend: tuple[tuple[HeatCell, str], ...]
    scale: str
    note: str


Counted = list[tuple[str, tuple[int | None, ...]]]
Folded = tuple[tuple[str, ...], Counted, tuple[int, int], tuple[int, int]]


def heat_grid(chart: HeatChart, width: float) -> HeatGrid:
    """Rows and columns that fit the page, totals where things are counted, and the legend of the colours."""
    most_columns = min(
        MOST_COLUMNS, int((width - _label_width(chart, width)) / _narrowest(chart)) - (not chart.percent)
    )
    most_rows = MOST_ROWS
    grid = _grid(chart, width, most_columns, most_rows)
    while (over := grid_height(grid) - page_room(width)) > 0 and most_rows > 2:
        most_rows = max(most_rows - ceil(over / _ROW), 2)
        grid = _grid(chart, width, most_columns, most_rows)
    return grid


def _narrowest(chart: HeatChart) -> float:
    """How wide a column must be: as the longest number in it, which is the sum of all."""
    whole = 100 if chart.percent else sum(cell for _label, cells in chart.rows for cell in cells if cell and cell > 0)
    return max(width_of(count_text(whole, chart.language), SIZE, bold=True) + 4, _NARROW)


def _label_width(chart: HeatChart, width: float) -> float:
    """As much as the labels need, within bounds: numbers of techniques are short, names of agencies long."""
    texts = [plain_text(label) for label, _cells_ in chart.rows[:MOST_ROWS]]
    needed = max((width_of(text, SIZE) for text in texts), default=0) + 14
    corner = max((width_of(word, SIZE, bold=True) for word in plain_text(chart.corner).split()), default=0) + 10
    return min(max(needed, corner, width * _LEAST_LABEL), width * _LABEL)


def _grid(chart: HeatChart, width: float, most_columns: int, most_rows: int) -> HeatGrid:
    say = words_of(chart.language)
    columns, rows, hidden, others = _folded(chart, most_columns, most_rows)
    single = [(label, cells[: len(cells) - others[1]]) for label, cells in rows[: len(rows) - others[0]]]
    bounds = _bounds([cell for _label, cells in single for cell in cells if cell], chart.percent)
    label_width = _label_width(chart, width)
    wide = len(columns) + (not chart.percent)
    column_width = min((width - label_width) / max(wide, 1), 72.0)
    heads = [plain_text(name) for name in columns] + ([] if chart.percent else [say["total"]])
    upright = any(_longest_word(head) > column_width - 3 or _crowded(head, column_width) for head in heads)
    room, most = (_TURNED - 6, max(int((column_width - 3) / _LEAD), 1)) if upright else (column_width - 3, 2)
    said = tuple(
        (broken(plain_text(label), label_width - 6, SIZE, 2), tuple(_cells(cells, bounds, chart, plain)))
        for label, cells, plain in _with_plain(rows, others)
    )
    if not chart.percent and len(rows) > 1:
        said = (*said, _total(rows, chart))
    return HeatGrid(
        label_width=label_width,
        column_width=column_width,
        corner=broken(plain_text(chart.corner), label_width - 6, SIZE, 3, bold=True),
        heads=tuple(broken(head, room, HEAD_SIZE, most, bold=True) for head in heads),
        upright=upright,
        rows=said,
        legend=tuple(_legend(single, bounds, chart)),
        scale=say["scale"],
        note=say["hidden_rows"].format(n=hidden[0], m=hidden[1]) if any(hidden) else "",
    )


def _longest_word(head: str) -> float:
    return max((width_of(word, HEAD_SIZE, bold=True) for word in head.split()), default=0)


def _crowded(head: str, column_width: float) -> bool:
    return any(line.endswith("…") for line in broken(head, column_width - 3, HEAD_SIZE, 2, bold=True))


def _with_plain(rows: Counted, others: tuple[int, int]) -> Iterator[tuple[str, tuple[int | None, ...], int]]:
    """Each row with how many of its last cells are sums of others: those are never coloured, they would be the darkest."""
    for place, (label, cells) in enumerate(rows):
        yield label, cells, len(cells) if place >= len(rows) - others[0] else others[1]


def _folded(chart: HeatChart, most_columns: int, most_rows: int) -> Folded:
    """The first rows and the heaviest columns; the rest are added up as others, or counted where points cannot be added.

    With them how many rows and columns are hidden, and whether there is a row and a column of others.
    """
    say = words_of(chart.language)
    columns, rows = chart.columns, [(label, tuple(map(_sane, cells))) for label, cells in chart.rows]
    hidden_rows = hidden_columns = other_rows = other_columns = 0
    if len(columns) > most_columns:
        weight = [sum(cells[place] or 0 for _label, cells in rows) for place in range(len(columns))]
        ranked = sorted(range(len(columns)), key=lambda place: (-weight[place], place))
        keep = sorted(ranked[: max(most_columns - (not chart.percent), 1)])
        rest = sorted(set(range(len(columns))) - set(keep))
        columns = tuple(columns[place] for place in keep)
        kept = [(label, tuple(cells[place] for place in keep)) for label, cells in rows]
        if chart.percent:
            rows, hidden_columns = kept, len(rest)
        else:
            other_columns, columns = 1, (*columns, say["others"].format(n=len(rest)))
            extra = [_sum(cells[place] for place in rest) for _label, cells in rows]
            rows = [(label, (*cells, more)) for (label, cells), more in zip(kept, extra, strict=True)]
    if len(rows) > most_rows:
        first, rest_rows = rows[: most_rows - 1], rows[most_rows - 1 :]
        if chart.percent:
            hidden_rows = len(rest_rows)
        else:
            sums = tuple(_sum(cells[place] for _label, cells in rest_rows) for place in range(len(columns)))
            other_rows, first = 1, [*first, (say["others"].format(n=len(rest_rows)), sums)]
        rows = first
    return columns, rows, (hidden_rows, hidden_columns), (other_rows, other_columns)


def _sane(value: int | None) -> int | None:
    return None if value is None else max(value, 0)


def _sum(values: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _bounds(values: list[int], percent: bool) -> tuple[int, ...]:
    """The highest value of each step: fifths of a hundred, single numbers up to five, else about as many cells in each."""
    if percent:
        return (20, 40, 60, 80, 100)
    ranked = sorted(values) or [1]
    if ranked[-1] <= len(FILLS):
        return tuple(range(1, ranked[-1] + 1))
    places = (len(ranked) * step // len(FILLS) for step in range(1, len(FILLS)))
    inner = {_plain_bound(ranked[place]) for place in places}
    return (*sorted(bound for bound in inner if bound < ranked[-1]), ranked[-1])


def _plain_bound(value: int) -> int:
    """Two digits are enough for a bound: 147 is 140."""
    digits: int = 10 ** max(len(str(value)) - 2, 0)
    return value // digits * digits


def _fill(value: int, bounds: tuple[int, ...]) -> tuple[str, str]:
    step = next((place for place, bound in enumerate(bounds) if value <= bound), len(bounds) - 1)
    shade = step if len(bounds) == len(FILLS) else round(step * (len(FILLS) - 1) / max(len(bounds) - 1, 1))
    return FILLS[shade], LIGHT_INK if shade >= _DARK_FROM else INK


def _cell(value: int | None, bounds: tuple[int, ...], chart: HeatChart) -> HeatCell:
    if value is None:
        return HeatCell("–", UNTESTED, hatched=True)
    if value == 0 and not chart.percent:
        return HeatCell("0", BLANK, GREY)
    fill, ink = _fill(value, bounds)
    return HeatCell(count_text(value, chart.language), fill, ink)


def _cells(cells: tuple[int | None, ...], bounds: tuple[int, ...], chart: HeatChart, plain: int) -> list[HeatCell]:
    first = len(cells) - plain
    made = [_cell(value, bounds, chart) for value in cells[:first]]
    made += [_others_cell(value, chart) for value in cells[first:]]
    if not chart.percent:
        made.append(_sum_cell(_sum(cells), chart))
    return made


def _others_cell(value: int | None, chart: HeatChart) -> HeatCell:
    return HeatCell("–" if value is None else count_text(value, chart.language), BLANK)


def _sum_cell(value: int | None, chart: HeatChart) -> HeatCell:
    return HeatCell("–" if value is None else count_text(value, chart.language), BLANK, bold=True)


def _total(rows: Counted, chart: HeatChart) -> tuple[tuple[str, ...], tuple[HeatCell, ...]]:
    columns = list(zip(*(cells for _label, cells in rows), strict=True))
    sums = [_sum(column) for column in columns]
    cells = (*(_sum_cell(value, chart) for value in sums), _sum_cell(_sum(sums), chart))
    return (words_of(chart.language)["total"],), cells


def _legend(rows: Counted, bounds: tuple[int, ...], chart: HeatChart) -> list[tuple[HeatCell, str]]:
    say = words_of(chart.language)
    values = [cell for _label, cells in rows for cell in cells]
    found = [] if chart.percent or 0 not in values else [(HeatCell("0", BLANK, GREY), "0")]
    for before, bound in pairwise((-1 if chart.percent else 0, *bounds)):
        first = count_text(before + 1, chart.language)
        last = count_text(bound, chart.language)
        found.append((_cell(bound, bounds, chart), first if before + 1 == bound else f"{first}–{last}"))
    if None in values:
        found.append((HeatCell("–", UNTESTED, hatched=True), say["untested"]))
    return found


def draw_heat(chart: HeatChart, width: float) -> Drawing:
    """The grid as shapes, the legend below."""
    grid = heat_grid(chart, width)
    shapes: list[Shape] = []
    top = _draw_heads(grid, shapes)
    for lines, cells in grid.rows:
        tall = _tall(lines)
        _label_lines(shapes, lines, top, tall, bold=cells[0].bold if cells else False)
        left = grid.label_width
        for cell in cells:
            shapes += _cell_shapes(cell, left, top, grid.column_width, tall)
            left += grid.column_width
        top += tall
    top = _draw_legend(grid, shapes, top + 5, width)
    return Drawing(at(width), at(top), tuple(shapes), _said(chart, grid))


def grid_height(grid: HeatGrid) -> float:
    """How tall the grid is drawn, with its legend."""
    return _deep(grid) + sum(_tall(lines) for lines, _cells_ in grid.rows) + 32


def _tall(lines: tuple[str, ...]) -> float:
    return max(len(lines) * _LEAD + 4, _ROW)


def _deep(grid: HeatGrid) -> float:
    """How tall the headings are."""
    longest = max((width_of(line, HEAD_SIZE, bold=True) for head in grid.heads for line in head), default=0)
    deep = longest + 8 if grid.upright else max(map(len, grid.heads), default=1) * _LEAD + 4
    return max(deep, len(grid.corner) * _LEAD + 4)


def _draw_heads(grid: HeatGrid, shapes: list[Shape]) -> float:
    deep = _deep(grid)
    for place, line in enumerate(grid.corner):
        over = deep - (len(grid.corner) - place - 1) * _LEAD - 4
        shapes.append(Label(0, at(over), line, SIZE, bold=True))
    for place, lines in enumerate(grid.heads):
        middle = grid.label_width + (place + 0.5) * grid.column_width
        for row, line in enumerate(lines):
            if grid.upright:
                x = middle + (row - (len(lines) - 1) / 2) * _LEAD + HEAD_SIZE * 0.34
                shapes.append(Label(at(x), at(deep - 4), line, HEAD_SIZE, bold=True, turned=True))
            else:
                over = deep - (len(lines) - row - 1) * _LEAD - 4
                shapes.append(Label(at(middle), at(over), line, HEAD_SIZE, "middle", bold=True))
    return deep


def _label_lines(shapes: list[Shape], lines: tuple[str, ...], top: float, tall: float, *, bold: bool) -> None:
    first = top + (tall - len(lines) * _LEAD) / 2 + SIZE * 0.86
    for place, line in enumerate(lines):
        shapes.append(Label(0, at(first + place * _LEAD), line, SIZE, bold=bold))


def _cell_shapes(cell: HeatCell, left: float, top: float, wide: float, tall: float) -> list[Shape]:
    made: list[Shape] = [
        Box(at(left), at(top), at(wide), at(tall), cell.fill, "#ffffff" if cell.fill != BLANK else "#cccccc")
    ]
    if cell.hatched:
        made += [
            Stroke(
                at(left + wide * part),
                at(top + tall),
                at(left + wide * part + min(tall, wide * 0.2)),
                at(top),
                "#ababab",
            )
            for part in (0.0, 0.2, 0.6, 0.8)
        ]
    middle = top + tall / 2 + SIZE * 0.34
    made.append(Label(at(left + wide / 2), at(middle), cell.text, SIZE, "middle", cell.bold, cell.ink))
    return made


def _draw_legend(grid: HeatGrid, shapes: list[Shape], top: float, width: float) -> float:
    shapes.append(Label(0, at(top + 9), grid.scale, SIZE))
    left = width_of(grid.scale, SIZE) + 8
    for cell, text in grid.legend:
        if left + 24 + width_of(text, SIZE) > width:
            left, top = width_of(grid.scale, SIZE) + 8, top + 15
        swatch = HeatCell("–" if cell.hatched else "", cell.fill, cell.ink, cell.hatched)
        shapes += _cell_shapes(swatch, left, top, 18, 12)
        shapes.append(Label(at(left + 22), at(top + 9), text, SIZE))
        left += 32 + width_of(text, SIZE)
    if grid.note:
        top += 13
        shapes.append(Label(0, at(top + 9), grid.note, SIZE))
    return top + 14


def _said(chart: HeatChart, grid: HeatGrid) -> str:
    say = words_of(chart.language)
    heads = [" ".join(head) for head in grid.heads]
    told = (
        f"{' '.join(lines)}: "
        + ", ".join(
            f"{head} {say['untested'] if cell.hatched else cell.text}" for head, cell in zip(heads, cells, strict=False)
        )
        for lines, cells in grid.rows
    )
    return (plain_text(chart.title) + ". " + "; ".join(told))[:6_000]
