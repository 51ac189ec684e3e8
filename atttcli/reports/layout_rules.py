"""Which rules of Decree 30/2020 a paper is measured by: a form of a circular, or a page to hang up, has its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atttcli.reports.docx_reading import Line, Paper

INITIAL = "BÁO CÁO BAN ĐẦU SỰ CỐ MẠNG"
FORM_TITLES = frozenset({INITIAL, "BÁO CÁO KẾT THÚC ỨNG PHÓ SỰ CỐ"})
SHEET_TITLES = frozenset({"PHIẾU THEO DÕI CHỨNG CỨ", "EVIDENCE CUSTODY FORM"})
BOOK_TITLES = frozenset(
    {
        "SỔ TAY ĐIỀU HÀNH", "SỔ TAY ĐỘI THAM GIA", "PHIẾU QUAN SÁT", "PHIẾU TÌNH HUỐNG",
        "CONTROLLER'S BOOK", "PLAYER'S BOOK", "OBSERVER'S SHEETS", "HANDOUTS",
    }
)  # fmt: skip
INTERNAL = ("BIỂU MẪU NỘI BỘ", "INTERNAL FORM")
_MARKS = ("DỰ THẢO", "DRAFT", "BIỂU MẪU NỘI BỘ", "INTERNAL FORM", "DIỄN TẬP", "EXERCISE")


@dataclass(frozen=True, slots=True)
class Rules:
    """`nation`: with Quốc hiệu, place and date; `prose`: justified text that ends with `./.`; `recipients`: box 9b;
    `head`: a masthead and a signature at all; `numbered`: number and symbol of the records office."""

    nation: bool = True
    prose: bool = True
    recipients: bool = True
    head: bool = True
    numbered: bool = True


OFFICIAL = Rules()
FORM = Rules(nation=False, prose=False, recipients=False)
CARD = Rules(nation=False, prose=False, recipients=False, head=False)
SHEET = Rules(
    prose=False, numbered=False
)  # a sheet of the file, such as an exhibit's: its own number, no closing sentence

BOOK = Rules(recipients=False, numbered=False)  # working papers of a drill: nobody signs, numbers or sends them


def title_of(paper: Paper) -> Line | None:
    """The line in bold capitals that names the paper: the first such one in the middle, outside tables, that is no mark."""
    return next(
        (
            line
            for line in paper.body
            if line.text
            and line.bold
            and line.align == "center"
            and line.text == line.text.upper()
            and not is_mark(line.text)
        ),
        None,
    )


def rules_of(paper: Paper) -> Rules:
    """By the paper's title: forms are known by theirs."""
    title = title_of(paper)
    if title is None:
        return OFFICIAL
    if title.text in FORM_TITLES:
        return FORM
    if title.text in SHEET_TITLES:
        return SHEET
    if title.text in BOOK_TITLES:
        return BOOK
    return CARD if title.text in card_titles() else OFFICIAL


def is_mark(text: str) -> bool:
    """A stamp above the title: a draft, an exercise, an internal form."""
    return text.startswith(_MARKS)


@cache
def card_titles() -> frozenset[str]:
    """Titles of the pages to hang up, in both languages."""
    from atttcli.incident.interview import load_cards

    return frozenset(text.title.upper() for card in load_cards() for text in (card.vi, card.en))
