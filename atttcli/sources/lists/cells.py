"""The values in one cell: several addresses, `address:port`, ranges, links broken over lines."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final

from atttcli.model.observable import Observable, ObservableType
from atttcli.sources.observables import Found, extract, parse_observable, refang

MAX_VALUES: Final = 256  # in one cell
_RANGE_PIECES: Final = 32
_RANGE = re.compile(
    r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})\s{0,3}(?:-|–|—|->|đến|den|to)\s{0,3}(\d{1,3}(?:\.\d{1,3}){3}|\d{1,3})(?![\w.])"
)
_SEPARATOR = re.compile(r"[\s;,|]+")
_BLANK_WORDS = (
    "-,--,---,.,n/a,na,null,none,nil,unknown,x,?,0,#n/a,#value!,#ref!,no,không,khong,trống,chưa,chua,"
    "không có,khong co,không rõ,khong ro,chưa rõ,chua ro,chưa xác định,chua xac dinh"
)
_BLANK: Final = frozenset(_BLANK_WORDS.split(","))
_DIGITS = "0123456789.:"
_NUMERIC = (ObservableType.IPV4, ObservableType.IPV6, ObservableType.CIDR)
_COUNTRY = re.compile(r"[A-Za-z]{2}\Z")


@dataclass(slots=True)
class CellValues:
    """What a cell holds: values with the ports written beside them; what could not be read; how many were left off."""

    values: list[tuple[Observable, int]] = field(default_factory=list)
    unread: str = ""
    left_off: int = 0


def is_blank(text: str) -> bool:
    """Empty, or one of the words people put for nothing."""
    return not text or text.lower() in _BLANK


def read_values(text: str) -> CellValues:
    """All observables of a cell, in order, each once."""
    found = CellValues()
    if is_blank(text) or _COUNTRY.match(text):
        return found
    seen: dict[Observable, int] = {}
    plain = _RANGE.sub(lambda match: _take_range(match, seen), refang(text))
    values, cut = (_single(plain) or _broken(plain)), False
    if not values:
        values, cut = _each(plain)
    for observable, port in values:
        seen.setdefault(observable, port)
    found.values = list(seen.items())[:MAX_VALUES]
    found.left_off = len(seen) - len(found.values)
    if cut or not seen:
        found.unread = text[:200]
    return found


def _take_range(match: re.Match[str], seen: dict[Observable, int]) -> str:
    """`203.0.113.4-203.0.113.7`, `203.0.113.4-7` as networks; the text without it."""
    last = match[2] if "." in match[2] else f"{match[1].rpartition('.')[0]}.{match[2]}"
    try:
        first, end = ipaddress.IPv4Address(match[1]), ipaddress.IPv4Address(last)
        if first > end:
            return match[0]
        pieces = list(ipaddress.summarize_address_range(first, end))
    except ValueError:
        return match[0]
    for piece in pieces[: _RANGE_PIECES * 2]:
        observable = parse_observable(piece.compressed)
        if observable is not None:
            seen.setdefault(observable, 0)
    return " "


def _single(text: str) -> list[tuple[Observable, int]]:
    """The cell as one value, wherever its kind is clear from the column: `cnc.invalid-tld:443` counts here."""
    if any(char.isspace() for char in text.strip()) or "," in text or ";" in text:
        return []
    observable = parse_observable(text)
    return [] if observable is None else [(observable, _port_of(text, observable))]


def _broken(text: str) -> list[tuple[Observable, int]]:
    """One value that the page broke over lines; not where every line is a value of its own."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    words = all(" " not in line and line.isascii() for line in lines)
    if len(lines) < 2 or not words or text.count("://") > 1 or all(_is_whole(line) for line in lines):
        return []
    joined = "".join(lines)
    whole = parse_observable(joined)
    if whole is None or (whole.type in _NUMERIC and _is_whole(lines[0])):
        return []  # `203.0.113.1` and `80` below it: a port, or the rest of 203.0.113.180?
    return [(whole, _port_of(joined, whole))]


def _is_whole(line: str) -> bool:
    """A complete value by the rules of running text: `cnc.exam`, the half of a name, is none."""
    found = next(extract(line), None)
    return found is not None and found.start == 0 and found.end >= len(line.rstrip(".,;"))


def _each(text: str) -> tuple[list[tuple[Observable, int]], bool]:
    """Every value in running text, and whether some were only halves and left out."""
    items = [item for item, _ in zip(extract(text), range(4 * MAX_VALUES), strict=False)]
    found = [(item.observable, item.port) for item in items if not _is_cut(item, text)]
    if items:
        return found, len(found) < len(items)
    words = _SEPARATOR.split(text.strip(), maxsplit=MAX_VALUES)
    parsed = [(word, parse_observable(word)) for word in words if "." in word or ":" in word]
    return [(observable, _port_of(word, observable)) for word, observable in parsed if observable is not None], False


def _is_cut(item: Found, text: str) -> bool:
    """Whether the value's line goes on in a neighbour: half a name (`gate.ph` of `gate.php`) may be somebody else's."""
    before, after = text[: item.start], text[item.end :]
    above = before.rpartition("\n")[0].rpartition("\n")[2] if before.endswith("\n") else ""
    below = after[1:].partition("\n")[0] if after.startswith("\n") else ""
    if item.observable.type in _NUMERIC:
        return (_is_fragment(above) and above.strip()[-1] in _DIGITS) or (
            _is_fragment(below) and below.strip()[0] in _DIGITS
        )
    return _is_fragment(above) or _is_fragment(below)


def _is_fragment(line: str) -> bool:
    """A line of one word that is no value: the rest of one, unless it is written like an abbreviation (`VNPT`)."""
    words = line.split()
    if len(words) != 1 or not words[0].isascii() or words[0].startswith("("):
        return False
    return not _is_whole(words[0]) and not (words[0].isalpha() and words[0].isupper())


def _port_of(text: str, observable: Observable) -> int:
    if observable.type in (ObservableType.IPV4, ObservableType.DOMAIN):
        port = refang(text).strip().rstrip(".,;").rpartition(":")[2]
        return int(port) if port.isdigit() and len(port) <= 5 and int(port) < 65536 else 0
    return 0
