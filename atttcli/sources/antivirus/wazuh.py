"""Wazuh's alerts.json and archives.json: Windows events as such, virus findings as antivirus events, all else as its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from atttcli.model.event import Event
from atttcli.sources.antivirus.threat import hash_of, outcome_of
from atttcli.sources.logs.address import address, port
from atttcli.sources.logs.objects import ObjectLog
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.windows.jsonlog import of_object
from atttcli.sources.windows.shapes import moment, wazuh_part

_VIRUS: Final = frozenset({"virus", "antivirus", "malware", "yara", "rootkit"})
_LOGON: Final = {
    "authentication_success": ("login", "success"),
    "authentication_failed": ("login", "failure"),
    "authentication_failures": ("login", "failure"),
    "invalid_login": ("login", "failure"),
    "adduser": ("account-create", ""),
    "account_changed": ("account-change", ""),
}
REASON: Final = "JSON, but no Wazuh record"


class Wazuh(ObjectLog):
    """One alert an object; recognised by Wazuh's agent, rule or decoder."""

    def __init__(self) -> None:
        super().__init__("wazuh", lambda record: _is_ours(_inner(record)), _told, REASON, 98)


def _told(record: dict[str, Any], text: str, number: int, stamps: Stamps) -> Event | None:
    inner = _inner(record)
    return _event(inner, text, number, stamps) if _is_ours(inner) else None


def _inner(record: dict[str, Any]) -> dict[str, Any]:
    inner = record.get("_source")
    return inner if isinstance(inner, dict) else record


def _is_ours(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("agent"), dict) and (
        (isinstance(record.get("rule"), dict) and "level" in record["rule"]) or isinstance(record.get("decoder"), dict)
    )


def _event(record: dict[str, Any], text: str, number: int, stamps: Stamps) -> Event:
    rule = _part(record, "rule")
    if wazuh_part(record) is not None and (event := of_object(record, text, number, stamps)) is not None:
        return msgspec.structs.replace(event, fields={**event.fields, **_rule_fields(rule)})
    agent = _part(record, "agent")
    groups = _groups(rule)
    fields = _fields(record, rule)
    action, outcome = next((_LOGON[group] for group in groups if group in _LOGON), ("", ""))
    is_virus = _is_finding(groups, fields)
    if is_virus:
        fields["Signature"] = _first(fields, *_SIGNATURE)
        fields["Filename"] = _first(fields, "url", "file", "virustotal.source.file", "syscheck.path")
        action, outcome = "alert", outcome_of(_first(fields, "action", "status"))
    source = _first(fields, "srcip", "src_ip") or (str(agent.get("ip") or "") if is_virus else "")
    return Event(
        _time(record, stamps),
        number,
        text,
        "antivirus" if is_virus else "authentication" if action == "login" else "",
        "wazuh",
        str(_part(record, "decoder").get("name") or "")[:64],
        str(_part(record, "predecoder").get("hostname") or agent.get("name") or ""),
        _first(fields, "dstuser", "srcuser", "user"),
        address(source),
        port(_first(fields, "srcport")),
        address(_first(fields, "dstip", "dst_ip")),
        port(_first(fields, "dstport")),
        url="" if is_virus else _first(fields, "url"),
        hash=hash_of(_first(fields, *_DIGESTS)),
        action=action,
        outcome=outcome,
        fields=fields,
    )


def _is_finding(groups: list[str], fields: Mapping[str, Any]) -> bool:
    """Not all that these integrations write: VirusTotal answers for each changed file, ClamAV tells of its updates too."""
    if not _VIRUS.isdisjoint(groups):
        return True
    if "virustotal" in groups:
        return str(fields.get("virustotal.malicious", "0")) not in ("0", "False", "")
    return "clamd" in groups and _first(fields, "full_log").endswith(" FOUND")


_SIGNATURE: Final = ("virus", "malware", "extra_data", "virustotal.malicious_name", "rule.description")
_DIGESTS: Final = ("syscheck.sha256_after", "syscheck.md5_after", "virustotal.source.md5", "sha256", "md5")


def _groups(rule: Mapping[str, Any]) -> list[str]:
    groups = rule.get("groups")
    return [group for group in groups[:64] if isinstance(group, str)] if isinstance(groups, list) else []


def _fields(record: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {**_flat(_part(record, "data")), **_rule_fields(rule)}
    fields |= {name: record[name] for name in ("full_log", "location") if isinstance(record.get(name), str)}
    return fields | {f"syscheck.{key}": value for key, value in _flat(_part(record, "syscheck")).items()}


def _time(record: Mapping[str, Any], stamps: Stamps) -> int | None:
    found = moment(record.get("timestamp") or record.get("@timestamp"), stamps)
    return found if isinstance(found, int) else None


def _part(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _rule_fields(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {f"rule.{name}": rule[name] for name in ("id", "level", "description", "groups", "mitre") if name in rule}


def _flat(node: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in list(node.items())[:500]:
        if isinstance(value, dict) and depth < 6:
            flat |= _flat(value, f"{prefix}{name}.", depth + 1)
        else:
            flat[prefix + name] = value
    return flat


def _first(fields: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")
