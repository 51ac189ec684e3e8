"""Which rules of Decree 30/2020 a paper is measured by: a form of a circular, or a page to hang up, has its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atttcli.reports.docx_reading import Line, Paper

FORM_TITLES = frozenset({"BÁO CÁO BAN ĐẦU SỰ CỐ MẠNG", "BÁO CÁO KẾT THÚC ỨNG PHÓ SỰ CỐ"})
_MARKS = ("DỰ THẢO", "DRAFT", "BIỂU MẪU NỘI BỘ", "INTERNAL FORM", "DIỄN TẬP", "EXERCISE")


@dataclass(frozen=True, slots=True)
class Rules:
    """`nation`: with Quốc hiệu, place and date; `prose`: justified text that ends with `./.`; `recipients`: box 9b;
    `head`: a masthead and a signature at all."""

    nation: bool = True
    prose: bool = True
    recipients: bool = True
    head: bool = True


OFFICIAL = Rules()
FORM = Rules(nation=False, prose=False, recipients=False)
CARD = Rules(nation=False, prose=False, recipients=False, head=False)


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
            and not _is_mark(line.text)
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
    return CARD if title.text in card_titles() else OFFICIAL


def _is_mark(text: str) -> bool:
    return text.startswith(_MARKS)


@cache
def card_titles() -> frozenset[str]:
    """Titles of the pages to hang up, in both languages."""
    from atttcli.incident.interview import load_cards

    return frozenset(text.title.upper() for card in load_cards() for text in (card.vi, card.en))
