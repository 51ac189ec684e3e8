"""One direction of one transaction as rules see it: its buffers by name, whatever the application."""

from __future__ import annotations

from typing import NamedTuple

from atttcli.engines.network import dns, http_buffers, http_message, tls
from atttcli.engines.network.fields import Fields, Values
from atttcli.engines.network.ja4 import ja4


class View(NamedTuple):
    """One direction of one transaction, ready to be judged: its buffers by name."""

    app: str
    number: int
    direction: int
    source: object
    late: bool = False  # judged again because the whole of its file is there now

    def read(self, buffer: str) -> Values:
        """A buffer's instances; empty when absent."""
        reader = _READERS.get(self.app)
        if reader is not None:
            return reader(self, buffer)
        return self.source.read(buffer) if isinstance(self.source, Fields) else ()


class DnsMessage(NamedTuple):
    """The names of one DNS message."""

    response: bool
    names: tuple[bytes, ...]
    opcode: int = 0
    data: bytes = b"\0" * 12


class TlsSession:
    """What a TLS handshake showed."""

    def __init__(self) -> None:
        self.server_name: bytes | None = None
        self.hellos = [b"", b""]  # the client's, the server's
        self.certificates: tuple[list[bytes], list[bytes]] = ([], [])  # the client's, the server's
        self._first: list[tls.Certificate | None] = [None, None]

    def first(self, direction: int) -> tls.Certificate | None:
        """A side's own certificate, parsed when asked for."""
        if self._first[direction] is None and self.certificates[direction]:
            self._first[direction] = tls.Certificate(self.certificates[direction][0])
        return self._first[direction]


class TlsPart(NamedTuple):
    """A session at the moment when `hello` or `certificate` was seen."""

    session: TlsSession
    name: str


def _read_http(view: View, buffer: str) -> Values:
    source = view.source
    if isinstance(source, Fields):
        return source.read(buffer)
    assert isinstance(source, http_message.Transaction)
    reader = http_buffers.READERS.get(buffer)
    return reader(source, view.direction) if reader is not None else ()


def _read_dns(view: View, buffer: str) -> Values:
    source = view.source
    assert isinstance(source, DnsMessage)
    if buffer == "frame.dns.pdu":
        return (source.data,)
    if buffer == "event.dns":
        return dns.events(source.data, view.direction)
    if buffer == "dns.opcode":
        return (b"%d" % source.opcode,)
    return source.names if buffer == "dns.query" and not source.response else ()


def _read_tls(view: View, buffer: str) -> Values:
    part = view.source
    if isinstance(part, Fields):
        return part.read(buffer)
    assert isinstance(part, TlsPart)
    source = part.session
    if buffer == "tls.sni":
        return (source.server_name,) if source.server_name is not None and part.name == "hello" else ()
    if buffer == "ja4.hash":
        found = ja4(source.hellos[0], b"t") if part.name == "hello" else b""
        return (found,) if found else ()
    if buffer.startswith("ja3"):
        return _read_ja3(source, buffer) if part.name == "hello" else ()
    if buffer in tls.HELLO_PARTS:
        hello = source.hellos[view.direction]
        return tls.HELLO_PARTS[buffer](hello) if part.name == "hello" and len(hello) >= 34 else ()
    if part.name != "certificate":
        return ()
    if buffer == "tls.certs":
        return tuple(source.certificates[view.direction])
    if buffer == "tls.cert_chain_len":
        return (b"%d" % len(source.certificates[view.direction]),)
    first = source.first(view.direction)
    if first is None:
        return ()
    value = {
        "tls.cert_subject": first.subject,
        "tls.cert_issuer": first.issuer,
        "tls.cert_serial": first.serial,
        "tls.cert_fingerprint": first.fingerprint,
    }.get(buffer)
    return (value,) if value else ()


def _read_ja3(source: TlsSession, buffer: str) -> Values:
    name, _, kind = buffer.partition(".")
    text = tls.ja3(source.hellos[0]) if name == "ja3" else tls.ja3s(source.hellos[1])
    if not text:
        return ()
    return (tls.fingerprint(text) if kind == "hash" else text,)


_READERS = {"http": _read_http, "http2": _read_http, "dns": _read_dns, "tls": _read_tls}
