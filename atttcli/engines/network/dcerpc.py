"""DCE/RPC: interfaces bound, operation numbers and the stub data of calls and answers, over TCP and in named pipes."""

from __future__ import annotations

from typing import Any

from atttcli.engines.network.fields import LittleEndian, Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, digits

HEADER = 16
MAX_STUB = 1 << 20
MAX_INTERFACES = 256
MAX_CALLS = 256
MAX_OFFERS = 8  # that wait for their answer
REQUEST, RESPONSE, BIND, BIND_ACK, ALTER, ALTER_ACK = 0, 2, 11, 12, 14, 15
_KINDS = frozenset(range(20))


class Call:
    """A call under way: its stub data in both directions."""

    __slots__ = ("context", "number", "operation", "stubs")

    def __init__(self, number: int, context: int, operation: int) -> None:
        self.number, self.context, self.operation = number, context, operation
        self.stubs = (bytearray(), bytearray())


class Pipe:
    """One association: what was bound, and the calls. `count` is shared with whoever carries the pipe."""

    def __init__(self) -> None:
        self._bound: dict[int, bytes] = {}
        self._offered: dict[int, dict[int, bytes]] = {}
        self._calls: dict[int, Call] = {}
        self.memory = 0

    def take(self, direction: int, data: bytes, number: int) -> Message | None:
        """One PDU; `number` is the transaction that a new call gets. A message when all fragments of a side are there."""
        if len(data) < HEADER or data[0] != 5 or data[2] not in _KINDS:
            return None
        kind, order = data[2], "little" if data[4] & 0x10 else "big"
        numbers = _Numbers(data, order)
        call_id = numbers.at(12, 4)
        if kind in (BIND, ALTER):
            self._bind(numbers, call_id)
            return None
        if kind in (BIND_ACK, ALTER_ACK):
            self._accepted(numbers, call_id)
            return None
        if kind == REQUEST and direction == 0:
            return self._piece(direction, numbers, call_id, number)
        if kind == RESPONSE and direction == 1:
            return self._piece(direction, numbers, call_id, number)
        return None

    def _bind(self, numbers: _Numbers, call_id: int) -> None:
        offered: dict[int, bytes] = {}
        at = HEADER + 12
        for _ in range(min(numbers.at(HEADER + 8, 1), MAX_INTERFACES)):
            uuid = _uuid(numbers, at + 4)
            if len(uuid) != 16:
                break
            offered[numbers.at(at, 2)] = uuid + numbers.at(at + 20, 2).to_bytes(2, "big")
            at += 24 + 20 * numbers.at(at + 2, 1)
        if len(self._offered) < MAX_OFFERS:
            self._offered[call_id] = offered

    def _accepted(self, numbers: _Numbers, call_id: int) -> None:
        """Which of the offers hold: results stand in the order of the offer."""
        offered = self._offered.pop(call_id, None)
        if offered is None:
            return
        at = HEADER + 10 + numbers.at(HEADER + 8, 2)
        at = at + 3 & ~3
        for index, (context, interface) in enumerate(offered.items()):
            if index >= numbers.at(at, 1) or len(self._bound) >= MAX_INTERFACES:
                break
            if numbers.at(at + 4 + 24 * index, 2) == 0:
                self._bound[context] = interface

    def _piece(self, direction: int, numbers: _Numbers, call_id: int, number: int) -> Message | None:
        data = numbers.data
        flags, context, operation = data[3], numbers.at(20, 2), numbers.at(22, 2)
        call = self._calls.get(call_id)
        if call is None or (direction == 0 and flags & 1):
            if len(self._calls) >= MAX_CALLS:
                self._forget(next(iter(self._calls)))
            if call is not None:
                self._forget(call_id)
            call = self._calls[call_id] = Call(number, context, operation if direction == 0 else -1)
        begin = HEADER + 8 + (16 if direction == 0 and flags & 0x80 else 0)
        sealed = numbers.at(10, 2)
        end = len(data) - (sealed + 8 if sealed else 0)
        stub = call.stubs[direction]
        if len(stub) < MAX_STUB:
            stub += data[begin : max(begin, end)]
            self.memory += max(end - begin, 0)
        if not flags & 2:
            return None
        message = Message(call.number, direction, self._values(call, direction, numbers.order))
        if direction:
            self._forget(call_id)
        return message

    def _values(self, call: Call, direction: int, order: str) -> dict[str, Values]:
        stub = bytes(call.stubs[direction])
        values: dict[str, Values] = {"dcerpc.stub_data": (LittleEndian(stub) if order == "little" else stub,)}
        if call.operation >= 0:
            values["dcerpc.opnum"] = digits(call.operation)
        if call.context in self._bound:
            values["dcerpc.iface"] = (self._bound[call.context],)
        return values

    def _forget(self, call_id: int) -> None:
        call = self._calls.pop(call_id, None)
        if call is not None:
            self.memory = max(self.memory - len(call.stubs[0]) - len(call.stubs[1]), 0)


class _Numbers:
    """Numbers of a PDU in its own byte order; what lies beyond the end is zero."""

    __slots__ = ("data", "order")

    def __init__(self, data: bytes, order: Any) -> None:
        self.data, self.order = data, order

    def at(self, place: int, size: int) -> int:
        return int.from_bytes(self.data[place : place + size], self.order)


def _uuid(numbers: _Numbers, at: int) -> bytes:
    """The sixteen bytes as they are written."""
    raw = numbers.data[at : at + 16]
    if numbers.order == "big":
        return raw
    return raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]


class DceRpc:
    """DCE/RPC over TCP: binding is the first transaction, each call one more."""

    def __init__(self) -> None:
        self.count = 0
        self._pipe = Pipe()
        self._last: dict[int, int] = {}

    @property
    def memory(self) -> int:
        """Bytes of stub data held."""
        return self._pipe.memory

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The fragment's length is part of its head."""
        if len(held) - at < 10:
            return UNKNOWN
        size = int.from_bytes(held[at + 8 : at + 10], "little" if held[at + 4] & 0x10 else "big")
        return size if held[at] == 5 and size >= HEADER else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One fragment."""
        if direction == 0 and data[2] in (REQUEST, BIND, ALTER) and data[3] & 1:
            self.count += 1
        message = self._pipe.take(direction, data, max(self.count - 1, 0))
        return [message] if message is not None else []
