"""The quick notice that a call comes to: a draft of what the law wants to be told first, for the register to number.

Fields of the free-form notice of TT 20/2017 article 9(3)(a), and of the quick report that units use under the 2026 decrees
(no official form is public yet: it is marked as ours).
"""

from __future__ import annotations

from typing import Literal

from atttcli.clock import local_text
from atttcli.incident.call import Call, Reading
from atttcli.incident.interview import load_interview
from atttcli.inventory import Inventory, Organisation
from atttcli.inventory.organisation import Organ
from atttcli.model.letter import LetterForm, LetterModel, LetterText
from atttcli.profile import Profile

SPECIALISED = "chuyen_trach"


def specialised_organ(place: Organisation) -> Organ:
    """The body that takes calls and signs notices."""
    return next((one for one in place.organs if one.role == SPECIALISED), place.organs[0])


def draft_notice(
    number: str,
    call: Call,
    reading: Reading,
    law: Profile,
    inventory: Inventory,
    language: Literal["vi", "en"],
    now: int,
) -> LetterModel:
    """The notice as a letter without number, date and signature."""
    place = inventory.organisation
    organ = specialised_organ(place)
    vietnamese = language == "vi"
    roles = {role.code: role for role in law.roles}
    recipients = [roles[code] for code in ("chu_quan", "dieu_phoi") if code in roles]
    return LetterModel(
        code=number,
        subject=("thông báo sự cố " if vietnamese else "notice of incident ") + number,
        as_of=now,
        language=language,
        superior=organ.superior,
        organ=organ.name,
        symbol=organ.symbol,
        place=organ.place,
        urgency="khan",
        addressees=tuple(role.holder or role.name if vietnamese else role.name_en for role in recipients),
        blocks=(
            LetterText(_opening(call, reading, vietnamese)),
            LetterForm("notice", tuple(_rows(number, call, reading, law, inventory, vietnamese))),
        ),
        closing=(f"Đầu mối liên hệ: {organ.call_back}" if vietnamese else f"Contact: {organ.call_back}")
        if organ.call_back
        else ("Trân trọng thông báo" if vietnamese else "Respectfully"),
        authority=organ.signatures[:1],
    )


def _opening(call: Call, reading: Reading, vietnamese: bool) -> str:
    at = local_text(call.started, seconds=False)
    if vietnamese:
        return (
            f"Vào lúc {at}, đơn vị tiếp nhận thông tin về sự cố như sau (thông tin ban đầu, chưa được xác minh đầy đủ)."
        )
    return f"At {at} the following was reported (first information, not yet fully verified)."


def _rows(
    number: str, call: Call, reading: Reading, law: Profile, inventory: Inventory, vietnamese: bool
) -> list[tuple[str, str]]:
    agency = next((one for one in inventory.organisation.agencies if one.code == reading.agency), None)
    system = inventory.system(reading.system) if reading.system else None
    kind = law.incident_type(reading.category) if reading.category else None
    severity = next((one for one in law.severities if one.code == reading.severity), None)
    said = {one.key: one for one in load_interview()}
    seen = said["seen"].option(call.known("seen"))
    labels = _LABELS["vi" if vietnamese else "en"]
    values = (
        number,
        agency.name if agency else "",
        system.name if system else "",
        (kind.name if vietnamese else kind.name_en) if kind else "",
        f"{severity.code} ({severity.name if vietnamese else severity.name_en})" if severity else "",
        ". ".join(filter(None, ((seen.vi if vietnamese else seen.en) if seen else "", call.known("detail")))),
        local_text(reading.detected, seconds=False),
        local_text(int(call.known("since")), seconds=False) if call.known("since") else "",
        _machines(call, vietnamese),
        _state(call, vietnamese),
        _personal(call, vietnamese),
        call.known("done"),
    )
    return list(zip(labels, values, strict=True))


_LABELS = {
    "vi": (
        "Mã sự cố", "Đơn vị vận hành", "Hệ thống bị sự cố", "Loại sự cố", "Mức độ (nội bộ)", "Mô tả sơ bộ",
        "Thời điểm phát hiện", "Thời điểm xảy ra", "Máy bị ảnh hưởng", "Hiện trạng", "Dữ liệu cá nhân", "Biện pháp đã thực hiện",
    ),
    "en": (
        "Incident", "Operating unit", "System", "Type", "Severity (internal)", "What is seen", "Detected", "Occurred",
        "Machines", "State", "Personal data", "Measures taken",
    ),
}  # fmt: skip
_STATE = (
    ("still_on", "máy còn bật", "still on"),
    ("unplugged", "đã rút mạng", "unplugged"),
    ("backup", "có bản sao lưu", "backup"),
)
_ANSWERS = {
    "vi": {"yes": "có", "no": "không", "unknown": "không rõ"},
    "en": {"yes": "yes", "no": "no", "unknown": "unknown"},
}


def _state(call: Call, vietnamese: bool) -> str:
    say = _ANSWERS["vi" if vietnamese else "en"]
    return "; ".join(
        f"{vi if vietnamese else en}: {say[call.answers[key]]}"
        for key, vi, en in _STATE
        if call.answers.get(key) in say
    )


def _machines(call: Call, vietnamese: bool) -> str:
    count = call.known("count")
    total = f"{count} {'máy' if vietnamese else 'machines'}" if count else ""
    return (
        f"{call.known('machines')} ({total})" if call.known("machines") and total else call.known("machines") or total
    )


def _personal(call: Call, vietnamese: bool) -> str:
    given = _ANSWERS["vi" if vietnamese else "en"].get(call.answers.get("personal_data", ""), "")
    count = call.known("subjects")
    return f"{given} ({count} {'người' if vietnamese else 'people'})" if count else given
