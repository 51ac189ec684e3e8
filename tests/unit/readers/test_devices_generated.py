# ruff: noqa: E501 - lines of logs are long
"""Readers of devices against lines that are generated with a known answer, garbage, and lines made to cost much."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.source import ReadProblem
from atttcli.sources import LOG_SOURCES
from atttcli.sources.application.table import APPLICATION_SOURCES
from atttcli.sources.databases.table import DATABASE_SOURCES
from atttcli.sources.firewall.table import FIREWALL_SOURCES
from atttcli.sources.logs.address import address
from atttcli.sources.sensors.table import SENSOR_SOURCES
from tests.unit.sources_logs.log_reading import given as opened

OURS = (*FIREWALL_SOURCES, *SENSOR_SOURCES, *DATABASE_SOURCES, *APPLICATION_SOURCES)
ADDRESS = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)).filter(
    lambda text: address(text) == text
)
PORT = st.integers(1, 65535)
NAME = st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True)
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def one(name: str, line: str) -> Event:
    source = next(each for each in LOG_SOURCES if each.name == name)
    (found,) = list(source.read(opened(line + "\n")))
    assert isinstance(found, Event), found
    return found


@FAST
@given(
    ADDRESS,
    PORT,
    ADDRESS,
    PORT,
    NAME,
    st.sampled_from([("accept", "allow"), ("deny", "deny"), ("close", "allow"), ("server-rst", "allow")]),
)
def test_fortigate(source: str, sport: int, target: str, dport: int, user: str, did: tuple[str, str]) -> None:
    event = one("fortigate", f'<189>date=2026-11-23 time=10:00:00 devname="FG" logid="0000000013" type="traffic" subtype="forward" '
                f'srcip={source} srcport={sport} dstip={target} dstport={dport} user="{user}" action="{did[0]}"')  # fmt: skip
    assert (event.src_ip, event.src_port, event.dst_ip, event.dst_port, event.user, event.action) == (
        source,
        sport,
        target,
        dport,
        user,
        did[1],
    )
    assert event.fields["srcip"] == source  # native names stay beside Sigma's
    assert event.fields["dst_port"] == dport


@FAST
@given(
    ADDRESS,
    st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40),
    st.sampled_from(["winbox", "ssh", "web"]),
)
def test_mikrotik_login(source: str, user: str, via: str) -> None:
    event = one(
        "mikrotik", f"Nov 23 10:00:00 gw system,error,critical login failure for user {user} from {source} via {via}"
    )
    assert (event.src_ip, event.action, event.outcome) == (source, "login", "failure")
    assert event.user == user


@FAST
@given(ADDRESS, PORT, ADDRESS, PORT, st.sampled_from(["block", "pass"]))
def test_pfsense(source: str, sport: int, target: str, dport: int, did: str) -> None:
    if (":" in source) != (":" in target):
        return
    middle = "6,0x00,0x1,64,tcp,6,40" if ":" in source else "4,0x0,,64,1,0,none,6,tcp,40"
    event = one(
        "pfsense",
        f"Nov 23 10:00:00 fw filterlog[1]: 5,,,1000,em0,match,{did},in,{middle},{source},{target},{sport},{dport},0,S,1,,1,,",
    )
    assert (event.src_ip, event.src_port, event.dst_ip, event.dst_port) == (source, sport, target, dport)
    assert event.fields["blocked"] == ("true" if did == "block" else "false")


@FAST
@given(
    ADDRESS,
    st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30).filter(
        lambda text: "'@'" not in text
    ),
)
def test_mysql_denied(source: str, user: str) -> None:
    event = one(
        "mysql-error",
        f"2026-11-23T03:00:00.123456Z 12 [Warning] Access denied for user '{user}'@'{source}' (using password: YES)",
    )
    assert (event.src_ip, event.user, event.outcome) == (source, user, "failure")


@FAST
@given(ADDRESS, NAME, NAME)
def test_postgresql_denied(source: str, user: str, database: str) -> None:
    event = one(
        "postgresql",
        f'2026-11-23 10:00:00.536 +07 [147] {source} {user}@{database} FATAL:  password authentication failed for user "{user}"',
    )
    assert (event.src_ip, event.user, event.outcome, event.fields["database"]) == (source, user, "failure", database)


def test_a_user_name_cannot_put_another_address_in_place() -> None:
    event = one(
        "mysql-error",
        "2026-11-23T03:00:00.1Z 1 [Note] Access denied for user 'x'@'192.0.2.66' (using'@'198.51.100.1' (using password: NO)",
    )
    assert event.src_ip == "198.51.100.1"
    event = one(
        "cisco",
        'Nov 23 10:00:00 a %ASA-6-605004: Login denied from 198.51.100.1/4000 to outside:192.0.2.1/ssh for user "from 192.0.2.66/1"',
    )
    assert event.src_ip == "198.51.100.1"


@pytest.mark.parametrize("reader", OURS, ids=lambda reader: reader.name)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(
        st.one_of(st.binary(max_size=200), st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace"))),
        max_size=12,
    )
)
def test_garbage_gives_problems_never_exceptions(reader: object, data: list[bytes]) -> None:
    whole = b"\n".join(data)
    assert 0 <= reader.recognise(opened(whole)) <= 100  # type: ignore[attr-defined]
    for record in reader.read(opened(whole)):  # type: ignore[attr-defined]
        assert isinstance(record, (Event, Alert, ReadProblem))


HEADS = {
    "fortigate": 'date=2026-11-23 time=10:00:00 devname="F" logid="1" type="traffic" subtype="x" ',
    "mikrotik": "Nov 23 10:00:00 gw firewall,info ",
    "sophos": 'id="2001" severity="info" ',
    "pfsense": "Nov 23 10:00:00 fw filterlog[1]: 5,,,1,em0,match,block,in,4,",
    "netfilter": "Nov 23 10:00:00 h kernel: [1.1] IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 ",
    "paloalto": "1,2026/11/23 10:00:00,1,TRAFFIC,end,",
    "checkpoint": '<1>1 2026-11-23T03:00:00Z g CheckPoint 1 - [action:"Accept"; loguid:"x"; ',
    "cisco": "Nov 23 10:00:00 asa %ASA-6-302013: ",
    "zeek": "#fields\ta\tb\n#types\tstring\tstring\n",
    "zeek-json": '{"_path":"conn","ts":1,"id.orig_h":"',
    "suricata-fast": "11/23/2026-10:29:01.860293  [**] [1:1:2] ",
    "dns-server": "23-Nov-2026 10:00:00.123 client 192.0.2.1#1 (",
    "windows-dns": "23/11/2026 10:00:00 0E6C PACKET  000001D2AAAAAAA0 UDP Rcv 192.0.2.1 ",
    "postgresql": "2026-11-23 10:00:00.536 UTC [1] LOG:  ",
    "postgresql-csv": '2026-11-23 10:00:00.123 +07,"',
    "mysql-error": "2026-11-23T03:00:00.1Z 1 [Note] Access denied for user '",
    "mysql-general": "2026-11-23T03:00:00.123456Z\t   12 Connect\t",
    "mariadb-audit": "20261123 10:00:00,a,b,c,1,2,QUERY,d,'",
    "mssql": "2026-11-23 10:00:01.50 Logon       Login failed for user '",
    "generic-json": '{"time":"',
    "generic-csv": "time,user,ip\n",
    "generic-kv": "time=1 user=a ip=",
}
RUNS = (
    "a",
    "9",
    " ",
    "=",
    '"',
    '\\"',
    "a=",
    'a="',
    "a=b ",
    "[",
    "(",
    "1.",
    ":",
    "::",
    "from ",
    "user ",
    "'@'",
    "-",
    ",",
    "a:b ",
    '{"a":',
    "\t",
    "in:",
)


@pytest.mark.parametrize("name", sorted(HEADS))
def test_no_line_costs_more_than_its_length(name: str) -> None:
    """Sixty-four thousand characters of every run in less than half a CPU second: quadratic work would take minutes."""
    assert set(HEADS) == {reader.name for reader in OURS}
    reader = next(reader for reader in OURS if reader.name == name)
    for run in RUNS:
        data = HEADS[name] + run * (64_000 // len(run)) + "\n"
        begin = time.process_time()
        reader.recognise(opened(data))
        list(reader.read(opened(data)))
        spent = time.process_time() - begin
        assert spent < 0.5, (name, run, spent)


def test_a_new_administrator_is_told_in_fortios_own_word() -> None:
    event = one(
        "fortigate",
        'date=2026-11-23 time=10:00:10 devname="FG" logid="0100044547" type="event" subtype="system" user="admin" ui="GUI(192.0.2.9)" action="Add" cfgpath="system.admin" cfgobj="x"',
    )
    assert (event.service, event.action, event.fields["action"], event.src_ip) == ("event", "add", "Add", "192.0.2.9")
