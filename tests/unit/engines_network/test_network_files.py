"""Files in mail, FTP and HTTP/2, SSH offers, and data sets beside the rules."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from pathlib import Path

import pytest

from atttcli.engines.network import NetworkEngine
from atttcli.engines.network.hpack import Decompressor, huffman
from atttcli.engines.network.mime import attachments, decode
from atttcli.model.alert import Detection
from atttcli.rulepack.network import load_network_rules
from tests.support.network_run import detections, http, sids
from tests.support.network_wire import CLIENT, Conversation, pcap

FILE_RULE = 'alert {} any any -> any any (flow:to_server,established; file.data; content:"SECRET-MARK"; sid:1;)'
MAIL = (
    b'From: a@example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary="b-1"\r\n\r\n'
    b"--b-1\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    b'--b-1\r\nContent-Type: application/octet-stream; name="%b"\r\nContent-Transfer-Encoding: base64\r\n'
    b'Content-Disposition: attachment; filename="%b"\r\n\r\n%b\r\n--b-1--\r\n'
)


def mail(message: bytes, *, size: int = 1400) -> Conversation:
    talk = Conversation(dport=25).open().send(1, b"220 mx.example ESMTP\r\n").send(0, b"EHLO a.example\r\n")
    talk.send(1, b"250 mx.example\r\n").send(0, b"MAIL FROM:<a@example>\r\n").send(1, b"250 ok\r\n")
    talk.send(0, b"DATA\r\n").send(1, b"354 go on\r\n").send(0, message + b".\r\n", size=size).send(1, b"250 ok\r\n")
    return talk.send(0, b"QUIT\r\n").close()


def attached(name: bytes, content: bytes) -> bytes:
    return MAIL % (name, name, base64.encodebytes(content).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("size", [1, 7, 64, 1400])
def test_attachments_of_mail_are_decoded_however_they_are_cut(size: int):
    talk = mail(attached(b"a.exe", b"MZ..SECRET-MARK.."), size=size)
    assert sids(FILE_RULE.format("smtp"), talk) == [1]
    assert sids(FILE_RULE.format("tcp"), talk) == [1]
    assert sids(FILE_RULE.format("http"), talk) == []
    assert sids('alert smtp any any -> any any (content:"SECRET-MARK"; sid:1;)', talk) == []  # not in the raw bytes


def test_a_file_is_known_by_its_name_and_extension():
    talk = mail(attached(b"Invoice.EXE", b"MZ"))
    assert sids('alert smtp any any -> any any (fileext:"exe"; sid:1;)', talk) == [1]
    assert sids('alert smtp any any -> any any (fileext:"pdf"; sid:1;)', talk) == []
    assert sids('alert smtp any any -> any any (filename:"invoice"; sid:1;)', talk) == [1]
    assert sids('alert smtp any any -> any any (file.name; content:"Invoice.EXE"; bsize:11; sid:1;)', talk) == [1]


def test_chunks_of_mail_and_a_message_broken_off():
    message = attached(b"a.bin", b"SECRET-MARK")
    talk = Conversation(dport=25).open().send(0, b"EHLO a\r\nBDAT %d LAST\r\n" % len(message) + message).close()
    assert sids(FILE_RULE.format("smtp"), talk) == [1]
    cut = Conversation(dport=25).open().send(0, b"EHLO a\r\nDATA\r\n" + message).close()
    assert sids(FILE_RULE.format("smtp"), cut) == [1]


def test_mime_is_bounded_and_forgiving():
    deep = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 50
    assert attachments(deep) == []
    wide = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        + b"--x\r\nContent-Disposition: attachment\r\n\r\na\r\n" * 5000
    )
    assert len(attachments(wide)) < 200
    assert attachments(b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\na\r\n----') == []
    assert decode(b"NDI\r\n=\r\n", "base64") == b"42"
    assert decode(b"NA=\r\n=Mg\r\n==\r\n", "base64") == b"42"
    assert decode(b"=34=32=\r\n", "quoted-printable") == b"42"
    assert decode(b"*** no base64 ***", "base64") != b"*** no base64 ***"


def ftp(*, passive: bool) -> list[bytes]:
    control = Conversation(dport=21, server="198.51.100.7").open().send(1, b"220 hi\r\n").send(0, b"USER a\r\n")
    if passive:
        control.send(0, b"PASV\r\n").send(1, b"227 Entering Passive Mode (198,51,100,7,8,1)\r\n")
        data = Conversation(sport=40_900, dport=8 << 8 | 1).open().send(1, b"payload SECRET-MARK").close()
    else:
        control.send(0, b"PORT 10,1,2,3,8,1\r\n").send(1, b"200 ok\r\n")
        data = Conversation(client="198.51.100.7", server=CLIENT, sport=20, dport=8 << 8 | 1).open()
        data.send(0, b"payload SECRET-MARK").close()
    control.send(0, b"RETR report.txt\r\n").send(1, b"150 coming\r\n")
    return control.frames + data.frames


@pytest.mark.parametrize("passive", [True, False])
def test_ftp_data_is_found_by_what_the_control_connection_announces(passive: bool):
    frames = ftp(passive=passive)
    (found,) = detections('alert ftp-data any any -> any any (file.data; content:"SECRET-MARK"; sid:1;)', frames)
    assert found.detail["ftp_data"] == {"command": "RETR", "filename": "report.txt"}
    assert found.detail["direction"] == ("to_client" if passive else "to_server")
    payload = 'alert ftp-data any any -> any any (content:"SECRET-MARK"; sid:1;)'
    assert sids(payload, frames) == [1]
    assert sids(payload, [frame for frame in frames if b"RETR" not in frame]) == []
    assert (
        sids(
            'alert ftp-data any any -> any any (file.name; content:"report.txt"; ftpdata_command:stor; sid:1;)', frames
        )
        == []
    )


def test_ftpbounce_needs_a_stranger_in_port():
    rule = "alert tcp any any -> any 21 (flow:to_server; ftpbounce; sid:1;)"
    own = Conversation(dport=21).open().send(0, b"USER a\r\nPORT 10,1,2,3,8,1\r\n").close()
    other = Conversation(dport=21).open().send(0, b"USER a\r\nPORT 10,9,9,9,8,1\r\n").close()
    assert sids(rule, own) == []
    assert sids(rule, other) == [1]


def kexinit() -> bytes:
    lists = [b"kex-a,kex-b", b"host", b"enc-c", b"enc-s", b"mac-c", b"mac-s", b"comp-c", b"comp-s", b"", b""]
    body = b"\x14" + b"C" * 16 + b"".join(struct.pack(">I", len(one)) + one for one in lists) + b"\0" * 5
    return struct.pack(">IB", len(body) + 1 + 4, 4) + body + b"\0" * 4


def test_ssh_banner_and_hassh():
    talk = Conversation(dport=22).open().send(0, b"SSH-2.0-Putty_1 note\r\n" + kexinit(), size=11)
    talk.send(1, b"SSH-2.0-OpenSSH_9\r\n" + kexinit()).close()
    text = b"kex-a,kex-b;enc-c;mac-c;comp-c"
    digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
    assert sids(f'alert ssh any any -> any any (ssh.hassh; content:"{digest}"; sid:1;)', talk) == [1]
    assert sids('alert ssh any any -> any any (ssh.hassh.server.string; content:"enc-s|3b|mac-s"; sid:1;)', talk) == [1]
    assert sids('alert ssh any any -> any any (ssh.software; content:"Putty_1"; bsize:7; sid:1;)', talk) == [1]
    assert sids('alert ssh any any -> any any (ssh_proto; content:"2.0"; bsize:3; sid:1;)', talk) == [1, 1]


# -- HTTP/2 ---------------------------------------------------------------------------------------------------------


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def literal(name: bytes, value: bytes) -> bytes:
    return b"\x40" + bytes([len(name)]) + name + bytes([len(value)]) + value


def http2(body: bytes = b"SECRET-MARK", *, size: int = 1400) -> Conversation:
    request = (
        b"\x82\x86" + literal(b":path", b"/get/tool") + literal(b":authority", b"a.example") + literal(b"x-key", b"v1")
    )
    answer = b"\x88" + literal(b"server", b"made-up")
    talk = Conversation(dport=8080).open()
    talk.send(0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, request), size=size)
    return talk.send(1, frame(4, 0, 0, b"") + frame(1, 4, 1, answer) + frame(0, 1, 1, body), size=size).close()


@pytest.mark.parametrize("size", [3, 1400])
def test_http2_in_clear_text_has_the_buffers_of_http(size: int):
    talk = http2(size=size)
    for options in (
        'http.uri; content:"/get/tool"; bsize:9;',
        'http.host; content:"a.example"; bsize:9;',
        'http.method; content:"GET"; bsize:3;',
        'http.request_header; content:"x-key|3a 20|v1"; bsize:9;',
        'http.stat_code; content:"200"; bsize:3;',
        'file.data; content:"SECRET-MARK"; bsize:11;',
        'http.server; content:"made-up";',
    ):
        rule = f"alert http any any -> any any ({options} sid:1;)"
        assert sids(rule, talk) == [1], options
        assert sids(rule.replace("http any", "http2 any", 1), talk) == [1]
        assert sids(rule.replace("http any", "http1 any", 1), talk) == []


def test_http2_after_an_upgrade():
    answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    second = frame(4, 0, 0, b"") + frame(1, 4, 1, b"\x88") + frame(0, 1, 1, b"SECRET-MARK")
    request = b"GET /up HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    rule = 'alert http2 any any -> any any (flow:to_client; file.data; content:"SECRET-MARK"; sid:1;)'
    assert sids(rule, http(request, answer + second)) == [1]
    assert sids(rule, http(request, answer.replace(b"h2c", b"other") + second)) == []


def test_hpack_as_in_its_standard():
    assert huffman(bytes.fromhex("f1e3c2e5f23a6ba0ab90f4ff")) == b"www.example.com"
    blocks = ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf"]
    decoder = Decompressor()
    assert decoder.decode(bytes.fromhex(blocks[0]))[-1] == (b":authority", b"www.example.com")
    second = decoder.decode(bytes.fromhex(blocks[1]))
    assert second[-2:] == [(b":authority", b"www.example.com"), (b"cache-control", b"no-cache")]


def test_broken_http2_ends_nothing_else():
    bad = (
        Conversation(dport=8080)
        .open()
        .send(0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(1, 5, 1, b"\xff" * 40))
        .close()
    )
    good = http2()
    assert sids('alert http any any -> any any (http.uri; content:"/get"; sid:1;)', bad.frames + good.frames) == [1]


# -- data sets ------------------------------------------------------------------------------------------------------

AGENT = b"GET /a HTTP/1.1\r\nHost: a.example\r\nUser-Agent: %b\r\n\r\n"


def with_sets(folder: Path, rules: str, files: dict[str, bytes], talks: list[Conversation]) -> list[int]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "r.rules").write_text(rules)
    pack = load_network_rules([folder / "r.rules"], cache=folder / "cache")
    assert not pack.problems, pack.problems
    engine = NetworkEngine(pack)
    stream = io.BytesIO(pcap([one for talk in talks for one in talk.frames]))
    found = engine.scan_capture(stream, "t.pcap")
    return [one.detail["alert"]["signature_id"] for one in found if isinstance(one, Detection)]


def agents(*names: bytes) -> list[Conversation]:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    return [http(AGENT % name, answer, sport=41_000 + number) for number, name in enumerate(names)]


def test_a_data_set_from_the_rules_folder(tmp_path: Path):
    rules = (
        "alert http any any -> any any (http.user_agent; dataset:isset,agents,type string,load a.lst; sid:1;)\n"
        "alert http any any -> any any (http.user_agent; dataset:isnotset,agents,type string,load a.lst; sid:2;)\n"
        "alert http any any -> any any (http.user_agent; to_sha256; dataset:isset,sums,type sha256,load b.lst; sid:3;)\n"
    )
    files = {"a.lst": base64.b64encode(b"bad agent") + b"\n", "b.lst": hashlib.sha256(b"other").hexdigest().encode()}
    assert with_sets(tmp_path, rules, files, agents(b"bad agent", b"other")) == [1, 2, 3]
    files["a.lst"] = base64.b64encode(b"other")  # the cache must not answer for the old file
    assert with_sets(tmp_path, rules, files, agents(b"bad agent")) == [2]


def test_what_rules_put_into_a_set_counts_for_one_capture_and_is_never_written(tmp_path: Path):
    rules = "alert http any any -> any any (http.user_agent; dataset:set,seen,type string,save out.lst; sid:1;)\n"
    assert with_sets(tmp_path, rules, {}, agents(b"x", b"x", b"y")) == [1, 1]
    assert not (tmp_path / "out.lst").exists()


@pytest.mark.parametrize(("name", "content"), [("../out.lst", b""), ("missing.lst", b""), ("bad.lst", b"*")])
def test_a_set_that_cannot_be_read_refuses_its_rule(tmp_path: Path, name: str, content: bytes):
    if content:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "r.rules").write_text(
        f"alert http any any -> any any (http.user_agent; dataset:isset,s,type string,load {name}; sid:1;)"
    )
    (problem,) = load_network_rules([tmp_path / "r.rules"]).problems
    assert problem.refused
    assert "dataset" in problem.reason


# -- MQTT -----------------------------------------------------------------------------------------------------------

CONNECT = b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04name"


def mqtt(*messages: bytes, greeted: bool = True) -> Conversation:
    talk = Conversation(dport=1883).open().send(0, CONNECT)
    if greeted:
        talk.send(1, b"\x20\x02\0\x05")
    return talk.send(0, b"".join(messages)).close() if messages else talk.close()


def test_mqtt_messages_and_their_oddities():
    publish = b"\x30\x09\0\x05topicgo"
    talk = mqtt(publish)
    for options, count in (
        ("mqtt.type:CONNACK; mqtt.reason_code:5;", 1),
        ("mqtt.type:CONNACK; mqtt.reason_code:0;", 0),
        ('mqtt.publish.topic; content:"topic"; bsize:5;', 1),
        ('mqtt.publish.message; content:"go"; bsize:2;', 1),
        ('mqtt.connect.clientid; content:"name"; bsize:4;', 1),
        ("app-layer-event:mqtt.unintroduced_message;", 0),
    ):
        assert len(sids(f"alert mqtt any any -> any any ({options} sid:1;)", talk)) == count, options
    early = mqtt(publish, greeted=False)
    assert sids("alert mqtt any any -> any any (app-layer-event:mqtt.unintroduced_message; sid:1;)", early) == [1]
    for event, message in (
        ("invalid_qos_level", b"\x36\x09\0\x05topicgo"),
        ("unassigned_msg_type", b"\x00\x01a"),
        ("missing_msg_id", b"\x32\x07\0\x05topic"),
        ("missing_publish", b"\x40\x02\0\x07"),
        ("double_connect", CONNECT),
    ):
        rule = f"alert mqtt any any -> any any (app-layer-event:mqtt.{event}; sid:1;)"
        assert sids(rule, mqtt(message)) == [1], event
        assert sids(rule, talk) == []


def test_mqtt_of_endless_length_is_bounded():
    assert sids(
        'alert mqtt any any -> any any (content:"zz"; sid:1;)', mqtt(b"\x30\xff\xff\xff\x7f" + b"a" * 300_000 + b"zz")
    ) == [1]
