"""The circular's forms about one incident, line by line as the profile prints them: Mẫu 03 (initial) and Mẫu 04 (closing)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import NotFound
from atttcli.incident.form import shown
from atttcli.reports.build import linked_alerts
from atttcli.reports.build_narrative import found_by_alerts
from atttcli.reports.paper import Box, Boxes, Gap, Line, Lines, Paper, Part, Text, replaced
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
from atttcli.reports.papers.issued import Issued, issued_papers
from atttcli.reports.papers.words import all_without_inside, word
from atttcli.text.fold import fold

if TYPE_CHECKING:
    from atttcli.profile.values import Form, FormSection

RESULT = "Kết quả xử lý sự cố"
INSIDE = "[địa chỉ nội bộ]"
# A line that the form prints with boxes: what each box is called, and words in an answer by which it is ticked.
_PRINTED: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "services": (
        ("Web server", ("web", "http", "cong thong tin")),
        ("Mail server", ("mail", "thu dien tu", "smtp", "imap")),
        ("Database server", ("database", "co so du lieu", "csdl", "sql")),
    ),
    "protections": (
        ("Antivirus", ("antivirus", "diet virus", "phong chong ma doc")),
        ("Firewall", ("firewall", "tuong lua")),
        ("Hệ thống phát hiện xâm nhập", ("ids", "ips", "phat hien xam nhap")),
    ),
    "attached": (("Nhật ký hệ thống", ("log",)), ("Mẫu virus / mã độc", ("sample",))),
}
# What the sections of a form are called in its model (one a section, in the form's order).
_SECTIONS = {
    "mau_03": (
        "reporter", "contact", "system", "summary", "found", "state", "found_how", "told", "technical", "proposals", "made",
    ),
    "mau_04": ("reporter", "initial", "system", "incident", "result", "attached"),
}  # fmt: skip
_ELSE = {"services": "Dịch vụ khác, đó là:", "protections": "Khác:", "attached": "Khác:"}


def initial_report(desk: Desk, ask: Ask) -> Paper:
    """Mẫu 03: no Quốc hiệu, public addresses only."""
    form = _form(desk, "mau_03")
    values = incident_values(desk, desk.incident(ask.subject))
    values |= _found_how(desk, ask.subject, values)
    values["summary"] = _first_description(desk, values)
    values = all_without_inside(values, INSIDE)
    note = next((one.strip() for one in form.note.split(". ") if "[TBSC]" in one), "")
    parts = (*_sections(desk, form, values), *((Text(f"Ghi chú: {note.rstrip('.')}.", "note"),) if note else ()))
    return _paper(desk, ask, form, values, parts)


def closing_report(desk: Desk, ask: Ask) -> Paper:
    """Mẫu 04: cites the number and day of the initial report."""
    form = _form(desk, "mau_04")
    values = incident_values(desk, desk.incident(ask.subject))
    first = _initial(desk, ask.subject)
    if first is not None:
        values["initial_report"], values["initial_report_day"] = first.number, first.day
    values["attached"] = _attachments(desk, ask.subject, values)
    told = values | {"result": _result(values), "measures": "", "lessons": ""}  # one box: each part under its own name
    parts = tuple(_sections(desk, form, told))
    cites = (str(values["initial_report"]),) if values.get("initial_report") else ()
    made = _paper(desk, ask, form, values, parts, cites)
    ended = values.get("result") or values.get("resolution")
    return (
        made if ended else replaced(made, missing=(*made.missing, Gap(label=RESULT, fields=("result",), required=True)))
    )


def _form(desk: Desk, code: str) -> Form:
    form = desk.form(code)
    if form is None:
        raise NotFound(f"profile {desk.law.name} has no form {code}", hint="--profile vn-2017")
    return form


def _paper(
    desk: Desk, ask: Ask, form: Form, values: Mapping[str, Any], parts: tuple[Part, ...], cites: tuple[str, ...] = ()
) -> Paper:
    from msgspec.structs import replace

    told = desk.holders(desk.recipients_of(form.code) or ("chu_quan", "dieu_phoi"))
    head = header(desk, recipients=told)  # the form prints none; the register says who got it
    signed = next((one for one in form.sections if "ĐẠI DIỆN" in one.title), None)
    authority = (signed.title,) if signed else ("CÁ NHÂN/NGƯỜI ĐẠI DIỆN THEO PHÁP LUẬT",)
    paper = Paper(
        code=form.code,
        as_of=desk.as_of,
        kind=form.title,
        layout="form",
        nation=False,
        form=form.number,
        subject=ask.subject,
        header=replace(head, authority=authority),
        parts=parts,
        sign_note="(Ký tên, đóng dấu)",
        facts=facts_of(values),
        missing=(*gaps_of(parts), *_unticked(form, values)),
        cites=cites,
    )
    return finish(desk, paper, form)


def _unticked(form: Form, values: Mapping[str, Any]) -> Iterator[Gap]:
    """Questions with boxes none of which is ticked, and a box ticked without what is to be written behind it."""
    for section in form.sections:
        if section.mode == "fields":
            for label, bound in zip(section.fields, section.record, strict=False):
                if _own_boxes(label, bound, values) is not None and values.get(bound) in (None, "", [], (), "unknown"):
                    yield Gap(label=_title(label), fields=(bound,), required="(*)" in label)
            continue
        names = tuple(name for bound in section.record for name in bound.split("+"))
        if names and not values.get(names[0]):
            yield Gap(label=_title(section.title), fields=names[:1], required=section.required)
        elif names[1:] and not values.get(names[1]) and {"notified", "other"} & set(values[names[0]]):
            yield Gap(label=_title(section.title), fields=names[1:], required=section.required)


def _sections(desk: Desk, form: Form, values: Mapping[str, Any]) -> Iterator[Part]:
    for at, section in enumerate(form.sections):
        if "ĐẠI DIỆN" in section.title:
            continue
        name = _named(form, at)
        if section.mode != "fields":
            yield _question(section, values)
        elif section.fields:
            if section.title.startswith("Tên/Mô tả"):
                named = "\n".join(filter(None, (str(values.get("title") or ""), _scope(values))))
                yield Lines(f"{name}-0", (Line(label=section.title, value=named, fields=("title", "scope")),))
            elif section.title:
                yield Text(section.title, "heading")
            yield from _lines(desk, name, section, values)
        elif section.record:
            yield Lines(name, (_line(section.title, section.record[0], values, desk, section.required),))
        else:
            yield Lines(name, (Line(label=_title(section.title), value=_minute(desk.as_of), required=True),))


def _named(form: Form, at: int) -> str:
    names = _SECTIONS.get(form.code, ())
    return names[at] if at < len(names) else f"s{at}"


def _question(section: FormSection, values: Mapping[str, Any]) -> Boxes:
    """Boxes in the order of the field's choices; a second bound field is what is written behind the one it belongs to."""
    from atttcli.model.record import FIELDS

    names = section.record[0].split("+")
    given = values.get(names[0]) or ()
    chosen = {given} if isinstance(given, str) else set(given)
    choices = FIELDS[names[0]].choices
    written = str(values.get(names[1]) or "") if len(names) > 1 else ""
    behind = next((code for code in ("notified", "other") if code in chosen), "")  # the box that the text belongs to
    boxes = [
        Box(label=label, ticked=code in chosen, said=written if code == behind else "")
        for code, label in zip(choices, section.fields, strict=False)
    ]
    return Boxes(section.title, tuple(boxes), names[0])


