"""Events in other tools' words, made at the edge: ECS documents, Timesketch's columns, plaso's two sorts of CSV.

Within the tool native names stay as they are; the table of the mapping stands in docs/hunt.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

Row = Mapping[str, Any]
ECS_VERSION = "8.11.0"
_CATEGORIES = {
    "webserver": "web", "proxy": "web", "authentication": "authentication", "firewall": "network", "dns": "network",
    "mail": "email", "antivirus": "malware", "process_creation": "process", "process_termination": "process",
    "network_connection": "network", "dns_query": "network", "file_event": "file", "file_delete": "file",
    "registry_set": "registry", "registry_add": "registry", "registry_delete": "registry", "registry_event": "registry",
    "image_load": "library", "driver_load": "driver", "database": "database", "vpn": "network",
}  # fmt: skip
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
TIMESKETCH = (
    "message", "timestamp", "datetime", "timestamp_desc", "data_type", "host", "user", "src_ip", "dst_ip", "url", "action",
    "outcome", "source", "ref",
)  # fmt: skip
PLASO = ("datetime", "timestamp_desc", "source", "source_long", "message", "parser", "display_name", "tag")
L2T = (
    "date", "time", "timezone", "MACB", "source", "sourcetype", "type", "user", "host", "short", "desc", "version",
    "filename", "inode", "notes", "format", "extra",
)  # fmt: skip
_LOGGED, _NO_TIME = "Event Logged", "Not a time"
_SHORT = 80
_EPOCH = "1970-01-01T00:00:00.000000+00:00"  # Timesketch drops rows whose datetime it cannot read
_NO_DATE = "0000-00-00T00:00:00.000000+00:00"  # plaso's own


def plain(value: Any) -> Any:
    """A cell of a hunt as JSON writes it: times are RFC 3339 with Z."""
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return _stamp(moment)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def as_json(row: Row) -> dict[str, Any]:
    """A whole event; its native fields as an object."""
    body = {name: plain(value) for name, value in row.items()}
    if isinstance(body.get("fields"), str):
        body["fields"] = json.loads(body["fields"])
    return body


def ecs(row: Row) -> dict[str, Any]:
    """An Elastic Common Schema document; what ECS has no word for stands below `atttcli`."""
    category, given = row["category"], _CATEGORIES.get(row["category"])
    event = {
        "kind": "event", "original": row["raw"], "action": row["action"], "outcome": row["outcome"] or "unknown",
        "category": [given] if given else [], "dataset": ".".join(filter(None, (row["product"], row["service"]))) or row["kind"],
        "id": row["ref"], "module": row["product"],
    }  # fmt: skip
    document = {
        "@timestamp": plain(row["time"]),
        "ecs": {"version": ECS_VERSION},
        "message": row["raw"],
        "event": event,
        "host": {"name": row["host"]},
        "user": {"name": row["user"]},
        "source": {"ip": row["src_ip"], "port": row["src_port"]},
        "destination": {"ip": row["dst_ip"], "port": row["dst_port"], "domain": row["domain"]},
        "url": {"original": row["url"]},
        "file": {"hash": {_HASHES[len(row["hash"])]: row["hash"]}} if len(row["hash"]) in _HASHES else {},
        "log": {"file": {"path": row["source"]}, "offset": row["line"]},
        "related": {
            "ip": [one for one in (row["src_ip"], row["dst_ip"]) if one],
            "user": [row["user"]] if row["user"] else [],
            "hash": [row["hash"]] if row["hash"] else [],
        },
        "atttcli": {
            "category": category, "fields": json.loads(row["fields"] or "{}"), "source_sha256": row["source_sha256"],
            "segment": row["segment"],
        },
    }  # fmt: skip
    return {name: left for name, value in document.items() if (left := _without_empty(value)) not in ({}, [], "", None)}


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "fields" in value and "segment" in value:  # native fields stay as they are, empty ones too
        return value
    cleaned = {name: _without_empty(one) for name, one in value.items()}
    return {name: one for name, one in cleaned.items() if one not in ({}, [], "", None, 0)}


def timesketch(row: Row) -> dict[str, Any]:
    """Timesketch's three columns and those by which people filter there; one without a time says so."""
    moment = row["time"]
    return {
        "message": row["raw"], "timestamp": _micros(moment), "datetime": _iso(moment),
        "timestamp_desc": _LOGGED if moment is not None else _NO_TIME, "data_type": f"atttcli:{row['kind']}",
        **{name: row[name] for name in TIMESKETCH[5:]},
    }  # fmt: skip


def plaso(row: Row) -> dict[str, Any]:
    """plaso's dynamic output."""
    told = _LOGGED if row["time"] is not None else _NO_TIME
    return {
        "datetime": _iso(row["time"], _NO_DATE), "timestamp_desc": told, "source": "LOG", "source_long": _words(row),
        "message": row["raw"], "parser": f"atttcli/{row['kind']}", "display_name": row["source"], "tag": "-",
    }  # fmt: skip


def l2tcsv(row: Row) -> dict[str, Any]:
    """plaso's l2tcsv, seventeen columns; times are UTC."""
    moment = row["time"]
    return {
        "date": moment.strftime("%m/%d/%Y") if moment is not None else "00/00/0000",
        "time": moment.strftime("%H:%M:%S") if moment is not None else "--:--:--",
        "timezone": "UTC", "MACB": "....", "source": "LOG", "sourcetype": _words(row),
        "type": _LOGGED if moment is not None else _NO_TIME, "user": row["user"] or "-", "host": row["host"] or "-",
        "short": _short(row["raw"]), "desc": row["raw"], "version": 2, "filename": row["source"], "inode": "-",
        "notes": row["ref"], "format": f"atttcli/{row['kind']}",
        "extra": "; ".join(f"{name}: {row[name]}" for name in ("src_ip", "dst_ip", "url", "action", "outcome") if row[name]),
    }  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def _words(row: Row) -> str:
    return " ".join(filter(None, (row["product"], row["category"], row["service"]))) or row["kind"]


def _micros(moment: datetime | None) -> int:
    if moment is None:
        return 0
    span = moment - datetime(1970, 1, 1)  # noqa: DTZ001 - DuckDB gives UTC without a zone
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _iso(moment: datetime | None, without: str = _EPOCH) -> str:
    if moment is None:
        return without
    return moment.isoformat(timespec="microseconds") + "+00:00"


def _stamp(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
