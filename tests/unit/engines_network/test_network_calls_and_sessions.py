"""SIP, DHCP, RDP and PostgreSQL: found by what they say on any port, read in pieces, and what alerts tell of them."""

from __future__ import annotations

import struct

import pytest

from atttcli.engines.network.messages import MAX_MESSAGE
from atttcli.engines.network.protocols import message_app
from tests.support import network_samples as samples
from tests.support.network_run import detections, http, sids
from tests.support.network_wire import Conversation, udp_frame


def spoken(protocol: str, frames: list[bytes] | Conversation) -> bool:
    """Whether the flow is taken for that protocol."""
    return bool(sids(f"alert {protocol} any any -> any any (sid:1;)", frames))


TALKS = {
    "sip": samples.sip_talk,
    "dhcp": samples.dhcp_talk,
    "rdp": samples.rdp_talk,
    "pgsql": samples.pgsql_talk,
}


@pytest.mark.parametrize("protocol", TALKS)
@pytest.mark.parametrize("other", TALKS)
def test_each_is_found_by_content_and_taken_for_no_other(protocol: str, other: str):
    assert spoken(protocol, TALKS[other]()) == (protocol == other)


@pytest.mark.parametrize("protocol", TALKS)
def test_a_protocol_is_known_to_rules_that_only_name_it(protocol: str):
    """Without a rule whose header has the protocol: over UDP it was not looked for then."""
    transport = "udp" if protocol in ("sip", "dhcp") else "tcp"
    rule = f"alert {transport} any any -> any any (app-layer-protocol:{{}}; flow:to_client; sid:1;)"
    assert sids(rule.format(protocol), TALKS[protocol]())
    assert not sids(rule.format("!" + protocol), TALKS[protocol]())


# -- SIP ---------------------------------------------------------------------------------------------------------------

INVITED = 'alert sip any any -> any any (flow:to_server; sip.method; content:"INVITE"; sip.user_agent; content:"phone/1"; sid:1;)'
RINGING = 'alert sip any any -> any any (flow:to_client; sip.stat_code; content:"180"; sip.to; content:"tag=2"; sid:1;)'


@pytest.mark.parametrize("size", [1, 7, 100, 1400])
@pytest.mark.parametrize("rule", [INVITED, RINGING])
def test_sip_over_tcp_in_pieces(size: int, rule: str):
    assert sids(rule, samples.sip_stream(size)) == [1]


def test_sip_messages_behind_each_other_and_their_bodies():
    second = samples.SIP_INVITE.replace(b"INVITE", b"BYE").replace(b"v=0\r\n", b"")
    second = second.replace(b"Content-Length: 5", b"Content-Length: 0")
    talk = Conversation(dport=5060).open().send(0, samples.SIP_INVITE + second + samples.SIP_INVITE).close()
    found = detections('alert sip any any -> any any (sip.uri; content:"bob"; sid:1;)', talk)
    assert [one.detail["tx_id"] for one in found] == [0, 1, 2]
    assert [one.detail["sip"]["method"] for one in found] == ["INVITE", "BYE", "INVITE"]


def test_what_a_sip_body_says_is_no_header():
    body = b"From: mallory\r\n"
    said = b"MESSAGE sip:b@b.example SIP/2.0\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    rule = 'alert sip any any -> any any (sip.from; content:"mallory"; sid:1;)'
    assert not sids(rule, [udp_frame(said, dport=5060)])
    assert sids(rule, [udp_frame(said.replace(b"\r\n\r\n", b"\r\n"), dport=5060)])


def test_every_via_is_judged_alone_and_folded_lines_belong_to_it():
    rule = 'alert sip any any -> any any (sip.via; content:"{}"; startswith; endswith; sid:1;)'
    assert sids(rule.format("SIP/2.0/UDP a.example|3b|branch=1"), samples.sip_talk()[:1])
    assert sids(rule.format("SIP/2.0/UDP proxy.example"), samples.sip_talk()[:1])


