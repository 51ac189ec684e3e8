# ruff: noqa: E501 - a pattern is read whole
"""MySQL and MariaDB: the error log, the general query log, MariaDB's audit plugin.

    2026-11-23T10:00:00.123456Z 12 [Note] [MY-010926] [Server] Access denied for user 'root'@'192.0.2.1' (using password: YES)
    2026-11-23T10:00:00.123456Z       12 Query     SELECT ...                                  general log
    20261123 10:00:00,may-chu,root,192.0.2.1,12,3,QUERY,congdan,'select 1',0                   audit plugin

The general log names the user once, at Connect; it is kept per connection for the lines that follow (bounded).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.firewall.heard import Heard, event_of
from atttcli.sources.lined import LineLog
from atttcli.sources.logs.address import address
from atttcli.sources.logs.joined import Joined, read_joined
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.logs.message import Pattern, fill, first_match, pattern
from atttcli.sources.logs.stamps import Stamps

_WHEN = r"(?P<stamp>\d{4}-\d\d-\d\d[T ][ \d]\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?|\d{6} [ \d]\d:\d\d:\d\d)"
_ERROR = re.compile(
    rf"{_WHEN} (?:(?P<thread>\d{{1,20}}) )?\[(?P<level>Note|Warning|ERROR|Error|System|Entry)\] (?:\[(?P<code>MY-\d{{4,6}})\] )?"
    r"(?:\[(?P<part>[A-Za-z]{2,24})\] )?(?P<message>.*)\Z", re.DOTALL,
)  # fmt: skip
_COMMANDS = (
    "Connect", "Quit", "Query", "Init DB", "Prepare", "Execute", "Close stmt", "Reset stmt", "Fetch", "Field List", "Statistics",
    "Change user", "Shutdown", "Ping", "Kill", "Refresh", "Create DB", "Drop DB", "Binlog Dump", "Register Slave", "Debug",
    "Processlist", "Long Data", "Set option", "Delayed insert", "Binlog Dump GTID", "Reset Connection", "Daemon", "Sleep",
)  # fmt: skip
_GENERAL = re.compile(
    rf"(?:{_WHEN}\s{{0,4}}|\t)\s{{0,24}}(?P<thread>\d{{1,20}}) (?P<command>{'|'.join(map(re.escape, _COMMANDS))})(?:[\t ]{{1,24}}(?P<text>.*))?\Z",
    re.DOTALL,
)
_HEADING = re.compile(r"(?:\S{1,200}, Version: .{1,200}started with:|Tcp port: \d|Time {10,}Id Command)")
_AUDIT = re.compile(
    r"(?P<stamp>\d{8} \d\d:\d\d:\d\d),(?P<server>[^,]{1,128}),(?P<user>[^,]{0,128}),(?P<ip>[^,]{0,255}),(?P<thread>\d{1,20}),(?P<query_id>\d{1,20}),"
    r"(?P<operation>[A-Z_]{2,24}),(?P<database>[^,]{0,128}),(?:'(?P<object>(?:[^'\\]|\\.)*+)'|(?P<plain>[^,]{0,256})),(?P<code>\d{0,6})(?:,.{0,64})?\s*\Z"
)  # fmt: skip
_SAID: tuple[Pattern, ...] = (
    pattern("Access denied for user", r"Access denied for user '(?P<user>.*)'@'(?P<ip>[^']*)'(?: to database '(?P<database>[^']*)')?(?: \(using password: (?P<password>\w+)\))?",
            "login", "failure"),
    pattern("Aborted connection", r"Aborted connection (?P<connection>\d+) to db: '(?P<database>[^']*)' user: '(?P<user>[^']*)' host: '(?P<ip>[^']*)'(?: \((?P<reason>.*)\))?", "disconnect", "failure"),
    pattern("is blocked because", r"Host '(?P<ip>[^']*)' is blocked because of (?P<reason>.*)", "connect", "failure"),
    pattern("is not allowed to connect", r"Host '(?P<ip>[^']*)' is not allowed to connect", "connect", "failure"),
)  # fmt: skip
_CONNECT = re.compile(
    r"(?P<user>[^@\s]{0,128})@(?P<ip>[^\s]{1,255})(?: as (?P<as>anonymous|\S{1,128}))?(?: on ?(?P<database>\S{0,128}))?(?: using (?P<using>.{1,40}))?"
)
_OPERATIONS: Final = {
    "CONNECT": ("login", "success"),
    "FAILED_CONNECT": ("login", "failure"),
    "DISCONNECT": ("logout", ""),
}
_MOST = 4096


def _time(stamp: str, stamps: Stamps) -> int | None:
    if stamp[6:7] == " " and stamp[:6].isdigit():
        stamp = f"20{stamp[:2]}-{stamp[2:4]}-{stamp[4:6]} {stamp[7:]}"
    elif stamp[8:9] == " ":
        stamp = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:]}"
    return stamps.iso(stamp[:11] + stamp[11:].replace(" ", "0"))


class MysqlError:
    """The error log; lines without a stamp belong to the record before."""

    name = "mysql-error"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines of that form."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _ERROR.match(line))
        return 95 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record."""
        stamps = Stamps(given)
        for piece in read_joined(given, lambda line: _ERROR.match(line) is not None, "no line of MySQL's error log"):
            yield piece if isinstance(piece, ReadProblem) else _error(piece, stamps)


