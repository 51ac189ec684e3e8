"""Official letters (công văn): a LetterModel laid out by Decree 30/2020, as docx, html or txt. Same letter, same bytes."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.model.letter import LetterBlock, LetterForm, LetterModel, LetterTable, LetterText
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
from atttcli.reports.wording import IncidentWording, wording
from atttcli.text.fold import nfc

LETTER_FORMATS = ("docx", "pdf", "html", "txt", "json")
MAX_ROWS = 5_000  # of one table on paper; what is left out is counted below it
_URGENCY = {
    "vi": {"khan": "KHẨN", "thuong_khan": "THƯỢNG KHẨN", "hoa_toc": "HỎA TỐC"},
    "en": {"khan": "URGENT", "thuong_khan": "VERY URGENT", "hoa_toc": "EXPRESS"},
}


def render_letter(letter: LetterModel, format: str) -> bytes:
    """The letter in one of LETTER_FORMATS, or UsageError."""
    if format == "json":
        from atttcli.reports.letter_json import letter_json

        return letter_json(letter)
    from atttcli.reports.outline_formats import render_outline

    return render_outline(compose_letter(letter), format, LETTER_FORMATS)


def compose_letter(letter: LetterModel) -> Outline:
    """The letter as an outline: boxes 1 to 5b, 9a, 6, 7 and 9b, then its annexes."""
    say = wording(letter.language)
    marks = (
        say.exercise if letter.exercise else "",
        _URGENCY[letter.language].get(letter.urgency, ""),
        *letter.marks,
    )
    return Outline(
        language=letter.language,
        kind="",
        summary=nfc(letter.subject),
        masthead=Masthead(
            superior=organ_lines(nfc(letter.superior)),
            organ=organ_lines(nfc(letter.organ)),
            nation=say.nation,
            motto=say.motto,
            number=say.number(letter.number, letter.symbol),
            place_date=say.place_date(letter.place, letter.date, letter.as_of),
            marks=tuple(mark for mark in marks if mark),
            about=say.about + nfc(letter.subject),
        ),
        addressees_label=say.addressees,
        addressees=tuple(nfc(name) for name in letter.addressees),
        blocks=(*_blocks(letter.blocks, say), Paragraph(_closing(letter), "end")),
        signature=_signature(letter, say),
        annexes=tuple(_annexes(letter, say)),
        foot=" · ".join(filter(None, (letter.code, _alone(letter), say.exercise if letter.exercise else ""))),
        subject=f"{letter.code} {nfc(letter.subject)}",
        author=nfc(letter.organ),
        as_of=letter.as_of,
    )


def _alone(letter: LetterModel) -> str:
    """Whose letter it is, of many that lie on one desk: the agency by its name."""
    return nfc(letter.addressees[0]) if letter.addressee and letter.addressees else nfc(letter.addressee)


def _closing(letter: LetterModel) -> str:
    """The last sentence ends as the decree wants it."""
    text = nfc(letter.closing).rstrip("./ ")
    return f"{text}./." if letter.language == "vi" else f"{text}."


def _blocks(blocks: tuple[LetterBlock, ...], say: IncidentWording) -> Iterator[Block]:
    for block in blocks:
        match block:
            case LetterText(text=text, style="item"):
                yield Bullets((nfc(text),))
            case LetterText(text=text, style="heading"):
                yield Heading(2, nfc(text))
            case LetterText(text=text):
                yield Paragraph(nfc(text))
            case LetterForm(name=name, rows=rows):
                yield Fields(name, tuple((nfc(label), nfc(value)) for label, value in rows))
            case LetterTable():
                yield from _table(block, say)


def _table(table: LetterTable, say: IncidentWording) -> Iterator[Block]:
    columns = tuple(
        Column(column.title, column.share, "center" if column.centred else "left", column.code)
        for column in table.columns
    )
    yield Table(table.name, columns, tuple(tuple(map(nfc, row)) for row in table.rows[:MAX_ROWS]))
    if len(table.rows) > MAX_ROWS:
        yield Paragraph(say.more_rows.format(count=say.count(len(table.rows) - MAX_ROWS)), "note")


def _signature(letter: LetterModel, say: IncidentWording) -> Signature:
    names = (say.same_as_above, *letter.recipients) if letter.addressees else letter.recipients
    return Signature(
        recipients_label=say.recipients,
        recipients=(
            *(f"- {nfc(name).rstrip(';.')};" for name in names),
            "- " + say.file_copy.format(archive=letter.archive),
        ),
        authority=tuple(line.upper() for line in letter.authority),
        signer=nfc(letter.signer),
    )


def _annexes(letter: LetterModel, say: IncidentWording) -> Iterator[Annex]:
    """Several annexes carry Roman numbers, one alone none."""
    many = len(letter.annexes) > 1
    for index, annex in enumerate(letter.annexes, 1):
        yield Annex(
            label=say.annex.format(roman=roman(index) if many else "").strip(),
            title=nfc(annex.title).upper(),
            attached=say.attached(letter.number, letter.symbol, letter.date, " ".join(nfc(letter.organ).split())),
            blocks=tuple(_blocks(annex.blocks, say)),
            landscape=annex.landscape,
        )
