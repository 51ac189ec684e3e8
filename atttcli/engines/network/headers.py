"""Which rules' address and port groups hold an address or a port: one lookup gives a bit per group."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from atttcli.rulepack.network.values import AddressSet, Ranges

MAX_KNOWN = 65_536


class Sweep:
    """Bit masks over a number line: bit i of `mask(x)` says whether group i holds x."""

    def __init__(self, groups: Sequence[Iterable[tuple[int, int]]]) -> None:
        changes: dict[int, int] = {0: 0}
        for number, group in enumerate(groups):
            for low, high in group:
                changes[low] = changes.get(low, 0) ^ (1 << number)
                changes[high + 1] = changes.get(high + 1, 0) ^ (1 << number)
        self._starts = sorted(changes)
        self._masks: list[int] = []
        running = 0
        for start in self._starts:
            running ^= changes[start]
            self._masks.append(running)

    def mask(self, value: int) -> int:
        """The groups that hold `value`."""
        return self._masks[bisect_right(self._starts, value) - 1]


class Headers:
    """Address and port masks of a pack, remembered per address."""

    def __init__(self, addresses: Sequence[AddressSet], ports: Sequence[Ranges]) -> None:
        self._v4 = Sweep([group.v4 for group in addresses])
        self._v6 = Sweep(
            [[(int.from_bytes(low, "big"), int.from_bytes(high, "big")) for low, high in g.v6] for g in addresses]
        )
        self._ports = Sweep(ports)
        self._known: dict[bytes, int] = {}

    def address(self, raw: bytes) -> int:
        """Groups that hold a 4- or 16-byte address."""
        known = self._known.get(raw)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = (self._v4 if len(raw) == 4 else self._v6).mask(int.from_bytes(raw, "big"))
            self._known[raw] = known
        return known

    def port(self, port: int) -> int:
        """Groups that hold a port."""
        return self._ports.mask(port)
