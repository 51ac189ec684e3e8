# ruff: noqa: E501 - tables are read whole
"""Zeek logs, as it writes them: TSV with a `#fields` heading (which may change midway), or JSON lines.

Fields are Zeek's own, typed by `#types`: counts are whole numbers, T and F are booleans, sets and vectors are lists, `-` is left
out and `(empty)` is an empty list. Escapes (`\\x09`) are undone. `service` is Zeek's path (conn, dns, http, ssl ...).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from atttcli.model.alert import Alert, Origin
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address
from atttcli.sources.logs.eve import own_networks
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import ISO, Stamps
from atttcli.sources.sensors.notice import alert_of

_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})")
_IS_ISO = re.compile(ISO + r"\Z")
_WHOLE = re.compile(r"-?[0-9]{1,19}\Z")
MOST_COLUMNS = 512
_SIGNS: Final = (  # a JSON line without `_path`: what only that log has
    ("conn_state", "conn"), ("qtype_name", "dns"), ("qclass_name", "dns"), ("rcode_name", "dns"), ("status_msg", "http"), ("user_agent", "http"),
    ("next_protocol", "ssl"), ("cert_chain_fuids", "ssl"), ("validation_status", "ssl"), ("auth_attempts", "ssh"),
    ("auth_success", "ssh"), ("note", "notice"), ("mailfrom", "smtp"), ("fuid", "files"), ("certificate.subject", "x509"),
    ("named_pipe", "dce_rpc"), ("share_type", "smb_mapping"), ("ntlm", "ntlm"), ("tunnel_type", "tunnel"), ("method", "http"),
    ("query", "dns"), ("name", "weird"),
)  # fmt: skip


@dataclass(slots=True)
class _Heading:
    """What the lines with `#` said so far."""

    separator: str = "\t"
    within: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    path: str = ""
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def told(self, line: str) -> None:
        """One heading line. `#separator` alone is set apart by a blank."""
        if line.startswith("#separator "):
            self.separator = _unescaped(line[11:].strip())[:1] or "\t"
            return
        key, *values = line[1:].split(self.separator)
        first = values[0] if values else ""
        if key == "set_separator":
            self.within = _unescaped(first) or ","
        elif key == "empty_field":
            self.empty = first
        elif key == "unset_field":
            self.unset = first
        elif key == "path":
            self.path = first
        elif key == "fields":
            self.names, self.types = tuple(values[:MOST_COLUMNS]), ()
        elif key == "types":
            self.types = tuple(values[:MOST_COLUMNS])


class ZeekTsv:
    """Zeek's tab-separated logs."""

    name = "zeek"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """98 for a heading of Zeek's."""
        lines = head_lines(given, 12)
        keys = {line.partition("\t")[0].partition(" ")[0] for line in lines if line.startswith("#")}
        return 98 if "#fields" in keys and keys & {"#path", "#types", "#separator", "#unset_field"} else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record, of a notice an Alert; heading lines are taken in, not told."""
        stamps, heading, teller = Stamps(given), _Heading(), _Teller(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if line.startswith("#"):
                    heading.told(line)
                    continue
                if not line or line.isspace():
                    continue
                cells = line.split(heading.separator)
                if not heading.names or len(cells) != len(heading.names):
                    yield block.problem(index, f"{len(cells)} columns where Zeek's heading names {len(heading.names)}")
                else:
                    yield teller.record(_typed(cells, heading), heading.path, line, block.number + index, stamps)


class ZeekJson:
    """Zeek's logs as JSON lines."""

    name = "zeek-json"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the first lines: `ts` with `uid` and `id.orig_h`, or `_path`."""
        lines = head_lines(given, 20)
        hits = sum(
            1
            for line in lines
            if line.startswith("{") and '"ts":' in line and ('"id.orig_h"' in line or '"_path":' in line)
        )
        return 97 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line, of a notice an Alert; what is no JSON object is a ReadProblem."""
        stamps, teller = Stamps(given), _Teller(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                record = decode_object(line)
                if isinstance(record, str):
                    yield block.problem(index, record)
                    continue
                path = record.get("_path")
                path = path if isinstance(path, str) else next((name for sign, name in _SIGNS if sign in record), "")
                yield teller.record(record, path, line, block.number + index, stamps)


class _Teller:
    """Alerts for notices, events for all else; knows which networks are ours."""

    def __init__(self, given: Input) -> None:
        self._file = (given.sha256, given.path)
        self._own = own_networks(given)

    def record(self, record: dict[str, Any], path: str, line: str, number: int, stamps: Stamps) -> Event | Alert:
        """One record of the log `path`."""
        if path == "notice":
            found = alert_of(record, line, Origin(*self._file, number), _time(record, stamps), self._own)
            if found is not None:
                return found
        return event_of(record, path, line, number, stamps)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "\\x" in text else text


def _whole(text: str) -> Any:
    return int(text) if _WHOLE.match(text) else text


def _real(text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        return text
    return value if isfinite(value) else text  # JSON has no infinity


_CASTS: Final[dict[str, Callable[[str], Any]]] = {
    "count": _whole, "int": _whole, "port": _whole, "double": _real, "interval": _real,
    "bool": lambda text: {"T": True, "F": False}.get(text, text),
}  # fmt: skip


def _typed(cells: list[str], heading: _Heading) -> dict[str, Any]:
    record: dict[str, Any] = {}
    types = heading.types
    for place, (name, cell) in enumerate(zip(heading.names, cells, strict=True)):
        if cell == heading.unset:
            continue
        kind = types[place] if place < len(types) else "string"
        base, bracket, inner = kind.partition("[")
        if bracket and base in ("set", "vector"):
            cast = _CASTS.get(inner.rstrip("]"), _unescaped)
            record[name] = [] if cell == heading.empty else [cast(part) for part in cell.split(heading.within)]
        elif cell == heading.empty:
            record[name] = ""
        else:
            record[name] = _CASTS.get(kind, _unescaped)(cell)
    return record


def _text(record: dict[str, Any], *names: str) -> str:
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _port(record: dict[str, Any], name: str) -> int:
    value = record.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 65_536 else 0


def _time(record: dict[str, Any], stamps: Stamps) -> int | None:
    stamp = record.get("ts")
    if isinstance(stamp, str) and _IS_ISO.match(stamp):
        return stamps.iso(stamp)
    return (
        stamps.format(repr(stamp) if isinstance(stamp, float) else str(stamp), "epoch") if stamp is not None else None
    )


def event_of(record: dict[str, Any], path: str, line: str, number: int, stamps: Stamps) -> Event:
    """The Event of one Zeek record; Sigma's names of the dns category stand beside Zeek's own."""
    domain = _text(record, "query", "host", "server_name").lower().rstrip(".")
    uri = _text(record, "uri")
    url = (uri if "://" in uri[:12] else f"http://{domain}{uri}") if uri and domain else uri
    action = outcome = ""
    if path == "http":
        action, status = "request", record.get("status_code")
        outcome = ("success" if status < 400 else "failure") if isinstance(status, int) else ""
    elif path == "dns":
        action, outcome = "query", {"NOERROR": "success", "": ""}.get(_text(record, "rcode_name"), "failure")
        for ours, theirs in (("record_type", "qtype_name"), ("answer", "answers")):
            if theirs in record:
                record.setdefault(ours, record[theirs])
    elif isinstance(record.get("auth_success"), bool):
        action, outcome = "login", "success" if record["auth_success"] else "failure"
    elif path == "notice":
        action = "alert"
    return Event(
        _time(record, stamps), number, line, "dns" if path == "dns" else "", "zeek", path, _text(record, "peer", "_system_name"),
        _text(record, "user", "username", *(("client",) if path == "kerberos" else ())), address(_text(record, "id.orig_h", "src", "tx_hosts")),
        _port(record, "id.orig_p"), address(_text(record, "id.resp_h", "dst")), _port(record, "id.resp_p"), domain, url,
        _text(record, "sha256", "sha1", "md5").lower(), action, outcome, record,
    )  # fmt: skip
