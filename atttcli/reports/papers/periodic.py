"""The team's periodic report to the steering committee: what happened, what was done, what falls short, what comes next.

Every figure stands beside the last period's and carries what it was counted from. What only people know (shortcomings, the
plan, proposals) is given as text and stands beside what the records show.
"""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.incident.metrics import MEASURES, summarise, times
from atttcli.reports.paper import Appendix, Bar, Bars, Figure, Gap, Paper, Part, Rows, Text, figure
from atttcli.reports.papers.consolidated import handling_table
from atttcli.reports.papers.counts import Tally, count, silent_agencies
from atttcli.reports.papers.desk import Ask, Desk, finish, header
from atttcli.reports.papers.outlook import coming, shortcomings
from atttcli.reports.papers.period import Period, latest
from atttcli.reports.papers.tables import (
    advisory_rows,
    agency_rows,
    comparison,
    day_text,
    drill_rows,
    incident_rows,
    inspection_rows,
    severity_rows,
    silent_rows,
    training_rows,
    type_rows,
)
from atttcli.reports.papers.words import whole


def periodic_report(desk: Desk, ask: Ask) -> Paper:
    """Of `ask.period`, by default the last quarter that is over."""
    period = ask.period or latest("quarter", desk.as_of)
    now, before = count(desk.store, period), count(desk.store, period.before())
    figures = tuple(figures_of(desk, now, before))
    parts = tuple(_parts(desk, ask, period, now, before, figures))
    named = period.name(desk.language)
    wanted = (("plan", "Nhiệm vụ kỳ tới", "Next period"), ("shortcomings", "Tồn tại, hạn chế", "Shortcomings"))
    gaps = tuple(
        Gap(label=desk.say(vi, en), fields=(f"--text {name}=…",)) for name, vi, en in wanted if not ask.texts.get(name)
    )
    paper = Paper(
        code="bao_cao_dinh_ky",
        as_of=desk.as_of,
        kind=desk.say("BÁO CÁO", "REPORT"),
        summary=desk.say(
            f"Kết quả bảo đảm {_field(desk)}, ứng cứu sự cố {named}", f"Security and incident response, {named}"
        ),
        subject=f"{period.kind} {'/'.join(period.span)}",
        foot=named,
        span=period.span,
        header=header(
            desk, "bao_cao", desk.holders(("bcd_tinh", "chu_quan")), desk.holders(("dieu_phoi", "chuyen_trach")), True
        ),
        parts=parts,
        closing=desk.say(f"Trên đây là báo cáo {named}", f"This is the report for {named}"),
        appendices=tuple(_appendices(desk, now, before)),
        figures=figures,
        missing=gaps,
    )
    return finish(desk, paper)


def _field(desk: Desk) -> str:
    return next((one.text for one in desk.law.vocabulary if one.key == "security"), "an toàn thông tin mạng")


def figures_of(desk: Desk, now: Tally, before: Tally) -> Iterator[Figure]:
    """The figures of the table that opens the report, in its order."""
    numbers = [one["number"] for one in now.incidents]
    say = desk.say
    yield figure(
        "alerts",
        say("Cảnh báo tiếp nhận", "Alerts"),
        value=now.alerts,
        previous=before.alerts,
        query=say("cảnh báo không bị ẩn, lưu trong kỳ (atttcli alert list)", "alerts stored in the period, not muted"),
    )
    yield figure(
        "alerts_decided",
        say("Cảnh báo đã xem xét", "Alerts decided on"),
        value=now.alerts_decided,
        of=now.alerts,
        previous=before.alerts_decided,
        previous_of=before.alerts,
        query=say("có quyết định: gắn sự cố hoặc đóng", "linked or closed"),
    )
    yield figure(
        "incidents",
        say("Sự cố", "Incidents"),
        numbers,
        previous=len(before.incidents),
        entries=now.entries(numbers),
        query=say(
            "sự cố tiếp nhận trong kỳ; không tính diễn tập, từ chối, gộp",
            "reported in the period; no exercises, rejected or merged",
        ),
    )
    ended = now.ended()
    yield figure(
        "incidents_ended",
        say("Sự cố đã xử lý xong", "Incidents handled to the end"),
        ended,
        of=len(numbers),
        previous=len(before.ended()),
        previous_of=len(before.incidents),
        entries=now.entries(ended),
        query=say("trạng thái tổng kết hoặc đóng", "status post_incident or closed"),
    )
    handled, total = now.machines()
    was_handled, was_total = before.machines()
    yield figure(
        "machines",
        say("Máy nhiễm, có lỗ hổng đã xử lý", "Machines handled"),
        now.sent(),
        value=handled,
        of=total,
        previous=was_handled,
        previous_of=was_total,
        query=say(
            "theo trả lời của đơn vị cho cảnh báo gửi trong kỳ", "as agencies answered to letters sent in the period"
        ),
    )
    yield figure(
        "advisories",
        say("Văn bản cảnh báo đã phát hành", "Advisories issued"),
        [one["number"] for one in now.advisories],
        previous=len(before.advisories),
        query=say("đã có số trong kỳ", "numbered in the period"),
    )
    yield figure(
        "answers",
        say("Lượt đơn vị trả lời cảnh báo", "Answers of agencies"),
        now.answered(),
        of=len(now.sent()),
        previous=len(before.answered()),
        previous_of=len(before.sent()),
        query=say("bản gửi trong kỳ đã có trả lời đến nay", "copies sent in the period, answered by now"),
    )
    yield figure(
        "drills",
        say("Cuộc diễn tập", "Drills"),
        [one["number"] for one in now.drills],
        previous=len(before.drills),
        entries=[one["seq"] for one in now.drills if one["seq"]],
    )
    yield figure(
        "trainings",
        say("Lớp tập huấn", "Trainings"),
        [one["number"] for one in now.trainings],
        previous=len(before.trainings),
    )
    yield figure(
        "attendees",
        say("Lượt người được tập huấn", "People trained"),
        [one["number"] for one in now.trainings],
        value=sum(one["attendees"] for one in now.trainings),
        previous=sum(one["attendees"] for one in before.trainings),
    )
    yield figure(
        "inspections",
        say("Hệ thống được kiểm tra, đánh giá", "Systems inspected"),
        [one["number"] for one in now.inspections],
        previous=len(before.inspections),
    )
    yield figure(
        "contracts",
        say("Hợp đồng giám sát đang hiệu lực", "Monitoring contracts in force"),
        [one["number"] for one in now.contracts],
        previous=len(before.contracts),
    )


