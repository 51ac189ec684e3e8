"""The JSON that shippers and tools make of a Windows event, each back to (System, data) for `event_of`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.stamps import ISO, Stamps, possible
from atttcli.sources.windows.event import whole
from atttcli.sources.windows.nested import data_of, system_of
from atttcli.sources.windows.positions import named

Parts = tuple[dict[str, Any], dict[str, Any]]
Shape = Callable[[Mapping[str, Any], Stamps], Parts]
SYSMON = "Microsoft-Windows-Sysmon"  # how its channel and provider begin
_ISO = re.compile(ISO)
_TICKS = re.compile(r"/Date\((\d{1,14})\)/")
_LINE = re.compile(r"^([A-Z][A-Za-z0-9]{1,40}): (.*?)\r?$", re.MULTILINE)
_EVENT_TYPE = re.compile(r"^EventType: (\w{1,40})", re.MULTILINE)
_SEVERITIES = frozenset({"INFO", "WARNING", "ERROR", "CRITICAL", "VERBOSE", "AUDIT_SUCCESS", "AUDIT_FAILURE"})
_MOST_MESSAGE = 64 * 1024


def shape_of(record: Mapping[str, Any]) -> Shape | None:
    """Which shape an object has; None if it is no Windows event."""
    if isinstance(record.get("Event"), dict) and isinstance(record["Event"].get("System"), dict):
        return _nested
    if isinstance(record.get("winlog"), dict):
        return _winlogbeat
    if wazuh_part(record) is not None:
        return _wazuh
    if isinstance(record.get("System"), dict) and ("EventData" in record or "UserData" in record):
        return lambda given, stamps: _nested({"Event": given}, stamps)
    if "Payload" in record and "EventId" in record and "Provider" in record:
        return _evtxecmd
    if "ProviderName" in record and "Id" in record and "LogName" in record:
        return _get_winevent
    if "event_id" in record and ("log_name" in record or "source_name" in record):
        return _winlogbeat_old
    has_number = any(name in record for name in ("EventID", "EventId", "event_id"))
    if has_number and any(
        name in record for name in ("Channel", "SourceName", "Provider_Name", "LogName", "ProviderName")
    ):
        return _flat
    return None


def wazuh_part(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """`data.win` of a Wazuh alert, or `win` of an archive record."""
    data = record.get("data")
    part = data.get("win") if isinstance(data, dict) else record.get("win")
    return part if isinstance(part, dict) and isinstance(part.get("system"), dict) else None


def moment(text: Any, stamps: Stamps) -> int | str | None:
    """Microseconds of an ISO stamp with or without zone, or of PowerShell's `/Date(ms)/`."""
    if isinstance(text, dict):  # Get-WinEvent of PowerShell 5: {"value": "/Date(...)/", "DateTime": "..."}
        text = text.get("value")
    if not isinstance(text, str):
        return None
    if ticks := _TICKS.match(text):
        return possible(int(ticks[1]) * 1000)
    text = text.strip()[:40]
    found = _ISO.match(text)
    return stamps.iso(found[0]) if found else None


