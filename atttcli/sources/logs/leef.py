"""LEEF, the Log Event Extended Format (IBM QRadar): versions 1.0 and 2.0, alone or after a syslog header.

    LEEF:1.0|Vendor|Product|Version|EventID|key=value<TAB>key=value
    LEEF:2.0|Vendor|Product|Version|EventID|delimiter|key=value...

The delimiter of 2.0 is one character or its code (`x09`, `0x5E`); when it is left out it is the tabulator.
"""

from __future__ import annotations

import re

from atttcli.model.event import Event
from atttcli.sources.lined import LineLog
from atttcli.sources.logs.cef import before
from atttcli.sources.logs.device import Header, event_of
from atttcli.sources.logs.stamps import Stamps

_START = re.compile(r"(?<![A-Za-z])LEEF: ?([12])\.\d\|")
_CODE = re.compile(r"(?:0x|x|\\x)([0-9A-Fa-f]{2,4})\Z")
_KEY = re.compile(r"(?:\A|(?<=\s))([A-Za-z0-9_.\-]{1,128})=")
_MOST_FIELDS = 1024
REASON = "not a LEEF record"


class LeefLog(LineLog):
    """Lines of LEEF, with or without a syslog header in front."""

    def __init__(self) -> None:
        super().__init__("leef", lambda line: _START.search(line, 0, 512) is not None, parse, REASON, 96)


def parse(line: str, number: int, stamps: Stamps) -> Event | None:
    """One line, or None if no LEEF record stands in it."""
    found = _START.search(line, 0, 2048)
    if found is None or (record := read_leef(line[found.start() :])) is None:
        return None
    header, pairs = record
    return event_of(header, pairs, line, number, stamps, before(line[: found.start()], number, stamps))


def read_leef(text: str) -> tuple[Header, dict[str, str]] | None:
    """`text` from its `LEEF:` on: header and pairs. None if it has fewer than five parts."""
    found = _START.match(text)
    if found is None:
        return None
    parts = text[found.end() :].split("|", 4)
    if len(parts) < 5:
        return None
    vendor, product, version, event, rest = (part.strip(" ") for part in parts)
    delimiter = "\t"
    if found[1] == "2":
        chosen, bar, after = rest.partition("|")
        if bar and len(chosen) <= 6 and "=" not in chosen.replace("=", "", chosen == "="):
            delimiter, rest = _delimiter(chosen), after
    return Header(vendor, product, version, event, event, ""), _pairs(rest, delimiter)


def _delimiter(text: str) -> str:
    if code := _CODE.match(text):
        return chr(int(code[1], 16) & 0xFFFF) if not 0xD800 <= int(code[1], 16) <= 0xDFFF else "\t"
    return {"": "\t", "\\t": "\t"}.get(text, text[:1])


def _pairs(text: str, delimiter: str) -> dict[str, str]:
    """Pairs between delimiters. Devices that promise tabulators and send blanks are read by their names."""
    pairs: dict[str, str] = {}
    if delimiter not in text and text.count("=") > 1:
        starts = [(found.start(), found.end(), found[1]) for found in _KEY.finditer(text)][:_MOST_FIELDS]
        ends = [start for start, _, _ in starts[1:]] + [len(text)] * bool(starts)
        for (_, begin, name), end in zip(starts, ends, strict=True):
            pairs.setdefault(name, text[begin:end].strip())
        return pairs
    for part in text.split(delimiter, _MOST_FIELDS):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            pairs.setdefault(name.strip()[:128], value.strip())
    return pairs
