"""Charts where nothing can be drawn: tables for Markdown, bars and strips of signs for plain text."""

from __future__ import annotations

from atttcli.clock import local_text
from atttcli.reports.charts.bars import bar_rows_of, longest
from atttcli.reports.charts.drawing import plain_text
from atttcli.reports.charts.heat import heat_grid
from atttcli.reports.charts.lanes import MARKS, UNITS, LaneGrid, Row, lane_grid
from atttcli.reports.charts.words import count_text, words_of
from atttcli.reports.outline import Chart, Column, HeatChart, TimeChart

_PAGE = 467.0  # points: what is drawn here is folded as on a portrait page
_NAME = 14  # characters of a lane's name
_LABEL = 22  # characters of a row's label, at least
_SIGNS = {"bar": "═", "over": "╌", **MARKS}
MOST_MOMENTS = 60

Cells = tuple[tuple[str, ...], ...]


def chart_table(chart: Chart | HeatChart | TimeChart) -> tuple[tuple[Column, ...], Cells]:
    """The chart's numbers as printed elsewhere: folded, totals and all."""
    match chart:
        case Chart():
            return _bars(chart)
        case HeatChart():
            return _heat(chart)
        case TimeChart():
            return _times(chart)


def _bars(chart: Chart) -> tuple[tuple[Column, ...], Cells]:
    say = words_of(chart.language)
    rows = bar_rows_of(chart, _PAGE)
    both = any(row.before is not None for row in rows)
    heads = [Column(say["label"], 60), Column(say["now"] if both else say["value"], 20, "right")]
    if both:
        heads.append(Column(say["before"], 20, "right"))
    cells = tuple(
        (
            row.label,
            count_text(row.now, chart.language),
            *(["-" if row.before is None else count_text(row.before, chart.language)] if both else []),
        )
        for row in rows
    )
    return tuple(heads), cells


def _heat(chart: HeatChart) -> tuple[tuple[Column, ...], Cells]:
    grid = heat_grid(chart, _PAGE)
    say = words_of(chart.language)
    heads = (
        Column(" ".join(grid.corner) or say["label"], 30),
        *(Column(" ".join(head), 10, "right") for head in grid.heads),
    )
    rows = tuple(
        (" ".join(lines), *(say["untested"] if cell.hatched else cell.text for cell in cells))
        for lines, cells in grid.rows
    )
    return heads, (*rows, (grid.note, *[""] * len(grid.heads))) if grid.note else rows


def _times(chart: TimeChart) -> tuple[tuple[Column, ...], Cells]:
    """Spans and terms, with what met them; points stand in the paper's own table beside."""
    say = words_of(chart.language)
    heads = (
        Column(say["at"], 20, "center"),
        Column(say["lane"], 15),
        Column(say["what"], 50),
        Column(say["state"], 15),
    )
    shown = [one for one in chart.happenings if one.until is not None or one.state != "plain"]
    shown.sort(key=lambda one: one.at)
    cells: list[tuple[str, ...]] = []
    for one in shown[:MOST_MOMENTS]:
        until = "" if one.until is None else f" → {local_text(one.until, seconds=False)}"
        state = "" if one.state == "plain" else say[one.state]
        done = "" if one.done is None else f" ({local_text(one.done, seconds=False)})"
        cells.append((local_text(one.at, seconds=False) + until, one.lane, one.text, state + done))
    if len(shown) > MOST_MOMENTS:
        cells.append(("", "", say["others"].format(n=len(shown) - MOST_MOMENTS), ""))
    return heads, tuple(cells)


def chart_lines(chart: Chart | HeatChart | TimeChart, width: int) -> list[str]:
    """The chart as lines of signs: bars, strips, and of a heat map its numbers under numbered columns."""
    match chart:
        case Chart():
            return _bar_lines(chart, width)
        case HeatChart():
            return _heat_lines(chart, width)
        case TimeChart():
            return _strip(lane_grid(chart, _PAGE), chart.language)


def _heat_lines(chart: HeatChart, width: int) -> list[str]:
    grid = heat_grid(chart, _PAGE)
    heads = [" ".join(head) for head in grid.heads]
    cells = [[cell.text for cell in row] for _lines, row in grid.rows]
    wide = max((len(text) for row in cells for text in row), default=1)
    whole = max(wide, *map(len, heads))
    numbered = _LABEL + (whole + 1) * len(heads) > width
    wide = max(wide, len(f"({len(heads)})")) if numbered else whole
    name = max(width - (wide + 1) * len(heads), _LABEL)
    lines = [f"  ({at}) {head}" for at, head in enumerate(heads, 1)] if numbered else []
    shown = [f"({at})" for at in range(1, len(heads) + 1)] if numbered else heads
    lines.append(_cut(" ".join(grid.corner), name) + "".join(f" {head:>{wide}}" for head in shown))
    for (label, _cells), row in zip(grid.rows, cells, strict=True):
        lines.append(_cut(" ".join(label), name) + "".join(f" {text:>{wide}}" for text in row))
    say = words_of(chart.language)
    if any(cell.hatched for _label, row in grid.rows for cell in row):
        lines.append(f"  –: {say['untested']}")
    return [*lines, *([f"  {grid.note}"] if grid.note else [])]


def _cut(text: str, wide: int) -> str:
    return f"{text if len(text) <= wide else text[: wide - 1] + '…':{wide}}"


def _bar_lines(chart: Chart, width: int) -> list[str]:
    rows = bar_rows_of(chart, _PAGE)
    most, lines = longest(rows), []
    for row in rows:
        beside = "" if row.before is None else f" ({count_text(row.before, chart.language)})"
        long = max(row.now * (width - 48) // most, 1) if row.now else 0
        lines.append(f"{row.label[:30]:30} {'█' * long} {count_text(row.now, chart.language)}{beside}")
    return lines


def _strip(grid: LaneGrid, language: str) -> list[str]:
    """Each lane's rows laid over each other: marks win over bars. The words stand in the paper's own table."""
    lines = []
    for lane in grid.lanes:
        name = " ".join(lane.name)[:_NAME]
        lines.append(f"{name:{_NAME}} │{''.join(_signs(lane.rows))}")
    axis, taken = [" "] * (UNITS + 12), 0
    for tick in grid.ticks:
        first = max(tick.column - len(tick.text) if tick.right else tick.column, 0)
        if first >= taken:
            axis[first : first + len(tick.text)] = tick.text
            taken = first + len(tick.text) + 1
    lines.append(" " * _NAME + " └" + "─" * UNITS)
    lines.append(" " * _NAME + "  " + "".join(axis).rstrip())
    say = words_of(language)
    legend = [f"{MARKS[kind]} {say[kind]}" for kind in grid.kinds if kind in MARKS]
    legend += [f"═ {say['span']}"] if "bar" in grid.kinds else []
    legend.append(say["local"] + (f"; {say['break']}" if grid.breaks else ""))
    return [*lines, plain_text("; ".join(legend))]


def _signs(rows: tuple[Row, ...]) -> list[str]:
    line = [" "] * UNITS
    for layer in (("bar", "over"), ("plain", "open", "met", "late")):
        for row in rows:
            for one in row.segments:
                if one.kind in layer:
                    line[one.start : one.end] = _SIGNS[one.kind] * (one.end - one.start)
    return line
