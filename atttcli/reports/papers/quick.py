"""The quick report of 2026 in its five kinds. No official form is public (NĐ 331/2026 art. 28(6)): it says that it is ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from atttcli.clock import HOUR, local_text
from atttcli.errors import UsageError
from atttcli.reports.paper import Box, Boxes, Line, Lines, Paper, Text
from atttcli.reports.papers.desk import Ask, Desk, facts_of, finish, gaps_of, header, incident_values
from atttcli.reports.papers.issued import issued_papers
from atttcli.reports.papers.items import Piece, item_line, piece_gaps
from atttcli.reports.papers.words import word

CODE = "bao_cao_nhanh"
# kind -> (Vietnamese, English, hours after T0; 0 is at once, None has no clock of its own)
KINDS: dict[str, tuple[str, str, int | None]] = {
    "now": ("Báo cáo ngay", "Immediate report", 0),
    "24h": ("Thông báo ban đầu (≤ 24 giờ)", "Initial notice (within 24 hours)", 24),
    "72h": ("Báo cáo 72 giờ", "72-hour report", 72),
    "update": ("Báo cáo cập nhật", "Update", None),
    "end": ("Báo cáo kết thúc", "Final report", None),
}
_LINES: tuple[tuple[str, str, tuple[Piece, ...]], ...] = (
    (
        "1. Chủ quản, người liên hệ",
        "1. Owner and contact",
        (
            Piece("owner_body", "Chủ quản", "Owner"),
            Piece("operator", "Vận hành", "Operator"),
            Piece("contact_name", "Người liên hệ", "Contact", asked=True),
            Piece("contact_position", "Chức vụ", "Position"),
            Piece("contact_phone", "Điện thoại", "Telephone", asked=True),
            Piece("contact_email", "Email", "E-mail"),
        ),
    ),
    (
        "2. Hệ thống, cấp độ, quyết định phê duyệt",
        "2. System, level, decision",
        (
            Piece("system_name", "Hệ thống", "System"),
            Piece("level", "Cấp độ", "Level"),
            Piece("level_decision", "Quyết định", "Decision", asked=True),
        ),
    ),
    (
        "3. Mã sự cố, thời điểm phát hiện (T0), thời điểm xảy ra",
        "3. Incident, detected (T0), occurred",
        (
            Piece("number", "Mã", "Number"),
            Piece("detected", "Phát hiện (T0)", "Detected (T0)", asked=True),
            Piece("occurred", "Xảy ra", "Occurred", asked=True),
        ),
    ),
    ("4. Mô tả", "4. Description", (Piece("type_name", "Loại", "Type", asked=True), Piece("summary"))),
    (
        "5. Mức độ và các dấu hiệu",
        "5. Severity and criteria met",
        (Piece("severity_name", "Mức độ", "Severity", asked=True), Piece("flag_names", "Dấu hiệu", "Criteria met")),
    ),
    (
        "6. Nguyên nhân",
        "6. Cause",
        (
            Piece("cause"),
            Piece("cause_state_word", "Tình trạng", "Status of findings", asked=True),
            Piece("vector", "Con đường", "Attack vector"),
            Piece("weaknesses", "Điểm yếu", "Weaknesses"),
        ),
    ),
    (
        "7. Phạm vi ảnh hưởng",
        "7. Scope",
        (
            Piece("scope"),
            Piece("machine_count", "Số máy", "Machines"),
            Piece("machines", "Máy", "Machines"),
            Piece("public_addresses", "IP công cộng", "Public IP addresses"),
            Piece("domains", "Tên miền", "Domains"),
            Piece("accounts", "Tài khoản", "Accounts"),
            Piece("outage_minutes", "Gián đoạn (phút)", "Service outage (minutes)"),
            Piece("outside_bodies", "Tổ chức ngoài", "External organisations"),
        ),
    ),
    (
        "8. Dữ liệu cá nhân",
        "8. Personal data",
        (
            Piece("personal_data_word"),
            Piece("personal_data_kinds", "Loại", "Kinds"),
            Piece("personal_data_subjects", "Số chủ thể", "Subjects"),
        ),
    ),
    (
        "9. Biện pháp",
        "9. Measures",
        (
            Piece("measures", "Đã thực hiện", "Taken"),
            Piece("measures_ongoing", "Đang thực hiện", "Under way"),
            Piece("measures_planned", "Sẽ thực hiện", "Planned"),
            Piece("result", "Kết quả", "Outcome"),
        ),
    ),
    ("10. Chứng cứ", "10. Evidence", (Piece("evidence"),)),
    (
        "11. Đề nghị hỗ trợ; thời điểm gửi báo cáo tiếp theo",
        "11. Support requested; next report",
        (
            Piece("support_request", "Đề nghị", "Request", asked=True),
            Piece("next_report", "Báo cáo tiếp theo", "Next report", asked=True),
        ),
    ),
)
_ALWAYS = frozenset({"1", "2", "3", "4", "5"})  # what even the first report must say
_FINAL = frozenset({"6", "7", "8", "9", "10"})


def quick_report(desk: Desk, ask: Ask) -> Paper:
    """One of KINDS (`ask.variant`); the update counts the updates that went out before it."""
    kind = ask.variant or "72h"
    if kind not in KINDS:
        raise UsageError(f"no such quick report: {kind[:20]!r}", hint="one of: " + ", ".join(KINDS))
    row = desk.incident(ask.subject)
    values = incident_values(desk, row)
    values |= _named(desk, values)
    number = 1 + sum(one.code == f"{CODE}-update" for one in issued_papers(desk.store, ask.subject))
    boxes = Boxes(
        desk.say("Loại báo cáo", "Kind of report"),
        tuple(
            Box(
                label=desk.say(vi, en),
                ticked=name == kind,
                said=desk.say(f"số {number:02d}", f"No. {number}") if name == kind == "update" else "",
            )
            for name, (vi, en, _hours) in KINDS.items()
        ),
        "kind",
    )
    items = tuple(_items(desk, values, kind))
    lines = Lines("quick", tuple(line for line, _pieces in items))
    unknown = [gap for line, pieces in items for gap in piece_gaps(desk, values, line, pieces)]
    form = desk.form(CODE)
    earlier = issued_papers(desk.store, ask.subject)
    parts = (boxes, Text(_clock(desk, row["detected"], kind), "note"), lines)
    paper = Paper(
        code=f"{CODE}-{kind}",
        as_of=desk.as_of,
        kind=desk.say("BÁO CÁO NHANH SỰ CỐ AN NINH MẠNG", "QUICK REPORT OF A CYBERSECURITY INCIDENT"),
        summary=desk.say(*KINDS[kind][:2]) + f": {values['number']}",
        internal=True,
        subject=ask.subject,
        header=header(desk, "bao_cao", desk.holders(("dieu_phoi",)), desk.holders(("chu_quan", "bcd_tinh"))),
        parts=parts,
        closing=desk.say(
            f"Trên đây là báo cáo nhanh về sự cố {values['number']}",
            f"This concludes the quick report on incident {values['number']}",
        ),
        facts=facts_of(values),
        missing=(*gaps_of((lines,)), *unknown),
        cites=tuple(one.number for one in earlier),
    )
    return finish(desk, paper, form)


def _items(desk: Desk, values: Mapping[str, Any], kind: str) -> Iterator[tuple[Line, tuple[Piece, ...]]]:
    """Each item with its parts; the first report must say less than those after it."""
    for vi, en, pieces in _LINES:
        item = vi.partition(".")[0]
        required = item in _ALWAYS or (kind in ("72h", "end") and item in _FINAL)
        if item == "8" and values.get("personal_data") == "yes":
            pieces = tuple(replace(one, asked=True) for one in pieces)
        yield item_line(desk, values, desk.say(vi, en), pieces, required), pieces


def _named(desk: Desk, values: Mapping[str, Any]) -> dict[str, str]:
    english = desk.language == "en"
    kind = next((one for one in desk.law.incident_types if one.code == values.get("category")), None)
    step = next((one for one in desk.law.severities if one.code == values.get("severity")), None)
    flags = {one.code: one.name_en if english else one.name for one in desk.law.flags}
    given = [code.strip() for code in str(values.get("flags") or "").split(",") if code.strip()]
    found = {
        "type_name": (kind.name_en if english else kind.name) if kind else "",
        "severity_name": f"{step.code} ({step.name_en if english else step.name})" if step else "",
        "flag_names": "; ".join(flags.get(code, code) for code in given),
        "cause_state_word": word(str(values.get("cause_state") or ""), desk.language),
        "personal_data_word": word(str(values.get("personal_data") or ""), desk.language),
    }
    return {name: text for name, text in found.items() if text}


def _clock(desk: Desk, detected: int | None, kind: str) -> str:
    """When this report is due, from the moment of detection; whether that has passed as it is drafted."""
    hours = KINDS[kind][2]
    if detected is None:
        return desk.say(
            "Chưa ghi thời điểm phát hiện (T0): không tính được thời hạn.",
            "Time of detection (T0) not recorded: no deadline can be calculated.",
        )
    if hours is None:
        return desk.say("Không có thời hạn riêng.", "No deadline of its own.")
    due = detected + hours * HOUR
    shown_due = local_text(due, seconds=False)
    late = desk.as_of > due and hours > 0
    if hours == 0:
        return desk.say(f"Thời hạn: ngay khi phát hiện (T0 = {shown_due}).", f"Due at once (T0 = {shown_due}).")
    return desk.say(
        f"Thời hạn: {hours} giờ kể từ T0, tức {shown_due}{'; đã quá hạn khi lập báo cáo' if late else ''}.",
        f"Due {hours} hours after T0: {shown_due}{'; overdue at the time of drafting' if late else ''}.",
    )
