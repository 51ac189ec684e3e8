"""Kaspersky Security Center over syslog (RFC 5424 with the element `event@23668`); its CEF and LEEF are read by those readers."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from atttcli.model.event import Event
from atttcli.sources.antivirus.threat import hash_of, outcome_of
from atttcli.sources.lined import LineLog
from atttcli.sources.logs import syslog
from atttcli.sources.logs.address import address
from atttcli.sources.logs.stamps import Stamps

_MARK: Final = "[event@23668 "
_NOT_DONE: Final = frozenset({"GNRL_EV_OBJECT_NOTCURED", "GNRL_EV_OBJECT_NOTPROCESSED"})
_DONE: Final = frozenset(
    {"GNRL_EV_OBJECT_CURED", "GNRL_EV_OBJECT_DELETED", "GNRL_EV_OBJECT_QUARANTINED", "GNRL_EV_OBJECT_BLOCKED"}
)
_FOUND: Final = (
    _NOT_DONE | _DONE | {"GNRL_EV_VIRUS_FOUND", "GNRL_EV_SUSPICIOUS_OBJECT_FOUND", "GNRL_EV_VIRUS_FOUND_BY_KSN"}
)
_PATH: Final = re.compile(r"(?:[A-Za-z]:\\|\\\\|/)[^\r\n]{1,1000}")
REASON: Final = "no syslog header"


class KasperskySyslog(LineLog):
    """Events of a Kaspersky administration server."""

    def __init__(self) -> None:
        super().__init__("kaspersky-syslog", lambda line: _MARK in line, _parse, REASON, 96)


def _parse(line: str, number: int, stamps: Stamps) -> Event | None:
    event = syslog.parse(line, number, stamps)
    return None if event is None else _told(event)


def _told(event: Event) -> Event:
    """What the structured data says: `et` kind of event, `hdn` and `hip` the machine, `p2` object, `p5` threat, `p7` user."""
    structured = event.fields.get("structured")
    said: dict[str, Any] = structured.get("event@23668", {}) if isinstance(structured, dict) else {}
    kind = str(said.get("et") or event.fields.get("msgid") or "")
    fields = {**event.fields, **said}
    fields.pop("structured", None)
    message = str(fields.get("message", ""))
    changed: dict[str, Any] = {
        "product": "kaspersky",
        "service": "securitycenter",
        "host": str(said.get("hdn") or event.host),
        "src_ip": address(str(said.get("hip", ""))),
        "fields": fields,
    }
    if kind in _FOUND:
        fields["Signature"] = str(said.get("p5") or said.get("p1") or "malware")
        path = str(said.get("p2", ""))
        found = _PATH.search(path) or _PATH.search(message[:4000])
        fields["Filename"] = path or (found[0].strip() if found else "")
        fields["Action"] = str(said.get("etdn") or kind)
        done = "failure" if kind in _NOT_DONE else "success" if kind in _DONE else outcome_of(fields["Action"])
        changed |= {
            "category": "antivirus", "action": "alert", "outcome": done, "hash": hash_of(message),
            "user": str(said.get("p7", "")).rpartition("\\")[2],
        }  # fmt: skip
    return msgspec.structs.replace(event, **changed)