def _parts(
    desk: Desk, ask: Ask, period: Period, now: Tally, before: Tally, figures: tuple[Figure, ...]
) -> Iterator[Part]:
    from atttcli.reports.wording import wording

    say, words = desk.say, wording(desk.language)
    bases = [base.text if desk.language == "vi" else base.english or base.text for base in desk.law.bases]
    for at, base in enumerate(bases, 1):
        yield Text(words.basis(base.strip().rstrip(";. ")) + (";" if at < len(bases) else "."), "basis")
    organ = desk.signing()
    name = organ.name if organ else "……"
    yield Text(
        say(
            f"{name} báo cáo kết quả {period.name('vi')} (số liệu đến {words.long_moment(desk.as_of)}) như sau:",
            f"{name} reports on {period.name('en')} (figures as of {words.long_moment(desk.as_of)}):",
        )
    )
    yield Text("I. " + say("SỐ LIỆU TỔNG HỢP", "FIGURES"), "part")
    yield comparison(desk, figures)
    yield Text("II. " + say("TÌNH HÌNH", "SITUATION"), "part")
    yield from _situation(desk, period, now, before)
    yield Text("III. " + say("KẾT QUẢ THỰC HIỆN", "WHAT WAS DONE"), "part")
    yield from _work(desk, now, before)
    yield Text("IV. " + say("TỒN TẠI, HẠN CHẾ", "SHORTCOMINGS"), "part")
    yield from _told(desk, ask.texts.get("shortcomings", ""), shortcomings(desk, now))
    yield Text("V. " + say("PHƯƠNG HƯỚNG, NHIỆM VỤ KỲ TỚI", "PLAN FOR THE NEXT PERIOD"), "part")
    following = period.after()
    yield Text(say(f"Kỳ tới: {following.name('vi')}.", f"Next period: {following.name('en')}."))
    yield from _told(desk, ask.texts.get("plan", ""), coming(desk, following))
    yield Text("VI. " + say("KIẾN NGHỊ, ĐỀ XUẤT", "PROPOSALS"), "part")
    proposals = dict.fromkeys(one["proposals"] for one in now.incidents if one["proposals"])
    yield from _told(desk, ask.texts.get("proposals", ""), proposals)


def _told(desk: Desk, text: str, listed: Iterator[str] | dict[str, None]) -> Iterator[Part]:
    """What people wrote, then what the records show; a word where there is neither."""
    items = [item.rstrip(";. ") for item in listed]
    if text:
        yield Text(text)
    for at, item in enumerate(items, 1):
        yield Text(item + (";" if at < len(items) else "."), "item")
    if not text and not items:
        yield Text(desk.say("Không có.", "None."))


def _situation(desk: Desk, period: Period, now: Tally, before: Tally) -> Iterator[Part]:
    say = desk.say
    yield Text("1. " + say("Cảnh báo theo mức độ", "Alerts by severity"), "heading")
    yield severity_rows(desk, now, before)
    yield Text("2. " + say("Sự cố theo loại", "Incidents by type"), "heading")
    yield type_rows(desk, now, before)
    kinds, was = now.by_type(), before.by_type()
    names = {
        one.code: one.name if desk.language == "vi" else one.name_en.capitalize() for one in desk.law.incident_types
    }
    bars = tuple(
        Bar(label=names.get(code, code), value=len(kinds.get(code, ())), previous=len(was.get(code, ())))
        for code in names
        if code in kinds or code in was
    )
    if bars:
        yield Bars(
            say("Biểu đồ sự cố theo loại (thanh nhạt: kỳ trước)", "Incidents by type (light: last period)"), bars
        )
    yield Text("3. " + say("Sự cố theo đơn vị", "Incidents by agency"), "heading")
    yield agency_rows(desk, now, before)
    yield Text("4. " + say("Thời gian phát hiện, xử lý", "Times to detect and handle"), "heading")
    yield _times(desk, period)


