"""What every paper of a drill has: masthead, exercise mark at head and foot, signature where one is signed."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.model.drill_report import DrillHead
from atttcli.reports.drill_words import words_of
from atttcli.reports.incident import organ_lines
from atttcli.reports.outline import Annex, Block, Masthead, Outline, Signature
from atttcli.reports.wording import wording
from atttcli.text.fold import nfc


def drill_paper(
    head: DrillHead, language: str, kind: str, summary: str, blocks: Iterator[Block], annexes: tuple[Annex, ...], *,
    signed: bool = True,
) -> Outline:  # fmt: skip
    """A paper of a drill. `signed`: a book is a working paper that nobody signs."""
    say, own = wording(language), words_of(language)
    return Outline(
        language=language,
        kind=kind,
        summary=nfc(summary),
        masthead=Masthead(
            superior=organ_lines(nfc(head.superior)),
            organ=organ_lines(nfc(head.organ)),
            nation=say.nation,
            motto=say.motto,
            number=say.number("", head.symbol) if signed else head.code,
            place_date=say.place_date(head.place, "", head.as_of),
            marks=(say.exercise,),
        ),
        addressees_label=say.addressees,
        addressees=(),
        blocks=tuple(blocks),
        signature=Signature(
            recipients_label=say.recipients,
            recipients=(f"- {own['organisers']};", f"- {own['parts']};", "- " + say.file_copy.format(archive="VT")),
            authority=tuple(line.upper() for line in head.signatures),
            signer="",
        )
        if signed
        else Signature("", (), (own["controller_signs"],), ""),
        annexes=annexes,
        foot=f"{head.code} · {say.exercise}",
        subject=nfc(summary),
        author=nfc(head.organ),
        as_of=head.as_of,
    )  # fmt: skip
