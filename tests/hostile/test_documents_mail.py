"""Mails made to exhaust: floods of parts, depth, headers, markup, encoded words."""

from __future__ import annotations

import sys
import time
import tracemalloc
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "sources_lists"))

from document_samples import attachments, given, of, problems

from atttcli.errors import InputError
from atttcli.limits import MIB
from atttcli.model.alert import Alert
from atttcli.source import Record
from atttcli.sources.mail_message.headers import decode_text
from atttcli.sources.mail_message.links import read_page
from atttcli.sources.mail_message.source import EML

TOP = b"From: a@x.example\r\nTo: b@backan.gov.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def run(data: bytes, seconds: float = 8.0, memory: float = 256.0) -> list[Record] | InputError:
    """Records, or the typed refusal; within time and memory."""
    tracemalloc.start()
    start = time.process_time()
    result: list[Record] | InputError
    try:
        result = list(EML.read(given(data, "a.eml")))
    except InputError as error:
        result = error
    spent, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1] / MIB
    tracemalloc.stop()
    assert spent < seconds, f"{spent:.1f} s"
    assert peak < memory, f"{peak:.0f} MiB"
    return result


def test_ten_thousand_parts() -> None:
    part = b'--b\r\nContent-Type: application/octet-stream; name="a.txt"\r\n\r\nx\r\n'
    records = run(TOP + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 10_000 + b"--b--\r\n")
    assert isinstance(records, list)
    assert len(attachments(records)) == 200
    assert any("more than 200 attachments" in p.reason or "more than 2000 parts" in p.reason for p in problems(records))


def test_nesting_of_parts_and_of_mails() -> None:
    deep = TOP
    for level in range(3000):
        deep += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
    assert isinstance(run(deep), InputError)
    within = TOP + b"Content-Type: text/plain\r\n\r\nhxxp://in.example/\r\n"
    for level in range(12):
        within = (
            TOP
            + b"Content-Type: multipart/mixed; boundary=m%d\r\n\r\n--m%d\r\nContent-Type: message/rfc822\r\n\r\n"
            % (level, level)
            + within
        )
    records = run(within)
    assert isinstance(records, list)
    assert len(attachments(records)) == 1


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: " + b"=?utf-8?q?a?= " * 60_000,
        b"Subject: " + b"=?utf-8?b?" + b"A" * 900_000,
        b"Subject: =?punycode?q?" + b"a-" * 100_000 + b"?=",
        b"To: " + b"a@x.example, " * 60_000,
        b"To: " + b"(" * 500_000,
        b"To: " + b"<" * 500_000,
        b"To: " + b'"' * 500_000,
        b"From: " + b"a." * 300_000 + b"@x.example",
        b"From: " + b"@a" * 300_000,
        b"Date: " + b"1 " * 300_000,
        b"Received: " + b"[1.1.1.1]" * 100_000,
        b"Authentication-Results: " + b"spf=" * 100_000,
        b"Message-ID: " + b"<" * 1_000_000,
        b"X-A: b\r\n" * 60_000,
        b"Subject:\r\n" + b" a\r\n" * 200_000,
        b"Content-Type: multipart/mixed; boundary=" + b"b" * 500_000,
        b'Content-Type: text/plain; name="' + b"\\" * 500_000,
        b"Content-Type: text/plain" + b"; a=b" * 20_000,
        b"Content-Type: text/plain" + b"; name*%d*=x" * 3_000,
    ],
)
def test_huge_headers(header: bytes) -> None:
    run(b"From: a@x.example\r\nTo: b@backan.gov.vn\r\nSubject: x\r\n" + header + b"\r\n\r\nbody\r\n", seconds=4)


@pytest.mark.parametrize(
    "piece",
    ["<!", "<!--", "<a ", '<a href="', "</", "<?", "<![CDATA[", "<", "&", "&#", "<script>", "<a <a", "<a b='", "<a =",
     "<!DOCTYPE ", "<a/",
     "<a href=x>", "<a href=x>y", "<p>", "<a \"'", "<a href=\n", "<meta content=url=", "&#x41", "<form action="],
)  # fmt: skip
def test_broken_markup_takes_linear_time(piece: str) -> None:
    start = time.process_time()
    read_page(piece * (MIB // 8 // len(piece)))
    assert time.process_time() - start < 2


@pytest.mark.parametrize("piece", ["http://a.vn/ ", "a@", "hxxp[:]", "[.]", "a.b ", "\u200b"])
def test_bodies_of_one_thing(piece: str) -> None:
    body = (piece * (2 * MIB // len(piece.encode()))).encode()
    run(TOP + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body, seconds=20)


@pytest.mark.parametrize(
    "charset",
    ["punycode", "unicode_escape", "idna", "hex", "rot13", "utf-7", "undefined", "mbcs", "\u0416", "a" * 5000],
)
def test_odd_character_sets(charset: str) -> None:
    data = (
        TOP
        + b"Content-Type: text/plain; charset="
        + charset.encode()
        + b"\r\n\r\n"
        + b"abc-\\x41+ZZ- http://c.example/x" * 2000
    )
    assert isinstance(run(data), list)


def test_hostile_names_reach_the_caller_unchanged_and_open_nothing() -> None:
    for name in (
        "../../etc/passwd",
        "C:\\x\\a.txt",
        "a\x1b]0;x\x07.hta",
        "con",
        "a" * 4000 + ".exe",
        "\u202egpj.exe",
        "",
    ):
        encoded = name.encode("utf-8").hex(" ").upper().split()
        quoted = "".join(f"%{pair}" for pair in encoded)
        part = f"--b\r\nContent-Disposition: attachment; filename*=utf-8''{quoted}\r\n\r\nx\r\n--b--\r\n".encode()
        records = run(TOP + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part)
        assert isinstance(records, list)
        (attachment,) = attachments(records)
        assert len(attachment.name) <= 255
        if name.endswith((".hta", "gpj.exe")):
            assert of(records, Alert)


def test_codecs_that_are_no_character_sets_are_not_run() -> None:
    assert decode_text(rb"ev\x69l.example", "unicode_escape") == rb"ev\x69l.example".decode()
    assert decode_text(b"evil-.example", "punycode") == "evil-.example"