def _times(desk: Desk, period: Period) -> Rows:
    """Median and p90 in hours, beside the last period's."""
    from atttcli.reports.paper import Head

    names = {
        "mttd": desk.say("Từ khi xảy ra đến phát hiện", "Occurred to detected"),
        "mtta": desk.say("Từ tiếp nhận đến bắt đầu xem xét", "Reported to taken up"),
        "mttc": desk.say("Từ phát hiện đến khống chế", "Detected to contained"),
        "mttr": desk.say("Từ phát hiện đến khôi phục", "Detected to recovered"),
    }
    found = [summarise(times(desk.store, one.start, one.end)) for one in (period, period.before())]
    now, was = (one[0].measures if one else {} for one in found)
    rows = []
    for name in MEASURES:
        cells = [names[name], str(now[name].count if name in now else 0)]
        cells += [
            _hours(desk, now[name].median if name in now else None),
            _hours(desk, now[name].p90 if name in now else None),
        ]
        rows.append((*cells, _hours(desk, was[name].median if name in was else None)))
    heads = (
        ("Khoảng thời gian", "Span", 40),
        ("Số sự cố", "Incidents", 12),
        ("Trung vị", "Median", 16),
        ("90%", "p90", 16),
        ("Kỳ trước", "Before", 16),
    )
    return Rows(
        "times",
        tuple(
            Head(title=desk.say(vi, en), share=share, align="left" if at == 0 else "center")
            for at, (vi, en, share) in enumerate(heads)
        ),
        tuple(rows),
    )


def _hours(desk: Desk, micros: int | None) -> str:
    if micros is None:
        return "-"
    text = f"{micros / 3_600_000_000:.1f}"
    return desk.say(text.replace(".", ",") + " giờ", text + " h")


def _work(desk: Desk, now: Tally, before: Tally) -> Iterator[Part]:
    say = desk.say
    handled, total = now.machines()
    answered, sent = len(now.answered()), len(now.sent())
    yield Text("1. " + say("Cảnh báo gửi các đơn vị", "Advisories"), "heading")
    yield Text(
        say(
            f"Đã phát hành {whole(len(now.advisories), 'vi')} văn bản cảnh báo; {answered}/{sent} lượt đơn vị đã trả lời;"
            f" {handled}/{total} máy đã xử lý.",
            f"{len(now.advisories)} advisories issued; {answered}/{sent} copies answered; {handled}/{total} machines handled.",
        )
    )
    yield advisory_rows(desk, now)
    yield Text("2. " + say("Ứng cứu, xử lý sự cố", "Incident response"), "heading")
    yield Text(
        say(
            f"Trong {whole(len(now.incidents), 'vi')} sự cố tiếp nhận trong kỳ, {len(now.ended())} sự cố đã xử lý xong;"
            f" trong kỳ đã đóng {len(now.closed)} sự cố.",
            f"Of {len(now.incidents)} incidents reported, {len(now.ended())} are handled;"
            f" {len(now.closed)} were closed in the period.",
        )
    )
    yield Text("3. " + say("Diễn tập", "Drills"), "heading")
    yield drill_rows(desk, now)
    yield Text("4. " + say("Tập huấn, tuyên truyền", "Trainings"), "heading")
    yield training_rows(desk, now)
    yield Text("5. " + say("Kiểm tra, đánh giá hệ thống", "Inspections"), "heading")
    yield inspection_rows(desk, now)
    if now.contracts:
        yield Text("6. " + say("Hợp đồng giám sát", "Monitoring contracts"), "heading")
        for at, one in enumerate(now.contracts, 1):
            days = f"{day_text(one['valid_from'])} - {day_text(one['valid_until'])}"
            end = ";" if at < len(now.contracts) else "."
            yield Text(f"{one['title']} ({one['provider']}), {days}{end}", "item")


def _appendices(desk: Desk, now: Tally, before: Tally) -> Iterator[Appendix]:
    yield Appendix(
        title=desk.say(
            "Sự cố theo loại và cách thức xử lý (theo Mẫu số 05)", "Incidents by type and how they were handled"
        ),
        parts=(handling_table(desk, now),),
        landscape=True,
    )
    yield Appendix(
        title=desk.say("Danh sách sự cố trong kỳ", "Incidents of the period"),
        parts=(incident_rows(desk, now),),
        landscape=True,
    )
    silent = silent_agencies(desk.store, desk.as_of)
    if silent:
        yield Appendix(
            title=desk.say("Đơn vị chưa trả lời cảnh báo", "Agencies that have not answered"),
            parts=(silent_rows(desk, silent),),
        )
