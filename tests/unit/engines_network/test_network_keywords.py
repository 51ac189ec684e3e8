"""Each keyword decides: the alert is gone, or comes, when the option is taken out of the rule."""

from __future__ import annotations

import base64
import struct

import pytest

from tests.support.network_run import detections, http, pack_of, sids
from tests.support.network_wire import (
    ACK,
    CLIENT,
    PSH,
    SERVER,
    SYN,
    Conversation,
    dns_query,
    ethernet,
    ip,
    ipv4,
    ipv6,
    tcp,
    udp_frame,
)

POST = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n%b"
GET = b"GET /run?data=%7Dk%BB%8Cze%BA%9B HTTP/1.1\r\nHost: a.example\r\nUser-Agent: seen-agent\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def flips(rule: str, option: str, frames: object) -> tuple[int, int]:
    """Alerts of sid 1 with the rule as it is and without one of its options."""
    assert option in rule
    without = rule.replace(option, "", 1)
    return sids(rule, frames).count(1), sids(without, frames).count(1)  # type: ignore[arg-type]


def post(body: bytes) -> Conversation:
    return http(POST % (len(body), body), OK)


def test_base64_is_decoded_from_where_the_match_before_ended():
    body = b"API=" + base64.b64encode(b"powershell run")
    head = 'alert http any any -> any any (http.request_body; content:"API="; '
    rule = head + 'base64_decode:bytes 40, offset 0, relative; base64_data; content:"powershell"; startswith; sid:1;)'
    assert sids(rule, post(body)) == [1]
    assert sids(rule.replace("base64_decode:bytes 40, offset 0, relative; base64_data; ", ""), post(body)) == []
    assert sids(rule.replace("bytes 40", "bytes 4"), post(body)) == []
    assert sids(rule.replace(", relative", ""), post(body)) == []


def test_base64_without_base64_data_asks_nothing_and_is_refused():
    for options in ("base64_decode:bytes 4;", 'base64_data; content:"a";', "base64_decode:octets 4; base64_data;"):
        assert pack_of(f"alert tcp any any -> any any ({options} sid:1;)").counts["loaded"] == 0


def test_asn1_finds_a_length_that_is_too_long():
    rule = 'alert tcp any any -> any any (content:"MARK"; asn1:oversize_length 500, relative_offset 0; sid:1;)'
    talk = Conversation(dport=445).open().send(0, b"MARK\x30\x82\x10\x00\x02\x01\x01").close()
    small = Conversation(dport=445).open().send(0, b"MARK\x30\x03\x02\x01\x01").close()
    assert sids(rule, talk) == [1]
    assert flips(rule, "asn1:oversize_length 500, relative_offset 0; ", small) == (0, 1)
    bits = Conversation(dport=445).open().send(0, b"MARK\x03\x02\x20\x01").close()
    assert sids(rule.replace("oversize_length 500", "bitstring_overflow"), bits) == [1]
    assert sids(rule.replace("oversize_length 500", "double_overflow"), bits) == []


def test_flowint_counts_matches_of_a_flow():
    count = 'alert http any any -> any any (http.uri; content:"/n"; flowint:seen,+,1; noalert; sid:2;)\n'
    rule = 'alert http any any -> any any (http.uri; content:"/n"; flowint:seen,>=,3; sid:1;)'
    talk = Conversation().open()
    for _ in range(4):
        talk.send(0, b"GET /n HTTP/1.1\r\nHost: a.example\r\n\r\n").send(1, OK)
    talk.close()
    assert sids(count + rule, talk).count(1) == 2
    assert sids(count + rule.replace("flowint:seen,>=,3; ", ""), talk).count(1) == 4
    assert sids(count.replace("flowint:seen,+,1; ", "") + rule, talk).count(1) == 0
    assert sids(count + rule.replace(">=,3", "isset"), talk).count(1) == 4  # who counts is judged before who asks
    assert sids(count + rule.replace(">=,3", "notset"), talk).count(1) == 0
    assert sids(rule + "\n" + count, talk).count(1) == 2  # whatever their order in the file


def test_hostbits_mark_an_address_across_flows():
    mark = 'alert http any any -> any any (http.uri; content:"/mark"; hostbits:set,bad,src; noalert; sid:2;)\n'
    rule = 'alert http any any -> any any (http.uri; content:"/later"; hostbits:isset,bad,src; sid:1;)'
    first = http(b"GET /mark HTTP/1.1\r\nHost: a.example\r\n\r\n", OK)
    later = http(b"GET /later HTTP/1.1\r\nHost: a.example\r\n\r\n", OK, sport=40_001)
    assert sids(mark + rule, first.frames + later.frames) == [1]
    assert sids(rule, first.frames + later.frames) == []


