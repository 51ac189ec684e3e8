"""What a connection to a tree counts as, by when its answer comes."""

from __future__ import annotations

import struct

import pytest

from tests.support.network_run import sids
from tests.support.network_samples import smb2
from tests.support.network_wire import Conversation

RULES = """alert smb any any -> any any (smb.share; content:"IPC"; sid:1;)
alert smb any any -> any any (smb.named_pipe; content:"IPC"; sid:2;)"""
PATH = r"\\server\IPC$".encode("utf-16-le")
CONNECT = (0, smb2(3, struct.pack("<HHHH", 9, 0, 72, len(PATH)) + PATH, 2))
ANSWER = (1, smb2(3, bytes(16), 2, response=True))
NEXT = (0, smb2(1, bytes(24), 3))


def smb1(command: int, words: bytes, data: bytes, *, tree: int, answer: bool = False) -> bytes:
    head = b"\xffSMB" + struct.pack("<BIBHHQHHHHH", command, 0, 0x80 if answer else 0, 0, 0, 0, 0, tree, 7, 5, 9)
    body = head + bytes((len(words) // 2,)) + words + struct.pack("<H", len(data)) + data
    return struct.pack(">I", len(body)) + body


OLD_CONNECT = (0, smb1(0x75, b"\xff" + bytes(7), b"\\\\server\\IPC$\0", tree=0))
OLD_ANSWER = (1, smb1(0x75, b"\xff" + bytes(5), b"IPC\0", tree=2048, answer=True))
OLD_NEXT = (0, smb1(0x71, b"", b"", tree=2048))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ((CONNECT, ANSWER, NEXT), [2]),
        ((CONNECT, NEXT, ANSWER, NEXT), [1, 2]),
        ((OLD_CONNECT, OLD_ANSWER, OLD_NEXT), [2]),
        ((OLD_CONNECT, OLD_NEXT, OLD_ANSWER, OLD_NEXT), [1, 2]),
    ],
)
def test_a_pipe_is_a_share_too_where_the_client_does_not_wait(steps: tuple[tuple[int, bytes], ...], told: list[int]):
    talk = Conversation(dport=445).open()
    for side, data in steps:
        talk.send(side, data)
    assert sorted(sids(RULES, talk.close())) == told
