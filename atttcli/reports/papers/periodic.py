"""The team's periodic report to the steering committee: what happened, what was done, what falls short, what comes next.

Every figure stands beside the last period's and carries what it was counted from. What only people know (shortcomings, the
plan, proposals) is given as text and stands beside what the records show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from atttcli.reports.paper import Appendix, Bar, Bars, Figure, Gap, Paper, Part, Text
from atttcli.reports.papers.charts import alert_charts
from atttcli.reports.papers.consolidated import handling_figures, handling_table, money_note
from atttcli.reports.papers.counts import Tally, count, silent_agencies
from atttcli.reports.papers.desk import Ask, Desk, finish, header
from atttcli.reports.papers.figures import details, headline, type_names
from atttcli.reports.papers.machines import MachineScans, machine_figures, machine_parts, machine_scans
from atttcli.reports.papers.outlook import coming, security_field, shortcomings
from atttcli.reports.papers.period import Period, latest
from atttcli.reports.papers.tables import (
    advisory_rows,
    agency_rows,
    comparison,
    day_text,
    drill_rows,
    incident_rows,
    inspection_rows,
    level_rows,
    owing_rows,
    pair,
    severity_rows,
    time_rows,
    training_rows,
    type_rows,
)
from atttcli.reports.papers.words import sentence, whole

NAMED = 15  # agencies with incidents that stand in the report itself; all of them in its annex when there are more
# What was done and stands in no table: told by people, a part each. (key of --text, Vietnamese, English)
TOLD = (
    ("directives", "Văn bản chỉ đạo, điều hành", "Directives"),
    ("support", "Hỗ trợ các đơn vị tại chỗ", "Help on site"),
    ("mail", "Thư điện tử công vụ", "Official e-mail"),
    ("antimalware", "Phòng, chống mã độc tập trung", "Central malware protection"),
    ("four_layers", "Triển khai mô hình 4 lớp", "The four-layer model"),
    ("hunting", "Săn lùng mối nguy hại, rà quét lỗ hổng", "Threat hunting, vulnerability scans"),
)


def periodic_report(desk: Desk, ask: Ask) -> Paper:
    """Of `ask.period`, by default the last quarter that is over."""
    period = ask.period or latest("quarter", desk.as_of)
    now, before = count(desk.store, period), count(desk.store, period.before())
    scans = machine_scans(desk, period)
    shown = (*headline(desk, now, before), *machine_figures(desk, scans))
    parts = tuple(_parts(desk, ask, period, now, before, shown, scans))
    named = period.name(desk.language)
    wanted = (
        ("plan", "Nhiệm vụ kỳ tới", "Next period"), ("shortcomings", "Tồn tại, hạn chế", "Shortcomings"),
        ("proposals", "Kiến nghị, đề xuất", "Proposals"), *TOLD,
    )  # fmt: skip
    gaps = tuple(
        Gap(label=desk.say(vi, en), fields=(f"--text {name}=…",)) for name, vi, en in wanted if not ask.texts.get(name)
    )
    paper = Paper(
        code="bao_cao_dinh_ky",
        as_of=desk.as_of,
        kind=desk.say("BÁO CÁO", "REPORT"),
        summary=desk.say(
            f"Kết quả bảo đảm {security_field(desk)}, ứng cứu sự cố {named}", f"Security and incident response, {named}"
        ),
        subject=f"{period.kind} {'/'.join(period.span)}",
        foot=desk.say("Báo cáo ", "Report, ") + named,
        span=period.span,
        header=header(
            desk, "bao_cao", desk.holders(("bcd_tinh", "chu_quan")), desk.holders(("dieu_phoi", "chuyen_trach")), True
        ),
        parts=parts,
        closing=desk.say(
            f"Trên đây là báo cáo kết quả bảo đảm {security_field(desk)}, ứng cứu sự cố {named}",
            f"This is the report for {named}",
        ),
        appendices=tuple(_appendices(desk, period, now, before)),
        figures=(*shown, *details(desk, period, now, before), *handling_figures(desk, now)),
        missing=gaps,
    )
    return finish(desk, paper)


def _parts(
    desk: Desk, ask: Ask, period: Period, now: Tally, before: Tally, figures: tuple[Figure, ...], scans: MachineScans
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
    yield comparison(desk, period, figures)
    yield Text("II. " + say("TÌNH HÌNH", "SITUATION"), "part")
    yield from _situation(desk, period, now, before)
    yield Text("III. " + say("KẾT QUẢ THỰC HIỆN", "WHAT WAS DONE"), "part")
    yield from _work(desk, ask, now, scans)
    yield Text("IV. " + say("TỒN TẠI, HẠN CHẾ", "SHORTCOMINGS"), "part")
    yield from _told(desk, ask.texts.get("shortcomings", ""), shortcomings(desk, period, now))
    yield Text("V. " + say("PHƯƠNG HƯỚNG, NHIỆM VỤ KỲ TỚI", "PLAN FOR THE NEXT PERIOD"), "part")
    following = period.after()
    yield Text(say(f"Kỳ tới: {following.name('vi')}.", f"Next period: {following.name('en')}."))
    yield from _told(desk, ask.texts.get("plan", ""), coming(desk, period))
    yield Text("VI. " + say("KIẾN NGHỊ, ĐỀ XUẤT", "PROPOSALS"), "part")
    proposals = dict.fromkeys(one["proposals"] for one in now.incidents if one["proposals"])
    yield from _told(desk, ask.texts.get("proposals", ""), proposals)


def _told(desk: Desk, text: str, listed: Iterator[str] | dict[str, None]) -> Iterator[Part]:
    """What people wrote, then what the records show; a word where there is neither."""
    items = [sentence(item.rstrip(";. ")) for item in listed]
    if text:
        yield Text(text)
    for at, item in enumerate(items, 1):
        yield Text(item + (";" if at < len(items) else "."), "item")
    if not text and not items:
        yield Text(desk.say("Không có.", "None."))


def _situation(desk: Desk, period: Period, now: Tally, before: Tally) -> Iterator[Part]:
    say = desk.say
    yield Text("1. " + say("Cảnh báo theo mức độ", "Alerts by severity"), "heading")
    yield severity_rows(desk, period, now, before)
    yield from alert_charts(desk, period)
    yield Text("2. " + say("Sự cố theo loại", "Incidents by type"), "heading")
    yield type_rows(desk, period, now, before)
    kinds, was = now.by_type(), before.by_type()
    names = type_names(desk)
    bars = tuple(
        Bar(label=names.get(code, code), value=len(kinds.get(code, ())), previous=len(was.get(code, ())))
        for code in names
        if code in kinds or code in was
    )
    if bars:
        yield Bars(
            say("Biểu đồ sự cố theo loại (thanh nhạt: kỳ trước)", "Incidents by type (light: last period)"),
            bars,
            "types",
        )
    yield Text("3. " + say("Sự cố theo đơn vị", "Incidents by agency"), "heading")
    yield agency_rows(desk, period, now, before, NAMED)
    yield Text("4. " + say("Thời gian phát hiện, xử lý", "Times to detect and handle"), "heading")
    yield time_rows(desk, period)


def _work(desk: Desk, ask: Ask, now: Tally, scans: MachineScans) -> Iterator[Part]:
    sections: list[tuple[tuple[str, str], Iterable[Part]]] = [
        (("Cảnh báo gửi các đơn vị", "Advisories"), _letters(desk, now)),
        (("Ứng cứu, xử lý sự cố", "Incident response"), _response(desk, now)),
        (("Diễn tập", "Drills"), (drill_rows(desk, now),)),
        (("Tập huấn, tuyên truyền", "Trainings"), (training_rows(desk, now),)),
        (("Kiểm tra, đánh giá hệ thống", "Inspections"), (inspection_rows(desk, now),)),
        *([(("Quét máy trạm, máy chủ", "Scans of machines"), machine_parts(desk, scans))] if scans.known else []),
        (("Hợp đồng giám sát", "Monitoring contracts"), _contracts(desk, now)),
        (("Cấp độ an toàn hệ thống thông tin", "Levels of systems"), _levels(desk)),
        *(((vi, en), (Text(ask.texts[key]),)) for key, vi, en in TOLD if ask.texts.get(key)),
    ]
    for at, (title, parts) in enumerate(sections, 1):
        yield Text(f"{at}. " + desk.say(*title), "heading")
        yield from parts


def _letters(desk: Desk, now: Tally) -> Iterator[Part]:
    if not now.advisories and not now.deliveries:
        yield advisory_rows(desk, now)  # which says that there is none
        return
    language = desk.language
    issued = whole(len(now.advisories), language)
    answered, machines = pair(desk, len(now.answered()), len(now.deliveries)), pair(desk, *now.machines())
    agencies = pair(desk, len(now.agencies_answered()), len(now.agencies_sent()))
    yield Text(
        desk.say(
            f"Đã phát hành {issued} văn bản cảnh báo; {answered} lượt đơn vị đã trả lời ({agencies} đơn vị);"
            f" {machines} máy đã xử lý.",
            f"{issued} advisories issued; {answered} copies answered ({agencies} agencies); {machines} machines handled.",
        )
    )
    yield advisory_rows(desk, now)


def _response(desk: Desk, now: Tally) -> Iterator[Part]:
    reported, ended, carried, closed = (
        whole(len(one), desk.language) for one in (now.incidents, now.ended(), now.carried, now.closed)
    )
    yield Text(
        desk.say(
            f"Tiếp nhận {reported} sự cố, đến nay đã xử lý xong {ended} sự cố; từ kỳ trước chuyển sang {carried} sự cố;"
            f" trong kỳ đã đóng {closed} sự cố.",
            f"{reported} incidents were reported, {ended} of them are handled; {carried} were carried over;"
            f" {closed} were closed in the period.",
        )
        if now.incidents or now.carried or now.closed
        else desk.say("Không có sự cố.", "No incident.")
    )


def _contracts(desk: Desk, now: Tally) -> Iterator[Part]:
    for at, one in enumerate(now.contracts, 1):
        days = desk.say(
            f"từ ngày {day_text(one['valid_from'])} đến ngày {day_text(one['valid_until'])}",
            f"{day_text(one['valid_from'])} to {day_text(one['valid_until'])}",
        )
        end = ";" if at < len(now.contracts) else "."
        yield Text(f"{one['title']} ({one['provider']}), {days}{end}", "item")
    if not now.contracts:
        yield Text(desk.say("Không có.", "None."))


def _levels(desk: Desk) -> Iterator[Part]:
    levels = Counter(one.level or 0 for one in desk.place.systems if not one.external)
    told = [
        desk.say(f"cấp độ {level}: {count} hệ thống", f"level {level}: {count}")
        for level, count in sorted(levels.items())
        if level
    ]
    if levels[0]:
        told.append(desk.say(f"chưa xác định: {levels[0]} hệ thống", f"none yet: {levels[0]}"))
    total = whole(sum(levels.values()), desk.language)
    yield Text(
        desk.say(f"Tỉnh có {total} hệ thống thông tin; ", f"{total} systems; ") + ", ".join(told) + "."
        if told
        else desk.say("Không có.", "None.")
    )


def _appendices(desk: Desk, period: Period, now: Tally, before: Tally) -> Iterator[Appendix]:
    """Wide tables lie across; a list of nothing is no annex."""
    yield Appendix(
        title=desk.say(
            "Sự cố theo loại và cách thức xử lý (theo Mẫu số 05)", "Incidents by type and how they were handled"
        ),
        parts=(handling_table(desk, now), Text(money_note(desk), "note")),
        landscape=True,
    )
    if now.incidents:
        yield Appendix(
            title=desk.say("Danh sách sự cố trong kỳ", "Incidents of the period"),
            parts=(incident_rows(desk, now),),
            landscape=True,
        )
    every = agency_rows(desk, period, now, before)
    if len(every.rows) > NAMED + 1:
        note = desk.say(
            "Một sự cố liên quan nhiều đơn vị được tính cho từng đơn vị.",
            "An incident counts with each of its agencies.",
        )
        yield Appendix(title=desk.say("Sự cố theo đơn vị", "Incidents by agency"), parts=(every, Text(note, "note")))
    owing = silent_agencies(desk.store, desk.as_of, period.end)
    if owing:
        yield Appendix(
            title=desk.say("Đơn vị chưa trả lời cảnh báo", "Agencies that have not answered"),
            parts=(owing_rows(desk, owing),),
        )
    levels = level_rows(desk)
    if levels.rows:
        yield Appendix(title=desk.say("Danh sách hệ thống thông tin theo cấp độ", "Systems by level"), parts=(levels,))
