"""PDF: ruled tables, page by page, through pdfplumber (the extra `pdf-tables`).

pdfminer below it decompresses streams without a bound, so they are measured first; encrypted files are refused, because
their streams cannot be. Pages, characters and lines per page are bounded, and the budget's time is looked at between
pages. What a bound cannot do is interrupt one page: a crafted page may cost minutes of CPU (docs/decisions/0040).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from atttcli.errors import InputError, LimitExceeded, MissingFeature, Where
from atttcli.limits import MIB, read_bounded
from atttcli.source import Input, ReadProblem
from atttcli.sources.lists.tables import MAX_CELL, MAX_COLUMNS, Document, Row, Table

MAX_BYTES: Final = 32 * MIB
MAX_PAGES: Final = 300
_MAX_CHARS: Final = 40_000  # of one page; a full A4 page of 8-point type has some 8,000
_MAX_EDGES: Final = 6_000
_MAX_STREAMS: Final = 50_000
_MAX_PLAIN: Final = 256 * MIB  # of all streams together
_STREAM = re.compile(rb"stream\r?\n")
_LAYERS: Final = 4  # filters may stand one behind another
_ZLIB_HEADS: Final = tuple(bytes([value]) for value in (0x08, 0x18, 0x28, 0x38, 0x48, 0x58, 0x68, 0x78))
_Line = tuple[str, ...] | str  # a row, or why a page was not read
# What pdfminer and pdfplumber were seen to raise over damaged files, beyond their own classes.
_ZOO = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, ArithmeticError,
    OSError, EOFError, StopIteration, RuntimeError, zlib.error,
)  # fmt: skip


def read_pdf(given: Input) -> Document:
    """Tables that go on over pages are one table."""
    where = Where(given.path)
    try:
        import pdfplumber
    except ImportError as error:
        raise MissingFeature(
            "reading tables in PDF needs pdfplumber, which is not installed",
            hint="pip install 'atttcli[pdf-tables]', or save the list as XLSX, DOCX or CSV",
            where=where,
        ) from error
    data = read_bounded(given.stream, min(MAX_BYTES, given.budget.limits.document_bytes), where)
    _measure(data, given, where)
    lines: list[str] = []
    first: list[str] = []
    tables: list[tuple[str, list[_Line]]] = []
    with _mapped(where), pdfplumber.open(io.BytesIO(data), pages=list(range(1, MAX_PAGES + 2))) as document:
        if len(document.pages) > MAX_PAGES:
            raise LimitExceeded(f"more than {MAX_PAGES} pages", hint="split it and ingest the parts", where=where)
        for page in document.pages:
            given.budget.spend_bytes(0, where)
            text, found = _read_page(page)
            lines += _paragraphs(text)
            first = first or text
            _append(tables, found, page.page_number)
            page.close()
    return Document((Table(name, iter(_numbered(rows))) for name, rows in tables), first, lines)


def _read_page(page: Any) -> tuple[list[str], list[list[_Line]]]:
    """Lines of text, and the tables' rows."""
    if len(page.chars) > _MAX_CHARS or len(page.edges) > _MAX_EDGES:
        return [], [[f"page {page.page_number} has too many characters or lines for a table: not read"]]
    text = (page.extract_text() or "")[: 4 * _MAX_CHARS]
    tables: list[list[_Line]] = [
        [tuple((cell or "")[:MAX_CELL] for cell in cells[:MAX_COLUMNS]) for cells in table]
        for table in page.extract_tables()
    ]
    return text.split("\n"), tables


def _paragraphs(lines: list[str]) -> list[str]:
    """Lines that the page broke put together again: a deadline may stand on two."""
    joined: list[str] = []
    for line in lines:
        begins = (
            line[:1].islower() or line[:1] in "(,;" or (line[:1].isdigit() and not re.match(r"\d{1,2}[.)]? ", line))
        )
        if joined and begins and joined[-1][-1:] not in ".;:!?" and len(joined[-1]) < 2000:
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _append(tables: list[tuple[str, list[_Line]]], found: list[list[_Line]], page: int) -> None:
    """Add a page's tables; the first goes on from the page before when it is as wide."""
    for index, rows in enumerate(found):
        if index == 0 and tables and _width(tables[-1][1]) == _width(rows):
            tables[-1][1].extend(rows)
        else:
            tables.append((f"page {page}", rows))


def _width(rows: list[_Line]) -> int:
    return max((len(row) for row in rows if not isinstance(row, str)), default=0)


def _numbered(rows: list[_Line]) -> Iterator[Row | ReadProblem]:
    for number, row in enumerate(rows, 1):
        yield ReadProblem(None, row) if isinstance(row, str) else Row(number, row)


def _measure(data: bytes, given: Input, where: Where) -> None:
    """Inflate every stream piece by piece and count: a bomb is refused before the parser sees it."""
    if b"/Encrypt" in data:
        raise InputError("an encrypted PDF", hint="save it without a password and ingest that", where=where)
    plain = 0
    for count, found in enumerate(_STREAM.finditer(data)):
        if count > _MAX_STREAMS:
            raise LimitExceeded(f"more than {_MAX_STREAMS} streams", where=where)
        plain += _inflated(data, found.end(), _MAX_PLAIN - plain, _LAYERS)
        given.budget.spend_bytes(0, where)
        if plain >= _MAX_PLAIN:
            raise LimitExceeded(
                f"holds more than {_MAX_PLAIN // MIB} MiB of compressed content",
                hint="this looks like a bomb",
                where=where,
            )


def _inflated(data: bytes, start: int, room: int, layers: int) -> int:
    """Bytes that the stream at `start` gives once inflated (0: not compressed by Flate), layer upon layer."""
    if data[start : start + 1] not in _ZLIB_HEADS:
        return 0
    total = 0
    first = b""
    for piece in _pieces(data, start):
        first = first or piece
        total += len(piece)
        if total >= room:
            return total
    inner = _inflated(first, 0, room - total, layers - 1) if layers and first else 0
    return total + inner * max(
        1, total // max(len(first), 1)
    )  # the rest of an inner layer taken to be like its first piece


def _pieces(data: bytes, start: int) -> Iterator[bytes]:
    stream = zlib.decompressobj()
    position, rest = start, b""
    try:
        while not stream.eof:
            if not rest:
                rest = data[position : position + MIB]
                position += len(rest)
                if not rest:
                    return
            yield stream.decompress(rest, MIB)
            rest = stream.unconsumed_tail
    except zlib.error:
        return  # damaged from here on: what came before counts


@contextmanager
def _mapped(where: Where) -> Iterator[None]:
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

    try:
        yield
    except InputError:
        raise
    except (*_ZOO, PSException, PdfminerException, MalformedPDFException) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"not a readable PDF: {reason}", where=where) from error
