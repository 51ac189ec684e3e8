"""Bars beside each other: label, bar, value, and the last period's thinner and lighter below."""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.reports.charts.drawing import GREY, INK, Box, Drawing, Label, Shape, Stroke, at, page_room, plain_text
from atttcli.reports.charts.words import count_text, words_of
from atttcli.reports.faces import broken, width_of
from atttcli.reports.outline import Chart

MOST_BARS = 24  # the longest ones; the rest are one bar that says how many they are
NOW, BEFORE = "#3f75aa", "#bbd3ea"
_SIZE, _SMALL, _LEAD = 10.0, 8.5, 11.5
_LABEL = 0.34  # of the width


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar as it is printed: its label's lines and its two values, never below nought."""

    lines: tuple[str, ...]
    label: str
    now: int
    before: int | None


def bar_rows_of(chart: Chart, width: float) -> tuple[BarRow, ...]:
    """The bars to draw, in their order; the shortest make room for one that counts them when there are too many."""
    room = width * _LABEL - 8
    bars = [(label, max(now, 0), None if before is None else max(before, 0)) for label, now, before in chart.bars]
    most = min(MOST_BARS, int(page_room(width) / 28))
    if len(bars) > most:
        ranked = sorted(range(len(bars)), key=lambda at: (-bars[at][1], at))
        kept, rest = sorted(ranked[: most - 1]), ranked[most - 1 :]
        was = [before for place in rest if (before := bars[place][2]) is not None]
        others = words_of(chart.language)["others"].format(n=len(rest))
        bars = [bars[place] for place in kept]
        bars.append((others, sum(max(chart.bars[place][1], 0) for place in rest), sum(was) if was else None))
    return tuple(
        BarRow(broken(plain_text(label), room, _SIZE, 2), plain_text(label), now, before) for label, now, before in bars
    )


def longest(rows: tuple[BarRow, ...]) -> int:
    """The value that fills the room, at least 1."""
    return max((max(row.now, row.before or 0) for row in rows), default=0) or 1


def draw_bars(chart: Chart, width: float) -> Drawing:
    """One row a bar on a thin base line, the legend below when there are two periods."""
    rows = bar_rows_of(chart, width)
    most = longest(rows)
    start = width * _LABEL
    room = width - start - width_of(count_text(most, chart.language), _SIZE) - 8
    shapes: list[Shape] = []
    top = 2.0
    for row in rows:
        tall = max(len(row.lines) * _LEAD, 11 if row.before is None else 21)
        middle = top + tall / 2
        first = middle - len(row.lines) * _LEAD / 2 + 9
        for place, line in enumerate(row.lines):
            shapes.append(Label(at(start - 8), at(first + place * _LEAD), line, _SIZE, "end"))
        over = middle - (5 if row.before is None else 9.5)
        shapes += _bar(chart, start, over, room * row.now / most, row.now, (10, NOW, _SIZE))
        if row.before is not None:
            shapes += _bar(chart, start, over + 11.5, room * row.before / most, row.before, (7, BEFORE, _SMALL))
        top += tall + 5
    shapes.append(Stroke(at(start), 0, at(start), at(top - 2), GREY, 0.7))
    if any(row.before is not None for row in rows):
        shapes += _legend(chart, start, top + 4)
        top += 16
    return Drawing(at(width), at(top), tuple(shapes), _said(chart, rows))


def _bar(
    chart: Chart, left: float, top: float, long: float, value: int, look: tuple[float, str, float]
) -> tuple[Shape, ...]:
    thick, fill, size = look
    long = max(long, 1.0) if value else 0.0
    text = Label(at(left + long + 4), at(top + thick / 2 + size * 0.34), count_text(value, chart.language), size)
    return (
        (Box(at(left), at(top), at(long), thick, fill, "#5f84aa" if fill == BEFORE else ""), text) if value else (text,)
    )


def _legend(chart: Chart, left: float, top: float) -> list[Shape]:
    say = words_of(chart.language)
    shapes: list[Shape] = []
    for name, fill in (("now", NOW), ("before", BEFORE)):
        shapes.append(Box(at(left), at(top), 10, 7, fill, "#5f84aa"))
        shapes.append(Label(at(left + 14), at(top + 6.5), say[name], _SMALL, fill=INK))
        left += 28 + width_of(say[name], _SMALL)
    return shapes


def _said(chart: Chart, rows: tuple[BarRow, ...]) -> str:
    told = (f"{row.label}: {row.now}" + ("" if row.before is None else f" ({row.before})") for row in rows)
    return plain_text(chart.title) + ". " + "; ".join(told)
