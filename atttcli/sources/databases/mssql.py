# ruff: noqa: E501 - a pattern is read whole
"""Microsoft SQL Server's ERRORLOG (usually UTF-16): stamp, source (Logon, spid52s, Server, Backup), message.

Its audit files (.sqlaudit) are binary: exported to CSV or JSON they are read by the generic readers; what it writes to the
Windows application log is read with that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.firewall.heard import Heard, event_of
from atttcli.sources.logs.joined import Joined, read_joined
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.logs.message import Pattern, first_match, pattern
from atttcli.sources.logs.stamps import Stamps

_LINE = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{2,7}) (?P<source>[A-Za-z][A-Za-z0-9-]{2,23}) {1,12}(?P<message>\S.*)\Z",
    re.DOTALL,
)
_SAID: tuple[Pattern, ...] = (
    pattern("Login failed", r"\ALogin failed for user '(?P<user>.*?)'\. ?(?:Reason: (?P<reason>.*?) ?)?\[CLIENT: (?P<ip>[^\]]{1,64})\]", "login", "failure"),
    pattern("Login failed", r"\ALogin failed\. (?P<reason>.*?)\[CLIENT: (?P<ip>[^\]]{1,64})\]", "login", "failure"),
    pattern("Login succeeded", r"\ALogin succeeded for user '(?P<user>.*?)'\. ?(?P<how>.*?) ?\[CLIENT: (?P<ip>[^\]]{1,64})\]", "login", "success"),
    pattern("Configuration option", r"\AConfiguration option '(?P<option>[^']*)' changed from (?P<old>\S+) to (?P<new>\S+)\.", "config", "success"),
    pattern("backed up", r"\A(?P<kind>Database|Log)(?: was)? backed up\. Database: (?P<database>[^,]*)", "backup", "success"),
    pattern("BACKUP failed", r"\ABACKUP failed to complete the command (?P<command>.*)\Z", "backup", "failure"),
    pattern("restored", r"\A(?P<kind>Database|Log) was restored: Database: (?P<database>[^,]*)", "restore", "success"),
)  # fmt: skip
_ERROR = re.compile(r"\AError: (?P<error>\d{1,8}), Severity: (?P<error_severity>\d{1,3}), State: (?P<state>\d{1,4})")


class Mssql:
    """ERRORLOG."""

    name = "mssql"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines of that form."""
        lines = [line for line in head_lines(given) if not line[:1].isspace()]
        hits = sum(
            1
            for line in lines
            if (found := _LINE.match(line)) and re.match(r"Logon|spid\d|Server|Backup", found["source"])
        )
        return 95 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record."""
        stamps = Stamps(given)
        for piece in read_joined(given, lambda line: _LINE.match(line) is not None, "no line of SQL Server's ERRORLOG"):
            yield piece if isinstance(piece, ReadProblem) else _event(piece, stamps)


def _event(piece: Joined, stamps: Stamps) -> Event:
    found = _LINE.match(piece.lines[0])
    if found is None:
        return Event(None, piece.number, piece.text, "database", "mssql", "errorlog")
    message = "\n".join((found["message"], *piece.lines[1:]))
    heard = Heard("database", "mssql", "errorlog")
    said = first_match(message[:8192], _SAID, ("database", "mssql", "errorlog"))
    if said is not None:
        for name in ("action", "outcome", "user", "src_ip", "fields"):
            setattr(heard, name, getattr(said, name))
    elif error := _ERROR.match(message):
        heard.fields.update(error.groupdict())
    heard.fields.update(source=found["source"], message=message)
    return event_of(heard, stamps.iso(found["stamp"]), piece.number, piece.text, "", stamps)
