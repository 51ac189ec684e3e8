"""What of a record a person looks for first: beside a finding there is room for a line or two."""

from __future__ import annotations

from typing import Final

from atttcli.model.event import Event

FIRST: Final = (
    "CommandLine", "ScriptBlockText", "TargetObject", "Details", "TargetFilename", "ImagePath", "ServiceName", "TaskName",
    "Image", "NewProcessName", "SourceImage", "TargetImage", "ImageLoaded", "QueryName", "DestinationIp", "DestinationPort",
    "TargetUserName", "SubjectUserName", "User", "IpAddress", "WorkstationName", "LogonType", "ParentImage",
    "ParentCommandLine",
)  # fmt: skip


def excerpt(event: Event, most: int) -> str:
    """The record's text, or of a Windows event as JSON or XML, which bury them, the fields that matter."""
    raw = event.raw
    if raw[:1] not in ("{", "<") or "EventID" not in event.fields:
        return raw[:most]
    fields = event.fields
    told = [f"{name}={fields[name]}" for name in FIRST if name in fields]
    return f"EventID={fields['EventID']} {' '.join(told)}"[:most] if told else raw[:most]
