"""Loading Sigma rules and correlations: YAML files with one or more documents each, problems collected, not raised."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, RuleError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.rulepack.correlation_rule import parse_correlation, renamed
from atttcli.rulepack.sigma import parse_rule
from atttcli.rulepack.sigma_nodes import CorrelationRule, Meta, SigmaRule
from atttcli.text import strict_yaml

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
            yield parse_correlation(document, path)
        else:
            yield parse_rule(document, path)
    except InputError as error:
        yield RuleProblem(error.where or Where(path, line=lines_before + 1), error.message, error.hint)


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
    refused: set[str] = set()
    while waiting:
        able = [one for one in waiting if all(ids.get(name) in ready for name in one.rules)]
        if not able:
            break
        for one in able:
            reason = _unsound(one, ids, whole)
            if reason:
                problems.append(RuleProblem(one.meta.where, reason))
                refused.add(one.meta.id)
                continue
            ordered.append(_resolved(one, ids))
            ready.add(one.meta.id)
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
