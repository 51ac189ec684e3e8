"""The native fields of an event that is written in one level, without building the event: what a sieve is asked about.

The usual lines of one exporter have the same names in the same order: what becomes of each name is worked out once.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from atttcli.sources.logs.jsonline import MAX_DEPTH
from atttcli.sources.windows.shapes import FLAT, is_flat, sysmon_event_type

_KNOWN: Final = 4096
_STRUCTURED: Final = frozenset({dict})
_DECODER: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder()
_layouts: dict[tuple[str, ...], tuple[tuple[str, str], ...] | None] = {}


def fields_of(text: str) -> dict[str, Any] | None:
    """The fields as `event_of` would give them, or None where that takes the whole reader: other shapes, and errors."""
    try:
        record = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if type(record) is not dict or not _STRUCTURED.isdisjoint(map(type, record.values())):
        return None
    names = tuple(record)
    try:
        renamed = _layouts[names]
    except KeyError:
        renamed = _layout(names, record)
    if renamed is None or text.count("{") + text.count("[") > MAX_DEPTH:  # might be nested too deep
        return None
    taken = []
    for name, full in renamed:
        value = record.pop(name)
        if type(value) is list:  # stays where it is
            return None
        if full:
            taken.append((full, value))
    record.update(taken)
    if "EventType" in record:
        record["EventType"] = sysmon_event_type(record, record.get("Channel"))
    return record


def _layout(names: tuple[str, ...], record: dict[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Each name to take away, and the name to put in its stead ("" for none); the first of two that mean the same wins."""
    found: tuple[tuple[str, str], ...] | None = None
    if is_flat(record):
        of_full: dict[str, list[str]] = {}
        for name in names:
            if name in FLAT:
                of_full.setdefault(FLAT[name], []).append(name)
        moves: list[tuple[str, str]] = []
        for full, its_names in of_full.items():
            if full == "SystemTime":
                moves += [(name, "") for name in its_names]
            elif its_names != [full]:
                moves += [(its_names[0], full), *((name, "") for name in its_names[1:])]
        found = tuple(moves)
    if len(_layouts) >= _KNOWN:  # crafted: forget and go on
        _layouts.clear()
    _layouts[names] = found
    return found