def test_app_layer_protocol_and_its_negation():
    rule = 'alert tcp any any -> any any (content:"/x"; app-layer-protocol:http; sid:1;)'
    other = Conversation().open().send(0, b"gibberish /x " * 300).close()
    assert sids(rule, post(b"a")) == [1]
    assert sids(rule.replace(":http", ":!http"), post(b"a")) == []
    with_option, without = flips(rule, "app-layer-protocol:http; ", other)
    assert with_option == 0
    assert without >= 1


def test_a_tag_is_told_with_the_alert():
    rule = "alert tcp any any -> any any (flags:S; tag:session,5,packets; sid:1;)"
    (found,) = detections(rule, [Conversation().open().frames[0]])
    assert found.detail["alert"]["tag"] == "session,5,packets"
    (found,) = detections(rule.replace("tag:session,5,packets; ", ""), [Conversation().open().frames[0]])
    assert "tag" not in found.detail["alert"]


@pytest.mark.parametrize(("version", "count"), [("1.2", 1), ("1.0", 0), ("!1.2", 0), ("1.0,1.2", 1)])
def test_tls_version(version: str, count: int):
    body = b"\x03\x03" + b"S" * 32 + b"\0" + b"\xc0\x2f\0"
    hello = b"\x02" + len(body).to_bytes(3, "big") + body
    talk = Conversation(dport=443).open()
    talk.send(1, b"\x16\x03\x03" + struct.pack(">H", len(hello)) + hello).close()
    rule = f"alert tls any any -> any any (flow:to_client; tls.version:{version}; sid:1;)"
    assert sids(rule, talk).count(1) == count
    assert sids(rule.replace("tls.version", "ssl_version"), talk).count(1) == count
    assert sids(
        'alert tls any any -> any any (flow:to_client; tls.random_time; content:"SSSS"; bsize:4; sid:1;)', talk
    ) == [1]


def test_prefilter_and_requires():
    rule = 'alert http any any -> any any (http.uri; content:"/x"; prefilter; requires:version >= 7; sid:1;)'
    assert sids(rule, post(b"a")) == [1]
    pack = pack_of(rule.replace(">= 7", ">= 8"))
    assert [(problem.refused, "requires" in problem.reason) for problem in pack.problems] == [(False, True)]


def test_pcrexform_takes_the_first_group_and_xor_undoes_the_key():
    rule = r'alert http any any -> any any (http.uri; pcrexform:"data=(.*)"; xor:"0d0ac8ff"; content:"passw"; startswith; sid:1;)'
    talk = http(GET, OK)
    assert flips(rule, 'xor:"0d0ac8ff"; ', talk) == (1, 0)
    assert flips(rule, 'pcrexform:"data=(.*)"; ', talk) == (1, 0)


def test_header_buffers_of_packets():
    first = Conversation().open().frames[0]
    port = struct.pack(">H", 40_000).hex(" ")
    assert sids(f'alert tcp any any -> any any (tcp.hdr; content:"|{port}|"; startswith; sid:1;)', [first]) == [1]
    assert sids(f'alert tcp any any -> any any (tcp.hdr; content:"|{port}|"; offset:2; depth:2; sid:1;)', [first]) == []
    datagram = udp_frame(b"hello", dport=9)
    assert sids('alert udp any any -> any any (udp.hdr; content:"|00 09|"; offset:2; depth:2; sid:1;)', [datagram]) == [
        1
    ]
    assert sids('alert ip any any -> any any (ipv4.hdr; content:"|45|"; startswith; sid:1;)', [datagram]) == [1]
    assert sids('alert ip any any -> any any (ipv6.hdr; content:"|60|"; startswith; sid:1;)', [datagram]) == []


def test_ip_options():
    head = struct.pack(">BBHHHBBH", 0x46, 0, 24 + 8, 1, 0, 64, 17, 0) + ip(CLIENT, SERVER, 17, b"")[12:20]
    frame = ethernet(head + b"\x07\x04\0\0" + struct.pack(">HHHH", 1, 2, 8, 0))
    assert sids("alert ip any any -> any any (ipopts:rr; sid:1;)", [frame]) == [1]
    assert sids("alert ip any any -> any any (ipopts:lsrr; sid:1;)", [frame]) == []
    assert sids("alert ip any any -> any any (ipopts:rr; sid:1;)", [udp_frame(b"x")]) == []


