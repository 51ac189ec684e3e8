"""Measures a PDF against the layout of Decree 30/2020 as far as a PDF tells it: pages, margins, faces, head, page numbers.

Works from the drawn characters alone, so that a paper printed to PDF elsewhere can be measured too. Text that a scanner
made has no faces and is not measured. The file may be hostile: bytes and pages are bounded.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atttcli.errors import InputError, MissingFeature
from atttcli.reports.layout import Finding
from atttcli.reports.layout_rules import FORM_TITLES
from atttcli.reports.wording import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

_MM = 72 / 25.4  # points
_FACES = ("LiberationSerif", "TimesNewRoman")
MAX_PAGES = 500
MAX_BYTES = 64 * 1024 * 1024
_TOP = 20 * _MM  # the top margin, where the page number stands
_LABEL = re.compile(r"^(Phụ lục|Annex)( [IVXL]+)?$")


def check_pdf(data: bytes) -> list[Finding]:
    """All departures; none means that the paper can go out. Raises InputError, or MissingFeature without pdfplumber."""
    try:
        import pdfplumber
        from pdfminer.pdfparser import PDFSyntaxError
        from pdfplumber.utils.exceptions import PdfminerException
    except ImportError as error:
        raise MissingFeature("measuring a PDF needs pdfplumber", hint="pip install 'atttcli[pdf-tables]'") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES} bytes")
    try:
        with pdfplumber.open(io.BytesIO(data)) as book:
            if len(book.pages) > MAX_PAGES:
                raise InputError(f"more than {MAX_PAGES} pages")
            return list(_findings(book.pages))
    except (PdfminerException, PDFSyntaxError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"not a PDF that can be read: {str(error)[:80]}") from error


def _findings(pages: Sequence[Any]) -> Iterator[Finding]:
    first = ""
    chars = 0
    for at, page in enumerate(pages, 1):
        text = page.extract_text() or ""
        first = first or text
        chars += len(page.chars)
        yield from _page(at, page)
        yield from _number(at, page, text)
        if page.annots:
            yield Finding("inert", f"page {at}: links or notes")
    if not chars:
        yield Finding("font", "no text: a scanned paper is not measured")
        return
    yield from _head(first)


def _page(at: int, page: Any) -> Iterator[Finding]:
    sides = sorted((float(page.width) / _MM, float(page.height) / _MM))
    if abs(sides[0] - 210) > 1 or abs(sides[1] - 297) > 1:
        yield Finding("paper", f"page {at} is not A4")
    faces = {char["fontname"].split("+")[-1] for char in page.chars}
    for face in sorted(face for face in faces if not face.replace("-", "").startswith(_FACES)):
        yield Finding("font", f"page {at}: {face} instead of Times New Roman")
    shown = [char for char in page.chars if char["text"].strip()]
    if not shown:
        return
    left = min(char["x0"] for char in shown) / _MM
    right = (float(page.width) - max(char["x1"] for char in shown)) / _MM
    if left < 29.5:
        yield Finding("margins", f"page {at}: left is {left:.1f} mm, wanted 30 to 35")
    if right < 14:
        yield Finding("margins", f"page {at}: right is {right:.1f} mm, wanted 15 to 20")


def _number(at: int, page: Any, text: str) -> Iterator[Finding]:
    """The page number stands alone in the top margin, from a part's second page on."""
    top = [char for char in page.chars if char["bottom"] < _TOP and char["text"].strip()]
    told = "".join(char["text"] for char in top)
    begins = at == 1 or any(_LABEL.match(line.strip()) for line in text.split("\n")[:2])
    if begins and told:
        yield Finding("page number", f"page {at}: shown on the first page")
    elif not begins and not told.isdigit():
        yield Finding("page number", f"page {at}: no page number in the top margin")
    elif told and not begins:
        middle = (min(char["x0"] for char in top) + max(char["x1"] for char in top)) / 2
        if (
            abs(middle - (30 * _MM + float(page.width) - 15 * _MM) / 2) > 4 * _MM
            and abs(middle - float(page.width) / 2) > 4 * _MM
        ):
            yield Finding("page number", f"page {at}: not centred")


def _head(text: str) -> Iterator[Finding]:
    flat = " ".join(text.split())
    nations = [wording(language).nation for language in ("vi", "en")]
    has = any(nation in flat for nation in nations)
    form = any(title in flat for title in FORM_TITLES)
    if form and has:
        yield Finding("box 1", "this form has no Quốc hiệu")
    elif not form and not has and not _is_card(flat):
        yield Finding("box 1", f"missing: {nations[0]}")


def _is_card(flat: str) -> bool:
    from atttcli.reports.layout_rules import card_titles

    return any(flat.startswith(title) for title in card_titles())
