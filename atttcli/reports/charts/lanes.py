"""A timeline as lanes of rows of segments on a grid of UNITS columns: drawn as shapes, or as a table of shaded cells.

Nothing overlaps, because a row holds a segment only where nothing stands yet; a label that finds no room is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Literal

from atttcli.clock import VIETNAM, from_micros
from atttcli.reports.charts.axis import Axis, axis_of
from atttcli.reports.charts.drawing import page_room, plain_text
from atttcli.reports.charts.words import words_of
from atttcli.reports.faces import broken, shortened, width_of
from atttcli.reports.outline import Happening, TimeChart

UNITS = 60  # columns of the axis; with the lane's name 61, and Word takes 63
SIZE, ROW = 9.0, 13.5  # points: of the print, of a row
MOST_LANES, MOST_ROWS, MOST_DRAWN = 8, 10, 400
_LANE = 0.15  # of the width
_LABEL_ROOM, _SPAN_ROOM = 175.0, 250.0  # points of one label
_SPACE = 3.0
_LEAST = 30.0  # points: a label with less room says nothing

Kind = Literal["label", "bar", "over", "plain", "met", "late", "open"]
MARKS: dict[str, str] = {"plain": "●", "met": "■", "late": "▲", "open": "○"}


@dataclass(frozen=True, slots=True)
class Segment:
    """Columns `start` to `end` (not included) of a row: a mark, a bar of a span, what went over the term, or a label."""

    start: int
    end: int
    kind: Kind
    text: str = ""
    state: str = "plain"
    right: bool = False


@dataclass(slots=True)
class Row:
    """Segments that do not touch each other's columns."""

    segments: list[Segment] = field(default_factory=list)

    def free(self, start: int, end: int) -> bool:
        """Whether nothing stands in these columns."""
        return all(one.end <= start or one.start >= end for one in self.segments)

    def add(self, made: Iterable[Segment]) -> None:
        """Put segments in, kept in order."""
        self.segments = sorted([*self.segments, *made], key=lambda one: one.start)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: its name on one or two lines, and its rows."""

    name: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment of the axis at the left of `column`; its text fills `start` to `end`, to the `right` it stands before it."""

    column: int
    start: int
    end: int
    text: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class LaneGrid:
    """The whole timeline. `breaks`: columns where the axis is shortened; `kinds`: for the legend."""

    lane_width: float
    unit: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    breaks: tuple[int, ...]
    kinds: tuple[str, ...]
    note: str


def lane_grid(chart: TimeChart, width: float) -> LaneGrid:
    """The chart laid out for a width in points."""
    unit = width * (1 - _LANE) / UNITS
    lane_width = width - unit * UNITS
    drawn = sorted(chart.happenings, key=lambda one: one.at)[:MOST_DRAWN]
    axis = axis_of(moment for one in drawn for moment in (one.at, one.until, one.done) if moment is not None)
    names = list(dict.fromkeys(one.lane for one in chart.happenings))
    first, rest = names[: MOST_LANES - 1], names[MOST_LANES - 1 :]
    others = words_of(chart.language)["others"].format(n=len(rest))
    lanes, bare = [], len(chart.happenings) - len(drawn)
    shown = names if len(names) <= MOST_LANES else [*first, others]
    most = max(min(MOST_ROWS, int(page_room(width) / (ROW * max(len(shown), 1))) - 1), 2)
    for name in shown:
        mine = [one for one in drawn if one.lane == name or (name == others and one.lane in rest)]
        rows, unlabelled = _rows(mine, axis, unit, most)
        bare += unlabelled
        lanes.append(Lane(broken(plain_text(name), lane_width - 5, SIZE, 2, bold=True), tuple(rows)))
    kinds = {one.kind for lane in lanes for row in lane.rows for one in row.segments} - {"label", "over"}
    return LaneGrid(
        lane_width=lane_width,
        unit=unit,
        lanes=tuple(lanes),
        ticks=tuple(_ticks(axis, unit)),
        breaks=tuple(min(int(one * UNITS), UNITS - 1) for one in axis.breaks),
        kinds=tuple(kind for kind in ("plain", "bar", "met", "late", "open") if kind in kinds),
        note=words_of(chart.language)["unlabelled"].format(n=bare) if bare else "",
    )


def _column(axis: Axis, moment: int) -> int:
    return min(int(axis.place(moment) * UNITS), UNITS - 1)


def _rows(happenings: list[Happening], axis: Axis, unit: float, most: int) -> tuple[list[Row], int]:
    """First fit: each group takes the first row with room, label and all; without its label when there is none.

    How it began and how it ended are placed before the rest: those two a reader looks for.
    """
    rows: list[Row] = []
    bare = 0
    groups = list(_grouped(happenings, axis))
    for one, more in (*groups[:1], *groups[-1:], *groups[1:-1]) if len(groups) > 1 else groups:
        marks = _marks(one, axis)
        placed = _place(rows, marks, _told(one, more), unit, most)
        bare += 0 if placed else 1 + more
    return sorted(rows, key=_first_mark) or [Row()], bare


