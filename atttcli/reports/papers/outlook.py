"""What the records themselves say falls short, and what they say is to be done in the period ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from atttcli.inventory.inspections import inspections_due
from atttcli.reports.papers.counts import Tally, silent_agencies
from atttcli.reports.papers.desk import Desk
from atttcli.reports.papers.period import Period
from atttcli.reports.papers.tables import day_text

MAX_LISTED = 12


def shortcomings(desk: Desk, now: Tally) -> Iterator[str]:
    """Sentences with figures: late clocks, unanswered letters, open findings, incidents that still run."""
    store, say = desk.store, desk.say
    numbers = {one["number"] for one in now.incidents}
    late = [
        row
        for row in store.rows("SELECT incident, code, due, met FROM deadline WHERE coalesce(met, ?) > due", desk.as_of)
        if row["incident"] in numbers
    ]
    if late:
        yield say(
            f"{len(late)} thời hạn báo cáo theo quy định bị trễ hoặc chưa thực hiện",
            f"{len(late)} legal clocks were missed or are overdue",
        )
    silent = [one for one in silent_agencies(store, desk.as_of) if one[2]]
    if silent:
        names = ", ".join(desk.agency(code) for code, _letters, _late in silent[:5])
        more = len(silent) - 5
        rest = say(f" và {more} đơn vị khác", f" and {more} more") if more > 0 else ""
        yield say(
            f"{len(silent)} đơn vị quá hạn chưa trả lời cảnh báo: {names}{rest}",
            f"{len(silent)} agencies are past their term: {names}{rest}",
        )
    undecided = now.alerts - now.alerts_decided
    if undecided:
        yield say(
            f"{undecided} cảnh báo trong kỳ chưa được xem xét", f"{undecided} alerts of the period were not decided on"
        )
    ended = set(now.ended())
    running = [one["number"] for one in now.incidents if one["number"] not in ended]
    if running:
        yield say(
            f"{len(running)} sự cố chưa xử lý xong: {', '.join(running[:MAX_LISTED])}",
            f"{len(running)} incidents still run: {', '.join(running[:MAX_LISTED])}",
        )
    today = date.fromisoformat(_today(desk))
    overdue = store.value(
        "SELECT count(*) FROM inspection_finding f JOIN inspection i ON i.number = f.inspection WHERE f.state = 'open'"
        " AND i.withdrawn IS NULL AND f.due != '' AND f.due < ?",
        today.isoformat(),
    )
    if overdue:
        yield say(
            f"{overdue} tồn tại sau kiểm tra quá hạn khắc phục",
            f"{overdue} findings of inspections are past their term",
        )


def coming(desk: Desk, period: Period) -> Iterator[str]:
    """What falls due in a period: the law's calendar, inspections, contracts that end, letters that wait for answers."""
    say = desk.say
    first, last = period.span
    for duty in desk.law.deadlines:
        for day in _dates(duty.dates, period):
            name = duty.name if desk.language == "vi" else duty.name_en.capitalize()
            yield say(
                f"{name} (trước ngày {day:%d/%m/%Y}; {duty.legal_base})",
                f"{name} (before {day:%d/%m/%Y}; {duty.legal_base})",
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
    waiting = silent_agencies(desk.store, desk.as_of)
    if waiting:
        yield say(
            f"Đôn đốc {len(waiting)} đơn vị chưa trả lời cảnh báo",
            f"Chase {len(waiting)} agencies that have not answered",
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
