from __future__ import annotations

import gzip
import io
import zlib

import pytest

from atttcli.engine import EngineProblem
from atttcli.engines.network import NetworkEngine, Sighted
from atttcli.model.observable import ObservableType
from atttcli.model.severity import Severity
from tests.support.network_run import detections, http, pack_of, sids
from tests.support.network_wire import (
    ACK,
    CLIENT,
    PSH,
    RST,
    SERVER,
    Conversation,
    client_hello,
    dns_query,
    ethernet,
    ipv4,
    pcap,
    udp_frame,
)

GET = b"GET /a/%62/../c.php?x=1%20y HTTP/1.1\r\nHost: WWW.Example.test:8080\r\nUser-Agent:   curl/8\r\nCookie: k=v\r\n\r\n"
OK = b"HTTP/1.1 200 Fine\r\nServer: s\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello"


def rule(options: str, sid: int = 1, header: str = "http any any -> any any") -> str:
    return f"alert {header} ({options} sid:{sid};)\n"


def fires(options: str, talk, header: str = "http any any -> any any") -> bool:
    return sids(rule(options, header=header), talk) == [1]


@pytest.mark.parametrize(
    "options",
    [
        'http.uri; content:"/a/c.php?x=1 y"; bsize:14;',
        'http.uri.raw; content:"/a/%62/../c.php?x=1%20y"; bsize:23;',
        'http.method; content:"GET"; bsize:3;',
        'http.host; content:"www.example.test"; bsize:16;',
        'http.host.raw; content:"WWW.Example.test:8080"; bsize:21;',
        'http.user_agent; content:"curl/8"; bsize:6;',
        'http.header; content:"User-Agent: curl/8|0d 0a|"; content:!"Cookie"; content:!"|0d 0a 0d 0a|";',
        'http.header.raw; content:"User-Agent:   curl/8"; content:"|0d 0a 0d 0a|"; endswith;',
        'http.header_names; content:"|0d 0a|Host|0d 0a|User-Agent|0d 0a|Cookie|0d 0a 0d 0a|"; startswith; endswith;',
        'http.cookie; content:"k=v"; bsize:3;',
        'http.request_line; content:"GET /a/%62"; startswith; content:"HTTP/1.1"; endswith;',
        'flow:to_server; http.protocol; content:"HTTP/1.1"; bsize:8;',
        'flow:to_server; http.start; content:"GET "; startswith; content:"Cookie: k=v|0d 0a 0d 0a|"; endswith;',
        'http.request_header; content:"Host: WWW"; startswith; bsize:27;',
        'urilen:14; http.method; content:"GET";',
        'content:"c.php"; http_uri; content:"curl"; http_user_agent;',
        'uricontent:"/c.php";',
        'pcre:"/c\\.php\\?x=\\d/U";',
        'http.stat_code; content:"200"; bsize:3;',
        'http.stat_msg; content:"Fine"; bsize:4;',
        'http.response_line; content:"HTTP/1.1 200 Fine"; bsize:17;',
        'http.server; content:"s"; bsize:1;',
        'http.response_body; content:"hello"; bsize:5;',
        'flow:to_client; file.data; content:"hello";',
        'flow:to_client; http.cookie; content:"a=b";',
        "flow:to_client,established; http.content_len; byte_test:0,=,5,0,string,dec;",
    ],
)
def test_http_buffers(options: str):
    assert fires(options, http(GET, OK)), options


@pytest.mark.parametrize(
    "options",
    [
        'http.uri; content:"%62";',
        'http.referer; content:!"x";',  # an absent buffer never matches, not even a negated content
        'flow:to_server; http.cookie; content:"a=b";',
        'http.request_body; content:"hello";',
        'http.method; content:"get";',
    ],
)
def test_http_buffers_that_must_not_match(options: str):
    assert not fires(options, http(GET, OK)), options


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (gzip.compress, b"gzip"),
        (zlib.compress, b"deflate"),
        (lambda data: zlib.compress(data)[2:-4], b"deflate"),
        (lambda data: gzip.compress(zlib.compress(data)), b"deflate, gzip"),
    ],
)
def test_bodies_are_unpacked_and_dechunked(encode, name: bytes):
    body = encode(b"before SECRET after")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: "
        + name
        + b"\r\n\r\n"
        + chunks
        + b"0\r\n\r\n"
    )
    assert fires('flow:to_client; file.data; content:"before SECRET after"; bsize:19;', http(GET, answer))