def test_dns_opcode_and_event():
    update = bytearray(dns_query("a.example"))
    update[2] |= 4 << 3
    rule = "alert dns any any -> any any (dns.opcode:4; sid:1;)"
    assert sids(rule, [udp_frame(bytes(update))]) == [1]
    assert sids(rule, [udp_frame(dns_query("a.example"))]) == []
    odd = bytearray(dns_query("a.example"))
    odd[3] |= 0x40
    rule = "alert dns any any -> any any (app-layer-event:dns.z_flag_set; sid:1;)"
    assert sids(rule, [udp_frame(bytes(odd))]) == [1]
    assert sids(rule, [udp_frame(dns_query("a.example"))]) == []
    rule = "alert dns any any -> any any (app-layer-event:dns.malformed_data; sid:1;)"
    assert sids(rule, [udp_frame(dns_query("a.example")[:-3])]) == [1]
    assert sids(rule, [udp_frame(dns_query("a.example"))]) == []


@pytest.mark.parametrize(
    ("event", "request_bytes", "answer"),
    [
        ("request_header_host_invalid", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", OK),
        ("missing_host_header", b"GET / HTTP/1.1\r\n\r\n", OK),
        (
            "duplicate_content_length_field_in_request",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            OK,
        ),
        (
            "request_chunk_extension",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;e=1\r\nx\r\n0\r\n\r\n",
            OK,
        ),
        (
            "too_many_encoding_layers",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip\r\nContent-Length: 1\r\n\r\nx",
        ),
    ],
)
def test_http_events(event: str, request_bytes: bytes, answer: bytes):
    rule = f"alert http any any -> any any (flow:to_server; app-layer-event:http.{event}; sid:1;)"
    assert sids(rule, http(request_bytes, answer)) == [1]
    assert sids(rule, http(b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", OK)) == []


def test_events_that_are_not_noticed_are_refused_by_name():
    for option in (
        "app-layer-event:smtp.mime_long_line",
        "decode-event:sll.pkt_too_small",
        "stream-event:3whs_ack_in_wrong_dir",
    ):
        (problem,) = pack_of(f"alert ip any any -> any any ({option}; sid:1;)").problems
        assert option.partition(":")[0] in problem.reason


def test_flow_age_and_addresses():
    slow = Conversation().open().send(0, b"hello").frames
    rule = "alert tcp any any -> any any (flow.age:>3; sid:1;)"
    assert 1 in sids(rule, slow, step=1_000_000)
    assert sids(rule, slow, step=1000) == []
    source = f'alert tcp any any -> any any (ip.src; content:"|{ip(CLIENT, SERVER, 6, b"")[12:16].hex(" ")}|"; flags:S; sid:1;)'
    assert sids(source, Conversation().open()) == [1]
    assert sids(source.replace("ip.src", "ip.dst").replace("flags:S", "flags:S+"), [slow[0]]) == []


def test_a_pass_rule_with_alert_is_told():
    rules = (
        'pass http any any -> any any (http.uri; content:"/x"; alert; sid:1;)\n'
        'alert http any any -> any any (http.uri; content:"/x"; sid:2;)'
    )
    assert sids(rules, post(b"a")) == [1]
    assert sids(rules.replace("alert; ", ""), post(b"a")) == []


# -- faults of packets ----------------------------------------------------------------------------------------------


def fragment(offset: int, more: bool, data: bytes, ident: int = 7) -> bytes:
    return ethernet(ipv6("2001:db8::1", "2001:db8::2", 44, struct.pack(">BBHI", 17, 0, offset | more, ident) + data))


@pytest.mark.parametrize(
    ("event", "frames"),
    [
        ("tcp.pkt_too_small", [ethernet(ipv4(CLIENT, SERVER, 6, b"short"))]),
        ("udp.hlen_too_small", [ethernet(ipv4(CLIENT, SERVER, 17, b"sh"))]),
        ("gre.pkt_too_small", [ethernet(ipv4(CLIENT, SERVER, 47, b"a"))]),
        ("ipv6.exthdr_useless_fh", [fragment(0, False, b"A" * 16)]),
        ("ipv6.trunc_exthdr", [fragment(0, False, b"")]),
        ("ipv6.frag_overlap", [fragment(0, True, b"A" * 24), fragment(16, True, b"B" * 16)]),
        ("ipv6.frag_invalid_length", [fragment(0, True, b"A" * 13)]),
        ("ipv6.frag_pkt_too_large", [fragment(0, True, b"A" * 16), fragment(65_528, False, b"A" * 16)]),
        ("ipv4.frag_overlap", [ethernet(ipv4(CLIENT, SERVER, 17, b"A" * 24, fragment=0x2000))] * 2),
        ("tcp.opt_invalid_len", [ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 1, 0, SYN, options=b"\x02\x09\0\0")))]),
        ("tcp.opt_duplicate", [ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 1, 0, SYN, options=b"\x04\x02\x04\x02")))]),
    ],
)
def test_decode_events(event: str, frames: list[bytes]):
    rule = f"alert pkthdr any any -> any any (decode-event:{event}; sid:1;)"
    assert 1 in sids(rule, frames)
    assert sids(rule, Conversation().open().send(0, b"sound").close()) == []
    assert 1 not in sids("alert pkthdr any any -> any any (decode-event:icmpv4.pkt_too_small; sid:1;)", frames)


