"""What is on a paper, without any format: every paper is composed into an Outline, every renderer draws Outlines.

Texts here are raw: each renderer passes every one of them through `inert` at the single place where it writes text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is `I. TITLE`, 2 is `1. Title`; the number is part of the text."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Body text. `basis` is a legal basis (italic), `note` a small remark, `end` the sentence that closes the paper."""

    text: str
    style: Literal["body", "basis", "note", "end"] = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list with dashes, as official papers write it."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`share` is the column's part of the table's width, in percent; `code` marks values that may break anywhere."""

    title: str
    share: int
    align: Align = "left"
    code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose header row repeats on each page. `name` is a stable word for style sheets; rows are as long as columns."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Label and value pairs."""

    name: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart: label, value and, where there is one, the value of the period before."""

    title: str
    bars: tuple[tuple[str, int, int | None], ...]
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class HeatChart:
    """Rows of counts, or of points of a hundred (`percent`), shaded by value; None is untested and never nought."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]
    corner: str = ""
    percent: bool = False
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class Happening:
    """On a timeline: a point, or a span to `until`; `done` and `state` (plain, met, late, open) for what has a term."""

    at: int
    text: str
    lane: str = ""
    until: int | None = None
    done: int | None = None
    state: Literal["plain", "met", "late", "open"] = "plain"


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Happenings on an axis of local time, in lanes in the order of their first mention."""

    title: str
    happenings: tuple[Happening, ...]
    language: str = "vi"


Block = Heading | Paragraph | Bullets | Table | Fields | Chart | HeatChart | TimeChart


@dataclass(frozen=True, slots=True)
class Masthead:
    """Boxes 1 to 4 of Decree 30/2020, one string a line; `marks` are framed words above the title (exercise, draft).

    `about` is box 5b, what a letter without a title says under its number (`V/v ...`). Without `nation` (forms that have
    none) the right side says only which `form` it is.
    """

    superior: tuple[str, ...]
    organ: tuple[str, ...]
    nation: str
    motto: str
    number: str
    place_date: str
    marks: tuple[str, ...] = ()
    about: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Boxes 7 and 9b. `note` stands below the authority (`(Ký tên, đóng dấu)`); without a label there is no box 9b."""

    recipients_label: str
    recipients: tuple[str, ...]
    authority: tuple[str, ...]
    signer: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """A part with its own page numbers. `label` is `Phụ lục I`; `attached` names the paper that it belongs to."""

    label: str
    title: str
    attached: str
    blocks: tuple[Block, ...]
    landscape: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole paper; one without `kind` is a letter.

    `foot` stands small at the bottom of every page; `as_of` (microseconds) dates the file itself. A `bare` one is a page to
    hang up or read aloud: title and blocks, neither head nor signature.
    """

    language: str
    kind: str
    summary: str
    masthead: Masthead
    addressees_label: str
    addressees: tuple[str, ...]
    blocks: tuple[Block, ...]
    signature: Signature
    annexes: tuple[Annex, ...]
    foot: str
    subject: str
    author: str
    as_of: int
    bare: bool = False
