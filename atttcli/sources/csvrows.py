"""CSV as logs have it: rows with their first line's number and raw text, quoted line ends within bounds, stray quotes told."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from atttcli.source import Input, ReadProblem
from atttcli.sources.logs.lines import read_blocks

MAX_RECORD_LINES = 1000
MAX_RECORD_CHARACTERS = 256 * 1024


def csv_records(given: Input, delimiter: str) -> Iterator[tuple[int, str, list[str]] | ReadProblem]:
    """Rows with their first line's number and raw text. A quoted field may hold line ends, up to a bound: beyond it the
    line that opened the quote is a problem by itself and reading goes on with the next one."""
    held: list[str] = []
    first = quotes = size = 0
    for block in read_blocks(given):
        if isinstance(block, ReadProblem):
            if held:
                yield from _broken(held, first, delimiter)
                held, quotes, size = [], 0, 0
            yield block
            continue
        for index, line in enumerate(block.lines):
            if not held and (not line or line.isspace()):
                continue
            first = first if held else block.number + index
            held.append(line)
            quotes += line.count('"')
            size += len(line)
            if quotes % 2 == 0:
                row = _row(held, first, delimiter)
                if isinstance(row, ReadProblem) and len(held) > 1:  # a stray quote paired with another line's
                    yield from _broken(held, first, delimiter)
                else:
                    yield row
            elif len(held) < MAX_RECORD_LINES and size < MAX_RECORD_CHARACTERS:
                continue
            else:
                yield from _broken(held, first, delimiter)
            held, quotes, size = [], 0, 0
    if held:
        yield from _broken(held, first, delimiter)


def _row(held: list[str], first: int, delimiter: str, strict: bool = False) -> tuple[int, str, list[str]] | ReadProblem:
    raw = "\n".join(held)
    try:
        rows = list(csv.reader([line + "\n" for line in held], delimiter=delimiter, strict=strict))
    except csv.Error as error:
        return ReadProblem(first, f"not valid CSV: {error}", excerpt=raw[:200])
    return (
        (first, raw, rows[0]) if len(rows) == 1 else ReadProblem(first, "not valid CSV: stray quote", excerpt=raw[:200])
    )


def _broken(held: list[str], first: int, delimiter: str) -> Iterator[tuple[int, str, list[str]] | ReadProblem]:
    """Lines that make no record together, each for itself: one without a quote left open is a record."""
    for number, line in enumerate(held, first):
        if line and not line.isspace():
            yield _row([line], number, delimiter, strict=True)
