"""What is odd about how a stream is put together: told by name, and a reset that somebody else sent ends nothing."""

from __future__ import annotations

import pytest

from atttcli.rulepack.network.events import STREAM_EVENTS
from tests.support.network_run import pack_of, sids
from tests.support.network_wire import ACK, PSH, RST, Conversation

URI = 'alert http any any -> any any (http.uri; content:"/x"; sid:2;)'
GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def injected() -> Conversation:
    """A reset in the client's name before its request."""
    talk = Conversation().open()
    talk.frames.append(talk.segment(0, talk.next[0], talk.next[1], RST | ACK))
    return talk.send(0, GET).close()


def torn() -> Conversation:
    """A segment of the client that was not captured, though the server acknowledged it."""
    talk = Conversation().open().send(0, b"abc")
    talk.next[0] += 40
    return talk.send(0, b"def").close()


def twice(second: bytes) -> Conversation:
    """The same place sent twice, then the rest."""
    talk = Conversation().open()
    at = talk.next[0] + 3
    for data in (b"defg", second):
        talk.frames.append(talk.segment(0, at, talk.next[1], PSH | ACK, data))
    talk.frames.append(talk.data(0, b"abcdefg"))
    return talk.send(0, b"h").close()


SHOWN = {
    "suspected_rst_inject": injected(),
    "reassembly_seq_gap": torn(),
    "reassembly_overlap_different_data": twice(b"DEFG"),
}
SOUND = [Conversation().open().send(0, GET).send(1, b"HTTP/1.1 200 OK\r\n\r\n").close(), twice(b"defg")]


@pytest.mark.parametrize("name", sorted(STREAM_EVENTS))
def test_each_event_is_told_once_where_it_is_and_nowhere_else(name: str):
    rule = f"alert tcp any any -> any any (stream-event:{name}; sid:1;)"
    assert sids(rule, SHOWN[name]) == [1]
    for other in (*SOUND, *(talk for known, talk in SHOWN.items() if known != name)):
        assert sids(rule, other) == []


def test_a_request_after_a_reset_in_its_name_is_judged():
    assert sids(URI, injected()) == [2]


def test_a_reset_that_was_meant_ends_the_connection():
    talk = Conversation().open()
    talk.frames.append(talk.segment(1, talk.next[1], talk.next[0], RST | ACK))
    assert sids(URI, talk.send(0, GET).close()) == []


def test_events_that_are_not_known_are_refused_by_name():
    pack = pack_of("alert tcp any any -> any any (stream-event:closewait_invalid_ack; sid:1;)")
    assert "closewait_invalid_ack" in pack.problems[0].reason
