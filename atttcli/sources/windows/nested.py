"""The nested form of a record (System, EventData, UserData as XML has them) to flat fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ATTRIBUTES = "#attributes"
_TEXT = "#text"
_MAX_DEPTH = 8
_MOST = 2_000  # leaves of one record
_PARTS = frozenset({"Provider", "Execution", "Security", "Correlation"})
_KEPT = {
    ("Provider", "Name"): "Provider_Name",
    ("Provider", "Guid"): "Provider_Guid",
    ("Execution", "ProcessID"): "Execution_ProcessID",
    ("Execution", "ThreadID"): "Execution_ThreadID",
    ("Security", "UserID"): "Security_UserID",
}


def system_of(system: Any) -> dict[str, Any]:
    """System flat, in the names that `event_of` takes."""
    flat: dict[str, Any] = {}
    if not isinstance(system, dict):
        return flat
    for name, value in system.items():
        if type(value) is not dict:
            if name not in _PARTS:
                flat["SystemTime" if name == "TimeCreated" else name] = value
        elif name in _PARTS:
            for key, text in _attributes(value).items():
                if (full := _KEPT.get((name, key))) is not None:
                    flat[full] = text
        elif name == "TimeCreated":
            flat["SystemTime"] = _attributes(value).get("SystemTime")
        else:
            flat[name] = value.get(_TEXT)
    return flat


def _attributes(value: Any) -> Mapping[str, Any]:
    """`{"#attributes": {...}}` of the evtx wheel, or the attributes themselves (`@Name` too)."""
    if not isinstance(value, dict):
        return {}
    inner = value.get(_ATTRIBUTES)
    if isinstance(inner, dict):
        return inner
    return {key.lstrip("@"): text for key, text in value.items()}


def data_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """EventData and UserData flat, by the names of their leaves."""
    data = event.get("EventData")
    user = event.get("UserData")
    flat: dict[str, Any] = {}
    if type(data) is dict:
        if user is None and _is_flat(data):
            return data
        _flatten(data, flat, 0)
    elif isinstance(data, str):
        flat["Data"] = data
    if isinstance(user, dict):
        _flatten(user, flat, 0)
    return flat


def _is_flat(data: dict[str, Any]) -> bool:
    for value in data.values():
        kind = type(value)
        if kind is dict or kind is list:
            return False
    return True


def _flatten(node: Mapping[str, Any], flat: dict[str, Any], depth: int) -> None:
    for name, value in node.items():
        if len(flat) >= _MOST:
            return
        if name == _ATTRIBUTES:
            if isinstance(value, dict):
                flat.update((key, text) for key, text in value.items() if key not in ("xmlns", "Name"))
        elif isinstance(value, dict):
            if _TEXT in value:
                flat[name] = _plain(value[_TEXT])
            elif depth < _MAX_DEPTH:
                _flatten(value, flat, depth + 1)
        elif isinstance(value, list):
            _listed(name, value, flat, depth)
        else:
            flat[name] = value


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        texts = [item for item in value if not isinstance(item, (dict, list))]
        return texts[0] if len(texts) == 1 else texts
    return value if not isinstance(value, dict) else None


def _listed(name: str, values: list[Any], flat: dict[str, Any], depth: int) -> None:
    """`[{"@Name": "Image", "#text": "..."}]` by its names; unnamed texts stay a list under `name`."""
    unnamed: list[Any] = []
    for value in values[:_MOST]:
        if not isinstance(value, dict):
            if not isinstance(value, list):
                unnamed.append(value)
            continue
        key = value.get("@Name") or value.get("Name") or _attributes(value).get("Name")
        if isinstance(key, str) and len(flat) < _MOST:
            flat[key] = _plain(value.get(_TEXT, value.get("Value")))
        elif _TEXT in value:
            unnamed.append(_plain(value[_TEXT]))
        elif depth < _MAX_DEPTH:
            _flatten(value, flat, depth + 1)
    if unnamed:
        flat[name] = unnamed[0] if len(unnamed) == 1 else unnamed
