"""One correlation document of Sigma's specification 2.1 to a CorrelationRule, or a RuleError (docs/decisions/0230).

What Sigma has no word for stands under `atttcli:` instead (docs/decisions/0061): `type: new_value`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from atttcli.clock import DAY, HOUR, MINUTE, SECOND
from atttcli.errors import RuleError
from atttcli.rulepack.sigma import parse_meta, placed
from atttcli.rulepack.sigma_condition import parse_condition
from atttcli.rulepack.sigma_nodes import And, CorrelationRule, Field, Meta, Node, Not, Or

NUMERIC: Final = ("value_sum", "value_avg", "value_percentile", "value_median")
KINDS: Final = ("event_count", "value_count", *NUMERIC, "temporal", "temporal_ordered")
OPERATORS: Final = ("gt", "gte", "lt", "lte", "eq", "neq")
VIEWS: Final = ("value", "network", "country")
MAX_THRESHOLD = 100_000
MAX_NUMBER = 1e15
MAX_RULES = 256
MAX_CHAINS = 64
MAX_TIMESPAN = 90 * DAY
_UNITS = {
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "M": 2_629_746 * SECOND,
    "y": 31_556_952 * SECOND,
}
_TIMESPAN = re.compile(r"([1-9][0-9]{0,5})([smhdwMy])\Z")
_WORD = re.compile(r"[^\s()]+")
_RULING = frozenset(("and", "or", "not", "of", "1", "any", "all", "them"))
Condition = tuple[tuple[str, float], ...]


def parse_correlation(document: Mapping[str, Any], path: str) -> CorrelationRule:
    """The rule; RuleError with file and line for what cannot be used whole. References are still names."""
    meta = parse_meta(document, path)
    own = document.get("atttcli")
    said = document.get("correlation") if own is None else own
    try:
        if not isinstance(said, dict):
            raise RuleError("`correlation` must be a mapping")
        kind = said.get("type")
        if own is None and kind not in KINDS:
            raise RuleError(f"the correlation type {kind!r} is not supported", hint="supported: " + ", ".join(KINDS))
        if own is not None and kind != "new_value":
            raise RuleError(f"the type {kind!r} is not known under `atttcli`", hint="known: new_value")
        return _new_value(said, meta) if own is not None else _counted(said, meta, str(kind))
    except RuleError as error:
        raise placed(error, meta) from error


def _counted(said: Mapping[str, Any], meta: Meta, kind: str) -> CorrelationRule:
    _only(said, {"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"})
    temporal = kind.startswith("temporal")
    given, expression = said.get("condition"), None
    rules = tuple(dict.fromkeys(_names(said, "rules")))
    if isinstance(given, str):
        if not temporal:
            raise RuleError("a condition in words goes with temporal and temporal_ordered only")
        rules, expression = _in_words(given, rules)
    if not rules or len(rules) > MAX_RULES:
        raise RuleError("the correlation names no `rules`" if not rules else f"more than {MAX_RULES} rules")
    generate = said.get("generate", False)
    if not isinstance(generate, bool):
        raise RuleError("`generate` is true or false")
    fields, percentile = _fields(given, kind)
    condition = () if expression is not None else _condition(given, kind, len(rules))
    if temporal:
        _can_be_met(kind, rules, condition, expression)
    return CorrelationRule(
        meta,
        kind,
        rules,
        _names(said, "group-by"),
        _aliases(said.get("aliases")),
        _timespan(said.get("timespan")),
        _threshold(condition),
        ", ".join(fields),
        generate=generate,
        condition=condition,
        expression=expression,
        fields=fields,
        percentile=percentile,
        whole=_is_whole(kind, condition, expression),
    )


def _new_value(said: Mapping[str, Any], meta: Meta) -> CorrelationRule:
    _only(said, {"type", "rules", "group-by", "field", "as", "learn"})
    rules, group = _names(said, "rules"), _names(said, "group-by")
    field, view, learn = said.get("field"), said.get("as", "value"), said.get("learn", 5)
    if not rules or not group or not isinstance(field, str):
        raise RuleError("`new_value` needs `rules`, `group-by` and `field`")
    if view not in VIEWS:
        raise RuleError(f"`as: {view}` is not known", hint="known: " + ", ".join(VIEWS))
    if isinstance(learn, bool) or not isinstance(learn, int) or not 1 <= learn <= 10_000:
        raise RuleError("`learn` is a number from 1 to 10000")
    return CorrelationRule(meta, "new_value", rules, group, {}, 0, 1, field, str(view), learn)


def _only(said: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(said) - known)
    if unknown:
        raise RuleError(f"`{unknown[0]}` is not known in a correlation")


def _names(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = said.get(key) or []
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise RuleError(f"`{key}` is a list of names")
    return tuple(value)


def _aliases(value: Any) -> dict[str, dict[str, str]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(fields, dict) for fields in value.values()):
        raise RuleError("`aliases` maps a name to {rule: field}")
    if not all(isinstance(field, str) for fields in value.values() for field in fields.values()):
        raise RuleError("`aliases` maps a name to {rule: field}")
    return {str(name): {str(rule): str(field) for rule, field in fields.items()} for name, fields in value.items()}


# -- conditions --------------------------------------------------------------------------------------------------------


def _in_words(text: str, named: tuple[str, ...]) -> tuple[tuple[str, ...], Node]:
    """(rules in the order of the condition, the condition): every rule named is in it, and it names no other."""
    words = [word for word in _WORD.findall(text) if word.lower() not in _RULING]
    used = tuple(dict.fromkeys(words))
    known = named or used
    node = parse_condition(text, {name: Field(name, ()) for name in known})
    order = tuple(dict.fromkeys(_leaves(node)))
    left = [name for name in named if name not in order]
    if left:
        raise RuleError(f"`{left[0]}` is named under `rules`, but not in the condition")
    return order, node


def _leaves(node: Node) -> Iterable[str]:
    if isinstance(node, Field):
        yield node.name
    elif isinstance(node, Not):
        yield from _leaves(node.child)
    else:
        for child in node.children:
            yield from _leaves(child)


def chains(node: Node, positive: bool = True) -> tuple[tuple[tuple[str, ...], frozenset[str]], ...]:
    """The condition as alternatives of (rules that must match, rules that must not); RuleError when there are too many."""
    if isinstance(node, Field):
        return (((node.name,), frozenset()),) if positive else (((), frozenset((node.name,))),)
    if isinstance(node, Not):
        return chains(node.child, not positive)
    parts = [chains(child, positive) for child in node.children]
    if isinstance(node, Or) == positive:
        made = tuple(alternative for part in parts for alternative in part)
    else:
        made = (((), frozenset()),)
        for part in parts:
            made = tuple((tuple(dict.fromkeys((*a, *c))), b | d) for a, b in made for c, d in part)
            if len(made) > MAX_CHAINS:
                break
    if len(made) > MAX_CHAINS:
        raise RuleError(f"a condition with more than {MAX_CHAINS} alternatives")
    return made


def _can_be_met(kind: str, rules: tuple[str, ...], condition: Condition, expression: Node | None) -> None:
    if expression is not None:
        if not all(must for must, _ in chains(expression)):
            raise RuleError("the condition would hold where no rule matched", hint="name a rule that must match")
        return
    if len(rules) < 2:
        raise RuleError("a temporal correlation needs at least two rules")
    if kind == "temporal_ordered" and condition != (("gte", len(rules)),):
        raise RuleError(
            "temporal_ordered asks for all of its rules", hint="leave `condition` out, or write it in words"
        )
    if not any(all(compare(op, count, bound) for op, bound in condition) for count in range(1, len(rules) + 1)):
        raise RuleError("the condition cannot be met by the rules named")


def _fields(condition: Any, kind: str) -> tuple[tuple[str, ...], float]:
    """(fields counted, percentile)."""
    if not isinstance(condition, dict):
        return (), 50.0
    fields = _names(condition, "field")
    wanted = kind == "value_count" or kind in NUMERIC
    if wanted and not fields:
        raise RuleError("the condition names no `field`")
    if not wanted:
        return (), 50.0
    if kind in NUMERIC and len(fields) > 1:
        raise RuleError(f"`{kind}` takes one `field`")
    percentile = condition.get("percentile", 50)
    if kind == "value_percentile" and "percentile" not in condition:
        raise RuleError("`value_percentile` needs a `percentile` from 0 to 100")
    if isinstance(percentile, bool) or not isinstance(percentile, (int, float)) or not 0 <= percentile <= 100:
        raise RuleError("`percentile` is a number from 0 to 100")
    return fields, float(percentile)


def _condition(given: Any, kind: str, rules: int) -> Condition:
    if given is None and kind.startswith("temporal"):
        return (("gte", rules),)
    if not isinstance(given, dict):
        raise RuleError("no `condition` such as {gte: 10}")
    known = {*OPERATORS, *(("field",) if not kind.startswith("temporal") else ())}
    known |= {"percentile"} if kind == "value_percentile" else set()
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise RuleError(f"`{unknown[0]}` is not known in the condition of `{kind}`", hint=", ".join(OPERATORS))
    found = tuple((op, _bound(given[op], kind)) for op in OPERATORS if op in given)
    if not found:
        raise RuleError("the condition compares nothing", hint="one of " + ", ".join(OPERATORS))
    if kind == "temporal_ordered" and found == (("gt", rules - 1),):
        found = (("gte", rules),)
    if kind not in NUMERIC and not kind.startswith("temporal"):
        ceiling = int(max(bound for _, bound in found)) + 2
        if not any(all(compare(op, n, bound) for op, bound in found) for n in {1, 2, *_around(found), ceiling}):
            raise RuleError("the condition can never hold")
    return found


def _around(condition: Condition) -> set[int]:
    return {int(bound) + step for _, bound in condition for step in (-1, 0, 1) if bound + step >= 1}


def _bound(value: Any, kind: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise RuleError("a condition compares with a number")
    if kind in NUMERIC:
        if abs(value) > MAX_NUMBER:
            raise RuleError("a number beyond 10^15")
    elif value != int(value) or not 0 <= value <= MAX_THRESHOLD:
        raise RuleError(f"the threshold is a whole number from 0 to {MAX_THRESHOLD}")
    return value


def compare(op: str, value: float, bound: float) -> bool:
    """Whether a measure meets one comparison."""
    if op == "gte":
        return value >= bound
    if op == "gt":
        return value > bound
    if op == "lte":
        return value <= bound
    if op == "lt":
        return value < bound
    return (value == bound) == (op == "eq")


def _threshold(condition: Condition) -> int:
    """The lower bound as an inclusive count, where there is one; else 0."""
    lower = [int(bound) + (op == "gt") for op, bound in condition if op in ("gt", "gte")]
    exact = [int(bound) for op, bound in condition if op == "eq"]
    return max([*lower, *exact], default=0)


def _is_whole(kind: str, condition: Condition, expression: Node | None) -> bool:
    """Whether the answer may change while the window grows."""
    if expression is not None:
        return any(mustnt for _, mustnt in chains(expression))
    if kind in ("value_avg", "value_percentile", "value_median"):
        return True
    if any(op not in ("gt", "gte") for op, _ in condition):
        return True
    return kind == "value_sum" and any(bound <= 0 for _, bound in condition)


def _timespan(value: Any) -> int:
    match = _TIMESPAN.match(value) if isinstance(value, str) else None
    if match is None:
        raise RuleError("`timespan` is a number and s, m, h, d, w, M or y, such as 5m")
    span = int(match[1]) * _UNITS[match[2]]
    if span > MAX_TIMESPAN:
        raise RuleError("a `timespan` of more than 90 days")
    return span


def renamed(node: Node, ids: Mapping[str, str]) -> Node:
    """The condition with rule ids in place of the names that it was written with."""
    if isinstance(node, Field):
        return Field(ids.get(node.name, node.name), ())
    if isinstance(node, Not):
        return Not(renamed(node.child, ids))
    children = tuple(renamed(child, ids) for child in node.children)
    return And(children) if isinstance(node, And) else Or(children)
