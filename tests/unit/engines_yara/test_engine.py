"""The YARA engine: detections as `detect files` prints them, and log text with line numbers."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engine import EngineProblem
from atttcli.engines.yara import YaraEngine, detect_files, severity_of
from atttcli.field.account import FileAccount
from atttcli.field.scanner import ScanLimits
from atttcli.model.alert import Detection
from atttcli.model.severity import Severity
from atttcli.rulepack.yara import load_yara_rules

yara = pytest.importorskip("yara")
FILE_RULES = """
rule shell : web php { meta: description = "A web shell" score = 85 strings: $a = "eval(" $b = "base64" condition: $a and $b }
rule both { meta: scope = "any" strings: $a = "anywhere" condition: $a }
private rule hidden { strings: $a = "eval" condition: $a }
rule through { condition: hidden and extension == ".php" }
"""
LOG_RULES = """
rule pair : log { meta: severity = "high" strings: $a = "alpha" $b = "beta" condition: $a and $b }
rule only : log { strings: $a = "alpha" $not = "good" condition: $a and not $not }
rule start : log { strings: $a = "GET" condition: $a at 0 }
"""


def engine(tmp_path: Path, scope: str = "all", **sources: str) -> YaraEngine:
    folder = tmp_path / "rules"
    for name, text in (sources or {"web/shell": FILE_RULES, "log": LOG_RULES}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yar").write_text(text)
    return YaraEngine(load_yara_rules([folder], scope=scope))


def test_a_match_carries_what_the_json_line_needs(tmp_path: Path) -> None:
    target = tmp_path / "x.php"
    target.write_bytes(b"<?php eval(base64_decode(")
    results = list(detect_files([target], engine(tmp_path)))
    shell = next(r for r in results if isinstance(r, Detection) and r.detail["rule"] == "shell")
    assert json.loads(json.dumps(shell.detail)) == {
        "path": str(target),
        "rule": "shell",
        "namespace": "web/shell.yar",
        "tags": ["web", "php"],
        "meta": {"description": "A web shell", "score": 85},
        "strings": [{"identifier": "$a", "offset": 6, "length": 5}, {"identifier": "$b", "offset": 11, "length": 6}],
    }
    assert (shell.engine, shell.rule_id, shell.title, shell.severity) == (
        "yara",
        "web/shell.yar:shell",
        "A web shell",
        Severity.HIGH,
    )
    assert shell.key == shell.origin.sha256 != ""
    assert shell.why[0] == "$a @6: eval("
    assert {r.detail["rule"] for r in results if isinstance(r, Detection)} == {"shell", "through"}
    assert isinstance(results[-1], FileAccount)


def test_members_of_archives_are_files_of_their_own(tmp_path: Path) -> None:
    target = tmp_path / "in.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../up/x.php", "eval( base64")
    (found,) = [
        r for r in detect_files([target], engine(tmp_path)) if isinstance(r, Detection) and r.detail["rule"] == "shell"
    ]
    assert found.origin.path == found.detail["path"] == f"{target}!../up/x.php"


def test_files_that_were_not_judged_are_problems(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(2000))
    (tmp_path / "link").symlink_to("big")
    results = list(
        detect_files([tmp_path / "big", tmp_path / "link"], engine(tmp_path), limits=ScanLimits(file_bytes=1000))
    )
    assert [(r.where.path, r.reason) for r in results if isinstance(r, EngineProblem)] == [
        (str(tmp_path / "big"), "larger than the limit")
    ]
    assert isinstance(results[-1], FileAccount)
    assert not results[-1].complete


def test_scopes_part_rules_for_files_from_rules_for_logs(tmp_path: Path) -> None:
    def names(scope: str) -> set[str]:
        return {rule.name for rule in engine(tmp_path, scope).rules}

    assert names("all") == {"shell", "both", "hidden", "through", "pair", "only", "start"}
    assert names("file") == {"shell", "both", "through"}
    assert names("log") == {"both", "pair", "only", "start"}
    found = engine(tmp_path, "file").match_data(b"eval( anywhere base64", filepath="x.php")
    assert isinstance(found, list)
    assert {one.detail["rule"] for one in found} == {"shell", "both", "through"}


def test_disabled_rules_are_silent_but_may_be_referred_to(tmp_path: Path) -> None:
    (tmp_path / "r.yar").write_text("rule a { condition: true } rule b { condition: a }")
    packs = [load_yara_rules([tmp_path / "r.yar"], disabled=names) for names in ((), ("a",), ("r.yar:b",))]
    fired = [[one.detail["rule"] for one in YaraEngine(pack).match_data(b"", filepath="x")] for pack in packs]  # type: ignore[union-attr]
    assert fired == [["a", "b"], ["b"], ["a"]]
    assert len({pack.digest for pack in packs}) == 3


def test_log_lines_are_judged_one_by_one(tmp_path: Path) -> None:
    block = b"alpha\nbeta\nalpha good\r\nalpha and beta\nx GET\nGET /\n\nno newline beta alpha"
    matches = list(engine(tmp_path, "log").match_text_block(block, first_line=101))
    assert [(m.hit.rule, m.line) for m in matches] == [
        ("only", 101), ("pair", 104), ("only", 104), ("start", 106), ("pair", 108), ("only", 108),
    ]  # fmt: skip
    assert [(s.identifier, s.offset) for s in matches[1].hit.strings] == [("$a", 0), ("$b", 10)]
    made = engine(tmp_path, "log").detection(matches[1].hit, "access.log", "ab", matches[1].line, key="192.0.2.1")
    assert (made.origin.line, made.key, made.severity) == (104, "192.0.2.1", Severity.HIGH)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.text("alphbet god GET\x00é", max_size=25), max_size=40))
def test_searching_a_block_finds_what_judging_each_line_finds(tmp_path_factory: Any, lines: list[str]) -> None:
    logs = engine(tmp_path_factory.mktemp("r"), "log")
    plain = yara.compile(source=LOG_RULES)
    raw = [line.encode() for line in lines]
    expected = [(match.rule, number) for number, line in enumerate(raw, 1) for match in plain.match(data=line)]
    assert [(m.hit.rule, m.line) for m in logs.match_text_block(b"\n".join(raw))] == expected


def test_log_rules_that_cannot_be_searched_in_blocks_are_refused_by_name(tmp_path: Path) -> None:
    text = """
