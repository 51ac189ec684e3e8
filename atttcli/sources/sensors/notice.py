"""Zeek's notices: what the sensor itself found becomes an alert, as Suricata's do; what it says of its own health stays an event.

Zeek's notices have no severity (its documentation leaves their weight to the site), so it is set here by the notice's name.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from atttcli.model.alert import Alert, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.sources.logs.address import address
from atttcli.sources.logs.eve import Networks, victim_of

KIND: Final = "zeek"
_OF_ITSELF: Final = frozenset({"CaptureLoss", "PacketFilter", "Conn", "Notice", "Spicy"})  # the sensor's own condition
_ABOUT_SERVERS: Final = frozenset({"SSL"})  # every client of a server meets its certificate: it is one finding
_NAMED: Final = frozenset(
    {"Intel", "TeamCymruMalwareHashRegistry"}
)  # `sub` is the indicator, or has the file's digest in it
_WEIGHT: Final = {
    "ProtocolDetector": Severity.LOW, "Software": Severity.LOW, "SSL": Severity.LOW, "DNS": Severity.LOW, "SMTP": Severity.LOW,
    "Weird": Severity.LOW, "Heartbleed": Severity.HIGH, "Intel": Severity.HIGH, "TeamCymruMalwareHashRegistry": Severity.HIGH,
    "ATTACK": Severity.HIGH, "SSH::Login_By_Password_Guesser": Severity.HIGH, "FTP::Site_Exec_Success": Severity.HIGH,
    "HTTP::SQL_Injection_Victim": Severity.HIGH, "Signatures::Sensitive_Signature": Severity.HIGH,
    "Software::Vulnerable_Version": Severity.MEDIUM,
}  # fmt: skip
_CATEGORY: Final = {
    "TeamCymruMalwareHashRegistry": "madoc", "Intel": "madoc", "SSH": "truycap", "FTP": "truycap", "HTTP": "truycap",
    "Heartbleed": "truycap", "ATTACK": "truycap",
}  # fmt: skip


def alert_of(record: dict[str, Any], line: str, origin: Origin, time: int | None, own: Networks) -> Alert | None:
    """The alert that a record of notice.log makes; None where it names no notice, or one about the sensor."""
    note = _text(record, "note")[:128]
    family = note.partition("::")[0]
    if not note or family in _OF_ITSELF:
        return None
    source = address(_text(record, "src") or _text(record, "id.orig_h"))
    target = address(_text(record, "dst") or _text(record, "id.resp_h"))
    message, more = _text(record, "msg"), _text(record, "sub")
    parties = ((source, "source"), (target, "target"))
    return Alert(
        kind=KIND,
        rule_id=note,
        title=f"{note}: {message[:200]}" if message else note,
        severity=_WEIGHT.get(note, _WEIGHT.get(family, Severity.MEDIUM)),
        origin=origin,
        occurrence="line:" + hashlib.blake2b(line.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest(),
        time=time,
        key=_key(family, source, target, more),
        category=_CATEGORY.get(family, ""),
        victim=victim_of(source, target, own),
        sender=KIND,
        tags=tuple(word for word in (_text(record, "proto"),) if word),
        observables=tuple(
            Observable(ObservableType.IPV6 if ":" in value else ObservableType.IPV4, value, role)
            for value, role in parties
            if value
        ),
        why=tuple(text[:500] for text in (message, more) if text),
        detail=record,
    )


def _key(family: str, source: str, target: str, more: str) -> str:
    """What makes two notices of one name one alert: between a client and its name server stand all bad names that it asked for."""
    if family in _ABOUT_SERVERS and target:
        return target
    return f"{source}>{target}|{more[:200]}" if family in _NAMED and more else f"{source}>{target}"


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
