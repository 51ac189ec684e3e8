"""The sixteen places where readers of the rule language go wrong (context/network.md, section 7): one test each."""

from __future__ import annotations

import base64
import gzip
import struct

import pytest

from tests.support import network_samples as samples
from tests.support.network_run import http, sids
from tests.support.network_wire import (
    ACK,
    CLIENT,
    PSH,
    SERVER,
    Conversation,
    dns_query,
    ethernet,
    ip,
    ipv4,
    udp,
    udp_frame,
)

GET = b"GET /a%20b+c/x HTTP/1.1\r\nHost:   WWW.A.Example:8080\r\nX-A: 1\r\nx-a: 2\r\nCookie: k=v\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def rule(options: str, protocol: str = "http", sid: int = 1) -> str:
    return f"alert {protocol} any any -> any any ({options} sid:{sid};)"


def fires(options: str, frames: object = None, protocol: str = "http") -> bool:
    return 1 in sids(rule(options, protocol), http(GET, OK) if frames is None else frames)  # type: ignore[arg-type]


def sent(data: bytes, *, size: int = 1400) -> Conversation:
    return Conversation(dport=9).open().send(0, data, size=size).close()


def test_01_a_sticky_buffer_holds_and_a_modifier_binds_to_the_content_before():
    assert fires('http.uri; content:"/a b"; content:"/x"; distance:0; http.method; content:"GET"; bsize:3;')
    assert not fires('http.uri; content:"/a b"; content:"GET";')
    assert fires('content:"/a b"; http_uri; content:"GET"; http_method;')
    assert not fires('content:"GET"; http_uri; content:"/a b"; http_method;')
    two = bytearray(dns_query("one.example") + dns_query("two.example")[12:])
    two[5] = 2  # questions
    frames = [udp_frame(bytes(two))]
    assert fires('dns.query; content:"two.example"; startswith;', frames, "dns")
    assert not fires('dns.query; content:"one"; content:"two";', frames, "dns")  # each instance by itself


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ('content:"a"; content:"c"; within:1;', True),  # the first "a" leads nowhere
        ('content:"a"; content:!"z"; within:1; content:"c"; within:1;', True),  # what is negated moves nothing
        ('content:"a"; pcre:"/^c/R";', True),
        ('content:"a"; isdataat:!4,relative;', True),
        ('content:"c"; content:"a"; distance:0;', False),
    ],
)
def test_02_what_is_relative_goes_back_and_tries_the_next(options: str, wanted: bool):
    assert fires(options, sent(b"ab-ac.."), "tcp") is wanted


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ('content:"ab"; content:"cde"; within:3;', True),
        ('content:"ab"; content:"cde"; within:4;', True),
        ('content:"ab"; content:"def"; within:3;', False),  # it has to end there, not to begin
        ('content:"cd"; offset:1; depth:3;', True),
        ('content:"cd"; offset:1; depth:2;', False),  # depth counts from offset
        ('content:"abc"; startswith;', True),
        ('content:"bc"; startswith;', False),
        ('content:"ef"; endswith;', True),
        ('content:!"a"; offset:99;', True),
        ('content:!"e"; depth:4;', True),
    ],
)
def test_03_within_depth_and_the_ends(options: str, wanted: bool):
    assert fires(options, sent(b"abcdef"), "tcp") is wanted


def test_04_isdataat_and_urilen():
    for options, wanted in (
        ("isdataat:5;", True),
        ("isdataat:6;", False),
        ('content:"abc"; isdataat:3,relative;', True),
        ('content:"abc"; isdataat:4,relative;', False),
    ):
        assert fires(options + ' content:"abc";', sent(b"abcdef"), "tcp") is wanted, options
    frames = http(b"GET /%61b HTTP/1.1\r\nHost: a\r\n\r\n", OK)  # /ab
    for option, wanted in (
        ("3", True),
        ("2<>4", True),
        ("3<>5", False),
        ("1<>3", False),
        ("5,raw", True),
        ("3,raw", False),
    ):
        assert fires(f'urilen:{option}; http.method; content:"GET";', frames) is wanted, option


def test_05_what_is_of_the_packet_and_what_is_of_the_stream():
    cut = sent(b"firstSECOND", size=5)
    assert fires('content:"first"; dsize:5;', cut, "tcp")
    assert not fires('content:"firstSEC"; dsize:5;', cut, "tcp")
    assert fires('content:"firstSEC";', cut, "tcp")
    assert fires('content:"firstSEC";', cut, "tcp-stream")
    assert not fires('content:"firstSEC";', cut, "tcp-pkt")
    assert fires('http.uri; content:"/a"; bsize:8;')
    assert not fires('http.uri; content:"/a"; bsize:9;')