def test_uploads_are_file_data_towards_the_server():
    form = b'--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nEVIL\r\n--B--\r\n'
    head = (
        b"POST /up HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n"
    )
    assert fires('flow:to_server; file.data; content:"EVIL"; bsize:4;', http(head % len(form) + form, OK))


def test_pipelined_requests_are_numbered_and_answered_in_order():
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % n for n in range(3))
    answers = b"".join(b"HTTP/1.1 20%d OK\r\nContent-Length: 0\r\n\r\n" % n for n in range(3))
    text = rule('http.uri; content:"/2";', 1) + rule('http.stat_code; content:"201";', 2)
    found = detections(text, http(requests, answers))
    assert [(f.detail["alert"]["signature_id"], f.detail["tx_id"]) for f in found] == [(1, 2), (2, 1)]
    assert [f.detail["direction"] for f in found] == ["to_server", "to_client"]


def test_the_eve_object_and_the_detection():
    text = (
        'alert http $HOME_NET any -> $EXTERNAL_NET 80 (msg:"T \\"q\\""; flow:established,to_server; http.uri;'
        ' content:"c.php"; classtype:trojan-activity; sid:42; rev:3;)'
    )
    (found,) = detections(text, http(GET, OK))
    eve = found.detail
    assert eve["timestamp"].endswith("+0000") and eve["event_type"] == "alert"
    assert (eve["src_ip"], eve["src_port"], eve["dest_ip"], eve["dest_port"]) == (CLIENT, 40_000, SERVER, 80)
    assert (eve["proto"], eve["app_proto"], eve["tx_id"]) == ("TCP", "http", 0)
    assert eve["alert"] == {
        "action": "allowed",
        "gid": 1,
        "signature_id": 42,
        "rev": 3,
        "signature": 'T "q"',
        "category": "A Network Trojan was detected",
        "severity": 1,
    }
    assert (found.rule_id, found.severity, found.key) == ("1:42", Severity.HIGH, f"{CLIENT}>{SERVER}")
    assert found.why == ('http.uri @3: "c.php"',)
    assert found.origin.offset == eve["pcap_cnt"]
    values = {(o.type, o.value) for o in found.observables}
    assert (ObservableType.DOMAIN, "www.example.test") in values
    assert (ObservableType.IPV4, SERVER) in values


def test_dns_names_case_instances_and_dotprefix():
    frames = [udp_frame(dns_query("Evil.Example")), udp_frame(dns_query("notevil.example"), sport=40_001)]
    text = (
        rule('dns.query; content:"evil.example"; nocase; bsize:12;', 1, "dns any any -> any any")
        + rule('dns.query; content:"Evil";', 2, "dns any any -> any any")
        + rule('dns.query; dotprefix; content:".evil.example"; nocase; endswith;', 3, "dns any any -> any any")
    )
    found = detections(text, frames)
    assert [(f.detail["alert"]["signature_id"], f.detail["pcap_cnt"]) for f in found] == [(1, 1), (2, 1), (3, 1)]
    assert found[0].detail["app_proto"] == "dns"


def test_dns_over_tcp():
    message = dns_query("evil.example")
    talk = Conversation(dport=53).open().send(0, len(message).to_bytes(2, "big") + message, size=9).close()
    assert fires('dns.query; content:"evil.example";', talk, "dns any any -> any any")


def test_dns_answers_are_not_queries():
    frames = [udp_frame(dns_query("evil.example", response=True), sport=53, dport=40_000)]
    assert not fires('dns.query; content:"evil";', frames, "dns any any -> any any")


@pytest.mark.parametrize("size", [1, 7, 1400])
def test_sni_across_segments(size: int):
    talk = Conversation(dport=443).open().send(0, client_hello("c2.evil.example"), size=size).close()
    assert fires('tls.sni; content:"c2.evil.example"; bsize:15;', talk, "tls any any -> any any")


def test_stream_rules_match_across_segments_and_packet_rules_do_not():
    talk = Conversation(dport=9999).open().send(0, b"xxEV").send(0, b"ILyy").close()
    assert sids(rule('content:"EVIL";', 1, "tcp any any -> any any"), talk) == [1]
    assert sids(rule('content:"EVIL";', 2, "tcp-stream any any -> any any"), talk) == [2]
    assert sids(rule('content:"EVIL";', 3, "tcp-pkt any any -> any any"), talk) == []
    assert sids(rule('content:"EVIL"; dsize:>1;', 4, "tcp any any -> any any"), talk) == []


