"""The week on one or two pages: figures beside last week's, new incidents, what waits, agencies that are silent."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.reports.paper import Appendix, Paper, Part, Text
from atttcli.reports.papers.charts import agency_map
from atttcli.reports.papers.counts import Tally, count
from atttcli.reports.papers.desk import Ask, Desk, finish, header
from atttcli.reports.papers.figures import WEEKLY, details, headline, silence_figures
from atttcli.reports.papers.machines import coverage_words, machine_figures, machine_scans
from atttcli.reports.papers.outlook import coming, security_field, shortcomings
from atttcli.reports.papers.period import Period, latest
from atttcli.reports.papers.silence import Silence, silence
from atttcli.reports.papers.tables import (
    advisory_rows,
    comparison,
    incident_rows,
    severity_rows,
    silent_rows,
    type_rows,
)
from atttcli.reports.papers.words import sentence, whole

NAMED = 10  # silent agencies that stand in the paper itself; all of them in its annex when there are more


def weekly_report(desk: Desk, ask: Ask) -> Paper:
    """Of `ask.period`, by default the last seven days that make a week."""
    period = ask.period or latest("week", desk.as_of)
    now, before = count(desk.store, period), count(desk.store, period.before())
    scans = machine_scans(desk, period)
    told = (*(one for one in headline(desk, now, before) if one.key in WEEKLY), *machine_figures(desk, scans))
    found = silence(desk, period)
    name = period.name(desk.language)
    annexes = (
        Appendix(
            title=desk.say("Đơn vị im lặng trong tuần", "Agencies that were silent"),
            parts=(silent_rows(desk, found.silent),),
        ),
    )
    paper = Paper(
        code="bao_cao_tuan",
        as_of=desk.as_of,
        kind=desk.say("BÁO CÁO", "REPORT"),
        summary=desk.say(
            f"Tình hình {security_field(desk)} đáng chú ý trong {name}", f"Information security in {name}"
        ),
        subject=f"week {'/'.join(period.span)}",
        foot=desk.say("Báo cáo ", "Report, ") + name,
        span=period.span,
        header=header(desk, "bao_cao", desk.holders(("bcd_tinh",)), desk.holders(("chu_quan", "doi_ucsc"))),
        parts=(
            Text("1. " + desk.say("Số liệu trong tuần", "Figures of the week"), "heading"),
            comparison(desk, period, told),
            *((Text(desk.say("Quét máy: ", "Scans: ") + coverage_words(desk, scans.coverage)),) if scans.known else ()),
            *_parts(desk, ask, period, now, before, found),
        ),
        closing=desk.say(f"Trên đây là báo cáo {name}", f"This is the report of {name}"),
        appendices=annexes if len(found.silent) > NAMED else (),
        figures=(*told, *silence_figures(desk, found), *details(desk, period, now, before)),
    )
    return finish(desk, paper)


def _parts(desk: Desk, ask: Ask, period: Period, now: Tally, before: Tally, found: Silence) -> Iterator[Part]:
    say = desk.say
    yield Text("2. " + say("Cảnh báo theo mức độ", "Alerts by severity"), "heading")
    yield severity_rows(desk, period, now, before)
    yield from agency_map(desk, period)
    yield Text("3. " + say("Sự cố", "Incidents"), "heading")
    yield type_rows(desk, period, now, before)
    if now.incidents:
        yield incident_rows(desk, now, short=True)
    yield Text("4. " + say("Cảnh báo đã gửi", "Advisories sent"), "heading")
    yield advisory_rows(desk, now)
    yield Text("5. " + say("Đơn vị im lặng trong tuần", "Agencies that are silent"), "heading")
    yield from _silent(desk, found)
    yield Text("6. " + say("Việc còn tồn, việc tuần tới", "Left to do, next week"), "heading")
    told = [*shortcomings(desk, period, now, letters=False), *coming(desk, period)]
    if ask.texts.get("plan"):
        yield Text(ask.texts["plan"])
    for at, text in enumerate(told, 1):
        yield Text(sentence(text.rstrip(";. ")) + (";" if at < len(told) else "."), "item")
    if not told and not ask.texts.get("plan"):
        yield Text(say("Không có.", "None."))


def _silent(desk: Desk, found: Silence) -> Iterator[Part]:
    """How many were asked and silent, and how that is counted; by name as many as the page has room for."""
    say, language = desk.say, desk.language
    silent, asked = whole(len(found.silent), language), whole(len(found.asked), language)
    quiet, every = whole(len(found.quiet), language), whole(len(found.agencies), language)
    if not found.asked:
        yield Text(say("Trong tuần không có đơn vị nào đang nợ trả lời.", "No agency owed an answer in the week."))
    else:
        yield Text(
            say(
                f"{silent}/{asked} đơn vị đang nợ trả lời không có tin nào trong tuần: không trả lời cảnh báo, không báo sự cố,"
                " không gửi nhật ký hay kết quả quét.",
                f"{silent} of {asked} agencies that owed an answer were not heard of: no answer, no incident, no log, no scan.",
            )
        )
    if found.silent:
        yield silent_rows(desk, found.silent[:NAMED])
        left = len(found.silent) - NAMED
        if left > 0:
            yield Text(
                say(
                    f"và {whole(left, 'vi')} đơn vị khác (danh sách đủ ở Phụ lục).",
                    f"and {left} more, listed in the annex.",
                ),
                "note",
            )
    yield Text(
        say(
            f"Trong {every} đơn vị, {quiet} đơn vị không có tin nhưng cũng không bị yêu cầu trả lời.",
            f"Of {every} agencies {quiet} were not heard of, but nothing was asked of them either.",
        ),
        "note",
    )