def _nested(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    event = record["Event"]
    return system_of(event.get("System")), data_of(event)


def _winlogbeat(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    return _beat(record["winlog"], record, stamps)


def _winlogbeat_old(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    return _beat(record, record, stamps)


def _beat(part: Mapping[str, Any], record: Mapping[str, Any], stamps: Stamps) -> Parts:
    process, user = part.get("process"), part.get("user")
    process = process if isinstance(process, dict) else {}
    thread = process.get("thread")
    keywords = part.get("keywords")
    log = record.get("log")
    system = {
        "Provider_Name": part.get("provider_name") or part.get("source_name"),
        "Provider_Guid": part.get("provider_guid"),
        "EventID": part.get("event_id"),
        "Channel": part.get("channel") or part.get("log_name"),
        "Computer": part.get("computer_name"),
        "EventRecordID": part.get("record_id") or part.get("record_number"),
        "Level": log.get("level") if isinstance(log, dict) else part.get("level"),
        "Task": part.get("task"),
        "Opcode": part.get("opcode"),
        "Version": part.get("version"),
        "Keywords": ", ".join(map(str, keywords[:16])) if isinstance(keywords, list) else keywords,
        "Execution_ProcessID": process.get("pid") or part.get("process_id"),
        "Execution_ThreadID": thread.get("id") if isinstance(thread, dict) else part.get("thread_id"),
        "Security_UserID": user.get("identifier") if isinstance(user, dict) else None,
        "SystemTime": moment(record.get("@timestamp"), stamps),
    }
    data = data_of({"EventData": part.get("event_data"), "UserData": part.get("user_data")})
    return _present(system), _params(data)


def _params(data: dict[str, Any]) -> dict[str, Any]:
    """Winlogbeat's `param1`, `param2` of an event without names, as the list that Windows has."""
    unnamed = [name for name in data if name[:5] == "param" and name[5:].isdigit()]
    if not unnamed or len(unnamed) < len(data):
        return data
    values = [data[name] for name in unnamed]
    return {**data, "Data": values[0] if len(values) == 1 else values}


_WAZUH = {
    "providerName": "Provider_Name", "providerGuid": "Provider_Guid", "eventID": "EventID", "channel": "Channel",
    "computer": "Computer", "eventRecordID": "EventRecordID", "level": "Level", "task": "Task", "opcode": "Opcode",
    "keywords": "Keywords", "version": "Version", "processID": "Execution_ProcessID", "threadID": "Execution_ThreadID",
    "systemTime": "SystemTime",
}  # fmt: skip


def _wazuh(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    part = wazuh_part(record) or {}
    system = {_WAZUH[name]: value for name, value in part["system"].items() if name in _WAZUH}
    if not isinstance(system.get("SystemTime"), str):
        system["SystemTime"] = moment(record.get("timestamp"), stamps)
    data: dict[str, Any] = {}
    for block in ("eventdata", "eventData", "userData", "logFileCleared"):
        inner = part.get(block)
        if isinstance(inner, dict):
            data |= {name[:1].upper() + name[1:]: value for name, value in data_of({"EventData": dict(inner)}).items()}
    return _present(system), data


def _evtxecmd(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    system = {
        "Provider_Name": record.get("Provider"),
        "EventID": record.get("EventId"),
        "Channel": record.get("Channel"),
        "Computer": record.get("Computer"),
        "EventRecordID": record.get("EventRecordId"),
        "Level": record.get("Level"),
        "Keywords": record.get("Keywords"),
        "Execution_ProcessID": record.get("ProcessId"),
        "Execution_ThreadID": record.get("ThreadId"),
        "Security_UserID": record.get("UserId"),
        "SystemTime": _utc(record.get("TimeCreated"), stamps),
    }
    payload = record.get("Payload")
    inner = decode_object(payload) if isinstance(payload, str) and len(payload) < 1_000_000 else payload
    return _present(system), data_of(inner) if isinstance(inner, dict) else {}


def _get_winevent(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    user = record.get("UserId")
    system = {
        "Provider_Name": record.get("ProviderName"),
        "EventID": record.get("Id"),
        "Channel": record.get("LogName"),
        "Computer": record.get("MachineName"),
        "EventRecordID": record.get("RecordId"),
        "Level": record.get("Level"),
        "Task": record.get("Task"),
        "Opcode": record.get("Opcode"),
        "Keywords": record.get("Keywords"),
        "Version": record.get("Version"),
        "Execution_ProcessID": record.get("ProcessId"),
        "Execution_ThreadID": record.get("ThreadId"),
        "Security_UserID": user.get("Value") if isinstance(user, dict) else user,
        "SystemTime": moment(record.get("TimeCreated"), stamps),
    }
    values = [one.get("Value") if isinstance(one, dict) else one for one in _list(record.get("Properties"))]
    channel = str(record.get("LogName"))
    data = named(channel, whole(record.get("Id")), values)
    message = record.get("Message")
    if isinstance(message, str):
        data["Message"] = message
        if channel.startswith(SYSMON):
            data |= _of_message(message)
    return _present(system), data


FLAT = {
    "SourceName": "Provider_Name", "ProviderName": "Provider_Name", "Provider": "Provider_Name", "ProviderGuid": "Provider_Guid",
    "EventId": "EventID", "event_id": "EventID", "LogName": "Channel", "channel": "Channel",
    "Hostname": "Computer", "ComputerName": "Computer", "MachineName": "Computer", "computer_name": "Computer",
    "RecordNumber": "EventRecordID", "RecordID": "EventRecordID", "record_id": "EventRecordID", "OpcodeValue": "Opcode",
    "ExecutionProcessID": "Execution_ProcessID", "ProcessID": "Execution_ProcessID", "ThreadID": "Execution_ThreadID",
    "ExecutionThreadID": "Execution_ThreadID", "UserID": "Security_UserID",
}  # fmt: skip
FLAT |= {
    name: name
    for name in (
        "Provider_Name", "Provider_Guid", "EventID", "Channel", "Computer", "EventRecordID", "Level", "Task", "Opcode", "Keywords",
        "Version", "Execution_ProcessID", "Execution_ThreadID", "Security_UserID", "SystemTime",
    )
}  # fmt: skip


def _flat(record: Mapping[str, Any], stamps: Stamps) -> Parts:
    """All in one level: NXLog, OTRF's Security-Datasets, Zircolite's own output."""
    system: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for name, value in record.items():
        kind = type(value)
        if kind is dict:
            data |= data_of({"UserData": {name: value}})
        elif name in FLAT and kind is not list:
            system.setdefault(FLAT[name], value)
        else:
            data[name] = value
    system["SystemTime"] = _flat_moment(record, stamps)
    if "EventType" in data:
        data["EventType"] = sysmon_event_type(data, system.get("Channel", ""))
    return system, data


def is_flat(record: Mapping[str, Any]) -> bool:
    """Whether all stands in one level."""
    return shape_of(record) is _flat


def sysmon_event_type(data: Mapping[str, Any], channel: Any) -> Any:
    """EventType as it is, or, where NXLog wrote its own word over Sysmon's, as Sysmon's message says it."""
    if str(data["EventType"]) in _SEVERITIES and isinstance(data.get("Message"), str):
        said = _EVENT_TYPE.search(data["Message"][:_MOST_MESSAGE])
        if said is not None and str(channel).startswith(SYSMON):
            return said[1]
    return data["EventType"]


def _flat_moment(record: Mapping[str, Any], stamps: Stamps) -> Any:
    text = record.get("UtcTime")
    if isinstance(text, str) and _ISO.match(text):
        return _utc(text, stamps)
    for name in ("SystemTime", "TimeCreated"):
        if isinstance(record.get(name), str):
            return _utc(record[name], stamps)
    for name in ("@timestamp", "EventTime", "timestamp", "EventReceivedTime"):
        if (found := moment(record.get(name), stamps)) is not None:
            return found
    return None


def _utc(text: Any, stamps: Stamps) -> Any:
    """A stamp of Windows itself is UTC when it says nothing."""
    if not isinstance(text, str):
        return moment(text, stamps)
    text = text.strip()[:40]
    found = _ISO.match(text)
    if found is None:
        return moment(text, stamps)
    stamp = found[0]
    return stamps.iso(stamp if stamp[-1] == "Z" or re.search(r"[+-]\d\d:?\d\d\Z", stamp[19:]) else stamp + "Z")


def _of_message(message: str) -> dict[str, Any]:
    """Sysmon's message names every field as its data does, a line each."""
    return dict(_LINE.findall(message[:_MOST_MESSAGE]))


def _present(system: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in system.items() if value is not None}


def _list(value: Any) -> list[Any]:
    return value[:256] if isinstance(value, list) else []
