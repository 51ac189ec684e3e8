"""The log of the Linux audit daemon. Records of one serial (SYSCALL, EXECVE, CWD, PATH, PROCTITLE, SOCKADDR) are one event.

An executed program becomes `process_creation` with Image, CommandLine, User, CurrentDirectory beside the native fields. A name
that several records carry (PATH's `name`, every record's `type`) holds the list of their values; `a0` ... are EXECVE's arguments
where there are any, else SYSCALL's. At most 64 events are open at a time; what comes later for a closed one is an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address
from atttcli.sources.logs.audit_record import RECORD, AuditRecord, arguments, parse, socket_address
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import possible

OPEN_EVENTS = 64
MAX_RECORDS = 128
MAX_CHARACTERS = 256 * 1024
_USER_ACTIONS = {
    "USER_LOGIN": "login", "USER_AUTH": "authentication", "USER_ERR": "authentication", "USER_START": "session",
    "USER_END": "logout", "USER_LOGOUT": "logout", "USER_CMD": "command", "USER_CHAUTHTOK": "password-change",
    "ADD_USER": "account-create", "DEL_USER": "account-delete", "ADD_GROUP": "group-create", "DEL_GROUP": "group-delete",
    "USER_MGMT": "account-change", "GRP_MGMT": "group-change", "ACCT_LOCK": "account-change", "ACCT_UNLOCK": "account-change",
    "SERVICE_START": "service-start", "SERVICE_STOP": "service-stop", "CONFIG_CHANGE": "audit-config",
    "DAEMON_START": "audit-start", "DAEMON_END": "audit-stop", "AVC": "access",
}  # fmt: skip
_AUTHENTICATION = frozenset(
    ("USER_LOGIN", "USER_AUTH", "USER_ERR", "USER_START", "USER_END", "USER_LOGOUT", "USER_CHAUTHTOK", "USER_MGMT", "GRP_MGMT",
     "ADD_USER", "DEL_USER", "ADD_GROUP", "DEL_GROUP", "ACCT_LOCK", "ACCT_UNLOCK", "USER_ACCT", "CRED_ACQ", "CRED_DISP",
     "CRED_REFR"),
)  # fmt: skip
_OUTCOMES = {
    "success": "success",
    "yes": "success",
    "1": "success",
    "failed": "failure",
    "no": "failure",
    "0": "failure",
}
_CONNECT = frozenset(("42", "connect", "203", "362"))  # x86_64, by name, aarch64, i386
REASON = "not an audit record"


class Auditd:
    """audit.log."""

    name = "auditd"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines that are audit records."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if RECORD.match(line))
        return 97 * hits // len(lines) if hits * 2 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a serial, in the order in which they are complete; anything else is a ReadProblem."""
        joiner = _Joiner()
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                record = parse(line)
                if record is None:
                    yield block.problem(index, REASON)
                else:
                    yield from joiner.take(record, line, block.number + index)
        yield from joiner.rest()


class _Group:
    """The records of one serial that have come so far."""

    __slots__ = ("lines", "number", "records", "size")

    def __init__(self, number: int) -> None:
        self.number, self.size = number, 0
        self.records: list[AuditRecord] = []
        self.lines: list[str] = []

    def add(self, record: AuditRecord, line: str) -> None:
        self.records.append(record)
        self.lines.append(line)
        self.size += len(line)

    @property
    def is_full(self) -> bool:
        return len(self.records) >= MAX_RECORDS or self.size > MAX_CHARACTERS


class _Joiner:
    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Group] = {}
        self._size = 0

    def take(self, record: AuditRecord, line: str, number: int) -> Iterator[Event]:
        """What is complete with this record."""
        key = (record.node, record.serial)
        group = self._open.get(key)
        if record.type == "EOE":
            yield from self._close(key)
            return
        if group is None:
            group = _Group(number)
            if record.from_user:
                group.add(record, line)
                yield _event(group)
                return
            self._open[key] = group
        group.add(record, line)
        self._size += len(line)
        if group.is_full:
            yield from self._close(key)
        while len(self._open) > OPEN_EVENTS or (self._size > 8 * MAX_CHARACTERS and len(self._open) > 1):
            yield from self._close(next(iter(self._open)))

    def _close(self, key: tuple[str, str]) -> Iterator[Event]:
        group = self._open.pop(key, None)
        if group is not None:
            self._size -= group.size
            yield _event(group)

    def rest(self) -> Iterator[Event]:
        """What is still open at the end."""
        for key in list(self._open):
            yield from self._close(key)


