"""The tables that periodic papers share; each puts this period beside the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from atttcli.clock import local_text
from atttcli.reports.paper import Figure, Head, Rows
from atttcli.reports.papers.counts import ANSWERED, Tally, change, machines_of
from atttcli.reports.papers.desk import Desk
from atttcli.reports.papers.figures import agencies_now, time_names, time_summaries, type_names
from atttcli.reports.papers.words import decimal, whole

if TYPE_CHECKING:
    from atttcli.reports.papers.period import Period
    from atttcli.reports.papers.silence import Owing

LONGEST_TITLE = 300  # characters in a list of incidents
_SEVERITIES = ("critical", "high", "medium", "low", "informational")
_FORMATS = {
    "tabletop": ("bàn giấy", "tabletop"),
    "functional": ("trên công cụ", "functional"),
    "real": ("thực chiến", "real systems"),
    "flash": ("ngắn (20 phút)", "flash"),
}
Cells = tuple[str, ...]


def table(
    desk: Desk, name: str, heads: Sequence[tuple[str, str, int]], rows: Iterable[Cells], left: Sequence[int] = (0,)
) -> Rows:
    """Heads are (Vietnamese, English, share); columns outside `left` are centred."""

    def side(at: int) -> Literal["left", "center"]:
        return "left" if at in left else "center"

    columns = tuple(
        Head(title=desk.say(vi, en), share=share, align=side(at)) for at, (vi, en, share) in enumerate(heads)
    )
    return Rows(name, columns, tuple(rows))


def day_text(iso: str) -> str:
    """`03/05/2026` of `2026-05-03`."""
    return "/".join(reversed(iso.split("-")))


def compared(period: Period) -> tuple[tuple[str, str, int], ...]:
    """The three columns with which every figure stands beside the last period's."""
    if period.kind == "week":
        return (("Tuần này", "This week", 16), ("Tuần trước", "Last week", 16), ("Tăng, giảm", "Change", 20))
    return (("Kỳ này", "This period", 16), ("Kỳ trước", "Last period", 16), ("Tăng, giảm", "Change", 20))


def comparison(desk: Desk, period: Period, figures: Iterable[Figure]) -> Rows:
    """All figures with the last period's."""
    rows = []
    for at, one in enumerate(figures, 1):
        before = "-" if one.previous is None else pair(desk, one.previous, one.previous_of)
        rows.append(
            (str(at), one.label, pair(desk, one.value, one.of), before, change(one.value, one.previous, desk.language))
        )
    heads = (("TT", "No.", 7), ("Chỉ tiêu", "Figure", 41), *compared(period))
    return table(desk, "figures", heads, rows, (1,))


def pair(desk: Desk, value: int, of: int | None) -> str:
    """`37/41`; `0` alone where there was nothing to be part of."""
    shown = whole(value, desk.language)
    return shown if not of else f"{shown}/{whole(of, desk.language)}"


def severity_rows(desk: Desk, period: Period, now: Tally, before: Tally) -> Rows:
    """Alerts by severity; nothing when there were none in both periods."""
    from atttcli.reports.wording import wording

    names = wording(desk.language).severity
    rows = [
        (
            names.get(code, code),
            *_both(desk, now.alerts_by_severity.get(code, 0), before.alerts_by_severity.get(code, 0)),
        )
        for code in _SEVERITIES
    ]
    rows.append((desk.say("Tổng số", "Total"), *_both(desk, now.alerts, before.alerts)))
    some = rows if now.alerts or before.alerts else []
    return table(desk, "severity", (("Mức độ", "Severity", 48), *compared(period)), some)


def type_rows(desk: Desk, period: Period, now: Tally, before: Tally) -> Rows:
    """Incidents by the profile's types; those of no attack stand last, and a type that the profile lacks by its code.

    A week names only the types that there were, this week or last; longer periods all ten.
    """
    kinds, was = now.by_type(), before.by_type()
    names = type_names(desk)
    codes = [*names, *sorted((set(kinds) | set(was)) - set(names))]
    attacks = {one.code for one in desk.law.incident_types if one.group == "tan_cong" and period.kind != "week"}
    rows = [
        (
            names.get(code, code or desk.say("Chưa phân loại", "Not classified")),
            *_both(desk, len(kinds.get(code, ())), len(was.get(code, ()))),
        )
        for code in codes
        if code in attacks or code in kinds or code in was
    ]
    rows.append((desk.say("Tổng số", "Total"), *_both(desk, len(now.incidents), len(before.incidents))))
    some = rows if now.incidents or before.incidents else []
    return table(desk, "types", (("Loại sự cố", "Type", 48), *compared(period)), some)


