"""Connections of which a capture holds only a part: one side, the middle, or the two sides under different VLAN tags."""

from __future__ import annotations

from atttcli.engines.network import Settings
from tests.support.network_run import detections
from tests.support.network_wire import ACK, PSH, SYN, Conversation, dns_query, udp_frame

BODY = 'alert http any any -> any any (file_data; content:"World"; sid:1;)'
CODE = 'alert http any any -> any any (http.stat_code; content:"200"; sid:2;)'
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nWorld"


def found(rules: str, frames: list[bytes], settings: Settings) -> list[int]:
    made = detections(rules, frames, settings=settings)
    return [int(one.detail["alert"]["signature_id"]) for one in made]


def server_only() -> list[bytes]:
    talk = Conversation(dport=8080)
    c, s = talk.isn
    talk.frames += [talk.segment(1, s, c + 1, SYN | ACK), talk.segment(1, s + 1, c + 41, ACK)]
    talk.frames += [talk.segment(1, s + 1, c + 41, PSH | ACK, ANSWER)]
    return talk.frames


def test_only_the_servers_side_was_captured_from_its_first_packet_on():
    assert found(BODY, server_only(), Settings(one_sided=True)) == [1]
    assert found(BODY, server_only(), Settings()) == []


def test_a_capture_that_begins_with_an_answer_of_a_high_port():
    talk = Conversation(dport=8080)
    frames = [talk.data(1, ANSWER), talk.ack(0)]
    assert found(CODE, frames, Settings(midstream=True)) == [2]
    assert found(CODE, frames, Settings()) == []


def test_sides_under_different_vlan_tags_are_one_connection_where_tags_are_ignored():
    frames = []
    for tags in ((7,), ()):
        talk = Conversation(vlans=tags).open().send(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").send(1, ANSWER).close()
        frames.append(talk.frames)
    mixed = [tagged if tagged[30:34] == b"\x0a\x01\x02\x03" else plain for tagged, plain in zip(*frames, strict=True)]
    assert found(CODE, mixed, Settings(vlans=False)) == [2]
    assert found(CODE, mixed, Settings()) == []
    told = detections(
        'alert http any any -> any any (http.host; content:"a"; sid:3;)', mixed, settings=Settings(vlans=False)
    )
    assert told[0].detail["vlan"] == [7]


def test_dns_on_another_port():
    rule = 'alert dns any any -> any any (dns.query; content:"a.example"; sid:4;)'
    query = dns_query("a.example")
    over_tcp = Conversation(dport=5300).open().send(0, len(query).to_bytes(2, "big") + query).close().frames
    for frames in ([udp_frame(query, dport=5300)], over_tcp):
        assert found(rule, frames, Settings(dns_ports=frozenset((5300,)))) == [4]
        assert found(rule, frames, Settings()) == []


def test_an_alert_inside_a_tunnel_says_whose_tunnel_it_is():
    inner = udp_frame(b"inside", src="10.9.9.9", dst="10.8.8.8", dport=9)
    frames = [udp_frame(b"\x08" + bytes(7) + inner, sport=5000, dport=4789), udp_frame(b"inside", dport=9)]
    told = detections('alert udp any any -> any 9 (content:"inside"; sid:5;)', frames)
    assert [one.detail.get("tunnel", {}).get("dest_port") for one in told] == [4789, None]
    assert told[0].detail["tunnel"]["src_ip"] == "10.1.2.3"
    assert told[0].detail["src_ip"] == "10.9.9.9"
