"""Network rules over log records: the same answer as for the capture of the same request, and nothing judged in part."""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engines.network_logs.columns import columns_of, derive
from atttcli.engines.network_logs.engine import NetworkLogEngine
from atttcli.model.alert import Origin
from atttcli.model.event import Event
from atttcli.source import Input
from atttcli.sources.logs.eve import Eve
from atttcli.sources.logs.web import WebAccess
from tests.support.network_run import http, pack_of, sids

ORIGIN = Origin(path="access.log")
HOME = {"HOME_NET": "[192.0.2.0/24]", "EXTERNAL_NET": "!$HOME_NET"}


def rule(options: str, sid: int = 1, header: str = "http any any -> any any", action: str = "alert") -> str:
    return f'{action} {header} (msg:"m{sid}"; {options} sid:{sid};)\n'


def read(source: WebAccess | Eve, text: str) -> list[Event]:
    data = text.encode()
    given = Input("x", "", len(data), data, io.BytesIO(data))
    return [one for one in source.read(given) if isinstance(one, Event)]


def access(
    request: str, status: int = 200, agent: str = "curl/8", referer: str = "-", client: str = "198.51.100.7"
) -> str:
    return f'{client} - - [23/Nov/2026:10:00:00 +0700] "{request}" {status} 5 "{referer}" "{agent}"'


def found(rules: str, events: list[Event], variables: dict[str, str] | None = None, **options: bool) -> list[int]:
    engine = NetworkLogEngine(pack_of(rules, variables), variables=variables, **options)
    return [one.detail["alert"]["signature_id"] for _, one in engine.match_events(events, ORIGIN)]


REQUEST = "GET /a/%62/../c.php?x=1%20y HTTP/1.1"


@pytest.mark.parametrize(
    ("options", "fires"),
    [
        ('http.uri; content:"/a/c.php?x=1 y"; bsize:14;', True),
        ('http.uri.raw; content:"/a/%62/../c.php?x=1%20y"; bsize:23;', True),
        ('http.method; content:"GET"; http.user_agent; content:"CURL"; nocase; startswith;', True),
        ('http.request_line; content:"GET /a"; startswith; content:"HTTP/1.1"; endswith;', True),
        ('flow:established,to_server; http.uri; content:"c.php"; pcre:"/^x=\\d/R";', False),
        ('flow:established,to_server; http.uri; content:"c.php"; pcre:"/^\\?x=\\d/R";', True),
        ('http.stat_code; content:"200";', True),
        ('http.uri; content:"c.php"; content:!"x=1";', False),
        ('http.referer; content:!"abc";', False),  # no referer was sent: the buffer is absent
        ('urilen:14; http.method; content:"GET";', True),
        ('http.protocol; content:"HTTP/1.1"; flow:to_server;', True),
    ],
)
@pytest.mark.parametrize("hyperscan", [True, False])
def test_a_web_line_is_judged_as_its_request(options: str, fires: bool, hyperscan: bool) -> None:
    (event,) = read(WebAccess(), access(REQUEST))
    assert found(rule(options), [event], hyperscan=hyperscan) == ([1] if fires else [])


targets = st.text(st.sampled_from("/ab.%25cE?=&+~-_\\"), max_size=30).map(lambda text: "/" + text)