def agency_rows(desk: Desk, period: Period, now: Tally, before: Tally, most: int | None = None) -> Rows:
    """Agencies with incidents, most first; with `most` only so many rows, and how many agencies are left out."""
    mine, was = agencies_now(desk, period, now), agencies_now(desk, period, before)
    codes = sorted(set(mine) | set(was), key=lambda code: (-len(mine.get(code, ())), -len(was.get(code, ())), code))
    shown = codes if most is None or len(codes) <= most + 1 else codes[:most]
    rows = [
        (
            str(at),
            desk.agency(code) if code else desk.say("Chưa xác định", "Not known"),
            *_both(desk, len(mine.get(code, ())), len(was.get(code, ()))),
        )
        for at, code in enumerate(shown, 1)
    ]
    if len(shown) < len(codes):
        left = len(codes) - len(shown)
        told = desk.say(f"… và {whole(left, 'vi')} đơn vị khác (xem Phụ lục)", f"… and {left} more (see the annex)")
        rows.append(("", told, "", "", ""))
    heads = (("TT", "No.", 7), ("Đơn vị", "Agency", 41), *compared(period))
    return table(desk, "agencies" if most else "agencies-all", heads, rows, (1,))


def _both(desk: Desk, now: int, before: int) -> Cells:
    return whole(now, desk.language), whole(before, desk.language), change(now, before, desk.language)


def advisory_rows(desk: Desk, now: Tally) -> Rows:
    """Each advisory of the period: to how many, how many answered, machines."""
    rows = []
    copies: dict[str, list[dict[str, Any]]] = {}
    for copy in now.deliveries:
        copies.setdefault(copy["advisory"], []).append(copy)
    for at, one in enumerate(now.advisories, 1):
        mine = copies.get(one["number"], [])
        answered = sum(copy["state"] in ANSWERED for copy in mine)
        machines = machines_of(mine)
        rows.append(
            (
                str(at), one["document"] or one["number"], one["title"],
                pair(desk, answered, len(mine)) if mine else desk.say("chưa gửi", "not sent"),
                pair(desk, *machines) if any(machines) else "-",
            )
        )  # fmt: skip
    heads = (
        ("TT", "No.", 7),
        ("Số, ký hiệu", "Number", 20),
        ("Nội dung", "Subject", 41),
        ("Đã trả lời", "Answered", 16),
        ("Máy đã xử lý", "Machines", 16),
    )
    return table(desk, "advisories", heads, rows, (2,))


def drill_rows(desk: Desk, now: Tally) -> Rows:
    """Exercises held, as their summaries say; a void one has no score."""
    rows = []
    for at, one in enumerate(now.drills, 1):
        name = str(one["name"].get(desk.language) or one["name"].get("vi") or one["code"])
        score = f"{one['total']:.0f}/100" if one["valid"] else desk.say("không tính", "void")
        form = desk.say(*_FORMATS.get(one["format"], (one["format"],) * 2))
        rows.append((str(at), one["number"], name, form, local_text(one["ended"], seconds=False)[:10], score))
    heads = [("TT", "No.", 6), ("Mã", "Code", 18), ("Nội dung", "Subject", 33), ("Hình thức", "Format", 16)]
    heads += [("Ngày", "Day", 14), ("Điểm", "Score", 13)]
    return table(desk, "drills", heads, rows, (2,))


def training_rows(desk: Desk, now: Tally) -> Rows:
    """Trainings held."""
    rows = [
        (
            str(at),
            one["title"],
            day_text(one["held"]),
            decimal(one["days"], desk.language),
            whole(one["attendees"], desk.language),
            one["provider"] or "-",
        )
        for at, one in enumerate(now.trainings, 1)
    ]
    heads = (
        ("TT", "No.", 7),
        ("Nội dung", "Subject", 35),
        ("Ngày", "Day", 16),
        ("Số ngày", "Days", 10),
        ("Lượt người", "People", 12),
        ("Đơn vị thực hiện", "Held by", 20),
    )
    return table(desk, "trainings", heads, rows, (1, 5))


def inspection_rows(desk: Desk, now: Tally) -> Rows:
    """Inspections held with what they found and what of it is still open."""
    results = {"met": ("đạt", "met"), "partly": ("đạt một phần", "partly met"), "not_met": ("chưa đạt", "not met")}
    rows = []
    for at, one in enumerate(now.inspections, 1):
        mine = [found for found in now.findings if found["inspection"] == one["number"]]
        left = sum(found["state"] == "open" for found in mine)
        system = desk.inventory.system(one["system"])
        name = system.name if system else one["system"] or desk.agency(one["agency"])
        rows.append(
            (
                str(at),
                name,
                day_text(one["held"]),
                desk.say(*results[one["result"]]),
                pair(desk, len(mine) - left, len(mine)) if mine else "-",
            )
        )
    heads = (
        ("TT", "No.", 7),
        ("Hệ thống", "System", 41),
        ("Ngày", "Day", 18),
        ("Kết quả", "Result", 18),
        ("Tồn tại đã khắc phục", "Findings fixed", 16),
    )
    return table(desk, "inspections", heads, rows, (1,))


