"""What an event says in a few words, for a line of a screen: not the stamp and the names that stand in front of its record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_STAMP: Final = re.compile(
    r"(?:<\d{1,3}>)?(?:\d )?(?:\d{4}-\d\d-\d\d[T ][\d:.,]{5,15}(?: ?(?:Z|[+-]\d\d:?\d\d))?|[A-Z][a-z]{2} [ \d]\d [\d:]{8}) "
)
_OF_WINDOWS: Final = (
    "CommandLine", "ScriptBlockText", "Image", "NewProcessName", "TargetFilename", "TargetObject", "QueryName", "ServiceName",
    "ShareName", "TargetUserName", "Message",
)  # fmt: skip
_LONGEST: Final = 400


def brief(event: Mapping[str, Any]) -> str:
    """Of a row of `events` by its columns; `fields` is its JSON."""
    fields = _fields(event.get("fields"))
    told = _said(event, fields) or _STAMP.sub("", str(event.get("raw") or "")[:_LONGEST], count=1)
    return " ".join(told[:_LONGEST].split())


def _said(event: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    if signature := _text(fields, "Signature"):
        return _joined(signature, _text(fields, "Filename"), _text(fields, "Action"))
    if number := _text(fields, "EventID"):
        return _joined(number, next((text for name in _OF_WINDOWS if (text := _text(fields, name))), ""))
    if event.get("category") == "webserver":
        domain = str(event.get("domain") or "")
        url = str(event.get("url") or _text(fields, "cs-uri-stem"))
        return _joined(_text(fields, "cs-method"), url if "://" in url else domain + url, _text(fields, "sc-status"))
    if message := _text(fields, "message") or _text(fields, "msg"):
        return message
    if target := str(event.get("dst_ip") or ""):
        port = f":{event['dst_port']}" if event.get("dst_port") else ""
        action = str(event.get("action") or "")
        return _joined(action, f"> {target}{port}", _text(fields, "service"), _text(fields, "query"))
    return ""


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _fields(text: object) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(text if isinstance(text, str) else "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "-" else ""
