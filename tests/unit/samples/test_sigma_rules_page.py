"""docs/rules.md is what our Sigma rules say, and every rule that alerts has what a colleague at the telephone needs."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from atttcli.rulepack.correlation import load_correlation_rules
from atttcli.rulepack.samples import iter_cases

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / ".ci" / "sigma_rules.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    if not PROGRAM.is_file():
        pytest.skip("the project's own programs are not here")
    spec = importlib.util.spec_from_file_location("sigma_rules", PROGRAM)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_no_rule_lacks_anything_and_the_page_is_theirs(program: ModuleType) -> None:
    rules, cases = program.load()
    assert list(program.faults(rules, cases)) == []
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == program.page(rules)
    assert len(program.alerting(rules)) >= 60


def test_what_a_rule_lacks_is_named(program: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "title: t\nid: bare\nlevel: high\ntags: [attack.t99]\nfalsepositives:\n  - A note: with a colon\n"
        "attt: {category: no-type, playbook: no-book}\nlogsource: {product: linux}\n"
        "detection: {selection: {CommandLine|contains: xyz}, condition: selection}\n",
        "utf-8",
    )
    rules = list(load_correlation_rules([tmp_path / "a.yml"]).rules)
    told = "\n".join(program.faults(rules, []))
    for lack in ("a case with", "Vietnamese title", "'no-type'", "'no-book'", "tactic", "attack.t99", "false alarms"):
        assert lack in told, lack


def test_a_case_without_its_rule_is_named(program: ModuleType, tmp_path: Path) -> None:
    one = ROOT / "rules" / "cases" / "sigma" / "attt-win-0014"
    shutil.copytree(one, tmp_path / "attt-win-0014")
    assert list(program.faults([], list(iter_cases(tmp_path)))) == ["attt-win-0014 is a case of no rule"]
