"""What every document reader gives: the lines around its tables, and the tables as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from atttcli.source import ReadProblem
from atttcli.text.fold import nfc

Cell = str | int | float | datetime

MAX_COLUMNS: Final = 256
MAX_CELL: Final = 8_000  # characters; a longer cell is cut, and the row says so
MAX_ROWS: Final = 2_000_000  # in one document, empty ones included
MAX_TABLES: Final = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as people count it (line of a CSV, row of a sheet, row within a document's table)."""

    number: int
    cells: tuple[Cell, ...]

    def texts(self) -> tuple[str, ...]:
        """The cells as people see them."""
        return tuple(cell_text(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet or table. `rows` may be read once; a row that cannot be read comes as ReadProblem."""

    name: str
    rows: Iterator[Row | ReadProblem]


@dataclass(frozen=True, slots=True)
class Document:
    """`marks`: lines where a secrecy mark may stand, headers and text boxes first. `lines`: text around the tables."""

    tables: Iterator[Table]
    marks: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def cell_text(cell: Cell) -> str:
    """Text of a cell: NFC, line breaks kept, whole numbers without `.0`, times as ISO."""
    if isinstance(cell, str):
        return nfc(cell).strip()
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
