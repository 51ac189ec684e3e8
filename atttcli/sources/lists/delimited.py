"""CSV as people save it: any delimiter, UTF-8 with or without mark, UTF-16, Vietnamese Windows code page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from atttcli.errors import InputError, Where
from atttcli.source import Input, ReadProblem
from atttcli.sources.lists.cells import read_values
from atttcli.sources.lists.header import WINDOW, Header, find_header
from atttcli.sources.lists.roles import VALUE_ROLES, Kind
from atttcli.sources.lists.tables import MAX_CELL, MAX_COLUMNS, Document, Row, Table, cell_text
from atttcli.sources.observables import parse_observable

_DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_HEAD: Final = 65_536
_MAX_LINE: Final = 256 * 1024


def encoding_of(head: bytes) -> str:
    """Encoding by mark, by the zeros of UTF-16, by valid UTF-8; Windows-1258 for what is none of these."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    sample = head[:4096]
    if sample and sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample and sample[::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.start >= len(head) - 3 and len(head) >= 4 else "cp1258"
    return "utf-8"


def header_of(head: bytes) -> tuple[Header, str] | None:
    """The heading and delimiter that fit best, or None if these bytes are no list."""
    encoding = encoding_of(head[:_HEAD])
    text = head[:_HEAD].decode(encoding, "replace")
    if len(_CONTROL.findall(text[:4096])) > 3:
        return None
    lines = text.splitlines(keepends=True)[: 3 * WINDOW]
    best: tuple[Header, str] | None = None
    for delimiter in _DELIMITERS:
        rows = [
            row for row, _ in zip(rows_of(iter(lines), delimiter), range(WINDOW), strict=False) if isinstance(row, Row)
        ]
        header = find_header("", rows)
        if header and _fits(header, rows) and (best is None or _known(header) > _known(best[0])):
            best = (header, delimiter)
    return best


def _fits(header: Header, rows: list[Row]) -> bool:
    """Whether what follows the heading is its table: rows as wide, with values in the columns for values. Prose has commas too."""
    below = rows[header.first_data :][:20]
    width = len(header.names)
    if not below or header.kind is Kind.CVE:
        return _known(header) >= 3
    if width == 1:
        whole = sum(parse_observable(cell_text(row.cells[0])) is not None for row in below)
        return 5 * whole >= 4 * len(below) and all(len(row.cells) == 1 for row in below)
    columns = [index for index, role in enumerate(header.roles) if role in VALUE_ROLES]
    as_wide = sum(abs(len(row.cells) - width) <= (width > 2) for row in below)
    filled = sum(any(_has_value(row, index) for index in columns) for row in below)
    return 2 * as_wide >= len(below) and 2 * filled >= len(below)


def _has_value(row: Row, index: int) -> bool:
    return index < len(row.cells) and bool(read_values(cell_text(row.cells[index])).values)


def _known(header: Header) -> int:
    return sum(role is not None for role in header.roles)


def read_delimited(given: Input) -> Document:
    """The file as one table, read as a stream."""
    found = header_of(given.head)
    if found is None:
        raise InputError("no row that looks like the heading of a list", where=Where(given.path))
    lines = lines_of(given.stream, encoding_of(given.head[:_HEAD]))
    return Document(iter([Table("", rows_of(lines, found[1]))]))


def lines_of(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines of bounded length; a longer one goes on as the next."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    try:
        while line := text.readline(_MAX_LINE):
            yield line
    finally:
        if not stream.closed:
            text.detach()  # it is the caller's to close


def rows_of(lines: Iterator[str], delimiter: str) -> Iterator[Row | ReadProblem]:
    """The rows that hold something; one that is no row comes as a problem."""
    reader = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        start = number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number = reader.line_num
            yield ReadProblem(start, f"not a row of a table: {error}")
            continue
        number = reader.line_num
        if any(cell.strip() for cell in cells):
            yield Row(start, tuple(cell[:MAX_CELL] for cell in cells[:MAX_COLUMNS]))
