"""CSV and JSON lines by a mapping file."""

from __future__ import annotations

import pytest
from log_reading import given

from atttcli.clock import parse_moment
from atttcli.errors import InputError
from atttcli.model.event import Event
from atttcli.source import ReadProblem, Record
from atttcli.sources.mapping import MappedLog, load_mapping

FIREWALL = """
name: firewall-csv
format: csv
delimiter: ";"
zone: "+00:00"
time: {columns: [ngày, giờ], format: "%d/%m/%Y %H:%M:%S"}
set: {category: firewall, product: acme}
map:
  src_ip: [nguồn, src]
  dst_ip: đích
  user: user
  outcome: action
values:
  outcome: {Accept: success, deny: failure}
"""
CSV = (
    "ngày;giờ;nguồn;đích;user;action;note\r\n"
    "23/11/2026;10:04:05;192.0.2.7:5123;198.51.100.5;an;ACCEPT;plain\r\n"
    '23/11/2026;10:04:06;192.0.2.8;x;an;deny;"two\r\nlines; ""quoted"""\r\n'
    "short;row\r\n"
    "32/11/2026;10:04:05;192.0.2.7;198.51.100.5;an;deny;no such day"
)


def read(mapping: str, data: str) -> list[Record]:
    return list(MappedLog(load_mapping(mapping)).read(given(data)))


def test_csv() -> None:
    first, second, third, fourth = read(FIREWALL, CSV)
    assert isinstance(first, Event)
    assert (first.time, first.category, first.product) == (parse_moment("2026-11-23 17:04:05"), "firewall", "acme")
    assert (first.src_ip, first.src_port, first.dst_ip, first.user, first.outcome) == (
        "192.0.2.7", 5123, "198.51.100.5", "an", "success",
    )  # fmt: skip
    assert first.fields["note"] == "plain"
    assert first.fields["action"] == "ACCEPT"
    assert isinstance(second, Event)
    assert (second.outcome, second.dst_ip, second.line) == ("failure", "", 3)
    assert second.fields["note"] == 'two\nlines; "quoted"'
    assert isinstance(third, ReadProblem)
    assert (third.line, third.reason) == (5, "2 columns where 7 are named")
    assert isinstance(fourth, Event)
    assert fourth.time is None


def test_a_quote_that_never_ends_costs_one_line() -> None:
    broken = (
        CSV.splitlines()[0]
        + '\n23/11/2026;10:04:05;"open;x;an;deny;\n'
        + "23/11/2026;10:04:05;192.0.2.7;x;an;deny;y\n" * 3000
    )
    records = read(FIREWALL, broken)
    assert len(records) == 3001
    assert sum(isinstance(record, ReadProblem) for record in records) == 1


def test_json_lines_with_paths_and_epochs() -> None:
    mapping = """
format: jsonl
time: {columns: [ts], format: epoch-ms}
map: {src_ip: client.ip, url: [request.url, url], dst_port: port}
set: {category: webserver}
"""
    good, bad = read(mapping, '{"ts":1795403045678,"client":{"ip":"192.0.2.7"},"url":"/x","port":443}\n{oops\n')
    assert isinstance(good, Event)
    assert (good.time, good.src_ip, good.url, good.dst_port) == (1795403045678000, "192.0.2.7", "/x", 443)
    assert isinstance(bad, ReadProblem)
    assert bad.line == 2


def test_a_file_without_a_header_line() -> None:
    mapping = "header: [when, who]\ntime: when\nmap: {user: who}\n"
    (found,) = read(mapping, "2026-11-23T10:04:05+07:00,an\n")
    assert isinstance(found, Event)
    assert (found.time, found.user) == (parse_moment("2026-11-23 10:04:05"), "an")


def test_recognised_by_its_columns() -> None:
    log = MappedLog(load_mapping(FIREWALL))
    assert log.recognise(given(CSV)) == 80
    assert log.recognise(given("a;b;c\n1;2;3\n")) == 0
    assert log.recognise(given(b"\x00\x01" * 100)) == 0


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("- a", "YAML mapping", 1),
        ("map: {user: u}\nmaps: 1", "unknown key", 2),
        ("format: xml\nmap: {user: u}", "csv, jsonl, kv or regex", 1),
        ("map: {nobody: u}", "no such event field", 1),
        ("map: {user: 5}", "column name", 1),
        ("name: x", "maps nothing", None),
        ("map: {user: u}\nzone: Mars/Phobos", "zone", 2),
        ("map: {user: u}\nzone: ../../etc/passwd", "zone", 2),
        ("map: {user: u}\ntime: {columns: [a], format: nothing}", "strptime", 2),
        ("map: {user: u}\ndelimiter: abc", "one character", 2),
        ("map: {user: u}\nset: {src_port: 5}", "text field", 2),
        ("map: {user: u}\nvalues: {outcome: x}", "words", 2),
        ("map: {user: u}\nheader: 7", "column name", 2),
    ],
)
def test_a_wrong_mapping_says_where(text: str, reason: str, line: int | None) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        load_mapping(text, "m.yaml")
    assert caught.value.where is not None
    assert caught.value.where.line == line
