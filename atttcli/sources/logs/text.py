"""The last resort: text that nobody knows. Every line becomes an event, so that indicators and YARA rules can match it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import ISO, Stamps

_STAMP = re.compile(
    rf"(?P<iso>{ISO})|(?P<clf>\d\d/[A-Z][a-z]{{2}}/\d{{4}}:\d\d:\d\d:\d\d(?: [+-]\d{{4}})?)"
    r"|(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d)"
)
_LOG_LIKE = re.compile(r"\d\d:\d\d(?::\d\d)?|\d{1,3}(?:\.\d{1,3}){3}|\b(?:INFO|WARN(?:ING)?|ERROR|DEBUG)\b")
LOOK = 120  # characters at the start of a line where its time stamp is looked for


class TextLines:
    """Any text. 15 when most lines look like a log's (a time, an address, a level), 5 for other text, 0 for bytes."""

    name = "text-lines"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """15, 5 or 0."""
        lines = head_lines(given)
        if not lines:
            return 0
        hits = sum(1 for line in lines if _LOG_LIKE.search(line[: LOOK * 2]))
        return 15 if hits * 2 >= len(lines) else 5

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line that is not blank, with a time if one stands near its start."""
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for number, line in enumerate(block.lines, block.number):
                if line and not line.isspace():
                    yield Event(_time(line, stamps), number, line, service="text")


def _time(line: str, stamps: Stamps) -> int | None:
    found = _STAMP.search(line[:LOOK])
    if found is None:
        return None
    if found["iso"]:
        return stamps.iso(found["iso"])
    if found["clf"]:
        return stamps.clf(found["clf"])
    return stamps.yearless(found["month"], found["day"], found["clock"])
