"""Loading Sigma rules and correlations: YAML files with one or more documents each, problems collected, not raised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from atttcli.engine import RuleProblem
from atttcli.errors import Where
from atttcli.rulepack.correlation_rule import renamed
from atttcli.rulepack.listing import State
from atttcli.rulepack.sigma_documents import documents, rule_files
from atttcli.rulepack.sigma_files import SigmaSettings, read_sigma_files
from atttcli.rulepack.sigma_filter import SigmaFilter, filtered
from atttcli.rulepack.sigma_nodes import CorrelationRule, Meta, SigmaRule

__all__ = ["CorrelationPack", "documents", "load_correlation_rules", "rule_files"]
_DEEPEST = 16  # correlations of correlations of ...: each event climbs the whole chain
_TOO_DEEP = f"refers to correlations of correlations, more than {_DEEPEST} deep"


@dataclass(frozen=True, slots=True)
class CorrelationPack:
    """What was loaded: rules on single events, correlations in an order in which each follows those it refers to."""

    rules: tuple[SigmaRule, ...]
    correlations: tuple[CorrelationRule, ...]
    problems: tuple[RuleProblem, ...]
    digest: str


def load_correlation_rules(
    paths: Iterable[Path | str], settings: SigmaSettings | None = None, states: Mapping[str, State] | None = None
) -> CorrelationPack:
    """Read files and folders (`*.yml`, `*.yaml`, in name order). A broken rule is a problem; the rest is loaded.

    `states`: what `listing.states_of` said of files already.
    """
    rules: list[SigmaRule] = []
    drafts: list[CorrelationRule] = []
    filters: list[SigmaFilter] = []
    problems: list[RuleProblem] = []
    read = read_sigma_files(paths, settings or SigmaSettings(), states)
    for parsed in (one for file in read for one in file.parsed):
        if isinstance(parsed, RuleProblem):
            problems.append(parsed)
        elif isinstance(parsed, SigmaRule):
            rules.append(parsed)
        elif isinstance(parsed, SigmaFilter):
            filters.append(parsed)
        else:
            drafts.append(parsed)
    digests = [file.digest for file in read if file.digest]
    rules, drafts = _without_doubles(rules, drafts, problems)
    rules = filtered(rules, filters, problems)
    correlations = _resolve(rules, drafts, problems)
    quiet = _quiet(correlations)
    return CorrelationPack(
        rules=tuple(_silenced(rule, quiet) for rule in rules),
        correlations=tuple(replace(one, silent=_is_silent(one.meta, quiet)) for one in correlations),
        problems=tuple(problems),
        digest=hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest(),
    )


def _quiet(correlations: Iterable[CorrelationRule]) -> set[str]:
    """Rules that correlations refer to do not alert by themselves, unless one of those says `generate: true` (Sigma)."""
    correlations = tuple(correlations)
    used = {name for one in correlations for name in one.rules}
    return used - {name for one in correlations if one.generate for name in one.rules}


def _silenced(rule: SigmaRule, quiet: set[str]) -> SigmaRule:
    return replace(rule, silent=True) if _is_silent(rule.meta, quiet) else rule


def _is_silent(meta: Meta, quiet: set[str]) -> bool:
    return not meta.alert if meta.alert is not None else meta.id in quiet


def _without_doubles(
    rules: list[SigmaRule], drafts: list[CorrelationRule], problems: list[RuleProblem]
) -> tuple[list[SigmaRule], list[CorrelationRule]]:
    """The first rule of an id or name wins; a second one is a problem."""
    taken: dict[str, Where] = {}
    kept: list[SigmaRule | CorrelationRule] = []
    given: list[SigmaRule | CorrelationRule] = [*rules, *drafts]
    for rule in given:
        names = {name for name in (rule.meta.id, rule.meta.name) if name}
        clash = next((name for name in sorted(names) if name in taken), None)
        if clash is not None:
            problems.append(RuleProblem(rule.meta.where, f"`{clash}` is taken by the rule at {taken[clash]}"))
            continue
        taken |= dict.fromkeys(names, rule.meta.where)
        kept.append(rule)
    return [one for one in kept if isinstance(one, SigmaRule)], [
        one for one in kept if isinstance(one, CorrelationRule)
    ]


def _resolve(
    rules: list[SigmaRule], drafts: list[CorrelationRule], problems: list[RuleProblem]
) -> list[CorrelationRule]:
    """References become ids; each correlation after those it refers to; dangling and circular ones are refused."""
    metas = [*(rule.meta for rule in rules), *(one.meta for one in drafts)]
    ids = {name: meta.id for meta in metas for name in (meta.id, meta.name) if name}
    ready = {rule.meta.id for rule in rules}
    waiting = list(drafts)
    ordered: list[CorrelationRule] = []
    whole: set[str] = set()
    depths: dict[str, int] = {}
    refused: set[str] = set()
    while waiting:
        able = [one for one in waiting if all(ids.get(name) in ready for name in one.rules)]
        if not able:
            break
        for one in able:
            depth = 1 + max((depths.get(ids[name], 0) for name in one.rules), default=0)
            reason = _unsound(one, ids, whole) or (_TOO_DEEP if depth > _DEEPEST else "")
            if reason:
                problems.append(RuleProblem(one.meta.where, reason))
                refused.add(one.meta.id)
                continue
            ordered.append(_resolved(one, ids))
            ready.add(one.meta.id)
            depths[one.meta.id] = depth
            if one.whole:
                whole.add(one.meta.id)
        waiting = [one for one in waiting if one.meta.id not in ready and one.meta.id not in refused]
    for one in waiting:
        missing = sorted({name for name in one.rules if name not in ids})
        reason = (
            f"refers to `{missing[0]}`, which is not loaded" if missing else "refers to itself or to a refused rule"
        )
        problems.append(RuleProblem(one.meta.where, reason))
    return ordered


def _unsound(one: CorrelationRule, ids: Mapping[str, str], whole: set[str]) -> str:
    """Why a correlation whose references all exist cannot be run."""
    named = {ids[name] for name in one.rules}
    for fields in one.aliases.values():
        strange = sorted(name for name in fields if ids.get(name) not in named)
        if strange:
            return f"an alias names `{strange[0]}`, a rule that the correlation does not"
    late = sorted(name for name in one.rules if ids[name] in whole)
    if late:
        return f"refers to `{late[0]}`, which is known to hold only when its window is over"
    return ""


def _resolved(one: CorrelationRule, ids: Mapping[str, str]) -> CorrelationRule:
    aliases = {alias: {ids[name]: field for name, field in fields.items()} for alias, fields in one.aliases.items()}
    expression = renamed(one.expression, ids) if one.expression is not None else None
    return replace(one, rules=tuple(ids[name] for name in one.rules), aliases=aliases, expression=expression)
