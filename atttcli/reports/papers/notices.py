"""Notices and orders about one incident whose form is free or not public: notice, coordination order, personal-data notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atttcli.clock import HOUR
from atttcli.incident.form import shown
from atttcli.reports.paper import Gap, Line, Lines, Paper, Part, Text
from atttcli.reports.papers.desk import (
    Ask,
    Desk,
    facts_of,
    finish,
    gaps_of,
    header,
    incident_values,
    moment_said,
    summary_of,
)
from atttcli.reports.papers.issued import issued_papers
from atttcli.reports.papers.items import Piece, item_line, piece_gaps
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
                _line(
                    desk,
                    values,
                    ("Tên tổ chức, cá nhân thông báo (*)", "Notifying organisation or person (*)"),
                    "reporter_name",
                ),
                _line(desk, values, ("Địa chỉ (*)", "Address (*)"), "reporter_address"),
                _line(
                    desk,
                    values,
                    (
                        "Tên hoặc tên miền, địa chỉ IP của hệ thống thông tin bị sự cố (*)",
                        "Name, domain or IP address of the affected system (*)",
                    ),
                    "system_name",
                    "domains",
                    "public_addresses",
                ),
                _line(
                    desk,
                    values,
                    ("Tên, địa chỉ của đơn vị, cá nhân vận hành (*)", "Name and address of the operator (*)"),
                    "operator",
                ),
                _line(
                    desk,
                    values,
                    (
                        "Tên cơ quan chủ quản hệ thống thông tin bị sự cố (nếu biết)",
                        "Owner of the affected system (if known)",
                    ),
                    "owner_body",
                ),
                _line(desk, values, ("Mô tả sơ bộ về sự cố (*)", "Summary of the incident (*)"), "summary"),
                Line(
                    label=desk.say("Thời điểm phát hiện (*)", "Time of detection (*)"),
                    value=moment_said(desk, detected),
                    fields=("detected",),
                    required=True,
                ),
                _line(
                    desk,
                    values,
                    ("Kết quả xử lý sự cố (*)", "Outcome of handling so far (*)"),
                    "result",
                    "measures",
                    "measures_ongoing",
                ),
                _line(
                    desk,
                    values,
                    (
                        "Kiến nghị và các thông tin liên quan khác (nếu có)",
                        "Recommendations, other information (if any)",
                    ),
                    "proposals",
                    "support_request",
                ),
            ),
        ),
    )
    told = desk.holders(desk.recipients_of("thong_bao_su_co") or ("chu_quan", "dieu_phoi"))
    head = header(
        desk, "thong_bao", recipients=told
    )  # box 9a is not for notices (Decree 30): whom it tells stands in 9b
    paper = Paper(
        code="thong_bao_su_co",
        as_of=desk.as_of,
        kind=(form.title if form and desk.language == "vi" else desk.say("THÔNG BÁO SỰ CỐ", "INCIDENT NOTICE")),
        summary=summary_of(desk, str(values["number"]), str(values["title"])),
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
    earlier = [one.cited() for one in issued_papers(desk.store, ask.subject)]
    due = moment_said(desk, ask.due)
    lines = (
        Line(
            label=desk.say("Sự cố liên quan", "Incident"),
            value="\n".join(filter(None, (f"{values['number']}: {values['title']}", str(values.get("summary") or "")))),
        ),
        Line(
            label=desk.say("Hệ thống, đơn vị liên quan", "Systems and organisations concerned"),
            value="\n".join(filter(None, (str(values.get(name) or "") for name in ("system_name", "operator")))),
            fields=("system_name", "operator"),
        ),
        Line(label=desk.say("Thời hạn thực hiện", "Deadline"), value=due, fields=("--due",), required=True),
        Line(
            label=desk.say("Hình thức báo cáo kết quả", "How to report the outcome"),
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
            desk.say(
                "Yêu cầu các cơ quan, đơn vị thực hiện các nội dung sau:",
                "The organisations named above are requested to do the following:",
            ),
            "body",
        ),
        *(Text(f"{at}. {text.rstrip('.;')}.", "body") for at, text in enumerate(ask.requests or ("……………………",), 1)),
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
            "Please act promptly and report the outcome by the deadline",
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


_BREACH: tuple[tuple[str, str, tuple[Piece, ...]], ...] = (
    (
        "1. Bên kiểm soát dữ liệu (*)",
        "1. Data controller (*)",
        (Piece("owner_body", "Chủ quản", "Owner"), Piece("operator", "Vận hành", "Operator")),
    ),
    (
        "2. Người, bộ phận liên hệ (*)",
        "2. Contact (*)",
        (
            Piece("contact_name", "Họ và tên", "Name", asked=True),
            Piece("contact_position", "Chức vụ, bộ phận", "Position, unit"),
            Piece("contact_phone", "Điện thoại", "Telephone", asked=True),
            Piece("contact_email", "Email", "E-mail", asked=True),
        ),
    ),
    ("3. Hệ thống, nơi xảy ra (*)", "3. System and place (*)", (Piece("system_name"),)),
    (
        "4. Thời điểm phát hiện; thời điểm xảy ra (*)",
        "4. When detected; when it occurred (*)",
        (Piece("detected", "Phát hiện", "Detected", asked=True), Piece("occurred", "Xảy ra", "Occurred", asked=True)),
    ),
    ("5. Mô tả hành vi vi phạm (*)", "5. What happened (*)", (Piece("summary"),)),
    (
        "6. Dữ liệu cá nhân bị xâm phạm (*)",
        "6. Personal data concerned (*)",
        (
            Piece("personal_data_word", "Có dữ liệu cá nhân", "Personal data involved"),
            Piece("sensitive_word", "Có dữ liệu cá nhân nhạy cảm", "Sensitive personal data involved", asked=True),
        ),
    ),
    ("7. Loại dữ liệu (*)", "7. Kinds of data (*)", (Piece("personal_data_kinds"),)),
    ("8. Số chủ thể dữ liệu bị ảnh hưởng (*)", "8. Number of data subjects affected (*)", (Piece("personal_data_subjects"),)),
    (
        "9. Hậu quả, thiệt hại có thể xảy ra",
        "9. Likely consequences",
        (Piece("scope", "Phạm vi", "Scope"), Piece("damage_note", "Thiệt hại", "Damage")),
    ),
    ("10. Nguyên nhân", "10. Cause", (Piece("cause"),)),
    (
        "11. Biện pháp đã, đang, sẽ thực hiện (*)",
        "11. Measures taken, under way and planned (*)",
        (
            Piece("measures", "Đã thực hiện", "Taken"),
            Piece("measures_ongoing", "Đang thực hiện", "Under way"),
            Piece("measures_planned", "Sẽ thực hiện", "Planned"),
            Piece("result", "Kết quả", "Outcome"),
        ),
    ),
)  # fmt: skip


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
    items = tuple(
        (item_line(desk, values, desk.say(vi, en), pieces, "(*)" in vi), pieces) for vi, en, pieces in _BREACH
    )
    unknown = [gap for line, pieces in items for gap in piece_gaps(desk, values, line, pieces)]
    parts: tuple[Part, ...] = (Lines("personal-data", tuple(line for line, _pieces in items)),)
    limit = "" if detected is None else moment_said(desk, detected + 72 * HOUR)
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
                    f"Statutory deadline (72 hours from detection): {limit or '……'}. Written minutes are attached.",
                ),
                "note",
            ),
        ),
        closing=desk.say("Trân trọng thông báo", "This notice is given as the law requires"),
        facts=facts_of(values),
        missing=(*gaps_of(parts), *unknown),
    )
    return finish(desk, paper, form)
