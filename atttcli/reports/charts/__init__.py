"""Charts of papers: laid out once in points, drawn by every renderer in its own way. No picture file, no library, no script."""

from __future__ import annotations

from atttcli.reports.charts.drawing import Drawing
from atttcli.reports.outline import Chart, HeatChart, TimeChart

PORTRAIT, LANDSCAPE = 467.0, 714.0  # points: the text's width on an A4 page of Decree 30/2020


def draw(block: Chart | HeatChart | TimeChart, width: float) -> Drawing:
    """The chart as shapes on a sheet of this width."""
    from atttcli.reports.charts.bars import draw_bars
    from atttcli.reports.charts.heat import draw_heat
    from atttcli.reports.charts.times import draw_times

    match block:
        case Chart():
            return draw_bars(block, width)
        case HeatChart():
            return draw_heat(block, width)
        case TimeChart():
            return draw_times(block, width)
