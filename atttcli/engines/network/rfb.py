"""RFB (VNC): the kind of security, whether it was passed, and the desktop's name (RFC 6143)."""

from __future__ import annotations

import re

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, big, digits

_BANNER = re.compile(rb"RFB \d{3}\.\d{3}\n")
MAX_NAME = 4096
VERSION, TYPES, CHALLENGE, RESULT, REASON, INIT, DONE = range(7)


class Rfb:
    """One transaction: judged to the server at its choice, to the client when the desktop is told or refused."""

    def __init__(self) -> None:
        self.count = 1
        self._states = [VERSION, VERSION]
        self._minor = 8
        self._values: dict[str, Values] = {}
        self._kind = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """What the state expects next."""
        state, there = self._states[direction], len(held) - at
        if state == VERSION:
            return 12 if there < 12 or _BANNER.match(held, at) else LOST
        if direction == 0:
            return {TYPES: 1, CHALLENGE: 16, INIT: 1}.get(state, there)
        if state == TYPES:
            return 4 if self._minor < 7 else 1 + held[at] if held[at] else 1
        if state == INIT:
            name = big(held, at + 20, 4)
            return UNKNOWN if there < 24 else 24 + name if name <= MAX_NAME else LOST
        return {CHALLENGE: 16, RESULT: 4}.get(state, there)

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One step of either side."""
        return self._server(data) if direction else self._client(data)

    def _client(self, data: bytes) -> list[Message]:
        state = self._states[0]
        if state == VERSION:
            self._minor = int(data[8:11]) if data[8:11].isdigit() else 8
            self._states[0] = TYPES if self._minor >= 7 else INIT
        elif state == TYPES:
            return self._chosen(big(data, 0, 1))
        elif state == CHALLENGE:
            self._states[0] = INIT
        elif state == INIT:
            self._states[0] = DONE
        return []

    def _chosen(self, kind: int) -> list[Message]:
        self._kind = kind
        self._values["rfb.sectype"] = digits(kind)
        known = kind in (1, 2)
        self._states[0] = (INIT if kind == 1 else CHALLENGE) if known else DONE
        if self._states[1] != DONE:
            direct = INIT if kind == 1 and self._minor < 8 else RESULT
            self._states[1] = (direct if kind == 1 else CHALLENGE) if known else DONE
        return [Message(0, 0, dict(self._values))]

    def _server(self, data: bytes) -> list[Message]:
        state = self._states[1]
        if state == VERSION:
            self._states[1] = TYPES
        elif state == TYPES:
            if self._minor < 7:
                return self._chosen(big(data, 0, 4) & 0xFF)
            self._states[1] = TYPES if big(data, 0, 1) else DONE
        elif state == CHALLENGE:
            self._states[1] = RESULT
        elif state == RESULT:
            result = big(data, 0, 4)
            self._values["rfb.secresult"] = digits(min(result, 3))
            self._states[1] = INIT if not result else DONE
            return [Message(0, 1, dict(self._values))] if result else []
        elif state == INIT:
            self._values["rfb.name"] = (data[24:],)
            self._states[1] = DONE
            return [Message(0, 1, dict(self._values))]
        return []
