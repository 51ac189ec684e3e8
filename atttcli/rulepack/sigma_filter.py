"""Sigma filters: a document that narrows rules of others (Sigma filters specification 2.1), joined to each with `and`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from atttcli.engine import RuleProblem
from atttcli.errors import RuleError
from atttcli.rulepack.sigma import detection_node, logsource_of, parse_meta, placed
from atttcli.rulepack.sigma_modifiers import Placeholders
from atttcli.rulepack.sigma_nodes import And, Meta, Node, SigmaRule
from atttcli.text import strict_yaml


@dataclass(frozen=True, slots=True)
class SigmaFilter:
    """What must hold besides. `rules` are ids or names; empty: every rule of the log source."""

    meta: Meta
    logsource: tuple[str, str, str]
    rules: tuple[str, ...]
    node: Node


def parse_filter(document: Mapping[str, Any], path: str, placeholders: Placeholders) -> SigmaFilter:
    """One filter document; RuleError with file and line for what cannot be used whole."""
    meta = parse_meta(document, path)
    try:
        said = document.get("filter")
        if not isinstance(said, dict):
            raise RuleError("`filter` must be a mapping")
        rules = said.get("rules")
        names = [rules] if isinstance(rules, str) else rules
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise RuleError("the filter names no `rules`", hint="rules: [id, ...] or rules: any")
        detection = strict_yaml.Mapping()
        detection.update({name: value for name, value in said.items() if name != "rules"})
        detection.lines = getattr(said, "lines", {})
        every = [name.lower() for name in names] == ["any"]
        node = detection_node(detection, meta, placeholders)
        return SigmaFilter(meta, logsource_of(document), () if every else tuple(names), node)
    except RuleError as error:
        raise placed(error, meta) from error


def filtered(
    rules: Iterable[SigmaRule], filters: Iterable[SigmaFilter], problems: list[RuleProblem]
) -> list[SigmaRule]:
    """The rules, each with the filters that name it. A filter that meets no rule is a problem."""
    made = list(rules)
    for one in filters:
        met = [place for place, rule in enumerate(made) if _meets(one, rule)]
        for place in met:
            made[place] = replace(made[place], node=And((made[place].node, one.node)))
        if not met:
            reason = "the filter meets no rule that is loaded"
            problems.append(RuleProblem(one.meta.where, reason, refused=bool(one.rules)))
    return made


def _meets(one: SigmaFilter, rule: SigmaRule) -> bool:
    named = not one.rules or rule.meta.id in one.rules or (bool(rule.meta.name) and rule.meta.name in one.rules)
    return named and all(not word or word == own for word, own in zip(one.logsource, rule.logsource, strict=True))