def test_rules_for_sctp_see_only_sctp():
    frame = ethernet(ip(CLIENT, SERVER, 132, struct.pack(">HHII", 7, 7, 0, 0)))
    rule = "alert sctp any 7 -> any 7 (sid:1;)"
    assert sids(rule, [frame]) == [1]
    assert sids(rule, [udp_frame(b"x", sport=7, dport=7)]) == []


def test_nsh_is_taken_off():
    inner = ipv4(CLIENT, SERVER, 17, struct.pack(">HHHH", 5, 6, 12, 0) + b"deep")
    frame = b"\x02" * 12 + b"\x89\x4f" + b"\0\x02\x02\x01" + b"\0\0\0\x01" + inner
    assert sids('alert udp any 5 -> any 6 (content:"deep"; sid:1;)', [frame]) == [1]


def test_precedence_holds_between_packets_and_stream():
    """The mark that a rule with content sets is seen by a rule without content on the same packet."""
    rules = (
        'alert ip any any -> any any (flowbits:isnotset,m; flowbits:set,m; content:"GET "; noalert; sid:2;)\n'
        "alert ip any any -> any any (flowbits:isset,m; sid:1;)"
    )
    lone = Conversation().segment(0, 5, 5, PSH | ACK, b"GET /")
    assert sids(rules, [lone]) == [1]
    assert sids(rules.splitlines()[1], [lone]) == []


@pytest.mark.parametrize(
    ("port", "head", "carried"),
    [
        (4789, b"\x08\0\0\0\0\0\x07\0", "frame"),
        (6081, b"\x01\0\x65\x58\0\0\x07\0" + b"opts", "frame"),
        (3544, b"", "six"),
        (3544, b"\0\0" + b"\x11" * 6, "six"),
        (3544, b"\0\x01\x02\x03" + b"a" * 5 + b"b" * 8 + b"\0", "six"),
    ],
)
def test_tunnels_over_udp_are_looked_into(port: int, head: bytes, carried: str):
    datagram = struct.pack(">HHHH", 5, 6, 12, 0) + b"deep"
    inside = (
        ethernet(ipv4(CLIENT, SERVER, 17, datagram))
        if carried == "frame"
        else ipv6("2001:db8::1", "2001:db8::2", 17, datagram)
    )
    rules = f'alert udp any 5 -> any 6 (content:"deep"; startswith; sid:1;)\nalert udp any any -> any {port} (sid:2;)'
    assert sorted(sids(rules, [udp_frame(head + inside, dport=port)])) == [1, 2]
    assert sids(rules, [udp_frame(head + inside, dport=9)]) == []
    assert sids(rules, [udp_frame((head + inside)[:-20], dport=port)]) == [2]


def test_snmp_community_and_version_and_tftp():
    message = b"\x30\x0f\x02\x01\x01\x04\x06public\xa0\x02\x05\x00"
    frames = [udp_frame(message, dport=161)]
    rule = 'alert snmp any any -> any any (snmp.community; content:"public"; bsize:6; sid:1;)'
    assert sids(rule, frames) == [1]
    assert sids(rule.replace("public", "secret"), frames) == []
    assert sids("alert snmp any any -> any any (snmp.version:2; sid:1;)", frames) == [1]
    assert sids("alert snmp any any -> any any (snmp.version:1; sid:1;)", frames) == []
    for cut in range(1, len(message)):
        assert sids(rule, [udp_frame(message[:cut], dport=161)]) in ([], [1])
    asked = [udp_frame(b"\0\x01name\0octet\0", dport=69)]
    rule = 'alert tftp any any -> any any (content:"name"; sid:1;)'
    assert sids(rule, asked) == [1]
    assert sids(rule, [udp_frame(b"\0\x01name\0octet\0", dport=68)]) == []