@settings(max_examples=120, deadline=None)
@given(
    target=targets,
    agent=st.sampled_from(["curl/8", "Mozilla/5.0 (X11)", "a;b", "sqlmap/1.7"]),
    method=st.sampled_from(["GET", "POST", "PUT"]),
)
def test_the_same_request_gives_the_same_alerts_from_a_capture_and_from_a_log(
    target: str, agent: str, method: str
) -> None:
    rules = "".join(
        rule(options, number)
        for number, options in enumerate(
            [
                'http.uri; content:"/a";', 'http.uri; content:"b"; endswith;', 'http.uri.raw; content:"%"; content:"5"; distance:0;',
                'http.uri; content:"."; content:!".."; http.method; content:"POST";', 'http.user_agent; content:"|3b|";',
                'http.uri; content:"?"; pcre:"/[?&]a=/";', 'http.uri; bsize:<6; content:"/";', 'http.request_line; content:"PUT /"; startswith;',
                'http.user_agent; content:"mozilla"; nocase; http.uri; content:"="; offset:2; depth:6;', 'http.uri; to_uppercase; content:"AB";',
            ],
            1,
        )
    )  # fmt: skip
    line = f"{method} {target} HTTP/1.1"
    capture = http(f"{line}\r\nHost: a.example\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\n\r\n".encode())
    escaped = access(line.replace("\\", "\\\\"), agent=agent)
    assert sorted(found(rules, read(WebAccess(), escaped))) == sorted(sids(rules, capture))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ('http.request_body; content:"x";', "missing buffer http.request_body"),
        ('content:"x";', "missing buffer payload"),
        ('http.uri; content:"x"; flowbits:isset,a;', "flowbits"),
        ('http.uri; content:"x"; flowbits:set,a; flowbits:noalert;', "noalert"),
        ('http.uri; content:"x"; threshold:type both, track by_src, count 3, seconds 60;', "counts matches over time"),
        ('http.uri; content:"x"; detection_filter:track by_src, count 3, seconds 60;', "counts matches over time"),
        ('http.uri; content:"x"; flow:not_established;', "not_established"),
        ('http.uri; content:"x"; xbits:isset,a,track ip_src;', "xbits"),
    ],
)
def test_what_one_record_does_not_decide_is_counted_and_never_run(options: str, reason: str) -> None:
    (event,) = read(WebAccess(), access("GET /x HTTP/1.1"))
    engine = NetworkLogEngine(pack_of(rule(options) + rule('http.uri; content:"x";', 2)))
    assert [one.rule_id for _, one in engine.match_events([event], ORIGIN)] == ["1:2"]
    assert [(reason in told, count) for told, count in engine.reasons.items()] == [(True, 1)]


def test_what_a_sort_of_record_lacks_is_told() -> None:
    engine = NetworkLogEngine(
        pack_of(
            rule('http.uri; content:"x"; http.host; content:"a.example";')
            + rule('dns.query; content:"a";', 2, "dns any any -> any any")
        )
    )
    assert not list(
        engine.match_events(read(WebAccess(), access("GET /x HTTP/1.1") + "\n" + access("GET /y HTTP/1.1")), ORIGIN)
    )
    (web,) = engine.coverage()
    assert (web.kind, web.records, web.rules, web.missing) == ("web", 2, 0, {"http.host": 1, "dns.query": 1})


@pytest.mark.parametrize(
    ("header", "client", "fires"),
    [
        ("http $EXTERNAL_NET any -> $HOME_NET any", "198.51.100.7", True),
        ("http $EXTERNAL_NET any -> $HOME_NET any", "192.0.2.9", False),
        ("http $HOME_NET any -> $EXTERNAL_NET any", "192.0.2.9", False),  # the server of a web log is ours
        ("http any any -> 192.0.2.5 any", "198.51.100.7", False),  # which of ours is not known
        ("http any any -> any 8080", "198.51.100.7", False),  # nor its port
        ("http [198.51.100.0/24] any -> any any", "198.51.100.7", True),
    ],
)
def test_addresses_of_a_web_log(header: str, client: str, fires: bool) -> None:
    (event,) = read(WebAccess(), access("GET /x HTTP/1.1", client=client))
    assert bool(found(rule('http.uri; content:"/x";', header=header), [event], HOME)) == fires


def test_a_proxy_line_is_a_client_of_ours_towards_the_outside() -> None:
    event = Event(
        1, 1, "raw", "proxy", "squid", src_ip="192.0.2.9", url="http://Evil.example:8080/gate.php?id=1",
        fields={"cs-method": "GET", "c-uri": "http://Evil.example:8080/gate.php?id=1", "cs-user-agent": "-"},
    )  # fmt: skip
    options = 'http.host; content:"evil.example"; bsize:12; http.uri; content:"/gate.php?id="; startswith;'
    assert found(rule(options, header="http $HOME_NET any -> $EXTERNAL_NET any"), [event], HOME) == [1]
    assert found(rule(options, header="http $EXTERNAL_NET any -> $HOME_NET any"), [event], HOME) == []


def eve(**record: object) -> Event:
    text = json.dumps({"timestamp": "2026-11-23T10:00:00.000000+0700", "src_ip": "192.0.2.9", "src_port": 50000,
                       "dest_ip": "203.0.113.5", "dest_port": 443, "proto": "TCP", **record})  # fmt: skip
    (event,) = read(Eve(), text)
    return event