def _first_mark(row: Row) -> int:
    """Where a row begins, its labels aside: rows stand in the order of time."""
    return min((one.start for one in row.segments if one.kind != "label"), default=UNITS)


def _grouped(happenings: list[Happening], axis: Axis) -> Iterator[tuple[Happening, int]]:
    """Points that fall into one column are one mark that says how many more there are."""
    held: Happening | None = None
    more = 0
    for one in happenings:
        point = one.until is None and one.done is None and one.state == "plain"
        if held is not None and point and _column(axis, one.at) == _column(axis, held.at):
            more += 1
            continue
        if held is not None:
            yield held, more
            held, more = None, 0
        if point:
            held = one
        else:
            yield one, 0
    if held is not None:
        yield held, more


def _told(one: Happening, more: int) -> str:
    """The label: a point's begins with its time, a span's has more room, since there are fewer of them."""
    text = plain_text(one.text)
    if one.until is not None:
        return shortened(text, _SPAN_ROOM, SIZE)
    text = f"{from_micros(one.at, VIETNAM):%H:%M} {text}"
    return shortened(text, _LABEL_ROOM - (24 if more else 0), SIZE) + (f" (+{more})" if more else "")


def _marks(one: Happening, axis: Axis) -> list[Segment]:
    """The mark of a point; of a span its bar, with the mark of what was done in it or after it."""
    start = _column(axis, one.at)
    if one.until is None:
        kind: Kind = one.state
        return [Segment(start, start + 1, kind, state=one.state)]
    end = max(_column(axis, one.until) + 1, start + 1)
    if one.done is None:
        return [Segment(start, end, "bar", state=one.state)]
    done = max(_column(axis, one.done), start)
    mark = Segment(done, done + 1, one.state)
    if done >= end:
        over = [Segment(end, done, "over", state="late")] if done > end else []
        return [Segment(start, end, "bar", state=one.state), *over, mark]
    parts = [(start, done), (done + 1, end)]
    return [*(Segment(left, right, "bar", state=one.state) for left, right in parts if right > left), mark]


def _place(rows: list[Row], marks: list[Segment], text: str, unit: float, most: int) -> bool:
    start, end = min(one.start for one in marks), max(one.end for one in marks)
    wide = ceil((width_of(text, SIZE) + _SPACE) / unit)
    inside = max((one for one in marks if one.kind == "bar"), key=lambda one: one.end - one.start, default=None)
    tries: list[list[Segment]] = []
    if inside is not None and inside.end - inside.start >= wide:
        tries.append([replace(one, text=text) if one is inside else one for one in marks])
    if end + wide <= UNITS:
        tries.append([*marks, Segment(end, end + wide, "label", text)])
    if start - wide >= 0:
        tries.append([*marks, Segment(start - wide, start, "label", text, right=True)])
    if not tries and inside is not None and (room := (inside.end - inside.start) * unit - _SPACE) > _LEAST:
        cut = shortened(text, room, SIZE)
        tries.append([replace(one, text=cut) if one is inside else one for one in marks])
    elif not tries:
        side = (end, UNITS) if UNITS - end >= start else (0, start)
        if (room := (side[1] - side[0]) * unit - _SPACE) > _LEAST:
            tries.append([*marks, Segment(*side, "label", shortened(text, room, SIZE), right=side[0] == 0)])
    for made in tries:
        row = _row_for(rows, made, most)
        if row is not None:
            row.add(made)
            return True
    row = _row_for(rows, marks, most) or next((row for row in rows if row.free(start, end)), None)
    if row is not None:
        row.add(marks)
    return False


def _row_for(rows: list[Row], made: list[Segment], most: int) -> Row | None:
    """A row with room, one column of air around; a new one while there may be more."""
    start, end = min(one.start for one in made), max(one.end for one in made)
    for row in rows:
        if row.free(max(start - 1, 0), end + 1):
            return row
    if len(rows) < most:
        rows.append(Row())
        return rows[-1]
    return None


def _ticks(axis: Axis, unit: float) -> Iterator[Tick]:
    """Ticks whose texts do not touch; at the right edge the text stands before its moment."""
    taken = 0
    for place, text in axis.ticks(7):
        column = min(int(place * UNITS), UNITS)
        wide = ceil((width_of(text, SIZE) + 5) / unit)
        if column >= taken and column + wide <= UNITS:
            yield Tick(column, column, column + wide, text)
            taken = column + wide
        elif column + wide > UNITS and column - wide >= taken:
            yield Tick(column, column - wide, column, text, right=True)
            taken = UNITS