def incident_rows(desk: Desk, now: Tally, short: bool = False) -> Rows:
    """Every incident of the period; `short` leaves out what a portrait page has no room for."""
    from atttcli.reports.build_timeline import status_words

    names = type_names(desk)
    heads = [("TT", "No.", 5), ("Mã sự cố", "Number", 13), ("Tên", "Title", 24), ("Loại", "Type", 17)]
    heads += [("Mức", "Severity", 7), ("Trạng thái", "Status", 12)]
    if short:
        heads = [("TT", "No.", 7), ("Mã sự cố", "Number", 18), ("Tên", "Title", 31), ("Loại", "Type", 22)]
        heads += [("Mức", "Severity", 9), ("Trạng thái", "Status", 13)]
    else:
        heads += [("Đơn vị", "Agency", 17), ("Tiếp nhận", "Reported", 12)]
    rows = []
    for at, one in enumerate(now.incidents, 1):
        kind = names.get(one["category"], one["category"] or "-")
        state = status_words(one["status"]).say(desk.language)
        cells = (str(at), one["number"], _listed(one["title"]), kind, one["severity"] or "-", state)
        agencies = "\n".join(map(desk.agency, one["agencies"])) or "-"
        rows.append(cells if short else (*cells, agencies, local_text(one["opened"], seconds=False)))
    return table(desk, "incidents", heads, rows, (2, 3, 6))


def _listed(title: str) -> str:
    """A title as a list has room for; the incident's own papers have all of it."""
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"


def owing_rows(desk: Desk, owing: Iterable[tuple[str, int, int]]) -> Rows:
    """Agencies that owe an answer, whatever else was heard of them."""
    rows = [
        (str(at), desk.agency(code), whole(letters, desk.language), whole(late, desk.language))
        for at, (code, letters, late) in enumerate(owing, 1)
    ]
    heads = (
        ("TT", "No.", 7),
        ("Đơn vị", "Agency", 57),
        ("Cảnh báo chưa trả lời", "Unanswered", 18),
        ("Quá hạn", "Past term", 18),
    )
    return table(desk, "unanswered", heads, rows, (1,))


def silent_rows(desk: Desk, silent: Iterable[Owing]) -> Rows:
    """Agencies that were asked and of which nothing was heard in the period."""
    rows = [
        (
            str(at),
            desk.agency(one.agency),
            whole(one.letters, desk.language),
            whole(one.late, desk.language),
            desk.say("chưa lần nào", "never") if one.last is None else local_text(one.last, seconds=False)[:10],
        )
        for at, one in enumerate(silent, 1)
    ]
    heads = (
        ("TT", "No.", 7),
        ("Đơn vị", "Agency", 45),
        ("Cảnh báo chưa trả lời", "Unanswered", 16),
        ("Quá hạn", "Past term", 12),
        ("Trả lời gần nhất", "Last answer", 20),
    )
    return table(desk, "silent", heads, rows, (1,))


def time_rows(desk: Desk, period: Period) -> Rows:
    """Median and p90 in hours, beside the last period's median; nothing when no time is known."""
    now, was = time_summaries(desk, period)
    rows = []
    for name, label in time_names(desk).items():
        mine, before = (None if one is None else one.measures[name] for one in (now, was))
        cells = (mine.median, mine.p90) if mine else (None, None)
        times = [_hours(desk, micros) for micros in (*cells, before.median if before else None)]
        rows.append((label, whole(mine.count if mine else 0, desk.language), *times))
    heads = (
        ("Khoảng thời gian", "Span", 40),
        ("Số sự cố", "Incidents", 12),
        ("Trung vị", "Median", 16),
        ("90% số sự cố không quá", "90% within", 16),
        ("Trung vị kỳ trước", "Median before", 16),
    )
    return table(desk, "times", heads, rows if now or was else [])


def _hours(desk: Desk, micros: int | None) -> str:
    if micros is None:
        return "-"
    return decimal(micros / 3_600_000_000, desk.language) + desk.say(" giờ", " h")


def level_rows(desk: Desk) -> Rows:
    """The province's own systems by level, as its register stands."""
    rows = []
    for at, system in enumerate(sorted(desk.place.systems, key=lambda one: (-(one.level or 0), one.name)), 1):
        if not system.external:
            level = str(system.level) if system.level else desk.say("chưa xác định", "none yet")
            watched = desk.say("có", "yes") if system.monitored_by else desk.say("chưa", "no")
            rows.append((str(at), system.name, level, desk.agency(system.operator or system.owner), watched))
    heads = (
        ("TT", "No.", 7),
        ("Hệ thống", "System", 41),
        ("Cấp độ", "Level", 12),
        ("Đơn vị vận hành", "Operated by", 28),
        ("Được giám sát", "Monitored", 12),
    )
    return table(desk, "systems", heads, rows, (1, 3))