def test_eve_records() -> None:
    http_event = eve(
        event_type="http", http={"hostname": "a.example", "url": "/x", "http_method": "GET", "status": 404}
    )
    tls = eve(event_type="tls", tls={"sni": "c2.example", "subject": "CN=c2", "ja3": {"hash": "ab" * 16}})
    dns = eve(event_type="dns", proto="UDP", dest_port=53, dns={"type": "query", "rrname": "c2.example"})
    answer = eve(event_type="dns", proto="UDP", dest_port=53, dns={"type": "answer", "rrname": "c2.example"})
    flow = eve(event_type="flow", flow={"state": "closed", "pkts_toclient": 3})
    rules = (
        rule('http.host; content:"a.example"; http.method; content:"GET";', 1)
        + rule('tls.sni; content:"c2.example"; endswith;', 2, "tls any any -> any any")
        + rule('tls.cert_subject; content:"CN=c2";', 3, "tls any any -> any any")
        + rule(f'ja3.hash; content:"{"ab" * 16}";', 4, "tls any any -> any any")
        + rule('dns.query; content:"c2.example"; bsize:10;', 5, "dns any any -> any any")
        + rule("", 6, "ip any any -> [203.0.113.5] any")
        + rule("flow:established,to_server;", 7, "tcp any any -> any 443")
    )
    engine = NetworkLogEngine(pack_of(rules))
    seen: dict[int, list[str]] = {}
    for position, one in engine.match_events([http_event, tls, dns, answer, flow], ORIGIN):
        seen.setdefault(position, []).append(one.rule_id)
    assert {number: sorted(ids) for number, ids in seen.items()} == {
        0: ["1:1", "1:6", "1:7"], 1: ["1:2", "1:3", "1:4", "1:6", "1:7"], 2: ["1:5", "1:6"], 4: ["1:6", "1:7"],
    }  # fmt: skip


def test_a_firewall_record_proves_a_connection_only_with_an_answer() -> None:
    def firewall(**fields: object) -> Event:
        return Event(1, 1, "raw", "firewall", "fortigate", src_ip="192.0.2.9", src_port=5, dst_ip="203.0.113.5", dst_port=4444,
                     fields={"proto": "6", **fields})  # fmt: skip

    rules = (
        rule("flow:established,to_server;", 1, "tcp any any -> any 4444")
        + rule("", 2, "tcp any any -> any 4444")
        + rule("", 3, "udp any any -> any 4444")
    )
    assert sorted(found(rules, [firewall(rcvdbyte=900)])) == [1, 2]
    assert sorted(found(rules, [firewall(rcvdbyte=0)])) == [2]


def test_pass_rules_and_limits_hold() -> None:
    events = read(WebAccess(), "\n".join(access("GET /x HTTP/1.1") for _ in range(5)))
    limited = rule('http.uri; content:"/x"; threshold:type limit, track by_src, count 1, seconds 60;')
    assert found(limited, events) == [1]
    passed = rule('http.user_agent; content:"curl";', 9, action="pass") + rule('http.uri; content:"/x";')
    assert found(passed, events) == []


def test_escapes_of_apache_and_nginx_are_undone() -> None:
    (event,) = read(WebAccess(), access('GET /a\\x22\\"\\xc3\\xa9 HTTP/1.1', agent="() { :;}; \\\\"))
    assert found(rule('http.uri.raw; content:"/a|22 22 c3 a9|"; endswith;'), [event]) == [1]
    assert found(rule('http.user_agent; content:"|5c|"; endswith;'), [event]) == [1]


values = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
)
names = st.sampled_from(
    [
        "cs-method",
        "cs-version",
        "c-uri",
        "sc-status",
        "cs-host",
        "http",
        "dns",
        "tls",
        "query",
        "proto",
        "conn_state",
        "flow",
        "uri",
        "rcvdbyte",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    category=st.sampled_from(["webserver", "proxy", "dns", "firewall", "http", "tls", "flow", ""]),
    product=st.sampled_from(["", "suricata", "zeek", "iis"]),
    service=st.sampled_from(["", "http", "dns", "ssl", "conn"]),
    text=st.text(max_size=20),
    fields=st.dictionaries(names, values, max_size=6),
)
def test_no_record_breaks_it(category: str, product: str, service: str, text: str, fields: dict[str, object]) -> None:
    event = Event(
        1, 1, text + "\ud800\\x2", category, product, service, src_ip=text, dst_ip="192.0.2.1", url=text, fields=fields
    )
    columns = columns_of(event)
    if columns is not None:
        for column, given_text in (columns.up | columns.down).items():
            derive(column, given_text)
    list(ENGINE.match_events([event], ORIGIN))


ENGINE = NetworkLogEngine(
    pack_of(
        rule('http.uri; content:"a";')
        + rule('dns.query; content:"a";', 2, "dns any any -> any any")
        + rule("", 3, "ip any any -> 192.0.2.1 any")
    )
)
