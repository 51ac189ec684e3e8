"""One listing over all kinds of rule packs: which file is of which kind, every rule with its place, every problem."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, Where
from atttcli.model.severity import Severity, from_suricata, parse_severity
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.indicators import load_indicator_packs
from atttcli.rulepack.network.load import load_network_rules, read_rules
from atttcli.rulepack.network.values import NetworkPack
from atttcli.rulepack.sigma_nodes import CorrelationRule, SigmaRule
from atttcli.rulepack.yara import YaraPack, load_yara_rules

KINDS: Final = ("yara", "network", "sigma", "indicators")
COUNTRIES: Final = "countries"  # beside the packs: address ranges to countries, `cidr,country`
_BY_SUFFIX: Final = {".yar": "yara", ".yara": "yara", ".rule": "yara", ".rules": "network"}
_HEAD: Final = 64 * 1024
_INDICATORS: Final = re.compile(r"^indicators:", re.MULTILINE)
_NOT_RULES: Final = frozenset({"cases"})  # samples of rules, in a pack's folder


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One loaded rule of any kind. `id` is what `rules explain` and `rules disable` take and what alerts carry.

    `kind` is yara, network, sigma, correlation or indicators; `silent` rules are building blocks of others. `title_vi` is
    empty where the rule has none.
    """

    id: str
    kind: str
    title: str
    severity: Severity
    category: str
    where: Where
    attack: tuple[str, ...] = ()
    description: str = ""
    silent: bool = False
    title_vi: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything found below some paths. The packs are there for those who need more than the listing."""

    entries: tuple[RuleEntry, ...]
    problems: tuple[RuleProblem, ...]
    files: dict[str, list[Path]]
    yara: YaraPack | None = None
    network: NetworkPack | None = None
    sigma: CorrelationPack | None = None


@dataclass(slots=True)
class _Found:
    entries: list[RuleEntry] = field(default_factory=list)
    problems: list[RuleProblem] = field(default_factory=list)


def load_catalogue(
    paths: Sequence[Path], cache: Path | None = None, kinds: Iterable[str] = KINDS, ranges: Path | None = None
) -> Catalogue:
    """Load every rule file below `paths`; problems of every rule are collected and loading goes on.

    `ranges` is the table of countries for network rules that have none beside them.
    """
    found = _Found()
    files = by_kind(paths, found.problems)
    wanted = set(kinds)
    yara = _yara(files["yara"], cache, found) if "yara" in wanted and files["yara"] else None
    network = _network(files["network"], cache, found, ranges) if "network" in wanted and files["network"] else None
    sigma = _sigma(files["sigma"], found) if "sigma" in wanted and files["sigma"] else None
    if "indicators" in wanted and files["indicators"]:
        _indicators(files["indicators"], found)
    return Catalogue(tuple(found.entries), tuple(found.problems), files, yara, network, sigma)


def by_kind(paths: Sequence[Path], problems: list[RuleProblem] | None = None) -> dict[str, list[Path]]:
    """Rule files below `paths` by kind (and `countries`), in order of name. What is named and no rule file is a problem."""
    files: dict[str, list[Path]] = {kind: [] for kind in (*KINDS, COUNTRIES)}
    for given in paths:
        for path in _below(given):
            kind = kind_of(path)
            if kind:
                files[kind].append(path)
            elif path == given and problems is not None:
                hint = "rule files: .yar, .rules, Sigma .yml, indicators .csv"
                problems.append(RuleProblem(Where(str(path)), "not a rule file of any kind", hint))
    return files


def kind_of(path: Path) -> str:
    """The kind of a rule file by its ending and, where that is shared or foreign, by its content; empty when none."""
    suffix = path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if suffix not in (".yml", ".yaml", ".csv", ".txt", ""):
        return ""
    head = _head(path)
    if suffix in (".yml", ".yaml"):
        return "indicators" if "indicators:" in head and _INDICATORS.search(head) else "sigma"
    if suffix == ".txt":  # many a pack has a licence or a note in a text file beside it
        return "indicators" if re.search(r"^#\s*type\s*:", head, re.MULTILINE) else ""
    lines = [line for line in head.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if suffix == ".csv":
        return COUNTRIES if lines and lines[0].strip().lower().startswith(("cidr,", "start,end,")) else "indicators"
    return _by_first_words(lines)


def _by_first_words(lines: Sequence[str]) -> str:
    for line in lines:
        words = line.split(None, 2)
        if words[0] in ("rule", "private", "global", "import"):
            return "yara"
        if words[0] in ("alert", "drop", "pass", "reject") and "->" in line:
            return "network"
    return ""


def _head(path: Path) -> str:
    try:
        name = os.fspath(path)
        if not os.path.isfile(name):  # a pipe would hang the open
            return ""
        with open(name, "rb", buffering=0) as stream:
            return stream.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _below(given: Path) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    found: list[tuple[str, ...]] = []
    _files(os.fspath(given), (), found)
    for parts in sorted(found):
        yield given.joinpath(*parts)


def _files(folder: str, inside: tuple[str, ...], found: list[tuple[str, ...]]) -> None:
    """Files below a folder, by the parts of their way; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NOT_RULES:
                        _files(entry.path, (*inside, entry.name), found)
                elif entry.is_file():
                    found.append((*inside, entry.name))
    except OSError:  # not ours to read
        return


