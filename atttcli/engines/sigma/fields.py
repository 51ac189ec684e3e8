"""Reading a field of an event by the name that a rule uses: the typed head first, then the native fields.

Sigma's usual names for what stands in the head are understood too (`c-ip`, `TargetUserName` are not in a web log's
fields, but the address and the user are).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from atttcli.model.event import Event

Reader = Callable[[Event], Any]
HEAD = frozenset(
    {"category", "product", "service", "host", "user", "src_ip", "src_port", "dst_ip", "dst_port",
     "domain", "url", "hash", "action", "outcome", "raw"}
)  # fmt: skip
INDEXED = ("category", "product", "service", "action", "outcome")  # our own words: never taken from native fields
ALIASES = {"c-ip": "src_ip", "s-ip": "dst_ip", "cs-uri": "url", "c-uri": "url", "cs-username": "user"}


def reader(name: str) -> Reader:
    """How to read `name`; what is absent (or empty, or 0 in a port) is None."""
    if name in HEAD:
        return _head(name)
    if name.startswith("fields."):
        return _native(name[7:], None)
    return _native(name, _head(ALIASES[name]) if name in ALIASES else None)


def _head(name: str) -> Reader:
    get = attrgetter(name)
    if name in INDEXED:
        return lambda event: get(event) or None
    if name == "raw":
        return get
    native = _native(name, None)

    def read(event: Event) -> Any:
        return get(event) or native(event)

    return read


def _native(name: str, otherwise: Reader | None) -> Reader:
    parts = name.split(".")
    if len(parts) == 1 and otherwise is None:
        return lambda event: event.fields.get(name)

    def read(event: Event) -> Any:
        value = event.fields.get(name)
        if value is None and len(parts) > 1:
            value = event.fields
            for part in parts:
                value = value.get(part) if isinstance(value, dict) else None
        if value is None and otherwise is not None:
            return otherwise(event)
        return value

    return read


def text_of(value: Any) -> str:
    """A field's value as text: what rules compare and groups are made of."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
