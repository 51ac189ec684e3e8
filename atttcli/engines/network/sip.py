"""SIP: start lines and the headers that rules name, over UDP and TCP; each message a transaction (RFC 3261)."""

from __future__ import annotations

import re
from typing import Any

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import LOST, UNKNOWN, Message

MAX_HEAD = 1 << 16  # bytes of start line and headers
MAX_FIRST = 1024  # bytes of a start line that are waited for before HTTP may be ruled out
MAX_LINES = 256
MAX_SHOWN = 512
_REQUEST = re.compile(rb"([A-Za-z]{2,32}) ([^ \r\n]{1,8192}) (SIP/\d\.\d)\r?\n", re.I)
_RESPONSE = re.compile(rb"(SIP/\d\.\d) (\d{3})(?: ([^\r\n]{0,8192}))?\r?\n", re.I)
_END = re.compile(rb"\n\r?\n")
_BLANK = re.compile(rb"[\r\n]+")
_BREAK = re.compile(rb"\r?\n")
_SIZE = re.compile(rb"\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?\n", re.I)
_SHARED = re.compile(rb"(?:OPTIONS|UPDATE) ([^ \r\n:]{0,4}:?)")  # methods that HTTP has too
_SCHEMES = (b"sip:", b"sips:", b"tel:")
# Headers by their names and the short forms of them.
_HEADERS = {
    b"from": "sip.from",
    b"f": "sip.from",
    b"to": "sip.to",
    b"t": "sip.to",
    b"via": "sip.via",
    b"v": "sip.via",
    b"user-agent": "sip.user_agent",
    b"content-type": "sip.content_type",
    b"c": "sip.content_type",
    b"content-length": "sip.content_length",
    b"l": "sip.content_length",
}


def is_sip(data: bytes) -> bool:
    """Whether a datagram or a stream begins with the start line of a SIP message."""
    return (_RESPONSE if data[:4] in (b"SIP/", b"sip/") else _REQUEST).match(data) is not None


def is_answer(data: bytes) -> bool:
    """Whether a message is an answer."""
    return _RESPONSE.match(data) is not None


def http_or_sip(data: bytes) -> str | None:
    """What a method that both know begins: an address of SIP and its version at the line's end tell; None while they may come."""
    line = data.lstrip(b"\r\n")
    address = _SHARED.match(line)
    if address is None or not any(one.startswith(address[1].lower()) for one in _SCHEMES):
        return "http"
    if b"\n" not in line:
        return None if len(data) < MAX_FIRST else "http"  # a line without an end is no way to hide
    return "sip" if address[1].endswith(b":") and _REQUEST.match(line) else "http"


class Sip:
    """Each message is a transaction of its own, as in the reference engine. Datagrams that are none, or not whole, are events."""

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed
        self.count = 0

    def size(self, direction: int, held: bytearray, at: int) -> int:
        """Head and the body that it announces; empty lines between messages stand alone."""
        blank = _BLANK.match(held, at)
        if blank is not None:
            return blank.end() - at
        end = _END.search(held, at, at + MAX_HEAD)
        if end is None:
            return UNKNOWN if len(held) - at < MAX_HEAD else LOST
        if not (_REQUEST.match(held, at) or _RESPONSE.match(held, at)):
            return LOST
        body = _SIZE.search(held, at, end.end())
        return end.end() - at + (int(body[1]) if body else 0)

    def read(self, direction: int, data: bytes) -> list[Message]:
        """One message; the body is not looked at."""
        data = data.lstrip(b"\r\n")
        answer = _RESPONSE.match(data)
        first = answer or _REQUEST.match(data)
        if first is None:
            return self._odd(direction, data)
        line = first.group().rstrip(b"\r\n")
        if answer is not None:
            version, code, reason = answer.groups()
            values: dict[str, Values] = {
                "sip.response_line": (line,),
                "sip.protocol": (version,),
                "sip.stat_code": (code,),
            }
            values |= {"sip.stat_msg": (reason,)} if reason else {}
            told = {"version": version, "code": code, "reason": reason or b"", "response_line": line}
        else:
            method, address, version = first.groups()
            values = {
                "sip.request_line": (line,),
                "sip.method": (method,),
                "sip.uri": (address,),
                "sip.protocol": (version,),
            }
            told = {"method": method, "uri": address, "version": version, "request_line": line}
        values |= _headers(data, first.end())
        if not _END.search(data):
            values["event.sip"] = (b"sip.incomplete_data",)
        self.count += 1
        shown: dict[str, Any] = {name: text[:MAX_SHOWN].decode("utf-8", "replace") for name, text in told.items()}
        return [Message(self.count - 1, direction, values, {"sip": shown})]

    def _odd(self, direction: int, data: bytes) -> list[Message]:
        """A datagram of something else in a flow of SIP, told with the transaction before it."""
        if self._framed or not self.count or not data.strip(b"\0\r\n"):
            return []
        return [Message(self.count - 1, direction, {"event.sip": (b"sip.invalid_data",)})]


def _headers(data: bytes, at: int) -> dict[str, Values]:
    """The headers that rules may name, each with all its values."""
    end = _END.search(data, at - 1, at + MAX_HEAD)
    lines = _BREAK.split(data[at : end.start() if end else at + MAX_HEAD], MAX_LINES)[:MAX_LINES]
    found: dict[str, list[bytes]] = {}
    values: list[bytes] | None = None  # of the header that a folded line goes on with
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if values:
                values[-1] += b" " + line.strip()
            continue
        name, colon, value = line.partition(b":")
        known = _HEADERS.get(name.strip().lower()) if colon else None
        values = found.setdefault(known, []) if known else None
        if values is not None:
            values.append(value.strip())
    return {name: tuple(texts) for name, texts in found.items()}
