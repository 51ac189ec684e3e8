"""Golden papers, and what all formats share. ATTTCLI_UPDATE_GOLDEN=1 writes the golden files anew: read the diff."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest

from atttcli.errors import UsageError
from atttcli.report import AlertRow, IncidentReport, Marks, normalised
from atttcli.reports import FORMATS, LANGUAGES, render, renderer
from atttcli.reports.docx_reading import read_paper
from atttcli.reports.incident_annexes import MAX_ROWS


def _listing(data: bytes) -> str:
    """A DOCX as lines of effective face and text: what a reader sees, free of XML."""
    paper = read_paper(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        foot = re.sub(r"<[^>]+>", "", archive.read("word/footer1.xml").decode("utf-8")).strip()
    return f"foot | {foot}\n" + "\n".join(
        f"{line.size:g}{'b' if line.bold else ''}{'i' if line.italic else ''} {line.align}"
        f"{' cell' if line.cell else ''}{' rule' if line.rule else ''} | {line.text}"
        for line in paper.lines
    )


def _printed(data: bytes) -> str:
    """What stands on the pages of a PDF."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as book:
        return "\n".join(page.extract_text() for page in book.pages)


def _compare(path: Path, text: str) -> None:
    if os.environ.get("ATTTCLI_UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, f"{path.name} differs; ATTTCLI_UPDATE_GOLDEN=1 writes it anew"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["md", "html"])
def test_text_formats_are_the_golden_ones(made_up: IncidentReport, golden: Path, kind: str, language: str) -> None:
    _compare(golden / f"incident.{language}.{kind}", render(made_up, kind, language).decode("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_docx_is_the_golden_one(made_up: IncidentReport, golden: Path, language: str) -> None:
    _compare(golden / f"incident.{language}.docx.txt", _listing(render(made_up, "docx", language)) + "\n")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_report_without_anything_says_so_in_words(bare: IncidentReport, kind: str) -> None:
    for language in LANGUAGES:
        data = render(bare, kind, language)
        text = _listing(data) if kind == "docx" else _printed(data) if kind == "pdf" else data.decode("utf-8")
        assert "SC-2026-0001" in text
        if kind != "json":
            assert {"vi": "Không có.", "en": "None."}[language] in text
            assert {"vi": "Chưa xác định", "en": "Not known"}[language] in text


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "pdf"])
def test_facts_stand_in_every_format(made_up: IncidentReport, kind: str) -> None:
    data = render(made_up, kind, "vi")
    text = _listing(data) if kind == "docx" else re.sub(r"<wbr>|\\|&#8203;", "", data.decode("utf-8"))
    for row in made_up.evidence:
        assert row.number in text
        assert row.sha256 in text
    for row in made_up.tasks:
        assert row.title.vi in text
    assert made_up.chain is not None
    assert made_up.chain.hash in text
    assert "TLP:AMBER" in text or kind == "json"


@pytest.mark.parametrize("kind", ["md", "html", "docx"])
def test_indicators_are_defanged_and_hashes_are_not(made_up: IncidentReport, kind: str) -> None:
    data = render(made_up, kind, "vi")
    text = (
        _listing(data)
        if kind == "docx"
        else _printed(data)
        if kind == "pdf"
        else data.decode("utf-8").replace("\\", "")
    )
    assert "hxxp://cap-nhat[.]dich-vu-cong[.]example/" in text
    assert "203[.]0[.]113[.]66" in text
    assert "ho-tro[@]cap-nhat[.]dich-vu-cong[.]example" in text
    assert "http://cap-nhat" not in text


@pytest.mark.parametrize("kind", ["md", "html", "docx"])
def test_an_exercise_says_so_at_the_top_and_in_the_foot(made_up: IncidentReport, kind: str) -> None:
    drill = msgspec.structs.replace(made_up, marks=Marks(exercise=True, draft=True, unverified=("x",)))
    data = render(drill, kind, "vi")
    text = _listing(data) if kind == "docx" else _printed(data) if kind == "pdf" else data.decode("utf-8")
    assert text.count("DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT") == 2
    assert "DỰ THẢO" in text
    assert "chưa được kiểm chứng" in text
    plain = render(made_up, kind, "vi")
    assert "DIỄN TẬP" not in (_listing(plain) if kind == "docx" else plain.decode("utf-8"))


@pytest.mark.parametrize("kind", FORMATS)
def test_rendering_the_live_model_and_its_json_gives_the_same_bytes(bare: IncidentReport, kind: str) -> None:
    rough = msgspec.structs.replace(
        bare, alerts=[AlertRow(number="CB-1", title="Su\u031b\u0323 co\u0302\u0301 \udcff", last_at=10**25)]
    )
    assert render(rough, kind, "vi") == render(normalised(rough), kind, "vi")


@pytest.mark.parametrize("kind", ["md", "html", "docx"])
def test_a_very_long_list_is_cut_and_the_rest_is_counted(bare: IncidentReport, kind: str) -> None:
    rows = tuple(AlertRow(number=f"CB-{at}", title="x") for at in range(MAX_ROWS + 1234))
    data = render(msgspec.structs.replace(bare, alerts=rows), kind, "vi")
    text = _listing(data) if kind == "docx" else _printed(data) if kind == "pdf" else data.decode("utf-8")
    assert "Còn 1.234 dòng không in ở đây" in text
    assert f"CB-{MAX_ROWS - 1}" in text
    assert f"CB-{MAX_ROWS}" not in text
    assert "Có 3.234 cảnh báo" in text


def test_unknown_formats_and_languages_are_usage_errors(bare: IncidentReport) -> None:
    with pytest.raises(UsageError, match="odt"):
        render(bare, "odt", "vi")
    with pytest.raises(UsageError, match="fr"):
        render(bare, "md", "fr")


def test_renderers_describe_themselves() -> None:
    for kind in FORMATS:
        found = renderer(kind)
        assert (found.format, found.suffix) == (kind, f".{kind}")
        assert "/" in found.media_type


def test_importing_reports_loads_nothing_heavy() -> None:
    code = (
        "import sys, atttcli.reports, atttcli.report\n"
        "print([m for m in ('jinja2', 'docx', 'docxtpl', 'lxml', 'defusedxml', 'zipfile') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
