"""The cards that are read aloud on the telephone, one page each, to hang beside it."""

from __future__ import annotations

from atttcli.incident.interview import find_card
from atttcli.reports.paper import Line, Lines, Paper, Part, Text
from atttcli.reports.papers.desk import Ask, Desk, finish, header


def phone_card(desk: Desk, ask: Ask) -> Paper:
    """The card of this code (`ma-hoa`): numbered lines to say, what must never be done, who calls back."""
    card = find_card(ask.subject)
    told = card.en if desk.language == "en" else card.vi
    organ = desk.signing()
    back = (organ.call_back if organ else "") or "……"
    parts: tuple[Part, ...] = (
        *(Text(f"{at}. {line}") for at, line in enumerate(told.say, 1)),
        Text(desk.say("TUYỆT ĐỐI:", "WITHOUT FAIL:"), "heading"),
        *(Text(line, "item") for line in told.never),
        Lines(
            "call",
            (
                Line(label=desk.say("Người gọi lại", "Who calls back"), value=back),
                Line(label=desk.say("Giờ gọi; người gọi; đơn vị", "Time; caller; agency")),
            ),
        ),
    )
    paper = Paper(
        code="the_dien_thoai",
        as_of=desk.as_of,
        kind=told.title.upper(),
        summary=desk.say("Đọc chậm cho người gọi, từng dòng một", "Read slowly to the caller, line by line"),
        layout="card",
        nation=False,
        subject=card.code,
        foot=desk.say(f"Thẻ {card.code}", f"Card {card.code}"),
        header=header(desk),
        parts=parts,
    )
    return finish(desk, paper)
