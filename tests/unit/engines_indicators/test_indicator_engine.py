"""Indicators over events, captures and files: who is named, who is spared, what is said."""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

from dataclasses import dataclass

import pytest

from atttcli.engines.indicators import Exclusions, IndicatorEngine, IndicatorIndex
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.model.observable import Indicator, Observable, ObservableType
from atttcli.model.severity import Severity

T = ObservableType
LIST = [
    Indicator(T.IPV4, "203.0.113.66", "thư 12", "C2 giả định", "c2", severity=4),
    Indicator(T.CIDR, "198.51.100.192/28", "scan list", kind="scanner", severity=1),
    Indicator(T.IPV6, "2001:DB8::66", "list", kind="c2"),
    Indicator(T.DOMAIN, "Evil.example.", "list", kind="phishing"),
    Indicator(T.URL, "http://files.example/a.hta", "list", kind="malware"),
    Indicator(T.EMAIL, "Bad@Sender.example", "list", kind="phishing"),
    Indicator(T.SHA256, "AB" * 32, "list", kind="malware"),
    Indicator(T.IPV4, "192.0.2.200", "old list", valid_from=100, valid_until=200),
]
OWN = Exclusions(own_networks=["192.0.2.0/25", "10.0.0.0/8"], own_domains=["backan.example"])


def engine(extra: list[Indicator] | None = None, exclusions: Exclusions = OWN) -> IndicatorEngine:
    return IndicatorEngine(IndicatorIndex.build([*LIST, *(extra or [])]), exclusions=exclusions)


def only(event: Event, **words: object) -> Detection:
    ((position, found),) = list(engine(**words).match_events([Event(1, 1, ""), event]))  # type: ignore[arg-type]
    assert position == 1
    return found


@pytest.mark.parametrize(
    ("event", "rule", "field"),
    [
        (Event(1, 7, "r", src_ip="203.0.113.66"), "ipv4-addr:203.0.113.66", "src_ip"),
        (Event(1, 7, "r", dst_ip="198.51.100.200"), "cidr:198.51.100.192/28", "dst_ip"),
        (Event(1, 7, "r", src_ip="2001:db8::66"), "ipv6-addr:2001:db8::66", "src_ip"),
        (Event(1, 7, "r", src_ip="2001:0DB8:0::0066"), "ipv6-addr:2001:db8::66", "src_ip"),
        (Event(1, 7, "r", src_ip="::ffff:203.0.113.66"), "ipv4-addr:203.0.113.66", "src_ip"),
        (Event(1, 7, "r", category="dns", domain="www.login.evil.example"), "domain-name:evil.example", "domain"),
        (Event(1, 7, "r", url="https://FILES.example:443/a.hta#x"), "url:http://files.example/a.hta", "url"),
        (Event(1, 7, "r", url="http://evil.example:8080/x"), "domain-name:evil.example", "url"),
        (Event(1, 7, "r", category="webserver", fields={"cs-referer": "https://a.evil.example/"}), "domain-name:evil.example", "cs-referer"),
        (Event(1, 7, "r", category="webserver", fields={"x-forwarded-for": "10.1.1.1, 203.0.113.66"}), "ipv4-addr:203.0.113.66", "x-forwarded-for"),
        (Event(1, 7, "r", category="mail", fields={"from": "bad@sender.example"}), "email-addr:bad@sender.example", "from"),
        (Event(1, 7, "r", category="mail", user="x@evil.example"), "domain-name:evil.example", "user"),
        (Event(1, 7, "r", category="dns", fields={"dns": {"answers": [{"rdata": "203.0.113.66"}]}}), "", ""),
        (Event(1, 7, "r", category="dns", fields={"dns": {"queries": [{"rrname": "evil.example"}]}}), "domain-name:evil.example", "dns.queries.rrname"),
        (Event(1, 7, "r", category="tls", fields={"tls": {"sni": "evil.example"}}), "domain-name:evil.example", "tls.sni"),
        (Event(1, 7, "r", hash="ab" * 32), "sha256:" + "ab" * 32, "hash"),
        (Event(1, 7, "r", category="fileinfo", fields={"fileinfo": {"sha256": "ab" * 32}}), "sha256:" + "ab" * 32, "fileinfo.sha256"),
    ],
)  # fmt: skip
def test_each_field_that_can_meet_one(event: Event, rule: str, field: str) -> None:
    if not rule:
        ((_, found),) = list(engine().match_events([event]))
        assert found.rule_id == "ipv4-addr:203.0.113.66"  # an address where a name usually stands
        return
    found = only(event)
    assert (found.rule_id, found.detail["field"], found.origin.line) == (rule, field, 7)


@pytest.mark.parametrize(
    "event",
    [
        Event(1, 1, "", src_ip="203.0.113.6"),
        Event(1, 1, "", src_ip="198.51.100.191"),
        Event(1, 1, "", domain="notevil.example"),
        Event(1, 1, "", domain="evil.example.com"),
        Event(1, 1, "", url="/files.example/a.hta"),
        Event(1, 1, "", url="http://files.example/a.hta?x"),
        Event(1, 1, "", user="203.0.113.66"),
        Event(
            1, 1, "", src_ip="\x00", domain="." * 300, url="http://[::1", user="@", hash="zz", fields={"from": ["x"]}
        ),
        Event(1, 1, "", category="mail", fields={"from": {"a": 1}, "to": 5, "helo": "\ud800"}),
    ],
)
def test_near_misses_and_rubbish_meet_nothing(event: Event) -> None:
    assert not list(engine().match_events([event]))


