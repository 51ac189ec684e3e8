"""Tables of address ranges and countries as people get them: `cidr,country` or `start,end,country`, with or without a heading.

Addresses are written as such or as whole numbers (as some publishers do). Further columns are passed over.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from atttcli.errors import Where
from atttcli.limits import MIB
from atttcli.source import ReadProblem

MAX_BYTES: Final = 128 * MIB
MAX_ROWS: Final = 1_000_000
MAX_COUNTRIES: Final = 1000
_LONGEST_LINE: Final = 4096
_COUNTRY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}\Z")
_UNKNOWN: Final = frozenset({"-", "", "ZZ"})  # "of no country": no range
_HEADINGS: Final = frozenset({"cidr", "network", "start", "start_ip", "range_start", "ip_from", "first", "from"})
_HIGHEST_V4: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Span:
    """A range of addresses, both ends included, of one country. `version` is 4 or 6."""

    version: int
    first: int
    last: int
    country: str

    def addresses(self) -> tuple[str, str]:
        """First and last as text."""
        kind = ipaddress.IPv4Address if self.version == 4 else ipaddress.IPv6Address
        return str(kind(self.first)), str(kind(self.last))


def read_spans(stream: BinaryIO, where: Where) -> Iterator[Span | ReadProblem]:
    """The ranges in order of the file, and one ReadProblem for every row that is none. Ends at `MAX_ROWS` with a problem."""
    rows = 0
    countries: set[str] = set()
    for number, row in enumerate(_rows(stream), 1):
        if isinstance(row, str):
            yield ReadProblem(number, row)
            continue
        if not row or row[0].startswith("#") or (not rows and row[0].lower() in _HEADINGS):
            continue
        rows += 1
        if rows > MAX_ROWS:
            yield ReadProblem(number, f"more than {MAX_ROWS} ranges: what follows was not read")
            return
        found = _span(row)
        if isinstance(found, str):
            yield ReadProblem(number, found, excerpt=",".join(row)[:200])
        elif found is not None:
            countries.add(found.country)
            if len(countries) > MAX_COUNTRIES:
                yield ReadProblem(number, f"more than {MAX_COUNTRIES} countries: what follows was not read")
                return
            yield found


def write_spans(spans: Iterable[Span]) -> bytes:
    """The one form that a workspace keeps: `start,end,country`, in order."""
    lines = ["start,end,country\n"]
    for span in spans:
        first, last = span.addresses()
        lines.append(f"{first},{last},{span.country}\n")
    return "".join(lines).encode()


def _rows(stream: BinaryIO) -> Iterator[list[str] | str]:
    """Fields of each line, stripped; a text where a line is no CSV. One line is one row: no quoted line breaks."""
    text = io.TextIOWrapper(stream, "utf-8-sig", "replace", newline=None)
    try:
        while line := text.readline(_LONGEST_LINE):
            if len(line) >= _LONGEST_LINE and not line.endswith("\n"):
                while (rest := text.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
                yield "a line without end"
                continue
            try:
                yield [field.strip() for field in next(csv.reader([line.replace("\0", "\ufffd")]), [])]
            except csv.Error as error:
                yield f"no CSV: {error}"
    finally:
        text.detach()


def _span(row: list[str]) -> Span | str | None:
    """The range of a row; a text that says what is wrong; None for a range of no country."""
    if "/" in row[0]:
        ends: tuple[int, int, int] | str = _network(row[0])
        rest = row[1:]
    else:
        ends = _ends(row)
        rest = row[2:]
    if isinstance(ends, str):
        return ends
    country = rest[0] if rest else ""
    if country in _UNKNOWN:
        return None if rest else "neither `cidr,country` nor `start,end,country`"
    if not _COUNTRY.match(country):
        return "the country is no short word"
    return Span(*ends, country.upper() if len(country) == 2 else country)


def _network(text: str) -> tuple[int, int, int] | str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return "neither `cidr,country` nor `start,end,country`"
    return network.version, int(network[0]), int(network[-1])


def _ends(row: list[str]) -> tuple[int, int, int] | str:
    first = _address(row[0])
    last = _address(row[1]) if len(row) > 1 else None
    if first is None or last is None:
        return "neither `cidr,country` nor `start,end,country`"
    if first[0] != last[0]:
        if not (row[0].isdecimal() and row[1].isdecimal()):
            return "the range begins in IPv4 and ends in IPv6"
        first = (6, first[1])  # whole numbers: small ones of IPv6 look like IPv4
    if last[1] < first[1]:
        return "the range ends before it begins"
    return first[0], first[1], last[1]


def _address(text: str) -> tuple[int, int] | None:
    if text.isdecimal() and text.isascii() and len(text) <= 39:
        number = int(text)
        return None if number >= 2**128 else (4 if number <= _HIGHEST_V4 else 6, number)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.version, int(address)