rule anchored : log { strings: $a = /^GET/ condition: $a }
rule class_is_fine : log { strings: $a = /[^a]GET\\$/ condition: $a }
rule stringless : log { condition: filesize > 3 }
rule secret : log { strings: $a = "x1x2" private condition: $a }
"""
    logs = engine(tmp_path, "log", only=text)
    assert [rule.name for rule in logs.rules] == ["class_is_fine"]
    assert [(p.where.line, p.where.rule) for p in logs.problems if p.refused] == [
        (2, "anchored"),
        (4, "stringless"),
        (5, "secret"),
    ]


def test_a_block_too_hard_to_search_at_once_is_still_judged(tmp_path: Path) -> None:
    logs = engine(tmp_path, "log", only='rule a : log { strings: $a = "aa" condition: $a }')
    block = b"a" * 1_100_000 + b"\nxx\naa\n"
    assert [m.line for m in logs.match_text_block(block)] == [1, 3]


def test_the_same_rules_have_the_same_digest_wherever_they_stand(tmp_path: Path) -> None:
    digests = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "r.yar").write_text("rule a { condition: true }")
        digests.append(load_yara_rules([tmp_path / place]).digest)
    assert digests[0] == digests[1]
    (tmp_path / "two" / "r.yar").write_text("rule a { condition: false }")
    assert load_yara_rules([tmp_path / "two"]).digest != digests[0]


def test_equal_names_in_different_folders_are_no_conflict(tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "r.yar").write_text("rule a { condition: true }")
    pack = load_yara_rules([tmp_path / "one", tmp_path / "two", tmp_path])
    assert [rule.namespace for rule in pack.rules] == ["r.yar", "r.yar#2", "one/r.yar", "two/r.yar"]
    assert not [problem for problem in pack.problems if problem.refused]


def test_an_empty_pack_matches_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    empty = YaraEngine(load_yara_rules([tmp_path / "rules"]))
    assert [problem.reason for problem in empty.problems] == ["no rule file in this folder"]
    (tmp_path / "f").write_bytes(b"x")
    (total,) = list(detect_files([tmp_path / "f"], empty))
    assert isinstance(total, FileAccount)
    assert total.scanned == 1


@pytest.mark.parametrize(
    ("meta", "severity"),
    [({"severity": "critical"}, 4), ({"severity": 1}, 1), ({"score": 100}, 4), ({"score": 75}, 3), ({"score": "60"}, 2),
     ({"score": 40}, 1), ({"score": 0}, 0), ({}, 2), ({"score": True}, 2), ({"score": "x"}, 2)],
)  # fmt: skip
def test_severity_comes_from_the_rule(meta: dict[str, Any], severity: int) -> None:
    assert severity_of(meta) == severity