def _error(piece: Joined, stamps: Stamps) -> Event:
    found = _ERROR.match(piece.lines[0])
    if found is None:  # goes on from a piece before
        return Event(None, piece.number, piece.text, "database", "mysql", "error")
    message = "\n".join((found["message"], *piece.lines[1:]))
    heard = Heard("database", "mysql", "error")
    if (said := first_match(message[:8192], _SAID, ("database", "mysql", "error"))) is not None:
        for name in ("action", "outcome", "user", "src_ip", "fields"):
            setattr(heard, name, getattr(said, name))
    heard.fields.update(
        {name: found[name] for name in ("thread", "level", "code", "part") if found[name]}, message=message
    )
    return event_of(heard, _time(found["stamp"], stamps), piece.number, piece.text, "", stamps)


class MysqlGeneral:
    """The general query log, of MySQL 5.x, 8 and MariaDB."""

    name = "mysql-general"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the first lines: a thread and a command; queries of many lines may stand between."""
        lines = [line for line in head_lines(given) if not _HEADING.match(line)]
        hits = sum(1 for line in lines if _GENERAL.match(line))
        return 95 if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a command."""
        stamps = Stamps(given)
        who: dict[str, tuple[str, str]] = {}
        time: int | None = None
        for piece in read_joined(given, _begins, "no line of MySQL's general log"):
            if isinstance(piece, ReadProblem):
                yield piece
            elif found := _GENERAL.match(piece.text):
                if found["stamp"]:
                    time = _time(found["stamp"], stamps)
                yield _general(found, piece, time, who, stamps)


def _begins(line: str) -> bool:
    return _GENERAL.match(line) is not None or _HEADING.match(line) is not None


def _general(
    found: re.Match[str], piece: Joined, time: int | None, who: dict[str, tuple[str, str]], stamps: Stamps
) -> Event:
    command, text, thread = found["command"], found["text"] or "", found["thread"]
    heard = Heard("database", "mysql", "general", "query", "")
    if command in ("Connect", "Change user"):
        denied = first_match(text[:1024], _SAID, ("", "", ""))
        # MySQL writes Connect before it has looked at the password: only a refusal is a verdict
        heard.action, heard.outcome = "login", "failure" if denied else ""
        if denied is not None:
            heard.user, heard.src_ip, heard.fields = denied.user, denied.src_ip, denied.fields
        elif connect := _CONNECT.match(text):
            fill(heard, {name: value or None for name, value in connect.groupdict().items()})
        if len(who) >= _MOST:
            who.clear()
        who[thread] = heard.user, heard.src_ip
    else:
        heard.user, heard.src_ip = who.get(thread, ("", ""))
        heard.action = "logout" if command == "Quit" else "query" if text else command.lower()
        if text:
            heard.fields["query"] = text
    heard.fields.update(thread=int(thread), command=command)
    return event_of(heard, time, piece.number, piece.text, "", stamps)


def _audit(line: str, number: int, stamps: Stamps) -> Event | None:
    found = _AUDIT.match(line)
    if found is None:
        return None
    heard = Heard("database", "mariadb", "audit", host=found["server"], user=found["user"], src_ip=address(found["ip"]))
    operation, code = found["operation"], int(found["code"] or 0)
    heard.action, heard.outcome = _OPERATIONS.get(operation, ("query", "success" if code == 0 else "failure"))
    text = found["object"] if found["object"] is not None else found["plain"]
    heard.fields.update(operation=operation, retcode=code, thread=int(found["thread"]), query_id=int(found["query_id"]))
    if not heard.src_ip and found["ip"]:
        heard.fields["src_host"] = found["ip"]
    if found["database"]:
        heard.fields["database"] = found["database"]
    if text:
        name = "query" if operation.startswith("QUERY") else "object"
        heard.fields[name] = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
    return event_of(heard, _time(found["stamp"], stamps), number, line, "", stamps)


AUDIT: Final = LineLog(
    "mariadb-audit", lambda line: _AUDIT.match(line) is not None, _audit, "no line of MariaDB's audit plugin", 97
)
