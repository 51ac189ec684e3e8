"""How wide each column of a table is on a screen, when rows are told one under the other instead, and where a line breaks.

Widths are counted in characters: what we write is composed (NFC), a letter a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

_GAP = 3  # what stands between two columns
_SHORT = 16  # a moment, a number, a state: never broken
_WORD = 20  # a longer word may be folded
_ROOM = 26  # text in a narrower column is a column of scraps
_COMMAND = re.compile(r"(?:(?:^|(?<=\s))→ )?(?:^|(?<=[\s(]))atttcli \S")
_HANG = re.compile(r"\s*(?:\d{1,3}\. |[→•*-] )?")


def widths(
    columns: Sequence[str], rows: Sequence[Sequence[str]], room: int, whole: Sequence[int] = ()
) -> list[int] | None:
    """The columns' widths on a screen of `room` columns, or None where its text would be scraps.

    A table of two columns (a word and what it holds) always has its widths.
    """
    room -= _GAP * (len(columns) - 1)
    bodies = [max((len(row[index]) for row in rows), default=0) for index in range(len(columns))]
    natural = [max(body, len(column)) for body, column in zip(bodies, columns, strict=True)]
    if sum(natural) <= room:
        return natural
    fixed = [index in whole or bodies[index] <= _SHORT for index in range(len(columns))]
    least = [
        max(_longest_word([column]), bodies[index] if fixed[index] else min(_longest_word(row[index] for row in rows), _WORD))
        for index, column in enumerate(columns)
    ]  # fmt: skip
    found = _filled(least, natural, [index for index in range(len(columns)) if not fixed[index]], room)
    if len(columns) <= 2:
        return found
    scraps = any(not fixed[index] and found[index] < min(natural[index], _ROOM) for index in range(len(columns)))
    return None if sum(found) > room or scraps else found


def _longest_word(cells: Sequence[str] | Iterator[str]) -> int:
    return max((len(word) for cell in cells for word in cell.split()), default=1)


def _filled(least: list[int], natural: list[int], texts: list[int], room: int) -> list[int]:
    """`least`, with what room is left given to the columns of text: each as much as it can use, the shortest first."""
    found = list(least)
    for place, index in enumerate(sorted(texts, key=lambda one: natural[one])):
        spare = room - sum(found) + sum(found[other] for other in sorted(texts, key=lambda one: natural[one])[place:])
        share = spare // (len(texts) - place)
        found[index] = max(min(natural[index], share), min(found[index], share), 1)
    return found


def told(
    columns: Sequence[str], rows: Sequence[Sequence[str]], room: int, wide: Sequence[int] = ()
) -> Iterator[str]:  # fmt: skip
    """Rows one under the other: what a row is about, then each other cell that holds something with its column's name."""
    heads = sorted({0, *wide})
    for row in rows:
        head = "  ".join(row[index] for index in heads if row[index])
        yield from wrap(head, room, subsequent_indent="  ", break_on_hyphens=False) or [""]
        cells = [f"{columns[index]}: {cell}" for index, cell in enumerate(row) if index not in heads and cell]
        yield from _joined(cells, room - 4)


def _joined(cells: Sequence[str], room: int) -> Iterator[str]:
    line = ""
    for cell in cells:
        if line and len(line) + 3 + len(cell) > room:
            yield "    " + line
            line = ""
        line = f"{line} · {cell}" if line else cell
        if len(line) > room:
            *whole, line = wrap(line, room, break_on_hyphens=False)
            yield from ("    " + one for one in whole)
    if line:
        yield "    " + line


def broken(text: str, room: int) -> Iterator[str]:
    """A line in pieces of at most `room` columns, broken between words; a command that is to be typed stays in one piece."""
    if len(text) <= room or "\n" in text:
        yield text
        return
    hang = _HANG.match(text)
    indent = " " * min(hang.end() if hang else 0, room // 2)
    found = _COMMAND.search(text)
    prose, command = (text[: found.start()], text[found.start() :]) if found else (text, "")
    if command and not prose.strip():  # further left, if it fits there
        yield " " * max(room - len(command), 0) + command
        return
    pieces = (
        wrap(prose, room, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True)
        if prose.strip()
        else []
    )
    if not command:
        yield from pieces
        return
    if pieces and len(pieces[-1]) + 1 + len(command) <= room:
        pieces[-1] += " " + command
    else:
        pieces.append((indent or "  ") + command if pieces else text[: found.start() if found else 0] + command)
    yield from pieces
