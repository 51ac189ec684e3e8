"""One Windows event, whatever form it came in: flat native fields, and the head that they fill."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from atttcli.clock import to_micros
from atttcli.model.event import Event
from atttcli.source import Sieve
from atttcli.sources.logs.address import address
from atttcli.sources.logs.stamps import possible
from atttcli.sources.windows.heading import BY_KEYWORDS, BY_STATUS, REGISTRY_DELETED, Heading, heading_of
from atttcli.sources.windows.services import service_of

Kind = tuple[str, str, str, str, str]
_EMPTY = ("", "-", "N/A", "NULL SID")
_SUCCESS, _FAILURE = 0x20000000000000, 0x10000000000000  # audit bits of Keywords
_HASHES = {"sha256": 64, "sha1": 40, "md5": 32}
_HEX = re.compile(r"[0-9A-Fa-f]{32,64}\Z")


def event_of(system: Mapping[str, Any], data: Mapping[str, Any], raw: str, line: int) -> Event:
    """The event of one record.

    `system` holds what Windows calls System, flat: `Provider_Name`, `EventID`, `Channel`, `Computer`, `EventRecordID`, `Level`,
    `Task`, `Opcode`, `Keywords`, `Version`, `Execution_ProcessID`, `Execution_ThreadID`, `Security_UserID`, `SystemTime` (ISO
    8601 text, or microseconds UTC); each may be missing. `data` holds EventData or UserData, flat, by its native names.
    `raw` is the record as text and `line` its number in the file, from 1.
    """
    return _event({**data, **system}, system, raw, line)


def _event(fields: dict[str, Any], system: Mapping[str, Any], raw: str, line: int) -> Event:
    """Of data and System in one, which become the event's."""
    number = whole(system.get("EventID"))
    channel, provider = text_of(system.get("Channel")), text_of(system.get("Provider_Name"))
    service, heading = _kind(channel, provider, number)
    fields["EventID"] = number
    when = system.get("SystemTime")
    if type(when) is not str and "SystemTime" in fields:
        del fields["SystemTime"]  # microseconds of ours: no native field
    if heading.category:
        heading = _told(fields, heading, service)
    first = _first
    return Event(
        _moment(when),
        line,
        raw,
        heading.category,
        "windows",
        service,
        text_of(system.get("Computer")),
        _bare(first(fields, heading.user)),
        address(first(fields, heading.src_ip)),
        _port(first(fields, heading.src_port)),
        address(first(fields, heading.dst_ip)),
        _port(first(fields, heading.dst_port)),
        first(fields, heading.domain).lower().rstrip("."),
        first(fields, heading.url),
        _hash(first(fields, heading.hash)),
        heading.action,
        _outcome(fields, heading.outcome),
        fields,
    )


def sifted(system: Mapping[str, Any], data: Mapping[str, Any], raw: str, line: int, sieve: Sieve) -> Event | None:
    """`event_of`, or None where no rule may match."""
    fields = {**data, **system}
    if type(system.get("SystemTime")) is not str:
        fields.pop("SystemTime", None)
    kind = kind_of(fields, system)
    if kind is not None and not sieve.may_match(kind, fields["EventID"], fields, awaited=True):
        return None
    return _event(fields, system, raw, line)


def kind_of(fields: dict[str, Any], system: Mapping[str, Any]) -> Kind | None:
    """What a sieve is asked by, of an event whose data and system are `fields`; the names that `event_of` would add are
    added. None for a finding of an antivirus, which needs no rule. As there `system` alone tells the number, channel and
    provider: data may have fields of these names."""
    said = system.get("EventID")
    number = said if type(said) is int and 0 <= said < 10_000_000_000 else whole(said)
    channel, provider = system.get("Channel"), system.get("Provider_Name")
    if type(channel) is not str or type(provider) is not str:
        channel, provider = text_of(channel), text_of(provider)
    service, heading, fixed = _kind_of_many(channel, provider, number)
    fields["EventID"] = number
    if fixed is not None:
        return fixed
    if heading.category:
        if heading.category == "antivirus":
            return None
        heading = _told(fields, heading, service)
    return heading.category, "windows", service, heading.action, _outcome(fields, heading.outcome)


@lru_cache(maxsize=4096)
def _kind_of_many(channel: str, provider: str, number: int) -> tuple[str, Heading, Kind | None]:
    """The kind of all such events, where nothing else in them has a say."""
    service, heading = _kind(channel, provider, number)
    if heading.category == "antivirus" or _deciding(service, heading):
        return service, heading, None
    return service, heading, (heading.category, "windows", service, heading.action, heading.outcome)