def _lines(desk: Desk, name: str, section: FormSection, values: Mapping[str, Any]) -> Iterator[Part]:
    """A section's lines, parted where one of them is a question with boxes of its own."""
    waiting: list[Line] = []
    for place, label in enumerate(section.fields):
        bound = section.record[place] if place < len(section.record) else ""
        boxes = _own_boxes(label, bound, values)
        if boxes is None:
            waiting.append(_line(label, bound, values, desk, "(*)" in label))
            continue
        if waiting:
            yield Lines(f"{name}-{place}", tuple(waiting))
            waiting = []
        yield boxes
    if waiting:
        yield Lines(name, tuple(waiting))


def _own_boxes(label: str, bound: str, values: Mapping[str, Any]) -> Boxes | None:
    if bound == "level":
        levels = (Box(label=f"Cấp độ {n}", ticked=values.get("level") == n) for n in range(1, 6))
        return Boxes(label, tuple(levels), bound)
    if bound == "confidential":
        given = values.get("confidential")
        return Boxes(label, (Box(label="Có", ticked=given == "yes"), Box(label="Không", ticked=given == "no")), bound)
    if bound in _PRINTED:
        return Boxes(label, tuple(_sorted_boxes(bound, values.get(bound) or ())), bound)
    return None


def _sorted_boxes(name: str, given: str | Sequence[str]) -> Iterator[Box]:
    """Answers find their boxes by word; those that fit none are written behind the last."""
    answers = [given] if isinstance(given, str) else list(given)
    left = list(answers)
    for label, words in _PRINTED[name]:
        mine = [answer for answer in answers if any(one in fold(answer) for one in words)]
        left = [answer for answer in left if answer not in mine]
        yield Box(label=label, ticked=bool(mine))
    rest = [word(answer, "vi") for answer in left if answer != "other"]  # the box itself says "other"
    yield Box(label=_ELSE[name], ticked=bool(left), said=", ".join(rest))


