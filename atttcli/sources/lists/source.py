"""The sources of lists: recognise by content, read tables, hand rows to `rows.read_row`.

Order of the records: the covering letter first, then row by row. A state-secret mark stops everything before the first
record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from itertools import chain, islice

from atttcli.clock import from_micros, to_micros
from atttcli.errors import Where
from atttcli.source import Input, Letter, ReadProblem, Record
from atttcli.sources.lists import delimited, ooxml
from atttcli.sources.lists.header import WINDOW, Header, find_header
from atttcli.sources.lists.letter import merge_letters, read_letter
from atttcli.sources.lists.moments import read_date
from atttcli.sources.lists.rows import Context, RowOutcome, read_row
from atttcli.sources.lists.tables import Document, Row, Table
from atttcli.sources.scope import Scope
from atttcli.sources.secrecy import refuse_secret

_ROWS_WITHOUT_HEADING = 15  # looked at for a secrecy mark when a table has no heading


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A table with its heading found; `rows` are those below it."""

    name: str
    header: Header | None
    above: list[str]
    rows: Iterator[Row | ReadProblem]


class ListSource:
    """One document format of lists; formats differ in how they are recognised and opened."""

    kind = "list"

    def __init__(
        self, name: str, recognise: Callable[[Input], int], open_document: Callable[[Input], Document]
    ) -> None:
        self.name = name
        self._recognise = recognise
        self._open = open_document

    def recognise(self, given: Input) -> int:
        """By content; see each format."""
        return self._recognise(given)

    def read(self, given: Input) -> Iterator[Record]:
        """The letter if there is one, then every row's records."""
        for item in self.outcomes(given):
            if isinstance(item, RowOutcome):
                yield from item.records
            else:
                yield item

    def outcomes(self, given: Input) -> Iterator[Letter | RowOutcome | ReadProblem]:
        """As `read`, with the records of each row together: rows read = number of RowOutcome."""
        document = self._open(given)
        where = Where(given.path)
        refuse_secret(document.marks, where)
        tables = [_prepare(table) for table in document.tables]
        for table in tables:
            refuse_secret(table.above, where)
        above = [line for table in tables for line in table.above]
        letter = merge_letters(read_letter([*above, *document.lines]), given.letter)
        if letter != Letter():
            yield letter
        scope = Scope(given.own_networks, given.own_domains, given.allow)
        if not any(table.header for table in tables):
            yield ReadProblem(None, "no table with a heading of a list (address, link, hash ...) in this document")
        for table in tables:
            yield from _read_table(table, given, letter, scope)


def _prepare(table: Table) -> _Prepared:
    first = list(islice(table.rows, WINDOW))
    rows = [row for row in first if isinstance(row, Row)]
    header = find_header(table.name, rows)
    top = rows[: header.first_data] if header else rows[:_ROWS_WITHOUT_HEADING]
    above = [line for row in top for text in dict.fromkeys(row.texts()) for line in text.split("\n") if line]
    if header is None:
        return _Prepared(table.name, None, above, iter(()))
    names = set(header.names)
    below = chain((item for item in first if not (isinstance(item, Row) and item in top)), table.rows)
    return _Prepared(table.name, header, [line for line in above if line not in names], below)


def _read_table(table: _Prepared, given: Input, letter: Letter, scope: Scope) -> Iterator[RowOutcome | ReadProblem]:
    if table.header is None:
        return
    issued = read_date(letter.date) if letter.date else None
    zone = table.header.zone
    if zone is None:
        zone = given.zone
        given.assumed["zone"] = from_micros(given.modified or 0, zone).isoformat()[-6:]
    start = to_micros(datetime.combine(issued, time(), given.zone)) if issued else None
    context = Context(given, letter, start, scope, table.name, table.header, zone)
    for row in table.rows:
        given.budget.spend_bytes(0)  # the budget's time
        outcome = row if isinstance(row, ReadProblem) else read_row(row, context)
        if outcome is not None:
            yield outcome


def _recognise_delimited(given: Input) -> int:
    """A text table whose heading only a list has; a lone column of addresses is taken if nobody else wants it."""
    if given.head[:4] in (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"):
        return 0
    found = delimited.header_of(given.head)
    if found is None:
        return 0
    header = found[0]
    if header.is_decisive:
        return 85 if len([name for name in header.names if name]) > 1 else 60
    return 40 if len([name for name in header.names if name]) == 1 else 0


def _open_pdf(given: Input) -> Document:
    from atttcli.sources.lists.pdf import read_pdf

    return read_pdf(given)


def _open_workbook(given: Input) -> Document:
    from atttcli.sources.lists.workbook import read_workbook

    return read_workbook(given)


def _open_word(given: Input) -> Document:
    from atttcli.sources.lists.word import read_word

    return read_word(given)


CSV = ListSource("list-csv", _recognise_delimited, delimited.read_delimited)
XLSX = ListSource("list-xlsx", lambda given: ooxml.is_package(given, b"xl/", ".xlsx"), _open_workbook)
DOCX = ListSource("list-docx", lambda given: ooxml.is_package(given, b"word/", ".docx"), _open_word)
PDF = ListSource("list-pdf", lambda given: 90 if b"%PDF-" in given.head[:1024] else 0, _open_pdf)