def deciding(channel: Any, provider: Any, number: Any) -> frozenset[str]:
    """The native fields that `kind_of` looks at besides these three, or takes a name's value from."""
    return _deciding(*_kind(text_of(channel), text_of(provider), whole(number)))


def _deciding(service: str, heading: Heading) -> frozenset[str]:
    names = {BY_STATUS: {"Status"}, BY_KEYWORDS: {"Keywords"}}.get(heading.outcome, set())
    if service == "security":
        names = names.union(_AUDIT_NAMES.get(heading.category, {}).values())
    return frozenset(names | {"EventType"} if heading.category == "registry_add" else names)


@lru_cache(maxsize=4096)
def _kind(channel: str, provider: str, number: int) -> tuple[str, Heading]:
    service = service_of(channel, provider)
    return service, heading_of(service, number)


def _told(fields: dict[str, Any], heading: Heading, service: str) -> Heading:
    """Names that Sigma's category has and this event calls otherwise; the native ones stay."""
    if service == "security":
        _aliased(fields, _AUDIT_NAMES.get(heading.category, {}))
    elif heading.category == "antivirus":
        _aliased(fields, _THREAT_NAMES)
    elif heading.category == "registry_add" and text_of(fields.get("EventType")).startswith("Delete"):
        return REGISTRY_DELETED
    return heading


_AUDIT_NAMES = {
    "process_creation": {
        "Image": "NewProcessName",
        "ParentImage": "ParentProcessName",
        "User": "SubjectUserName",
        "LogonId": "SubjectLogonId",
    },
    "process_termination": {"Image": "ProcessName"},
}
_THREAT_NAMES = {"Signature": "Threat Name", "Filename": "Path"}


def _aliased(fields: dict[str, Any], names: Mapping[str, str]) -> None:
    for name, native in names.items():
        if name not in fields and native in fields:
            fields[name] = fields[native]


def text_of(value: Any) -> str:
    """A scalar as text; "" for none and for what is no scalar."""
    if type(value) is str:
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def whole(value: Any) -> int:
    """A number of at most ten digits, or 0."""
    if type(value) is int:
        return value if 0 <= value < 10_000_000_000 else 0
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = fields.get(name)
        if value is not None and (text := value if type(value) is str else text_of(value)) not in _EMPTY:
            return text
    return ""


def _bare(user: str) -> str:
    """The account's name without its domain."""
    return user.rpartition("\\")[2] if "\\" in user else user


def _port(text: str) -> int:
    number = whole(text)
    return number if number < 65_536 else 0


def _hash(text: str) -> str:
    """The strongest digest of Sysmon's `SHA256=...,MD5=...`, or a bare one."""
    if not text or len(text) > 1024:
        return ""
    if "=" not in text:
        return text.lower() if _HEX.match(text) else ""
    found = {name.strip().lower(): value for name, _, value in (part.partition("=") for part in text.split(","))}
    for name, length in _HASHES.items():
        value = found.get(name, "")
        if len(value) == length and _HEX.match(value):
            return value.lower()
    return ""


def _outcome(fields: Mapping[str, Any], word: str) -> str:
    if word == BY_STATUS:
        status = text_of(fields.get("Status")).lower()
        return "success" if status in ("0x0", "0", "0x00000000") else "failure" if status else ""
    if word != BY_KEYWORDS:
        return word
    keywords = fields.get("Keywords")
    return _audited(keywords) if isinstance(keywords, (str, int)) else ""


@lru_cache(maxsize=1024)
def _audited(keywords: str | int) -> str:
    if isinstance(keywords, str):
        lowered = keywords.strip().lower()
        if "audit" in lowered:
            return "failure" if "failure" in lowered else "success"
        try:
            keywords = int(lowered, 16) if lowered.startswith("0x") and len(lowered) <= 18 else int(lowered[:20] or "0")
        except ValueError:
            return ""
    return "failure" if keywords & _FAILURE else "success" if keywords & _SUCCESS else ""


def _moment(value: Any) -> int | None:
    if type(value) is int:
        return possible(value)
    if not isinstance(value, str) or len(value) < 19:
        return None
    base = _minute(value[:16])
    seconds, fraction = value[17:19], value[20:26]
    if base is None or not (seconds.isascii() and seconds.isdigit()):
        return None
    digits = fraction if fraction.isascii() and fraction.isdigit() else fraction.rstrip("Zz")
    return base + int(seconds) * 1_000_000 + (int(digits.ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0)


@lru_cache(maxsize=4096)
def _minute(text: str) -> int | None:
    """`2026-11-23T10:04` of UTC."""
    try:
        return possible(to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC)))
    except (ValueError, OverflowError):
        return None
