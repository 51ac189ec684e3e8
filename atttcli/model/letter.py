"""A letter as a value: what stands on it, without any format. `reports/letter.py` lays it out by Decree 30/2020.

Texts are in the letter's language already. Indicator values are held as they are: renderers defang.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["body", "item", "heading"]


@dataclass(frozen=True, slots=True)
class LetterText:
    """A paragraph: `item` stands with a dash before it, `heading` is bold."""

    text: str
    style: Style = "body"


@dataclass(frozen=True, slots=True)
class LetterColumn:
    """`share` is the part of the width in percent; `code` marks values that may break anywhere (addresses, hashes)."""

    title: str
    share: int
    centred: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class LetterTable:
    """Rows as long as columns. `name` is a stable word for style sheets."""

    name: str
    columns: tuple[LetterColumn, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LetterForm:
    """A form to fill in: label and what is printed beside it (dots where nothing is)."""

    name: str
    rows: tuple[tuple[str, str], ...]


LetterBlock = LetterText | LetterTable | LetterForm


@dataclass(frozen=True, slots=True)
class LetterAnnex:
    """`landscape` for wide tables."""

    title: str
    blocks: tuple[LetterBlock, ...]
    landscape: bool = False


@dataclass(frozen=True, slots=True)
class LetterModel:
    """One official letter (công văn). What is not known yet (number, date, signer) stays empty and is left free on paper.

    `code` is our own number of it (`CV-2026-0001`), `addressee` the agency code of a letter to one agency. `number` is the
    register's (`45`), `symbol` what follows it (`STTTT-CNTT`); `date` ISO. `copies` are the codes of the agencies that
    get one. `as_of` (microseconds) dates the file itself.
    """

    code: str
    subject: str
    as_of: int
    language: Literal["vi", "en"] = "vi"
    addressee: str = ""
    superior: str = ""
    organ: str = ""
    number: str = ""
    symbol: str = ""
    place: str = ""
    date: str = ""
    urgency: str = ""
    addressees: tuple[str, ...] = ()
    blocks: tuple[LetterBlock, ...] = ()
    closing: str = ""
    recipients: tuple[str, ...] = ()
    archive: str = "VT"
    authority: tuple[str, ...] = ()
    signer: str = ""
    annexes: tuple[LetterAnnex, ...] = ()
    state: str = ""
    copies: tuple[str, ...] = ()
    exercise: bool = False
    marks: tuple[str, ...] = ()
