"""ClamAV: what `clamscan` prints, and clamd's and freshclam's logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import MONTHS, Stamps

_FOUND: Final = re.compile(
    r"(?P<path>.{1,4096}): (?P<name>[^\s:][^\r\n]{0,250}?)(?:\((?P<hash>[0-9a-f]{32}):\d{1,12}\))? FOUND\Z"
)
_OK: Final = re.compile(r"(?P<path>.{1,4096}): (?P<said>OK|Empty file|Excluded|Symbolic link)\Z")
_MOVED: Final = re.compile(r"(?P<path>.{1,4096}): (?P<said>(?:moved|copied) to '[^'\n]{1,4096}'|Removed\.)\Z")
_STAMP: Final = re.compile(r"(?:[A-Z][a-z]{2}) ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4}) -> (.*)\Z")
_SUMMARY: Final = re.compile(
    r"(?:Known viruses|Engine version|Scanned (?:directories|files)|Infected files|Total errors|Data (?:scanned|read)|Time|"
    r"Start Date|End Date|LibClamAV \w+): .*\Z|-{4,} SCAN SUMMARY -{4,}\Z"
)


class ClamAv:
    """ClamAV's own text."""

    name = "clamav"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By lines that end in FOUND or OK after a path, clamd's stamps, or the summary of a scan."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _is_ours(line))
        sure = any(_FOUND.match(line) or "SCAN SUMMARY" in line or "-> " in line[:30] for line in lines)
        return 94 * hits // len(lines) if sure and hits * 2 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line that says something."""
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for number, line in enumerate(block.lines, block.number):
                if line and not line.isspace():
                    yield _event(line, number, stamps)


def _is_ours(line: str) -> bool:
    stamp = _STAMP.match(line)
    if stamp:
        return True
    return bool(_FOUND.match(line) or _OK.match(line) or _MOVED.match(line) or _SUMMARY.match(line))


def _event(line: str, number: int, stamps: Stamps) -> Event:
    time, text = None, line
    if (stamp := _STAMP.match(line)) and stamp[1] in MONTHS:
        month, day, clock, year, text = stamp.groups()
        time = stamps.clf(f"{int(day):02d}/{month}/{year}:{clock}")
    fields: dict[str, Any] = {"message": text}
    if found := _FOUND.match(text):
        fields |= {"Signature": found["name"], "Filename": found["path"], "Action": "FOUND"}
        return Event(
            time,
            number,
            line,
            "antivirus",
            "clamav",
            "clamav",
            hash=found["hash"] or "",
            action="alert",
            outcome="",
            fields=fields,
        )
    if said := _MOVED.match(text) or _OK.match(text):
        fields |= {"Filename": said["path"], "Action": said["said"]}
        moved = said.re is _MOVED
        return Event(
            time,
            number,
            line,
            "",
            "clamav",
            "clamav",
            action="quarantine" if moved else "scan",
            outcome="success",
            fields=fields,
        )
    return Event(time, number, line, "", "clamav", "clamav", fields=fields)
