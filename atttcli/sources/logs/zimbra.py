"""Zimbra's own logs: audit.log and mailbox.log (with stack traces over many lines).

`2026-11-23 10:04:05,678 WARN  [thread] [name=..;oip=..;ua=..;] security - cmd=Auth; account=..; protocol=..; error=..;`
The remote party is `oip` (behind the proxy), else `ip`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import port
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.message import first_address
from atttcli.sources.logs.stamps import Stamps

_HEAD = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) {1,2}"
    r"\[(?P<thread>[^\]\n]{0,1000})\] \[(?P<context>[^\]\n]{0,4000})\] (?P<module>\w{1,60}) - (?P<message>.*)\Z",
    re.DOTALL,
)
_STARTS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4,5} ")
_PAIR = re.compile(r"(?:\A|; )([A-Za-z]\w{0,40})=([^;]*)")
_FAILED = re.compile(r"authentication failed for \[(?P<user>[^\]]{0,320})\](?:, (?P<reason>.{0,200}))?")
_LOGIN = re.compile(r"\buser (?P<user>\S{1,320}) authenticated, mechanism=(?P<method>\S{1,40})")
_PROTOCOL = re.compile(r"\A(Imap|Pop3|Lmtp|qtp)")
_COMMANDS = {"Auth": "login", "AdminAuth": "login", "DelegateAuth": "delegate", "Logout": "logout"}
_COMMAND_DONE = {"ChangePassword": "password-change", "SetPassword": "password-change", "CreateAccount": "account-create",
                 "DeleteAccount": "account-delete", "CreateForwardingRule": "rule-create"}  # fmt: skip
MAX_LINES = 200
MAX_CHARACTERS = 64 * 1024
REASON = "not a record of a Zimbra log"


class Zimbra:
    """audit.log and mailbox.log."""

    name = "zimbra"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By records with Zimbra's head; the lines of stack traces between them do not count against."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _HEAD.match(line))
        starts = sum(1 for line in lines if _STARTS.match(line))
        return 96 * hits // starts if hits and starts and hits * 2 >= starts else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record, its stack trace in `raw`; traces before the first record are ReadProblems."""
        stamps = Stamps(given)
        record = _Held(stamps)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield from record.flush()
                yield block
                continue
            for index, line in enumerate(block.lines):
                if _STARTS.match(line.lstrip("\0")):
                    yield from record.flush()
                    record.start(line, block.number + index)
                elif record.lines:
                    if record.full(line):
                        yield from record.flush(block.number + index)
                    record.take(line)
                elif line.strip():
                    yield block.problem(index, REASON)
        yield from record.flush()


class _Held:
    """The record whose lines are still coming. One that grows beyond the bounds goes on in a further event."""

    def __init__(self, stamps: Stamps) -> None:
        self.lines: list[str] = []
        self._stamps = stamps
        self._number = self._size = self._continues = 0
        self._time: int | None = None

    def start(self, line: str, number: int) -> None:
        self.lines, self._number, self._size, self._continues = [line], number, len(line), 0

    def full(self, line: str) -> bool:
        return len(self.lines) >= MAX_LINES or self._size + len(line) > MAX_CHARACTERS

    def take(self, line: str) -> None:
        self.lines.append(line)
        self._size += len(line)

    def flush(self, next_number: int = 0) -> Iterator[Event]:
        """The held record as an event; `next_number` is the line on which its continuation starts."""
        while len(self.lines) > 1 and not next_number and not self.lines[-1].strip():
            self.lines.pop()
        if self.lines and self._continues:
            fields = {"continues": self._continues}
            yield Event(self._time, self._number, "\n".join(self.lines), "mail", "zimbra", "mailbox", fields=fields)
        elif self.lines:
            event = _event(self.lines, self._number, self._stamps)
            self._time = event.time
            yield event
        if next_number:
            self._continues = self._continues or self._number
        self.lines, self._number, self._size = [], next_number, 0


def _event(held: list[str], number: int, stamps: Stamps) -> Event:
    raw = "\n".join(held)
    found = _HEAD.match(held[0].lstrip("\0"))
    if found is None:
        moment = stamps.iso(held[0].lstrip("\0")[:23])
        return Event(moment, number, raw, "mail", "zimbra", "mailbox", fields={"message": held[0][24:]})
    context = dict(_PAIR.findall(found["context"].replace(";", "; ")))
    context = {name: value.strip() for name, value in context.items()}
    fields: dict[str, Any] = {"level": found["level"], "thread": found["thread"], "module": found["module"], **context}
    fields["message"] = found["message"]
    if len(held) > 1:
        fields["trace"] = "\n".join(held[1:])
    user, action, outcome = _meaning(found["module"], found["message"], fields)
    src_ip = first_address(context.get("oip", "")) or first_address(context.get("ip", ""))
    is_audit = found["module"] == "security"
    return Event(
        stamps.iso(found["stamp"]), number, raw, "mail", "zimbra", "audit" if is_audit else "mailbox",
        user=user or context.get("name", ""), src_ip=src_ip,
        src_port=port(context.get("oport", "") or context.get("port", "")), action=action, outcome=outcome, fields=fields,
    )  # fmt: skip


def _meaning(module: str, message: str, fields: dict[str, Any]) -> tuple[str, str, str]:
    """(user, action, outcome) of a record's message; adds what it says to the fields."""
    if module == "security":
        said: dict[str, str] = {}
        for name, value in _PAIR.findall(message):
            said.setdefault(name, value)  # the first one: a later `account=` may be part of what the client sent
        fields.update({name: value for name, value in said.items() if name not in fields})
        command = said.get("cmd", "")
        action = _COMMANDS.get(command) or _COMMAND_DONE.get(command, "")
        outcome = ("failure" if "error" in said else "success") if action else ""
        return said.get("account", said.get("name", "")), action, outcome
    if found := _FAILED.search(message):
        fields["reason"] = (found["reason"] or "").rstrip(";")
        return found["user"], "login", "failure"
    if found := _LOGIN.search(message):
        fields["method"] = found["method"].rstrip(",;")
        return found["user"], "login", "success"
    return "", "", ""