def test_one_match_in_a_long_stream_alerts_once():
    body = b"a" * 9000 + b"NEEDLE" + b"b" * 9000
    talk = Conversation(dport=9999).open().send(0, body).close()
    assert sids(rule('content:"NEEDLE";', 1, "tcp any any -> any any"), talk) == [1]


def test_a_match_across_the_pieces_of_a_stream_is_found():
    for at in range(2550, 2570):
        body = b"a" * at + b"NEEDLE" + b"b" * 3000
        talk = Conversation(dport=9999).open().send(0, body, size=100).close()
        assert sids(rule('content:"NEEDLE";', 1, "tcp any any -> any any"), talk) == [1], at


def test_depth_counts_from_the_beginning_of_the_stream():
    talk = Conversation(dport=9999).open().send(0, b"start" + b"a" * 9000 + b"start").close()
    text = rule('content:"start"; depth:5;', 1, "tcp-stream any any -> any any")
    assert sids(text, talk) == [1]


def test_established_needs_the_handshake():
    whole = Conversation(dport=9999).open().send(0, b"EVIL").close()
    text = rule('flow:established; content:"EVIL";', 1, "tcp any any -> any any")
    assert sids(text, whole) == [1]
    assert sids(text, whole.frames[3:]) == []
    assert sids(rule('content:"EVIL";', 1, "tcp any any -> any any"), whole.frames[3:]) == [1]


def test_direction():
    talk = Conversation(dport=9999).open().send(1, b"EVIL").close()
    assert sids(rule('flow:to_client; content:"EVIL";', 1, "tcp any any -> any any"), talk) == [1]
    assert sids(rule('flow:to_server; content:"EVIL";', 1, "tcp any any -> any any"), talk) == []
    assert sids(rule('content:"EVIL";', 1, f"tcp {SERVER} any -> {CLIENT} any"), talk) == [1]
    assert sids(rule('content:"EVIL";', 1, f"tcp {CLIENT} any -> {SERVER} any"), talk) == []
    assert sids(rule('content:"EVIL";', 1, f"tcp {CLIENT} any <> {SERVER} any"), talk) == [1]


def test_the_earlier_copy_of_retransmitted_bytes_wins():
    talk = Conversation(dport=9999).open()
    good = talk.data(0, b"GOODGOOD")
    evil = talk.segment(0, talk.next[0] - 8, talk.next[1], PSH | ACK, b"EVILEVIL")
    talk.frames += [good, evil, talk.ack(1)]
    text = rule('content:"GOOD";', 1, "tcp-stream any any -> any any") + rule(
        'content:"EVIL";', 2, "tcp-stream any any -> any any"
    )
    assert sids(text, talk.close()) == [1]


def test_data_in_a_reset_is_not_part_of_the_stream():
    talk = Conversation(dport=9999).open().send(0, b"fine")
    talk.frames.append(talk.segment(0, talk.next[0], talk.next[1], RST | ACK, b"EVIL"))
    assert sids(rule('content:"EVIL";', 1, "tcp-stream any any -> any any"), talk) == []


