"""Charts of an after-action report: pauses stop the clock of a target, untested stays grey, teams stand side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.clock import MINUTE
from atttcli.drill.after import build_report
from atttcli.model.drill_report import DrillReport, ReportEvent, TeamResult
from atttcli.packaged import packaged
from atttcli.reports.drill import compose_report, render_drill
from atttcli.reports.drill_charts import coverage_chart, goals_chart, played_chart, trend_chart
from atttcli.reports.drill_words import words_of
from atttcli.reports.font_gate import pdf_faces
from atttcli.reports.outline import Chart, HeatChart
from tests.support.drill_case import BASE, bac_kan, robot_room

OWN = words_of("vi")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DrillReport:
    source = (packaged("seeds") / "drills" / "ransomware-commune.yaml").read_bytes()
    folder: Path = tmp_path_factory.mktemp("charts")
    with robot_room(folder, source, "noisy") as (room, _told):
        return build_report(room, bac_kan(), BASE + 10**10)


def test_every_inject_action_and_target_is_on_the_timeline(report: DrillReport) -> None:
    (chart,) = played_chart(report, "vi")
    lanes = {
        name: [one for one in chart.happenings if one.lane == OWN[name]] for name in ("lane_inject", "lane_target")
    }
    assert len(lanes["lane_inject"]) == sum(one.kind == "inject" for one in report.timeline)
    timed = {line.id.partition(".")[0] for line in report.lines if line.target > 0}
    assert len(lanes["lane_target"]) == len(timed)
    assert {one.state for one in lanes["lane_target"]} == {"met", "late"}


def test_a_pause_stops_the_clock_of_a_target(report: DrillReport) -> None:
    line = next(one for one in report.lines if one.target > 0 and one.took >= 0)
    inject = next(one for one in report.timeline if one.kind == "inject" and one.what == line.inject)
    start, end = inject.at + line.target // 2, inject.at + line.target // 2 + 20 * MINUTE
    clock = (
        ReportEvent(start, 0, "clock", "drill.paused", "", "x", 900),
        ReportEvent(end, 0, "clock", "drill.resumed", "", "x", 901),
    )
    paused = replace(report, pauses=((start, "sự cố thật"),), timeline=(*report.timeline, *clock))

    def until(found: DrillReport) -> int | None:
        (chart,) = played_chart(found, "vi")
        return next(one.until for one in chart.happenings if one.lane == OWN["lane_target"] and one.at == inject.at)

    before, after = until(report), until(paused)
    assert before is not None and after == before + 20 * MINUTE
    (chart,) = played_chart(paused, "vi")
    (pause,) = [one for one in chart.happenings if one.lane == OWN["lane_pause"]]
    assert (pause.at, pause.until, pause.text) == (start, end, "sự cố thật")


def test_what_was_not_tested_is_none_and_never_nought(report: DrillReport) -> None:
    (chart,) = coverage_chart(report, "vi")
    assert chart.percent
    cells = dict(zip(chart.columns, chart.rows[0][1], strict=True))
    for code, value in report.coverage:
        assert cells[code] == (None if value is None else round(100 * value))
    assert None in cells.values()


def test_teams_stand_side_by_side(report: DrillReport) -> None:
    assert isinstance(next(goals_chart(report, "vi")), Chart)
    other = TeamResult("doi-b", 40.0, ((report.goals[0].id, 12.4),), ((report.coverage[0][0], 0.5),))
    both = replace(report, peers=(other,))
    goals = next(goals_chart(both, "vi"))
    assert isinstance(goals, HeatChart)
    assert goals.rows[0][1][1] == 12 and goals.rows[1][1][1] is None
    (coverage,) = coverage_chart(both, "vi")
    assert len(coverage.rows) == 2 and coverage.rows[1][0] == "doi-b"
    text = render_drill(compose_report(both, "vi"), "txt").decode()
    assert "doi-b" in text and "chưa thử" in text


def test_one_drill_is_no_trend(report: DrillReport) -> None:
    assert not list(trend_chart(replace(report, trend=(("a", "DT-1", 0.5),)), "vi"))
    (chart,) = trend_chart(replace(report, trend=(("a", "DT-1", 0.5), ("a", "DT-2", 0.75), ("b", "DT-2", 1.0))), "vi")
    assert chart.rows == (("a", (50, 75)), ("b", (None, 100)))


def test_its_pdf_passes_the_gate_on_faces(report: DrillReport) -> None:
    assert list(pdf_faces(render_drill(compose_report(report, "vi"), "pdf"), 50)) == []
