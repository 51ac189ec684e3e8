from __future__ import annotations

import hashlib

from atttcli.engines.network import tls
from tests.support.network_wire import client_hello


def test_server_name_and_ja3_of_a_hello():
    ((kind, body),) = tls.TlsHalf().feed(client_hello("www.example"))
    assert kind == 1
    assert tls.server_name(body) == b"www.example"
    assert tls.ja3(body) == b"771,4865,0,,"
    assert tls.fingerprint(b"771,4865,0,,") == hashlib.md5(b"771,4865,0,,").hexdigest().encode()


def test_grease_is_left_out_of_ja3():
    extension = b"\x2a\x2a\0\0" + b"\0\x0a\0\x06\0\x04\x1a\x1a\0\x1d" + b"\0\x0b\0\x02\x01\0"
    body = b"\x03\x03" + b"R" * 32 + b"\0" + b"\0\x04\x0a\x0a\x13\x01" + b"\x01\0"
    body += len(extension).to_bytes(2, "big") + extension
    assert tls.ja3(body) == b"771,4865,10-11,29,0"


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def _name(**fields: str) -> bytes:
    oids = {"C": b"\x55\x04\x06", "O": b"\x55\x04\x0a", "CN": b"\x55\x04\x03"}
    sets = [_der(0x31, _der(0x30, _der(6, oids[key]), _der(0x0C, value.encode()))) for key, value in fields.items()]
    return _der(0x30, *sets)


def test_certificate_fields():
    algorithm = _der(0x30, _der(6, b"\x2a\x03"))
    tbs = _der(
        0x30,
        _der(0xA0, _der(2, b"\2")),
        _der(2, b"\x0a\xff"),
        algorithm,
        _name(C="VN", O="Example CA"),
        _der(0x30, _der(0x17, b"250101000000Z"), _der(0x17, b"260101000000Z")),
        _name(CN="www.example", O="Example"),
        _der(0x30, algorithm),
    )
    certificate = tls.Certificate(_der(0x30, tbs, algorithm, _der(3, b"\0")))
    assert certificate.subject == b"CN=www.example, O=Example"
    assert certificate.issuer == b"C=VN, O=Example CA"
    assert certificate.serial == b"0A:FF"


def test_a_broken_certificate_has_no_fields():
    for der in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x05hello"):
        assert tls.Certificate(der).subject == b""


def test_a_hello_in_the_old_form_tells_its_version():
    old = b"\x80\x1d\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x2f" + b"C" * 16 + b"+"
    old = b"\x80" + bytes((len(old) - 3,)) + old[2:-1]
    half = tls.TlsHalf()
    ((kind, body),) = half.feed(old)
    assert (kind, tls.version(body)) == (1, 0x301)
    assert tls.ja3(body) == b""
    ((kind, body),) = half.feed(client_hello("www.example"))
    assert tls.server_name(body) == b"www.example"
    for cut in range(1, len(old)):
        assert tls.TlsHalf().feed(old[:cut]) == []
    assert tls.TlsHalf().feed(b"\x80\x05\x09\x03\x01aaaaaaaaaaaa") == []
