"""Web access and error logs."""

from __future__ import annotations

import pytest
from log_reading import chosen, event, problem, read

from atttcli.clock import parse_moment

STAMP = "[23/Nov/2026:10:04:05 +0700]"
MOMENT = parse_moment("2026-11-23 10:04:05")


def test_combined() -> None:
    found = event(
        "web-access",
        f'192.0.2.7 - an {STAMP} "GET /vi/tin?id=1%27 HTTP/1.1" 200 5123 "https://p.example/" "Mozilla/5.0 (X; Y)"',
    )
    assert (found.time, found.category, found.src_ip, found.user) == (MOMENT, "webserver", "192.0.2.7", "an")
    assert (found.url, found.action, found.outcome) == ("/vi/tin?id=1%27", "request", "success")
    assert found.fields == {
        "cs-method": "GET", "cs-uri-stem": "/vi/tin", "cs-uri-query": "id=1%27", "cs-version": "HTTP/1.1", "sc-status": 200,
        "sc-bytes": 5123, "cs-referer": "https://p.example/", "cs-user-agent": "Mozilla/5.0 (X; Y)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "address", "domain", "status"),
    [
        (f'192.0.2.7 - - {STAMP} "GET / HTTP/1.1" 304 -', "192.0.2.7", "", 304),
        (f'2001:DB8::7 - - {STAMP} "GET / HTTP/1.1" 200 1', "2001:db8::7", "", 200),
        (f'portal.example:443 192.0.2.7 - - {STAMP} "GET / HTTP/1.1" 200 1 "-" "-"', "192.0.2.7", "portal.example", 200),
        (f'192.0.2.7 - "" {STAMP} "GET / HTTP/2.0" 200 1 "-" "-" "-"', "192.0.2.7", "", 200),
        (f'192.0.2.7:5123 - - {STAMP} "GET / HTTP/1.1" 500 1 "-" "-" "u" "10.0.0.1:80"', "192.0.2.7", "", 500),
        (f'192.0.2.7 - a b {STAMP} "GET / HTTP/1.1" 401 1 "-" "q \\" q"', "192.0.2.7", "", 401),
    ],
)  # fmt: skip
def test_variants(line: str, address: str, domain: str, status: int) -> None:
    found = event("web-access", line)
    assert (found.src_ip, found.domain, found.fields["sc-status"]) == (address, domain, status)
    assert found.time == MOMENT
    assert found.raw == line


@pytest.mark.parametrize("request_line", [r"\x16\x03\x01\x02", "-", "", "HELP", r"\x00\"GET /", "a|b|c[endof]"])
def test_malformed_requests_stay_events(request_line: str) -> None:
    found = event("web-access", f'192.0.2.7 - - {STAMP} "{request_line}" 400 0 "-" "-"')
    assert found.src_ip == "192.0.2.7"
    assert request_line in (found.fields.get("cs-request"), found.fields.get("cs-method"))


def test_a_user_name_cannot_forge_the_stamp() -> None:
    found = event("web-access", f'192.0.2.7 - x [01/Jan/2020:00:00:00 +0000] y {STAMP} "GET / HTTP/1.1" 401 1 "-" "-"')
    assert (found.time, found.src_ip) == (MOMENT, "192.0.2.7")


def test_forwarded_for_is_kept_beside_the_peer() -> None:
    found = event("web-access", f'10.0.0.1 - - {STAMP} "GET / HTTP/1.1" 200 1 "-" "UA" "203.0.113.9, 10.0.0.2"')
    assert found.src_ip == "10.0.0.1"
    assert found.fields["x-forwarded-for"] == "203.0.113.9, 10.0.0.2"


def test_a_bad_line_is_a_problem_with_its_position() -> None:
    line = f'192.0.2.7 - - {STAMP} "GET /đ HTTP/1.1" 200 1\r\n'
    found = problem("web-access", line + "\r\nnonsense\n" + line)
    assert (found.line, found.offset, found.excerpt) == (3, len(line.encode()) + 2, "nonsense")
    assert len(read("web-access", line + "\r\nnonsense\n" + line)) == 3


def test_an_impossible_date_keeps_the_event_without_a_time() -> None:
    assert event("web-access", '192.0.2.7 - - [31/Feb/2026:10:04:05 +0700] "GET / HTTP/1.1" 200 1').time is None


def test_apache_error_log() -> None:
    line = "[Mon Nov 23 10:04:05.123456 2026] [auth_basic:error] [pid 7:tid 140] [client 192.0.2.7:5123] AH01617: user an: " \
           'authentication failure for "/admin": Password Mismatch'  # fmt: skip
    found = event("web-error", line)
    assert (found.time, found.src_ip, found.src_port) == (MOMENT + 123_456, "192.0.2.7", 5123)
    assert (found.action, found.outcome, found.user, found.product) == ("login", "failure", "an", "apache")
    assert chosen(line + "\n") == "web-error"


def test_nginx_error_log_takes_the_client_that_nginx_wrote() -> None:
    found = event(
        "web-error",
        '2026/11/23 10:04:05 [error] 9#9: *1 open() "/var/www/x" failed (2: No such file or directory), client: 192.0.2.7, '
        'server: p.example, request: "GET /x?, client: 203.0.113.9, HTTP/1.1", host: "p.example"',
    )
    assert (found.src_ip, found.fields["host"], found.url) == ("192.0.2.7", "p.example", "/x?,")
