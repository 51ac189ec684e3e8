"""A match of `detect logs` as JSON."""

from __future__ import annotations

from typing import Any

from atttcli.clock import rfc3339
from atttcli.model.alert import Detection
from atttcli.model.event import Event


def as_json_object(found: Detection, event: Event | None) -> dict[str, Any]:
    """The stable form of one match (docs/json/detect-logs.schema.json)."""
    time = event.time if event is not None and event.time is not None else found.time
    made: dict[str, Any] = {
        "rule": found.rule_id,
        "title": found.title,
        "severity": found.severity.label,
        "engine": found.engine,
        "path": found.origin.path,
        "line": found.origin.line,
        "time": stamp(time),
        "tags": list(found.tags),
        "event": _event(event) if event is not None else _sample(found),
        "why": list(found.why),
    }
    if found.engine == "yara":
        made["strings"] = found.detail["strings"]
    if found.engine == "network":
        made["alert"] = found.detail["alert"]
    if "level" in found.detail and "matched" in found.detail:  # an indicator has matched too, without a level
        made["level"], made["matched"] = found.detail["level"], found.detail["matched"]
    if found.engine == "antivirus" and "rules" in found.detail:
        made["rules"] = found.detail["rules"]
    if found.engine == "correlation":
        names = ("group", "count", "threshold", "timespan", "sum", "values", "condition", "measured")
        made["burst"] = {name: found.detail[name] for name in names if name in found.detail}
    return made


def _sample(found: Detection) -> dict[str, Any] | None:
    """The event with which a burst crossed its threshold: it is long past when the burst is told, its place is known."""
    for sample in found.detail.get("samples", ()):
        if sample["line"] == found.origin.line and sample["path"] == found.origin.path:
            return {"line": sample["line"], "time": stamp(sample["time"])}
    return None


def _event(event: Event) -> dict[str, Any]:
    import msgspec

    made: dict[str, Any] = msgspec.to_builtins(event)
    made["time"] = stamp(event.time)
    return made


def stamp(micros: int | None) -> str | None:
    """A time in JSON; None for none, and for a crafted one that no calendar holds."""
    try:
        return rfc3339(micros) if micros is not None else None
    except (OverflowError, ValueError):
        return None
