"""Formats of a site's own (LogFormat, log_format), IIS's changing columns, ModSecurity's boundaries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from log_reading import event, given, problem, read

from atttcli.cli.main import cli
from atttcli.clock import parse_moment
from atttcli.errors import InputError
from atttcli.model.event import Event
from atttcli.source import ReadProblem
from atttcli.sources.logs.webformat import web_format

APACHE = '%v %h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\" %D'


def formatted(text: str, line: str) -> Event:
    (found,) = web_format(text).read(given(line + "\n"))
    assert isinstance(found, Event), found
    return found


def test_an_apache_log_format() -> None:
    found = formatted(
        APACHE,
        'p.backan.example 192.0.2.7 - an [23/Nov/2026:10:04:05 +0700] "GET /a?x=1 HTTP/1.1" 404 5 "-" "a \\"b\\" c" 1234',
    )
    assert (found.src_ip, found.user, found.domain, found.url, found.outcome) == (
        "192.0.2.7", "an", "p.backan.example", "/a?x=1", "failure",
    )  # fmt: skip
    assert found.time == parse_moment("2026-11-23 10:04:05")
    assert (found.fields["sc-status"], found.fields["cs-user-agent"], found.fields["D"]) == (404, 'a \\"b\\" c', "1234")


@pytest.mark.parametrize(
    ("line", "url"), [("192.0.2.7 GET /a?b=c HTTP/1.1 200", "/a?b=c"), ("192.0.2.7 GET /a HTTP/1.1 200", "/a")]
)
def test_path_and_query_without_a_blank_between(line: str, url: str) -> None:
    assert formatted("%h %m %U%q %H %s", line).url == url


def test_an_nginx_log_format() -> None:
    found = formatted(
        '$remote_addr [$time_iso8601] "$request" $status $request_time "$http_user_agent"',
        '192.0.2.7 [2026-11-23T10:04:05+07:00] "POST /x HTTP/2.0" 200 0.005 "curl"',
    )
    assert (found.product, found.src_ip, found.url, found.fields["request_time"]) == (
        "nginx",
        "192.0.2.7",
        "/x",
        "0.005",
    )


@pytest.mark.parametrize("text", ["", "no values", "%h%u", "%h\n%u", "$a$b", "%h " * 2000])
def test_a_format_that_cannot_be_read_in_one_way_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        web_format(text)


def test_a_quote_in_a_value_cannot_end_it() -> None:
    line = 'p 192.0.2.7 - - [23/Nov/2026:10:04:05 +0700] "GET /\\" 200 9 \\"x\\" HTTP/1.1" 403 5 "-" "-" 1'
    assert formatted(APACHE, line).fields["sc-status"] == 403


def test_iis_columns_may_change_and_times_are_utc() -> None:
    log = (
        "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-11-23 03:04:05 192.0.2.7 GET /a 200\n"
        "#Date: 2026-11-24 00:00:00\n#Fields: time cs-uri-stem c-ip sc-status cs-method\n00:00:01 /b 192.0.2.8 500 POST\n1 2\n"
    )
    first, second, bad = read("iis", log)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert isinstance(bad, ReadProblem)
    assert first.time == parse_moment("2026-11-23 10:04:05")  # +07:00 here
    assert second.time == parse_moment("2026-11-24 07:00:01")
    assert (second.src_ip, second.url, second.outcome) == ("192.0.2.8", "/b", "failure")
    assert bad.line == 6


def test_a_body_cannot_end_its_own_transaction() -> None:
    log = (
        "--c7036611-A--\n[23/Nov/2026:10:04:05 +0700] X 192.0.2.7 1 198.51.100.1 80\n--c7036611-B--\n"
        "POST /x HTTP/1.1\nHost: a.example\n"
        "--c7036611-C--\n--deadbeef-Z--\n--deadbeef-H--\nAction: nothing\n--c7036611-H--\n"
        'Message: Access denied with code 403. [id "942100"] [msg "SQL"]\n--c7036611-Z--\n'
    )
    (found,) = read("modsecurity", log)
    assert isinstance(found, Event)
    assert (found.src_ip, found.url, found.domain, found.outcome) == ("192.0.2.7", "/x", "a.example", "failure")
    assert found.fields["rule_id"] == ["942100"]
    assert "deadbeef" in found.fields["request-body"]


def test_a_stack_trace_belongs_to_its_record_within_bounds() -> None:
    head = "2026-11-23 10:04:05,678 ERROR [t] a.b.C - failed\n"
    whole = read("application", head + "java.io.IOException: x\n" + "\tat a.b.C(D.java:1)\n" * 1000 + head)
    assert all(isinstance(record, Event) for record in whole)
    assert [record.fields.get("continues", 0) for record in whole if isinstance(record, Event)][:3] == [0, 1, 1]
    assert whole[0].fields["exception"] == "java.io.IOException"  # type: ignore[union-attr]
    assert sum(record.raw.count("\n") + 1 for record in whole if isinstance(record, Event)) == 1003


def test_squid_tells_the_host_that_was_asked_for() -> None:
    found = event(
        "squid", "1795402346.000 1 192.0.2.8 TCP_TUNNEL/200 5 CONNECT www.example.com:443 an HIER_DIRECT/203.0.113.5 -"
    )
    assert (found.category, found.domain, found.dst_ip, found.dst_port, found.user) == (
        "proxy", "www.example.com", "203.0.113.5", 443, "an",
    )  # fmt: skip
    assert problem("squid", "1795402346.000 1 x\n").line == 1


def test_detect_logs_reads_the_format_that_is_named(tmp_path: Path) -> None:
    log = tmp_path / "own.log"
    log.write_text("2026-11-23T10:04:05+07:00;192.0.2.66;GET;/a\n" * 3)
    (tmp_path / "ioc.csv").write_text("type,value\nip,192.0.2.66\n")
    words = ["detect", "logs", str(log), "--indicators", str(tmp_path / "ioc.csv"), "--json", "--log-format"]
    result = CliRunner().invoke(cli, [*words, "$time_iso8601;$remote_addr;$request_method;$request_uri"])
    assert result.exit_code == 1, result.output
    found = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert {one["event"]["url"] for one in found} == {"/a"}
    assert isinstance(CliRunner().invoke(cli, [*words, "%h%u"]).exception, InputError)
