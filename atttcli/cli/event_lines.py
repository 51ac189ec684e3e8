"""Events and findings on a screen: a heading and a line or two of the record, where a table would be a column of letters."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any

from atttcli.cli import render
from atttcli.model.excerpt import FIRST
from atttcli.text.display import display

_NARROWEST = 40
_ROOMY = 160  # columns from which a table of findings reads well
_CELLS = 12  # columns that each cell of a table needs at least
_DULL = frozenset({
    "Channel", "Computer", "EventRecordID", "Keywords", "Level", "Opcode", "Provider_Guid", "Provider_Name",
    "RuleName", "Security_UserID", "SystemTime", "Task", "UtcTime", "Version", "Execution_ProcessID", "Execution_ThreadID",
})  # fmt: skip


def width() -> int:
    """Columns of the screen."""
    return max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)


def is_roomy() -> bool:
    """Whether a table of six columns can be read."""
    return width() >= _ROOMY


def fits(columns: int) -> bool:
    """Whether a table of so many columns can be read."""
    return columns * _CELLS <= width()


def record(raw: str, fields: Mapping[str, Any]) -> str:
    """What to show of a record: its text, or its fields where the text is JSON or XML that buries them."""
    if not fields or raw[:1] not in ("{", "<") or raw[1:2].isdigit():  # `<13>` is syslog
        return raw
    names = [*(name for name in FIRST if name in fields), *(name for name in fields if name not in FIRST)]
    told = (f"{name}={fields[name]}" for name in names if name not in _DULL and name[-4:].lower() != "guid")
    return " ".join(told) or raw


def entry(heading: str, details: Iterable[str], lines: int = 2) -> None:
    """A heading, wrapped, and each detail in at most `lines` lines beneath it."""
    room = width() - 1
    for text in wrap(display(heading), room, subsequent_indent="    ") or [""]:
        render.line(text)
    for detail in details:
        text = display(detail, room * lines * 2)
        shown = wrap(text, room - 4, break_on_hyphens=False)
        for place, line in enumerate(shown[:lines]):
            cut = place == lines - 1 and (len(shown) > lines or text.endswith("…"))
            render.line("    " + (line[: room - 5] + "…" if cut else line))


def tall(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Rows one under the other, a line for each cell that holds something."""
    names = list(columns)
    wide = min(max(map(len, names), default=0), 24)
    for number, row in enumerate(rows, 1):
        render.line(f"--- {number} ---")
        for name, cell in zip(names, row, strict=True):
            if cell:
                lines = wrap(cell, width() - wide - 3, break_on_hyphens=False) or [""]
                for place, line in enumerate(lines):
                    render.line(f"{'' if place else display(name, wide):{wide}}  {line}")
