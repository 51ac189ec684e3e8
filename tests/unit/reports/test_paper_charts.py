"""Charts in the papers: the right numbers of the right period, nothing of exercises, nothing where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.clock import HOUR, FixedClock, parse_moment
from atttcli.inventory import Inventory, load_organisation
from atttcli.journal.journal import Journal
from atttcli.profile import load_profile
from atttcli.report import Incident, IncidentReport, NoticeRow, TimelineEntry, Words
from atttcli.reports.course_chart import course_timeline
from atttcli.reports.paper import Bars, HeatMap, Timeline, tables_of
from atttcli.reports.papers.catalog import build_paper, find_kind
from atttcli.reports.papers.charts import alert_charts, techniques
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.period import parse_period
from atttcli.store.connection import Store
from tests.support.reported_case import NUMBER, build_case

NOW = parse_moment("2021-06-14 10:00")
MAY = parse_moment("2021-05-31 23:30")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    case = build_case(tmp_path / "w")
    with Store(case.database) as store:
        inventory = Inventory(load_organisation("bac-kan"), (), (), "2021-06-14")
        yield Desk(Journal(store, "truc.ban", FixedClock(NOW)), inventory, load_profile("vn-2017"), NOW)


def _alert(desk: Desk, number: str, created: int, tags: list[str], **values: object) -> None:
    row = {
        "number": number, "fingerprint": number, "kind": "sigma", "rule_id": "r", "title": "x", "severity": 3, "count": 1,
        "category": "madoc", "agency": "vp-ubnd", "created": created, "tags": json.dumps(tags), **values,
    }  # fmt: skip
    with desk.store.transaction() as db:
        db.execute(f"INSERT INTO alert ({','.join(row)}) VALUES ({','.join('?' * len(row))})", tuple(row.values()))


def test_alerts_stand_by_agency_type_and_technique_in_the_month_of_vietnam(desk: Desk) -> None:
    _alert(desk, "CB-1", MAY, ["attack.t1110", "attack.T1110.003", "attack.initial-access"])
    _alert(desk, "CB-2", MAY + HOUR, ["attack.t1110"], agency="", category="")
    _alert(desk, "CB-3", MAY, ["attack.t1190"], muted=1)
    bars, agencies, found = list(alert_charts(desk, parse_period("2021-Q2")))
    assert isinstance(bars, Bars) and isinstance(agencies, HeatMap) and isinstance(found, HeatMap)
    assert found.columns == ("04/2021", "05/2021", "06/2021")
    assert {row.label: row.cells for row in found.rows} == {"T1110": (0, 1, 1), "T1110.003": (0, 1, 0)}
    by_name = {row.label: dict(zip(agencies.columns, row.cells, strict=True)) for row in agencies.rows}
    assert by_name["Văn phòng Ủy ban nhân dân tỉnh"]["Tấn công sử dụng mã độc"] == 1
    assert by_name["Chưa rõ đơn vị"]["Chưa phân loại"] == 1
    assert sum(bar.value for bar in bars.bars) == sum(sum(row.cells) for row in agencies.rows)  # type: ignore[arg-type]


def test_in_one_month_techniques_stand_beside_agencies(desk: Desk) -> None:
    _alert(desk, "CB-1", MAY, ["attack.t1110"])
    found = list(alert_charts(desk, parse_period("2021-05")))[-1]
    assert isinstance(found, HeatMap) and found.columns == ("Văn phòng Ủy ban nhân dân tỉnh",)


def test_last_periods_alerts_stand_beside_this_ones(desk: Desk) -> None:
    _alert(desk, "CB-1", MAY, [])
    _alert(desk, "CB-2", MAY + HOUR, [])
    bars = next(alert_charts(desk, parse_period("2021-06")))
    assert isinstance(bars, Bars)
    told = {bar.label: (bar.value, bar.previous) for bar in bars.bars}
    assert told["Tấn công sử dụng mã độc"] == (1, 1)


def test_a_period_without_alerts_has_no_charts(desk: Desk) -> None:
    assert list(alert_charts(desk, parse_period("2020-Q1"))) == []
    made = build_paper(find_kind("period"), desk, Ask(period=parse_period("2020-Q1")))
    assert not [part for part in made.parts if isinstance(part, (Bars, HeatMap, Timeline))]


@pytest.mark.parametrize("tags", ["", "[", "{}", "7", '["attack.t12345", "attack.t1x", 5, null, "xattack.t1110"]'])
def test_tags_that_name_no_technique_are_none(tags: str) -> None:
    assert list(techniques(tags)) == []


def test_the_technical_annex_and_the_sheets_have_the_course(desk: Desk) -> None:
    made = build_paper(find_kind("technical"), desk, Ask(subject=NUMBER))
    (course,) = [part for part in made.parts if isinstance(part, Timeline)]
    assert {one.lane for one in course.moments} == {"Cảnh báo", "Xử lý", "Thời hạn"}
    assert "course-chart" in {name for name, _rows in tables_of(made)}
    english = build_paper(find_kind("technical"), replace(desk, language="en"), Ask(subject=NUMBER))
    assert {one.lane for part in english.parts if isinstance(part, Timeline) for one in part.moments} >= {"Terms"}


def _report(*notices: NoticeRow) -> IncidentReport:
    told = (TimelineEntry(at=MAY, text="a", kind="alert"), TimelineEntry(at=None, text="b"))
    incident = Incident(number="SC-1", title="x", detected_at=MAY)
    return IncidentReport(as_of=MAY + 5 * HOUR, incident=incident, timeline=told, notices=notices)


@pytest.mark.parametrize(
    ("sent", "due", "state"),
    [(1, 2, "met"), (2, 2, "met"), (3, 2, "late"), (None, 2, "late"), (None, 9, "open")],
)
def test_a_term_is_met_late_or_open_as_of_the_reports_moment(sent: int | None, due: int, state: str) -> None:
    row = NoticeRow(name=Words("Báo cáo"), due_at=MAY + due * HOUR, sent_at=None if sent is None else MAY + sent * HOUR)
    made = course_timeline(_report(row), "vi")
    assert made is not None
    assert made.moments[-1].state == state
    assert made.moments[-1].at == MAY


def test_at_once_is_never_called_late() -> None:
    made = course_timeline(_report(NoticeRow(name=Words("Ngay"), due_at=MAY, sent_at=MAY + HOUR, now=True)), "vi")
    assert made is not None
    assert (made.moments[-1].state, made.moments[-1].until_at) == ("met", None)


def test_one_moment_is_no_timeline() -> None:
    assert course_timeline(_report(), "vi") is None
