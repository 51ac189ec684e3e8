"""What a kit looks for: YARA sources that load here, hashes and names of lists; nothing that its mark keeps in this house.

TLP:RED stays with those it was told to, TLP:AMBER+STRICT within the organisation: a kit goes to another one, on a stick that can
be lost. Both are left out unless asked for, and counted.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from atttcli.engine import RuleProblem
from atttcli.errors import InputError
from atttcli.field.kit.known import HASHES, NAMES, PATTERNS, YARA, rules_digest
from atttcli.field.manifest import RuleSet
from atttcli.model.observable import Indicator, ObservableType
from atttcli.rulepack.yara import EXTERNALS, checked_sources
from atttcli.rulepack.yara_values import YaraRule
from atttcli.scan.known import known_files

KEPT_HERE = ("RED", "AMBER+STRICT")
_OF_FILES = (ObservableType.MD5, ObservableType.SHA1, ObservableType.SHA256, ObservableType.FILE)


@dataclass(frozen=True, slots=True)
class KitRules:
    """Checked and chosen. `kept_here`: rules and indicators that their TLP mark keeps from leaving."""

    sources: dict[str, str]
    rules: int
    indicators: tuple[Indicator, ...]
    disabled: tuple[str, ...] = ()
    problems: tuple[RuleProblem, ...] = ()
    kept_here: int = 0

    @property
    def refused(self) -> int:
        """Rules that cannot be used."""
        return sum(one.refused for one in self.problems)

    @property
    def hashes(self) -> int:
        """How many of the indicators are hashes."""
        return sum(one.type is not ObservableType.FILE for one in self.indicators)


def choose_rules(
    paths: Sequence[Path],
    indicators: Iterable[Indicator],
    scope: str = "file",
    *,
    now: int,
    disabled: Collection[str] = (),
    include_red: bool = False,
) -> KitRules:
    """The rules that load and the indicators in force at `now` that may leave. InputError when nothing is left."""
    sources, rules, problems = checked_sources(paths, scope)
    secret = set() if include_red else {rule.namespace for rule in rules if _tlp(rule) in KEPT_HERE}
    kept = sum(rule.namespace in secret for rule in rules)
    sources = {namespace: text for namespace, text in sources.items() if namespace not in secret}
    chosen: list[Indicator] = []
    for one in indicators:
        if one.type not in _OF_FILES or (one.valid_until is not None and one.valid_until < now):
            continue
        if one.tlp.upper() in KEPT_HERE and not include_red:
            kept += 1
        else:
            chosen.append(one)
    if not sources:
        raise InputError("no rule could be loaded", hint="atttcli rules check says why")
    count = sum(rule.namespace in sources for rule in rules)
    return KitRules(sources, count, tuple(chosen), tuple(sorted(disabled)), problems, kept)


def write_rules(rules: KitRules, folder: Path, version: str) -> RuleSet:
    """Write them as the kit reads them; what they are called from now on."""
    folder.mkdir(parents=True)
    value = {"sources": rules.sources, "externals": dict(EXTERNALS), "disabled": list(rules.disabled)}
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (folder / YARA).write_bytes(text.encode("utf-8", "surrogateescape"))
    with tempfile.TemporaryDirectory(prefix="atttcli-kit-") as made:
        if known_files(rules.indicators, "kit", Path(made), 0) is not None:
            for name in (HASHES, NAMES, PATTERNS):
                (found,) = Path(made).glob(f"*/{name}")
                shutil.copyfile(found, folder / name)
    return RuleSet(rules_digest(str(folder)), version, rules.rules)


def _tlp(rule: YaraRule) -> str:
    value = next((rule.meta[key] for key in rule.meta if key.lower() == "tlp"), "")
    return str(value).upper().removeprefix("TLP:").strip()
