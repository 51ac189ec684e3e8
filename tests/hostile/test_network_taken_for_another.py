"""Flows that show the marks of one protocol and speak another: what rules of HTTP, TLS and others see must not be lost."""

from __future__ import annotations

import pytest

from tests.support.network_run import detections, sids
from tests.support.network_samples import RDP_CONFIRM, quic_talk
from tests.support.network_wire import Conversation, client_hello, udp_frame

EVIL = b"GET /evil HTTP/1.1\r\nHost: a.example\r\n\r\n"
HTTP = 'alert http any any -> any any (http.uri; content:"/evil"; sid:1;)'
TLS = 'alert tls any any -> any any (tls.sni; content:"www.example"; sid:1;)'
NAMED = 'alert imap any any -> any any (msg:"i"; sid:8;)\nalert telnet any any -> any any (msg:"t"; sid:9;)\n'


SERVED = ("sip", "rdp", "modbus", "enip")


@pytest.mark.parametrize("address", [b"sip:" + b"A" * 6000, b"SIPS:" + b"A" * 3000, b"tel:" + b"1" * 2600])
@pytest.mark.parametrize("blank", [b" ", b"\t"])
@pytest.mark.parametrize("size", [700, 1400, 60_000])
def test_an_address_of_sip_without_an_end_hides_no_request(address: bytes, blank: bytes, size: int):
    said = b"OPTIONS" + blank + address + b"/evil HTTP/1.1\r\nHost: a.example\r\n\r\n" + EVIL
    assert sids(HTTP, Conversation().open().send(0, said, size=size).close())


@pytest.mark.parametrize(
    "first", [b"PUT\tsip", b"PUT\t/x", b"PUT s", b"PUT t HTTP/1.1", b"TRACE t SIP/2.0", b"PUT sip:a SIP/2.0"]
)
def test_a_short_first_line_is_http(first: bytes):
    talk = Conversation().open().send(0, first + b"\r\nHost: a.example\r\n\r\n" + EVIL).close()
    assert sids(HTTP, talk) == [1]


@pytest.mark.parametrize("greeting", [b"* OK [CAPABILITY IMAP4rev1] ready\r\n", b"\xff\xfb\x01\xff\xfd\x03"])
@pytest.mark.parametrize("size", [1, 1400])
@pytest.mark.parametrize(("rule", "said"), [(HTTP, EVIL), (TLS, client_hello("www.example"))])
def test_a_server_that_greets_as_another_hides_no_client(greeting: bytes, size: int, rule: str, said: bytes):
    talk = Conversation(dport=143).open().send(1, greeting, size=size).send(0, said, size=size).close()
    assert 1 in sids(NAMED + rule, talk)


@pytest.mark.parametrize("first", [b"a1 LOGIN x y\r\n", b"\xff\xfb\x01"])
def test_a_client_that_begins_as_another_hides_no_answer(first: bytes):
    rule = 'alert http any any -> any any (flow:to_client; http.stat_code; content:"202"; sid:1;)'
    talk = Conversation(dport=143).open().send(0, first).send(1, b"HTTP/1.1 202 OK\r\n\r\n").close()
    assert 1 in sids(NAMED + rule, talk)


@pytest.mark.parametrize(
    ("greeting", "port"),
    [(b"SIP/2.0 200 OK\r\n\r\n", 5060), (RDP_CONFIRM, 3389), (bytes(24), 44818), (b"\0\1\0\0\0\3\1\3\0", 502)],
)
@pytest.mark.parametrize(("rule", "said"), [(HTTP, EVIL), (TLS, client_hello("www.example"))])
def test_a_server_that_answers_before_it_was_asked_hides_no_client(greeting: bytes, port: int, rule: str, said: bytes):
    talk = Conversation(dport=port).open().send(1, greeting).send(0, said).close()
    rules = "".join(f"alert {app} any any -> any any (sid:{sid};)\n" for sid, app in enumerate(SERVED, 5))
    assert sids(rules + rule, talk) == [1]


@pytest.mark.parametrize(
    ("greeting", "answer", "app"),
    [
        (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", b"a1 LOGIN x y\r\n", "imap"),
        (b"* OK IMAP\r\n", b"what " * 600, "imap"),
        (b"\xff\xfb\x01\xff\xfd\x03", b"\xff\xfd\x01root\r\n", "telnet"),
        (b"\xff\xfb\x01\xff\xfd\x03", b"root\r\n", "telnet"),
    ],
)
def test_what_greets_as_itself_stays_what_it_is(greeting: bytes, answer: bytes, app: str):
    talk = (
        Conversation(dport=143).open().send(1, greeting).send(0, answer).send(1, b"x" * 3000).send(0, b"evil").close()
    )
    rule = NAMED + f'alert {app} any any -> any any (flow:to_server; content:"evil"; sid:2;)'
    assert [found.detail["app_proto"] for found in detections(rule, talk) if found.rule_id.endswith(":2")] == [app]


@pytest.mark.parametrize("port", [123, 1024, 2222, 20_000])
def test_a_client_port_that_another_protocol_calls_its_own_hides_no_quic(port: int):
    rules = 'alert quic any any -> any any (quic.sni; content:"."; sid:1;)\nalert ntp any any -> any any (sid:2;)\n'
    rules += (
        "alert enip any any -> any any (enip_command:99; sid:3;)\nalert dnp3 any any -> any any (dnp3_func:1; sid:4;)"
    )
    datagrams = [frame[42:] for frame in quic_talk()]
    assert 1 in sids(rules, [udp_frame(one, sport=port, dport=443) for one in datagrams])
