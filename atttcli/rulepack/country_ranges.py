"""Address ranges to countries. Ranges may nest and cross; the narrowest one over an address speaks."""

from __future__ import annotations

import heapq
import ipaddress
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path

from atttcli.errors import InputError, Where
from atttcli.limits import MIB
from atttcli.rulepack.countries import MAX_BYTES, Span, read_spans
from atttcli.source import ReadProblem


class CountryRanges:
    """A table in memory: 6 bytes for an IPv4 border, so that a table of the whole world is a few megabytes."""

    def __init__(self, ranges: Iterable[tuple[str, str]] = ()) -> None:
        """From (`cidr`, `country`) pairs."""
        spans = []
        for cidr, country in ranges:
            network = ipaddress.ip_network(cidr, strict=False)
            spans.append(Span(network.version, int(network[0]), int(network[-1]), country))
        self._take(spans)

    @classmethod
    def of(cls, spans: Iterable[Span]) -> CountryRanges:
        """From spans."""
        made = cls()
        made._take(list(spans))
        return made

    @classmethod
    def load(cls, path: Path) -> CountryRanges:
        """Read a file of `cidr,country` or `start,end,country`; InputError with the line of what is no range."""
        spans = []
        try:
            if path.stat().st_size > MAX_BYTES:
                raise InputError(f"larger than {MAX_BYTES // MIB} MiB", where=Where(str(path)))
            with path.open("rb") as stream:
                for row in read_spans(stream, Where(str(path))):
                    if isinstance(row, ReadProblem):
                        raise InputError(row.reason, where=Where(str(path), line=row.line))
                    spans.append(row)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=Where(str(path))) from error
        return cls.of(spans)

    def country(self, text: str) -> str:
        """The country of an address, or empty."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        starts, owners = self._tables[address.version]
        at = bisect_right(starts, int(address)) - 1
        return self._names[owners[at]] if at >= 0 else ""

    def spans(self) -> Iterable[Span]:
        """The table without crossings: what stands apart, in order, neighbours of one country as one."""
        for version, (starts, owners) in self._tables.items():
            for at, start in enumerate(starts):
                if owners[at]:
                    yield Span(version, start, starts[at + 1] - 1, self._names[owners[at]])

    def _take(self, spans: Sequence[Span]) -> None:
        self._names = ["", *sorted({span.country for span in spans})]
        numbers = {name: number for number, name in enumerate(self._names)}
        self._tables: dict[int, tuple[Sequence[int], array[int]]] = {}
        for version in (4, 6):
            borders = _flat([span for span in spans if span.version == version], numbers)
            owners = array("H", [number for _, number in borders])
            positions = [start for start, _ in borders]
            self._tables[version] = (array("Q", positions) if version == 4 else positions, owners)


def _flat(spans: list[Span], numbers: dict[str, int]) -> list[tuple[int, int]]:
    """Borders with the country from there on, in order; the last one is the end of the table (no country)."""
    spans.sort(key=lambda span: (span.first, span.last))
    borders: list[tuple[int, int]] = []
    over: list[tuple[int, int, int]] = []  # size, last, country of the ranges that may be over this place

    def place(at: int, owner: int) -> None:
        if borders and borders[-1][0] == at:
            borders.pop()
        if owner != (borders[-1][1] if borders else 0):
            borders.append((at, owner))

    def close_before(limit: int | None) -> None:
        """Tell every end of the narrowest range before `limit`; what ended unseen below it is dropped on the way."""
        while over and (limit is None or over[0][1] < limit):
            end = heapq.heappop(over)[1] + 1
            while over and over[0][1] < end:
                heapq.heappop(over)
            if limit is None or end < limit:
                place(end, over[0][2] if over else 0)

    for span in spans:
        close_before(span.first)
        heapq.heappush(over, (span.last - span.first, span.last, numbers[span.country]))
        place(span.first, over[0][2])
    close_before(None)
    return borders
