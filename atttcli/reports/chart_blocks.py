"""Charts of a model as blocks of an outline; one that has nothing to draw is no block."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.reports.outline import Block, Chart, Happening, HeatChart, TimeChart
from atttcli.reports.paper import Bars, HeatMap, Timeline


def chart_blocks(part: Bars | HeatMap | Timeline, language: str) -> Iterator[Block]:
    """A chart that has something to draw."""
    match part:
        case Bars(title=title, bars=bars) if bars:
            yield Chart(title, tuple((bar.label, bar.value, bar.previous) for bar in bars), language)
        case HeatMap(title=title, columns=columns, rows=rows) if columns and rows:
            cells = tuple((row.label, _as_wide(row.cells, len(columns))) for row in rows)
            yield HeatChart(title, columns, cells, part.corner, part.scale == "percent", language)
        case Timeline(title=title, moments=moments) if moments:
            told = tuple(Happening(one.at, one.text, one.lane, one.until_at, one.done_at, one.state) for one in moments)
            yield TimeChart(title, told, language)


def _as_wide(cells: tuple[int | None, ...], wide: int) -> tuple[int | None, ...]:
    """A row of a model made elsewhere may be too long or too short."""
    return (*cells[:wide], *([None] * (wide - len(cells))))
