"""RDP: how a connection begins: the cookie that names a user, and what both sides negotiate (MS-RDPBCGR 2.2.1.1, 2.2.1.2)."""

from __future__ import annotations

from typing import Any

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message, big, little

PORT = 3389
HEAD = 11  # TPKT and the fixed part of X.224
REQUEST, CONFIRM = 0xE0, 0xD0
ASKED, AGREED, REFUSED = 1, 2, 3
MAX_COOKIE = 512
_COOKIE = b"Cookie: "
_USER = b"mstshash="
_PROTOCOLS = {0: "rdp", 1: "ssl", 2: "hybrid", 4: "rdstls", 8: "hybrid_ex", 16: "rdsaad"}
_REASONS = {
    1: "SSL required by server",
    2: "SSL not allowed by server",
    3: "SSL certificate not on server",
    4: "inconsistent flags",
    5: "hybrid required by server",
    6: "SSL with user authentication required by server",
}


def starts_rdp(direction: int, data: bytes, ports: tuple[int, int]) -> bool:
    """Whether a side begins a connection of RDP: other protocols share its first bytes, so that a cookie, a negotiation or the
    port has to tell too."""
    size = big(data, 2, 2)
    if not HEAD <= size <= len(data) or data[:2] != b"\x03\0" or data[4] != size - 5:
        return False
    if data[5] != (CONFIRM if direction else REQUEST):
        return False
    rest = data[HEAD:size]
    kinds = (AGREED, REFUSED) if direction else (ASKED,)
    return rest.startswith(_COOKIE) or (rest[2:4] == b"\x08\0" and rest[0] in kinds) or PORT in ports


class Rdp:
    """The request and its answer are one transaction; what follows is sealed, or of no rule's concern."""

    def __init__(self) -> None:
        self.count = 1
        self._done = [False, False]

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """The length stands in the head."""
        if self._done[direction]:
            return LOST
        if len(held) - at < 6:
            return UNKNOWN
        size = big(held, at + 2, 2)
        return size if held[at] == 3 and size >= HEAD else LOST

    def read(self, direction: int, data: bytes) -> list[Message]:
        """The first message of a side."""
        self._done[direction] = True
        if len(data) < HEAD or data[5] != (CONFIRM if direction else REQUEST):
            return []
        return [_confirm(data[HEAD:]) if direction else _request(data[HEAD:])]


def _request(rest: bytes) -> Message:
    told: dict[str, Any] = {"event_type": "initial_request"}
    values: dict[str, Values] = {}
    if rest.startswith(_COOKIE):
        line, _, rest = rest.partition(b"\r\n")
        cookie = line.removeprefix(_COOKIE).removeprefix(_USER)[:MAX_COOKIE]
        told["cookie"] = cookie.decode("utf-8", "replace")
        values["rdp.cookie"] = (cookie,)
    if len(rest) >= 8 and rest[0] == ASKED:
        wanted = little(rest, 4, 4)
        told["client_supports"] = [name for bit, name in _PROTOCOLS.items() if bit and wanted & bit]
    return Message(0, 0, values, {"rdp": told})


def _confirm(rest: bytes) -> Message:
    told: dict[str, Any] = {"event_type": "initial_response"}
    if len(rest) >= 8 and rest[0] == AGREED:
        told["protocol"] = _PROTOCOLS.get(little(rest, 4, 4), "unknown")
    elif len(rest) >= 8 and rest[0] == REFUSED:
        told["error_code"] = little(rest, 4, 4)
        told["reason"] = _REASONS.get(told["error_code"], "unknown")
    else:
        told["protocol"] = _PROTOCOLS[0]
    return Message(0, 1, {}, {"rdp": told})
