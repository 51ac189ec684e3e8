"""The week on one or two pages: figures beside last week's, new incidents, what waits, agencies that are silent."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.reports.paper import Paper, Part, Text
from atttcli.reports.papers.counts import Tally, count, silent_agencies
from atttcli.reports.papers.desk import Ask, Desk, finish, header
from atttcli.reports.papers.outlook import coming, shortcomings
from atttcli.reports.papers.period import Period, latest
from atttcli.reports.papers.periodic import figures_of
from atttcli.reports.papers.tables import (
    advisory_rows,
    comparison,
    incident_rows,
    severity_rows,
    silent_rows,
    type_rows,
)


def weekly_report(desk: Desk, ask: Ask) -> Paper:
    """Of `ask.period`, by default the last seven days that make a week."""
    period = ask.period or latest("week", desk.as_of)
    now, before = count(desk.store, period), count(desk.store, period.before())
    figures = tuple(figures_of(desk, now, before))[:7]
    name = period.name(desk.language)
    paper = Paper(
        code="bao_cao_tuan",
        as_of=desk.as_of,
        kind=desk.say("BÁO CÁO", "REPORT"),
        summary=desk.say(
            f"Tình hình an toàn thông tin đáng chú ý trong {name}", f"Information security in the week {name}"
        ),
        subject=f"week {'/'.join(period.span)}",
        foot=name,
        span=period.span,
        header=header(desk, "bao_cao", desk.holders(("bcd_tinh",)), desk.holders(("chu_quan", "doi_ucsc"))),
        parts=(
            Text("1. " + desk.say("Số liệu trong tuần", "Figures of the week"), "heading"),
            comparison(desk, figures),
            *_parts(desk, ask, period, now, before),
        ),
        closing=desk.say(f"Trên đây là báo cáo {name}", f"This is the report of the week {name}"),
        figures=figures,
    )
    return finish(desk, paper)


def _parts(desk: Desk, ask: Ask, period: Period, now: Tally, before: Tally) -> Iterator[Part]:
    say = desk.say
    yield Text("2. " + say("Cảnh báo theo mức độ", "Alerts by severity"), "heading")
    yield severity_rows(desk, now, before)
    yield Text("3. " + say("Sự cố", "Incidents"), "heading")
    yield type_rows(desk, now, before)
    yield incident_rows(desk, now, short=True)
    yield Text("4. " + say("Cảnh báo đã gửi", "Advisories sent"), "heading")
    yield advisory_rows(desk, now)
    yield Text("5. " + say("Đơn vị chưa trả lời", "Agencies that are silent"), "heading")
    yield silent_rows(desk, silent_agencies(desk.store, desk.as_of))
    yield Text("6. " + say("Việc còn tồn, việc tuần tới", "Left to do, next week"), "heading")
    told = [*shortcomings(desk, now), *coming(desk, period.after())]
    if ask.texts.get("plan"):
        yield Text(ask.texts["plan"])
    for at, text in enumerate(told, 1):
        yield Text(text.rstrip(";. ") + (";" if at < len(told) else "."), "item")
    if not told and not ask.texts.get("plan"):
        yield Text(say("Không có.", "None."))
