"""What one scan of a capture saw."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """What a scan saw. `transactions` by application; `undecodable` packets by reason; `lost` holes in TCP
    streams, `wrong` packets whose checksum is wrong, where that is asked; `overrun` HTTP connections with more requests
    waiting for an answer than are kept."""

    packets: int = 0
    bytes: int = 0
    flows: int = 0
    transactions: dict[str, int] = field(default_factory=dict)
    undecodable: dict[str, int] = field(default_factory=dict)
    fragments_dropped: int = 0
    lost: int = 0
    wrong: int = 0
    evicted: int = 0
    overrun: int = 0
    gave_up: int = 0
    alerts: int = 0
    candidates: int = 0
