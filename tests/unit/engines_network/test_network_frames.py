"""Frames: the pieces of a stream by name, each in its own protocol, and refused where none is known."""

from __future__ import annotations

import pytest

from tests.support import network_plants as plants
from tests.support import network_samples as samples
from tests.support.network_run import detections, http, pack_of, sids
from tests.support.network_wire import Conversation, dns_query, udp_frame

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def late_records() -> Conversation:
    """Records after the handshake."""
    talk = Conversation(dport=443).open()
    for side, data in ((0, samples.client_hello("a.example")), (1, samples.handshake(2, b"\x03\x03" + bytes(38)))):
        talk.send(side, data)
    return talk.send(1, b"\x17\x03\x03\0\x03abc" * 3).send(0, b"\x17\x03\x03\0\x02de").close()


@pytest.mark.parametrize(
    ("protocol", "options", "frames", "times"),
    [
        ("http", f'flow:to_server; frame:http1.request; content:"GET /x"; startswith; bsize:{len(GET)};', http(GET, OK), 1),
        ("http1", f'flow:to_server; frame:request; content:"body"; endswith; bsize:{len(POST)};', http(POST, OK), 1),
        ("http1", 'flow:to_client; frame:response; content:"ok"; endswith;', http(GET, OK), 1),
        ("http1", 'frame:response; content:"GET";', http(GET, OK), 0),
        ("http", 'frame:request; strip_whitespace; content:"GET/xHTTP/1.1Host:a"; startswith;', http(GET, OK), 1),
        ("tls", 'flow:to_client; frame:tls.pdu; content:"|17 03 03|"; startswith;', late_records(), 3),
        ("tls", 'flow:to_server; frame:pdu; content:"|17 03 03|"; startswith;', late_records(), 1),
        ("tls", 'frame:tls.data; content:"abc"; bsize:3;', late_records(), 3),
        ("tls", 'frame:tls.hdr; content:"abc";', late_records(), 0),
        ("tls", 'frame:tls.hdr; content:"|00 02|"; endswith; bsize:5;', late_records(), 1),
        ("smb", 'flow:to_server; frame:smb2.hdr; content:"|fe|SMB"; startswith; content:"|05 00|"; offset:12; depth:2;',
         samples.smb_talk(), 2),
        ("smb", 'frame:smb.smb2.data; content:"t|00|o|00|o|00|l|00|.|00|e|00|x|00|e|00|";', samples.smb_talk(), 1),
        ("smb", 'frame:nbss.hdr; content:"|00|"; startswith; bsize:4; flow:to_client;', samples.smb_talk(), 9),
        ("dns", 'frame:dns.pdu; content:"|00 07|"; startswith;', [udp_frame(dns_query("a.example"))], 1),
        ("dns", 'frame:pdu; content:"|00 08|"; startswith;', [udp_frame(dns_query("a.example"))], 0),
        ("enip", 'frame:enip.data; content:"PLC-Hue"; ', plants.enip_talk(), 1),
    ],
)  # fmt: skip
def test_frames(protocol: str, options: str, frames: Conversation, times: int):
    assert len(sids(f"alert {protocol} any any -> any any ({options} sid:1;)", frames)) == times


def test_an_alert_tells_the_frame():
    found = detections('alert tls any any -> any any (frame:tls.data; content:"abc"; sid:1;)', late_records())
    assert found[0].detail["frame"] == {"type": "data", "direction": "toclient", "length": 3}


def test_what_tls_says_is_judged_as_before_beside_its_frames():
    rules = """alert tls any any -> any any (frame:tls.pdu; content:"|16|"; startswith; sid:1;)
alert tls any any -> any any (tls.sni; content:"www.example"; sid:2;)
alert tls any any -> any any (tls.cert_subject; content:"CN=www"; sid:3;)"""
    assert {2, 3} <= set(sids(rules, samples.tls_talk()))


@pytest.mark.parametrize("name", ["smtp.command_line", "ssh.record_data", "nothing", "tls.alert"])
def test_frames_that_are_not_known_are_refused_by_name(name: str):
    pack = pack_of(f'alert tcp any any -> any any (frame:{name}; content:"x"; sid:1;)')
    assert not pack.rules
    assert name in pack.problems[0].reason
