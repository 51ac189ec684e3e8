"""The part of STIX comparison expressions that CACAO conditions use: `__stable__:value = true`, joined by AND, OR."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from atttcli.errors import InputError

MAX_LENGTH = 1000
_COMPARISON = re.compile(
    r"\s*\$*(?P<name>__[A-Za-z0-9_-]{1,100}__)(?::value)?\s{0,9}(?P<op>=|!=|<=|>=|<|>)\s{0,9}"
    r"(?:'(?P<text>[^']{0,200})'|(?P<word>true|false|-?[0-9]{1,15}))\s*\Z",
    re.IGNORECASE,
)
_JOIN = re.compile(r"\s(AND|OR)\s")


def check_condition(text: str) -> str:
    """What is wrong with a condition; empty when nothing is."""
    try:
        parse(text)
    except InputError as error:
        return error.message
    return ""


def parse(text: str) -> list[list[tuple[str, str, Any]]]:
    """OR of ANDs of (variable, operator, value); AND binds closer."""
    if len(text) > MAX_LENGTH:
        raise InputError("the condition is too long")
    parts = _JOIN.split(text)
    terms = [[_comparison(parts[0])]]
    for joint, part in zip(parts[1::2], parts[2::2], strict=True):
        if joint == "AND":
            terms[-1].append(_comparison(part))
        else:
            terms.append([_comparison(part)])
    return terms


def holds(text: str, variables: Mapping[str, Any]) -> bool:
    """Whether the condition is true of these variables; one that is not set makes its comparison false."""
    return any(all(_true(term, variables) for term in group) for group in parse(text))


def variables_in(text: str) -> tuple[str, ...]:
    """The names of the variables that a condition reads."""
    return tuple(name for group in parse(text) for name, _, _ in group)


def _comparison(text: str) -> tuple[str, str, Any]:
    match = _COMPARISON.match(text)
    if match is None:
        raise InputError(f"not a condition that this version evaluates: {text.strip()[:80]!r}")
    word = match["word"]
    if word is None:
        return match["name"], match["op"], match["text"]
    if word.lower() in {"true", "false"}:
        return match["name"], match["op"], word.lower() == "true"
    return match["name"], match["op"], int(word)


def _true(term: tuple[str, str, Any], variables: Mapping[str, Any]) -> bool:
    name, operator, wanted = term
    if name not in variables:
        return False
    value = variables[name]
    if operator in {"=", "!="}:
        same = _text(value) == _text(wanted)
        return same if operator == "=" else not same
    try:
        left, right = float(value), float(wanted)
    except (TypeError, ValueError):
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
