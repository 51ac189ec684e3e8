"""Papers told from the timeline: progress, plan and support request (QĐ 05/2017 art. 11(2)), and the technical annex."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atttcli.clock import VIETNAM, from_micros
from atttcli.profile import load_profile
from atttcli.report import IncidentReport
from atttcli.reports.build import Paper as Draft
from atttcli.reports.build import build_report
from atttcli.reports.course_chart import course_timeline
from atttcli.reports.inert import paper_indicator
from atttcli.reports.paper import Appendix, Gap, Head, Line, Lines, Paper, Part, Rows, Text, figure
from atttcli.reports.papers.desk import (
    Ask,
    Desk,
    facts_of,
    finish,
    gaps_of,
    header,
    incident_values,
    reporter_lines,
    summary_of,
)
from atttcli.reports.papers.issued import Issued, issued_papers
from atttcli.reports.papers.words import whole


def progress_report(desk: Desk, ask: Ask) -> Paper:
    """Báo cáo diễn biến: what happened since the last one that went out (or `ask.since`)."""
    model = _model(desk, ask)
    last = _last(desk, ask.subject, "bao_cao_dien_bien")
    since = ask.since if ask.since is not None else (last.at if last else None)
    told_at = [(entry.at, entry.text) for entry in model.timeline] + [(note.at, note.text) for note in model.notes]
    told_at = sorted(
        ((at, text) for at, text in told_at if since is None or (at is not None and at >= since)),
        key=lambda one: (one[0] is not None, one[0] or 0),
    )
    rows = [(_moment(at), text) for at, text in told_at]
    note = desk.say(
        f"Tiếp theo báo cáo số {last.number} ngày {last.day}." if last else "Báo cáo lần đầu.",
        f"Follows report {last.number} of {last.day}." if last else "First report.",
    )
    state = model.incident.status.say(desk.language)
    told = (Text(note, "note"), Text(desk.say(f"Trạng thái hiện tại: {state}.", f"Status now: {state}.")))
    return _flow(
        desk, ask, "bao_cao_dien_bien", ("THÔNG TIN DIỄN BIẾN SỰ CỐ", "COURSE OF THE INCIDENT"), rows, (), told, last
    )


def plan_report(desk: Desk, ask: Ask) -> Paper:
    """Báo cáo phương án: what is being done and is to be done, with its terms."""
    values = incident_values(desk, desk.incident(ask.subject))
    tasks = desk.store.rows(
        "SELECT title, title_en, lead, lead_name, due, closed, state FROM task WHERE incident = ?"
        " AND state IN ('open','done') ORDER BY state = 'done' DESC, created, number",
        ask.subject,
    )
    roles = {one.code: one for one in desk.law.roles}
    rows = []
    for task in tasks:
        title = task["title_en"] if desk.language == "en" and task["title_en"] else task["title"]
        role = roles.get(task["lead"])
        lead = task["lead_name"] or ((role.name if desk.language == "vi" else role.name_en) if role else task["lead"])
        state = (
            desk.say("đã thực hiện", "done")
            if task["state"] == "done"
            else desk.say("đang, sẽ thực hiện", "under way or planned")
        )
        at = task["closed"] if task["state"] == "done" else task["due"]
        rows.append((_moment(at), f"{title} ({lead}): {state}"))
    for name, vi, en in (
        ("measures_ongoing", "Đang thực hiện", "Under way"),
        ("measures_planned", "Dự kiến", "Planned"),
    ):
        if values.get(name):
            rows.append((_moment(desk.as_of), f"{desk.say(vi, en)}: {values[name]}"))
    missing = (
        () if rows else (Gap(label=desk.say("Phương án ứng cứu", "Plan"), fields=("measures_planned",), required=True),)
    )
    rows = rows or [("……", "……")]
    return _flow(
        desk, ask, "bao_cao_phuong_an", ("THÔNG TIN PHƯƠNG ÁN ỨNG CỨU SỰ CỐ", "RESPONSE PLAN"), rows, missing, (), None
    )


def support_request(desk: Desk, ask: Ask) -> Paper:
    """Báo cáo đề nghị hỗ trợ, phối hợp."""
    values = incident_values(desk, desk.incident(ask.subject))
    wanted = [*ask.requests, *([str(values["support_request"])] if values.get("support_request") else [])]
    by = _moment(desk.as_of if ask.due is None else ask.due)
    rows = [(by, text) for text in wanted] or [("……", "……")]  # nobody asks for "nothing": the place stays open
    missing = (
        ()
        if wanted
        else (
            Gap(
                label=desk.say("Nội dung đề nghị hỗ trợ", "What support is wanted"),
                fields=("support_request", "--request"),
                required=True,
            ),
        )
    )
    why = str(values.get("summary") or "")
    told = (Text(why),) if why else ()
    return _flow(
        desk,
        ask,
        "de_nghi_ho_tro",
        ("THÔNG TIN ĐỀ NGHỊ HỖ TRỢ - PHỐI HỢP", "SUPPORT REQUESTED"),
        rows,
        missing,
        told,
        None,
    )


_TITLES = {
    "bao_cao_dien_bien": ("BÁO CÁO DIỄN BIẾN TÌNH HÌNH", "SITUATION REPORT"),
    "bao_cao_phuong_an": ("BÁO CÁO PHƯƠNG ÁN ỨNG CỨU", "RESPONSE PLAN REPORT"),
    "de_nghi_ho_tro": ("BÁO CÁO ĐỀ NGHỊ HỖ TRỢ, PHỐI HỢP", "REQUEST FOR SUPPORT"),
}


def _flow(
    desk: Desk,
    ask: Ask,
    code: str,
    heading: tuple[str, str],
    rows: Sequence[tuple[str, str]],
    missing: tuple[Gap, ...],
    told: tuple[Text, ...],
    last: Issued | None,
) -> Paper:
    """The form that the three share: reporter, what it is about, the repeating table of time and text."""
    row = desk.incident(ask.subject)
    values = incident_values(desk, row)
    about = Lines(
        "about",
        (
            Line(label=desk.say("Sự cố", "Incident"), value=f"{values['number']}: {values['title']}"),
            Line(
                label=desk.say("Hệ thống bị sự cố", "System"),
                value=str(values.get("system_name") or ""),
                fields=("system_name",),
            ),
            Line(
                label=desk.say("Đơn vị vận hành", "Operator"),
                value=str(values.get("operator") or ""),
                fields=("operator",),
            ),
        ),
    )
    reporter = reporter_lines(desk, values)
    head = (
        Head(title=desk.say("Thời gian", "Time"), share=24, align="center"),
        Head(title=desk.say("Mô tả", "Description"), share=76),
    )
    parts: tuple[Part, ...] = (
        Text("1. " + desk.say("Thông tin về tổ chức báo cáo", "Reporting organisation"), "heading"),
        reporter,
        Text("2. " + desk.say("Sự cố", "The incident"), "heading"),
        about,
        *told,
        Text("3. " + desk.say(heading[0].capitalize(), heading[1].capitalize()), "heading"),
        Rows("course", head, tuple(rows)),
    )
    form = desk.form(code)
    initial = next((one for one in issued_papers(desk.store, ask.subject) if one.code == "mau_03"), None)
    paper = Paper(
        code=code,
        as_of=desk.as_of,
        kind=desk.say(*_TITLES[code]),
        summary=desk.say(f"Sự cố {values['number']}", f"Incident {values['number']}"),
        subject=ask.subject,
        header=header(
            desk, "bao_cao", desk.holders(desk.recipients_of("bao_cao_dien_bien") or ("chu_quan", "dieu_phoi"))
        ),
        parts=parts,
        closing=desk.say(
            f"Trên đây là nội dung báo cáo về sự cố {values['number']}",
            f"This concludes the report on incident {values['number']}",
        ),
        facts=facts_of(values),
        missing=(*gaps_of(parts), *missing),
        cites=tuple(one.number for one in (last, initial) if one),
    )
    return finish(desk, paper, form)


_RULE_HEADS = (("Luật", "Rule", 34), ("Tên", "Title", 38), ("Cảnh báo", "Alerts", 14), ("Số lần", "Sightings", 14))


def technical_annex(desk: Desk, ask: Ask) -> Paper:
    """For analysts: the whole timeline, indicators, the rules that fired with their packs' digests, exhibits with digests."""
    from atttcli.reports.wording import wording

    model = _model(desk, ask)
    say, words = desk.say, wording(desk.language)
    rules: dict[str, tuple[str, int, int, list[str]]] = {}
    for alert in model.alerts:
        title, alerts, times, numbers = rules.get(alert.rule, (alert.title, 0, 0, []))
        rules[alert.rule] = (title, alerts + 1, times + alert.count, [*numbers, alert.number])
    figures = tuple(
        figure(
            f"rule.{rule}",
            title,
            numbers,
            value=alerts,
            query=say(f"cảnh báo của luật {rule}", f"alerts of rule {rule}"),
        )
        for rule, (title, alerts, _times, numbers) in sorted(rules.items())
    ) + tuple(
        figure(
            f"sightings.{rule}",
            title,
            numbers,
            value=times,
            query=say(f"số lần ghi nhận của các cảnh báo thuộc luật {rule}", f"sightings of the alerts of rule {rule}"),
        )
        for rule, (title, _alerts, times, numbers) in sorted(rules.items())
    )
    parts = (
        Text(say("I. DIỄN BIẾN", "I. TIMELINE"), "part"),
        *((drawn,) if (drawn := course_timeline(model, desk.language)) is not None else ()),
        Rows("timeline", _heads(desk, ("Thời gian", "Time", 22), ("Người, nguồn", "Actor, source", 20), ("Nội dung", "Event", 58)),
             tuple(("-" if one.at is None else words.moment(one.at), one.actor or "-", one.text) for one in model.timeline)),
        Text(say("II. LUẬT PHÁT HIỆN ĐÃ KHỚP", "II. RULES THAT FIRED"), "part"),
        Rows("rules", _heads(desk, *_RULE_HEADS), tuple(
            (rule or "-", title, whole(alerts, desk.language), whole(times, desk.language))
            for rule, (title, alerts, times, _numbers) in sorted(rules.items())
        )),
    )  # fmt: skip
    paper = Paper(
        code="phu_luc_ky_thuat",
        as_of=desk.as_of,
        kind=say("PHỤ LỤC KỸ THUẬT", "TECHNICAL ANNEX"),
        summary=summary_of(desk, model.incident.number, model.incident.title),
        subject=ask.subject,
        header=header(desk, "bao_cao"),
        parts=parts,
        closing=say(
            "Tài liệu phục vụ phân tích, không thay báo cáo theo mẫu",
            "For analysis only; this does not replace the official reports",
        ),
        appendices=tuple(_technical(desk, model)),
        figures=figures,
    )
    return finish(desk, paper)


