"""Size and digests of carried files: of the whole file, also beyond the part that is kept, and only when it was seen."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
from collections.abc import Callable, Sequence

import pytest

from atttcli.engines.network.body import LIMIT, Body
from atttcli.engines.network.carried import Carried
from atttcli.engines.network.file_facts import FILE_FACTS, magic
from tests.support import network_samples as samples
from tests.support.network_run import http, pack_of, sids
from tests.support.network_wire import Conversation

SMALL = b"MZ-small-file"
LARGE = b"MZ" + random.Random(5).randbytes(3 * LIMIT)
CODED = b"MZ" + b"all the same " * 40_000


def answer(head: bytes, body: bytes) -> Conversation:
    return http(b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)


def plain(content: bytes) -> Conversation:
    return answer(b"Content-Length: %d\r\n" % len(content), content)


def until_close(content: bytes) -> Conversation:
    return answer(b"", content)


def chunked(content: bytes) -> Conversation:
    pieces = (content[at : at + 5000] for at in range(0, len(content), 5000))
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return answer(b"Transfer-Encoding: chunked\r\n", body + b"0\r\n\r\n")


def gzipped(content: bytes) -> Conversation:
    packed = gzip.compress(content, mtime=0)
    return answer(b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(packed), packed)


def put(content: bytes) -> Conversation:
    return http(b"PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(content) + content, b"")


def mail(content: bytes) -> Conversation:
    text = b'Content-Disposition: attachment; filename="f"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    talk = Conversation(dport=25).open().send(1, b"220 m\r\n").send(0, b"EHLO a\r\n").send(0, b"DATA\r\n")
    return talk.send(0, text + base64.encodebytes(content).replace(b"\n", b"\r\n") + b".\r\n").close()


def transfer(content: bytes) -> list[bytes]:
    control = Conversation(dport=21).open().send(0, b"USER a\r\n").send(0, b"PASV\r\n")
    control.send(1, b"227 Entering (198,51,100,7,8,1)\r\n").send(0, b"RETR f\r\n")
    return control.frames + Conversation(sport=40_001, dport=2049).open().send(1, content).close().frames


WAYS: dict[str, tuple[str, Callable[[bytes], Conversation | list[bytes]]]] = {
    "length": ("http", plain),
    "close": ("http", until_close),
    "chunks": ("http", chunked),
    "gzip": ("http", gzipped),
    "upload": ("http", put),
    "mail": ("smtp", mail),
    "ftp": ("ftp-data", transfer),
}


def asked(protocol: str, content: bytes) -> tuple[str, dict[str, str]]:
    """One rule for each fact, and the lists that they name."""
    lists = {kind: hashlib.new(kind, content).hexdigest() + "  f\n" for kind in ("md5", "sha1", "sha256")}
    options = [f"file{kind}:{kind};" for kind in lists] + [f"filesize:{len(content)};"]
    options += [f"file{kind}:!{kind};" for kind in lists] + [f"filesize:<{len(content)};"]
    options += ['file.data; content:"MZ"; startswith;']
    head = f"alert {protocol} any any -> any any"
    rules = "\n".join(f"{head} ({option} sid:{number};)" for number, option in enumerate(options, 1))
    return rules, lists


@pytest.mark.parametrize("content", [SMALL, LARGE, CODED], ids=["small", "large", "repeated"])
@pytest.mark.parametrize("way", WAYS)
def test_digest_and_size_are_of_the_whole_file_and_told_once(way: str, content: bytes):
    protocol, talk = WAYS[way]
    rules, lists = asked(protocol, content)
    assert sorted(sids(rules, talk(content), beside=lists)) == [1, 2, 3, 4, 9]


def test_a_file_over_smb():
    rules, lists = asked("smb", b"file-read-content")
    talk = samples.smb_talk()
    found = set(sids(rules.replace('"MZ"', '"file"'), talk, beside=lists))
    assert found <= {1, 2, 3, 4, 5, 6, 7, 8, 9}


def test_carried_files_in_pieces():
    files: Carried[int] = Carried(FILE_FACTS)
    early = None
    for at in range(0, len(LARGE), 9000):
        early = files.add(1, b"f", at, LARGE[at : at + 9000]) or early
        if at + 9000 < LIMIT:  # sent again
            assert files.add(1, b"f", at, LARGE[at : at + 9000]) is None
    assert early is not None
    assert not early.facts
    late = files.close(1)
    assert late is not None
    assert late.late
    assert late.facts["file.sha256"] == (hashlib.sha256(LARGE).digest(),)
    assert late.facts["file.size"] == (b"%d" % len(LARGE),)
    assert files.memory == 0


@pytest.mark.parametrize(("where", "data"), [(9, b"later"), (1, b"x")], ids=["hole", "changed"])
def test_a_hole_or_a_change_leaves_no_facts(where: int, data: bytes):
    files: Carried[int] = Carried(FILE_FACTS)
    files.add(1, b"f", 0, b"abc")
    files.add(1, b"f", where, data)
    told = files.close(1)
    assert told is not None
    assert not told.facts


def cut(frames: Sequence[bytes]) -> list[bytes]:
    """Without one of the pieces in the middle."""
    pieces = [number for number, frame in enumerate(frames) if len(frame) > 1000]
    return [frame for number, frame in enumerate(frames) if number != pieces[len(pieces) // 2]]


def test_a_file_that_was_not_seen_whole_has_no_digest():
    rules, lists = asked("http", LARGE)
    assert sids(rules, cut(plain(LARGE).frames), beside=lists) == [9]


def test_nothing_is_counted_where_no_rule_asks():
    body = Body()
    for _ in range(30):
        body.add(b"x" * 10_000)
    assert body.facts is None


def test_a_bomb_is_given_up():
    packed = gzip.compress(bytes(64 << 20))
    body = Body(FILE_FACTS)
    body.decode(["gzip"])
    for _ in range(6):  # members one after the other are not followed: the first one ends the file
        for at in range(0, len(packed), 1400):
            body.add(packed[at : at + 1400])
    assert body.length == LIMIT
    assert body.facts is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7", b"PDF document"),
        (b"PK\x03\x04", b"Zip archive data"),
        (b"MZ", b"MS-DOS executable"),
        (b"MZ".ljust(60, b"\0") + b"\x40\0\0\0PE\0\0" + bytes(18) + b"\x02\x20\x0b\x02" + bytes(66) + b"\x02\0" + bytes(9),
         b"PE32+ executable (DLL) (GUI), for MS Windows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"Composite Document File V2 Document"),
        (b"plain", None),
        (b"", None),
    ],
)  # fmt: skip
def test_kinds_in_the_words_of_rules(content: bytes, said: bytes | None):
    assert magic(content) == ((said,) if said else ())


@pytest.mark.parametrize(
    "option",
    ["filesize:", "filesize:9<>9", "filesize:x", "filesize:1PB", "filemagic:pdf", 'filemagic:""', "filemd5:",
     "filesha256:../list", "filesha256:missing", "filesha256:other"],
)  # fmt: skip
def test_wrong_options_are_refused_by_name(option: str):
    pack = pack_of(f"alert http any any -> any any ({option}; sid:1;)", beside={"other": "no digest\n"})
    assert not pack.rules
    assert pack.problems[0].refused
