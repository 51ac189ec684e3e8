"""The numbers of charts as tables: what the annex files hold, and what Markdown and plain text print."""

from __future__ import annotations

from atttcli.clock import local_text
from atttcli.reports.charts.words import words_of
from atttcli.reports.paper import Bars, Head, HeatMap, Rows, Timeline


def bar_rows(part: Bars, language: str) -> Rows:
    """Label, value, last period's."""
    say = words_of(language)
    both = any(bar.previous is not None for bar in part.bars)
    heads = [_head(say["label"], 60), _head(say["value"] if not both else say["now"], 20, "right")]
    if both:
        heads.append(_head(say["before"], 20, "right"))
    rows = [(bar.label, str(max(bar.value, 0)), *([_number(bar.previous)] if both else [])) for bar in part.bars]
    return Rows(part.name or "bars", tuple(heads), tuple(rows))


def heat_rows(part: HeatMap, language: str) -> Rows:
    """All rows and all columns; untested says so in a word."""
    untested = words_of(language)["untested"]
    wide = len(part.columns)
    heads = (
        _head(part.corner or words_of(language)["label"], 30),
        *(_head(name, 10, "right") for name in part.columns),
    )
    rows = []
    for row in part.rows:
        cells = (*row.cells[:wide], *([None] * (wide - len(row.cells))))
        rows.append((row.label, *(untested if cell is None else str(max(cell, 0)) for cell in cells)))
    return Rows(part.name, heads, tuple(rows))


def moment_rows(part: Timeline, language: str) -> Rows:
    """One row a moment, times local."""
    say = words_of(language)
    heads = (
        _head(say["at"], 15, "center"),
        _head(say["until"], 15, "center"),
        _head(say["done"], 15, "center"),
        _head(say["lane"], 12),
        _head(say["what"], 33),
        _head(say["state"], 10),
    )
    rows = tuple(
        (
            local_text(one.at),
            _moment(one.until_at),
            _moment(one.done_at),
            one.lane,
            one.text,
            "" if one.state == "plain" else say[one.state],
        )
        for one in part.moments
    )
    return Rows(part.name, heads, rows)


def _head(title: str, share: int, align: str = "left") -> Head:
    return Head(title=title, share=share, align=align)  # type: ignore[arg-type]  # one of Head's own words


def _number(value: int | None) -> str:
    return "" if value is None else str(max(value, 0))


def _moment(value: int | None) -> str:
    return "" if value is None else local_text(value)