def _technical(desk: Desk, model: IncidentReport) -> Iterator[Appendix]:
    from atttcli.reports.wording import wording

    say, words = desk.say, wording(desk.language)
    indicators = tuple(
        (
            words.types.get(row.type, row.type),
            paper_indicator(row.type, row.value),
            words.roles.get(row.role, row.role) or "-",
            row.source or "-",
        )
        for row in model.indicators
    )
    yield Appendix(
        title=say("Chỉ dấu tấn công", "Indicators"),
        parts=(
            Rows(
                "indicators",
                _heads(
                    desk,
                    ("Loại", "Type", 16),
                    ("Giá trị", "Value", 48),
                    ("Vai trò", "Role", 18),
                    ("Nguồn", "Source", 18),
                    code=1,
                ),
                indicators,
            ),
        ),
        landscape=True,
    )
    evidence = tuple(
        (row.number, row.name, row.sha256 or "-", whole(row.size or 0, desk.language)) for row in model.evidence
    )
    packs = tuple((pack.name, whole(pack.rules or 0, desk.language), pack.digest) for pack in model.provenance.packs)
    yield Appendix(
        title=say("Chứng cứ và bộ luật", "Exhibits and rule packs"),
        parts=(
            Text("1. " + say("Chứng cứ điện tử", "Exhibits"), "heading"),
            Rows(
                "evidence",
                _heads(
                    desk,
                    ("Mã", "Number", 18),
                    ("Tên", "Name", 26),
                    ("SHA-256", "SHA-256", 42),
                    ("Byte", "Bytes", 14),
                    code=2,
                ),
                evidence,
            ),
            Text("2. " + say("Bộ luật đã khớp", "Rule packs that matched"), "heading"),
            Rows(
                "packs",
                _heads(desk, ("Bộ luật", "Pack", 22), ("Luật đã khớp", "Rules", 14), ("Mã băm", "Digest", 64), code=2),
                packs,
            ),
        ),
    )


_COUNTED = frozenset({"Alerts", "Sightings", "Bytes", "Time", "Rules"})


def _heads(desk: Desk, *heads: tuple[str, str, int], code: int = -1) -> tuple[Head, ...]:
    return tuple(
        Head(title=desk.say(vi, en), share=share, align="center" if en in _COUNTED else "left", code=at == code)
        for at, (vi, en, share) in enumerate(heads)
    )


def _model(desk: Desk, ask: Ask) -> IncidentReport:
    row = desk.incident(ask.subject)
    draft = Draft(language=desk.language, organ=desk.organ, draft=desk.draft)
    return build_report(desk.journal, ask.subject, desk.inventory, load_profile(row["profile"]), draft, desk.as_of)


def _last(desk: Desk, subject: str, code: str) -> Issued | None:
    found = issued_papers(desk.store, subject, code)
    return found[-1] if found else None


def _moment(micros: int | None) -> str:
    """`07:45 13/05/2021`, as the portal's table has it: hour, minute, day."""
    if micros is None:
        return "-"
    return from_micros(micros, VIETNAM).strftime("%H:%M %d/%m/%Y")
