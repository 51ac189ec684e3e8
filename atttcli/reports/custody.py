"""The printed custody form of a piece of evidence: what it is, its whole chain, and room for two signatures.

Our own form (no official one is public): what ISO/IEC 27037 wants a chain to say, laid out as papers of Decree 30/2020 are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from atttcli.clock import local_text
from atttcli.reports.incident import organ_lines
from atttcli.reports.outline import Block, Column, Fields, Heading, Masthead, Outline, Paragraph, Signature, Table
from atttcli.reports.structure_json import structure_json
from atttcli.reports.wording import wording
from atttcli.text.fold import nfc

CUSTODY_FORMATS = ("docx", "pdf", "html", "txt", "json")
CUSTODY_MODEL = "atttcli/custody-form/1"
BLANK_ROWS = 2
SIGNING_SPACE = " ".join(["…" * 6] * 4)  # in a column it breaks into lines: two people sign there by hand


@dataclass(frozen=True, slots=True)
class CustodyStep:
    """A link of the chain as it is printed; `at` microseconds UTC."""

    at: int
    actor: str
    action: str
    detail: Mapping[str, Any]
    note: str


@dataclass(frozen=True, slots=True)
class CustodyForm:
    """All that stands on the form. `head`: digest of the newest journal entry, so that the paper can be checked later."""

    number: str
    incident: str
    incident_title: str
    name: str
    serial: str
    sha256: str
    size: int
    source: str
    holder: str
    seal: str
    steps: tuple[CustodyStep, ...]
    superior: str
    organ: str
    place: str
    head: str
    as_of: int
    language: Literal["vi", "en"] = "vi"
    exercise: bool = False


_VI = {
    "kind": "PHIẾU THEO DÕI CHỨNG CỨ", "summary": "Chứng cứ {number} thuộc sự cố {incident}",
    "facts": "Thông tin chứng cứ", "chain": "Quá trình quản lý, giao nhận", "next": "Giao nhận tiếp theo (ghi tay, rồi nhập)",
    "number": "Mã chứng cứ", "incident": "Sự cố", "name": "Tên, mô tả", "serial": "Số hiệu", "sha256": "Mã băm SHA-256",
    "size": "Kích thước", "bytes": "{n} byte", "source": "Thu thập từ", "holder": "Đang giữ", "seal": "Niêm phong",
    "head": "Đầu chuỗi nhật ký", "none": "không", "thing": "hiện vật (không có tệp)",
    "time": "Thời điểm", "who": "Người thực hiện", "what": "Việc", "detail": "Nội dung",
    "giver": "Bên giao (ký, ghi rõ họ tên)", "taker": "Bên nhận (ký, ghi rõ họ tên)", "why": "Lý do, tình trạng niêm phong",
    "note": "Mỗi lần giao nhận, mã băm được tính lại; phiếu chỉ có giá trị khi mã băm trùng với mã ghi ở trên. Biểu mẫu nội bộ.",
    "note_thing": "Mỗi lần giao nhận, đối chiếu số hiệu và niêm phong với số ghi ở trên. Biểu mẫu nội bộ.",
    "steps": "{n} lần ghi",
    "added": "thu thập", "sealed": "niêm phong", "unsealed": "mở niêm phong", "moved": "bàn giao", "exported": "sao ra ngoài",
    "withdrawn": "rút khỏi hồ sơ", "to": "cho {to}", "from": "từ {from_}", "at": "tại {place}", "paper": "văn bản {paper}",
    "mark": "niêm phong {seal}", "intact": "còn nguyên", "broken": "KHÔNG còn nguyên", "signature": "NGƯỜI LẬP PHIẾU",
}  # fmt: skip
_EN = {
    "kind": "EVIDENCE CUSTODY FORM", "summary": "Exhibit {number} of incident {incident}",
    "facts": "The exhibit", "chain": "Chain of custody", "next": "Next hand-overs (by hand, then entered)",
    "number": "Exhibit", "incident": "Incident", "name": "Description", "serial": "Serial number", "sha256": "SHA-256",
    "size": "Size", "bytes": "{n} bytes", "source": "Taken from", "holder": "Held by", "seal": "Seal",
    "head": "Journal head", "none": "none", "thing": "a thing (no file)",
    "time": "Time", "who": "By", "what": "Action", "detail": "Details",
    "giver": "Given by (signature, name)", "taker": "Received by (signature, name)", "why": "Reason, state of the seal",
    "note": "The digest is computed anew at every hand-over; the form holds only where it equals the one above. Internal form.",
    "note_thing": "Serial number and seal are compared with those above at every hand-over. Internal form.",
    "steps": "{n} entries",
    "added": "collected", "sealed": "sealed", "unsealed": "seal broken", "moved": "handed over", "exported": "copied out",
    "withdrawn": "withdrawn", "to": "to {to}", "from": "from {from_}", "at": "at {place}", "paper": "paper {paper}",
    "mark": "seal {seal}", "intact": "intact", "broken": "NOT intact", "signature": "DRAWN UP BY",
}  # fmt: skip


def render_custody(form: CustodyForm, format: str) -> bytes:
    """The form in one of CUSTODY_FORMATS, or UsageError. Same form, same bytes."""
    if format == "json":
        return structure_json(form, CUSTODY_MODEL)
    from atttcli.reports.outline_formats import render_outline

    return render_outline(compose_custody(form), format, CUSTODY_FORMATS)


def compose_custody(form: CustodyForm) -> Outline:
    """The form as an outline."""
    say, words = wording(form.language), _words(form)
    return Outline(
        language=form.language,
        kind=words["kind"],
        summary=words["summary"].format(number=form.number, incident=form.incident),
        masthead=Masthead(
            superior=organ_lines(nfc(form.superior)),
            organ=organ_lines(nfc(form.organ)),
            nation=say.nation,
            motto=say.motto,
            number=form.number,
            place_date=say.place_date(form.place, "", form.as_of),
            marks=(say.exercise,) if form.exercise else (),
        ),
        addressees_label="",
        addressees=(),
        blocks=tuple(_blocks(form, words)),
        signature=Signature(say.recipients, ("- " + say.file_copy.format(archive="VT"),), (words["signature"],), ""),
        annexes=(),
        foot=" · ".join(filter(None, (form.number, form.incident, say.exercise if form.exercise else ""))),
        subject=f"{form.number} {nfc(form.name)}",
        author=nfc(form.organ),
        as_of=form.as_of,
    )


def _words(form: CustodyForm) -> dict[str, str]:
    return _VI if form.language == "vi" else _EN


def _blocks(form: CustodyForm, words: dict[str, str]) -> list[Block]:
    size = words["bytes"].format(n=_grouped(form)) if form.sha256 else words["thing"]
    facts = (
        ("number", form.number), ("incident", f"{form.incident} {form.incident_title}"), ("name", form.name),
        ("serial", form.serial or words["none"]), ("sha256", form.sha256 or words["thing"]), ("size", size),
        ("source", form.source), ("holder", form.holder), ("seal", form.seal or words["none"]), ("head", form.head),
    )  # fmt: skip
    third = Column(words["why"], 40)
    return [
        Heading(2, "1. " + words["facts"]),
        Fields("exhibit", tuple((words[key], nfc(value)) for key, value in facts)),
        Heading(2, f"2. {words['chain']} ({words['steps'].format(n=len(form.steps))})"),
        Table(
            "custody",
            (
                Column(words["time"], 18),
                Column(words["who"], 18),
                Column(words["what"], 16),
                Column(words["detail"], 48),
            ),
            tuple(_row(step, words) for step in form.steps),
        ),
        Heading(2, "3. " + words["next"]),
        Table(
            "handovers",
            (Column(words["time"], 16), Column(words["giver"], 22), Column(words["taker"], 22), third),
            tuple((SIGNING_SPACE,) * 4 for _place in range(BLANK_ROWS)),
        ),
        Paragraph(words["note" if form.sha256 else "note_thing"], "note"),
    ]


def _grouped(form: CustodyForm) -> str:
    """Digits in groups: 8.589.934.592 is read aloud without a slip."""
    text = f"{form.size:,}"
    return text.replace(",", ".") if form.language == "vi" else text


def _row(step: CustodyStep, words: dict[str, str]) -> tuple[str, ...]:
    said = step.detail
    parts = [
        words["from"].format(from_=said["from"]) if said.get("from") else "",
        words["to"].format(to=said["to"]) if said.get("to") else "",
        words["at"].format(place=said["place"]) if said.get("place") else "",
        words["mark"].format(seal=said["seal"]) if said.get("seal") else "",
        (words["intact"] if said["seal_intact"] else words["broken"]) if "seal_intact" in said else "",
        words["paper"].format(paper=said["paper"]) if said.get("paper") else "",
        step.note,
    ]
    text = "; ".join(nfc(part) for part in parts if part)
    return local_text(step.at, seconds=False), nfc(step.actor), words.get(step.action, step.action), text
