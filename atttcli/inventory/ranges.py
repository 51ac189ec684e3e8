"""Address ranges that nest or overlap, asked a million times: flattened once, then one bisection a look-up."""

from __future__ import annotations

import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from atttcli.clock import VIETNAM, to_micros

T = TypeVar("T")
_ALWAYS = (-(2**62), 2**62)


def parse_address(text: str) -> tuple[int, int] | None:
    """(4 or 6, number) of one address; None when it is none. An IPv4 address mapped into IPv6 is the IPv4 one."""
    try:
        return 4, int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
    except (OSError, ValueError):
        pass
    try:
        number = int.from_bytes(socket.inet_pton(socket.AF_INET6, text.partition("%")[0]), "big")
    except (OSError, ValueError):
        return None
    if number >> 32 == 0xFFFF:
        return 4, number & 0xFFFFFFFF
    return 6, number


def parse_network(text: str) -> tuple[int, int, int] | None:
    """(4 or 6, first, last) of an address or CIDR; host bits do not matter; None when it is none."""
    if len(text) > 64:
        return None
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.broadcast_address)


def address_text(version: int, number: int) -> str:
    """The address of a number."""
    return str(ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number))


def span_micros(valid_from: str, valid_until: str) -> tuple[int, int]:
    """Days of Viet Nam (ISO, inclusive, empty open) as a half-open span of microseconds; broken dates are open."""
    return _start(valid_from, _ALWAYS[0], 0), _start(valid_until, _ALWAYS[1], 1)


def _start(day: str, default: int, later: int) -> int:
    if not day:
        return default
    if "T" in day:
        try:
            moment = datetime.fromisoformat(day)
            return to_micros((moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)) + timedelta(minutes=later))
        except (ValueError, OverflowError):
            return default
    try:
        found = date.fromisoformat(day) + timedelta(days=later)
    except (ValueError, OverflowError):
        return default
    return to_micros(datetime(found.year, found.month, found.day, tzinfo=VIETNAM))


@dataclass(frozen=True, slots=True)
class Range(Generic[T]):
    """An address range that means `value` from `start` to before `end`; `rank` breaks a tie within one network.

    With `ports` (first and last) it holds only for those: an address that several share behind NAT.
    """

    version: int
    first: int
    last: int
    value: T
    start: int = _ALWAYS[0]
    end: int = _ALWAYS[1]
    rank: int = 0
    ports: tuple[int, int] | None = None

    def fits(self, port: int | None) -> bool:
        """Whether this port is meant; a range of some ports is not meant by an address alone."""
        return self.ports is None or (port is not None and self.ports[0] <= port <= self.ports[1])


def parse_ports(text: str) -> tuple[int, int] | None:
    """`1024-2047` or `443` as first and last port; None when it is neither."""
    first, dash, last = text.strip().partition("-")
    if not (first.isdecimal() and len(first) < 6 and (not dash or (last.isdecimal() and len(last) < 6))):
        return None
    low, high = int(first), int(last or first)
    return (low, high) if low <= high <= 65535 else None


class _Node(Generic[T]):
    """One distinct network with its ranges (best first) and the network around it. Networks nest, they never cross."""

    __slots__ = ("last", "parent", "ranges")

    def __init__(self, last: int, ranges: list[Range[T]], parent: _Node[T] | None) -> None:
        self.last = last
        self.ranges = sorted(ranges, key=lambda item: (item.ports is None, -item.rank, -item.start))
        self.parent = parent


class RangeTable(Generic[T]):
    """The smallest range that holds an address and was valid then. Building is O(n log n), asking one bisection."""

    def __init__(self, ranges: Iterable[Range[T]]) -> None:
        by_version: dict[int, list[Range[T]]] = {4: [], 6: []}
        for item in ranges:
            by_version[item.version].append(item)
        self._tables = {version: _flatten(items) for version, items in by_version.items()}

    def find(self, address: str, at: int | None = None, port: int | None = None) -> T | None:
        """What the address (and port) means at a time (microseconds); without a time, what has no end, else what ended last."""
        parsed = parse_address(address)
        return None if parsed is None else self.find_number(*parsed, at, port)

    def find_number(self, version: int, number: int, at: int | None = None, port: int | None = None) -> T | None:
        """As `find`, for a parsed address."""
        starts, nodes = self._tables[version]
        index = bisect_right(starts, number) - 1
        node = nodes[index] if index >= 0 else None
        latest: Range[T] | None = None
        while node is not None:
            for item in node.ranges:
                if not item.fits(port):
                    continue
                if at is None:
                    if item.end == _ALWAYS[1]:
                        return item.value
                    if latest is None or item.end > latest.end:
                        latest = item
                elif item.start <= at < item.end:
                    return item.value
            node = node.parent
        return latest.value if latest else None

    def overlaps(self, version: int, first: int, last: int) -> bool:
        """True when any range holds an address between `first` and `last`."""
        starts, nodes = self._tables[version]
        left = bisect_right(starts, first) - 1
        right = bisect_right(starts, last)
        return any(nodes[index] is not None for index in range(max(left, 0), right))

    def pieces(self, version: int, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The span cut at every border of a range, in order: what holds for a piece's first address holds for all of it."""
        starts = self._tables[version][0]
        inside = starts[bisect_right(starts, first) : bisect_right(starts, last)]
        for begin, following in zip([first, *inside], [*inside, last + 1], strict=True):
            yield begin, following - 1


def _flatten(items: list[Range[T]]) -> tuple[list[int], list[_Node[T] | None]]:
    """Cut the line at every border; each piece knows the innermost network over it."""
    distinct: dict[tuple[int, int], list[Range[T]]] = {}
    for item in items:
        distinct.setdefault((item.first, item.last), []).append(item)
    starts: list[int] = []
    nodes: list[_Node[T] | None] = []
    stack: list[_Node[T]] = []

    def begin(position: int, node: _Node[T] | None) -> None:
        if starts and starts[-1] == position:
            nodes[-1] = node
        else:
            starts.append(position)
            nodes.append(node)

    def close() -> None:
        closed = stack.pop()
        begin(closed.last + 1, closed.parent)

    for first, last in sorted(distinct, key=lambda pair: (pair[0], -pair[1])):
        while stack and stack[-1].last < first:
            close()
        node = _Node(last, distinct[first, last], stack[-1] if stack else None)
        begin(first, node)
        stack.append(node)
    while stack:
        close()
    return starts, nodes
