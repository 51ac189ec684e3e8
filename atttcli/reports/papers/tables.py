"""The tables that periodic papers share; each puts this period beside the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from atttcli.clock import local_text
from atttcli.reports.paper import Figure, Head, Rows
from atttcli.reports.papers.counts import ANSWERED, Tally, change
from atttcli.reports.papers.desk import Desk
from atttcli.reports.papers.words import whole

_SEVERITIES = ("critical", "high", "medium", "low", "informational")
MAX_AGENCIES = 40
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


_COMPARED = (("Kỳ này", "This period", 18), ("Kỳ trước", "Last period", 18), ("Tăng, giảm", "Change", 16))


def comparison(desk: Desk, figures: Iterable[Figure]) -> Rows:
    """All figures with the last period's."""
    rows = []
    for at, one in enumerate(figures, 1):
        before = "-" if one.previous is None else _pair(desk, one.previous, one.previous_of)
        rows.append(
            (str(at), one.label, _pair(desk, one.value, one.of), before, change(one.value, one.previous)["text"])
        )
    heads = (("TT", "No.", 7), ("Chỉ tiêu", "Figure", 45), *_COMPARED)
    return table(desk, "figures", heads, rows, (1,))


def _pair(desk: Desk, value: int, of: int | None) -> str:
    shown = whole(value, desk.language)
    return shown if of is None else f"{shown}/{whole(of, desk.language)}"


def severity_rows(desk: Desk, now: Tally, before: Tally) -> Rows:
    """Alerts by severity."""
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
    return table(desk, "severity", (("Mức độ", "Severity", 48), *_COMPARED), rows)


def type_rows(desk: Desk, now: Tally, before: Tally) -> Rows:
    """Incidents by the profile's types; those of no attack stand last, and a type that the profile lacks by its code."""
    kinds, was = now.by_type(), before.by_type()
    names = {
        one.code: one.name if desk.language == "vi" else one.name_en.capitalize() for one in desk.law.incident_types
    }
    codes = [*names, *sorted((set(kinds) | set(was)) - set(names))]
    groups = {one.code: one.group for one in desk.law.incident_types}
    rows = [
        (
            names.get(code, code or desk.say("Chưa phân loại", "Not classified")),
            *_both(desk, len(kinds.get(code, ())), len(was.get(code, ()))),
        )
        for code in codes
        if groups.get(code) == "tan_cong" or code in kinds or code in was
    ]
    rows.append((desk.say("Tổng số", "Total"), *_both(desk, len(now.incidents), len(before.incidents))))
    return table(desk, "types", (("Loại sự cố", "Type", 48), *_COMPARED), rows)


def agency_rows(desk: Desk, now: Tally, before: Tally) -> Rows:
    """Agencies with incidents, most first."""
    mine, was = now.by_agency(), before.by_agency()
    codes = sorted(set(mine) | set(was), key=lambda code: (-len(mine.get(code, ())), -len(was.get(code, ())), code))
    rows = [
        (
            str(at),
            desk.agency(code) if code else desk.say("Chưa xác định", "Not known"),
            *_both(desk, len(mine.get(code, ())), len(was.get(code, ()))),
        )
        for at, code in enumerate(codes[:MAX_AGENCIES], 1)
    ]
    return table(desk, "agencies", (("TT", "No.", 7), ("Đơn vị", "Agency", 41), *_COMPARED), rows, (1,))


def _both(desk: Desk, now: int, before: int) -> Cells:
    return whole(now, desk.language), whole(before, desk.language), change(now, before)["text"]


def advisory_rows(desk: Desk, now: Tally) -> Rows:
    """Each advisory of the period: to how many, how many answered, machines."""
    rows = []
    for at, one in enumerate(now.advisories, 1):
        mine = [copy for copy in now.deliveries if copy["advisory"] == one["number"]]
        answered = sum(copy["state"] in ANSWERED for copy in mine)
        handled = sum(copy["handled"] for copy in mine)
        total = sum(copy["total"] if copy["total"] is not None else copy["handled"] for copy in mine)
        rows.append(
            (str(at), one["document"] or one["number"], one["title"], f"{answered}/{len(mine)}", f"{handled}/{total}")
        )
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
        rows.append((str(at), one["number"], name, one["team"], local_text(one["ended"], seconds=False), score))
    heads = [("TT", "No.", 7), ("Mã", "Code", 18), ("Nội dung", "Subject", 33), ("Đội", "Team", 14)]
    heads += [("Thời gian", "When", 15), ("Điểm", "Score", 13)]
    return table(desk, "drills", heads, rows, (2,))


def training_rows(desk: Desk, now: Tally) -> Rows:
    """Trainings held."""
    rows = [
        (
            str(at),
            one["title"],
            day_text(one["held"]),
            f"{one['days']:g}",
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
            (str(at), name, day_text(one["held"]), desk.say(*results[one["result"]]), f"{len(mine) - left}/{len(mine)}")
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

    names = {
        one.code: one.name if desk.language == "vi" else one.name_en.capitalize() for one in desk.law.incident_types
    }
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
        cells = (str(at), one["number"], one["title"], kind, one["severity"] or "-", state)
        agencies = "\n".join(map(desk.agency, one["agencies"])) or "-"
        rows.append(cells if short else (*cells, agencies, local_text(one["opened"], seconds=False)))
    return table(desk, "incidents", heads, rows, (2, 3, 6))


def silent_rows(desk: Desk, silent: Iterable[tuple[str, int, int]]) -> Rows:
    """Agencies that owe an answer."""
    rows = [(str(at), desk.agency(code), str(letters), str(late)) for at, (code, letters, late) in enumerate(silent, 1)]
    heads = (
        ("TT", "No.", 7),
        ("Đơn vị", "Agency", 57),
        ("Cảnh báo chưa trả lời", "Unanswered", 18),
        ("Quá hạn", "Past term", 18),
    )
    return table(desk, "silent", heads, rows, (1,))
