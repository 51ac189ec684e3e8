"""Addresses that try passwords: how often, on how many accounts, which they opened. What a team blocks or looks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
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

    Times are microseconds UTC. `more`: it failed on more accounts than are remembered.
    """

    address: str
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
    def weight(self) -> tuple[int, int]:
        """What it is kept and ordered by: accounts tried, then failures."""
        return len(self.tried), self.failures


class Attackers:
    """All addresses that failed. When there are too many, the half that did least is let go and counted in `let_go`."""

    def __init__(self, addresses: int = _ADDRESSES, names: int = _NAMES) -> None:
        self._most, self._most_names = addresses, names
        self._held: dict[str, Attacker] = {}
        self._names = 0
        self.let_go = 0

    def see(self, seen: Seen) -> None:
        """A login or a failure, in the order of time."""
        if seen.kind == FAILURE:
            self._failed(seen)
        elif seen.kind == LOGIN and (held := self._held.get(seen.address)) is not None:
            self._opened(held, seen)

    def __iter__(self) -> Iterator[Attacker]:
        """Those that deserve a name: who opened something first, then the widest."""
        named = [one for one in self._held.values() if one.is_many]
        return iter(sorted(named, key=lambda one: (-len(one.forced), *(-part for part in one.weight), one.address)))

    def _failed(self, seen: Seen) -> None:
        held = self._held.get(seen.address)
        if held is None:
            if len(self._held) >= self._most or self._names >= self._most_names:
                self._lighten()
            held = self._held[seen.address] = Attacker(seen.address, first=seen.time)
        held.failures += 1
        held.first, held.last = min(held.first, seen.time), max(held.last, seen.time)
        known = held.tried.get(seen.account, 0)
        if known or len(held.tried) < MAX_NAMES:
            held.tried[seen.account] = known + 1
            held.run[seen.account] = held.run.get(seen.account, 0) + 1
            self._names += not known
        else:
            held.more = True

    def _opened(self, held: Attacker, seen: Seen) -> None:
        if held.run.pop(seen.account, 0) >= _FORCED:
            held.broken.setdefault(seen.account, seen.time)
        if len(held.opened) < MAX_NAMES and seen.account not in held.opened:
            held.opened[seen.account] = seen.time
            self._names += 1

    def _lighten(self) -> None:
        kept = sorted(self._held.values(), key=lambda one: one.weight, reverse=True)[: max(len(self._held) // 2, 1)]
        self.let_go += len(self._held) - len(kept)
        self._held = {one.address: one for one in kept}
        self._names = sum(len(one.tried) + len(one.opened) for one in kept)
