"""Notices and orders about one incident whose form is free or not public: notice, coordination order, personal-data notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atttcli.clock import local_text
from atttcli.incident.form import shown
from atttcli.reports.paper import Gap, Line, Lines, Paper, Part, Text
from atttcli.reports.papers.desk import (
    Ask,
    Desk,
    clock_time,
    day_month,
    facts_of,
    finish,
    gaps_of,
    header,
    incident_values,
)
from atttcli.reports.papers.issued import issued_papers
from atttcli.reports.papers.words import word


def incident_notice(desk: Desk, ask: Ask) -> Paper:
    """The free-form notice of TT 20/2017 article 9(3)(a), with the fields that the national portal asks for."""
    row = desk.incident(ask.subject)
    values = incident_values(desk, row)
    form = desk.form("thong_bao_su_co")
    detected = row["detected"]
    parts: tuple[Part, ...] = (
        Lines(
            "notice",
            (
                _line(desk, values, ("Tên tổ chức, cá nhân thông báo (*)", "Who gives notice (*)"), "reporter_name"),
                _line(desk, values, ("Địa chỉ (*)", "Address (*)"), "reporter_address"),
                _line(
                    desk,
                    values,
                    (
                        "Tên hoặc tên miền, địa chỉ IP của hệ thống thông tin bị sự cố (*)",
                        "Name, domain or address of the system (*)",
                    ),
                    "system_name",
                    "domains",
                    "public_addresses",
                ),
                _line(desk, values, ("Tên, địa chỉ của đơn vị, cá nhân vận hành (*)", "Operator (*)"), "operator"),
                _line(
                    desk,
                    values,
                    ("Tên cơ quan chủ quản hệ thống thông tin bị sự cố (nếu biết)", "Owner of the system (if known)"),
                    "owner_body",
                ),
                _line(desk, values, ("Mô tả sơ bộ về sự cố (*)", "What happened, in short (*)"), "summary"),
                Line(
                    label=desk.say("Thời điểm phát hiện (*)", "Detected (*)"),
                    value="" if detected is None else f"{clock_time(desk, detected)}, {day_month(desk, detected)}",
                    fields=("detected",),
                    required=True,
                ),
                _line(
                    desk,
                    values,
                    ("Kết quả xử lý sự cố (*)", "Outcome so far (*)"),
                    "result",
                    "measures",
                    "measures_ongoing",
                ),
                _line(
                    desk,
                    values,
                    ("Kiến nghị và các thông tin liên quan khác (nếu có)", "Requests and other information"),
                    "proposals",
                    "support_request",
                ),
            ),
        ),
    )
    head = header(desk, "thong_bao", desk.holders(desk.recipients_of("thong_bao_su_co") or ("chu_quan", "dieu_phoi")))
    paper = Paper(
        code="thong_bao_su_co",
        as_of=desk.as_of,
        kind=(form.title if form and desk.language == "vi" else desk.say("THÔNG BÁO SỰ CỐ", "INCIDENT NOTICE")),
        summary=desk.say(
            f"Sự cố {values['number']}: {values['title']}", f"Incident {values['number']}: {values['title']}"
        ),
        subject=ask.subject,
        header=head,
        parts=(Text(_opening(desk), "body"), *parts),
        closing=desk.say(
            "Trân trọng thông báo để quý cơ quan biết, phối hợp", "This notice is for your information and action"
        ),
        facts=facts_of(values),
        missing=gaps_of(parts),
    )
    return finish(desk, paper, form)


def _opening(desk: Desk) -> str:
    organ = desk.signing()
    name = organ.name if organ else "……"
    return desk.say(
        f"{name} thông báo về sự cố {_field(desk)} như sau:", f"{name} gives notice of the following incident:"
    )


def _field(desk: Desk) -> str:
    return next((one.text for one in desk.law.vocabulary if one.key == "security"), "an toàn thông tin mạng")


def _line(desk: Desk, values: Mapping[str, Any], label: tuple[str, str], *names: str) -> Line:
    given = "\n".join(filter(None, (shown(name, values.get(name)) for name in names)))
    return Line(label=desk.say(*label), value=given, fields=names, required="(*)" in label[0])


def coordination_order(desk: Desk, ask: Ask) -> Paper:
    """Mẫu 06. Only its title is public: the fields are ours, and the paper says so."""
    row = desk.incident(ask.subject)
    values = incident_values(desk, row)
    form = desk.form("mau_06")
    agencies = ask.to or tuple(_codes(row["agencies"]))
    names = tuple(desk.agency(code) for code in agencies)
    organ = desk.signing()
    earlier = [
        f"{one.title or one.code} số {one.number} ngày {one.day}" for one in issued_papers(desk.store, ask.subject)
    ]
    due = local_text(ask.due, seconds=False) if ask.due is not None else ""
    lines = (
        Line(
            label=desk.say("Sự cố liên quan", "Incident"),
            value="\n".join(filter(None, (f"{values['number']}: {values['title']}", str(values.get("summary") or "")))),
        ),
        Line(
            label=desk.say("Hệ thống, đơn vị liên quan", "Systems and bodies concerned"),
            value=str(values.get("operator") or ""),
        ),
        Line(label=desk.say("Thời hạn thực hiện", "To be done by"), value=due, fields=("--due",), required=True),
        Line(
            label=desk.say("Hình thức báo cáo kết quả", "How to report"),
            value=ask.texts.get("reporting")
            or desk.say("Văn bản hoặc thư điện tử công vụ có ký số", "Signed letter or official e-mail"),
        ),
        Line(
            label=desk.say("Đầu mối phối hợp", "Contact"),
            value=organ.call_back if organ else "",
            fields=("organ.call_back",),
        ),
    )
    parts: tuple[Part, ...] = (
        *(Text(base, "basis") for base in _bases(desk, earlier)),
        Text(
            desk.say("Yêu cầu các cơ quan, đơn vị thực hiện các nội dung sau:", "The following is requested:"), "body"
        ),
        *(Text(f"{at}. {text.rstrip('.;')}.", "body") for at, text in enumerate(ask.requests, 1)),
        Lines("order", lines),
    )
    gaps = (
        [Gap(label=desk.say("Nội dung yêu cầu", "What is requested"), fields=("--request",), required=True)]
        if not ask.requests
        else []
    )
    paper = Paper(
        code="mau_06-order" if ask.variant == "order" else "mau_06",
        as_of=desk.as_of,
        kind=desk.say("YÊU CẦU ĐIỀU PHỐI", "COORDINATION REQUEST")
        if ask.variant != "order"
        else desk.say("LỆNH ĐIỀU PHỐI", "COORDINATION ORDER"),
        summary=desk.say(f"Ứng cứu, xử lý sự cố {values['number']}", f"Response to incident {values['number']}"),
        form="" if form is None else form.number,
        internal=True,
        subject=ask.subject,
        header=header(desk, "cong_van", names, desk.holders(("dieu_phoi", "chu_quan"))),
        parts=parts,
        closing=desk.say(
            "Đề nghị các cơ quan, đơn vị khẩn trương thực hiện và báo cáo kết quả đúng thời hạn",
            "Please act at once and report in time",
        ),
        facts=facts_of(values),
        missing=(*gaps, *gaps_of(parts)),
        cites=tuple(one.number for one in issued_papers(desk.store, ask.subject)),
    )
    return finish(desk, paper, form)


def _bases(desk: Desk, earlier: list[str]) -> list[str]:
    """Legal bases, then the papers that this one rests on; each on its own line."""
    from atttcli.reports.wording import wording

    say = wording(desk.language)
    texts = [base.text if desk.language == "vi" else base.english or base.text for base in desk.law.bases]
    told = [say.basis(text.strip().rstrip(";. ")) for text in [*texts, *earlier]]
    return [f"{text}{';' if at < len(told) else '.'}" for at, text in enumerate(told, 1)]


def _codes(text: str) -> list[str]:
    import json

    return list(json.loads(text) or ())


def personal_data_notice(desk: Desk, ask: Ask) -> Paper:
    """The 72-hour notice of a personal data breach. The official form (Mẫu 08, NĐ 356/2025) was not read: marked as ours."""
    row = desk.incident(ask.subject)
    values = incident_values(desk, row)
    values["personal_data_word"] = (
        word(str(values.get("personal_data") or ""), desk.language) if values.get("personal_data") else ""
    )
    values["sensitive_word"] = (
        word(str(values.get("personal_data_sensitive") or ""), desk.language)
        if values.get("personal_data_sensitive")
        else ""
    )
    form = desk.form("mau_08_dlcn")
    detected = row["detected"]
    labels: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("1. Bên kiểm soát dữ liệu (*)", "1. Controller (*)", ("owner_body", "operator")),
        (
            "2. Người, bộ phận liên hệ (*)",
            "2. Contact (*)",
            ("contact_name", "contact_position", "contact_phone", "contact_email"),
        ),
        ("3. Hệ thống, nơi xảy ra (*)", "3. System and place (*)", ("system_name",)),
        ("4. Mô tả hành vi vi phạm (*)", "4. What happened (*)", ("summary",)),
        (
            "5. Có dữ liệu cá nhân; dữ liệu nhạy cảm (*)",
            "5. Personal data; sensitive (*)",
            ("personal_data_word", "sensitive_word"),
        ),
        ("6. Loại dữ liệu (*)", "6. Kinds of data (*)", ("personal_data_kinds",)),
        ("7. Số chủ thể dữ liệu bị ảnh hưởng (*)", "7. Data subjects (*)", ("personal_data_subjects",)),
        ("8. Hậu quả, thiệt hại có thể xảy ra", "8. Likely harm", ("scope", "damage_note")),
        ("9. Nguyên nhân", "9. Cause", ("cause",)),
        (
            "10. Biện pháp đã, đang, sẽ thực hiện (*)",
            "10. Measures (*)",
            ("measures", "measures_ongoing", "measures_planned", "result"),
        ),
    )
    when = Line(
        label=desk.say("Thời điểm phát hiện; thời điểm xảy ra (*)", "Detected; occurred (*)"),
        value="; ".join(
            local_text(at, seconds=False) for at in (detected, values.get("occurred")) if isinstance(at, int)
        ),
        fields=("detected", "occurred"),
        required=True,
    )
    told = tuple(_line(desk, values, (vi, en), *names) for vi, en, names in labels)
    parts: tuple[Part, ...] = (Lines("personal-data", (*told[:3], when, *told[3:])),)
    limit = "" if detected is None else local_text(detected + 72 * 3_600_000_000, seconds=False)
    paper = Paper(
        code="mau_08_dlcn",
        as_of=desk.as_of,
        kind=desk.say("THÔNG BÁO VI PHẠM DỮ LIỆU CÁ NHÂN", "PERSONAL DATA BREACH NOTICE"),
        summary=desk.say(f"Sự cố {values['number']}", f"Incident {values['number']}"),
        internal=True,
        subject=ask.subject,
        header=header(desk, "thong_bao", desk.holders(desk.recipients_of("mau_08_dlcn") or ("bao_ve_dlcn",))),
        parts=(
            *parts,
            Text(
                desk.say(
                    f"Hạn gửi theo luật (72 giờ từ khi phát hiện): {limit or '……'}. Kèm biên bản xác nhận.",
                    f"Due by law (72 hours from detection): {limit or '……'}. With written minutes.",
                ),
                "note",
            ),
        ),
        closing=desk.say("Trân trọng thông báo", "This notice is given as the law requires"),
        facts=facts_of(values),
        missing=gaps_of(parts),
    )
    return finish(desk, paper, form)
