"""A Paper as an Outline: which block stands where on the page. No format and no workspace is known here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from atttcli.reports.chart_blocks import chart_blocks
from atttcli.reports.incident import organ_lines
from atttcli.reports.incident_annexes import roman
from atttcli.reports.outline import (
    Annex,
    Block,
    Bullets,
    Column,
    Fields,
    Heading,
    Masthead,
    Outline,
    Paragraph,
    Signature,
    Table,
)
from atttcli.reports.paper import Appendix, Bars, Boxes, HeatMap, Lines, Paper, Part, Rows, Text, Timeline
from atttcli.reports.wording import IncidentWording, wording

MAX_ROWS = 1_000  # of one table on paper; the JSON and the sheets hold all, what is left out is counted below the table
_NO_WORD = re.compile(r"[^A-Za-z0-9_-]")
TICKED, EMPTY = "☒", "☐"
_INTERNAL = {
    "vi": "BIỂU MẪU NỘI BỘ (chưa có mẫu chính thức)",
    "en": "INTERNAL FORM (no official form is public)",
}
_NOT_GIVEN = {"vi": "……", "en": "……"}


def compose_paper(paper: Paper) -> Outline:
    """The outline. `paper` should be settled: texts NFC, times in range."""
    say = wording(paper.header.language)
    organ = " ".join(paper.header.organ.say(say.language).split())
    letter, card = paper.layout == "letter", paper.layout == "card"
    end = (Paragraph(_ended(paper.closing, say), "end"),) if paper.closing else ()
    return Outline(
        language=say.language,
        kind="" if letter else paper.kind,
        summary=paper.summary,
        masthead=_masthead(paper, say, letter=letter),
        addressees_label=say.addressees,
        addressees=paper.header.addressees,
        blocks=(*_blocks(paper.parts, say), *end),
        signature=_signature(paper, say),
        annexes=tuple(_annexes(paper, say, organ)),
        foot=_foot(paper, say),
        subject=" ".join(filter(None, (paper.subject, paper.kind, paper.summary))),
        author=organ,
        as_of=paper.as_of,
        bare=card,
    )


def _masthead(paper: Paper, say: IncidentWording, *, letter: bool) -> Masthead:
    head, marks = paper.header, paper.marks
    shown = (
        say.exercise if marks.exercise else "",
        say.draft if marks.draft else "",
        _INTERNAL[say.language] if paper.internal else "",
    )
    return Masthead(
        superior=organ_lines(head.superior.say(say.language)),
        organ=organ_lines(head.organ.say(say.language)),
        nation=say.nation if paper.nation else "",
        motto=say.motto if paper.nation else "",
        number=say.number(head.number, head.symbol),
        place_date=say.place_date(head.place, head.date, paper.as_of) if paper.nation else "",
        marks=tuple(filter(None, shown)),
        about=say.about + paper.summary if letter else "",
        form=paper.form,
    )


def _signature(paper: Paper, say: IncidentWording) -> Signature:
    head = paper.header
    authority = tuple(line.upper() for line in head.authority)
    if paper.layout == "form" and not paper.nation:
        return Signature("", (), authority, head.signer, paper.sign_note)
    first = (say.same_as_above,) if head.addressees else ()
    listed = tuple(f"- {name.rstrip(';.')};" for name in (*first, *head.recipients))
    return Signature(
        recipients_label=say.recipients,
        recipients=(*listed, "- " + say.file_copy.format(archive=head.archive)),
        authority=authority,
        signer=head.signer,
        note=paper.sign_note,
    )


def _ended(closing: str, say: IncidentWording) -> str:
    text = closing.rstrip("./ ")
    return f"{text}./." if say.language == "vi" else f"{text}."


def _foot(paper: Paper, say: IncidentWording) -> str:
    tlp = f"TLP:{paper.marks.tlp}" if paper.marks.tlp else ""
    named = (paper.foot or paper.subject or paper.kind.capitalize(), say.exercise if paper.marks.exercise else "", tlp)
    return " · ".join(filter(None, named))


def _annexes(paper: Paper, say: IncidentWording, organ: str) -> Iterator[Annex]:
    """Several annexes carry Roman numbers, one alone none."""
    many = len(paper.appendices) > 1
    for at, one in enumerate(paper.appendices, 1):
        yield Annex(
            label=say.annex.format(roman=roman(at) if many else "").strip(),
            title=one.title.upper(),
            attached=say.attached(paper.header.number, paper.header.symbol, paper.header.date, organ),
            blocks=tuple(_annex_blocks(one, say)),
            landscape=one.landscape,
        )


def _annex_blocks(annex: Appendix, say: IncidentWording) -> Iterator[Block]:
    yield from _blocks(annex.parts, say)


def _blocks(parts: tuple[Part, ...], say: IncidentWording) -> Iterator[Block]:
    for part in parts:
        match part:
            case Text(text=text, style="part"):
                yield Heading(1, text)
            case Text(text=text, style="heading"):
                yield Heading(2, text)
            case Text(text=text, style="item"):
                yield Bullets((text,))
            case Text(text=text, style=style):
                yield Paragraph(text, style)  # type: ignore[arg-type]  # the rest are Paragraph's own
            case Lines(name=name, lines=lines):
                yield Fields(_word(name), tuple((line.label, line.value or _NOT_GIVEN[say.language]) for line in lines))
            case Boxes():
                yield Fields("boxes", ((part.label, _ticks(part)),))
            case Rows():
                yield from _table(part, say)
            case Bars() | HeatMap() | Timeline():
                yield from chart_blocks(part, say.language)


def _word(name: str) -> str:
    """A name as style sheets may have it: in a model from elsewhere it could be anything."""
    return _NO_WORD.sub("_", name)[:60]


def _ticks(part: Boxes) -> str:
    lines = (f"{TICKED if box.ticked else EMPTY} {box.label}{_said(box.said)}" for box in part.boxes)
    return "\n".join(lines)


def _said(text: str) -> str:
    return " " + " ".join(text.split()) if text else ""


def _table(part: Rows, say: IncidentWording) -> Iterator[Block]:
    if not part.rows:
        yield Paragraph(say.none)
        return
    columns = tuple(Column(one.title, one.share, one.align, one.code) for one in part.columns)
    yield Table(_word(part.name), columns, part.rows[:MAX_ROWS])
    if len(part.rows) > MAX_ROWS:
        yield Paragraph(say.more_rows.format(count=say.count(len(part.rows) - MAX_ROWS)), "note")