def _event(group: _Group) -> Event:
    fields = _merged(group.records)
    types = [record.type for record in group.records]
    first = group.records[0]
    if _USER_ACTIONS.get(types[0], "").startswith(("account-", "group-")) and (
        target := fields.get("acct") or fields.get("id")
    ):
        fields["target"] = target
    category, action, outcome = _meaning(types, fields)
    dst_ip, dst_port = socket_address(str(fields.get("saddr", ""))) if "SOCKADDR" in types else ("", 0)
    if dst_ip:
        fields["DestinationIp"], fields["DestinationPort"] = dst_ip, dst_port
        if str(fields.get("syscall", "")) in _CONNECT and category == "":
            category, action = "network_connection", "connect"
            fields["Initiated"] = "true"
            _process(fields, [])
    return Event(
        possible(first.micros), group.number, "\n".join(group.lines), category, "linux", "auditd", first.node,
        _user(types[0], fields),
        address(str(fields.get("addr", ""))), 0, dst_ip, dst_port, action=action, outcome=outcome, fields=fields,
    )  # fmt: skip


def _merged(records: list[AuditRecord]) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": _one_or_all([record.type for record in records]), "serial": records[0].serial}
    several: dict[str, list[str]] = {}
    argv: list[str] = []
    by_type = {record.type: record.pairs for record in records}
    for record in records:
        if record.type == "EXECVE":
            argv = argv or arguments(record.pairs)
        for name, value in record.pairs.items():
            if record.type != "EXECVE" or not name.startswith("a") or name == "argc":
                several.setdefault(name, []).append(value)
    fields |= {
        name: values if len(values) > 1 and name in by_type.get("PATH", {}) else values[0]
        for name, values in several.items()
    }
    if argv:
        fields |= {f"a{number}": value for number, value in enumerate(argv)}
        for number in range(len(argv), 4):
            fields.pop(f"a{number}", None)
    if argv or ("PROCTITLE" in by_type and "SYSCALL" in by_type):
        _process(fields, argv)
    return fields


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _process(fields: dict[str, Any], argv: list[str]) -> None:
    """The names that Sigma's process_creation rules use."""
    named = {"Image": "exe", "ProcessId": "pid", "ParentProcessId": "ppid", "CurrentDirectory": "cwd"}
    fields |= {ours: fields[theirs] for ours, theirs in named.items() if theirs in fields}
    line = " ".join(argv) or str(fields.get("proctitle", ""))
    if line:
        fields["CommandLine"] = line
    if user := fields.get("UID") or fields.get("uid"):
        fields["User"] = user


def _meaning(types: list[str], fields: dict[str, Any]) -> tuple[str, str, str]:
    """(category, action, outcome)."""
    outcome = _OUTCOMES.get(str(fields.get("res", fields.get("success", ""))), "")
    if "EXECVE" in types:
        return "process_creation", "execute", outcome
    kind = types[0]
    action = _USER_ACTIONS.get(kind, "")
    return ("authentication" if kind in _AUTHENTICATION else ""), action, outcome


def _user(kind: str, fields: dict[str, Any]) -> str:
    """Whom a program spoke of; of changes to accounts, who made them."""
    changes = _USER_ACTIONS.get(kind, "").startswith(("account-", "group-"))
    for name in ("AUID", "UID", "auid", "uid") if changes else ("acct", "ID", "UID", "id", "uid"):
        value = fields.get(name)
        if isinstance(value, str) and value not in ("unset", "4294967295"):
            return value
    return ""
