"""Where an address is: inside, in which country and network, at which point of the globe, as far as tables tell."""

from __future__ import annotations

import csv
import ipaddress
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from atttcli.engines.correlation import Countries
from atttcli.engines.correlation.novelty import network_of
from atttcli.errors import InputError, Where
from atttcli.inventory.ranges import Range, RangeTable, parse_network
from atttcli.limits import MIB
from atttcli.mailwatch.centroids import CENTROIDS

Point = tuple[float, float]
_PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
                   "fe80::/10", "::1/128")  # fmt: skip
_CACHED: Final = 65_536
_MAX_ROWS: Final = 200_000
_MAX_BYTES: Final = 32 * MIB
_EARTH_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """`inside`: a private address or one of ours. `country` is empty where no table knows it, `point` is (latitude, longitude)."""

    network: str
    country: str
    inside: bool
    point: Point | None


@dataclass(frozen=True, slots=True)
class Geo:
    """An optional file of coordinates: by range (with a country, if it says so) and by country."""

    ranges: RangeTable[tuple[str, Point]]
    countries: Mapping[str, Point]


class Places:
    """Looks addresses up, and remembers the last of them. `home` is the country of what is inside."""

    def __init__(
        self, countries: Countries | None = None, own: Iterable[str] = (), geo: Geo | None = None, home: str = "VN"
    ) -> None:
        self._countries, self._geo, self._home = countries, geo, home
        spans = (parse_network(cidr) for cidr in (*_PRIVATE, *own))
        self._own = RangeTable(Range(*span, True) for span in spans if span is not None)
        self._points = {**CENTROIDS, **(geo.countries if geo else {})}
        self._known: dict[str, Place] = {}

    def of(self, address: str) -> Place:
        """The place of an address."""
        place = self._known.get(address)
        if place is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            place = self._known[address] = self._look(address)
        return place

    def _look(self, address: str) -> Place:
        network = network_of(address) or address[:64]
        if self._own.find(address):
            return Place(network, self._home, True, self._points.get(self._home))
        country = self._countries.country(address) if self._countries is not None else ""
        point: Point | None = None
        if self._geo is not None and (found := self._geo.ranges.find(address)) is not None:
            country, point = country or found[0], found[1]
        return Place(network, country, False, point or self._points.get(country))


def distance_km(one: Point, other: Point) -> float:
    """The great circle between two points."""
    first, second = math.radians(one[0]), math.radians(other[0])
    bow = math.sin((second - first) / 2) ** 2
    bow += math.cos(first) * math.cos(second) * math.sin(math.radians(other[1] - one[1]) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(bow)))


def load_geo(path: Path) -> Geo:
    """Read a CSV with a heading: `cidr` (or none), `country`, `lat`, `lon`. InputError with the line of what is no place."""
    where = Where(str(path))
    ranges: list[Range[tuple[str, Point]]] = []
    countries: dict[str, Point] = {}
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"larger than {_MAX_BYTES // MIB} MiB", where=where)
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            rows = csv.DictReader(line for line in stream if not line.startswith("#"))
            for row in islice(rows, _MAX_ROWS + 1):
                _take({(key or "").strip().lower(): value for key, value in row.items() if isinstance(value, str)}, ranges,
                      countries, Where(str(path), line=rows.line_num))  # fmt: skip
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=where) from error
    except csv.Error as error:
        raise InputError(f"not a CSV row: {error}", where=where) from error
    if len(ranges) + len(countries) > _MAX_ROWS:
        raise InputError(f"more than {_MAX_ROWS} rows", where=where)
    if not ranges and not countries:
        raise InputError(
            "no coordinates in it", hint="a heading `cidr,country,lat,lon` or `country,lat,lon`", where=where
        )
    return Geo(RangeTable(ranges), countries)


def _take(
    row: Mapping[str, str], ranges: list[Range[tuple[str, Point]]], countries: dict[str, Point], where: Where
) -> None:
    country = row.get("country", "").strip().upper()[:8]
    try:
        point = (float(row.get("lat") or row["latitude"]), float(row.get("lon") or row["longitude"]))
    except (KeyError, ValueError) as error:
        raise InputError("no latitude and longitude", where=where) from error
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise InputError("no latitude and longitude", where=where)
    cidr = row.get("cidr") or row.get("network") or ""
    span = parse_network(cidr) if cidr else None
    if span is not None:
        ranges.append(Range(*span, (country, point)))
    elif country and not cidr:
        countries[country] = point
    else:
        raise InputError("no address range", where=where)


def in_network(address: str, cidr: str) -> bool:
    """Whether an address lies in a range; False when either is none."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
