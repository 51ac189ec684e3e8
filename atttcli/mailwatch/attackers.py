"""Addresses that try passwords: how often, on how many accounts, which they opened. What a team blocks or looks for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from atttcli.mailwatch.seen import FAILURE, LOGIN, Seen

MAX_NAMES: Final = 500  # accounts that are remembered of one address
_ADDRESSES: Final = 20_000
_NAMES: Final = 200_000  # of all addresses together
_MANY_ACCOUNTS: Final = 5
_MANY_FAILURES: Final = 20
_FORCED: Final = 8  # wrong passwords after which an account that opens was not mistyped


@dataclass(slots=True)
class Attacker:
    """What one address did. `tried`: failures by account, `run`: those since it last opened it; `opened`: when it first opened an
    account, `broken`: when it did so after a long run of failures.

    Times are microseconds UTC. `more`: it failed on more accounts than are remembered. Several addresses of one IPv6 /64 are
    one: whoever has such a network may use another address for each attempt.
    """

    address: str  # where several failed, their network
    sample: str = ""  # the first of them
    failures: int = 0
    first: int = 0
    last: int = 0
    tried: dict[str, int] = field(default_factory=dict)
    run: dict[str, int] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    more: bool = False

    @property
    def refused(self) -> list[str]:
        """Accounts that it tried and never opened: an agency's people behind one address open theirs in the end."""
        return [account for account in self.tried if account not in self.opened]

    @property
    def forced(self) -> dict[str, int]:
        """Accounts that it opened and whose owner it hardly is, and when: after a run of failures, or between many others."""
        if len(self.tried) < _MANY_ACCOUNTS or len(self.refused) < len(self.opened):
            return self.broken
        return self.opened | self.broken

    @property
    def is_many(self) -> bool:
        """Whether it tried so often or widely, and opened so little of it, that it deserves a name."""
        refused = self.refused
        wide = len(refused) >= max(_MANY_ACCOUNTS, len(self.opened) // 4)
        return wide or bool(self.forced) or sum(self.tried[one] for one in refused) >= _MANY_FAILURES

    @property
    def weight(self) -> tuple[int, int, int]:
        """What it is kept and ordered by: accounts that it opened as nobody should, accounts tried, then failures."""
        return len(self.forced), len(self.tried), self.failures

    def concerns(self, account: str) -> bool:
        """Whether it tried this account, or opened it."""
        return account in self.tried or account in self.opened


class Attackers:
    """All addresses that failed. When there are too many, the half that did least is let go and counted in `let_go`.

    `account`: only who tried it is told, whatever else they tried; empty is all.
    """

    def __init__(self, account: str = "", addresses: int = _ADDRESSES, names: int = _NAMES) -> None:
        self._account, self._most, self._most_names = account, addresses, names
        self._held: dict[str, Attacker] = {}
        self._names = 0
        self.let_go = 0

    def see(self, seen: Seen) -> None:
        """A login or a failure, in the order of time."""
        if seen.kind == FAILURE:
            self._failed(seen)
        elif seen.kind == LOGIN and (held := self._held.get(_source(seen.address))) is not None:
            self._opened(held, seen)

    def __iter__(self) -> Iterator[Attacker]:
        """Those that deserve a name: who opened something first, then the widest."""
        asked = (one for one in self._held.values() if not self._account or one.concerns(self._account))
        named = ((one.weight, one) for one in asked if one.is_many)
        ordered = sorted(named, key=lambda pair: (*(-part for part in pair[0]), pair[1].address))
        return iter([one for _, one in ordered])

    def _failed(self, seen: Seen) -> None:
        source = _source(seen.address)
        held = self._held.get(source)
        if held is None:
            if len(self._held) >= self._most or self._names >= self._most_names:
                self._lighten()
            held = self._held[source] = Attacker(seen.address, seen.address, first=seen.time, last=seen.time)
        elif seen.address != held.sample:
            held.address = source
        held.failures += 1
        held.first, held.last = min(held.first, seen.time), max(held.last, seen.time)
        known = held.tried.get(seen.account, 0)
        if known or self._has_room(held.tried, seen.account):
            held.tried[seen.account] = known + 1
            held.run[seen.account] = held.run.get(seen.account, 0) + 1
            self._names += not known
        else:
            held.more = True

    def _opened(self, held: Attacker, seen: Seen) -> None:
        if held.run.pop(seen.account, 0) >= _FORCED:
            held.broken.setdefault(seen.account, seen.time)
        if seen.account not in held.opened and self._has_room(held.opened, seen.account):
            held.opened[seen.account] = seen.time
            self._names += 1

    def _has_room(self, names: dict[str, int], account: str) -> bool:
        """Whether one more name is remembered. Where all addresses together have enough, only those that make a sprayer are."""
        most = MAX_NAMES if self._names < self._most_names else _MANY_ACCOUNTS
        return len(names) < most or account == self._account

    def _lighten(self) -> None:
        kept = sorted(self._held.items(), key=lambda pair: pair[1].weight, reverse=True)[: max(len(self._held) // 2, 1)]
        self.let_go += len(self._held) - len(kept)
        self._held = dict(kept)
        self._names = sum(len(one.tried) + len(one.opened) for one in self._held.values())


@lru_cache(maxsize=16_384)
def _source(address: str) -> str:
    """Whom an address is of: itself, or its IPv6 network."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:  # a text that is none
        return address
