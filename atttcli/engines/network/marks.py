"""`xbits`: marks that rules set on addresses, with an end in packet time; bounded, the oldest forgotten first."""

from __future__ import annotations

from collections.abc import Iterable

from atttcli.clock import SECOND
from atttcli.engines.network.flow import Flow
from atttcli.rulepack.network.values import Xbit

FOR_EVER = 1 << 62
MAX_MARKS = 100_000

Key = tuple[str, bytes, bytes]


class Marks:
    """All marks of one scan."""

    def __init__(self) -> None:
        self._until: dict[Key, int] = {}

    def admit(self, bits: Iterable[Xbit], flow: Flow, direction: int) -> bool:
        """Whether every `isset` and `isnotset` holds now."""
        for bit in bits:
            if bit.command in ("isset", "isnotset"):
                held = self._until.get(_key(bit, flow, direction), -1) >= flow.last
                if held != (bit.command == "isset"):
                    return False
        return True

    def write(self, bits: Iterable[Xbit], flow: Flow, direction: int) -> None:
        """What a matched rule sets or removes."""
        for bit in bits:
            key = _key(bit, flow, direction)
            held = self._until.get(key, -1) >= flow.last
            if bit.command == "set" or (bit.command == "toggle" and not held):
                if len(self._until) >= MAX_MARKS:
                    for old in list(self._until)[: MAX_MARKS // 10]:
                        del self._until[old]
                self._until[key] = flow.last + bit.expire * SECOND if bit.expire else FOR_EVER
            elif bit.command in ("unset", "toggle"):
                self._until.pop(key, None)


def _key(bit: Xbit, flow: Flow, direction: int) -> Key:
    src, dst = (flow.server, flow.client) if direction else (flow.client, flow.server)
    if bit.track == "ip_src":
        return bit.name, src, b""
    if bit.track == "ip_dst":
        return bit.name, dst, b""
    return bit.name, min(src, dst), max(src, dst)
