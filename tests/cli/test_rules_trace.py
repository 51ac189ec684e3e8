"""`rules explain --event` and `rules convert` from outside, and `detect logs` with network rules and YARA."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli_run import tell

RULES = """
title: Page of an administrator
id: adm
logsource: {category: webserver}
detection:
  page: {cs-uri-stem|startswith: [/admin, /manager]}
  tool: {cs-user-agent|contains: monitor}
  condition: page and not tool
---
title: Many pages of an administrator
id: many
correlation: {type: event_count, rules: [adm], group-by: [src_ip], timespan: 5m, condition: {gte: 3}}
---
title: For macOS
id: mac
logsource: {product: macos, category: process_creation}
detection: {s: {cs-method: GET}, condition: s}
"""


def line(path: str, second: int, client: str = "198.51.100.7", agent: str = "curl/8") -> str:
    return f'{client} - - [23/Nov/2026:10:00:{second:02d} +0700] "GET {path} HTTP/1.1" 200 5 "-" "{agent}"'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "r.yml").write_text(RULES)
    rows = [line("/x", 1), line("/admin/a", 2), line("/admin/b", 3, agent="our monitor"), line("/admin/c", 4),
            line("/manager", 5), line("/admin/d", 6, "198.51.100.8")]  # fmt: skip
    (tmp_path / "access.log").write_text("\n".join(rows) + "\n")
    return tmp_path


def explained(capsys: pytest.CaptureFixture, place: Path, rule: str, event: str) -> dict:
    words = ("rules", "explain", "--sigma", rule, "--event", f"{place}/{event}", "--rules", place / "r.yml", "--json")
    (told,) = tell(capsys, *words).checked("rules-explain-event")
    return told


def test_why_a_rule_holds_and_why_not(capsys: pytest.CaptureFixture, place: Path) -> None:
    held = explained(capsys, place, "adm", "access.log:2")
    assert (held["matches"], held["line"], held["log_source"]["fits"]) == (True, 2, True)
    page, tool = held["condition"]["children"]
    assert (page["field"], page["value"], page["selection"], page["holds"]) == ("cs-uri-stem", "/admin/a", "page", True)
    assert [(one["wanted"], one["holds"]) for one in page["tests"]] == [("/admin", True), ("/manager", False)]
    assert (tool["op"], tool["holds"]) == ("not", True)

    missed = explained(capsys, place, "adm", "access.log:3")
    assert (missed["matches"], missed["condition"]["holds"]) == (False, False)
    page, tool = missed["condition"]["children"]
    assert (page["holds"], tool["holds"], tool["children"][0]["value"]) == (True, False, "our monitor")


def test_a_log_source_that_does_not_fit_is_said(capsys: pytest.CaptureFixture, place: Path) -> None:
    told = explained(capsys, place, "mac", "access.log:1")
    assert (told["matches"], told["condition"]["holds"], told["log_source"]["fits"]) == (False, True, False)
    text = tell(
        capsys, "rules", "explain", "mac", "--file", place / "access.log", "--line", "1", "--rules", place / "r.yml"
    )
    assert "does not fit" in text.out and "does not match" in text.out


def test_groups_and_counts_of_a_correlation(capsys: pytest.CaptureFixture, place: Path) -> None:
    told = explained(capsys, place, "many", "access.log")
    assert (told["matches"], told["groups_seen"]) == (1, 2)
    assert [(one["id"], one["matches"]) for one in told["rules"]] == [("adm", 4)]
    assert [(one["group"]["src_ip"], one["events"], one["peak"], one["matches"]) for one in told["groups"]] == [
        ("198.51.100.7", 3, 3, 1), ("198.51.100.8", 1, 1, 0),
    ]  # fmt: skip


def test_no_such_event_and_no_such_log(capsys: pytest.CaptureFixture, place: Path) -> None:
    words = ("rules", "explain", "--sigma", "adm", "--rules", place / "r.yml", "--event")
    assert tell(capsys, *words, f"{place}/access.log:99").code == 3
    assert tell(capsys, *words, f"{place}/none.log").code in (2, 3)
    assert tell(capsys, "rules", "explain").code == 2


def test_conversion_names_what_it_cannot_turn(capsys: pytest.CaptureFixture, place: Path) -> None:
    pytest.importorskip("sigma.backends.opensearch")
    told = tell(capsys, "rules", "convert", place / "r.yml", "--to", "opensearch", "--json")
    found = told.checked("rules-convert")
    assert told.code == 2 and "Many pages of an administrator" in told.err and "correlations" in told.err
    assert [(one["rule"], one["log_source"]) for one in found] == [
        ("adm", {"category": "webserver"}), ("mac", {"product": "macos", "category": "process_creation"}),
    ]  # fmt: skip
    assert found[0]["queries"] == ["(cs-uri-stem:(\\/admin* OR \\/manager*)) AND (NOT cs-user-agent:*monitor*)"]


@pytest.mark.parametrize("form", ["dsl", "monitor", "dashboards"])
def test_each_format_searches_the_indices_asked_for(capsys: pytest.CaptureFixture, place: Path, form: str) -> None:
    pytest.importorskip("sigma.backends.opensearch")
    output = place / "out.ndjson"
    words = ("--to", "opensearch", "--format", form, "--index", "web-*", "-o", output)
    assert tell(capsys, "rules", "convert", place / "r.yml", *words).code == 2
    text = output.read_text()
    assert len([json.loads(one) for one in text.splitlines()]) == 2
    assert "manager" in text and "beats-" not in text
    assert ("web-*" in text) == (form != "dsl")


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        ("finalizers: [{type: concat}]", "finalizers"),
        ("transformations: [{type: x, path: /etc/passwd}]", "not taken"),
        ("- a", "mapping"),
        ("transformations: [{type: no_such}]", "cannot be read"),
    ],
)
def test_a_pipeline_from_outside_runs_no_code(
    capsys: pytest.CaptureFixture, place: Path, pipeline: str, reason: str
) -> None:
    pytest.importorskip("sigma.backends.opensearch")
    (place / "p.yml").write_text(pipeline)
    told = tell(capsys, "rules", "convert", place / "r.yml", "--to", "opensearch", "--pipeline", place / "p.yml")
    assert told.code == 2 and reason in told.err, told.err


def test_a_pipeline_renames_fields(capsys: pytest.CaptureFixture, place: Path) -> None:
    pytest.importorskip("sigma.backends.opensearch")
    (place / "p.yml").write_text(
        "name: n\npriority: 10\ntransformations:\n  - id: a\n    type: field_name_mapping\n    mapping: {cs-uri-stem: url.path}\n"
    )
    told = tell(
        capsys, "rules", "convert", place / "r.yml", "--to", "opensearch", "--pipeline", place / "p.yml", "--json"
    )
    assert "url.path:" in told.lines()[0]["queries"][0]


def test_network_rules_and_yara_over_a_log(capsys: pytest.CaptureFixture, place: Path) -> None:
    (place / "n.rules").write_text(
        'alert http any any -> any any (msg:"administrator"; http.uri; content:"/admin/a"; sid:1;)\n'
        'alert http any any -> any any (msg:"body"; http.request_body; content:"x"; sid:2;)\n'
    )
    (place / "y.yar").write_text('rule Monitor { strings: $m = "our monitor" condition: $m }\n')
    words = ("detect", "logs", place / "access.log", "--network-rules", place / "n.rules", "--yara", place / "y.yar")
    told = tell(capsys, *words, "--json")
    found = {one["engine"]: one for one in told.checked("detect-logs")}
    assert told.code == 1 and set(found) == {"network", "yara"}
    assert (found["network"]["rule"], found["network"]["line"], found["network"]["alert"]["signature"]) == (
        "1:1",
        2,
        "administrator",
    )
    place_of = line("/admin/b", 3, agent="our monitor").index("our monitor")
    assert (found["yara"]["line"], found["yara"]["strings"]) == (
        3,
        [{"identifier": "$m", "offset": place_of, "length": 11}],
    )
    assert "2 loaded, 1 can be judged on log records, 1 not applicable" in told.err
    assert "missing buffer http.request_body" in told.err
