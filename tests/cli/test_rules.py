"""`rules` from outside: one listing over all packs, every problem told, cases run, decisions in the journal."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from atttcli.packaged import packaged
from tests.support.cli_run import tell

RULES = packaged("rules")


def test_list_covers_every_kind_with_its_place(capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "list", "--json")
    entries = told.checked("rules-list")
    kinds = Counter(one["kind"] for one in entries)
    assert set(kinds) == {"yara", "network", "sigma", "correlation", "indicators"}
    assert kinds["network"] == sum(
        text.startswith("alert")
        for path in (RULES / "network").glob("*.rules")
        for text in path.read_text().splitlines()
    )
    one = next(entry for entry in entries if entry["id"] == "1:9910003")
    assert "9910003" in Path(one["file"]).read_text().splitlines()[one["line"] - 1]
    assert "atttcli rules ranges add FILE" in told.err, "the rule that has no table of countries says so"
    assert len(told.err.splitlines()) == 1


def test_list_of_one_kind(capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "list", "--kind", "correlation", "--json")
    assert {one["kind"] for one in told.lines()} == {"correlation"}


def test_shipped_rules_pass_their_check(capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "check", "--json")
    (counts,) = told.checked("rules-check")
    assert (told.code, counts["refused"], counts["warnings"]) == (0, 0, 0)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "a.yar").write_text("rule good { condition: filesize > 9000 }\n\nrule bad { condition: no_such }\n")
    (tmp_path / "b.rules").write_text(
        'alert tcp any any -> any any (msg:"x"; content:"GET"; sid:1;)\n'
        'alert tcp any any -> any any (msg:"y"; no_such_keyword:1; sid:2;)\n'
    )
    (tmp_path / "c.yml").write_text(
        "title: t\nid: c1\nlogsource: {category: webserver}\ndetection: {condition: nothing}\n"
    )
    (tmp_path / "d.csv").write_text("type,value\nip,203.0.113.4\nip,not-an-address\n")
    (tmp_path / "LICENSE.txt").write_text("free text that is no rule")
    return tmp_path


def test_check_tells_every_problem_of_every_kind_and_goes_on(broken: Path, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "check", broken, "--json")
    assert told.code == 2
    *problems, counts = told.checked("rules-check")
    refused = {(Path(one["file"]).name, one["line"]) for one in problems if one["refused"]}
    assert {("a.yar", 3), ("b.rules", 2), ("d.csv", 3)} <= refused
    assert {name for name, _ in refused} == {"a.yar", "b.rules", "c.yml", "d.csv"}
    assert counts["by_kind"] == {"indicators": 1, "network": 1, "yara": 1}


def test_check_of_nothing_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert tell(capsys, "rules", "check", tmp_path).code == 2
    assert tell(capsys, "rules", "check", tmp_path / "absent").code == 2


def test_every_shipped_case_holds(capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "test", "--json")
    results = told.checked("rules-test")
    assert told.code == 0
    assert {one["engine"] for one in results} >= {"yara", "network", "sigma", "correlation"}
    assert len(results) == sum(1 for _ in (RULES / "cases").rglob("case.yaml"))


def test_a_rule_that_misses_or_overreaches_fails_its_case(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "r.yar").write_text('rule r { strings: $a = "wrong" condition: $a }\n')
    case = tmp_path / "cases" / "r"
    case.mkdir(parents=True)
    (case / "case.yaml").write_text(
        "why: shows that a failure is told\nengine: yara\nrule: r\n"
        "positive: [{name: p.txt, text: right}]\nnegative: [{name: n.txt, text: wrong}]\n"
    )
    (tmp_path / "cases" / "torn").mkdir()
    (tmp_path / "cases" / "torn" / "case.yaml").write_text("why: half a case\n")
    told = tell(capsys, "rules", "test", tmp_path, "--json")
    faulty, torn = told.checked("rules-test")
    assert told.code == 2
    assert faulty["faults"] == ["p.txt did not match", "n.txt matched"]
    assert not torn["passed"]


@pytest.mark.parametrize(
    ("asked", "kind", "step"),
    [
        ("9910003", "network", "http.user_agent"),
        ("attt-auth-0010", "correlation", "at least 10"),
        ("attt-auth-0015", "sigma", "log source"),
    ],
)
def test_explain_tells_steps_source_and_cases(asked: str, kind: str, step: str, capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "explain", asked, "--json")
    (one,) = told.checked("rules-explain")
    assert one["kind"] == kind
    assert any(step in text for text in one["steps"])
    assert asked in one["source"]
    assert one["cases"] and one["cases"][0]["why"]


def test_explain_a_yara_rule_by_its_name(capsys: pytest.CaptureFixture) -> None:
    (one,) = tell(capsys, "rules", "explain", "webshell_php_packed_code", "--json").checked("rules-explain")
    lines = one["source"].splitlines()
    assert (lines[0], lines[-1]) == ("rule webshell_php_packed_code", "}")


def test_an_unknown_rule_is_no_such_thing(capsys: pytest.CaptureFixture) -> None:
    told = tell(capsys, "rules", "explain", "no-such-rule")
    assert told.code == 3
    assert "no-such-rule" in told.err


def test_disable_and_enable_are_decisions_in_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tell(capsys, "init", tmp_path / "w", "--organisation", "bac-kan").code == 0
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(tmp_path / "w"))
    told = tell(capsys, "rules", "disable", "9910003", "--reason", "our own script", "--json")
    assert told.checked("rules-disable") == [
        {"rule": "1:9910003", "disabled": True, "reason": "our own script", "changed": True}
    ]
    assert tell(capsys, "rules", "disable", "9910003", "--reason", "again", "--json").lines()[0]["changed"] is False
    listed = tell(capsys, "rules", "list", "--kind", "network", "--json").lines()
    assert [one["id"] for one in listed if one["disabled"]] == ["1:9910003"]
    assert tell(capsys, "rules", "enable", "1:9910003").code == 0
    listed = tell(capsys, "rules", "list", "--kind", "network", "--json").lines()
    assert not any(one["disabled"] for one in listed)

    from atttcli.store.connection import Store
    from atttcli.store.workspace import load_workspace

    with Store(load_workspace(tmp_path / "w").database) as store:
        rows = store.rows("SELECT verb, object FROM journal WHERE verb LIKE 'rule.%' ORDER BY seq")
        assert [tuple(row) for row in rows] == [("rule.disabled", "1:9910003"), ("rule.enabled", "1:9910003")]


def test_disable_needs_a_reason_and_a_workspace(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tell(capsys, "rules", "disable", "9910003").code == 2
    assert tell(capsys, "rules", "disable", "9910003", "--reason", "x").code == 2


def test_rules_of_the_workspace_are_listed_beside_the_shipped(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tell(capsys, "init", tmp_path / "w", "--organisation", "bac-kan").code == 0
    (tmp_path / "w" / "rules").mkdir(exist_ok=True)
    (tmp_path / "w" / "rules" / "own.yar").write_text("rule our_own { condition: filesize > 0 }\n")
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(tmp_path / "w"))
    assert "own.yar:our_own" in {one["id"] for one in tell(capsys, "rules", "list", "--json").lines()}


def test_a_broken_country_table_is_one_more_problem(broken: Path, capsys: pytest.CaptureFixture) -> None:
    (broken / "countries.csv").write_text("cidr,country\nnot-a-range,VN\n")
    told = tell(capsys, "rules", "check", broken, "--json")
    refused = {(Path(one["file"]).name, one["line"]) for one in told.checked("rules-check")[:-1]}
    assert {("countries.csv", 2), ("a.yar", 3)} <= refused


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["p.yar", "p.rules", "p.yml", "p.csv"])
def test_a_pipe_in_the_place_of_rules_is_refused_not_waited_for(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    os.mkfifo(tmp_path / name)
    assert tell(capsys, "rules", "check", tmp_path / name).code == 2
    assert tell(capsys, "detect", "logs", tmp_path, "--rules", tmp_path / name).code == 2
    told = tell(capsys, "detect", "logs", tmp_path, "--indicators", tmp_path / name)
    assert told.code == 2
    assert "not a regular file" in told.err
