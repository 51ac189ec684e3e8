"""CEF, the Common Event Format (ArcSight CEF Implementation Standard 26): alone in a file or after a syslog header.

    CEF:Version|Device Vendor|Device Product|Device Version|Signature ID|Name|Severity|key=value key=value

In the header `\\|` and `\\\\` are escaped, in a value `\\=`, `\\\\`, `\\n` and `\\r`. Values may hold blanks: a value ends where
the next `key=` begins. Devices that send a bare `=` inside a link are read right as long as no blank stands before the name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atttcli.model.event import Event
from atttcli.sources.lined import LineLog
from atttcli.sources.logs import syslog
from atttcli.sources.logs.device import Header, event_of
from atttcli.sources.logs.stamps import Stamps

_START = re.compile(r"(?<![A-Za-z])CEF: ?(\d{1,3}(?:\.\d{1,3})?)\|")
_PART = re.compile(r"((?:[^|\\]|\\.)*+)(?:\||\Z)", re.DOTALL)
_KEY = re.compile(r"(?:\A|(?<=\s))([A-Za-z0-9_.\-\[\]]{1,128})=")
_MOST_FIELDS = 1024
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
REASON = "not a CEF record"


@dataclass(frozen=True, slots=True)
class Cef:
    """One record. `extension` holds its pairs unescaped; `cs1` with `cs1Label=Rule` is there as `cs1` and as `Rule`."""

    version: str
    header: Header
    extension: dict[str, str]


class CefLog(LineLog):
    """Lines of CEF, with or without a syslog header in front."""

    def __init__(self) -> None:
        super().__init__("cef", lambda line: _START.search(line, 0, 512) is not None, parse, REASON, 96)


def parse(line: str, number: int, stamps: Stamps) -> Event | None:
    """One line, or None if no CEF record stands in it. Time and host of a syslog header fill what the record leaves out."""
    found = _START.search(line, 0, 2048)
    if found is None or (record := read_cef(line[found.start() :])) is None:
        return None
    return event_of(
        record.header, record.extension, line, number, stamps, before(line[: found.start()], number, stamps)
    )


def before(prefix: str, number: int, stamps: Stamps) -> Event | None:
    """What stands before the record, read as a syslog header; None if it is none."""
    return syslog.parse(f"{prefix.rstrip()} record: -", number, stamps) if prefix.strip() else None


def read_cef(text: str) -> Cef | None:
    """`text` from its `CEF:` on. None if it has fewer than seven parts."""
    found = _START.match(text)
    if found is None:
        return None
    parts: list[str] = []
    at = found.end()
    *plain, rest = text[at:].split("|", 6)
    if len(plain) == 6 and "\\" not in text[at : len(text) - len(rest)]:  # nothing is escaped
        return Cef(found[1], Header(*[part.strip() for part in plain]), extension_of(rest))
    while len(parts) < 6:
        part = _PART.match(text, at)
        if part is None or at >= len(text):
            return None
        parts.append(_ESCAPED.sub(r"\1", part[1]).strip() if "\\" in part[1] else part[1].strip())
        at = part.end()
    vendor, product, device, signature, name, severity = parts
    return Cef(found[1], Header(vendor, product, device, signature, name, severity), extension_of(text[at:]))


def extension_of(text: str) -> dict[str, str]:
    """The pairs of an extension. A key that stands twice keeps its first value (a forged tail changes nothing)."""
    _, *parts = _KEY.split(text, _MOST_FIELDS)
    names = parts[::2]
    pairs = dict(zip(names, map(_value, parts[1::2]), strict=True))
    if len(pairs) < len(names) or len(names) >= _MOST_FIELDS:
        pairs = _one_by_one(text)
    return labelled(pairs) if "Label" in text else pairs


def _one_by_one(text: str) -> dict[str, str]:
    """Where keys repeat, or are too many."""
    pairs: dict[str, str] = {}
    name, start = "", 0
    for found in _KEY.finditer(text):
        if name:
            pairs.setdefault(name, _value(text[start : found.start()]))
            if len(pairs) >= _MOST_FIELDS:
                return pairs
        name, start = found[1], found.end()
    if name:
        pairs.setdefault(name, _value(text[start:]))
    return pairs


def labelled(pairs: dict[str, str]) -> dict[str, str]:
    """With every `cs1Label=Name cs1=value` also as `Name=value`."""
    labels = [(name[:-5], label) for name, label in pairs.items() if name.endswith("Label") and label]
    for name, label in labels:
        if name in pairs:
            pairs.setdefault(label, pairs[name])
    return pairs


def _value(text: str) -> str:
    text = text.strip()
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1] if found[1] in "=\\|" else found[0]), text)