def test_a_port_used_again_is_another_flow():
    first = http(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n", OK)
    second = http(b"GET /2 HTTP/1.1\r\nHost: h\r\n\r\n", OK, isn=(77_000, 88_000))
    found = detections(rule('http.uri; content:"/";'), first.frames + second.frames)
    assert [f.detail["tx_id"] for f in found] == [0, 0]
    assert len({f.detail["flow_id"] for f in found}) == 2


def test_flowbits_order_and_noalert():
    text = (
        rule('flow:to_client; flowbits:isset,seen; http.stat_code; content:"200";', 2)
        + rule('flow:to_server; http.uri; content:"c.php"; flowbits:set,seen; flowbits:noalert;', 1)
        + rule('flow:to_client; flowbits:isnotset,seen; http.stat_code; content:"200";', 3)
    )
    assert sids(text, http(GET, OK)) == [2]
    assert sids(text, http(GET.replace(b"c.php", b"d.php"), OK)) == [3]


def _queries(count: int) -> list[bytes]:
    return [udp_frame(dns_query("evil.example"), sport=40_000 + n) for n in range(count)]


@pytest.mark.parametrize(
    ("option", "packets"),
    [
        ("threshold:type limit, track by_src, count 2, seconds 60;", [1, 2]),
        ("threshold:type threshold, track by_src, count 3, seconds 60;", [3, 6, 9]),
        ("threshold:type both, track by_src, count 3, seconds 60;", [3]),
        ("detection_filter:track by_src, count 7, seconds 60;", [8, 9, 10]),
        ("threshold:type limit, track by_src, count 1, seconds 4;", [1, 6]),
    ],
)
def test_thresholds(option: str, packets: list[int]):
    text = rule(option + ' dns.query; content:"evil";', header="dns any any -> any any")
    found = detections(text, _queries(10), step=1_000_000)
    assert [f.detail["pcap_cnt"] for f in found] == packets


def test_thresholds_are_kept_per_address():
    frames = [udp_frame(dns_query("evil.example"), src=f"10.0.0.{n % 2 + 1}") for n in range(6)]
    text = rule(
        'threshold:type limit, track by_src, count 1, seconds 60; dns.query; content:"evil";',
        header="dns any any -> any any",
    )
    assert [f.detail["src_ip"] for f in detections(text, frames)] == ["10.0.0.1", "10.0.0.2"]


def test_fifteen_alerts_per_packet_by_priority():
    text = "".join(rule(f'content:"x"; priority:{20 - n};', n, "udp any any -> any any") for n in range(1, 20))
    found = sids(text, [udp_frame(b"x", dport=99)])
    assert found == list(range(19, 4, -1))


def test_pass_rules_silence():
    text = (
        rule('http.uri; content:"c.php";', 1)
        + 'pass http any any -> any any (http.host; content:"www.example.test"; sid:2;)\n'
    )
    assert sids(text, http(GET, OK)) == []
    assert sids(text, http(GET.replace(b"WWW.", b"xyz."), OK)) == [1]


def test_drop_rules_alert_as_allowed():
    (found,) = detections('drop udp any any -> any any (content:"x"; sid:1;)', [udp_frame(b"x", dport=99)])
    assert found.detail["alert"]["action"] == "allowed"


def test_address_rules_alert_once_for_each_direction_of_a_flow():
    frames = [udp_frame(b"a", dport=99), udp_frame(b"b", dport=99)]
    assert sids(f"alert ip {CLIENT} any -> any any (sid:1;)", frames) == [1]


def test_icmp_and_header_options():
    echo = ethernet(ipv4(CLIENT, SERVER, 1, b"\x08\x00\0\0\x12\x34\x00\x05ping", ttl=5))
    text = "".join(
        rule(option, n, "icmp any any -> any any")
        for n, option in enumerate(
            ["itype:8;", "icode:0;", "icmp_id:4660;", "icmp_seq:5;", "ttl:<10;", 'content:"ping";', "dsize:4;"], 1
        )
    )
    assert sorted(sids(text, [echo])) == [1, 2, 3, 4, 5, 6, 7]
    assert (
        sids(rule("itype:0;", 1, "icmp any any -> any any") + rule("ttl:>10;", 2, "icmp any any -> any any"), [echo])
        == []
    )


def test_tcp_flags():
    talk = Conversation().open()
    assert sids(rule("flags:S;", 1, "tcp any any -> any any"), talk) == [1]
    assert sids(rule("flags:S+;", 1, "tcp any any -> any any"), talk) == [1, 1]
    assert sids(rule("flags:SA;", 1, "tcp any any -> any any"), talk) == [1]


def test_ipv6_addresses():
    talk = http(GET, OK, client="2001:db8::5", server="2001:db8::6")
    (found,) = detections('alert http 2001:db8::/32 any -> any any (http.uri; content:"c.php"; sid:1;)', talk)
    assert found.detail["src_ip"] == "2001:0db8:0000:0000:0000:0000:0000:0005"
    assert found.observables[0].value == "2001:db8::5"
    assert sids('alert http 10.0.0.0/8 any -> any any (http.uri; content:"c.php"; sid:1;)', talk) == []


def test_vlan_tagged_flows_are_kept_apart():
    one, two = http(GET, OK, vlans=(1,)), http(GET, OK, vlans=(2,))
    mixed = [frame for pair in zip(one.frames, two.frames, strict=True) for frame in pair]
    assert sids(rule('http.uri; content:"c.php";'), mixed) == [1, 1]


def test_home_net_from_the_command_line():
    text = 'alert http $HOME_NET any -> any any (http.uri; content:"c.php"; sid:1;)'
    assert sids(text, http(GET, OK)) == [1]
    assert sids(text, http(GET, OK), variables={"HOME_NET": "[192.168.0.0/16]"}) == []


def test_sightings_and_counts():
    engine = NetworkEngine(pack_of(rule('http.uri; content:"nothing";')))
    frames = http(GET, OK).frames + [udp_frame(dns_query("Name.Example"))] * 3
    frames += Conversation(dport=443, sport=41_000).open().send(0, client_hello("sni.example")).close().frames
    seen = [r for r in engine.scan_capture(io.BytesIO(pcap(frames)), "x") if isinstance(r, Sighted)]
    values = [(s.observable.type.value, s.observable.value, s.via) for s in seen]
    assert values == [
        ("ipv4-addr", CLIENT, "flow"),
        ("ipv4-addr", SERVER, "flow"),
        ("domain-name", "www.example.test", "http"),
        ("url", "http://www.example.test/a/%62/../c.php?x=1%20y", "http"),
        ("domain-name", "name.example", "dns"),
        ("domain-name", "sni.example", "tls"),
    ]
    counts = engine.counts
    assert (counts.packets, counts.flows, counts.transactions) == (len(frames), 3, {"http": 1, "dns": 3, "tls": 1})


def test_a_damaged_capture_gives_its_alerts_and_a_problem():
    engine = NetworkEngine(pack_of(rule('http.uri; content:"c.php";')))
    data = pcap(http(GET, OK).frames)[:-5]
    results = list(engine.scan_capture(io.BytesIO(data), "x.pcap"))
    assert [r.rule_id for r in results if hasattr(r, "rule_id")] == ["1:1"]
    (problem,) = [r for r in results if isinstance(r, EngineProblem)]
    assert problem.where.path == "x.pcap" and problem.where.offset


def test_loss_in_a_body_is_skipped_and_the_next_request_still_seen():
    talk = Conversation().open()
    post = b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n"
    talk.send(0, post)
    lost = talk.data(0, b"x" * 1000)
    assert lost
    talk.send(0, b"y" * 2000 + b"GET /second HTTP/1.1\r\nHost: h\r\n\r\n")
    assert sids(rule('http.uri; content:"/second";'), talk.close()) == [1]


def test_xbits_follow_an_address_until_they_expire():
    text = rule('content:"mark"; xbits:set,seen,track ip_src,expire 5;', 1, "udp any any -> any any") + rule(
        'content:"again"; xbits:isset,seen,track ip_src;', 2, "udp any any -> any any"
    )
    frames = [
        udp_frame(b"again", dport=99, sport=1),
        udp_frame(b"mark", dport=99, sport=2),
        udp_frame(b"again", dport=99, sport=3),
        udp_frame(b"again", dport=99, sport=4, src="10.9.9.9"),
        *[udp_frame(b"-", dport=99, sport=5)] * 5,
        udp_frame(b"again", dport=99, sport=6),
    ]
    found = detections(text, frames, step=1_000_000)
    assert [(f.detail["alert"]["signature_id"], f.detail["pcap_cnt"]) for f in found] == [(1, 2), (2, 3)]


def test_stream_size_counts_the_syn():
    talk = Conversation(dport=9999).open().send(0, b"1234").send(1, b"EVIL").send(1, b"EVIL").close()
    text = rule('stream_size:server,=,5; stream_size:client,=,5; content:"EVIL";', 1, "tcp any any -> any any")
    assert [f.detail["pcap_cnt"] for f in detections(text, talk)] == [6]


def test_smb_is_recognised():
    talk = Conversation(dport=445).open().send(0, b"\0\0\0\x20\xfeSMB@\0" + b"evil-tree" + b"\0" * 19).close()
    assert sids(rule('content:"evil-tree";', 1, "smb any any -> any any"), talk) == [1]
    assert sids(rule('content:"evil-tree";', 1, "smtp any any -> any any"), talk) == []


def test_rules_of_addresses_alone_keep_to_their_transport():
    rules = "\n".join(
        f"alert {name} any any -> any any (sid:{sid};)" for sid, name in enumerate(("tcp", "udp", "ip", "icmp"), 1)
    )
    assert sids(rules, [udp_frame(dns_query("a.example"))]) == [2, 3]
