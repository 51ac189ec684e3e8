"""`ingest` judges log records by network rules where the workspace's settings ask for it, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ingest_case import attt, ingest_json, new_workspace, rows

LINE = '198.51.100.7 - - [23/Nov/2026:10:00:0{0} +0700] "GET /{1} HTTP/1.1" 200 5 "-" "curl/8"\n'
RULES = (
    'alert http any any -> $HOME_NET any (msg:"probe"; flow:established,to_server; http.uri; content:"/probe-7781"; sid:7781001;)\n'
    'alert http any any -> any any (msg:"body"; http.request_body; content:"x"; sid:7781002;)\n'
)


@pytest.mark.parametrize("asked", [True, False])
def test_only_where_the_settings_ask_for_it(tmp_path: Path, asked: bool) -> None:
    workspace = new_workspace(tmp_path / "ws")
    if asked:
        with (workspace / "atttcli.toml").open("a") as stream:
            stream.write("network_rules_on_logs = true\n")
    (workspace / "rules" / "network").mkdir(parents=True, exist_ok=True)
    (workspace / "rules" / "network" / "own.rules").write_text(RULES)
    log = tmp_path / "access.log"
    log.write_text(LINE.format(1, "a") + LINE.format(2, "x/../probe-7781") + LINE.format(3, "b"))
    told = ingest_json(workspace, log)
    found = rows(workspace, "SELECT rule_id, line FROM alert WHERE rule_id LIKE '1:7781%'")
    assert found == ([("1:7781001", 2)] if asked else []), told
    if asked:
        (number,) = rows(workspace, "SELECT number FROM alert WHERE rule_id = '1:7781001'")[0]
        shown = attt(workspace, "alert", "show", str(number))
        assert shown.exit_code == 0 and "probe-7781" in shown.output