def _line(label: str, bound: str, values: Mapping[str, Any], desk: Desk, required: bool) -> Line:
    names = tuple(name for name in bound.split("+") if name)
    return Line(label=_printed(label), value=_filled(label, names, values, desk), fields=names, required=required)


def _printed(label: str) -> str:
    """The label without the dots that a person would write over."""
    if "…" not in label:
        return label
    return label.partition(": …")[0] if ": …" in label else label.replace(" …", ",").rstrip(",")


def _filled(label: str, names: tuple[str, ...], values: Mapping[str, Any], desk: Desk) -> str:
    if names == ("detected",):
        at = values.get("detected")
        if at is None:
            return ""
        return clock_time(desk, at) if "giờ" in label or "Thời gian" in label else day_month(desk, at)
    if label.startswith("Hệ điều hành") and values.get("os"):
        return str(values["os"])
    return "\n".join(filter(None, (shown(name, values.get(name)) for name in names)))


def _first_description(desk: Desk, values: Mapping[str, Any]) -> str:
    """The summary, and what QĐ 05/2017 article 11(4) wants an initial report to say besides; only what is known."""
    kind = next((one.name for one in desk.law.incident_types if one.code == values.get("category")), "")
    klass = next((one.name for one in desk.law.classes if one.code == values.get("class")), "")
    told = (
        ("Loại sự cố", kind),
        ("Phân loại sơ bộ", klass),
        ("Phạm vi, đối tượng bị ảnh hưởng", values.get("scope")),
        ("Thời gian gián đoạn dịch vụ (phút)", values.get("outage_minutes")),
        ("Đơn vị cung cấp hạ tầng, viễn thông", values.get("isp")),
        ("Biện pháp đã triển khai", values.get("measures")),
        ("Biện pháp đang triển khai", values.get("measures_ongoing")),
        ("Biện pháp dự kiến", values.get("measures_planned")),
        ("Tổ chức đang hỗ trợ", ", ".join(values.get("supporters") or ())),
        ("Kết quả ứng cứu ban đầu", values.get("result")),
    )
    extra = [_under(label, str(value)) for label, value in told if value]
    return "\n".join(filter(None, (str(values.get("summary") or ""), *extra)))


def _under(label: str, value: str) -> str:
    """A part under its name; a list begins on a line of its own."""
    return f"{label}:{chr(10) if value.startswith('- ') else ' '}{value}"


def _found_how(desk: Desk, incident: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """How it was found, by the alerts linked to it, where nobody said."""
    if values.get("found_how"):
        return {}
    alerts = linked_alerts(desk.store, incident)
    ways, senders = found_by_alerts(alerts, desk.law)
    return {"found_how": ways, "notified_by": values.get("notified_by") or ", ".join(senders)} if ways else {}


def _scope(values: Mapping[str, Any]) -> str:
    return f"Phạm vi: {values['scope']}" if values.get("scope") else ""


def _result(values: Mapping[str, Any]) -> str:
    told = (
        ("Diễn biến", values.get("summary")),
        ("Nguyên nhân", values.get("cause")),
        ("Biện pháp đã thực hiện", values.get("measures")),
        ("Kết quả", values.get("result") or values.get("resolution")),
        ("Bài học kinh nghiệm", values.get("lessons")),
        ("Đề xuất cho trường hợp tương tự", values.get("proposals")),
    )
    return "\n".join(_under(label, str(value)) for label, value in told if value)


def _attachments(desk: Desk, incident: str, values: Mapping[str, Any]) -> list[str]:
    """Papers that went out about it and exhibits, as the form's list of what is attached."""
    papers = [one.cited(dated=False) for one in issued_papers(desk.store, incident)]
    exhibits = desk.store.rows(
        "SELECT number, name FROM evidence WHERE incident = ? AND withdrawn IS NULL ORDER BY number", incident
    )
    named = [f"{row['name']} ({row['number']})" for row in exhibits]
    return [*papers, *named] or list(values.get("attached") or ())


def _initial(desk: Desk, incident: str) -> Issued | None:
    return next((one for one in issued_papers(desk.store, incident) if one.code == "mau_03"), None)


def _title(text: str) -> str:
    return text.split("*: …")[0].split(": …/")[0].replace("(*)", "").strip(" *:")


def _minute(micros: int) -> str:
    return from_micros(micros, VIETNAM).strftime("%d/%m/%Y/%H/%M")
