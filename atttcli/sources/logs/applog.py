"""Logs of Java, Python and PHP applications (Tomcat's catalina.out, Spring, log4j, Laravel, Django): a stamp and a level at the
start of a record, and stack traces on the lines after it, which become part of their event.

    23-Nov-2026 10:04:05.678 SEVERE [http-nio-8080-exec-3] org.apache.catalina.core.X.invoke Servlet.service() threw exception
    2026-11-23 10:04:05,678 ERROR [thread] class - message
    [2026-11-23 10:04:05] production.ERROR: message
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.joined import Joined, read_joined
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.logs.stamps import ISO, Stamps

_LEVEL = (
    r"(?P<level>TRACE|DEBUG|FINE(?:R|ST)?|CONFIG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|CRITICAL|FATAL|ALERT|EMERGENCY)"
)
_STAMP = (
    rf"\[?(?:(?P<iso>{ISO})|(?P<day>\d\d)-(?P<month>[A-Z][a-z]{{2}})-(?P<year>\d{{4}}) (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:\.(?P<fraction>\d{1,6}))?)\]?"
)
_HEAD = re.compile(rf"{_STAMP} {{1,4}}(?:[\w.-]{{1,60}}\.|\[)?{_LEVEL}\b\]?:? ?(?P<rest>.*)\Z", re.DOTALL)
_STARTS = re.compile(rf"{_STAMP}[ ,]")
_FOLLOWS = re.compile(
    r"\s+(?:at |\.\.\. \d)|Caused by: |Traceback |\s+File \"|#\d+ |[\w.$]{5,200}(?:Exception|Error)\b|\[stacktrace\]"
)
_DETAIL = re.compile(
    r"(?:\d{1,10} --- )?(?:\[(?P<thread>[^\]]{0,200})\] )?(?P<logger>[\w$]{1,80}(?:\.[\w$]{1,80}){1,20})"
    r"(?: -| :|:)? (?P<message>.*)\Z",
    re.DOTALL,
)
_EXCEPTION = re.compile(
    r"(?:\A|\n)(?:Caused by: |Exception in thread \"[^\"\n]{0,200}\" )?([A-Za-z_][\w.$]{3,200}(?:Exception|Error))\b"
)
_FIRST = 4_096
REASON = "not within a record of an application log"


class AppLog:
    """Application logs with levels and stack traces."""

    name = "application"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By lines with a stamp and a level; what looks like a stack trace does not count against."""
        lines = [line for line in head_lines(given) if not _FOLLOWS.match(line)]
        hits = sum(1 for line in lines if _HEAD.match(line))
        return 60 * hits // len(lines) if hits and hits * 2 >= len(lines) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record, its further lines in `fields["trace"]` and the exception's class in `fields["exception"]`."""
        stamps = Stamps(given)
        for record in read_joined(given, lambda line: _STARTS.match(line.lstrip("\0")) is not None, REASON):
            yield record if isinstance(record, ReadProblem) else _event(record, stamps)


def _event(record: Joined, stamps: Stamps) -> Event:
    first = record.lines[0].lstrip("\0")[:_FIRST]
    found = _HEAD.match(first)
    fields: dict[str, object] = {}
    if record.continues:
        fields["continues"] = record.continues
    time = _time(_STARTS.match(first), stamps)
    if found is not None:
        rest = found["rest"]
        fields["level"] = found["level"]
        if detail := _DETAIL.match(rest):
            fields |= {name: value for name, value in detail.groupdict().items() if value}
        else:
            fields["message"] = rest
    if len(record.lines) > 1:
        fields["trace"] = trace = "\n".join(record.lines[1:])
        if exception := _EXCEPTION.search(trace[:_FIRST]):
            fields["exception"] = exception[1]
    level = str(fields.get("level", ""))
    bad = level in ("ERROR", "SEVERE", "CRITICAL", "FATAL", "ALERT", "EMERGENCY")
    return Event(
        time,
        record.number,
        record.text,
        "application",
        "",
        "application",
        outcome="failure" if bad else "",
        fields=fields,
    )


def _time(found: re.Match[str] | None, stamps: Stamps) -> int | None:
    if found is None:
        return None
    if found["iso"]:
        return stamps.iso(found["iso"])
    time = stamps.clf(f"{found['day']}/{found['month']}/{found['year']}:{found['clock']}")
    fraction = found["fraction"]
    return time if time is None or not fraction else time + int(fraction.ljust(6, "0"))
