"""Every fault that `decode-event` and `app-layer-event` may ask for: shown by these frames, and by no sound ones."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest

from atttcli.rulepack.network.events import APP_EVENTS, DECODE_EVENTS
from tests.support import network_plants as plants
from tests.support import network_samples as samples
from tests.support.network_run import http, sids
from tests.support.network_wire import (
    CLIENT,
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

Frames = Iterable[bytes] | Conversation
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SIX = ("2001:db8::1", "2001:db8::2")


def fragment(offset: int, more: bool, data: bytes) -> bytes:
    return ethernet(ipv6(*SIX, 44, struct.pack(">BBHI", 17, 0, offset | more, 7) + data))


def four(patch: dict[int, int], keep: int = 28) -> list[bytes]:
    packet = bytearray(ipv4(CLIENT, SERVER, 17, b"A" * 8))
    for at, value in patch.items():
        packet[at] = value
    return [ethernet(bytes(packet[:keep]))]


SHORT_TCP = bytearray(tcp(1, 2, 1, 0, SYN))
SHORT_TCP[12] = 4 << 4
TWICE = struct.pack(">BBHI", 44, 0, 0, 7) + struct.pack(">BBHI", 17, 0, 0, 8) + b"A" * 8
DECODE: dict[str, list[bytes]] = {
    "ipv4.pkt_too_small": four({}, keep=12),
    "ipv4.hlen_too_small": four({0: 0x43}),
    "ipv4.iplen_smaller_than_hlen": four({2: 0, 3: 9}),
    "ipv4.frag_overlap": [ethernet(ipv4(CLIENT, SERVER, 17, b"A" * 24, fragment=0x2000))] * 2,
    "ipv4.frag_pkt_too_large": [
        ethernet(ipv4(CLIENT, SERVER, 17, b"A" * 24, fragment=0x2000)),
        ethernet(ipv4(CLIENT, SERVER, 17, b"A" * 64, fragment=0x1FFF)),
    ],
    "ipv6.pkt_too_small": [ethernet(ipv6(*SIX, 17, b"")[:30])],
    "ipv6.trunc_exthdr": [fragment(0, False, b"")],
    "ipv6.exthdr_useless_fh": [fragment(0, False, b"A" * 16)],
    "ipv6.exthdr_dupl_fh": [ethernet(ipv6(*SIX, 44, TWICE))],
    "ipv6.frag_overlap": [fragment(0, True, b"A" * 24), fragment(16, True, b"B" * 16)],
    "ipv6.frag_pkt_too_large": [fragment(0, True, b"A" * 16), fragment(65_528, False, b"A" * 16)],
    "ipv6.frag_invalid_length": [fragment(0, True, b"A" * 13)],
    "tcp.pkt_too_small": [ethernet(ipv4(CLIENT, SERVER, 6, b"short"))],
    "tcp.hlen_too_small": [ethernet(ipv4(CLIENT, SERVER, 6, bytes(SHORT_TCP)))],
    "tcp.opt_invalid_len": [ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 1, 0, SYN, options=b"\x02\x09\0\0")))],
    "tcp.opt_duplicate": [ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 1, 0, SYN, options=b"\x04\x02\x04\x02")))],
    "udp.hlen_too_small": [ethernet(ipv4(CLIENT, SERVER, 17, b"sh"))],
    "udp.pkt_too_small": [ethernet(ipv4(CLIENT, SERVER, 17, struct.pack(">HHHH", 1, 2, 90, 0)))],
    "icmpv4.pkt_too_small": [ethernet(ipv4(CLIENT, SERVER, 1, b"\x08"))],
    "icmpv6.pkt_too_small": [ethernet(ipv6(*SIX, 58, b"\x80"))],
    "gre.pkt_too_small": [ethernet(ipv4(CLIENT, SERVER, 47, b"a"))],
}
NEVER = {"tcp.invalid_optlen"}  # as in the reference engine, what it means shows as another fault first

CONNECT = b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04name"
GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def mqtt(message: bytes, *, greeted: bool = True) -> Conversation:
    talk = Conversation(dport=1883).open().send(0, CONNECT)
    if greeted:
        talk.send(1, b"\x20\x02\0\0")
    return talk.send(0, message).close()


def post(head: bytes, body: bytes) -> Conversation:
    return http(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n" + body, OK)


def answered(head: bytes, body: bytes) -> Conversation:
    return http(GET, b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)


def http2(*headers: tuple[bytes, bytes]) -> Conversation:
    block = b"\x82\x86" + b"".join(
        b"\x40" + bytes((len(name),)) + name + bytes((len(value),)) + value for name, value in headers
    )
    start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0)) + bytes(4)
    frame = len(block).to_bytes(3, "big") + b"\x01\x05\0\0\0\x01" + block
    return Conversation(dport=80).open().send(0, start + frame).close()


def dns(patch: dict[int, int], cut: int = 0) -> list[bytes]:
    data = bytearray(dns_query("a.example"))
    for at, value in patch.items():
        data[at] |= value
    return [udp_frame(bytes(data[: len(data) - cut]))]


def smtp(*turns: tuple[int, bytes], welcome: bytes = b"220 mail\r\n") -> Conversation:
    talk = Conversation(dport=25).open().send(1, welcome).send(0, b"EHLO a\r\n").send(1, b"250 mail\r\n")
    for side, line in turns:
        talk.send(side, line + b"\r\n")
    return talk.close()


def ftp(*turns: tuple[int, bytes]) -> Conversation:
    talk = Conversation(dport=21).open().send(1, b"220 ftp\r\n").send(0, b"USER a\r\n").send(1, b"331 go\r\n")
    for side, line in turns:
        talk.send(side, line + b"\r\n")
    return talk.close()


FROM, LETTER = b"MAIL FROM:<a@a.example>", b"Subject: s\r\nContent-Type: multipart/mixed; boundary=%b\r\n\r\ntext\r\n."
APP: dict[str, Frames] = {
    "http.request_field_too_long": http(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000, OK),
    "http.response_field_too_long": http(GET, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000),
    "ftp.request_command_too_long": ftp((0, b"RETR " + b"x" * 9000)),
    "ftp.response_command_too_long": ftp((1, b"230 " + b"x" * 9000)),
    "smtp.invalid_reply": smtp((0, b"NOOP"), (1, b"what?")),
    "smtp.unable_to_match_reply_with_request": smtp((1, b"250 and more")),
    "smtp.max_command_line_len_exceeded": smtp((0, b"NOOP " + b"x" * 600)),
    "smtp.max_reply_line_len_exceeded": smtp((0, b"NOOP"), (1, b"250 " + b"x" * 600)),
    "smtp.invalid_pipelined_sequence": smtp((0, b"STARTTLS\r\nNOOP")),
    "smtp.bdat_chunk_len_exceeded": smtp((0, FROM), (1, b"250 ok"), (0, b"BDAT 4 LAST\r\nabcdef")),
    "smtp.no_server_welcome_message": smtp(welcome=b"554 no\r\n"),
    "smtp.tls_rejected": smtp((0, b"STARTTLS"), (1, b"454 no")),
    "smtp.data_command_rejected": smtp((0, b"DATA"), (1, b"503 no")),
    "smtp.mime_long_boundary": smtp((0, b"DATA"), (1, b"354 go"), (0, LETTER % (b"b" * 300))),
    "smtp.duplicate_fields": smtp((0, FROM), (1, b"250 ok"), (0, FROM)),
    "smtp.unparsable_content": smtp((0, b"MAIL FROM:")),
    "http.too_many_encoding_layers": answered(b"Content-Encoding: gzip, gzip, gzip\r\nContent-Length: 1", b"x"),
    "http.request_chunk_extension": post(b"Transfer-Encoding: chunked", b"1;e=1\r\nx\r\n0\r\n\r\n"),
    "http.response_chunk_extension": answered(b"Transfer-Encoding: chunked", b"1;e=1\r\nx\r\n0\r\n\r\n"),
    "http.duplicate_content_length_field_in_request": post(b"Content-Length: 1\r\nContent-Length: 1", b"x"),
    "http.duplicate_content_length_field_in_response": answered(b"Content-Length: 1\r\nContent-Length: 1", b"x"),
    "http.request_header_host_invalid": http(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", OK),
    "http.missing_host_header": http(b"GET / HTTP/1.1\r\n\r\n", OK),
    "http2.authority_host_mismatch": http2((b":path", b"/"), (b":authority", b"a.example"), (b"host", b"b.example")),
    "http2.userinfo_in_uri": http2((b":path", b"/"), (b":authority", b"me:secret@a.example")),
    "mqtt.missing_connect": Conversation(dport=1883).open().send(1, b"\x20\x02\0\0").send(0, CONNECT).close(),
    "mqtt.missing_publish": mqtt(b"\x40\x02\0\x09"),
    "mqtt.missing_subscribe": mqtt(b"\x90\x03\0\x09\0"),
    "mqtt.missing_unsubscribe": mqtt(b"\xb0\x02\0\x09"),
    "mqtt.double_connect": mqtt(CONNECT),
    "mqtt.unintroduced_message": mqtt(b"\x30\x09\0\x05topicgo", greeted=False),
    "mqtt.invalid_qos_level": mqtt(b"\x36\x09\0\x05topicgo"),
    "mqtt.missing_msg_id": mqtt(b"\x32\x07\0\x05topic"),
    "mqtt.unassigned_msg_type": mqtt(b"\0\x01a"),
    "dns.not_a_request": [*dns({}), udp_frame(dns_query("a.example", response=True))],
    "dns.not_a_response": [*dns({}), udp_frame(dns_query("a.example"), src=SERVER, dst=CLIENT, sport=53, dport=40_000)],
    "dns.invalid_opcode": dns({2: 9 << 3}),
    "dns.z_flag_set": dns({3: 0x40}),
    "dns.malformed_data": dns({}, cut=3),
}
FLOOD = b"".join(plants.modbus(struct.pack(">BHH", 4, 0, 1), transaction=n) for n in range(501))
POINTS = b"\xc0\x81\0\0\x01\x01\x01\0\0\xff\x4f"
APP |= {
    "modbus.invalid_protocol_id": plants.talk(502, (0, plants.READ), (0, plants.modbus(b"\x04\0\0\0\x01", protocol=1))),
    "modbus.invalid_length": plants.talk(502, (0, plants.READ), (0, plants.modbus(b"\x04" + bytes(300)))),
    "modbus.invalid_function_code": plants.talk(502, (0, plants.READ), (1, plants.modbus(b"\x03\x02\0\0"))),
    "modbus.invalid_value": plants.talk(502, (0, plants.modbus(struct.pack(">BHH", 4, 0, 126)))),
    "modbus.invalid_exception_code": plants.talk(502, (0, plants.READ), (1, plants.modbus(b"\x84\x63"))),
    "modbus.value_mismatch": plants.talk(502, (0, plants.READ), (1, plants.modbus(b"\x04\x04" + bytes(4)))),
    "modbus.unsolicited_response": plants.talk(502, (0, plants.READ), (1, plants.WRITE_BACK)),
    "modbus.flooded": plants.talk(502, (0, FLOOD)),
    "dnp3.flooded": plants.talk(20_000, (0, plants.dnp3(plants.SELECT) * 33)),
    "dnp3.len_too_small": plants.talk(20_000, (0, plants.dnp3(b"\xc0")), (0, plants.dnp3(plants.SELECT))),
    "dnp3.bad_link_crc": plants.talk(20_000, (0, plants.dnp3(plants.SELECT) + b"\x05\x64\x05\xc4\x01\0\x0a\0\0\0")),
    "dnp3.bad_transport_crc": plants.talk(20_000, (0, plants.dnp3(plants.SELECT)[:-1] + b"\0")),
    "dnp3.unknown_object": plants.talk(20_000, (1, plants.dnp3(b"\xc0\x81\0\0\xee\x01\0\0\x03abcd", answer=True))),
    "dnp3.too_many_points": plants.talk(20_000, (1, plants.dnp3(POINTS, answer=True))),
    "dnp3.too_many_objects": plants.talk(20_000, (0, plants.dnp3(b"\xc0\x01" + b"\x3c\x02\x06" * 2049))),
    "dnp3.too_long_reassembly": plants.talk(20_000, (0, plants.dnp3(bytes(16_100)))),
}
LEASE = samples.dhcp_message(5, (51, bytes(4)), reply=True)
APP |= {
    "sip.incomplete_data": [*samples.sip_talk(), udp_frame(samples.SIP_INVITE[:60], dport=25_060)],
    "sip.invalid_data": [*samples.sip_talk(), udp_frame(b"hello there", dport=25_060)],
    "dhcp.truncated_options": [udp_frame(LEASE[:-1], sport=67, dport=68)],
}
SOUND = {
    "sip": [*samples.sip_talk(), udp_frame(b"\r\n\r\n", dport=25_060), *samples.sip_stream(7).frames],
    "dhcp": [*samples.dhcp_talk(), udp_frame(LEASE + bytes(60), sport=67, dport=68)],
    "modbus": plants.modbus_talk(),
    "dnp3": plants.dnp3_talk(),
    "http": http(GET, OK),
    "http2": http2((b":path", b"/"), (b":authority", b"a.example")),
    "mqtt": mqtt(b"\x30\x09\0\x05topicgo"),
    "dns": dns({}),
    "smtp": smtp((0, FROM), (1, b"250 ok"), (0, b"RCPT TO:<b@b.example>"), (1, b"250 ok"), (0, b"DATA"), (1, b"354 go"),
                 (0, LETTER % b"bb"), (1, b"250 kept"), (0, FROM), (1, b"250-a\r\n250 ok"), (0, b"STARTTLS"), (1, b"220 go"),
                 (0, b"\x16\x03\x01" + b"x" * 900)),
    "ftp": ftp((0, b"PASS " + b"x" * 900), (1, b"230 " + b"x" * 900)),
}  # fmt: skip


def test_every_event_has_frames_that_show_it():
    assert set(DECODE) | NEVER == set(DECODE_EVENTS)
    assert set(APP) == set(APP_EVENTS)


@pytest.mark.parametrize("event", sorted(DECODE))
def test_faults_of_packets(event: str):
    rule = f"alert pkthdr any any -> any any (decode-event:{event}; sid:1;)"
    assert 1 in sids(rule, DECODE[event])
    assert sids(rule, Conversation().open().send(0, b"sound").close()) == []
    others = [name for name in DECODE if 1 in sids(rule, DECODE[name])]
    assert len(others) <= 4, others


@pytest.mark.parametrize("event", sorted(APP))
def test_faults_of_applications(event: str):
    app = event.partition(".")[0]
    rule = f"alert {app} any any -> any any (app-layer-event:{event}; sid:1;)"
    assert 1 in sids(rule, APP[event])
    assert sids(rule, SOUND[app]) == []
