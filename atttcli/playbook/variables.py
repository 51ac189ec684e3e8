"""Typed variables of a playbook: reading what people give, and putting values where a text refers to them."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from atttcli.errors import UsageError
from atttcli.model.playbook import Variable

MAX_VALUE = 20_000
REFERENCE = re.compile(r"\$\$(?P<old>[A-Za-z0-9_-]{1,200})\$\$(?:[.:]value)?|(?P<new>__[A-Za-z0-9_-]{1,200}?__):value")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?\Z")
_MAC = re.compile(r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\Z", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9a-f]{2}){1,5000}\Z", re.IGNORECASE)
_URI = re.compile(r"[a-z][a-z0-9+.-]{1,30}:[^\s]{1,4000}\Z", re.IGNORECASE)
_YES = {"true": True, "yes": True, "1": True, "có": True, "false": False, "no": False, "0": False, "không": False}


def _bool(text: str) -> bool:
    if text.lower() not in _YES:
        raise ValueError(text)
    return _YES[text.lower()]


def _integer(text: str) -> int:
    if not _INTEGER.match(text):
        raise ValueError(text)
    return int(text)


def _float(text: str) -> float:
    if not _FLOAT.match(text):
        raise ValueError(text)
    return float(text)


def _shaped(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.match(text):
            raise ValueError(text)
        return text

    return read


def _dictionary(text: str) -> str:
    if isinstance(json.loads(text), dict):
        return text
    raise ValueError(text)


TYPES: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "bool": _bool,
    "boolean": _bool,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "dictionary": _dictionary,
    "ipv4-addr": lambda text: str(ipaddress.IPv4Address(text)),
    "ipv6-addr": lambda text: str(ipaddress.IPv6Address(text)),
    "mac-addr": _shaped(_MAC),
    "hexstring": _shaped(_HEX),
    "hash": _shaped(_HEX),
    "md5-hash": _shaped(re.compile(r"[0-9a-f]{32}\Z", re.IGNORECASE)),
    "sha256-hash": _shaped(re.compile(r"[0-9a-f]{64}\Z", re.IGNORECASE)),
    "uri": _shaped(_URI),
    "uuid": lambda text: str(uuid.UUID(text)),
}


def is_bool(kind: str) -> bool:
    """Whether a yes or no answers it; `boolean` is a common spelling of CACAO's `bool`."""
    return kind in {"bool", "boolean"}


def read_value(kind: str, text: str) -> Any:
    """A text as a value of this type; ValueError when it is none. Types of others are texts."""
    if len(text) > MAX_VALUE:
        raise ValueError(f"longer than {MAX_VALUE} characters")
    try:
        return TYPES.get(kind, str)(text.strip() if kind != "string" else text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def given_value(variable: Variable, text: str) -> Any:
    """What a person gave for a variable; UsageError that names the type."""
    try:
        return read_value(variable.type, text)
    except ValueError as error:
        raise UsageError(
            f"{variable.name} is {variable.type}: {text[:60]!r} is none", hint=f"--set {variable.name}=…"
        ) from error


def initial_value(variable: Variable) -> Any:
    """The value that a playbook starts with; None when it has none or a wrong one (`lint` reports that)."""
    if variable.value is None:
        return None
    try:
        return read_value(variable.type, variable.value)
    except ValueError:
        return None


def references(text: str) -> tuple[str, ...]:
    """The variables that a text refers to: `__name__:value` or `$$name$$`."""
    return tuple(_name(match) for match in REFERENCE.finditer(text))


def fill(text: str, values: Mapping[str, Any]) -> str:
    """A text for people with values in the place of references; what has no value stays as it stands."""

    def one(match: re.Match[str]) -> str:
        value = values.get(_name(match))
        return match[0] if value is None else shown(value)

    return REFERENCE.sub(one, text)


def shown(value: Any) -> str:
    """A value as CACAO writes it: text."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _name(match: re.Match[str]) -> str:
    old = match["old"]
    if old is None:
        return str(match["new"])
    return old if old.startswith("__") else f"__{old}__"
