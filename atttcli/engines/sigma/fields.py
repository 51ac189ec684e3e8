"""Reading a field of an event by the name that a rule uses: the typed head first, then the native fields.

An empty name is the whole record. Blanks in native names do not count: `ThreatName` reads `Threat Name`.

Sigma's usual names for what stands in the head are understood too (`c-ip`, `TargetUserName` are not in a web log's
fields, but the address and the user are).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

from atttcli.model.event import Event

Reader = Callable[[Event], Any]
HEAD = frozenset(
    {"category", "product", "service", "host", "user", "src_ip", "src_port", "dst_ip", "dst_port",
     "domain", "url", "hash", "action", "outcome", "raw"}
)  # fmt: skip
INDEXED = ("category", "product", "service", "action", "outcome")  # our own words
BOUND = ("action", "outcome", "EventID")  # what a rule demands of these, events are sorted by before any rule runs
_OURS = ("action", "outcome")  # never taken from native fields: a crafted log could say them
ALIASES = {"c-ip": "src_ip", "s-ip": "dst_ip", "cs-uri": "url", "c-uri": "url", "cs-username": "user"}
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MOST_TEXT = 4 * 1024 * 1024


@lru_cache(1024)
def reader(name: str) -> Reader:
    """How to read `name`; what is absent (or empty, or 0 in a port) is None."""
    if not name:
        return record_text
    if name in HEAD:
        return _head(name)
    if name.startswith("fields."):
        return _native(name[7:], None)
    return _native(name, _head(ALIASES[name]) if name in ALIASES else None)


def record_text(event: Event) -> str:
    """The whole record for words that stand anywhere in it. Of a JSON record its values: JSON writes `\\` for a backslash."""
    raw = event.raw
    if raw[:1] not in ("{", "[", "<") or not event.fields:
        return raw
    texts = [value for value in event.fields.values() if type(value) is str]
    texts += [text for value in event.fields.values() if type(value) is not str for text in _values(value)]
    return "\n".join(texts)[:_MOST_TEXT]


def _values(value: Any) -> Iterator[str]:
    """Every scalar, depth bounded by the readers' own bound."""
    if isinstance(value, dict):
        for member in value.values():
            yield from _values(member)
    elif isinstance(value, list):
        for member in value:
            yield from _values(member)
    elif value is not None:
        yield text_of(value)


def _head(name: str) -> Reader:
    get = attrgetter(name)
    if name in _OURS:
        return lambda event: get(event) or None
    if name == "raw":
        return get
    native = _native(name, None)
    if name in INDEXED:  # a cloud log has a `category` of its own, which its rules mean

        def read_native(event: Event) -> Any:
            value = native(event)
            return (get(event) or None) if value is None else value

        return read_native

    def read(event: Event) -> Any:
        return get(event) or native(event)

    return read


def _native(name: str, otherwise: Reader | None) -> Reader:
    parts = name.split(".")
    if len(parts) == 1 and otherwise is None:
        return _plain(name)

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


@lru_cache(1024)
def native_names(name: str) -> tuple[str, ...]:
    """The native fields that `name` reads, the first that is there; () where it reads anything else."""
    if not name or name in HEAD or name in ALIASES or "." in name:
        return ()
    other = other_spelling(name)
    return (name, other) if other else (name,)


def _plain(name: str) -> Reader:
    """A native field; where it is absent, the same name written with blanks (or without)."""
    other = other_spelling(name)
    if not other:
        return lambda event: event.fields.get(name)

    def read(event: Event) -> Any:
        fields = event.fields
        value = fields.get(name)
        return fields.get(other) if value is None else value

    return read


def other_spelling(name: str) -> str:
    """The name with blanks, or without; "" when it is the same."""
    other = name.replace(" ", "") if " " in name else _INNER_CAPITAL.sub(" ", name)
    return other if other != name else ""


def text_of(value: Any) -> str:
    """A field's value as text: what rules compare and groups are made of."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
