"""An organisation from sheets of agencies, systems and mailboxes (CSV, XLSX): forgiving, and every doubt is a finding."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from atttcli.errors import InputError, LimitExceeded, Where
from atttcli.inventory.columns import best_kind, kind_of_name
from atttcli.inventory.load import read_file
from atttcli.inventory.organisation import Finding, Organisation
from atttcli.inventory.rows import Collector, slug
from atttcli.limits import MIB, Budget, Limits

MAX_FILES = 20
MAX_ROWS = 20_000
MAX_COLUMNS = 64
MAX_CELL = 4_000
_HEADING_WINDOW = 10  # title rows above the headings
_LIMITS = Limits(total_bytes=64 * MIB, document_bytes=8 * MIB, seconds=60.0)
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: where it came from and its rows with their numbers, as people count them."""

    where: Where
    name: str
    rows: list[tuple[int, tuple[str, ...]]]


def read_sheets(path: Path, header: Organisation | None = None) -> Organisation:
    """One workbook, one CSV, or a folder of them. Bad cells and rows are findings of the result, not errors.

    `header`: the organisation whose organs and parties the tables may name; else that of the folder, or none.
    """
    files = _files(path)
    collector = Collector(header or _header(path))
    used = 0
    for file in files:
        for sheet in sheets_of(str(file), read_file(file)):
            used += _collect(sheet, collector)
    if not used:
        hint = "the first row needs headings such as `Mã`, `Tên đơn vị`, `Nhóm`, `Email`, `Dải IP`"
        raise InputError("no sheet of agencies, systems or mailboxes", hint=hint, where=Where(str(path)))
    return collector.organisation()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        found = sorted(islice((p for p in path.iterdir() if p.suffix.lower() in {".csv", ".tsv", ".xlsx"}), 1000))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(str(path))) from error
    if not found:
        raise InputError("no .csv, .tsv or .xlsx file in this folder", where=Where(str(path)))
    if len(found) > MAX_FILES:
        raise LimitExceeded(f"more than {MAX_FILES} sheets in one folder", where=Where(str(path)))
    return found


def _header(path: Path) -> Organisation:
    """`organisation.yaml` of the folder, else only a code and a name from the path."""
    if path.is_dir() and (path / "organisation.yaml").exists():
        from atttcli.inventory.read import read_organisation

        file = path / "organisation.yaml"
        return read_organisation(read_file(file), str(file))
    name = path.resolve().stem
    return Organisation(code=slug(name) or "organisation", name=name, positions={"organisation": Where(str(path))})


def sheets_of(name: str, data: bytes) -> Iterator[Sheet]:
    """The tables of a workbook or delimited text held in memory; `name` is what people see. InputError when it is neither."""
    file = Path(name)
    if data.startswith(b"PK\x03\x04"):
        yield from _workbook(file, data)
    else:
        yield Sheet(Where(name), file.stem, _delimited(file, data))


def _delimited(file: Path, data: bytes) -> list[tuple[int, tuple[str, ...]]]:
    from atttcli.sources.lists.delimited import encoding_of

    text = data.decode(encoding_of(data[:65536]), "replace").lstrip("\ufeff")
    head = text[:8192]
    delimiter = max(_DELIMITERS, key=lambda mark: (_headings_with(head, mark), head.count(mark)))
    return _parse(text, delimiter, file)


def _headings_with(head: str, delimiter: str) -> int:
    rows = (row for _, row in _parse(head, delimiter, None)[:_HEADING_WINDOW])
    return max((len(best_kind(row)[1]) for row in rows), default=0)


def _parse(text: str, delimiter: str, file: Path | None) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, tuple[str, ...]]] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            if file is None:
                return rows
            raise InputError(f"not a CSV row: {error}", where=Where(str(file), line=line)) from error
        if any(cell.strip() for cell in cells):
            rows.append((line, tuple(cell[:MAX_CELL].strip() for cell in cells[:MAX_COLUMNS])))
        if len(rows) > MAX_ROWS:
            raise LimitExceeded(f"more than {MAX_ROWS} rows", where=Where(str(file or "")))


def _workbook(file: Path, data: bytes) -> Iterator[Sheet]:
    from atttcli.source import Input, ReadProblem
    from atttcli.sources.lists.workbook import read_workbook

    digest = hashlib.sha256(data).hexdigest()
    given = Input(str(file), digest, len(data), data[:65536], io.BytesIO(data), budget=Budget(_LIMITS))
    for table in read_workbook(given).tables:
        rows: list[tuple[int, tuple[str, ...]]] = []
        for row in table.rows:
            if isinstance(row, ReadProblem):
                continue  # the cell it is about reads as empty, and what is missing then becomes a finding
            rows.append((row.number, tuple(text[:MAX_CELL] for text in row.texts()[:MAX_COLUMNS])))
            if len(rows) > MAX_ROWS:
                raise LimitExceeded(f"more than {MAX_ROWS} rows", where=Where(str(file), member=table.name))
        yield Sheet(Where(str(file), member=table.name), table.name, rows)


def _collect(sheet: Sheet, collector: Collector) -> int:
    """Hand a sheet's rows to the collector; 1 when it was one of ours, else 0 and a finding."""
    named = kind_of_name(sheet.name)
    best: tuple[int, str, dict[str, int]] = (-1, "", {})
    for index, (_, cells) in enumerate(sheet.rows[:_HEADING_WINDOW]):
        kind, columns = best_kind(cells, named)
        if not kind and named:
            kind, columns = best_kind(cells)
        if kind and len(columns) > len(best[2]):
            best = (index, kind, columns)
    start, kind, columns = best
    if not kind:
        message = f"the sheet {sheet.name[:60]!r} is none of agencies, systems, mailboxes; it was left out"
        collector.problems.append(Finding("info", "unknown-sheet", sheet.where, message))
        return 0
    for number, cells in sheet.rows[start + 1 :]:
        where = replace(sheet.where, line=number)
        row = {field: cells[index] for field, index in columns.items() if index < len(cells) and cells[index]}
        if row:
            collector.add(kind, row, where)
    return 1
