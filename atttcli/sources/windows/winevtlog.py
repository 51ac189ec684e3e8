"""Windows events as a line of text, as the agents of OSSEC and Wazuh (eventlog) and some syslog forwarders write them:

    2026 Nov 23 10:04:05 WinEvtLog: Security: AUDIT_FAILURE(4625): Microsoft-Windows-Security-Auditing: user: domain: PC: ...

Sysmon's message names every field; of other messages the labels that matter are known in English.
"""

from __future__ import annotations

import re
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.sources.lined import LineLog
from atttcli.sources.logs.stamps import MONTHS, Stamps
from atttcli.sources.windows.event import event_of

_LINE: Final = re.compile(
    r"(?:(?P<year>\d{4}) (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) )?(?:\([^()]{1,80}\) \S{1,80} )?"
    r"WinEvtLog: (?P<channel>[^:]{1,160}): (?P<level>[A-Z_]{1,20})\((?P<number>\d{1,8})\): (?P<provider>[^:]{1,160}): "
    r"(?P<user>[^:]{0,160}): (?P<domain>[^:]{0,160}): (?P<computer>[^:]{1,160}): (?P<message>.*+)\Z",
    re.DOTALL,
)
_PAIR: Final = re.compile(r"(?:\A|\s)([A-Z][A-Za-z0-9]{1,39}): ")
_LABELS: Final = {  # of a message: the last value counts (the subject stands before the target)
    "Account Name": "TargetUserName",
    "Account Domain": "TargetDomainName",
    "Source Network Address": "IpAddress",
    "Source Port": "IpPort",
    "Logon Type": "LogonType",
    "Workstation Name": "WorkstationName",
    "New Process Name": "NewProcessName",
    "Process Command Line": "CommandLine",
    "Creator Process Name": "ParentProcessName",
    "Service Name": "ServiceName",
    "Service File Name": "ImagePath",
    "Task Name": "TaskName",
    "Sub Status": "SubStatus",
    "Status": "Status",
}
_LABEL: Final = re.compile(rf"\b({'|'.join(_LABELS)}):\s{{1,8}}(\S{{1,400}})")
_MOST: Final = 32 * 1024
_SYSMON: Final = "Microsoft-Windows-Sysmon"


def parse(line: str, number: int, stamps: Stamps) -> Event | None:
    """One line, or None if it is none of these."""
    found = _LINE.match(line)
    if found is None:
        return None
    system: dict[str, Any] = {
        "Provider_Name": found["provider"],
        "EventID": found["number"],
        "Channel": found["channel"],
        "Computer": found["computer"],
        "Level": found["level"],
    }
    if found["level"].startswith("AUDIT_"):
        system["Keywords"] = found["level"].replace("_", " ").title()
    if found["year"] and found["month"] in MONTHS:
        system["SystemTime"] = stamps.clf(f"{int(found['day']):02d}/{found['month']}/{found['year']}:{found['clock']}")
    message = found["message"]
    data: dict[str, Any] = {"Message": message}
    data |= _named(message[:_MOST]) if found["provider"] == _SYSMON else _labelled(message[:_MOST])
    if not found["user"].startswith("("):
        data.setdefault("AccountName", found["user"])
    return event_of(system, data, line, number)


def _named(message: str) -> dict[str, str]:
    """`Image: C:\\a.exe  CommandLine: "a" b  User: X`: a value ends where the next name begins."""
    pairs: dict[str, str] = {}
    name, start = "", 0
    for found in _PAIR.finditer(message):
        if name:
            pairs.setdefault(name, message[start : found.start()].strip())
        name, start = found[1], found.end()
    if name:
        pairs.setdefault(name, message[start:].strip())
    return {key: value for key, value in list(pairs.items())[:200] if value}


def _labelled(message: str) -> dict[str, str]:
    return {_LABELS[label]: value for label, value in _LABEL.findall(message)}


WIN_EVT_LOG: Final = LineLog(
    "windows-winevtlog", lambda line: " WinEvtLog: " in f" {line[:300]}" and _LINE.match(line) is not None, parse,
    "no WinEvtLog line", 97,
)  # fmt: skip
