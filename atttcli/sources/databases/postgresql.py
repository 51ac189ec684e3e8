# ruff: noqa: E501 - a pattern is read whole
"""PostgreSQL: the server log whatever its `log_line_prefix`, csvlog, and pgAudit's records inside them.

In the text form a line is told by its stamp and its `LEVEL:`; user, database, process and client are found between them, in any
order. DETAIL, HINT, STATEMENT ... belong to the record before, as do lines that begin with a tab.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.csvrows import csv_records
from atttcli.sources.firewall.heard import Heard, event_of
from atttcli.sources.logs.address import address, address_port, port
from atttcli.sources.logs.joined import Joined, read_joined
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.logs.message import Pattern, fill, first_match, pattern
from atttcli.sources.logs.stamps import Stamps

_STAMP = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: (?P<zone>[A-Za-z]{1,5}|[+-]\d\d(?::?\d\d)?)(?![\w/]))?"
)
_LEVEL = re.compile(
    r"(?P<level>LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION): {1,2}"
)
_BESIDE = re.compile(r"(?<![\w.-])(?P<user>[\w.$-]{1,63}|\[unknown\])@(?P<db>[\w.$-]{1,63}|\[unknown\])(?![\w@])")
_NAMED = re.compile(r"\b(?P<name>user|db|database|app|client|host|ip)=(?P<value>[^,\s]{1,128})")
_ADDRESS = re.compile(
    r"(?P<ip>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}|(?<![\w.:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?:\((?P<port>\d{1,5})\))?(?![\w.])"
)
_PID = re.compile(r"\[(?P<pid>\d{1,10})(?:-\d{1,10})?\]")
_AFTER: Final = {
    "DETAIL": "detail",
    "HINT": "hint",
    "STATEMENT": "statement",
    "CONTEXT": "context",
    "QUERY": "query",
    "LOCATION": "location",
}
_ZONES: Final = {"UTC": "+00:00", "GMT": "+00:00", "Z": "+00:00", "ICT": "+07:00"}
_PREFIX = 400  # characters in which the level must stand
REASON = "no line of PostgreSQL's log"
_SAID: tuple[Pattern, ...] = (
    pattern("authentication failed for user", r"(?P<method>\w+) authentication failed for user \"(?P<user>.*)\"", "login", "failure", "bad-password"),
    pattern("no pg_hba.conf entry", r"no pg_hba\.conf entry for (?:replication connection from )?host \"(?P<ip>[^\"]*)\", user \"(?P<user>[^\"]*)\"(?:, database \"(?P<database>[^\"]*)\")?",
            "login", "failure", "no-hba-entry"),
    pattern("rejects connection", r"pg_hba\.conf rejects connection for host \"(?P<ip>[^\"]*)\", user \"(?P<user>[^\"]*)\"", "login", "failure", "rejected"),
    pattern("does not exist", r"\Arole \"(?P<user>.*)\" does not exist", "login", "failure", "invalid-user"),
    pattern("is not permitted to log in", r"\Arole \"(?P<user>.*)\" is not permitted to log in", "login", "failure", "not-permitted"),
    pattern("connection authorized", r"connection authorized: user=(?P<user>\S+)(?: database=(?P<database>\S+))?(?: application_name=(?P<application>\S+))?", "login", "success"),
    pattern("connection received", r"connection received: host=(?P<ip>\S+)(?: port=(?P<port>\d+))?", "connect"),
    pattern("disconnection", r"disconnection: session time: (?P<session>\S+) user=(?P<user>\S+) database=(?P<database>\S+) host=(?P<ip>\S+)(?: port=(?P<port>\d+))?", "logout"),
    pattern("AUDIT:", r"\AAUDIT: (?P<audit>.*)\Z", "query", "success"),
    pattern("statement:", r"(?:\Aduration: (?P<duration_ms>[\d.]{1,20}) ms {1,2})?(?:statement|execute [^:]{1,100}): (?P<query>.*)\Z", "query", "success"),
)  # fmt: skip
_AUDIT = (
    "audit_type",
    "statement_id",
    "substatement_id",
    "class",
    "command",
    "object_type",
    "object_name",
    "query",
    "parameter",
)
_COLUMNS = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num", "command_tag",
    "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity", "sql_state_code", "message", "detail",
    "hint", "internal_query", "internal_query_pos", "context", "query", "query_pos", "location", "application_name",
    "backend_type", "leader_pid", "query_id",
)  # fmt: skip


class Postgresql:
    """The server's text log."""

    name = "postgresql"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines (but the continued ones) with a stamp and a level."""
        lines = [line for line in head_lines(given) if not line[:1].isspace()]
        hits = sum(1 for line in lines if _starts(line) or _after(line))
        firsts = sum(1 for line in lines if _starts(line))
        return 93 * hits // len(lines) if firsts and hits * 3 >= len(lines) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record."""
        stamps = Stamps(given)
        for piece in read_joined(given, _starts, REASON):
            yield piece if isinstance(piece, ReadProblem) else _event(piece, stamps)


def _parts(line: str) -> tuple[re.Match[str], re.Match[str]] | None:
    level = _LEVEL.search(line, 0, _PREFIX)
    stamp = _STAMP.search(line, 0, level.start()) if level else None
    return (stamp, level) if stamp and level else None