def test_a_sip_answer_that_comes_first_is_from_the_server():
    assert sids(RINGING, samples.sip_talk()[1:]) == [1]


def test_what_keeps_the_way_open_does_not_hide_the_call():
    frames = [udp_frame(b"\r\n\r\n", dport=25_060), *samples.sip_talk()]
    assert sids(INVITED, frames) == [1]
    assert not sids(INVITED, [udp_frame(b"hello", dport=25_060), *samples.sip_talk()])


@pytest.mark.parametrize(
    ("line", "app"),
    [
        (b"OPTIONS sip:a@a.example SIP/2.0", "sip"),
        (b"OPTIONS sip:a@a.example HTTP/1.1", "http"),  # not a way to hide from rules of HTTP
        (b"OPTIONS * HTTP/1.1", "http"),
        (b"OPTIONS /sip: HTTP/1.1", "http"),
        (b"UPDATE sips:a@a.example SIP/2.0", "sip"),
        (b"POST sip:a SIP/2.0", "http"),
    ],
)
@pytest.mark.parametrize("size", [1, 10, 1400])
def test_methods_that_http_has_too(line: bytes, app: str, size: int):
    talk = Conversation().open().send(0, line + b"\r\nHost: a.example\r\n\r\n", size=size).close()
    rules = 'alert http any any -> any any (msg:"http"; sid:1;)\nalert sip any any -> any any (msg:"sip"; sid:2;)'
    assert {found.title for found in detections(rules, talk)} == {app}


def test_a_web_page_is_not_taken_for_sip():
    assert not spoken(
        "sip", http(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    )


# -- DHCP --------------------------------------------------------------------------------------------------------------


def test_a_short_lease_alerts_with_the_machine_that_got_it():
    rule = "alert dhcp any any -> any any (dhcp.leasetime:<7200; dhcp.rebinding_time:>3000; dhcp.renewal_time:1000<>2000; sid:1;)"
    (found,) = detections(rule, samples.dhcp_talk())
    assert found.detail["dhcp"] == {
        "type": "reply",
        "id": 0xABCD,
        "client_mac": "02:00:00:00:00:01",
        "assigned_ip": "10.1.2.50",
        "dhcp_type": "ack",
    }


@pytest.mark.parametrize(
    ("options", "alerts"),
    [
        (((51, struct.pack(">I", 60)),), True),
        (((51, struct.pack(">I", 60)), (51, struct.pack(">I", 9999))), True),  # the first counts
        (((51, struct.pack(">I", 9999)), (51, struct.pack(">I", 60))), False),
        (((51, b"\0\0\x3c"),), False),  # not four bytes
        (((51, b""),), False),
        (((43, b"\x33\x04\0\0\0\x3c"),), False),  # within another option
        ((), False),
    ],
)
def test_lease_times(options: tuple[tuple[int, bytes], ...], alerts: bool):
    frame = udp_frame(samples.dhcp_message(5, *options, reply=True), sport=67, dport=68)
    assert bool(sids("alert dhcp any any -> any any (dhcp.leasetime:<100; sid:1;)", [frame])) == alerts


def test_an_option_longer_than_the_datagram_ends_the_message():
    data = samples.dhcp_message(5, (51, struct.pack(">I", 60)), reply=True)
    at = data.index(b"\x33\x04")
    cut = data[:at] + b"\x0c\xff" + data[at:]
    for made, alerts in ((data, True), (cut, False), (data[: at + 5], False)):
        assert (
            bool(sids("alert dhcp any any -> any any (dhcp.leasetime:60; sid:1;)", [udp_frame(made, dport=68)]))
            == alerts
        )


def test_without_the_mark_it_is_no_dhcp():
    data = samples.dhcp_message(3).replace(b"\x63\x82\x53\x63", b"\x63\x82\x53\x64")
    assert not spoken("dhcp", [udp_frame(data, sport=68, dport=67)])


# -- RDP ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "port", "found"),
    [
        (samples.RDP_REQUEST, 443, True),
        (samples.tpkt(0xE0, b"\x01\0\x08\0\0\0\0\0"), 443, True),
        (samples.tpkt(0xE0, b"Cookie: msts=1.2.3\r\n"), 443, True),
        (samples.tpkt(0xE0, b""), 3389, True),
        (samples.tpkt(0xE0, b""), 102, False),  # X.224 by itself carries many others
        (samples.tpkt(0xE0, b"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"), 102, False),  # S7
        (samples.tpkt(0xF0, b"Cookie: x"), 3389, False),
        (b"\x03\0\0\x0b\x09\xe0\0\0\0\0\0", 3389, False),  # two lengths that do not agree
    ],
)
@pytest.mark.parametrize("size", [3, 1400])
def test_rdp_by_its_first_message(first: bytes, port: int, found: bool, size: int):
    talk = Conversation(dport=port).open().send(0, first, size=size).send(0, b"x" * 10).close()
    assert spoken("rdp", talk) == found


