"""The course of an incident as a timeline: what was seen, what was done, and the terms of the law with what met them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from atttcli.report import IncidentReport, NoticeRow
from atttcli.reports.paper import Moment, Timeline

_WORDS = {
    "vi": {
        "title": "Biểu đồ diễn biến sự cố và thời hạn báo cáo",
        "alert": "Cảnh báo",
        "work": "Xử lý",
        "term": "Thời hạn",
        "met": "Đúng hạn",
        "late": "Gửi trễ",
        "open": "Chưa gửi, còn hạn",
        "missed": "Quá hạn, chưa gửi",
        "now_met": "Đã gửi",
        "now_open": "Phải gửi ngay",
    },
    "en": {
        "title": "Course of the incident and the terms for reports",
        "alert": "Alerts",
        "work": "Response",
        "term": "Terms",
        "met": "In time",
        "late": "Sent late",
        "open": "Not sent, in term",
        "missed": "Past term, not sent",
        "now_met": "Sent",
        "now_open": "To be sent at once",
    },
}
_TOLD_AS_TERM = frozenset({"deadline.met"})


def course_timeline(report: IncidentReport, language: str) -> Timeline | None:
    """The timeline, or None where fewer than two things have a time."""
    say = _WORDS[language]
    moments = [*_happened(report, say), *_terms(report, language)]
    if len(moments) < 2:
        return None
    order = {say["alert"]: 0, say["work"]: 1, say["term"]: 2}
    moments.sort(key=lambda one: (order[one.lane], one.at))
    return Timeline(name="course-chart", title=say["title"], moments=tuple(moments))


def _happened(report: IncidentReport, say: dict[str, str]) -> Iterator[Moment]:
    for entry in report.timeline:
        if entry.at is not None and entry.kind not in _TOLD_AS_TERM:
            yield Moment(at=entry.at, text=entry.text, lane=say["alert" if entry.kind == "alert" else "work"])


def _terms(report: IncidentReport, language: str) -> Iterator[Moment]:
    """Each term as a span from the moment that set it off, as far as the report knows it."""
    incident = report.incident
    known = [at for at in (incident.detected_at, incident.opened_at) if at is not None]
    for row in report.notices:
        if row.due_at is None:
            continue
        start = min(known[0], row.due_at) if known else row.due_at
        yield _term(row, start, row.due_at, report.as_of, language)


def _term(row: NoticeRow, start: int, due: int, as_of: int, language: str) -> Moment:
    say = _WORDS[language]
    name, lane = row.name.say(language), say["term"]
    if row.now:  # nothing says how long "at once" may take
        if row.sent_at is None:
            return Moment(at=due, text=f"{say['now_open']}: {name}", lane=lane, state="open")
        return Moment(at=row.sent_at, text=f"{say['now_met']}: {name}", lane=lane, state="met")
    late = (row.sent_at if row.sent_at is not None else as_of) > due
    word = ("late" if late else "met") if row.sent_at is not None else ("missed" if late else "open")
    state: Literal["met", "late", "open"] = "late" if late else "met" if row.sent_at is not None else "open"
    return Moment(at=start, text=f"{say[word]}: {name}", lane=lane, until_at=due, done_at=row.sent_at, state=state)
