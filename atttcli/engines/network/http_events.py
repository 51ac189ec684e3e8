"""Oddities of HTTP transactions, by the names that `app-layer-event` uses."""

from __future__ import annotations

import re

from atttcli.engines.network.http_message import Transaction

_LABEL = re.compile(rb"[A-Za-z0-9_\-]{1,63}\Z")
_PORT = re.compile(rb":(\d{1,5})\Z")
_VERSION_SIX = re.compile(rb"\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?\Z")


def events_of(tx: Transaction) -> tuple[bytes, ...]:
    """Of both sides, as far as they were seen."""
    found = [name + b"_in_request" if name == _DUPLICATE else name for name in tx.request.events]
    found += [name + b"_in_response" if name == _DUPLICATE else name for name in tx.response.events]
    authority = tx.request.first(b":authority")
    if authority is not None:
        host = tx.request.first(b"host")
        odd = (b"http2.authority_host_mismatch",) if host is not None and host != authority else ()
        return odd + ((b"http2.userinfo_in_uri",) if b"@" in authority else ())
    return tuple(b"http." + name for name in found) + tuple(b"http." + name for name in _host_events(tx))


_DUPLICATE = b"duplicate_content_length_field"


def _host_events(tx: Transaction) -> list[bytes]:
    host = tx.request.first(b"host")
    if host is None:
        return [b"missing_host_header"] if tx.request.line.rstrip().upper().endswith(b"HTTP/1.1") else []
    return [] if is_host(host.strip()) else [b"request_header_host_invalid"]


def is_host(value: bytes) -> bool:
    """Whether a Host header is a name or address, with or without a port."""
    if value.startswith(b"["):
        return _VERSION_SIX.match(value) is not None
    port = _PORT.search(value)
    if port:
        if not 0 < int(port.group(1)) < 65_536:
            return False
        value = value[: port.start()]
    if not 0 < len(value) <= 255:
        return False
    return all(_LABEL.match(label) for label in value.removesuffix(b".").split(b"."))