@pytest.mark.parametrize(
    "options",
    [
        'http.host; content:"www.a.example"; startswith; endswith;',
        'http.host.raw; content:"WWW.A.Example:8080"; startswith; endswith;',
        'http.uri; content:"/a b+c/x"; startswith; endswith;',  # a plus sign stays
        'http.uri.raw; content:"/a%20b+c/x"; startswith; endswith;',
        'http.header; content:"X-A: 1, 2|0d 0a|";',
        'http.header; content:!"Cookie";',
        'http.header; content:"|0d 0a|"; endswith; content:!"|0d 0a 0d 0a|";',
        'http.header.raw; content:"|0d 0a 0d 0a|"; endswith;',
        'http.cookie; content:"k=v"; startswith; endswith;',
        'http.header_names; content:"|0d 0a|Host|0d 0a|"; startswith; content:"|0d 0a 0d 0a|"; endswith;',
        'http.request_line; content:"GET /a%20b+c/x HTTP/1.1"; startswith; endswith;',
        'http.protocol; content:"HTTP/1.1"; startswith; endswith;',
        'http.start; content:"GET "; startswith; content:"|0d 0a|Host: ";',
    ],
)
def test_06_how_http_is_made_alike(options: str):
    assert fires(options)


def test_07_what_file_data_is():
    packed = gzip.compress(b"MZ-hidden", mtime=0)
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    frames = http(GET, answer)
    assert fires('flow:to_client; file.data; content:"MZ-hidden"; startswith; endswith;', frames)
    assert not fires('flow:to_server; file.data; content:"MZ-hidden";', frames)
    assert fires('flow:to_server; file.data; content:"tool"; nocase;', _upload())
    mail = b"EHLO a\r\nMAIL FROM:<a@a.example>\r\nDATA\r\n"
    part = b'Content-Disposition: attachment; filename="a.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    data = mail + part + base64.b64encode(b"MZ-hidden") + b"\r\n.\r\n"
    assert fires(
        'flow:to_server; file.data; content:"MZ-hidden";', Conversation(dport=25).open().send(0, data).close(), "smtp"
    )


def _upload() -> Conversation:
    form = b'--XX\r\nContent-Disposition: form-data; name="f"; filename="t.exe"\r\n\r\nMZ-tool\r\n--XX--\r\n'
    head = (
        b"POST /f HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: %d\r\n\r\n"
    )
    return http(head % len(form) + form, OK)


def test_08_established_is_after_the_handshake_and_the_syn_says_who_serves():
    talk = Conversation(dport=9)
    lone = [talk.segment(0, 5, 5, PSH | ACK, b"evil"), talk.segment(1, 5, 9, ACK)]
    assert not fires('flow:established; content:"evil";', lone, "tcp")
    assert fires('flow:established; content:"evil";', sent(b"evil"), "tcp")
    low = Conversation(sport=80, dport=50_000).open().send(0, b"evil").close()  # ports say nothing
    assert fires('flow:to_server; content:"evil";', low, "tcp")
    assert not fires('flow:to_client; content:"evil";', low, "tcp")
    assert fires('flow:from_client; content:"evil";', low, "tcp")


def test_09_names_as_they_were_sent():
    frames = [udp_frame(dns_query("WWW.Bad.example"))]
    assert fires('dns.query; content:"WWW.Bad.example"; startswith; endswith;', frames, "dns")
    assert not fires('dns.query; content:"www.bad.example";', frames, "dns")
    assert fires('dns.query; dotprefix; content:".bad.example"; nocase; endswith;', frames, "dns")
    assert fires('dns.query; dotprefix; content:".www.bad.example"; nocase; startswith;', frames, "dns")
    assert not fires('dns.query; dotprefix; content:".ad.example"; nocase; endswith;', frames, "dns")
    back = [
        *frames,
        udp_frame(dns_query("WWW.Bad.example", response=True), src=SERVER, dst=CLIENT, sport=53, dport=40_000),
    ]
    assert sids(rule('dns.query; content:"Bad";', "dns"), back) == [1]


def test_10_certificates():
    talk = samples.tls_talk()
    assert fires('tls.cert_subject; content:"CN=www.example"; startswith; endswith;', talk, "tls")
    assert fires('tls.cert_issuer; content:"C=VN, O=Example CA"; startswith; endswith;', talk, "tls")
    assert fires('tls.certs; content:"|30|"; startswith; content:"www.example";', talk, "tls")
    assert fires('ja3.string; content:"771,4865,0,,"; startswith; endswith;', talk, "tls")
    assert not fires('tls.cert_subject; content:"Example CA";', talk, "tls")


def test_11_bits_are_set_before_they_are_asked_whatever_the_order_of_the_rules():
    asks = rule('http.uri; content:"/x"; flowbits:isset,seen;', sid=1)
    sets = rule('http.uri; content:"/a b"; flowbits:set,seen; noalert;', sid=2)
    half = rule('http.uri; content:"/a b"; content:"nowhere"; flowbits:set,seen; noalert;', sid=2)
    assert sids(f"{asks}\n{sets}", http(GET, OK)) == [1]
    assert sids(f"{asks}\n{half}", http(GET, OK)) == []
    assert sids(asks.replace("isset", "isnotset"), http(GET, OK)) == [1]


