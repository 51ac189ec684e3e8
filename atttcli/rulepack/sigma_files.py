"""Reading Sigma files: documents of YAML, each parsed on its own, and what was parsed kept by the digest of its file.

A file of which the cache knows the digest is not parsed again, and one that the system says is as it was (its size, node
and times, where no program can set them back) is not even read; the cache is JSON in a private folder, authenticated before
it is read (rulepack/cache.py).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from atttcli import __version__
from atttcli.engine import RuleProblem
from atttcli.errors import InputError, Where
from atttcli.rulepack.cache import Parts, PrivateCache
from atttcli.rulepack.correlation_rule import parse_correlation
from atttcli.rulepack.listing import State, is_utf8, states_of
from atttcli.rulepack.sigma import parse_rule
from atttcli.rulepack.sigma_documents import documents, read_file, rule_files
from atttcli.rulepack.sigma_filter import SigmaFilter, parse_filter
from atttcli.rulepack.sigma_nodes import CorrelationRule, Meta, SigmaRule
from atttcli.text import strict_yaml

_VERSION = 3  # raise with every change of sigma_nodes.py or of what is made of a rule
PLACEHOLDERS = ("placeholders.yml", "placeholders.yaml")
Parsed = SigmaRule | CorrelationRule | SigmaFilter | RuleProblem


@dataclass(frozen=True, slots=True)
class SigmaSettings:
    """How rules are read: where parsed ones are kept (None: nowhere), values of placeholders, processing pipelines."""

    cache: Path | None = None
    placeholders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pipelines: tuple[Path, ...] = ()


class _KeptRule(msgspec.Struct, array_like=True, gc=False):
    """A rule, its tree not read."""

    meta: Meta
    logsource: tuple[str, str, str]
    tree: msgspec.Raw


class _Kept(msgspec.Struct, array_like=True, gc=False):
    """What one file gave. Files with correlations or filters are not kept: they are few."""

    path: str
    digest: str
    rules: tuple[_KeptRule, ...]
    problems: tuple[RuleProblem, ...]
    state: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SigmaFile:
    """A file that was read: its digest (empty when it could not be) and what its documents gave, in order."""

    path: str
    digest: str
    parsed: tuple[Parsed, ...]
    state: tuple[int, ...] = ()


def read_sigma_files(
    paths: Iterable[Path | str], settings: SigmaSettings, states: Mapping[str, State] | None = None
) -> list[SigmaFile]:
    """Files and folders (`*.yml`, `*.yaml`, in name order). `states`: of files that the caller has asked for already."""
    files = [*_names(paths, states or {})]
    given = [name for name in files if name.endswith(PLACEHOLDERS) and os.path.basename(name) in PLACEHOLDERS]
    values, found = _placeholders([Path(name) for name in given], settings)
    rules = [name for name in files if name not in given] if given else files
    pipeline = _pipeline(settings.pipelines)
    store = PrivateCache(settings.cache) if settings.cache is not None else None
    key = _key(rules, values, settings.pipelines)
    known = _known(store, key)
    now = states_of(rules, states) if store is not None else {}
    read, fresh = [], False
    for name in rules:
        kept, state = known.get(name), now.get(name, ())
        if kept is not None and state and kept.state == state:
            read.append(SigmaFile(name, kept.digest, _parsed_before(kept), state))
            continue
        data = read_file(Path(name))
        if isinstance(data, RuleProblem):
            read.append(SigmaFile(name, "", (data,)))
            continue
        digest = hashlib.sha256(data).hexdigest()
        if kept is not None and kept.digest == digest:
            fresh = fresh or bool(state)
            read.append(SigmaFile(name, digest, _parsed_before(kept), state))
            continue
        fresh = True
        read.append(SigmaFile(name, digest, tuple(_parsed(data, name, values, pipeline)), state))
    if store is not None and (fresh or len(known) > len(read)):
        store.put(key, Parts(_encoded(read), []))
    return [*found, *read]


def _names(paths: Iterable[Path | str], known: Mapping[str, State]) -> Iterator[str]:
    """As `rule_files`; what is known to be a file is not asked about."""
    for given in paths:
        if isinstance(given, str) and given in known:
            yield given
        else:
            yield from map(str, rule_files([given]))


def _key(files: Sequence[str], values: Mapping[str, Sequence[str]], pipelines: Sequence[Path]) -> str:
    """Of the folders rather than of the files: one that is added or changed leaves the others known."""
    about = {
        "version": [__version__, _VERSION],
        "folders": [os.fsencode(folder) for folder in sorted({os.path.dirname(file) for file in files})],
        "placeholders": {name: list(texts) for name, texts in sorted(values.items())},
        "pipelines": [hashlib.sha256(path.read_bytes()).hexdigest() for path in pipelines],
    }
    return "sigma-" + hashlib.sha256(msgspec.json.encode(about, order="sorted")).hexdigest()


def _known(store: PrivateCache | None, key: str) -> dict[str, _Kept]:
    parts = store.get(key) if store is not None else None
    if parts is None:
        return {}
    try:
        return {kept.path: kept for kept in msgspec.json.decode(parts.about, type=list[_Kept])}
    except msgspec.DecodeError:  # of another version of ours
        return {}


def _parsed_before(kept: _Kept) -> tuple[Parsed, ...]:
    rules = [SigmaRule.of_cache(rule.meta, rule.logsource, bytes(rule.tree)) for rule in kept.rules]
    return (*rules, *kept.problems)


def _encoded(read: Iterable[SigmaFile]) -> bytes:
    kept = []
    for file in read:
        rules = tuple(_kept_rule(one) for one in file.parsed if isinstance(one, SigmaRule))
        problems = tuple(one for one in file.parsed if isinstance(one, RuleProblem))
        if file.digest and len(rules) + len(problems) == len(file.parsed) and is_utf8(file.path):
            kept.append(_Kept(file.path, file.digest, rules, problems, file.state))
    return msgspec.json.encode(kept)


def _kept_rule(rule: SigmaRule) -> _KeptRule:
    return _KeptRule(rule.meta, rule.logsource, msgspec.Raw(rule.kept or msgspec.json.encode(rule.node)))


def _placeholders(files: Sequence[Path], settings: SigmaSettings) -> tuple[dict[str, Sequence[str]], list[SigmaFile]]:
    """Values given, over those of `placeholders.yml` beside the rules."""
    values: dict[str, Sequence[str]] = {}
    read: list[SigmaFile] = []
    for file in files:
        data = read_file(file)
        if isinstance(data, RuleProblem):
            read.append(SigmaFile(str(file), "", (data,)))
            continue
        try:
            values.update(parse_placeholders(data, str(file)))
            read.append(SigmaFile(str(file), hashlib.sha256(data).hexdigest(), ()))
        except InputError as error:
            read.append(SigmaFile(str(file), "", (RuleProblem(error.where or Where(str(file)), error.message),)))
    return {**values, **settings.placeholders}, read


def parse_placeholders(data: bytes, path: str) -> dict[str, Sequence[str]]:
    """`name: value` or `name: [value, ...]`; InputError otherwise."""
    document = strict_yaml.load(data, path)
    if not isinstance(document, dict):
        raise InputError("placeholders are a mapping of names to values", where=Where(path))
    made: dict[str, Sequence[str]] = {}
    for name, given in document.items():
        values = given if isinstance(given, list) else [given]
        if not values or any(not isinstance(one, (str, int, float)) or isinstance(one, bool) for one in values):
            line = getattr(document, "lines", {}).get(name)
            raise InputError(f"the placeholder {name} has no list of texts", where=Where(path, line=line))
        made[name.strip("%")] = tuple(str(one) for one in values)
    return made


def _pipeline(paths: Sequence[Path]) -> Any:
    if not paths:
        return None
    from atttcli.rulepack.sigma_pipeline import load_pipelines

    return load_pipelines(paths)


def _parsed(data: bytes, path: str, values: Mapping[str, Sequence[str]], pipeline: Any) -> Iterator[Parsed]:
    for document in documents(data, path):
        if isinstance(document, RuleProblem):
            yield document
            continue
        try:
            yield _rule(document, path, values, pipeline)
        except InputError as error:
            yield RuleProblem(error.where or Where(path, line=1), error.message, error.hint)


def _rule(document: Mapping[str, Any], path: str, values: Mapping[str, Sequence[str]], pipeline: Any) -> Parsed:
    if "correlation" in document or "atttcli" in document:
        return parse_correlation(document, path)
    if "filter" in document:
        return parse_filter(document, path, values)
    if pipeline is not None:
        made: SigmaRule = pipeline.rule(document, path, values)
        return made
    return parse_rule(document, path, values)
