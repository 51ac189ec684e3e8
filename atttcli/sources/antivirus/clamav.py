"""ClamAV: what `clamscan` prints, and clamd's and freshclam's logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import MONTHS, Stamps

_HASH: Final = re.compile(r"\(([0-9a-f]{32}):\d{1,12}\)\Z")
_SAID: Final = ("OK", "Empty file", "Excluded", "Symbolic link", "Removed.")
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
        sure = any(line.endswith(" FOUND") or "SCAN SUMMARY" in line or "-> " in line[:30] for line in lines)
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
    return bool(_STAMP.match(line) or _verdict(line) or _SUMMARY.match(line))


def _verdict(text: str) -> tuple[str, str, str] | None:
    """(path, what was said, name of the malware or ""). A path may hold `: `, a name and a verdict do not."""
    path, colon, said = text.rpartition(": ")
    if not colon or not path:
        return None
    if said.endswith(" FOUND") and len(said) > len(" FOUND"):
        return path, "FOUND", said.removesuffix(" FOUND")
    if said in _SAID or (said.startswith(("moved to '", "copied to '")) and said.endswith("'")):
        return path, said, ""
    return None


def _event(line: str, number: int, stamps: Stamps) -> Event:
    time, text = None, line
    if (stamp := _STAMP.match(line)) and stamp[1] in MONTHS:
        month, day, clock, year, text = stamp.groups()
        time = stamps.clf(f"{int(day):02d}/{month}/{year}:{clock}")
    fields: dict[str, Any] = {"message": text}
    verdict = _verdict(text)
    if verdict is None:
        return Event(time, number, line, "", "clamav", "clamav", fields=fields)
    path, said, name = verdict
    fields |= {"Filename": path, "Action": said}
    if not name:
        action = "scan" if said in _SAID and said != "Removed." else "quarantine"
        return Event(time, number, line, "", "clamav", "clamav", action=action, outcome="success", fields=fields)
    digest = _HASH.search(name)
    fields["Signature"] = name[: digest.start()] if digest else name
    return Event(
        time,
        number,
        line,
        "antivirus",
        "clamav",
        "clamav",
        hash=digest[1] if digest else "",
        action="alert",
        fields=fields,
    )
