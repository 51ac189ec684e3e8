"""IMAP, Telnet, NTP and the BitTorrent table of hashes: recognised, so that rules may name them; their contents are streams."""

from __future__ import annotations

import re

_GREETING = re.compile(rb"\* (?:OK|PREAUTH|BYE)(?: |\[)[^\r\n]*", re.I)
_COMMAND = re.compile(
    rb"[A-Za-z0-9.]{1,12} (?:CAPABILITY|LOGIN|AUTHENTICATE|STARTTLS|NOOP|ID|LOGOUT)(?: [^\r\n]*)?\r\n", re.I
)
_TABLE = re.compile(rb"d(?:1:[ar]d2:id20:|1:eli\d{3}e|2:ip\d{1,2}:.{4,18}1:[are])", re.S)
WILL, DONT, ASK = 251, 254, 250
NTP_SIZES = (12, 48)  # control messages; the least of time


def starts_imap(direction: int, data: bytes) -> bool:
    """The greeting of a server that says so, or a first command that no other protocol has in that form."""
    if direction:
        found = _GREETING.match(data)
        return found is not None and (b"imap" in found.group().lower() or b"[capability" in found.group().lower())
    return _COMMAND.match(data) is not None


def starts_telnet(data: bytes) -> bool:
    """An option offered, asked for or refused, or its details."""
    return len(data) >= 3 and data[0] == 255 and ASK <= data[1] <= DONT


def is_ntp(data: bytes) -> bool:
    """Time of version 2 to 4, or a control message."""
    if len(data) < NTP_SIZES[0] or not 2 <= data[0] >> 3 & 7 <= 4:
        return False
    mode = data[0] & 7
    return len(data) >= NTP_SIZES[1] if 1 <= mode <= 5 else mode in (6, 7)


def is_hash_table(data: bytes) -> bool:
    """A question, answer or error of the distributed table."""
    return _TABLE.match(data) is not None
