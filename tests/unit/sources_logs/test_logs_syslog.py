"""Syslog headers and what they leave out: year and zone."""

from __future__ import annotations

import pytest
from log_reading import chosen, event, given, problem, source

from atttcli.clock import parse_moment, rfc3339
from atttcli.model.event import Event

TEN = parse_moment("2026-11-23 10:04:05")


@pytest.mark.parametrize(
    ("line", "micros"),
    [
        ("Nov 23 10:04:05 web1 sshd[812]: hello", 0),
        ("<38>Nov 23 10:04:05 web1 sshd[812]: hello", 0),
        ("Nov 23 10:04:05.678 web1 sshd[812]: hello", 678_000),
        ("2026-11-23T03:04:05.678901Z web1 sshd[812]: hello", 678_901),
        ("2026-11-23T10:04:05+0700 web1 sshd[812]: hello", 0),
        ("2026-11-23 10:04:05 web1 sshd[812]: hello", 0),
        ("<38>1 2026-11-23T10:04:05.678901+07:00 web1 sshd 812 - - hello", 678_901),
        ('<38>1 2026-11-23T10:04:05Z web1 sshd 812 ID1 [x@1 a="b \\" ] c"][y@2 d="e"] hello', 7 * 3600 * 1_000_000),
        ("<38>1 2026-11-23T10:04:05+07:00 web1 sshd 812 - - \ufeffhello", 0),
    ],
)
def test_headers(line: str, micros: int) -> None:
    found = event("syslog", line)
    assert (found.time, found.host, found.service) == (TEN + micros, "web1", "sshd")
    assert (found.fields["message"], found.fields["pid"], found.raw) == ("hello", 812, line)


def test_priority_and_structured_data() -> None:
    found = event("syslog", '<165>1 2026-11-23T10:04:05Z web1 app - ID1 [x@1 a="b \\" \\] c"][y@2 d="e"] hello')
    assert (found.fields["facility"], found.fields["severity"], found.fields["msgid"]) == ("local4", "notice", "ID1")
    assert found.fields["structured"] == {"x@1": {"a": 'b " ] c'}, "y@2": {"d": "e"}}


@pytest.mark.parametrize(
    ("modified", "stamp", "year"),
    [
        ("2026-11-23 12:00", "Nov 23 11:59:59", 2026),
        ("2026-11-23 12:00", "Nov 24 11:59:59", 2026),  # a clock a little ahead
        ("2026-11-23 12:00", "Dec 24 11:59:59", 2025),
        ("2027-01-02 12:00", "Dec 31 23:59:59", 2026),
        ("2027-01-02 12:00", "Jan  1 00:00:00", 2027),
        ("2026-11-23 12:00", "Feb 29 10:00:00", 2024),
    ],
)
def test_the_year_comes_from_the_file(modified: str, stamp: str, year: int) -> None:
    taken = given(f"{stamp} web1 sshd[1]: x\n", modified=parse_moment(modified))
    (found,) = source("syslog").read(taken)
    assert isinstance(found, Event)
    assert found.time == parse_moment(f"{year}-" + {"Nov": "11", "Dec": "12", "Jan": "01", "Feb": "02"}[stamp[:3]]
                                      + f"-{int(stamp[4:6]):02d} {stamp[7:]}")  # fmt: skip
    assert taken.assumed == {"zone": "+07:00", "year": str(year)}


def test_a_file_over_new_year_records_both_years() -> None:
    taken = given("Dec 31 23:59:59 a b[1]: x\nJan  1 00:00:01 a b[1]: y\n", modified=parse_moment("2027-01-01 01:00"))
    first, second = source("syslog").read(taken)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert (second.time or 0) - (first.time or 0) == 2_000_000
    assert taken.assumed["year"] == "2026,2027"


def test_nothing_is_assumed_where_the_stamp_is_whole() -> None:
    taken = given("2026-11-23T10:04:05+07:00 web1 sshd[1]: x\n")
    list(source("syslog").read(taken))
    assert taken.assumed == {}


def test_another_zone() -> None:
    from datetime import UTC

    found = event("syslog", "Nov 23 10:04:05 web1 sshd[812]: x", zone=UTC)
    assert found.time is not None
    assert rfc3339(found.time) == "2026-11-23T10:04:05.000000Z"


def test_a_line_without_a_header_is_a_problem() -> None:
    assert problem("syslog", "Nov 23 10:04:05 web1 a: b\nkaputt\n").line == 2


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("Nov 23 10:04:05 web1 sshd[812]: x\n", "syslog"),
        ("2026-11-23T10:04:05+07:00 web1 sshd[812]: x\n", "syslog"),
        ('192.0.2.7 - - [23/Nov/2026:10:04:05 +0700] "GET / HTTP/1.1" 200 1 "-" "-"\n', "web-access"),
        ('{"timestamp":"2026-11-23T10:04:05.1+0700","event_type":"dns"}\n', "suricata-eve"),
        ("10:04 something happened at 192.0.2.7\n", "text-lines"),
    ],
)
def test_recognised_by_content(data: str, name: str) -> None:
    assert chosen(data) == name
    assert chosen(data * 3 + "cut of") == name
    assert chosen(b"\xef\xbb\xbf" + data.encode()) == name
    assert chosen(data.encode("utf-16")) == name


def test_log_like_text_is_told_from_other_text_and_from_bytes() -> None:
    text = source("text-lines")
    assert text.recognise(given("10:04 started\n10:05 stopped\n")) == 15
    assert text.recognise(given("<?php echo 1;\nfunction f() {}\n")) == 5
    assert text.recognise(given(bytes(range(256)) * 10)) == 0
    assert text.recognise(given(b"")) == 0
