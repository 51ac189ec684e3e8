"""Loading Sigma rules and correlations: YAML files with one or more documents each, problems collected, not raised.

A correlation document has Sigma's `correlation:` key; what Sigma has no word for stands under `atttcli:` instead
(docs/decisions/0061): `type: new_value`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from atttcli.clock import DAY, HOUR, MINUTE, SECOND
from atttcli.engine import RuleProblem
from atttcli.errors import InputError, RuleError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.rulepack.sigma import parse_meta, parse_rule, placed
from atttcli.rulepack.sigma_nodes import CorrelationRule, Meta, SigmaRule
from atttcli.text import strict_yaml

KINDS = ("event_count", "value_count", "value_sum", "temporal", "temporal_ordered")
VIEWS = ("value", "network", "country")
MAX_THRESHOLD = 100_000
MAX_TIMESPAN = 90 * DAY
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_TIMESPAN = re.compile(r"([1-9][0-9]{0,5})([smhdw])\Z")
_SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class CorrelationPack:
    """What was loaded: rules on single events, correlations in an order in which each follows those it refers to."""

    rules: tuple[SigmaRule, ...]
    correlations: tuple[CorrelationRule, ...]
    problems: tuple[RuleProblem, ...]
    digest: str


def load_correlation_rules(paths: Iterable[Path | str]) -> CorrelationPack:
    """Read files and folders (`*.yml`, `*.yaml`, in name order). A broken rule is a problem; the rest is loaded."""
    rules: list[SigmaRule] = []
    drafts: list[CorrelationRule] = []
    problems: list[RuleProblem] = []
    digests: list[str] = []
    for file in _files(paths):
        try:
            with file.open("rb") as stream:
                data = read_bounded(stream, 8 * MIB, Where(str(file)))
        except (OSError, InputError) as error:
            problems.append(RuleProblem(Where(str(file)), getattr(error, "message", "") or f"cannot be read: {error}"))
            continue
        digests.append(hashlib.sha256(data).hexdigest())
        for parsed in _documents(data, str(file)):
            if isinstance(parsed, RuleProblem):
                problems.append(parsed)
            elif isinstance(parsed, SigmaRule):
                rules.append(parsed)
            else:
                drafts.append(parsed)
    rules, drafts = _without_doubles(rules, drafts, problems)
    correlations = _resolve(rules, drafts, problems)
    quiet = _quiet(correlations)
    return CorrelationPack(
        rules=tuple(replace(rule, silent=_is_silent(rule.meta, quiet)) for rule in rules),
        correlations=tuple(replace(one, silent=_is_silent(one.meta, quiet)) for one in correlations),
        problems=tuple(problems),
        digest=hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest(),
    )


def _quiet(correlations: Iterable[CorrelationRule]) -> set[str]:
    """Rules that correlations refer to do not alert by themselves, unless one of those says `generate: true` (Sigma)."""
    correlations = tuple(correlations)
    used = {name for one in correlations for name in one.rules}
    return used - {name for one in correlations if one.generate for name in one.rules}


def _is_silent(meta: Meta, quiet: set[str]) -> bool:
    return not meta.alert if meta.alert is not None else meta.id in quiet


def _files(paths: Iterable[Path | str]) -> Iterator[Path]:
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix in _SUFFIXES and found.is_file())
        else:
            yield path


def _documents(data: bytes, path: str) -> Iterator[SigmaRule | CorrelationRule | RuleProblem]:
    """Every document of a file on its own: one that is broken does not take the others with it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield RuleProblem(Where(path, offset=error.start), "the rule file is not UTF-8")
        return
    text = text.replace("\r\n", "\n")
    starts = [0, *(match.end() for match in _SEPARATOR.finditer(text))]
    ends = [*(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    lines = 0
    last = 0
    for start, end in zip(starts, ends, strict=True):
        lines += text.count("\n", last, start)
        last = start
        if text[start:end].strip():
            yield from _document(text[start:end], path, lines)


def _document(text: str, path: str, lines_before: int) -> Iterator[SigmaRule | CorrelationRule | RuleProblem]:
    try:
        # The empty lines in front keep the line numbers of errors those of the file.
        document = strict_yaml.load("\n" * lines_before + text, path)
        if document is None:
            return
        if not isinstance(document, dict):
            raise RuleError("a rule is a mapping", where=Where(path, line=lines_before + 1))
        if "correlation" in document or "atttcli" in document:
            yield _correlation(document, path)
        else:
            yield parse_rule(document, path)
    except InputError as error:
        yield RuleProblem(error.where or Where(path, line=lines_before + 1), error.message, error.hint)


def _correlation(document: Mapping[str, Any], path: str) -> CorrelationRule:
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
    rules = _names(said, "rules")
    if not rules:
        raise RuleError("the correlation names no `rules`")
    condition = said.get("condition")
    threshold, field = 1, ""
    if kind in ("temporal", "temporal_ordered"):
        threshold = len(rules) if condition is None else _threshold(condition, set())[0]
        if threshold > len(rules) or (kind == "temporal_ordered" and threshold != len(rules)):
            raise RuleError("the condition cannot be met by the rules named")
        if len(rules) < 2:
            raise RuleError(f"`{kind}` needs at least two rules")
    else:
        needs = {"field"} if kind != "event_count" else set()
        threshold, field = _threshold(condition, needs)
    aliases = _aliases(said.get("aliases"), rules)
    group = _names(said, "group-by")
    generate = said.get("generate") is True
    span = _timespan(said.get("timespan"))
    return CorrelationRule(meta, kind, rules, group, aliases, span, threshold, field, generate=generate)


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
    value = said.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise RuleError(f"`{key}` is a list of names")
    return tuple(value)


def _aliases(value: Any, rules: tuple[str, ...]) -> dict[str, dict[str, str]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(fields, dict) for fields in value.values()):
        raise RuleError("`aliases` maps a name to {rule: field}")
    for fields in value.values():
        if not set(fields) <= set(rules) or not all(isinstance(field, str) for field in fields.values()):
            raise RuleError("an alias names a rule that the correlation does not")
    return {name: {str(rule): str(field) for rule, field in fields.items()} for name, fields in value.items()}


def _threshold(condition: Any, needs: set[str]) -> tuple[int, str]:
    if not isinstance(condition, dict):
        raise RuleError("no `condition` such as {gte: 10}")
    compared = [name for name in condition if name != "field"]
    if compared not in (["gte"], ["gt"]):
        raise RuleError("the condition must be one of gte, gt", hint="lower bounds only: a stream never ends")
    value = condition[compared[0]]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_THRESHOLD:
        raise RuleError(f"the threshold is a number from 1 to {MAX_THRESHOLD}")
    field = condition.get("field")
    if needs and not isinstance(field, str):
        raise RuleError("the condition names no `field`")
    return value + (compared[0] == "gt"), field if isinstance(field, str) else ""


def _timespan(value: Any) -> int:
    match = _TIMESPAN.match(value) if isinstance(value, str) else None
    if match is None:
        raise RuleError("`timespan` is a number and s, m, h, d or w, such as 5m")
    span = int(match[1]) * _UNITS[match[2]]
    if span > MAX_TIMESPAN:
        raise RuleError("a `timespan` of more than 90 days")
    return span


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
    while waiting:
        able = [one for one in waiting if all(ids.get(name) in ready for name in one.rules)]
        if not able:
            break
        for one in able:
            resolved = replace(
                one,
                rules=tuple(ids[name] for name in one.rules),
                aliases={
                    alias: {ids[name]: field for name, field in fields.items()} for alias, fields in one.aliases.items()
                },
            )
            ordered.append(resolved)
            ready.add(one.meta.id)
        waiting = [one for one in waiting if one.meta.id not in ready]
    for one in waiting:
        missing = sorted({name for name in one.rules if name not in ids})
        reason = (
            f"refers to `{missing[0]}`, which is not loaded" if missing else "refers to itself or to a refused rule"
        )
        problems.append(RuleProblem(one.meta.where, reason))
    return ordered
