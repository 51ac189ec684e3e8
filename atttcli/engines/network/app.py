"""Which application a flow speaks, and one shape for its parsers: bytes in, completed transactions out."""

from __future__ import annotations

from collections.abc import Collection, Container
from typing import Protocol

from atttcli.engines.network import dns, http, http2, http_buffers, http_message, mqtt, tls
from atttcli.engines.network.fields import Fields
from atttcli.engines.network.protocols import message_app, recognise_stream
from atttcli.engines.network.sip import http_or_sip
from atttcli.engines.network.small_apps import FtpApp, MqttApp, SmtpApp, SshApp
from atttcli.engines.network.view import DnsMessage, TlsPart, TlsSession, View

PROBE_LIMIT = 2048  # bytes of a side after which an unknown protocol is given up


class AppParser(Protocol):
    """A flow's parser."""

    def feed(self, direction: int, data: bytes) -> list[View]:
        """Views that these bytes completed."""
        ...

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost."""
        ...

    def finish(self) -> list[View]:
        """What is open at the end."""
        ...

    def inspect_id(self, direction: int) -> int:
        """Number of the transaction at hand, for matches in the stream."""
        ...

    @property
    def memory(self) -> int:
        """Bytes held."""
        ...


class HttpApp:
    """HTTP/1 as an AppParser."""

    def __init__(self, layers: int = 2, wanted: Collection[str] = ()) -> None:
        self._wanted = wanted
        self._parser = http.HttpParser(layers, wanted)

    def feed(self, direction: int, data: bytes) -> list[View]:
        """Completed requests or responses."""
        views = [_http_view("http", tx, direction) for tx in self._parser.feed(direction, data)]
        if direction == 0:
            return views
        again, self._parser.again = self._parser.again, None
        views += _late_events(views)
        if again is not None:
            views += self.feed(0, bytes(again.data))
            if again.lost:
                self.gap(0, again.lost)
        return views

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost."""
        self._parser.gap(direction, count)

    def finish(self) -> list[View]:
        """Open messages."""
        views = [_http_view("http", tx, direction) for tx, direction in self._parser.finish()]
        return views + _late_events([view for view in views if view.direction])

    def successor(self) -> tuple[Http2App, bytes] | None:
        """What goes on where the server went over to HTTP/2, and the server's bytes that it gets first."""
        first = self._parser.upgraded
        return (Http2App(first, self._wanted), self._parser.rest) if first is not None else None

    def tunnelled(self) -> tuple[bytes, bytes, int] | None:
        """Where CONNECT was granted, what both sides said behind it already, and how many bytes of the client were not
        kept: something else is spoken from here on."""
        if not self._parser.tunnel:
            return None
        kept = self._parser.kept
        return (bytes(kept.data), self._parser.rest, kept.lost) if kept is not None else (b"", self._parser.rest, 0)

    @property
    def overrun(self) -> bool:
        """Whether more requests waited for an answer than are kept: what came after them was not judged."""
        return self._parser.overrun

    def inspect_id(self, direction: int) -> int:
        """Number of the transaction at hand."""
        return self._parser.inspect_id(direction)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._parser.memory


def _http_view(app: str, tx: http_message.Transaction, direction: int) -> View:
    return View(app, tx.number, direction, tx, (tx.response if direction else tx.request).late)


def _late_events(views: list[View]) -> list[View]:
    """What an answer showed counts for the transaction: rules that look at the request's side see it too."""
    late = []
    for view in views:
        source = view.source
        if isinstance(source, http_message.Transaction) and source.response.events and not view.late:
            told = tuple(name for name in http_buffers.READERS["event.http"](source, 0) if name in _ANSWER_EVENTS)
            if told:
                late.append(View("http", view.number, 0, Fields({"event.http": told})))
    return late


_ANSWER_EVENTS = (
    b"http.too_many_encoding_layers",
    b"http.response_chunk_extension",
    b"http.duplicate_content_length_field_in_response",
)


class Http2App:
    """HTTP/2 as an AppParser."""

    def __init__(self, upgraded: http_message.Transaction | None = None, wanted: Collection[str] = ()) -> None:
        self._parser = http2.Http2Parser(upgraded, wanted)

    def feed(self, direction: int, data: bytes) -> list[View]:
        """Completed requests or responses."""
        return [_http_view("http2", tx, side) for tx, side in self._parser.feed(direction, data)]

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost."""
        self._parser.lost()

    def finish(self) -> list[View]:
        """Open messages."""
        return [_http_view("http2", tx, side) for tx, side in self._parser.finish()]

    def inspect_id(self, direction: int) -> int:
        """Number of the last stream."""
        return max(self._parser.count - 1, 0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._parser.memory


class DnsApp:
    """DNS over UDP (a datagram a message) or TCP (length before each message)."""

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed
        self._held = [bytearray(), bytearray()]
        self._count = 0

    def feed(self, direction: int, data: bytes) -> list[View]:
        """One view a message."""
        if not self._framed:
            return self._message(direction, data)
        held = self._held[direction]
        held += data
        views: list[View] = []
        while len(held) >= 2:
            length = int.from_bytes(held[:2], "big")
            if len(held) < 2 + length:
                break
            views += self._message(direction, bytes(held[2 : 2 + length]))
            del held[: 2 + length]
        return views

    def _message(self, direction: int, data: bytes) -> list[View]:
        if not dns.looks_like_dns(data):
            return []
        number = self._count
        self._count += 1
        names = tuple(dns.questions(data))
        message = DnsMessage(dns.is_response(data), names, data[2] >> 3 & 15, data)
        return [View("dns", number, direction, message)]

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: the framing is lost with them."""
        self._framed = True
        self._held[direction] = bytearray()

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    def inspect_id(self, direction: int) -> int:
        """Number of the last message."""
        return max(self._count - 1, 0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._held[0]) + len(self._held[1])


