"""Connections that go over to another protocol: tunnels of a proxy, STARTTLS, AUTH TLS, PostgreSQL's request for TLS."""

from __future__ import annotations

import struct

import pytest

from atttcli.engines.network.tls import Certificate
from tests.support import network_samples as samples
from tests.support.network_run import detections, sids
from tests.support.network_wire import Conversation, client_hello

SNI = 'alert tls any any -> any any (tls.sni; content:"www.example"; sid:1;)'
Step = tuple[int, bytes]

ASKED: dict[str, tuple[int, list[Step]]] = {
    "connect": (3128, [(0, b"CONNECT www.example:443 HTTP/1.1\r\nHost: www.example\r\n\r\n"), (1, b"HTTP/1.1 200 OK\r\n\r\n")]),
    "smtp": (25, [(1, b"220 a\r\n"), (0, b"EHLO a\r\n"), (1, b"250 STARTTLS\r\n"), (0, b"STARTTLS\r\n"), (1, b"220 go\r\n")]),
    "ftp": (21, [(1, b"220 a\r\n"), (0, b"AUTH TLS\r\n"), (1, b"234 go\r\n")]),
    "pgsql": (5432, [(0, struct.pack(">II", 8, 80_877_103)), (1, b"S")]),
}  # fmt: skip
REFUSED = {
    "connect": b"HTTP/1.1 407 Ask\r\nContent-Length: 0\r\n\r\n",
    "smtp": b"454 no\r\n",
    "ftp": b"534 no\r\n",
    "pgsql": b"N",
}


def talk(way: str, answer: bytes | None = None, after: list[Step] | None = None, size: int = 1400) -> Conversation:
    port, steps = ASKED[way]
    made = Conversation(dport=port).open()
    if answer is not None:
        steps = [*steps[:-1], (1, answer)]
    for side, data in [*steps, *(after if after is not None else [(0, client_hello("www.example"))])]:
        made.send(side, data, size=size)
    return made.close()


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("size", [1, 1400])
def test_tls_behind_it_is_judged_as_tls(way: str, size: int):
    (found,) = detections(SNI, talk(way, size=size))
    assert found.detail["app_proto"] == "tls"


@pytest.mark.parametrize("way", ASKED)
def test_where_it_was_refused_nothing_changes(way: str):
    assert not sids(SNI, talk(way, REFUSED[way]))


@pytest.mark.parametrize("way", ASKED)
def test_the_certificate_of_the_server_is_seen(way: str):
    one = samples.certificate()
    chain = len(one).to_bytes(3, "big") + one
    hello = samples.handshake(2, b"\x03\x03" + samples.SERVER_RANDOM + b"\0\0\x2f\0")
    said = hello + samples.handshake(11, len(chain).to_bytes(3, "big") + chain)
    print_ = Certificate(one).fingerprint.decode()
    rule = f'alert tls any any -> any any (tls.cert_fingerprint; content:"{print_}"; sid:1;)'
    assert sids(rule, talk(way, after=[(0, client_hello("a.example")), (1, said)])) == [1]


