"""Microsoft 365's unified audit log, as the portal and PowerShell export it: CSV with `AuditData`, JSON of any layout; and
Entra's sign-in log as JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.cloud.operations import meaning_of
from atttcli.sources.lists.delimited import encoding_of, lines_of
from atttcli.sources.logs.address import address, address_port
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.objects import ObjectLog
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.windows.shapes import moment

_HEAD: Final = 65_536
_MAX_FIELDS: Final = 400
REASON: Final = "no audit record of Microsoft 365"


class M365Csv:
    """`Search-UnifiedAuditLog | Export-Csv` and the export of the compliance portal."""

    name = "m365-csv"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the column AuditData in the first rows."""
        text = given.head[:4096].decode(encoding_of(given.head[:_HEAD]), "replace").removeprefix("\ufeff")
        first = [line for line in text.splitlines()[:3] if not line.startswith("#TYPE")][:1]
        return 98 if first and "AuditData" in _cells(first[0]) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a row."""
        stamps = Stamps(given)
        lines = lines_of(given.stream, encoding_of(given.head[:_HEAD]))
        reader = csv.reader(line for line in lines if not line.startswith("#TYPE"))
        at, number = -1, 0
        while True:
            number += 1
            given.budget.spend_bytes(0)
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield ReadProblem(number, f"not a row of a table: {error}")
                continue
            if at < 0:
                at = [cell.lstrip("\ufeff") for cell in cells].index("AuditData") if "AuditData" in cells else -1
            elif len(cells) > at:
                yield _of_text(cells[at], number, stamps)
            elif cells:
                yield ReadProblem(number, REASON, excerpt=",".join(cells)[:200])


class M365Json(ObjectLog):
    """Audit records or sign-ins as JSON: lines, arrays, `{"value": [...]}`, with `AuditData` as object or text."""

    def __init__(self) -> None:
        super().__init__("m365-json", _audit, _told, REASON, 97)


def _told(record: dict[str, Any], text: str, number: int, stamps: Stamps) -> Event | None:
    audit = _audit(record)
    return _event(audit, text, number, stamps) if audit is not None else None


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _of_text(text: str, number: int, stamps: Stamps) -> Event | ReadProblem:
    record = decode_object(text)
    if isinstance(record, str):
        return ReadProblem(number, record, excerpt=text[:200])
    return _event(record, text, number, stamps)


def _audit(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The audit record in an exported object; None if there is none."""
    for name in ("AuditData", "auditData"):
        inner = record.get(name)
        if isinstance(inner, str):
            decoded = decode_object(inner)
            return decoded if isinstance(decoded, dict) else None
        if isinstance(inner, dict):
            return inner
    whole = dict(record)
    if "Operation" in whole and "CreationTime" in whole:
        return whole
    return whole if "userPrincipalName" in whole and "createdDateTime" in whole and "ipAddress" in whole else None


def _event(audit: dict[str, Any], raw: str, number: int, stamps: Stamps) -> Event:
    if "Operation" not in audit and "createdDateTime" in audit:
        return _sign_in(audit, raw, number, stamps)
    fields = _flat(audit)
    operation = _text(audit, "Operation")
    action, outcome, about = meaning_of(operation, fields)
    fields.update(about)
    src_ip, src_port = _client(audit)
    forward = about.get("forward_to", "")
    user = _text(audit, "UserId")
    return Event(
        _utc(_text(audit, "CreationTime"), stamps),
        number,
        raw,
        "authentication" if action == "login" else "mail" if _text(audit, "Workload") == "Exchange" else "",
        "m365",
        "audit",
        "",
        user,
        src_ip,
        src_port,
        domain=forward.rpartition("@")[2].lower() if "@" in forward else "",
        url=_text(audit, "ObjectId") if _text(audit, "ObjectId").startswith("http") else "",
        action=action,
        outcome=outcome,
        fields=fields,
    )


def _sign_in(record: dict[str, Any], raw: str, number: int, stamps: Stamps) -> Event:
    """Entra's signIns of Microsoft Graph."""
    fields = _flat(record)
    status = record.get("status")
    code = status.get("errorCode") if isinstance(status, dict) else None
    return Event(
        _utc(_text(record, "createdDateTime"), stamps), number, raw, "authentication", "azure", "signinlogs", "",
        _text(record, "userPrincipalName"), address(_text(record, "ipAddress")), action="login",
        outcome="" if code is None else "success" if code == 0 else "failure", fields=fields,
    )  # fmt: skip


def _client(audit: Mapping[str, Any]) -> tuple[str, int]:
    for name in ("ClientIP", "ClientIPAddress", "ActorIpAddress", "ClientIp"):
        found = address_port(_text(audit, name).strip())
        if found[0]:
            return found
    return "", 0


def _utc(text: str, stamps: Stamps) -> int | None:
    """The audit log writes UTC without saying so."""
    found = moment(text if text.endswith("Z") or not text else text + "Z", stamps)
    return found if isinstance(found, int) else None


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _flat(audit: Mapping[str, Any]) -> dict[str, Any]:
    """Native fields; lists of `{Name, Value}` (Parameters, ExtendedProperties) also by their names."""
    fields: dict[str, Any] = {}
    for name, value in list(audit.items())[:_MAX_FIELDS]:
        if isinstance(value, dict):
            fields |= {f"{name}.{key}": inner for key, inner in list(value.items())[:50]}
            continue
        fields[name] = value
        if isinstance(value, list):
            for item in value[:100]:
                if isinstance(item, dict) and isinstance(item.get("Name"), str):
                    fields.setdefault(item["Name"][:128], item.get("Value", item.get("NewValue")))
    return fields
