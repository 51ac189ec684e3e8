"""Reading Sigma files: the cache, placeholders, filters, pipelines; a rule that cannot run whole is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atttcli.engines.correlation import CorrelationEngine
from atttcli.errors import InputError
from atttcli.model.event import Event
from atttcli.rulepack import catalogue, listing, sigma_files
from atttcli.rulepack.catalogue import kind_of
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.sigma import parse_rule
from atttcli.rulepack.sigma_files import SigmaSettings

RULE = """title: Tool
id: tool
name: tool_name
logsource: {category: process_creation, product: windows}
detection:
  selection: {CommandLine|contains: evil}
  condition: selection
"""
FILTER = """title: Not the backup server
id: f1
logsource: {category: process_creation, product: windows}
filter:
  rules: [tool_name]
  known: {Computer: backup01}
  condition: not known
"""


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def hits(pack: CorrelationPack, **fields: object) -> list[str]:
    event = Event(None, 1, "{}", "process_creation", "windows", "sysmon", fields=fields)
    return [rule for _, ids in CorrelationEngine(pack).matches([event]) for rule in ids]


def test_parsed_rules_are_kept_by_the_digest_of_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(
        tmp_path / "rules", a=RULE, b=RULE.replace("id: tool", "id: two").replace("tool_name", "n2"), c="title: x\n"
    )
    settings = SigmaSettings(tmp_path / "cache")
    first = load_correlation_rules([folder], settings)
    parsed: list[str] = []
    whole = parse_rule

    def noted(document: Any, path: str, values: Any) -> Any:
        parsed.append(path)
        return whole(document, path, values)

    monkeypatch.setattr(sigma_files, "parse_rule", noted)
    assert load_correlation_rules([folder], settings) == first and not parsed
    write(folder, b=RULE.replace("id: tool", "id: two").replace("tool_name", "n2").replace("evil", "worse"))
    changed = load_correlation_rules([folder], settings)
    assert [Path(path).name for path in parsed] == ["b.yml"]
    assert hits(changed, CommandLine="worse") == ["two"] and hits(first, CommandLine="evil") == ["tool", "two"]
    assert [problem.reason for problem in changed.problems] == [problem.reason for problem in first.problems] != []


def test_a_cache_that_was_touched_is_not_believed(tmp_path: Path) -> None:
    folder = write(tmp_path / "rules", a=RULE)
    settings = SigmaSettings(tmp_path / "cache")
    load_correlation_rules([folder], settings)
    (kept,) = (tmp_path / "cache").glob("*.rules")
    kept.write_bytes(kept.read_bytes().replace(b"evil", b"good"))
    assert hits(load_correlation_rules([folder], settings), CommandLine="evil") == ["tool"]


def test_the_tree_of_a_kept_rule_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = write(tmp_path / "rules", a=RULE, f=FILTER.replace("Computer: backup01", "Computer|re: '^backup'"))
    settings = SigmaSettings(tmp_path / "cache")
    first = load_correlation_rules([write(tmp_path / "alone", a=RULE)], settings)
    again = load_correlation_rules([tmp_path / "alone"], settings)
    assert again.rules[0].kept and not first.rules[0].kept
    assert not again.rules[0].may_test("re") and again.rules[0].may_test("contains")
    assert again == first
    for _ in range(2):  # a filter over a rule of the cache: what it adds is seen
        (rule,) = load_correlation_rules([folder], settings).rules
        assert not rule.kept and rule.may_test("re")


def test_kinds_of_yaml_files_are_remembered_until_one_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_SETTLED", -(10**12))  # files of this moment are trusted
    folder = write(tmp_path / "rules", **{f"r{n}": RULE for n in range(60)}, i="indicators: []\n")
    looked: list[str] = []

    def noted(path: Path) -> str:
        looked.append(path.name)
        return kind_of(path)

    monkeypatch.setattr(catalogue, "kind_of", noted)
    for _ in range(2):
        found = catalogue.listed([folder], cache=tmp_path / "cache").names
        assert [Path(name).name for name in found["indicators"]] == ["i.yml"] and len(found["sigma"]) == 60
    assert len(looked) == 61
    write(folder, r7="indicators: []\n")
    found = catalogue.listed([folder], cache=tmp_path / "cache").names
    assert [Path(name).name for name in found["indicators"]] == ["i.yml", "r7.yml"] and len(found["sigma"]) == 59
    (folder / "r8.yml").unlink()
    assert len(catalogue.listed([folder], cache=tmp_path / "cache").names["sigma"]) == 58
    looked.clear()
    for kept in (tmp_path / "cache").glob("kinds-*.rules"):
        kept.write_bytes(kept.read_bytes().replace(b"i.yml", b"j.yml"))
    assert len(catalogue.listed([folder], cache=tmp_path / "cache").names["indicators"]) == 2 and len(looked) == 60


def test_filters_narrow_the_rules_they_name(tmp_path: Path) -> None:
    pack = load_correlation_rules([write(tmp_path, a=RULE, f=FILTER)])
    assert not pack.problems
    assert hits(pack, CommandLine="evil", Computer="pc7") == ["tool"] and not hits(
        pack, CommandLine="evil", Computer="BACKUP01"
    )
    every = load_correlation_rules([write(tmp_path, f=FILTER.replace("[tool_name]", "any"))])
    assert not hits(every, CommandLine="evil", Computer="backup01")
    other = load_correlation_rules([write(tmp_path, f=FILTER.replace("product: windows", "product: linux"))])
    assert [problem.reason for problem in other.problems] == ["the filter meets no rule that is loaded"]
    assert hits(other, CommandLine="evil", Computer="backup01") == ["tool"]


def test_placeholders_beside_the_rules_and_given(tmp_path: Path) -> None:
    text = RULE.replace("CommandLine|contains: evil", "CommandLine|contains|expand: '%tools%'")
    folder = write(tmp_path, a=text)
    (problem,) = load_correlation_rules([folder]).problems
    assert "%tools%" in problem.reason and problem.where.line == 6 and problem.where.rule == "Tool"
    write(folder, placeholders="tools: [one, two]\n")
    assert hits(load_correlation_rules([folder]), CommandLine="a two") == ["tool"]
    given = SigmaSettings(placeholders={"tools": ["three"]})
    assert hits(load_correlation_rules([folder], given), CommandLine="a three") == ["tool"]
    write(folder, placeholders="tools: {a: b}\n")
    assert any(
        "list of texts" in one.reason and one.where.line == 1 for one in load_correlation_rules([folder]).problems
    )


def test_pipelines_rename_fields(tmp_path: Path) -> None:
    pipeline = tmp_path / "p.yml"
    pipeline.write_text(
        "name: p\npriority: 10\ntransformations:\n  - id: m\n    type: field_name_mapping\n"
        "    mapping: {CommandLine: process.command_line}\n"
    )
    folder = write(tmp_path / "rules", a=RULE.replace("contains: evil", "re|i: 'e.il$'"))
    pack = load_correlation_rules([folder], SigmaSettings(tmp_path / "cache", pipelines=(pipeline,)))
    assert not pack.problems
    assert hits(pack, process={"command_line": "EVIL"}) == ["tool"] and not hits(pack, CommandLine="evil")
    pipeline.write_text("transformations: [{type: nonsense}]\n")
    with pytest.raises(InputError, match="not a processing pipeline"):
        load_correlation_rules([folder], SigmaSettings(pipelines=(pipeline,)))


@pytest.mark.parametrize(
    ("change", "reason", "line"),
    [
        (("title: Tool", "title: Tool\naction: global"), "action: global", 1),
        (("selection: {CommandLine|contains: evil}", "selection: []"), "a selection is", 6),
        (("selection: {CommandLine|contains: evil}", "selection: {}"), "empty selection", 5),
        (("condition: selection", "condition: 2 of selection"), "not a selection", 7),
        (("condition: selection", "condition: []"), "must be text", 1),
        (("  condition: selection\n", ""), "no `detection`", 1),
        (("product: windows", "produkt: windows"), "log source word", 1),
    ],
)
def test_refused_by_name(tmp_path: Path, change: tuple[str, str], reason: str, line: int) -> None:
    (problem,) = load_correlation_rules([write(tmp_path, a=RULE.replace(*change))]).problems
    assert reason in problem.reason and problem.where.rule == "Tool", problem
    assert problem.where.line is not None and problem.where.line >= line