def test_a_rule_on_the_cookie_alerts_at_once_and_once():
    rule = 'alert rdp any any -> any any (flow:to_server; content:"mstshash=admin"; sid:1;)'
    (found,) = detections(rule, samples.rdp_talk())
    assert found.detail["pcap_cnt"] <= 6  # not only when the connection ends
    assert found.detail["app_proto"] == "rdp"


def test_what_was_negotiated():
    app = message_app("rdp", framed=True)
    assert app is not None
    (asked,) = app.feed(0, samples.RDP_REQUEST)
    (chosen,) = app.feed(1, samples.RDP_CONFIRM)
    assert asked.source.context == {  # type: ignore[attr-defined]
        "rdp": {"event_type": "initial_request", "cookie": "admin01", "client_supports": ["ssl", "hybrid"]}
    }
    assert chosen.source.context == {"rdp": {"event_type": "initial_response", "protocol": "hybrid"}}  # type: ignore[attr-defined]
    refused = message_app("rdp", framed=True)
    assert refused is not None
    (said,) = refused.feed(1, samples.tpkt(0xD0, b"\x03\0\x08\0\x05\0\0\0"))
    assert said.source.context["rdp"]["reason"] == "hybrid required by server"  # type: ignore[attr-defined]


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

QUERY = 'alert pgsql any any -> any any (flow:to_server; pgsql.query; content:"select"; nocase; startswith; sid:1;)'


@pytest.mark.parametrize("size", [1, 5, 1400])
def test_a_query_in_pieces(size: int):
    (found,) = detections(QUERY, samples.pgsql_talk(size=size))
    assert found.detail["pgsql"] == {"tx_id": 4, "request": {"simple_query": "SELECT * FROM users"}}
    assert found.detail["tx_id"] == 3


def session(*client: bytes, first: bytes = samples.PG_STARTUP) -> Conversation:
    """What a client says, in one go."""
    return Conversation(dport=5432).open().send(0, first + b"".join(client)).close()


def test_only_queries_are_in_the_buffer():
    text = b"select 1\0"
    message = samples.pg_message
    assert sids(QUERY, session(message(b"Q", text), message(b"Q", text))) == [1, 1]
    assert not sids(QUERY, session(message(b"p", text), message(b"d", text), message(b"P", b"\0" + text + b"\0\0")))
    assert not sids(QUERY, session(message(b"Q", b"xselect\0")))


def test_a_session_that_goes_over_to_tls_is_still_of_postgresql():
    talk = Conversation(dport=9).open().send(0, struct.pack(">II", 8, 80_877_103)).send(1, b"S")
    talk.send(0, b"\x16\x03\x01\0\x05" + b"Q\0\0\0\x0cselect 1\0").close()
    assert spoken("pgsql", talk)
    assert not sids(QUERY, talk)


