"""`dataset`: sets of values from the rule pack; what rules add or remove counts for one capture and is never written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from atttcli.engines.network.address_tables import AddressTable
from atttcli.rulepack.network.values import InSet

MAX_ADDED = 500_000
MAX_BYTES = 32 << 20  # of all values added


class Datasets:
    """The sets of a pack, and what the rules changed since `reset`."""

    def __init__(self, loaded: Mapping[str, tuple[bytes, ...]]) -> None:
        self._tables = {
            name: AddressTable(values) for name, values in loaded.items() if name.startswith(("geoip:", "iprep:"))
        }
        self._loaded = {name: frozenset(values) for name, values in loaded.items() if name not in self._tables}
        self._added: dict[str, set[bytes]] = {}
        self._removed: dict[str, set[bytes]] = {}
        self._count = self._bytes = 0

    def reset(self) -> None:
        """Another capture begins."""
        for changed in (*self._added.values(), *self._removed.values()):
            changed.clear()
        self._count = self._bytes = 0

    def test(self, op: InSet) -> Callable[[bytes], bool]:
        """What `op` asks, as a function of the buffer's bytes."""
        name = op.name
        if name in self._tables:
            return self._tables[name].test(op.command)
        added = self._added.setdefault(name, set())
        removed = self._removed.setdefault(name, set())
        loaded = self._loaded.get(name, frozenset())

        def holds(value: bytes) -> bool:
            return value in added or (value in loaded and value not in removed)

        def put(value: bytes) -> bool:
            """True where it was not there before."""
            if holds(value) or self._count >= MAX_ADDED or self._bytes + len(value) > MAX_BYTES:
                return False
            self._count += 1
            self._bytes += len(value)
            removed.discard(value)
            added.add(value)
            return True

        def take(value: bytes) -> bool:
            """True where it was there."""
            if not holds(value):
                return False
            added.discard(value)
            removed.add(value)
            return True

        return {"isset": holds, "isnotset": lambda value: not holds(value), "set": put, "unset": take}[op.command]
