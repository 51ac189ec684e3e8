"""Processing pipelines (field names and log sources of another world): pySigma applies them, its tree becomes ours.

The rule is first read by our own strict reading, so that what is wrong in it is told with its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from atttcli.errors import InputError, RuleError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.rulepack.sigma import parse_rule, placed
from atttcli.rulepack.sigma_condition import parse_condition
from atttcli.rulepack.sigma_modifiers import either
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or, SigmaRule, Test
from atttcli.rulepack.sigma_text import Wildcard, framed, test_of
from atttcli.text import strict_yaml

_PARTS = {"WILDCARD_MULTI": Wildcard.MANY, "WILDCARD_SINGLE": Wildcard.ONE}
_ORDERS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_FLAGS = {"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}


class Pipelines:
    """Pipelines ready to be applied, in the order of their priority."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def rule(self, document: Mapping[str, Any], path: str, placeholders: Mapping[str, Sequence[str]]) -> SigmaRule:
        """The document's rule as the pipelines make it; RuleError when they refuse it."""
        from sigma.exceptions import SigmaError
        from sigma.rule import SigmaRule as Peer

        own = parse_rule(document, path, placeholders)
        self._pipeline.vars.update({name: list(values) for name, values in placeholders.items()})
        try:
            peer = Peer.from_dict(
                {name: value for name, value in _plain(document).items() if name != "id"}
            )  # ours need be no UUID
            self._pipeline.apply(peer)
            return translated(own, peer)
        except SigmaError as error:
            raise RuleError(f"the pipeline refuses the rule: {error}", where=own.meta.where) from error
        except RuleError as error:
            raise placed(error, own.meta) from error


def load_pipelines(paths: Sequence[Path]) -> Pipelines:
    """Pipeline files (YAML of pySigma). InputError for what is none. Templates and code are not taken from them."""
    from sigma.exceptions import SigmaError
    from sigma.processing.pipeline import ProcessingPipeline

    made: list[Any] = []
    for path in paths:
        try:
            with path.open("rb") as stream:
                document = strict_yaml.load(read_bounded(stream, MIB, Where(str(path))), str(path))
            if not isinstance(document, dict):
                raise InputError("a pipeline is a mapping", where=Where(str(path)))
            _refuse_code(document, str(path))
            made.append(ProcessingPipeline.from_dict(_plain(document)))
        except (SigmaError, OSError, TypeError, ValueError, KeyError) as error:
            raise InputError(f"not a processing pipeline: {error}", where=Where(str(path))) from error
    return Pipelines(reduce(add, sorted(made, key=lambda one: int(one.priority))))


def _refuse_code(document: Mapping[str, Any], path: str) -> None:
    """What would read files or render templates is not run for a file from outside."""
    if document.get("postprocessing") or document.get("finalizers"):
        raise InputError("postprocessing and finalizers belong to queries, not to matching", where=Where(path))
    for step in document.get("transformations") or ():
        if not isinstance(step, dict) or not isinstance(step.get("type"), str):
            raise InputError("a transformation is a mapping with a `type`", where=Where(path))
        if step["type"] in ("query_expression_placeholders", "nest") or "template" in step or "path" in step:
            raise InputError(f"the transformation {step['type']} is not supported", where=Where(path))


def _plain(value: Any) -> Any:
    """The same without the line numbers: pySigma wants plain dicts."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def translated(own: SigmaRule, peer: Any) -> SigmaRule:
    """Our rule with the log source and the tree that pySigma's rule has now."""
    selections = {name: _detection(one, name) for name, one in peer.detection.detections.items()}
    node = either([parse_condition(text, selections) for text in peer.detection.condition])
    source = peer.logsource
    words = (source.category or "").lower(), (source.product or "").lower(), (source.service or "").lower()
    return replace(own, node=node, logsource=words)


def _detection(detection: Any, name: str) -> Node:
    children = tuple(
        _detection(one, name) if hasattr(one, "detection_items") else _item(one, name)
        for one in detection.detection_items
    )
    if len(children) == 1:
        return children[0]
    return Or(children) if "OR" in detection.item_linking.__name__ else And(children)


def _item(item: Any, name: str) -> Node:
    field = item.field or ""
    groups = [_tests(value, field) for value in item.value] or [(Test("null", None),)]
    every = "AND" in item.value_linking.__name__ and len(groups) > 1
    if every and all(len(group) == 1 for group in groups):
        node: Node = Field(field, tuple(group[0] for group in groups), True, name)
    elif every:
        node = And(tuple(Field(field, group, False, name) for group in groups))
    else:
        node = Field(field, tuple(test for group in groups for test in group), False, name)
    return Not(node) if item.negated else node


def _tests(value: Any, field: str) -> tuple[Test, ...]:
    maker = _MAKERS.get(type(value).__name__)
    if maker is None:
        raise RuleError(f"a value of the kind {type(value).__name__} cannot be matched")
    made: tuple[Test, ...] = maker(value, field)
    return made


def _text(value: Any, field: str) -> tuple[Test, ...]:
    parts: list[str | Wildcard] = []
    for part in value.s:
        if isinstance(part, str):
            parts.append(part)
        elif getattr(part, "name", "") in _PARTS:
            parts.append(_PARTS[part.name])
        else:
            raise RuleError("a placeholder has no values", hint="--placeholders FILE")
    whole = tuple(part for part in parts if part != "")
    cased = type(value).__name__ == "SigmaCasedString"
    return (test_of(whole if field else framed(whole, "contains"), cased),)


def _number(value: Any, field: str) -> tuple[Test, ...]:
    return (Test("equals", value.number),) if field else (test_of(framed((str(value.number),), "contains"), False),)


def _regex(value: Any, _field: str) -> tuple[Test, ...]:
    flags = "".join(sorted(_FLAGS[flag.name] for flag in value.flags))
    text = "".join(part if isinstance(part, str) else part.value for part in _raw(value.regexp))
    return (Test("re", (f"(?{flags})" if flags else "") + text),)


def _raw(text: Any) -> list[Any]:
    return [part if isinstance(part, str) else _PARTS[part.name] for part in text.s]


def _reference(value: Any, _field: str) -> tuple[Test, ...]:
    shapes = {(True, True): "-contains", (True, False): "-startswith", (False, True): "-endswith"}
    return (Test("fieldref" + shapes.get((value.starts_with, value.ends_with), ""), value.field),)


def _compared(value: Any, _field: str) -> tuple[Test, ...]:
    return (Test(_ORDERS[value.op.value], value.number.number),)


_MAKERS: dict[str, Any] = {
    "SigmaString": _text,
    "SigmaCasedString": _text,
    "SigmaNumber": _number,
    "SigmaBool": lambda value, _field: (Test("equals", value.boolean),),
    "SigmaNull": lambda _value, _field: (Test("null", None),),
    "SigmaExists": lambda value, _field: (Test("exists", value.exists),),
    "SigmaRegularExpression": _regex,
    "SigmaCIDRExpression": lambda value, _field: (Test("cidr", str(value.network)),),
    "SigmaCompareExpression": _compared,
    "SigmaFieldReference": _reference,
    "SigmaTimestampPart": lambda value, _field: (Test(value.timestamp_part.name.lower(), value.number),),
    "SigmaExpansion": lambda value, field: tuple(test for one in value.values for test in _tests(one, field)),
}