def test_a_tunnel_may_carry_anything_even_http_and_another_tunnel():
    rule = 'alert http any any -> any any (http.uri; content:"/inside"; sid:1;)'
    inside = (0, b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n")
    assert sids(rule, talk("connect", after=[inside])) == [1]
    assert sids(rule, talk("connect", after=[*ASKED["connect"][1], inside])) == [1]
    banner = 'alert ssh any any -> any any (ssh.software; content:"hidden"; sid:1;)'
    assert sids(banner, talk("connect", after=[(1, b"SSH-2.0-hidden\r\n"), (0, b"SSH-2.0-a\r\n")])) == [1]
    assert sids(
        banner, talk("connect", b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0-hidden\r\n", after=[(0, b"SSH-2.0-a\r\n")])
    ) == [1]


def test_the_request_for_the_tunnel_is_judged_too():
    rule = 'alert http any any -> any any (http.method; content:"CONNECT"; http.uri; content:"www.example"; sid:1;)'
    assert sids(rule, talk("connect")) == [1]


def test_a_client_that_the_proxy_refused_asks_again():
    again = b"CONNECT www.example:443 HTTP/1.1\r\nHost: www.example\r\nProxy-Authorization: Basic eA==\r\n\r\n"
    granted = [(0, again), (1, b"HTTP/1.1 200 OK\r\n\r\n"), (0, client_hello("www.example"))]
    assert sids(SNI, talk("connect", REFUSED["connect"], after=granted)) == [1]


@pytest.mark.parametrize("size", [7, 1400])
def test_what_a_client_says_before_the_proxy_has_answered(size: int):
    hello, inside = client_hello("www.example"), b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n"
    rule = 'alert http any any -> any any (http.uri; content:"/inside"; sid:1;)'
    for pipelined, answer, wanted in (
        (hello, b"HTTP/1.1 200 OK\r\n\r\n", SNI),
        (inside, REFUSED["connect"], rule),  # no way to hide a request
        (inside, b"HTTP/1.1 200 OK\r\n\r\n", rule),
    ):
        made = Conversation(dport=3128).open().send(0, ASKED["connect"][1][0][1] + pipelined, size=size)
        assert sids(wanted, made.send(1, answer, size=size).close()) == [1]


def test_mail_goes_on_in_the_clear_where_starttls_was_refused():
    rule = 'alert smtp any any -> any any (file.name; content:"tool.exe"; sid:1;)'
    letter = (
        b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"
        b'Content-Type: application/x; name="tool.exe"\r\nContent-Disposition: attachment; filename="tool.exe"\r\n\r\nMZ\r\n.\r\n'
    )
    assert sids(rule, talk("smtp", REFUSED["smtp"], after=[(0, letter)])) == [1]
    assert not sids(rule, talk("smtp", after=[(0, letter)]))


def test_what_is_not_recognised_keeps_its_application():
    noise = [(0, b"\x00\x01\x02" * 1000), (1, b"\x05\x06" * 2000), (0, client_hello("www.example"))]
    assert not sids(SNI, talk("connect", after=noise))
    rule = 'alert http any any -> any any (content:"|05 06 05 06|"; sid:2;)'
    assert {found.detail["app_proto"] for found in detections(rule, talk("connect", after=noise))} == {"http"}


def test_both_sides_that_spoke_before_the_tunnel_was_known_are_heard():
    granted = b"HTTP/1.1 200 OK\r\n\r\n"
    inside, answer = b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n"
    rule = 'alert http any any -> any any (flow:to_client; http.stat_code; content:"202"; sid:1;)'
    made = Conversation(dport=3128).open().send(0, ASKED["connect"][1][0][1] + inside)
    assert sids(rule, made.send(1, granted + answer).close()) == [1]


def test_tunnels_in_tunnels_that_nobody_waits_for():
    rule = 'alert http any any -> any any (http.uri; content:"/inside"; sid:1;)'
    ask, granted = b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    made = Conversation(dport=3128).open().send(0, ask * 3 + b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n")
    assert sids(rule, made.send(1, granted * 3).close()) == [1]


@pytest.mark.parametrize("answer", [REFUSED["connect"], b"HTTP/1.1 200 OK\r\n\r\n"])
def test_more_than_is_kept_behind_a_connect_puts_nothing_out_of_place(answer: bytes):
    """A body over the border of what is kept: its bytes are counted, so that the request behind it is where it is."""
    body = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"z" * 90_000
    made = Conversation(dport=3128).open().send(0, ASKED["connect"][1][0][1] + body).send(1, answer)
    made.send(0, b"z" * 10_000 + b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n").close()
    rule = 'alert http any any -> any any (http.uri; content:"/inside"; sid:1;)'
    assert sids(rule, made) == [1]


LETTER = (
    b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"
    b'Content-Type: application/x; name="tool.exe"\r\nContent-Disposition: attachment; filename="tool.exe"\r\n\r\nMZ\r\n.\r\n'
)


def test_a_refused_starttls_refuses_no_letter():
    head, _, body = LETTER.partition(b"DATA\r\n")
    made = Conversation(dport=25).open().send(1, b"220 a\r\n").send(0, b"EHLO a\r\nSTARTTLS\r\n" + head + b"DATA\r\n")
    made.send(1, b"250 a\r\n").send(1, b"502 no\r\n").send(1, b"250 a\r\n250 b\r\n354 go\r\n").send(0, body).close()
    assert sids('alert smtp any any -> any any (file.name; content:"tool.exe"; sid:1;)', made) == [1]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("wishes", [1, 3])
@pytest.mark.parametrize("size", [1, 7, 1400])
def test_mail_behind_a_starttls_that_will_be_refused(together: bool, wishes: int, size: int):
    """A client that knows the answer has no way to hide its mail."""
    said = b"EHLO a\r\n" + b"STARTTLS\r\n" * wishes
    made = Conversation(dport=25).open().send(1, b"220 a\r\n")
    for one in [said + LETTER] if together else [said, LETTER]:
        made.send(0, one, size=size)
    made.send(1, b"250 a\r\n" + b"502 no\r\n" * wishes + b"250 ok\r\n", size=size).close()
    assert sids('alert smtp any any -> any any (file.name; content:"tool.exe"; sid:1;)', made) == [1]


def test_mail_behind_a_starttls_that_is_granted_is_none():
    made = Conversation(dport=25).open().send(1, b"220 a\r\n").send(0, b"EHLO a\r\nSTARTTLS\r\n" + LETTER)
    made.send(1, b"250 a\r\n220 go\r\n").send(0, client_hello("www.example")).close()
    assert sids(
        'alert smtp any any -> any any (file.name; content:"tool.exe"; sid:1;)\n' + SNI.replace("1;)", "2;)"), made
    ) == [2]
