"""What is remembered of an account while logs go by: little, bounded, and enough to notice what is unlike it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from atttcli.mailwatch.places import Place

MAX_NETWORKS: Final = 64
_MAX_COUNTRIES: Final = 16
_MAX_FAILED: Final = 8
_MAX_PROTOCOLS: Final = 8
_MAX_DAYS: Final = 8
_HABIT_DAYS: Final = 5
_HABIT_SPAN: Final = 14  # days

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """A mapping that lets go what was not touched for longest; `evicted` counts it."""

    def __init__(self, make: Callable[[], V], capacity: int) -> None:
        self._make, self._capacity = make, capacity
        self._held: OrderedDict[K, V] = OrderedDict()
        self.evicted = 0

    def __getitem__(self, key: K) -> V:
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = self._make()
            if len(self._held) > self._capacity:
                self._held.popitem(last=False)
                self.evicted += 1
        else:
            self._held.move_to_end(key)
        return held

    def get(self, key: K) -> V | None:
        """What is held, untouched."""
        return self._held.get(key)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[K]:
        return iter(self._held)


class Failures:
    """Failed logins of one account since it was last opened."""

    __slots__ = ("addresses", "count", "first", "last")

    def __init__(self) -> None:
        self.count = self.first = self.last = 0
        self.addresses: list[str] = []

    def add(self, time: int, address: str) -> None:
        """One more."""
        self.first = self.first if self.count else time
        self.count, self.last = self.count + 1, time
        if address not in self.addresses and len(self.addresses) < _MAX_FAILED:
            self.addresses.append(address)


class Account:
    """One account that was opened at least once."""

    __slots__ = (
        "address",
        "agent",
        "countries",
        "first",
        "flips",
        "last",
        "logins",
        "networks",
        "outside",
        "place",
        "protocols",
        "used",
    )

    def __init__(self) -> None:
        self.logins = self.outside = self.first = self.last = self.used = 0
        self.networks: dict[str, int] = {}  # logins by network
        self.countries: dict[str, int] = {}
        self.protocols: dict[str, int] = {}
        self.flips: dict[tuple[str, str], list[int]] = {}  # two countries and the days on which it went between them
        self.place: Place | None = None  # of the last login
        self.address = self.agent = ""

    def knows(self, network: str) -> int:
        """How often it was opened from this network."""
        return self.networks.get(network, 0)

    def learn(self, time: int, place: Place, address: str, agent: str, protocol: str) -> None:
        """It was opened."""
        self.first = min(self.first or time, time)
        self.last = max(self.last, time)
        self.logins += 1
        self.outside += not place.inside
        known = self.networks.pop(place.network, 0)
        if not known and len(self.networks) >= MAX_NETWORKS:
            del self.networks[next(iter(self.networks))]
        self.networks[place.network] = known + 1
        if place.country and (place.country in self.countries or len(self.countries) < _MAX_COUNTRIES):
            self.countries[place.country] = self.countries.get(place.country, 0) + 1
        if protocol and (protocol in self.protocols or len(self.protocols) < _MAX_PROTOCOLS):
            self.protocols[protocol] = self.protocols.get(protocol, 0) + 1
        self.place, self.address, self.agent, self.used = place, address, agent or self.agent, time

    def flipped(self, one: str, other: str, day: int) -> None:
        """It went between two countries on this day."""
        pair = pair_of(one, other)
        if pair not in self.flips and len(self.flips) >= _MAX_COUNTRIES:
            return
        days = self.flips.setdefault(pair, [])
        if day in days:
            return
        if len(days) < _MAX_DAYS:
            days.append(day)
        else:
            days[-1] = day

    def is_habit(self, pair: tuple[str, str]) -> bool:
        """Whether it goes between them again and again, for weeks: a VPN or roaming. Whoever took a mailbox is newer to it."""
        days = self.flips.get(pair, ())
        return len(days) >= _HABIT_DAYS and max(days) - min(days) >= _HABIT_SPAN


def pair_of(one: str, other: str) -> tuple[str, str]:
    """Two countries in one order."""
    return (one, other) if one < other else (other, one)
