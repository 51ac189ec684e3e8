"""Exports of antivirus consoles as CSV or XLSX: Kaspersky, BKAV and others, whatever their headings are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Final

import msgspec

from atttcli.errors import InputError
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.antivirus.columns import WINDOW, Columns, columns_of
from atttcli.sources.antivirus.threat import hash_of, outcome_of
from atttcli.sources.lists import ooxml
from atttcli.sources.lists.delimited import encoding_of, lines_of, rows_of
from atttcli.sources.lists.moments import read_moment
from atttcli.sources.lists.tables import Row, cell_text
from atttcli.sources.logs.address import address

_HEAD: Final = 65_536
_DELIMITERS: Final = (",", ";", "\t", "|")
_EMPTY: Final = frozenset({"", "-", "N/A", "n/a", "null", "None", "Không có", "không"})
_BITS: Final = (
    ("kaspersky", "kaspersky"), ("bkav", "bkav"), ("eset", "eset"), ("bitdefender", "bitdefender"), ("symantec", "symantec"),
    ("mcafee", "mcafee"), ("trend micro", "trendmicro"), ("cmc", "cmc"), ("viettel", "viettel"), ("defender", "defender"),
    ("sophos", "sophos"), ("fpt", "fpt"), ("avast", "avast"),
)  # fmt: skip
REASON: Final = "a row without the name of malware"


class ConsoleCsv:
    """A CSV export, of any delimiter and encoding."""

    name = "antivirus-csv"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """93 when a row near the start names malware, machine, and file or action."""
        return 93 if not given.head.startswith((b"PK\x03\x04", b"%PDF", b"{", b"<")) and _layout(given.head) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a row below the heading."""
        found = _layout(given.head)
        if found is None:
            return
        delimiter, _ = found
        rows = rows_of(lines_of(given.stream, encoding_of(given.head[:_HEAD])), delimiter)
        yield from _events(rows, given, _product(given.head[:4096].decode("utf-8", "replace")), _joined(delimiter))


class ConsoleXlsx:
    """The same as a workbook; every sheet with such a heading is read."""

    name = "antivirus-xlsx"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """95 for a workbook with such a heading."""
        if not ooxml.is_package(given, b"xl/", ".xlsx") or not given.stream.seekable():
            return 0
        try:
            return 95 if any(_heading(rows) for _, rows in _sheets(given)) else 0
        except InputError:
            return 0
        finally:
            given.stream.seek(0)

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a row below a heading; numbers go on from sheet to sheet."""
        number = 0
        for name, rows in _sheets(given):
            for record in _events(rows, given, _product(name), " | ".join):
                number += 1
                yield (
                    msgspec.structs.replace(record, line=number)
                    if isinstance(record, Event)
                    else replace(record, line=number)
                )


def _joined(delimiter: str) -> Callable[[tuple[str, ...]], str]:
    return delimiter.join


def _sheets(given: Input) -> Iterator[tuple[str, Iterator[Row | ReadProblem]]]:
    from atttcli.sources.lists.workbook import read_workbook

    yield from ((table.name, table.rows) for table in read_workbook(given).tables)


def _heading(rows: Iterator[Row | ReadProblem]) -> Columns | None:
    for row in islice(rows, WINDOW):
        if isinstance(row, Row) and (columns := columns_of(row.texts())):
            return columns
    return None


def _layout(head: bytes) -> tuple[str, Columns] | None:
    encoding = encoding_of(head[:_HEAD])
    text = head[:_HEAD].decode(encoding, "replace").removeprefix("\ufeff")
    if text.count("\0") > 3:
        return None
    lines = text.splitlines(keepends=True)[: 2 * WINDOW]
    for delimiter in _DELIMITERS:
        if any(delimiter in line for line in lines) and (columns := _heading(rows_of(iter(lines), delimiter))):
            return delimiter, columns
    return None


def _product(text: str) -> str:
    lowered = text.lower()
    return next((product for word, product in _BITS if word in lowered), "antivirus")


def _events(
    rows: Iterator[Row | ReadProblem], given: Input, product: str, join: Callable[[tuple[str, ...]], str]
) -> Iterator[Event | ReadProblem]:
    columns: Columns | None = None
    for row in rows:
        given.budget.spend_bytes(0)
        if isinstance(row, ReadProblem):
            yield row
            continue
        texts = row.texts()
        again = columns_of(texts)
        if again is not None or columns is None:
            columns = again or columns
            if again is None and row.number <= 3:
                product = _product(" ".join(texts)) if product == "antivirus" else product
            continue
        if sum(bool(text) for text in texts) < 2:
            continue  # a line of a total, a footer
        yield _event(row, texts, columns, given, product, join(texts))


def _event(
    row: Row, texts: tuple[str, ...], columns: Columns, given: Input, product: str, raw: str
) -> Event | ReadProblem:
    said = {role: text for role, text in zip(columns.roles, texts, strict=False) if role and text not in _EMPTY}
    if "threat" not in said:
        return ReadProblem(row.number, REASON, excerpt=raw[:200])
    fields: dict[str, Any] = {name: text for name, text in zip(columns.names, texts, strict=False) if name and text}
    fields["Signature"] = said["threat"]
    for role, name in (("file", "Filename"), ("action", "Action"), ("severity", "Severity"), ("unit", "Group")):
        if role in said:
            fields.setdefault(name, said[role])
    return Event(
        _moment(row, columns, given),
        row.number,
        raw,
        "antivirus",
        product,
        "console",
        said.get("host", ""),
        said.get("user", "").rpartition("\\")[2],
        address(said.get("ip", "").split(",")[0].strip()),
        url=said.get("url", ""),
        hash=hash_of(said.get("hash", "")),
        action="alert",
        outcome=outcome_of(said.get("action", "")),
        fields=fields,
    )


def _moment(row: Row, columns: Columns, given: Input) -> int | None:
    if "time" not in columns.roles:
        return None
    at = columns.roles.index("time")
    if at >= len(row.cells) or not cell_text(row.cells[at]):
        return None
    if columns.zone is None:
        given.assumed["zone"] = str(given.zone)
    return read_moment(row.cells[at], columns.zone or given.zone)
