"""Exchange's own logs: message tracking, SMTP protocol, IMAP and POP protocol, HttpProxy. CSV with a `#Fields:` line, UTC.

Files cut by a collector have no `#Fields:` line: then the order of Microsoft's documentation is taken, by what the first
columns hold. OWA's access log is IIS's and read by that reader.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address, address_port
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.message import first_address
from atttcli.sources.logs.stamps import ISO, Stamps

_STAMP: Final = re.compile(rf"{ISO}\Z")
_SMTP: Final = ("date-time", "connector-id", "session-id", "sequence-number", "local-endpoint", "remote-endpoint", "event", "data",
                "context")  # fmt: skip
_BOX: Final = ("dateTime", "sessionId", "seqNumber", "sIp", "cIp", "user", "duration", "rqsize", "rpsize", "command", "parameters",
               "context")  # fmt: skip
_ENDPOINT: Final = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.%]{2,60}\]):\d{1,5}"
_BARE_SMTP: Final = re.compile(rf"{ISO},[^,]{{1,200}},[0-9A-F]{{16}},\d{{1,9}},(?:{_ENDPOINT})?,{_ENDPOINT},[+*<>-],")
_BARE_BOX: Final = re.compile(rf"{ISO},[0-9A-F]{{16}},\d{{1,9}},{_ENDPOINT},{_ENDPOINT},")
_AUTH_LINE: Final = re.compile(r"\A(?:AUTH LOGIN|AUTH PLAIN|AUTH NTLM|MAIL FROM|RCPT TO)\b", re.IGNORECASE)
_MAILBOX: Final = re.compile(r"(?:MAIL FROM|RCPT TO):\s?<([^>]{0,320})>", re.IGNORECASE)
_MOST: Final = 256
_TRACKED: Final = {
    "RECEIVE": ("receive", "success"), "SEND": ("send", "success"), "DELIVER": ("deliver", "success"),
    "SUBMIT": ("submit", "success"),
    "FAIL": ("deliver", "failure"), "DSN": ("bounce", ""), "DEFER": ("deliver", "failure"), "REDIRECT": ("redirect", "success"),
    "EXPAND": ("expand", "success"), "BADMAIL": ("deliver", "failure"), "SENDEXTERNAL": ("send", "success"),
    "RESOLVE": ("resolve", "success"), "POISONMESSAGE": ("deliver", "failure"), "AGENTINFO": ("inspect", ""),
}  # fmt: skip
REASON: Final = "not a row of this log"


class Exchange:
    """Message tracking, protocol and HttpProxy logs."""

    name = "exchange"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the names after `#Fields:` (or a first row of names), or by rows of a protocol log."""
        lines = head_lines(given)
        for line in lines[:10]:
            names = _names(line)
            if names and _layout(names) is not None:
                return 97
        hits = sum(1 for line in lines if _BARE_SMTP.match(line) or _BARE_BOX.match(line))
        return 94 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a row; `#Fields:` may change on the way."""
        stamps = Stamps(given)
        names: tuple[str, ...] = ()
        layout: _Layout | None = None
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                if (found := _names(line)) and (told := _layout(found)) is not None:
                    names, layout = found, told
                    continue
                if line.startswith("#"):
                    continue
                if layout is None:
                    names, layout = _bare(line)
                row = _row(line, names)
                event = layout(row, line, block.number + index, stamps) if row and layout else None
                yield event or block.problem(index, REASON)


_Layout = Callable[[dict[str, Any], str, int, Stamps], Event | None]


def _names(line: str) -> tuple[str, ...]:
    """The names of a `#Fields:` line or of a heading; () for any other line."""
    if line.startswith("#Fields:"):
        return tuple(name.strip() for name in line[8:].split(",")[:_MOST])
    if line[:9].lower() in ("datetime,", "date-time"):
        return tuple(name.strip() for name in line.split(",")[:_MOST])
    return ()


def _layout(names: tuple[str, ...]) -> _Layout | None:
    known = set(names)
    if {"event-id", "sender-address", "recipient-address"} <= known:
        return _tracking
    if {"connector-id", "remote-endpoint", "event", "data"} <= known:
        return _smtp
    if {"cIp", "command", "user"} <= known:
        return _box
    return _proxy if {"RequestId", "ClientIpAddress"} <= known else None


def _bare(line: str) -> tuple[tuple[str, ...], _Layout | None]:
    if _BARE_SMTP.match(line):
        return _SMTP, _smtp
    return (_BOX, _box) if _BARE_BOX.match(line) else ((), None)


def _row(line: str, names: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error:
        return None
    if len(cells) < 5 or not _STAMP.match(cells[0]):
        return None
    return {name: cell for name, cell in zip(names, cells, strict=False) if cell}


def _time(text: str, stamps: Stamps) -> int | None:
    """Exchange writes UTC, with its `Z` or without."""
    return stamps.iso(text if text.endswith("Z") else text + "Z")


def _tracking(row: dict[str, Any], line: str, number: int, stamps: Stamps) -> Event:
    event = row.get("event-id", "").upper()
    action, outcome = _TRACKED.get(event, (event.lower(), ""))
    people = [one.strip() for one in row.get("recipient-address", "").split(";") if one.strip()]
    sender = row.get("sender-address", "")
    row |= {"from": sender, "to": ", ".join(people[:100]), "nrcpt": len(people)}
    return Event(
        _time(row.get("date-time", ""), stamps), number, line, "mail", "exchange", "tracking",
        row.get("server-hostname", ""), sender,
        address(row.get("original-client-ip", "")) or address(row.get("client-ip", "")), 0, address(row.get("server-ip", "")),
        domain=sender.rpartition("@")[2].lower() if "@" in sender else "", action=action, outcome=outcome, fields=row,
    )  # fmt: skip


def _smtp(row: dict[str, Any], line: str, number: int, stamps: Stamps) -> Event:
    src_ip, src_port = address_port(row.get("remote-endpoint", ""))
    dst_ip, dst_port = address_port(row.get("local-endpoint", ""))
    said = row.get("data", "")
    event, user = row.get("event", ""), ""
    action, outcome = {"+": ("connect", "success"), "-": ("disconnect", "")}.get(event, ("", ""))
    if event == ">" and said[:3].isdigit():
        row |= {"status": said[:3], "reason": said[4:300]}
        outcome = "failure" if said[:1] in "45" else "success"
        action = "login" if said[:3] in ("535", "235", "534", "538") else "reply"
    elif found := _MAILBOX.search(said[:600]):
        user, action = found[1], "send" if said[:4].upper() == "MAIL" else "recipient"
    elif _AUTH_LINE.match(said):
        action = "authentication"
    elif said[:500].startswith(("SMTPSubmit", "SMTPAcceptAnySender")) or "Authenticated" in said[:100]:
        action = "permission"
    host = row.get("connector-id", "").partition("\\")[0]
    return Event(
        _time(row.get("date-time", ""), stamps), number, line, "mail", "exchange", "smtp", host, user, src_ip, src_port,
        dst_ip, dst_port,
        action=action, outcome=outcome, fields=row,
    )  # fmt: skip


_REFUSED: Final = re.compile(
    r"AuthFailed|LogonDenied|-ERR|\bNO (?:AUTHENTICATE|LOGIN)|logon failure|Authentication failure", re.IGNORECASE
)
_LOGONS: Final = frozenset({"authenticate", "login", "auth", "pass", "user", "apop"})


def _box(row: dict[str, Any], line: str, number: int, stamps: Stamps) -> Event:
    src_ip, src_port = address_port(row.get("cIp", ""))
    dst_ip, dst_port = address_port(row.get("sIp", ""))
    command, context = row.get("command", "").strip().lower(), row.get("context", "")[:2000]
    refused = bool(_REFUSED.search(context))
    is_logon = command in _LOGONS and (command != "user" or refused)
    action = (
        "login" if is_logon else {"opensession": "connect", "closesession": "disconnect"}.get(command, command[:64])
    )
    outcome = (
        "failure" if refused else "success" if "R=ok" in context or 'R="+OK' in context or " OK " in context else ""
    )
    return Event(
        _time(row.get("dateTime", ""), stamps), number, line, "mail", "exchange", "pop3" if dst_port in (110, 995) else "imap", "",
        row.get("user", "").rpartition("\\")[2], src_ip, src_port, dst_ip, dst_port, action=action, outcome=outcome, fields=row,
    )  # fmt: skip


def _proxy(row: dict[str, Any], line: str, number: int, stamps: Stamps) -> Event:
    status = row.get("HttpStatus", "")
    query = row.get("UrlQuery", "")
    stem = row.get("UrlStem", "")
    path = stem + (query if query.startswith("?") else f"?{query}" if query else "")
    row |= {"cs-method": row.get("Method", ""), "cs-uri-stem": stem, "cs-user-agent": row.get("UserAgent", "")}
    if query:
        row["cs-uri-query"] = query.removeprefix("?")
    if status.isascii() and status.isdigit() and len(status) == 3:
        row["sc-status"] = int(status)
    return Event(
        _time(row.get("DateTime") or row.get("dateTime") or "", stamps), number, line, "webserver", "exchange", "httpproxy",
        row.get("ServerHostName", ""), row.get("AuthenticatedUser", "").rpartition("\\")[2],
        first_address(row.get("ClientIpAddress", "")), domain=row.get("UrlHost", "").lower().rstrip("."),
        url=path, action="request",
        outcome="" if not status[:1].isdigit() else "success" if status < "400" else "failure", fields=row,
    )  # fmt: skip