@pytest.mark.parametrize(
    "first",
    [
        struct.pack(">II", 9, 80_877_103),
        struct.pack(">II", 8, 80_877_105),
        struct.pack(">II", 20_000, 196_608) + b"user\0",
        struct.pack(">II", 30, 131_072) + b"user\0a\0database\0b\0\0\0\0\0",  # version 2
    ],
)
def test_what_begins_otherwise_is_no_postgresql(first: bytes):
    assert not spoken("pgsql", session(samples.pg_message(b"Q", b"select 1\0"), first=first))


def test_a_message_of_64_megabytes_is_passed_over_and_the_next_one_read():
    app = message_app("pgsql", framed=True)
    assert app is not None
    app.feed(0, samples.PG_STARTUP + b"d" + struct.pack(">I", 64 << 20))
    left, piece = (64 << 20) - 4, bytes(1 << 18)
    while left:
        app.feed(0, piece[:left])
        left -= min(len(piece), left)
        assert app.memory < 2 * MAX_MESSAGE
    (view,) = app.feed(0, samples.pg_message(b"Q", b"select 2\0"))
    assert view.read("pgsql.query") == (b"select 2",)


def test_content_rules_see_each_query_of_a_long_session():
    """Without a buffer in the rule too: the stream is judged at every message, as in the reference engine."""
    talk = Conversation(dport=5432).open().send(0, samples.PG_STARTUP)
    for _ in range(3):
        talk.send(0, samples.pg_message(b"Q", b"delete from a\0")).send(1, samples.pg_message(b"C", b"DELETE 1\0"))
    rule = 'alert pgsql any any -> any any (content:"delete from"; sid:1;)'
    assert sids(rule, talk.close()) == [1, 1, 1]


# -- recognised, and no more -------------------------------------------------------------------------------------------

GREETED = Conversation(dport=9143).open().send(1, b"* OK [CAPABILITY IMAP4rev1] ready\r\n").close()
NAMED: dict[str, tuple[Conversation | list[bytes], Conversation | list[bytes]]] = {
    "imap": (GREETED, Conversation(dport=143).open().send(1, b"* OK ready\r\n").close()),
    "telnet": (
        Conversation(dport=2323).open().send(1, b"\xff\xfd\x18\xff\xfd\x20").close(),
        Conversation(dport=23).open().send(1, b"\xff\x01\x18").close(),
    ),
    "ntp": ([udp_frame(b"\x23" + bytes(47), dport=123)], [udp_frame(b"\x23" + bytes(30), dport=123)]),
    "bittorrent-dht": (
        [udp_frame(b"d1:ad2:id20:" + b"x" * 20 + b"e1:q4:ping1:t2:aa1:y1:qe", dport=6881)],
        [udp_frame(b"d3:abci1ee", dport=6881)],
    ),
}


@pytest.mark.parametrize("protocol", NAMED)
def test_protocols_that_are_only_named(protocol: str):
    shown, other = NAMED[protocol]
    assert spoken(protocol, shown)
    assert not spoken(protocol, other)
    assert [name for name in NAMED if spoken(name, shown)] == [protocol]


@pytest.mark.parametrize("command", [b"a1 CAPABILITY\r\n", b"1 login user secret\r\n", b"A.7 STARTTLS\r\n"])
def test_imap_by_the_first_command(command: bytes):
    assert spoken("imap", Conversation(dport=9).open().send(0, command, size=3).close())
    assert not spoken("imap", Conversation(dport=9).open().send(0, command.replace(b" ", b"-")).close())


@pytest.mark.parametrize("port", [502, 44_818])
def test_ports_of_plants_hide_nothing_else(port: int):
    talk = samples.rfb_talk()
    moved = Conversation(sport=port, dport=5900).open().send(1, b"RFB 003.008\n").send(0, b"RFB 003.008\n").close()
    assert spoken("rfb", talk)
    assert spoken("rfb", moved)