def _yara(files: list[Path], cache: Path | None, found: _Found) -> YaraPack:
    pack = load_yara_rules(files, cache)
    found.problems += pack.problems
    for rule in pack.rules:
        meta = rule.meta
        found.entries.append(
            RuleEntry(
                f"{rule.namespace}:{rule.name}",
                "yara",
                str(meta.get("description") or rule.name),
                parse_severity(str(meta.get("severity", ""))),
                str(meta.get("category", "")),
                Where(rule.file, rule.line, rule=rule.name),
                tuple(str(meta.get("attack", "")).replace(",", " ").split()),
                title_vi=str(meta.get("description_vi", "")),
            )
        )
    return pack


def _network(files: list[Path], cache: Path | None, found: _Found, ranges: Path | None) -> NetworkPack:
    readable: list[Path] = []
    for path in files:
        try:
            read_rules(path)
            readable.append(path)
        except InputError as error:
            found.problems.append(RuleProblem(error.where or Where(str(path)), error.message, error.hint))
    pack = load_network_rules(readable, None, cache, ranges)
    found.problems += pack.problems
    for rule in pack.rules:
        words = dict(word.split(None, 1) for word in rule.metadata if " " in word.strip())
        found.entries.append(
            RuleEntry(
                f"{rule.gid}:{rule.sid}",
                "network",
                rule.msg,
                from_suricata(rule.priority),
                words.get("category", rule.classtype),
                Where(pack.files[rule.file], rule.line, rule=f"sid {rule.sid}"),
                tuple(words[key] for key in ("attack", "mitre_technique_id") if key in words),
                silent=rule.noalert,
                title_vi=words.get("description_vi", ""),
            )
        )
    return pack


def _sigma(files: list[Path], found: _Found) -> CorrelationPack:
    pack = load_correlation_rules(files)
    found.problems += pack.problems
    loaded: list[SigmaRule | CorrelationRule] = [*pack.rules, *pack.correlations]
    for rule in loaded:
        meta = rule.meta
        attack = tuple(tag.removeprefix("attack.").upper() for tag in meta.tags if tag.lower().startswith("attack.t"))
        found.entries.append(
            RuleEntry(
                meta.id or meta.name,
                "correlation" if isinstance(rule, CorrelationRule) else "sigma",
                meta.title,
                parse_severity(meta.level),
                meta.category,
                meta.where,
                attack,
                meta.description,
                rule.silent,
                meta.title_vi,
            )
        )
    return pack


def _indicators(files: list[Path], found: _Found) -> None:
    for path in files:
        pack = load_indicator_packs([path])
        found.problems += pack.problems
        for one in pack.indicators:
            where, title = Where(str(path)), one.description or one.kind
            severity = Severity(one.severity)
            found.entries.append(RuleEntry(f"{one.type}:{one.value}", "indicators", title, severity, one.kind, where))