def test_says_who_is_bad_who_is_ours_and_why() -> None:
    found = only(
        Event(5, 9, "raw line", category="webserver", src_ip="203.0.113.66", dst_ip="192.0.2.7", host="portal")
    )
    assert found.severity is Severity.CRITICAL
    assert found.observables == (Observable(T.IPV4, "203.0.113.66", "c2"), Observable(T.IPV4, "192.0.2.7", "victim"))
    assert found.key == "203.0.113.66|192.0.2.7"
    assert found.title == "c2: 203.0.113.66 (C2 giả định)"
    assert "raw line" in found.why and any("thư 12" in line for line in found.why)
    assert found.detail["category"] == "madoc"


def test_victim_is_the_client_that_asked_for_a_bad_name() -> None:
    found = only(Event(5, 9, "", category="dns", src_ip="10.2.3.4", dst_ip="10.0.0.53", domain="c.evil.example"))
    assert found.detail["victim"] == "10.2.3.4"


def test_two_lists_with_one_value_are_one_detection() -> None:
    found = only(Event(5, 9, "", src_ip="203.0.113.66"), extra=[Indicator(T.IPV4, "203.0.113.66", "second list")])
    assert [one["source"] for one in found.detail["indicators"]] == ["thư 12", "second list"]


@pytest.mark.parametrize(("time", "expected"), [(99, 0), (100, 1), (200, 1), (201, 0), (None, 1)])
def test_validity(time: int | None, expected: int) -> None:
    found = list(engine().match_events([Event(time, 1, "", src_ip="192.0.2.200")]))
    assert len(found) == expected
    if time is None:
        assert any("validity" in line for line in found[0][1].why)


def test_validity_is_asked_anew_for_each_event_of_a_block() -> None:
    events = [Event(time, time, "", src_ip="192.0.2.200") for time in (50, 150, 250)]
    assert [position for position, _ in engine().match_events(events)] == [1]


def test_our_own_and_the_allowed_are_never_bad() -> None:
    extra = [
        Indicator(T.IPV4, "192.0.2.5", "victims taken for attackers"), Indicator(T.CIDR, "10.0.0.0/8", "bad list"),
        Indicator(T.DOMAIN, "portal.backan.example", "bad list"), Indicator(T.EMAIL, "vp@backan.example", "bad list"),
        Indicator(T.URL, "http://portal.backan.example/a", "bad list"), Indicator(T.DOMAIN, "cdn.example", "bad list"),
        Indicator(T.IPV4, "198.51.100.1", "bad list"),
    ]  # fmt: skip
    allowed = Exclusions(["192.0.2.0/25", "10.0.0.0/8"], ["backan.example"], ["cdn.example", "198.51.100.0/29"])
    event = Event(
        1, 1, "", category="mail", src_ip="192.0.2.5", dst_ip="10.9.9.9", domain="x.cdn.example",
        url="http://portal.backan.example/a", user="vp@backan.example", fields={"ip": "198.51.100.1"},
    )  # fmt: skip
    assert not list(engine(extra, allowed).match_events([event]))
    assert len(list(engine(extra, Exclusions()).match_events([event]))) >= 5


def test_blocks_and_memory_of_clean_values_change_nothing() -> None:
    events = [Event(1, n, "", src_ip=f"203.0.113.{n % 100}") for n in range(400)]
    one = engine()
    whole = [position for position, _ in engine().match_events(events)]
    pieces = [
        start + position for start in range(0, 400, 7) for position, _ in one.match_events(events[start : start + 7])
    ]
    assert whole == pieces == [66, 166, 266, 366]


@dataclass
class Seen:
    observable: Observable
    time: int | None
    src_ip: str
    dst_ip: str
    via: str


def test_captures() -> None:
    seen = [
        Seen(Observable(T.DOMAIN, "x.evil.example"), 5, "10.2.3.4", "10.0.0.53", "dns"),
        Seen(Observable(T.IPV4, "203.0.113.66"), 5, "10.2.3.4", "203.0.113.66", "address"),
        Seen(Observable(T.IPV4, "203.0.113.67"), 5, "10.2.3.4", "203.0.113.67", "address"),
    ]
    found = list(engine().match_sighted(seen))
    assert [(one.rule_id, one.detail["victim"], one.detail["field"]) for one in found] == [
        ("domain-name:evil.example", "10.2.3.4", "dns"),
        ("ipv4-addr:203.0.113.66", "10.2.3.4", "address"),
    ]


def test_files_by_the_strongest_hash() -> None:
    both = engine([Indicator(T.MD5, "cd" * 16, "list")])
    (found,) = both.match_hashes("cd" * 16, "", "AB" * 32, origin=Origin(path="a.exe"))
    assert (found.rule_id, found.origin.path) == ("sha256:" + "ab" * 32, "a.exe")
    assert not list(both.match_hashes("ce" * 16, "", "ac" * 32))
