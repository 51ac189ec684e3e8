"""Addresses, names and URLs seen in a capture, each once, for the indicator engine to match in the same pass."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from atttcli.engines.network.flow import Flow
from atttcli.engines.network.http_buffers import host, uri_raw
from atttcli.engines.network.http_message import Transaction
from atttcli.engines.network.uri import uri_host
from atttcli.engines.network.view import DnsMessage, TlsPart, View
from atttcli.model.observable import Observable, ObservableType

MAX_KNOWN = 200_000
MAX_URL = 2048
LONG = 48
MAX_DOMAIN = 253


@dataclass(frozen=True, slots=True)
class Sighted:
    """A value seen in traffic. `via`: flow, dns, tls or http; source and destination are client and server."""

    observable: Observable
    time: int
    src_ip: str
    src_port: int
    dst_ip: str
    dst_port: int
    via: str


def address_text(raw: bytes) -> str:
    """Dotted or compressed text of a 4- or 16-byte address."""
    if len(raw) == 4:
        return f"{raw[0]}.{raw[1]}.{raw[2]}.{raw[3]}"
    return str(ipaddress.IPv6Address(raw))


def address_observable(raw: bytes, role: str) -> Observable:
    """An address as an observable."""
    return Observable(ObservableType.IPV4 if len(raw) == 4 else ObservableType.IPV6, address_text(raw), role)


class Sightings:
    """What was reported already: two generations, so that memory is bounded and the recent is remembered."""

    def __init__(self) -> None:
        self._now: set[tuple[object, ...]] = set()
        self._before: set[tuple[object, ...]] = set()

    def _fresh(self, *key: object) -> bool:
        """Whether it is new; what is long is remembered by its digest."""
        if len(last := str(key[-1])) > LONG:
            key = (*key[:-1], hashlib.blake2b(last.encode("utf-8", "replace"), digest_size=16).digest())
        if key in self._now or key in self._before:
            return False
        if len(self._now) >= MAX_KNOWN:
            self._before, self._now = self._now, set()
        self._now.add(key)
        return True

    def of_flow(self, flow: Flow, time: int) -> Iterator[Sighted]:
        """Both ends, once for each pair of hosts."""
        if self._fresh(flow.client, flow.server):
            for raw, role in ((flow.client, "source"), (flow.server, "target")):
                yield self._sighted(address_observable(raw, role), flow, time, "flow")

    def of_view(self, view: View, flow: Flow, time: int) -> Iterator[Sighted]:
        """Names and URLs of a transaction, once for each client."""
        for kind, value in _values(view, flow):
            if self._fresh(flow.client, kind, value):
                yield self._sighted(Observable(kind, value, "target"), flow, time, view.app)

    def _sighted(self, observable: Observable, flow: Flow, time: int, via: str) -> Sighted:
        return Sighted(
            observable,
            time,
            address_text(flow.client),
            flow.client_port,
            address_text(flow.server),
            flow.server_port,
            via,
        )


def _values(view: View, flow: Flow) -> Iterator[tuple[ObservableType, str]]:
    source = view.source
    if isinstance(source, DnsMessage):
        for name in source.names:
            yield from _domain(name)
    elif isinstance(source, TlsPart) and view.direction == 0 and source.session.server_name:
        yield from _domain(source.session.server_name)
    elif isinstance(source, Transaction) and view.direction == 0:
        yield from _http(source, flow)


def _http(source: Transaction, flow: Flow) -> Iterator[tuple[ObservableType, str]]:
    names = host(source, 0)
    if names:
        yield from host_value(names[0])
    url = url_of(source, flow)
    if url:
        yield ObservableType.URL, url


def host_value(name: bytes) -> Iterator[tuple[ObservableType, str]]:
    """A host header as domain or address."""
    text = name.strip(b"[]").decode("latin-1")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        yield from _domain(name)
        return
    yield (ObservableType.IPV4 if address.version == 4 else ObservableType.IPV6), str(address)


def _domain(name: bytes) -> Iterator[tuple[ObservableType, str]]:
    text = name.decode("latin-1").lower().rstrip(".")
    if text and len(text) <= MAX_DOMAIN and text.isprintable() and " " not in text and "." in text:
        yield ObservableType.DOMAIN, text


def url_of(source: Transaction, flow: Flow) -> str:
    """`http://host/path` of a request, or nothing."""
    targets = uri_raw(source, 0)
    if not targets:
        return ""
    target = targets[0][:MAX_URL].decode("latin-1")
    if uri_host(targets[0]):
        return target
    names = host(source, 0)
    name = names[0].decode("latin-1") if names and names[0] else address_text(flow.server)
    port = "" if flow.server_port == 80 else f":{flow.server_port}"
    return f"http://{name}{port}{target}" if target.startswith("/") else ""
