"""Every shipped YARA rule matches its positive samples and none of its negatives; the packs compile without a warning."""

from __future__ import annotations

from pathlib import Path

import pytest
import yara

from atttcli.packaged import packaged
from atttcli.rulepack.samples import RuleCase, iter_cases

RULES = sorted((packaged("rules") / "yara").glob("*.yar"))
CASES = [case for case in iter_cases(packaged("rules") / "cases" / "yara") if case.engine == "yara"]
EXTERNALS = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")
CATEGORIES = {"khac", "giamao", "madoc", "truycap", "giaodien", "mahoa"}


@pytest.fixture(scope="module")
def pack() -> yara.Rules:
    sources = {path.stem: str(path) for path in RULES}
    return yara.compile(filepaths=sources, includes=False, externals=EXTERNALS, error_on_warning=True)


def _matched(pack: yara.Rules, data: bytes) -> set[str]:
    return {match.rule for match in pack.match(data=data, timeout=20)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_samples(pack: yara.Rules, case: RuleCase) -> None:
    assert case.why
    assert case.positives
    assert case.negatives
    missed = [name for name, data in case.positives if case.rule not in _matched(pack, data)]
    false = [name for name, data in case.negatives if case.rule in _matched(pack, data)]
    assert (missed, false) == ([], [])


def test_negatives_are_quiet_for_the_whole_pack_of_their_kind(pack: yara.Rules) -> None:
    """A harmless sample must not set off a neighbour either (log rules are not run over files, nor file rules over logs)."""
    noisy = []
    for case in CASES:
        kind = case.rule.startswith("log_")
        for name, data in case.negatives:
            noisy += [(case.rule, name, rule) for rule in _matched(pack, data) if rule.startswith("log_") == kind]
    assert noisy == []


def test_every_rule_has_a_case_and_whole_meta(pack: yara.Rules) -> None:
    rules = {rule.identifier: rule for rule in pack}
    assert set(rules) == {case.rule for case in CASES}
    for name, rule in rules.items():
        meta = rule.meta
        assert meta["severity"] in {"low", "medium", "high", "critical"}, name
        assert meta["category"] in CATEGORIES, name
        assert meta["author"] == "atttcli"
        assert meta["description"] and meta["description_vi"] and meta["date"] and meta["attack"].startswith("T")
        assert meta["scope"] == ("log" if "log" in rule.tags else "file"), name


def test_rules_do_not_match_their_own_sources(pack: yara.Rules) -> None:
    """The toolkit scans the machine it is installed on: its rules, samples and builders must not be findings."""
    seeds = packaged("seeds") / "samples"
    own = [*RULES, *sorted((packaged("rules") / "network").glob("*.rules")), *sorted(seeds.glob("*.py"))]
    own += sorted((packaged("rules") / "cases").rglob("*.*"))
    found = {path.name: _file_rules(pack, path) for path in own if _file_rules(pack, path)}
    assert found == {}


def _file_rules(pack: yara.Rules, path: Path) -> set[str]:
    return {rule for rule in _matched(pack, path.read_bytes()) if not rule.startswith("log_")}
