"""Hostile incidents by the hundred (`make fuzz`: ten thousand), in every paper and every format: shown, and inert.

`ATTTCLI_HOSTILE=10000` says how many. Each format is judged by a parser of its own (`tests.support.active_content`).
"""

from __future__ import annotations

import dataclasses
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.cli.context import App
from atttcli.model.letter import (
    LetterAnnex,
    LetterBlock,
    LetterColumn,
    LetterForm,
    LetterModel,
    LetterTable,
    LetterText,
)
from atttcli.reports.letter import LETTER_FORMATS, render_letter
from atttcli.reports.paper import settled
from atttcli.reports.paper_formats import PAPER_FORMATS, render_paper
from tests.support.active_content import JUDGES, found
from tests.support.hostile_incidents import (
    SEEDS,
    Hostile,
    hostile_app,
    incident_papers,
    numbers_of,
    period_papers,
)

COUNT = int(os.environ.get("ATTTCLI_HOSTILE", "300"))
MONTHS = 12 if COUNT > 1_000 else 0
SLOW_FORMATS = ("pdf", "html", "docx")  # of the short run every fourth paper is rendered in these


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    made = hostile_app(tmp_path_factory.mktemp("hostile"), COUNT)
    yield made
    made.close()


def test_every_format_has_a_judge() -> None:
    assert set(PAPER_FORMATS) == set(JUDGES)


@pytest.mark.timeout(7_200)
def test_papers_about_hostile_incidents_are_inert(app: App) -> None:
    rendered = 0
    for at, paper in enumerate(incident_papers(app, numbers_of(app))):
        paper = settled(paper)
        for name in PAPER_FORMATS:
            if COUNT <= 1_000 and name in SLOW_FORMATS and at % 4:
                continue
            assert found(name, render_paper(paper, name)) == [], (paper.code, paper.subject, name)
            rendered += 1
    assert rendered >= COUNT * 5


@pytest.mark.timeout(7_200)
def test_periodic_papers_over_hostile_incidents_are_inert(app: App) -> None:
    for paper in period_papers(app, MONTHS):
        paper = settled(paper)
        for name in PAPER_FORMATS:
            assert found(name, render_paper(paper, name)) == [], (paper.code, paper.subject, name)


def _letter(drawn: Hostile) -> LetterModel:
    def many(count: int) -> tuple[str, ...]:
        return tuple(drawn.text() for _turn in range(count))

    table = LetterTable(
        "rows", (LetterColumn(drawn.text(), 50), LetterColumn(drawn.text(), 50, code=True)),
        tuple((drawn.text(), drawn.text()) for _turn in range(5)),
    )  # fmt: skip
    blocks: tuple[LetterBlock, ...] = (
        LetterText(drawn.text()), LetterText(drawn.text(), "item"), LetterText(drawn.text(), "heading"), table,
        LetterForm("answer", ((drawn.text(), drawn.text()),)),
    )  # fmt: skip
    texts: dict[str, Any] = {
        one.name: drawn.text()
        for one in dataclasses.fields(LetterModel)
        if one.type == "str" and one.name not in ("urgency", "date", "language")
    }
    return LetterModel(
        **texts, as_of=1_600_000_000_000_000, date="2026-03-05", addressees=many(3), blocks=blocks, recipients=many(2),
        authority=many(2), marks=many(1), annexes=(LetterAnnex(drawn.text(), blocks, landscape=True),),
    )  # fmt: skip


@pytest.mark.timeout(3_600)
def test_letters_of_hostile_words_are_inert() -> None:
    drawn = Hostile(3)
    for _turn in range(max(COUNT // 20, 12)):
        letter = _letter(drawn)
        for name in LETTER_FORMATS:
            assert found(name, render_letter(letter, name)) == [], name


def test_no_text_makes_a_paper_fail_or_vanish(app: App) -> None:
    """What is visible of a seed stands on the paper, in every format that shows it."""
    drawn = Hostile(1)
    assert [drawn.text() for _one in SEEDS] == list(SEEDS)
    number, title = next(
        (row[0], row[1])
        for row in app.store.rows("SELECT number, title FROM incident WHERE title LIKE '%7919%' ORDER BY number")
    )
    paper = settled(next(incident_papers(app, [number])))
    assert "7919" in title
    for name in ("txt", "md", "html", "json"):
        assert "7919" in render_paper(paper, name).decode("utf-8"), name
        assert "62710561" not in render_paper(paper, name).decode("utf-8"), name


CONTROLS = {
    "html": (b"<p>x<script>1</script>", b"<style></style><p onclick=x>", b"<style></style><a href=x>y</a>", b"<p>\x1b[2J</p>",
             b"<style></style><p style='background:url(//evil)'>", b"<style></style><p>http://evil.example"),
    "md": (b"[x](http://evil.example)", b"<b>x</b>", b"```\nx\n```", b"see www.evil.example", b"a\x07b"),
    "csv": (b"a,=1", b"a\r\n@x", b"a,\x1b"),
    "txt": (b"a\x1b[31m", "a\u202eb".encode()),
    "json": (b'{"a":"\xe2\x80\xae"}',),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, ones in CONTROLS.items() for data in ones])
def test_a_judge_finds_what_is_active(name: str, data: bytes) -> None:
    assert found(name, data)


@pytest.mark.parametrize(("name", "part", "old", "new"), [
    ("docx", "word/document.xml", b"</w:body>", b"<w:p><w:r><w:instrText>DDE</w:instrText></w:r></w:p></w:body>"),
    ("docx", "word/document.xml", b"</w:body>", b"<w:p><w:fldSimple w:instr='INCLUDETEXT x'/></w:p></w:body>"),
    ("docx", "word/_rels/document.xml.rels", b"</Relationships>",
     b"<Relationship Id='x' Type='t' Target='http://evil.example' TargetMode='External'/></Relationships>"),
    ("xlsx", "xl/worksheets/sheet1.xml", b"</sheetData>", b"<row><c><f>1+1</f></c></row></sheetData>"),
    ("xlsx", "xl/worksheets/sheet1.xml", b"</sheetData>", b"<row><c><is><t>=1</t></is></c></row></sheetData>"),
])  # fmt: skip
def test_a_judge_finds_what_was_put_into_an_office_file(app: App, name: str, part: str, old: bytes, new: bytes) -> None:
    clean = render_paper(settled(next(period_papers(app, 0))), name)
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(clean)) as source, zipfile.ZipFile(held, "w") as target:
        for one in source.namelist():
            data = source.read(one)
            target.writestr(one, data.replace(old, new) if one == part else data)
            assert one != part or old in data
    assert not found(name, clean) and found(name, held.getvalue())


def test_a_judge_finds_an_action_in_a_pdf(app: App, tmp_path: Path) -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
    ]  # fmt: skip
    data, places = b"%PDF-1.7\n", []
    for at, one in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (at, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 3\n0000000000 65535 f \n%btrailer << /Size 3 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(data),
    )
    assert {"/OpenAction", "/JavaScript", "/JS"} <= set(found("pdf", data + end))
