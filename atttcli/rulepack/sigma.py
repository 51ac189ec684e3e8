"""Sigma rules on single events: a documented sub-set of the format (docs/decisions/0061), refused whole where it ends.

Modifiers: contains startswith endswith all re cidr cased exists lt lte gt gte. Values: text with wildcards, numbers, null.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from atttcli.errors import RuleError, Where
from atttcli.rulepack.sigma_condition import parse_condition
from atttcli.rulepack.sigma_nodes import And, Field, Meta, Node, Or, SigmaRule, Test

_TEXT_KINDS = ("contains", "startswith", "endswith")
_ORDER_KINDS = ("lt", "lte", "gt", "gte")
_MODIFIERS = frozenset({*_TEXT_KINDS, *_ORDER_KINDS, "all", "re", "cidr", "cased", "exists"})
_LEVELS = ("informational", "low", "medium", "high", "critical")
_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")
MAX_VALUES = 2000


def parse_rule(document: Mapping[str, Any], path: str) -> SigmaRule:
    """One rule document; RuleError with file and line for what cannot be used whole."""
    meta = parse_meta(document, path)
    try:
        detection = document.get("detection")
        if not isinstance(detection, dict) or "condition" not in detection:
            raise RuleError("no `detection` with a `condition`")
        if "timeframe" in detection:
            raise RuleError("`timeframe` is not supported", hint="write a correlation rule")
        selections = {
            name: _selection(value, meta.where, _line(detection, name))
            for name, value in detection.items()
            if name != "condition"
        }
        condition = detection["condition"]
        if not isinstance(condition, str):
            raise RuleError("`condition` must be one line of text")
        node = parse_condition(condition, selections)
        return SigmaRule(meta, _logsource(document), node)
    except RuleError as error:
        raise placed(error, meta) from error


def placed(error: RuleError, meta: Meta) -> RuleError:
    """The error with file, line and rule name."""
    line = error.where.line if error.where and error.where.line else meta.where.line
    return RuleError(error.message, hint=error.hint, where=Where(meta.where.path, line=line, rule=meta.title))


def parse_meta(document: Mapping[str, Any], path: str) -> Meta:
    """Title, id, level ... of a rule of either sort."""
    first = min(getattr(document, "lines", {}).values(), default=1)
    where = Where(path, line=first, rule=str(document.get("title", ""))[:200])
    title = document.get("title")
    if not isinstance(title, str) or not title.strip():
        raise RuleError("no `title`", where=where)
    own = document.get("attt")
    own = own if isinstance(own, dict) else {}
    identity = str(document.get("id") or document.get("name") or "")
    if not identity:
        raise RuleError("neither `id` nor `name`", hint="a rule is known by its id", where=where)
    level = str(document.get("level", "medium")).lower()
    if level not in _LEVELS:
        line = _line(document, "level")
        raise RuleError(f"unknown level {level!r}", where=Where(path, line=line, rule=title))
    return Meta(
        id=identity,
        name=str(document.get("name") or ""),
        title=title.strip(),
        title_vi=str(own.get("title_vi") or title).strip(),
        description=str(document.get("description") or "").strip(),
        level=level,
        category=str(own.get("category") or ""),
        tags=_words(document.get("tags")),
        false_positives=_words(document.get("falsepositives")),
        where=where,
        key=_words(own.get("key")),
        playbook=str(own.get("playbook") or ""),
        alert=own["alert"] if isinstance(own.get("alert"), bool) else None,
    )


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(member) for member in value if isinstance(member, (str, int)))
    return (value,) if isinstance(value, str) and value else ()


def _line(mapping: Any, key: str) -> int | None:
    lines = getattr(mapping, "lines", None)
    return lines.get(key) if lines else None


def _logsource(document: Mapping[str, Any]) -> tuple[str, str, str]:
    source = document.get("logsource")
    if not isinstance(source, dict):
        raise RuleError("no `logsource`")
    unknown = set(source) - {"category", "product", "service", "definition"}
    if unknown:
        raise RuleError(f"unknown log source word {min(unknown)!r}")
    return (str(source.get("category") or "").lower(), str(source.get("product") or "").lower(),
            str(source.get("service") or "").lower())  # fmt: skip


def _selection(value: Any, where: Where, line: int | None) -> Node:
    """A mapping (all fields), a list of mappings (any), or words looked for in the whole record."""
    if isinstance(value, dict):
        return _mapping(value, where)
    if isinstance(value, list) and value and all(isinstance(member, dict) for member in value):
        return Or(tuple(_mapping(member, where) for member in value))
    words = value if isinstance(value, list) else [value]
    if words and all(isinstance(word, (str, int)) and not isinstance(word, bool) for word in words):
        return Field("", tuple(_keyword(str(word)) for word in words))
    raise RuleError(
        "a selection is a mapping, a list of mappings or a list of words", where=Where(where.path, line=line)
    )


def _keyword(word: str) -> Test:
    test = text_test(f"*{word}*", "equals", cased=False)
    if not str(test.value):
        raise RuleError("an empty keyword")
    return test


def _mapping(value: Mapping[str, Any], where: Where) -> Node:
    if not value:
        raise RuleError("an empty selection")
    fields = []
    for key, given in value.items():
        try:
            fields.append(_field(key, given))
        except RuleError as error:
            raise RuleError(error.message, hint=error.hint, where=Where(where.path, line=_line(value, key))) from error
    return fields[0] if len(fields) == 1 else And(tuple(fields))


def _field(key: str, given: Any) -> Field:
    name, *modifiers = key.split("|")
    unknown = set(modifiers) - _MODIFIERS
    if unknown:
        raise RuleError(
            f"the modifier `{min(unknown)}` is not supported", hint="the rule is refused whole, not run in part"
        )
    kinds = [modifier for modifier in modifiers if modifier not in ("all", "cased")]
    if len(kinds) > 1:
        raise RuleError(f"the modifiers {' and '.join(kinds)} do not go together")
    kind = kinds[0] if kinds else "equals"
    values = given if isinstance(given, list) else [given]
    if not values or len(values) > MAX_VALUES:
        raise RuleError(f"no value, or more than {MAX_VALUES}")
    cased = "cased" in modifiers
    return Field(name, tuple(_test(value, kind, cased) for value in values), every="all" in modifiers)


def _test(value: Any, kind: str, cased: bool) -> Test:
    if isinstance(value, (dict, list)):
        raise RuleError("a value must be text, a number or null")
    if kind == "exists":
        if not isinstance(value, bool):
            raise RuleError("`exists` takes true or false")
        return Test("exists", value)
    if kind in _ORDER_KINDS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise RuleError(f"`{kind}` takes a number")
        return Test(kind, value)
    if kind == "re":
        return Test("re", _checked_pattern(str(value)))
    if kind == "cidr":
        return Test("cidr", _checked_network(str(value)))
    if value is None:
        if kind != "equals":
            raise RuleError(f"null does not go with `{kind}`")
        return Test("null", None)
    if isinstance(value, (bool, int, float)) and kind == "equals":
        return Test("equals", value)
    return text_test(str(value), kind, cased)


def text_test(value: str, kind: str, cased: bool) -> Test:
    """Sigma text with its wildcards, reduced to the cheapest test that means the same."""
    if kind != "equals":
        value = {"contains": f"*{value}*", "startswith": f"{value}*", "endswith": f"*{value}"}[kind]
    if value == "":
        return Test("null", None)
    lead, tail = value.startswith("*"), value.endswith("*") and not _escaped_end(value)
    inner = value[1 if lead else 0 : -1 if tail and len(value) > 1 else None]
    if _WILDCARD.search(inner):
        return Test("glob", value, cased)
    plain = _unescape(inner)
    if not plain and (lead or tail):
        return Test("exists", True)
    shape = {(True, True): "contains", (False, True): "startswith", (True, False): "endswith"}.get(
        (lead, tail), "equals"
    )
    return Test(shape, plain, cased)


def _escaped_end(value: str) -> bool:
    slashes = len(value[:-1]) - len(value[:-1].rstrip("\\"))
    return slashes % 2 == 1


def _unescape(text: str) -> str:
    return re.sub(r"\\([*?\\])", r"\1", text)


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise RuleError(f"not a regular expression: {error}") from error
    return pattern


def _checked_network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise RuleError(f"not a network: {text}") from error
