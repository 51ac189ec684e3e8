"""One listing over all kinds of rule packs: which file is of which kind, every rule with its place, every problem."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, Where
from atttcli.model.severity import Severity, from_suricata, parse_severity
from atttcli.rulepack.cache import Parts, PrivateCache
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.listing import State, below, is_utf8, states_of
from atttcli.rulepack.sigma_nodes import CorrelationRule, SigmaRule

if TYPE_CHECKING:  # each loader comes with its kind of rules
    from atttcli.rulepack.network.values import NetworkPack
    from atttcli.rulepack.yara import YaraPack

KINDS: Final = ("yara", "network", "sigma", "indicators")
COUNTRIES: Final = "countries"  # beside the packs: address ranges to countries, `cidr,country`
_BY_SUFFIX: Final = {".yar": "yara", ".yara": "yara", ".rule": "yara", ".rules": "network"}
_HEAD: Final = 64 * 1024
_INDICATORS: Final = re.compile(r"^indicators:", re.MULTILINE)
_YAML: Final = (".yml", ".yaml")
_MANY: Final = 50  # files that are worth remembering


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
    return {kind: list(map(Path, names)) for kind, names in listed(paths, problems).names.items()}


@dataclass(frozen=True, slots=True)
class Listed:
    """Names of rule files by kind, and the states of those that may be rules of Sigma (`listing.states_of`)."""

    names: dict[str, list[str]]
    states: dict[str, State] = field(default_factory=dict)

    def paths(self, kind: str) -> list[Path]:
        """Those of one kind."""
        return list(map(Path, self.names[kind]))


def listed(paths: Sequence[Path], problems: list[RuleProblem] | None = None, cache: Path | None = None) -> Listed:
    """As `by_kind`. With a private folder to keep it in, the kind of YAML files that the system says are as they were is
    not looked for in them again."""
    found = [(given, list(below(given))) for given in paths]
    yaml = [name for _given, names in found for name in names if name.endswith(_YAML)]
    store = PrivateCache(cache) if cache is not None and len(yaml) > _MANY else None
    states = states_of(yaml) if store is not None else {}
    kinds = _kinds_of_yaml(yaml, states, store)
    listed = Listed({kind: [] for kind in (*KINDS, COUNTRIES)}, states)
    for given, names in found:
        for name in names:
            kind = kinds.get(name) or kind_of(Path(name))
            if kind:
                listed.names[kind].append(name)
            elif problems is not None and name == str(given):
                hint = "rule files: .yar, .rules, Sigma .yml, indicators .csv"
                problems.append(RuleProblem(Where(name), "not a rule file of any kind", hint))
    return listed


def _kinds_of_yaml(names: Sequence[str], states: Mapping[str, State], store: PrivateCache | None) -> dict[str, str]:
    """Kinds by name; all are looked at when one is new or was written to: the next run knows them."""
    joined = "\n".join(sorted(names))
    if store is None or not is_utf8(joined):
        return {}
    now = hashlib.sha256(msgspec.json.encode([*states.items()])).hexdigest() if all(states.values()) else ""
    key = "kinds-" + hashlib.sha256(joined.encode()).hexdigest()
    kept = store.get(key) if now else None
    if kept is not None:
        before, others = _remembered(kept.about)
        if before == now:
            return dict.fromkeys(names, "sigma") | others
    kinds = {name: kind_of(Path(name)) for name in names}
    if now:
        others = {name: kind for name, kind in kinds.items() if kind != "sigma"}
        store.put(key, Parts(msgspec.json.encode([now, others]), []))
    return kinds


def _remembered(about: bytes) -> tuple[str, dict[str, str]]:
    try:
        return msgspec.json.decode(about, type=tuple[str, dict[str, str]])
    except msgspec.DecodeError:  # of another version of ours
        return "", {}


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


def _yara(files: list[Path], cache: Path | None, found: _Found) -> YaraPack:
    from atttcli.rulepack.yara import load_yara_rules

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
    from atttcli.rulepack.network.load import load_network_rules, read_rules

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
    from atttcli.rulepack.indicators import load_indicator_packs

    for path in files:
        pack = load_indicator_packs([path])
        found.problems += pack.problems
        for one in pack.indicators:
            where, title = Where(str(path)), one.description or one.kind
            severity = Severity(one.severity)
            found.entries.append(RuleEntry(f"{one.type}:{one.value}", "indicators", title, severity, one.kind, where))
