"""Rules written to read files, write to the terminal, stop the program, run for ever or take their neighbours down."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from atttcli.engine import EngineProblem
from atttcli.engines.yara import YaraEngine
from atttcli.rulepack.yara import YaraPack, load_yara_rules

yara = pytest.importorskip("yara")
GOOD = 'rule good { strings: $a = "needle" condition: $a }\n'
BIG = 'rule r%d { strings: $a = "%s" condition: $a }\n'


def load(tmp_path: Path, text: str | bytes, name: str = "evil.yar") -> YaraPack:
    folder = tmp_path / "rules"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "zz-good.yar").write_text(GOOD)
    return load_yara_rules([folder], tmp_path / "cache")


def names(pack: YaraPack) -> list[str]:
    return [rule.name for rule in pack.rules]


EVIL = {
    "include": 'include "/etc/passwd"\n' + GOOD,
    "include of a pipe": 'include "/dev/stdin"\n' + GOOD,
    "console": 'import "console"\nrule bad { condition: console.log("\\x1b]0;owned\\x07") }',
    "console in disguise": 'import "con\\x73ole"\nrule bad { condition: console.log("x") }',
    "console behind a comment": 'import /* " */ "console"\nrule bad { condition: console.log("x") }',
    "console behind a regex": 'rule a { strings: $r = /"/ condition: $r }\nimport "console"\n'
    'rule bad { strings: $r = /"/ condition: $r and console.log("x") }',
    "cuckoo": 'import "cuckoo"\nrule bad { condition: cuckoo.network.http_get(/x/) }',
    "undefined": "rule bad { condition: no_such_thing == 1 }",
    "unclosed rule": "rule bad { condition: true\n",
    "unclosed string": 'rule bad { strings: $a = "abc\n condition: $a }',
    "unclosed comment": "rule bad { condition: true /* }",
    "unclosed regex": "rule bad { strings: $a = /abc\n condition: $a }",
    "deep parentheses": "rule bad { condition: " + "(" * 100_000 + "true" + ")" * 100_000 + "}",
    "deep regex": "rule bad { strings: $a = /" + "(" * 100_000 + "a" + ")" * 100_000 + "/ condition: $a }",
    "deep hex": "rule bad { strings: $a = {" + "(AA|" * 20_000 + "BB" + ")" * 20_000 + "} condition: $a }",
    "wide hex": "rule bad { strings: $a = {" + "(AA|BB)" * 20_000 + "} condition: $a }",
    "too many strings": "rule bad { strings: "
    + "\n".join(f'$a{i} = "abc{i}"' for i in range(12_000))
    + " condition: any of them }",
    "long name": "rule " + "b" * 5000 + " { condition: true }",
    "long string": 'rule bad { strings: $a = "' + "a" * 100_000 + '" condition: $a }',
    "not a rule": "%PDF-1.4 rule rule rule",
    "quotes": '"' * 50_000 + "\n" + '"\\' * 50_000,
    "modifiers": "global private " * 20_000,
    "slashes": "/" * 100_000 + "\n" + "*" * 1000,
    "duplicate": "rule bad { condition: true }\nrule bad { condition: false }",
}
SURVIVES = {"console behind a regex": ["a"], "duplicate": ["bad"]}


@pytest.mark.parametrize("kind", EVIL)
def test_an_evil_rule_is_refused_by_name_and_its_neighbours_stay(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    started = time.process_time()
    pack = load(tmp_path, EVIL[kind])
    assert names(pack) == [*SURVIVES.get(kind, []), "good"]
    refused = [problem for problem in pack.problems if problem.refused]
    assert refused
    assert all(problem.where.path.endswith("evil.yar") and problem.reason for problem in refused)
    assert time.process_time() - started < 5
    engine = YaraEngine(pack)
    found = engine.match_data(b'a needle "', filepath="t")
    assert isinstance(found, list)
    assert [one.detail["rule"] for one in found][-1] == "good"
    assert capfd.readouterr() == ("", "")


def test_problems_say_file_line_rule_and_hint(tmp_path: Path) -> None:
    text = (
        "rule one { condition: true }\n\nrule two {\n condition: nope }\nrule three { condition: two }\n"
        "rule four { condition: true\nrule five { condition: true }"
    )
    pack = load(tmp_path, text)
    assert names(pack) == ["one", "five", "good"]
    told = [(p.where.line, p.where.rule, bool(p.hint)) for p in pack.problems if p.refused]
    assert told == [(4, "two", True), (5, "three", True), (7, "four", True)]
    assert 'undefined identifier "nope"' in pack.problems[0].reason


def test_a_refused_global_rule_takes_its_file_along(tmp_path: Path) -> None:
    pack = load(tmp_path, "global rule only_pe { condition: nope }\nrule loud { condition: true }")
    assert names(pack) == ["good"]


def test_nul_bytes_do_not_cut_a_file_short(tmp_path: Path) -> None:
    pack = load(tmp_path, b"rule a { condition: true }\n\x00rule b { condition: true }")
    assert names(pack) == ["good"]
    (problem,) = pack.problems
    assert (problem.where.line, problem.reason) == (2, "not a text file (NUL byte)")


def test_compiled_rules_are_not_accepted_whatever_their_name(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("rules.yarc", "rules.yar"):
        yara.compile(source=GOOD).save(str(tmp_path / name))
        pack = load_yara_rules([tmp_path / name])
        assert not pack.rules
        assert pack.problems[0].reason == "compiled rules are not accepted"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
@pytest.mark.timeout(10)
def test_a_pipe_among_the_rules_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    os.mkfifo(tmp_path / "rules" / "pipe.yar")
    pack = load(tmp_path, GOOD.replace("good", "other"))
    assert names(pack) == ["other", "good"]
    assert [problem.reason for problem in pack.problems] == ["named pipe"]


def test_bytes_that_are_not_utf8_keep_their_value(tmp_path: Path) -> None:
    pack = load(tmp_path, b'rule latin { strings: $a = "caf\xe9" condition: $a }')
    found = YaraEngine(pack).match_data(b"un caf\xe9 noir", filepath="t")
    assert isinstance(found, list)
    assert [one.detail["rule"] for one in found] == ["latin"]


@pytest.mark.timeout(60)
def test_a_rule_that_runs_for_ever_ends_as_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atttcli.field.match.SECONDS_FLOOR", 1)
    pack = load(tmp_path, "rule loop { condition: for all i in (1..100000000000) : (i > 0) }")
    (tmp_path / "target").write_bytes(b"x")
    results = list(YaraEngine(pack).match_file(tmp_path / "target"))
    assert [type(result) for result in results] == [EngineProblem]
    assert results[0].reason == "timeout"  # type: ignore[union-attr]


def test_a_million_matches_are_bounded_and_counted(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    pack = load(tmp_path, 'rule many { strings: $a = "aa" condition: $a }')
    (found,) = YaraEngine(pack).match_data(b"a" * 50_000, filepath="t")  # type: ignore[misc]
    assert len(found.detail["strings"]) == 4096
    assert found.detail["truncated"] == 50_000 - 1 - 4096
    YaraEngine(pack).match_data(b"a" * 1_100_000, filepath="t")
    assert not recwarn.list


@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "empty"])
def test_a_damaged_cache_is_compiled_anew_and_never_loaded(tmp_path: Path, damage: str) -> None:
    first = load(tmp_path, GOOD.replace("good", "other"))
    load_yara_rules([tmp_path / "rules" / "zz-good.yar"], tmp_path / "cache")
    files = sorted((tmp_path / "cache").glob("*.rules"))
    assert len(files) == 2
    contents = [file.read_bytes() for file in files]
    for index, file in enumerate(files):
        data = bytearray(file.read_bytes())
        if damage == "flip":
            data[len(data) // 2] ^= 1
        elif damage == "cut":
            del data[len(data) // 2 :]
        elif damage == "empty":
            data.clear()
        else:  # each is authentic, but stands under the other's key
            data = bytearray(contents[1 - index])
        file.write_bytes(data)
    again = load(tmp_path, GOOD.replace("good", "other"))
    assert names(again) == names(first) == ["other", "good"]
    assert again.digest == first.digest


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_a_cache_open_to_others_is_not_used(tmp_path: Path) -> None:
    load(tmp_path, GOOD.replace("good", "other"))
    (tmp_path / "cache").chmod(0o777)
    pack = load(tmp_path, GOOD.replace("good", "other"))
    assert names(pack) == ["other", "good"]
    assert [(problem.refused, "open to others" in problem.reason) for problem in pack.problems] == [(False, True)]