@pytest.mark.parametrize(
    ("option", "alerts"),
    [
        ("threshold:type limit, track by_src, count 2, seconds 60;", 2),
        ("threshold:type threshold, track by_src, count 3, seconds 60;", 3),
        ("threshold:type both, track by_src, count 3, seconds 60;", 1),
        ("detection_filter:track by_src, count 3, seconds 60;", 6),
        ("threshold:type limit, track by_dst, count 1, seconds 60;", 1),
        ("threshold:type limit, track by_rule, count 1, seconds 60;", 1),
        ("threshold:type limit, track by_both, count 1, seconds 1;", 3),  # a window ends after its last second
    ],
)
def test_12_how_often_a_rule_may_speak(option: str, alerts: int):
    """Nine packets, half a second apart."""
    frames = [udp_frame(b"evil", dport=9) for _ in range(9)]
    assert len(sids(rule(f'content:"evil"; {option}', "udp"), frames, step=500_000)) == alerts


def test_13_the_fast_pattern_only_chooses_what_is_looked_for_first():
    data = sent(b"abcdef")
    for mark in ("", "fast_pattern;", "fast_pattern:only;", "fast_pattern:1,2;"):
        assert fires(f'content:"abcd"; {mark} content:"EF"; nocase;', data, "tcp")
        assert fires(f'content:"ab"; content:"CDEF"; nocase; {mark}', data, "tcp")
        assert not fires(f'content:"ABCD"; {mark} content:"ef";', data, "tcp")
    assert fires('content:!"x"; content:!"y";', sent(b"abcdef"), "tcp")  # nothing to look for first
    assert not fires('content:!"x"; content:!"e";', sent(b"abcdef"), "tcp")


def test_14_fifteen_alerts_and_what_passes():
    many = "\n".join(rule(f'content:"evil"; priority:{1 + n % 3};', "udp", n) for n in range(1, 31))
    found = sids(many, [udp_frame(b"evil", dport=9)])
    assert len(found) == 15
    assert all(sid % 3 == 0 or sid % 3 == 1 for sid in found)
    passing = rule('content:"evil";', "udp", 99).replace("alert", "pass", 1)
    assert sids(f"{many}\n{passing}", [udp_frame(b"evil", dport=9), udp_frame(b"other", dport=9)]) == []


@pytest.mark.parametrize(
    "options",
    [
        r'content:"a\"b";',
        r'content:"b\;c";',
        r'content:"c\\d";',
        r'content:"d\:e";',
        'content:"e|2C 66|";',
        'content:"e,f";',
        'Content:"e,f";',
        'content:!"zz"; content:"e,f";',
        'content:"|61 22|b"; content:"|7C|";',
        r'pcre:"/A\x22B/i";',
        r'pcre:"/a.b\x3bc/s";',
        r'pcre:"/^a.*f.$/s";',
    ],
)
def test_15_how_things_are_written(options: str):
    assert fires(options, sent(b'a"b;c\\d:e,f|'), "tcp")


def test_16_overlaps_fragments_and_tunnels():
    talk = Conversation(dport=9).open()
    first = talk.segment(0, talk.next[0], talk.next[1], PSH | ACK, b"good")
    again = talk.segment(0, talk.next[0], talk.next[1], PSH | ACK, b"evil")
    talk.next[0] += 4
    overlapped = [*talk.frames, first, again, talk.ack(1)]
    assert sids(rule('content:"good";', "tcp-stream"), overlapped) == [1]
    assert sids(rule('content:"evil";', "tcp-stream"), overlapped) == []
    whole = udp(5, 9, b"evil-in-pieces" * 3)
    pieces = [
        ethernet(ipv4(CLIENT, SERVER, 17, whole[24:], fragment=3)),
        ethernet(ipv4(CLIENT, SERVER, 17, whole[:24], fragment=0x2000)),
    ]
    assert fires('content:"evil-in-pieces"; distance:0; content:"evil-in-pieces"; distance:0;', pieces, "udp")
    inner = ip(CLIENT, SERVER, 17, udp(5, 9, b"evil"))
    vxlan = ip("192.0.2.1", "192.0.2.2", 17, udp(9, 4789, b"\x08" + bytes(7) + ethernet(inner)))
    teredo = ip("192.0.2.1", "192.0.2.2", 17, udp(9, 3544, ip("2001:db8::1", "2001:db8::2", 17, udp(5, 9, b"evil"))))
    for frame in (
        ethernet(inner, vlans=(5,)),
        ethernet(inner, vlans=(5, 6)),
        ethernet(ip("192.0.2.1", "192.0.2.2", 47, struct.pack(">HH", 0, 0x0800) + inner)),
        ethernet(vxlan),
        ethernet(teredo),
    ):
        assert sids(rule('content:"evil"; startswith; endswith;', "udp"), [frame]) == [1]
