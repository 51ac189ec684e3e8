"""Syslog: RFC 3164 and RFC 5424 with or without <PRI>, rsyslog's ISO stamps, journald's short forms.

The message is handed to the reader of its program (`programs`); every other one stays a plain event with its program as `service`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.message import MESSAGE_LIMIT, Said
from atttcli.sources.logs.programs import understand
from atttcli.sources.logs.stamps import ISO, Stamps

_BSD = re.compile(
    r"(?:<(?P<pri>\d{1,3})>)?(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(?P<day>\d{1,2}) "
    r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?(?: (?P<year>\d{4}))? (?P<rest>.+)\Z",
    re.DOTALL,
)
_ISO = re.compile(rf"(?:<(?P<pri>\d{{1,3}})>)?(?P<stamp>{ISO}) (?P<rest>.+)\Z", re.DOTALL)
_5424 = re.compile(
    rf"<(?P<pri>\d{{1,3}})>1 (?P<stamp>-|{ISO}) (?P<host>\S{{1,255}}) (?P<program>\S{{1,48}}) (?P<pid>\S{{1,128}}) "
    r"(?P<id>\S{1,32}) (?P<rest>[-\[].*)\Z",
    re.DOTALL,
)
_SD = re.compile(r"\[([^\s\]=\"]{1,64})((?: [^\s\]=\"]{1,64}=\"(?:[^\"\\]|\\.)*+\")*+)\]")
_PARAM = re.compile(r" ([^\s\]=\"]{1,64})=\"((?:[^\"\\]|\\.)*+)\"")
_TAG = re.compile(
    r"(?P<program>[^\s:\[\](){}]{1,64})(?:\((?P<hint>[^()\s]{1,64})\))?(?:\[(?P<pid>\d{1,10})\])?: ?(?P<message>.*)\Z",
    re.DOTALL,
)
_UNUSUAL = (
    re.compile(  # proftpd writes no colon, fail2ban pads its name, FreeBSD's -vv puts <facility.severity> in front
        r"(?:<(?P<priority>\w{2,10}\.\w{2,10})> )?(?:(?P<host>\S{1,255}) )?(?P<program>proftpd(?=\[)|HORDE(?= \[)"
        r"|sogod(?= ?\[)|fail2ban\.\w{2,20}"
        r"|[\w./-]{1,64}(?=(?:\[\d+\])?:))"
        r" {0,40}(?:\[(?P<pid>\d{1,10})\])?:? {1,4}(?P<message>.*)\Z",
        re.DOTALL,
    )
)
_FACILITIES = (  # by number, RFC 5424 table 1
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", *(f"local{number}" for number in range(8)),
)  # fmt: skip
_SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
REASON = "no syslog header"
_SHORT = 160


class Syslog:
    """Files of a syslog daemon and journald's text output."""

    name = "syslog"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines with a syslog header."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _certain(line))
        return 90 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line; a line without a header is a ReadProblem."""
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                yield parse(line, block.number + index, stamps) or block.problem(index, REASON)


def _certain(line: str) -> bool:
    if _5424.match(line):
        return True
    found = _BSD.match(line)
    if found is None:
        found = _ISO.match(line)
    return found is not None and not found["rest"].startswith("[") and _split(found["rest"])[1] != ""


def parse(line: str, number: int, stamps: Stamps) -> Event | None:
    """One line, or None if it has no syslog header."""
    text = line.strip("\0") if "\0" in line else line
    digit = text[:1].isdigit()  # only the ISO form begins with one
    if not digit and (found := _BSD.match(text)):
        time = _bsd_time(found, stamps)
    elif not digit and (found := _5424.match(text)):
        return _event_5424(found, line, number, stamps)
    elif found := _ISO.match(text):
        time = stamps.iso(found["stamp"])
    else:
        return None
    host, program, hint, pid, message = _split(found["rest"])
    return _event(time, line, number, host, program, hint, message, _fields(found["pri"], pid))


def _bsd_time(found: re.Match[str], stamps: Stamps) -> int | None:
    if found["year"]:
        day = f"{int(found['day']):02d}/{found['month']}/{found['year']}:{found['clock']}"
        time = stamps.clf(day)
    else:
        time = stamps.yearless(found["month"], found["day"], found["clock"])
    fraction = found["fraction"]
    return time if time is None or not fraction else time + int(fraction[:6].ljust(6, "0"))


def _split(rest: str) -> tuple[str, str, str, str, str]:
    """(host, program, hint, pid, message); the host is missing in some daemons' own files."""
    host, _, after = rest.partition(" ")
    if host.endswith(":") and (tag := _TAG.match(rest)):
        host = ""
    elif not (tag := _TAG.match(after)):
        if found := _UNUSUAL.match(rest):
            return found["host"] or "", found["program"], "", found["pid"] or "", found["message"]
        return host, "", "", "", after
    return host, tag["program"], tag["hint"] or "", tag["pid"] or "", tag["message"]


def _fields(pri: str | None, pid: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if pid:
        fields["pid"] = int(pid)
    if pri and int(pri) < 192:
        fields["facility"] = _FACILITIES[int(pri) >> 3]
        fields["severity"] = _SEVERITIES[int(pri) & 7]
    return fields


def _event_5424(found: re.Match[str], line: str, number: int, stamps: Stamps) -> Event:
    rest, at = found["rest"], 0
    pid = found["pid"]
    fields = _fields(found["pri"], pid if pid.isascii() and pid.isdigit() and len(pid) < 11 else "")
    if found["id"] != "-":
        fields["msgid"] = found["id"]
    while element := _SD.match(rest, at):
        values = {name: _unescaped(value) for name, value in _PARAM.findall(element[2])}
        fields.setdefault("structured", {})[element[1]] = values
        at = element.end()
    message = rest[at + (rest[at : at + 1] == "-") :].lstrip(" ").removeprefix("\ufeff")
    time = None if found["stamp"] == "-" else stamps.iso(found["stamp"])
    host = "" if found["host"] == "-" else found["host"]
    program = "" if found["program"] == "-" else found["program"]
    return _event(time, line, number, host, program, "", message, fields)


def _unescaped(value: str) -> str:
    return re.sub(r"\\([\"\\\]])", r"\1", value) if "\\" in value else value


def _event(
    time: int | None, line: str, number: int, host: str, program: str, hint: str, message: str, fields: dict[str, Any]
) -> Event:
    asked = message[:MESSAGE_LIMIT].rstrip()
    said = (_repeated if len(asked) < _SHORT else understand)(program, hint, asked)
    fields["program"] = program
    fields["message"] = message
    if said is None:
        return Event(time, number, line, product="linux", service=program, host=host, fields=fields)
    fields.update(said.fields)
    return event_of(said, time, number, line, host, fields)


@lru_cache(4096)
def _repeated(program: str, hint: str, message: str) -> Said | None:
    """Short messages come again and again (sessions of cron, connections of one relay): what is said is copied, never changed."""
    return understand(program, hint, message)


def event_of(said: Said, time: int | None, number: int, line: str, host: str, fields: dict[str, Any]) -> Event:
    """An Event from what was understood."""
    return Event(
        time, number, line, said.category, said.product, said.service, host, said.user, said.src_ip, said.src_port,
        said.dst_ip, said.dst_port, said.domain, said.url, "", said.action, said.outcome, fields,
    )  # fmt: skip
