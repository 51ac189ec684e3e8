"""The table of flows: found by either direction's key, ended by silence, bounded in number and memory."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.clock import SECOND
from atttcli.engines.network.flow import Flow, Key, key_of, untagged_key_of
from atttcli.sources.capture.decode import Packet

MAX_FLOWS = 50_000
MAX_MEMORY = 128 << 20  # bytes of all flows together, with what their streams and parsers hold
FLOW = 2400  # bytes of a flow that holds nothing
SWEEP_EVERY = 10 * SECOND


class FlowTable:
    """All open flows. Whoever takes flows out (`ended`, `expired`, `surplus`) finishes them."""

    def __init__(self, *, vlans: bool = True) -> None:
        self._key_of = key_of if vlans else untagged_key_of
        self._flows: dict[Key, tuple[Flow, int]] = {}
        self._count = 0
        self._swept = -1
        self._back = 0  # packets since then that were older
        self.memory = 0

    def __len__(self) -> int:
        return len(self._flows) // 2

    def find(self, packet: Packet) -> tuple[Flow, int] | None:
        """The flow of a packet and the packet's direction in it."""
        return self._flows.get(self._key_of(packet))

    def open(self, packet: Packet) -> Flow:
        """A new flow begun by this packet."""
        key = self._key_of(packet)
        self._count += 1
        flow = Flow(packet, key, self._count)
        self._flows[flow.keys[1]] = (flow, 1)
        self._flows[key] = (flow, 0)  # after the other: a packet to itself is its own client
        return flow

    def swap(self, flow: Flow) -> None:
        """Turn a flow round whose first packet was an answer."""
        flow.swap()
        self._flows[flow.keys[1]] = (flow, 1)
        self._flows[flow.keys[0]] = (flow, 0)

    @property
    def opened(self) -> int:
        """How many flows there were."""
        return self._count

    def remove(self, flow: Flow) -> None:
        """Take a flow out."""
        for key in flow.keys:
            self._flows.pop(key, None)
        self.memory -= flow.memory
        flow.memory = 0

    def account(self, flow: Flow, memory: int) -> None:
        """Note what a flow holds now."""
        self.memory += memory - flow.memory
        flow.memory = memory

    def is_due(self, now: int) -> bool:
        """Whether flows that fell silent are to be looked for: every ten seconds of the capture."""
        if (
            now < self._swept
        ):  # believed once as many packets say so as a search costs: a crafted clock jumps to and fro
            self._back += 1
            if self._back <= len(self._flows):
                return False
        if now < self._swept or self._swept < 0:
            self._swept, self._back = now, 0
        return now - self._swept >= SWEEP_EVERY

    def expired(self, now: int) -> list[Flow]:
        """Flows that fell silent, taken out."""
        self._swept = now
        gone = [flow for flow in self._all() if flow.expired(now)]
        for flow in gone:
            self.remove(flow)
        return gone

    @property
    def is_full(self) -> bool:
        """Whether there are too many, or they hold too much."""
        return self.memory + len(self._flows) * (FLOW // 2) > MAX_MEMORY or len(self._flows) > 2 * MAX_FLOWS

    def surplus(self) -> list[Flow]:
        """The tenth that was silent longest, taken out."""
        oldest = sorted(self._all(), key=lambda flow: flow.last)
        gone = oldest[: max(len(oldest) // 10, 1)]
        for flow in gone:
            self.remove(flow)
        return gone

    def drain(self) -> list[Flow]:
        """All that is left, in the order they began."""
        rest = sorted(self._all(), key=lambda flow: flow.id)
        self._flows.clear()
        self.memory = 0
        return rest

    def _all(self) -> Iterator[Flow]:
        return (flow for flow, direction in self._flows.values() if direction == 0)
