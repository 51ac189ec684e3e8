"""Measures a PDF against the layout of Decree 30/2020 as far as a PDF tells it: pages, margins, faces, head, page numbers.

Works from the drawn characters alone, so that a paper printed to PDF elsewhere can be measured too. Text that a scanner
made has no faces and is not measured. The file may be hostile: bytes and pages are bounded.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from time import process_time
from typing import TYPE_CHECKING, Any

from atttcli.errors import InputError, MissingFeature
from atttcli.reports.font_gate import pdf_faces
from atttcli.reports.layout_pdf_bounds import refuse_bombs
from atttcli.reports.layout_pdf_boxes import measured_boxes, measured_tables
from atttcli.reports.layout_text import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

_MM = 72 / 25.4  # points
_FACES = ("LiberationSerif", "TimesNewRoman")
MAX_SECONDS = 60  # of CPU
# What pdfminer and pdfplumber were seen to raise over damaged files, beyond their own classes.
_ZOO = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, ArithmeticError, OSError,
    EOFError, StopIteration, RuntimeError, zlib.error,
)  # fmt: skip
_TICKS = frozenset("☐☑☒")  # Times New Roman has none: every program takes them from another face
MAX_PAGES = 500
MAX_MEASURED = 60  # pages whose tables are looked at: finding one costs more than all the rest
MAX_BYTES = 64 * 1024 * 1024
_TOP = 20 * _MM  # the top margin, where the page number stands
_FOOT = 18  # mm of the bottom margin in which only a foot stands
_LABEL = re.compile(r"^(Phụ lục|Annex)( [IVXL]+)?$")


def check_pdf(data: bytes) -> list[Finding]:
    """All departures; none means that the paper can go out. Raises InputError, or MissingFeature without pdfplumber."""
    try:
        import pdfplumber
        from pdfminer.psexceptions import PSException
        from pdfplumber.utils.exceptions import PdfminerException
    except ImportError as error:
        raise MissingFeature("measuring a PDF needs pdfplumber", hint="pip install 'atttcli[pdf-tables]'") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES} bytes")
    refuse_bombs(data)
    try:
        with pdfplumber.open(io.BytesIO(data)) as book:
            if len(book.pages) > MAX_PAGES:
                raise InputError(f"more than {MAX_PAGES} pages")
            return [*_findings(book.pages), *(Finding("font", said) for said in pdf_faces(data, MAX_PAGES))]
    except (PdfminerException, PSException, ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"not a PDF that can be read: {str(error)[:80]}") from error


def _findings(pages: Sequence[Any]) -> Iterator[Finding]:
    texts = []
    chars = 0
    until = process_time() + MAX_SECONDS
    for at, page in enumerate(pages, 1):
        if process_time() > until:
            raise InputError(f"takes more than {MAX_SECONDS} seconds to measure", hint="print it to PDF anew")
        texts.append(page.extract_text() or "")
        chars += len(page.chars)
        yield from _page(at, page)
        yield from _number(at, page, texts[-1])
        if page.annots:
            yield Finding("inert", f"page {at}: links or notes")
    if not chars:
        yield Finding("font", "no text: a scanned paper is not measured")
        return
    if len(pages) <= MAX_MEASURED:
        yield from measured_tables(pages)
    yield from measured_boxes(pages, texts)


def _page(at: int, page: Any) -> Iterator[Finding]:
    sides = sorted((float(page.width) / _MM, float(page.height) / _MM))
    if abs(sides[0] - 210) > 1 or abs(sides[1] - 297) > 1:
        yield Finding("paper", f"page {at} is not A4")
    faces = {char["fontname"].split("+")[-1] for char in page.chars if char["text"] not in _TICKS}
    for face in sorted(face for face in faces if not face.replace("-", "").startswith(_FACES)):
        yield Finding("font", f"page {at}: {face} instead of Times New Roman")
    shown = [char for char in page.chars if char["text"].strip()]
    if not shown:
        return
    top = min(char["top"] for char in shown) / _MM
    if at == 1 and not 18.5 <= top <= 27:  # the first line's own height is room above its letters
        yield Finding("margins", f"page 1: top is {top:.1f} mm, wanted 20 to 25")
    left = min(char["x0"] for char in shown) / _MM
    right = (float(page.width) - max(char["x1"] for char in shown)) / _MM
    if left < 29.5 or (at == 1 and left > 36):
        yield Finding("margins", f"page {at}: left is {left:.1f} mm, wanted 30 to 35")
    if right < 14:
        yield Finding("margins", f"page {at}: right is {right:.1f} mm, wanted 15 to 20")
    low = [(float(page.height) - char["bottom"]) / _MM for char in shown]
    rows = {round(room) for room in low if room < _FOOT}
    if min(low) < 3 or len(rows) > 3:  # a foot of one or two lines may stand there
        yield Finding("margins", f"page {at}: text runs into the bottom margin")


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
