"""Countries and reputation: tables beside the rules or of the workspace decide, and without one the rule is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.engines.network import NetworkEngine
from atttcli.rulepack.network import load_network_rules
from tests.support.network_run import http, pack_of, sids
from tests.support.network_wire import Conversation, ethernet, ipv6

COUNTRIES = "198.51.0.0/16,LA\n198.51.100.0/24,VN\n10.0.0.0/8,KH\n2001:db8::/32,SG\n"
CATEGORIES = "# number, name, words\n1,Spam,mail\n2,CnC,control\n"
SCORES = "198.51.0.0/16,1,100\n198.51.100.7,1,20\n10.1.2.3,2,127\n"
SYN = Conversation().open().frames[:1]
SCORED = {"categories.txt": CATEGORIES, "bad.list": SCORES}


def told(option: str, beside: dict[str, str]) -> bool:
    return sids(f"alert tcp any any -> any any (flags:S; {option}; sid:1;)", SYN, beside=beside) == [1]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("geoip:dst,VN", True),  # the narrowest range speaks
        ("geoip:dst,LA", False),
        ("geoip:src,VN", False),
        ("geoip:src,kh", True),
        ("geoip:any,VN", True),
        ("geoip:VN", True),
        ("geoip:both,VN,KH", True),
        ("geoip:both,VN", False),
        ("geoip:dst,!LA,CN", True),
        ("geoip:dst,!VN", False),
    ],
)
def test_countries(option: str, expected: bool):
    assert told(option, {"countries.csv": COUNTRIES}) is expected


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("iprep:dst,Spam,=,20", True),  # the address itself before its network
        ("iprep:dst,Spam,>,20", False),
        ("iprep:dst,Spam,>=,20", True),
        ("iprep:dst,CnC,<,100", False),  # nothing is known of it there
        ("iprep:src,CnC,>,30", True),
        ("iprep:any,CnC,>,30", True),
        ("iprep:both,CnC,>,30", False),
    ],
)
def test_scores(option: str, expected: bool):
    assert told(option, SCORED) is expected


def test_addresses_of_version_6():
    frame = ethernet(ipv6("2001:db8::1", "2001:db9::1", 59, b""))
    rule = "alert ip any any -> any any (geoip:%s,SG; dsize:0; sid:1;)"
    beside = {"countries.csv": COUNTRIES}
    assert [sids(rule % side, [frame], beside=beside) for side in ("src", "dst")] == [[1], []]


def test_with_a_transaction():
    rule = 'alert http any any -> any any (geoip:dst,VN; http.uri; content:"/x"; sid:1;)'
    talk = http(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", b"")
    assert sids(rule, talk, beside={"countries.csv": COUNTRIES}) == [1]
    assert sids(rule, talk, beside={"countries.csv": "10.0.0.0/8,KH\n"}) == []


def test_the_table_of_a_workspace_serves_rules_without_one(tmp_path: Path):
    rules, table = tmp_path / "r.rules", tmp_path / "table.ranges"
    rules.write_text("alert tcp any any -> any any (geoip:dst,VN; sid:1;)")
    table.write_text("198.51.100.0,198.51.100.255,VN\n")
    cache = tmp_path / "cache"
    assert load_network_rules([rules], None, cache).counts["refused"] == 1
    pack = load_network_rules([rules], None, cache, table)
    assert pack.counts["loaded"] == 1
    again = load_network_rules([rules], None, cache, table)  # from the cache
    assert again.datasets == pack.datasets
    assert NetworkEngine(again).rules.sets is not None
    table.write_text("198.51.100.0,198.51.100.255,LA\n")
    assert load_network_rules([rules], None, cache, table).datasets != pack.datasets


@pytest.mark.parametrize(
    ("option", "beside", "reason"),
    [
        ("geoip:src,VN", {}, "no table of countries"),
        ("geoip:src,VN", {"countries.csv": "no address,VN\n"}, "cannot be used"),
        ("geoip:src", {"countries.csv": COUNTRIES}, "not side"),
        ("geoip:src,Vietnam", {"countries.csv": COUNTRIES}, "not side"),
        ("iprep:src,Spam,>,10", {}, "no category Spam"),
        ("iprep:src,Other,>,10", SCORED, "no category Other"),
        ("iprep:src,Spam,>,200", SCORED, "no score"),
        ("iprep:src,Spam,~,20", SCORED, "not side"),
        ("iprep:src,Spam,>,10", {**SCORED, "bad.list": "10.0.0.0/8,9,10\n"}, "line 1 of bad.list"),
        ("iprep:src,Spam,>,10", {**SCORED, "bad.list": "10.0.0.0/8,1,900\n"}, "from 0 to 127"),
        ("iprep:src,Spam,>,10", {**SCORED, "bad.list": "\x00\x01,,,\n"}, "line 1 of bad.list"),
        ("iprep:src,Spam,>,10", {**SCORED, "categories.txt": "x\n"}, "categories.txt"),
    ],
)
def test_what_cannot_be_decided_is_refused_by_name(option: str, beside: dict[str, str], reason: str):
    pack = pack_of(f"alert tcp any any -> any any ({option}; sid:1;)", beside=beside)
    assert not pack.rules
    assert reason in pack.problems[0].reason
