"""IIS and other servers in W3C's extended format: `#Fields:` names the columns, and may change in the middle of a file.

Times are UTC by the format's definition (`date` may stand in `#Date:` only). Column names are Sigma's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address, address_port, port
from atttcli.sources.logs.lines import Block, head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps

_FIELDS = re.compile(r"#Fields:[ \t]+(?P<names>\S.*)", re.IGNORECASE)
_DATE = re.compile(r"#Date:[ \t]+(\d{4}-\d\d-\d\d)", re.IGNORECASE)
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(?:\.\d{1,6})?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_WEB = frozenset(("cs-uri-stem", "cs-uri", "cs-method", "sc-status", "c-uri", "cs-uri-query"))
_NUMBERS = frozenset(
    ("sc-status", "sc-substatus", "sc-win32-status", "sc-bytes", "cs-bytes", "time-taken", "s-port", "c-port")
)
MAX_COLUMNS = 128
REASON = "not a record of the columns in #Fields"
NO_FIELDS = "a record before any #Fields line"


class W3cLog:
    """IIS and other W3C extended web logs."""

    name = "iis"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By a `#Fields:` line with columns of a web log."""
        for line in head_lines(given):
            if (found := _FIELDS.match(line)) and len(_WEB & set(found["names"].lower().split())) >= 2:
                return 97
        return 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record; one with another number of columns than `#Fields` names is a ReadProblem."""
        table = _Table(Stamps(given))
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
            else:
                yield from _events(block, table)


def _events(block: Block, table: _Table) -> Iterator[Event | ReadProblem]:
    for index, line in enumerate(block.lines):
        text = line.strip("\0 \t")
        if text.startswith("#"):
            table.directive(text)
        elif text:
            yield table.event(text, line, block.number + index) or block.problem(
                index, REASON if table.names else NO_FIELDS
            )


class _Table:
    """The columns in force."""

    def __init__(self, stamps: Stamps) -> None:
        self.names: list[str] = []
        self._stamps = stamps
        self._date = ""
        self._product = "iis"

    def directive(self, line: str) -> None:
        if found := _FIELDS.match(line):
            self.names = [name.lower() if name[:2].lower() in ("c-", "s-", "cs", "sc", "da", "ti") else name for name in
                          found["names"].split()[:MAX_COLUMNS]]  # fmt: skip
        elif found := _DATE.match(line):
            self._date = found[1]
        elif line.lower().startswith("#software:"):
            self._product = "iis" if "internet information" in line.lower() else "w3c"

    def event(self, text: str, line: str, number: int) -> Event | None:
        values = text.split()
        if not self.names or len(values) != len(self.names):
            return None
        row = dict(zip(self.names, values, strict=True))
        fields: dict[str, object] = {
            name: int(value) if name in _NUMBERS and value.isdecimal() and len(value) <= 18 else value
            for name, value in row.items()
            if value != "-"
        }
        stem, query = row.get("cs-uri-stem", row.get("cs-uri", "-")), row.get("cs-uri-query", "-")
        url = "" if stem == "-" else stem if query == "-" else f"{stem}?{query}"
        status = row.get("sc-status", "")
        agent = fields.get("cs(user-agent)")
        if isinstance(agent, str):
            fields["cs-user-agent"] = agent.replace("+", " ")
        if "cs(referer)" in fields:
            fields["cs-referer"] = fields["cs(referer)"]
        src_ip, src_port = address_port(row.get("c-ip", ""))
        host = row.get("cs-host", "-")
        if host != "-" and (name := host.partition(":")[0]) and not address(name):
            domain = name.lower().rstrip(".")
        else:
            domain = ""
        user = row.get("cs-username", "-")
        return Event(
            self._time(row), number, line, "webserver", self._product, "access", row.get("s-computername", "-").lstrip("-"),
            "" if user == "-" else user, src_ip, src_port or port(row.get("c-port", "")), address(row.get("s-ip", "")),
            port(row.get("s-port", "")), domain, url, action="request",
            outcome=("success" if status < "400" else "failure") if status.isdigit() else "", fields=fields,
        )  # fmt: skip

    def _time(self, row: dict[str, str]) -> int | None:
        day, clock = row.get("date", self._date), row.get("time", "")
        return self._stamps.iso(f"{day} {clock}Z") if _DAY.match(day) and _CLOCK.match(clock) else None