def _starts(line: str) -> bool:
    parts = _parts(line)
    return parts is not None and parts[1]["level"] not in _AFTER


def _after(line: str) -> bool:
    parts = _parts(line)
    return parts is not None and parts[1]["level"] in _AFTER


def _event(piece: Joined, stamps: Stamps) -> Event:
    parts = _parts(piece.lines[0])
    if parts is None:  # a record too long for one piece goes on
        return Event(None, piece.number, piece.text, "database", "postgresql", "server", fields={"message": piece.text})
    stamp, level = parts
    line = piece.lines[0]
    text, more = [line[level.end() :]], {}
    target = ""
    for follower in piece.lines[1:]:
        if (found := _parts(follower)) is not None and found[1]["level"] in _AFTER:
            target = _AFTER[found[1]["level"]]
            more[target] = follower[found[1].end() :]
        elif target:
            more[target] += "\n" + follower.removeprefix("\t")
        else:
            text.append(follower.removeprefix("\t"))
    heard = _heard(level["level"], "\n".join(text))
    heard.fields.update(more)
    _prefix(heard, line[: stamp.start()] + " " + line[stamp.end() : level.start()])
    return event_of(heard, _time(stamp["stamp"], stamp["zone"], stamps), piece.number, piece.text, "", stamps)


def _time(stamp: str, zone: str | None, stamps: Stamps) -> int | None:
    if zone and zone[0] in "+-":
        zone = zone if len(zone) > 3 else zone + ":00"
    else:
        zone = _ZONES.get(zone or "", "")
    return stamps.iso(stamp.replace(" ", "T") + zone)


def _heard(level: str, message: str) -> Heard:
    heard = Heard("database", "postgresql", "server")
    said = first_match(message[:8192], _SAID, ("database", "postgresql", "server"))
    if said is not None:
        for name in ("action", "outcome", "user", "src_ip", "src_port", "fields"):
            setattr(heard, name, getattr(said, name))
        if audit := heard.fields.pop("audit", ""):
            _audit(heard, audit)
    elif level in ("ERROR", "FATAL", "PANIC"):
        heard.action, heard.outcome = "query" if level == "ERROR" else "", "failure"
    heard.fields["error_severity"] = level
    heard.fields["message"] = message
    return heard


def _audit(heard: Heard, text: str) -> None:
    heard.service = "audit"
    try:
        cells = next(csv.reader([text.replace("\n", " ").replace("\0", "")]), [])
    except csv.Error:
        return
    heard.fields.update((name, cell) for name, cell in zip(_AUDIT, cells, strict=False) if cell)


def _prefix(heard: Heard, text: str) -> None:
    """What stands between the stamp and the level: user@database, [process], the client's address."""
    known: dict[str, str] = {}
    if found := _BESIDE.search(text):
        known.update(user=found["user"], database=found["db"])
    for found in _NAMED.finditer(text):
        name = {"db": "database", "app": "application", "client": "ip", "host": "ip"}.get(found["name"], found["name"])
        known.setdefault(name, found["value"])
    if (found := _ADDRESS.search(text)) and address(found["ip"]):
        known.setdefault("ip", found["ip"])
        known.setdefault("port", found["port"] or "")
    if found := _PID.search(text):
        heard.fields["process_id"] = int(found["pid"])
    user = known.pop("user", "")
    heard.user = heard.user or ("" if user == "[unknown]" else user)
    if heard.src_ip or "ip" not in known:
        known.pop("ip", None)
        known.pop("port", None)
    fill(
        heard,
        {name: value for name, value in known.items() if value and value != "[unknown]" and name not in heard.fields},
    )


class PostgresqlCsv:
    """csvlog."""

    name = "postgresql-csv"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the first rows: a stamp with a zone, and a level in the twelfth column."""
        rows = [row for line in head_lines(given, 20) if len(row := _cells(line)) >= 23 and _STAMP.match(row[0])]
        hits = sum(1 for row in rows if _LEVEL.fullmatch(row[11] + ": "))
        return 96 if hits and hits * 2 >= len(rows) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a row."""
        stamps = Stamps(given)
        for found in csv_records(given, ","):
            if isinstance(found, ReadProblem):
                yield found
            elif len(found[2]) < 23 or not (stamp := _STAMP.match(found[2][0])):
                yield ReadProblem(found[0], REASON, excerpt=found[1][:200])
            else:
                yield self._event(found[0], found[1], found[2], stamp, stamps)

    def _event(self, number: int, raw: str, row: list[str], stamp: re.Match[str], stamps: Stamps) -> Event:
        native: dict[str, Any] = {name: cell for name, cell in zip(_COLUMNS, row, strict=False) if cell}
        heard = _heard(native.get("error_severity", ""), native.get("message", ""))
        heard.fields = native | heard.fields
        heard.user = heard.user or native.get("user_name", "")
        heard.service = "audit" if heard.service == "audit" else "server"
        if not heard.src_ip:
            heard.src_ip, found = address_port(native.get("connection_from", ""))
            heard.src_port = heard.src_port or found or port(native.get("connection_from", "").rpartition(":")[2])
        return event_of(heard, _time(stamp["stamp"], stamp["zone"], stamps), number, raw, "", stamps)


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []
