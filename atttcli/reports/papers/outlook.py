"""What the records themselves say falls short, and what they say is to be done in the period ahead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from atttcli.inventory.inspections import inspections_due
from atttcli.reports.papers.counts import Tally, silent_agencies
from atttcli.reports.papers.desk import Desk
from atttcli.reports.papers.period import Period
from atttcli.reports.papers.tables import day_text
from atttcli.reports.papers.words import sentence, whole

MAX_LISTED = 12
_UNDATED = re.compile(r" \((?:trước|before) [^)]*\)|, (?:trước|before) \d[^,;]*\Z")  # the days stand behind the name


def security_field(desk: Desk) -> str:
    """What the law in force calls the field: `an toàn thông tin mạng`, `an ninh mạng`."""
    return next((one.text for one in desk.law.vocabulary if one.key == "security"), "an toàn thông tin mạng")


def shortcomings(desk: Desk, period: Period, now: Tally, letters: bool = True) -> Iterator[str]:
    """Sentences with figures: late clocks, unanswered letters of this time or before, open findings, incidents that run."""
    store, say = desk.store, desk.say
    numbers = {one["number"] for one in now.incidents}
    late = [
        row
        for row in store.rows("SELECT incident, code, due, met FROM deadline WHERE coalesce(met, ?) > due", desk.as_of)
        if row["incident"] in numbers
    ]
    if late:
        yield say(
            f"{whole(len(late), 'vi')} thời hạn báo cáo theo quy định bị trễ hoặc chưa thực hiện",
            f"{whole(len(late), 'en')} legal clocks were missed or are overdue",
        )
    silent = [one for one in silent_agencies(store, desk.as_of, period.end) if one[2]]
    if silent and letters:
        names = ", ".join(desk.agency(code) for code, _letters, _late in silent[:5])
        more = len(silent) - 5
        rest = say(f" và {whole(more, 'vi')} đơn vị khác", f" and {more} more") if more > 0 else ""
        yield say(
            f"{whole(len(silent), 'vi')} đơn vị quá hạn chưa trả lời cảnh báo: {names}{rest}",
            f"{len(silent)} agencies are past their term: {names}{rest}",
        )
    undecided = now.alerts - now.alerts_decided
    if undecided:
        yield say(
            f"{whole(undecided, 'vi')} cảnh báo trong kỳ chưa được xem xét",
            f"{whole(undecided, 'en')} alerts of the period were not decided on",
        )
    ended = set(now.ended())
    running = [one["number"] for one in now.incidents if one["number"] not in ended]
    if running:
        more = len(running) - MAX_LISTED
        rest = say(f" và {whole(more, 'vi')} sự cố khác", f" and {more} more") if more > 0 else ""
        told = ", ".join(running[:MAX_LISTED]) + rest
        yield say(
            f"{whole(len(running), 'vi')} sự cố tiếp nhận trong kỳ chưa xử lý xong: {told}",
            f"{whole(len(running), 'en')} incidents of the period still run: {told}",
        )
    today = date.fromisoformat(_today(desk))
    overdue = store.value(
        "SELECT count(*) FROM inspection_finding f JOIN inspection i ON i.number = f.inspection WHERE f.state = 'open'"
        " AND i.withdrawn IS NULL AND i.held <= ? AND f.due != '' AND f.due < ?",
        period.span[1],
        today.isoformat(),
    )
    if overdue:
        yield say(
            f"{whole(overdue, 'vi')} tồn tại sau kiểm tra quá hạn khắc phục",
            f"{overdue} findings of inspections are past their term",
        )


def coming(desk: Desk, period: Period) -> Iterator[str]:
    """What falls due in the time after `period`: the law's calendar, inspections, contracts that end, letters that wait."""
    say = desk.say
    until, following = period.end, period.after()
    first, last = following.span
    for duty in desk.law.deadlines:
        days = [f"{day:%d/%m/%Y}" for day in _dates(duty.dates, following)]
        if days:
            name = _UNDATED.sub("", duty.name if desk.language == "vi" else sentence(duty.name_en))
            yield say(
                f"{name} (trước ngày {' và ngày '.join(days)}; {duty.legal_base})",
                f"{name} (before {' and '.join(days)}; {duty.legal_base})",
            )
    due = [one for one in inspections_due(desk.store, desk.place, desk.law) if one.due <= last]
    if due:
        names = [system.name if (system := desk.inventory.system(one.system)) else one.system for one in due]
        more = len(names) - MAX_LISTED
        rest = say(f" và {more} hệ thống khác", f" and {more} more") if more > 0 else ""
        told = ", ".join(names[:MAX_LISTED]) + rest
        yield say(
            f"Kiểm tra, đánh giá {len(due)} hệ thống đến hạn: {told}",
            f"Inspect {len(due)} systems that are due: {told}",
        )
    for row in desk.store.rows(
        "SELECT title, valid_until FROM contract WHERE ended = '' AND valid_until >= ? AND valid_until <= ? ORDER BY valid_until",
        first,
        last,
    ):
        yield say(
            f"Gia hạn hoặc thay thế hợp đồng {row['title']} (hết hạn {day_text(row['valid_until'])})",
            f"Renew contract {row['title']} (ends {row['valid_until']})",
        )
    actions = desk.store.rows(
        "SELECT number, title FROM action WHERE status IN ('open','reopened') ORDER BY due, number"
    )
    if actions:
        told = "; ".join(row["title"] for row in actions[:MAX_LISTED])
        yield say(
            f"Thực hiện {len(actions)} việc cải tiến sau diễn tập, sự cố: {told}",
            f"Carry out {len(actions)} improvement actions: {told}",
        )
    waiting = silent_agencies(desk.store, desk.as_of, until)
    if waiting:
        yield say(
            f"Đôn đốc {whole(len(waiting), 'vi')} đơn vị chưa trả lời cảnh báo",
            f"Chase {whole(len(waiting), 'en')} agencies that have not answered",
        )


def _dates(dates: tuple[str, ...], period: Period) -> Iterator[date]:
    """The days of a yearly duty that fall into the period."""
    for year in range(period.first.year, period.last.year + 1):
        for text in dates:
            month, day = (int(part) for part in text.split("-"))
            found = date(year, month, day)
            if period.first <= found <= period.last:
                yield found


def _today(desk: Desk) -> str:
    from atttcli.clock import VIETNAM, from_micros

    return from_micros(desk.as_of, VIETNAM).date().isoformat()