class TlsApp:
    """TLS as one transaction: judged to the server at the ClientHello, to either side at the other's certificate."""

    def __init__(self) -> None:
        self._halves = (tls.TlsHalf(), tls.TlsHalf())
        self._session = TlsSession()
        self._shown: set[tuple[int, str]] = set()
        self._kept = 0  # bytes of hellos and certificates

    def feed(self, direction: int, data: bytes) -> list[View]:
        """At most one view a direction."""
        session = self._session
        half = self._halves[direction]
        views: list[View] = []
        for kind, body in half.feed(data):
            self._kept += len(body) if kind in (1, 2, 11) else 0
            if kind == direction + 1 and not session.hellos[direction]:
                session.hellos[direction] = body
                if direction == 0:
                    session.server_name = tls.server_name(body)
                views += self._show(direction, "hello")
            elif kind == 11 and not session.certificates[direction]:
                session.certificates[direction].extend(tls.certificates(body))
                views += self._show(direction, "certificate")
        return views

    def _show(self, direction: int, part: str) -> list[View]:
        """One view for each part of the handshake: no rule asks for a client's name and certificate together."""
        if (direction, part) in self._shown:
            return []
        self._shown.add((direction, part))
        return [View("tls", 0, direction, TlsPart(self._session, part))]

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: the records cannot be found again."""
        self._halves[direction].done = True

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    def inspect_id(self, direction: int) -> int:
        """The one transaction."""
        return 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._halves[0].memory + self._halves[1].memory + self._kept


class PlainApp:
    """An application that is only recognised (SMB, DCERPC): its rules look at the stream."""

    def feed(self, direction: int, data: bytes) -> list[View]:
        """No transactions."""
        return []

    def gap(self, direction: int, count: int) -> None:
        """Nothing to lose."""

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    def inspect_id(self, direction: int) -> int:
        """Transactions are not counted."""
        return 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return 0


_SMTP = (b"EHLO", b"HELO", b"QUIT")
_FTP = (b"USER ", b"PASS ", b"PORT ", b"EPRT ", b"FEAT\r", b"AUTH T", b"AUTH S")


def recognise(direction: int, data: bytes, ports: tuple[int, int]) -> str | None:
    """The application that a side's first bytes show; `failed` when they are enough to say that it is none of ours."""
    if data[:4] == b"SSH-":
        return "ssh"
    if data[:1] == b"\0" and data[4:8] in (b"\xffSMB", b"\xfeSMB", b"\xfdSMB"):
        return "smb"
    if (
        data[:3] in (b"\x05\0\x0b", b"\x05\0\x0c", b"\x05\0\0")
        and data[3:4]
        and data[4:8] in (b"\x10\0\0\0", b"\0\0\0\x10")
    ):
        return "dcerpc"
    if _is_tls(data):
        return "tls"
    if mqtt.starts_mqtt(direction, data, ports):
        return "mqtt"
    if 53 in ports and len(data) >= 14 and dns.looks_like_dns(data[2:]):
        return "dns"
    if direction == 0:
        if data.startswith(http2.PREFACE[:16]):
            return "http2"
        if http_message.starts_request(data):
            return http_or_sip(data)
        upper = data[:6].upper()
        if upper[:4] in _SMTP:
            return "smtp"
        if upper.startswith(_FTP):
            return "ftp"
    elif http_message.starts_response(data):
        return "http"
    found = recognise_stream(direction, data, ports)
    return found or ("failed" if len(data) >= PROBE_LIMIT else None)


def _is_tls(data: bytes) -> bool:
    return len(data) >= 6 and data[0] == 22 and data[1] == 3 and data[2] <= 4 and data[5] in (1, 2)


def make_parser(
    app: str, client: bytes = b"", wanted: Container[str] = (), layers: int = 2, facts: Collection[str] = ()
) -> AppParser:
    """A parser for a TCP flow of that application; `client` is the address of the side that opened it.

    Protocols of messages are parsed only where a rule wants them; `layers` are the content codings undone in HTTP,
    `facts` what rules ask of files as a whole (`file_facts`).
    """
    if app in wanted and (messages := message_app(app, framed=True, facts=facts)) is not None:
        return messages
    if app == "http2":
        return Http2App(None, facts)
    if app == "smtp":
        return SmtpApp(facts)
    if app == "mqtt":
        return MqttApp()
    if app == "ftp":
        return FtpApp(client)
    if app == "ssh":
        return SshApp()
    if app == "http":
        return HttpApp(layers, facts)
    if app == "tls":
        return TlsApp()
    if app == "dns":
        return DnsApp(framed=True)
    return PlainApp()
