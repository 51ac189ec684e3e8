"""Loading Sigma rules: what is taken, and that what is not is refused whole, by file, line and name."""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.engines.correlation import CorrelationEngine
from atttcli.engines.sigma import pattern
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules

HEAD = "title: t\nid: x\nlogsource: {category: webserver}\n"
BLOCK = HEAD + "detection: {s: {url|contains: abc}, condition: s}\n"


def load(tmp_path: Path, text: str, name: str = "a.yml") -> CorrelationPack:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load_correlation_rules([tmp_path])


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (HEAD + "detection:\n  s:\n    url|rot13: x\n  condition: s\n", "modifier `rot13`", 6),
        (HEAD + "detection:\n  s: {url|re|contains: x}\n  condition: s\n", "do not go together", 5),
        (HEAD + "detection:\n  s: {url|re: '('}\n  condition: s\n", "regular expression", 5),
        (HEAD + "detection:\n  s: {src_ip|cidr: 10.0.0.0/99}\n  condition: s\n", "not a network", 5),
        (HEAD + "detection:\n  s: {url: x}\n  condition: s and\n", "ends too early", 6),
        (HEAD + "detection:\n  s: {url: x}\n  condition: other\n", "not a selection", 6),
        (HEAD + "detection:\n  s: {url: x}\n  condition: s | count() > 5\n", "aggregation", 6),
        (HEAD + "detection:\n  s: {url: x}\n  condition: (s\n", "too early", 6),
        (HEAD + "detection:\n  s: {url: x}\n  condition: 1 of b*\n", "no selection", 6),
        (HEAD + "detection:\n  s: {url: x}\n  timeframe: 5m\n  condition: s\n", "timeframe", 1),
        (HEAD + "detection:\n  s: {url: x}\n  condition: " + "(" * 60 + "s" + ")" * 60 + "\n", "nested", 6),
        (HEAD + "level: terrible\n" + "detection: {s: {url: x}, condition: s}\n", "unknown level", 4),
        ("title: t\nid: x\ndetection: {s: {url: x}, condition: s}\n", "logsource", 1),
        ("id: x\n", "no `title`", 1),
        ("title: x\n", "neither `id` nor `name`", 1),
        ("title: t\nid: y\ncorrelation: {type: median, rules: [x]}\n", "is not supported", 1),
        ("title: t\nid: y\natttcli: {type: magic}\n", "not known", 1),
        ("title: t\nid: y\ncorrelation: {type: event_count, rules: [x], timespan: 5m, condition: {lt: 1}}\n", "never hold", 1),
        ("title: t\nid: y\ncorrelation: {type: event_count, rules: [x], timespan: 5y, condition: {gte: 3}}\n", "timespan", 1),
        ("title: t\nid: y\ncorrelation: {type: event_count, rules: [x], timespan: 5m, condition: {gte: 3}, every: 2}\n", "`every`", 1),
        ("title: t\nid: y\ncorrelation: {type: value_count, rules: [x], timespan: 5m, condition: {gte: 3}}\n", "`field`", 1),
        ("title: t\nid: y\ncorrelation: {type: temporal, rules: [x], timespan: 5m}\n", "at least two", 1),
        ("title: t\nid: y\ncorrelation: {type: event_count, rules: [gone], timespan: 5m, condition: {gte: 3}}\n", "not loaded", 1),
        ("title: t\nid: y\ncorrelation: {type: event_count, rules: [y], timespan: 5m, condition: {gte: 3}}\n", "itself", 1),
        ("- a\n", "mapping", 1),
        ("a: &x 1\n", "anchors", 1),
        (BLOCK + "---\n" + BLOCK, "is taken", 6),
    ],
)  # fmt: skip
def test_refused_by_line(tmp_path: Path, text: str, reason: str, line: int) -> None:
    (problem,) = load(tmp_path, text).problems
    assert reason in problem.reason, problem
    assert problem.where.path.endswith("a.yml")
    assert problem.where.line == line, problem


def test_a_broken_document_does_not_take_its_neighbours(tmp_path: Path) -> None:
    pack = load(tmp_path, BLOCK + "---\nx: [\n---\n" + BLOCK.replace("id: x", "id: z") + "---\n")
    assert [rule.meta.id for rule in pack.rules] == ["x", "z"]
    assert [rule.meta.where.line for rule in pack.rules] == [1, 8]
    assert len(pack.problems) == 1 and pack.problems[0].where.line in (7, 8)


def test_an_expression_that_nothing_takes_is_refused_with_those_that_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern, "_pcre2", lambda: None)
    text = HEAD + "detection: {s: {url|re: '(a)(?=b)'}, condition: s}\n---\ntitle: c\nid: c\n"
    text += "correlation: {type: event_count, rules: [x], timespan: 5m, condition: {gte: 3}}\n"
    engine = CorrelationEngine(load(tmp_path, text))
    assert ["expression" in engine.problems[0].reason, "refused" in engine.problems[1].reason] == [True, True]
    assert all(problem.refused for problem in engine.problems)


def test_referenced_rules_are_silent_unless_told_otherwise(tmp_path: Path) -> None:
    counted = (
        "---\ntitle: c\nid: c\ncorrelation: {type: event_count, rules: [x], timespan: 5m, condition: {gte: 3}%s}\n"
    )
    assert load(tmp_path, BLOCK + counted % "").rules[0].silent
    assert not load(tmp_path, BLOCK + counted % ", generate: true").rules[0].silent
    assert not load(tmp_path, BLOCK + "attt: {alert: true}\n" + counted % "").rules[0].silent
    assert not load(tmp_path, BLOCK).rules[0].silent


def test_digest_names_the_content(tmp_path: Path) -> None:
    first = load(tmp_path, BLOCK).digest
    assert load(tmp_path, BLOCK).digest == first != load(tmp_path, BLOCK + "#\n").digest


def test_unreadable_and_hostile_files_are_problems(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_bytes(b"\xff\x00")
    (tmp_path / "c.yml").write_text("[" * 50_000)
    (tmp_path / "d.yml").write_text("a: " + "{" * 10_000 + "\n---\n" + "--- # x\n" * 5000)
    pack = load(tmp_path, BLOCK)
    assert len(pack.rules) == 1 and len(pack.problems) >= 3
    assert load_correlation_rules([tmp_path / "absent.yml"]).problems


def test_a_tower_of_correlations_is_refused(tmp_path: Path) -> None:
    tower = "title: c0\nid: c0\nlogsource: {product: linux}\ndetection: {s: {user: root}, condition: s}\n" + "".join(
        f"---\ntitle: c{n}\nid: c{n}\n"
        f"correlation: {{type: event_count, rules: [c{n - 1}], group-by: [user], timespan: 1m, condition: {{gte: 1}}}}\n"
        for n in range(1, 41)
    )
    pack = load_correlation_rules([_written(tmp_path, tower)])
    assert len(pack.correlations) == 16
    assert "more than 16 deep" in next(one.reason for one in pack.problems if one.where.rule == "c17")


def _written(folder: Path, text: str) -> Path:
    path = folder / "tower.yml"
    path.write_text(text, encoding="utf-8")
    return path
