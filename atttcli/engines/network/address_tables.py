"""Tables of addresses that rules ask of a connection's ends: countries (`geoip`) and scores (`iprep`)."""

from __future__ import annotations

import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

Test = Callable[[bytes], bool]
_SIGNS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


class AddressTable:
    """Ranges without crossings, as `rulepack.network.reputation` packs them: first, last, and perhaps a byte more."""

    def __init__(self, packed: Sequence[bytes]) -> None:
        self._of = {size: sorted(one for one in packed if len(one) // 2 == size) for size in (4, 16)}
        self._starts = {size: [one[:size] for one in rows] for size, rows in self._of.items()}

    def find(self, address: bytes) -> bytes | None:
        """The range that holds an address."""
        size = len(address)
        starts = self._starts.get(size)
        at = bisect_right(starts, address) - 1 if starts else -1
        if at < 0:
            return None
        row = self._of[size][at]
        return row if address <= row[size : 2 * size] else None

    def test(self, command: str) -> Test:
        """What an option asks of an address: `inside`, `outside`, or a sign and a score (`>30`)."""
        if command == "inside":
            return lambda address: self.find(address) is not None
        if command == "outside":
            return lambda address: self.find(address) is None
        sign, score = re.match(r"([<>=]+)(\d+)", command).groups()  # type: ignore[union-attr]  # written by our parser
        compare, wanted = _SIGNS[sign], int(score)

        def scored(address: bytes) -> bool:
            row = self.find(address)
            return row is not None and bool(row[-1]) and compare(row[-1], wanted)

        return scored
