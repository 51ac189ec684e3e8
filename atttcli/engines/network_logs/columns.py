"""A log record as a tiny transaction: who asked whom, and its columns under the names of the buffers they fill.

Columns stay text here; `derive` makes a column's buffers with the very normalisation that captures get.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from atttcli.engines.network.uri import normalise, uri_host
from atttcli.model.event import Event
from atttcli.sources.capture.decode import ICMP, ICMP6, SCTP, TCP, UDP

OWN, OUTSIDE, UNKNOWN = "own", "outside", ""
_MAX_TEXT = 16_384
_ESCAPE = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\])|([nrtbvf]))')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}
_PORT = re.compile(rb":\d*\Z")
_PROTOCOLS = {"tcp": TCP, "6": TCP, "udp": UDP, "17": UDP, "icmp": ICMP, "1": ICMP, "icmpv6": ICMP6, "ipv6-icmp": ICMP6,
              "58": ICMP6, "sctp": SCTP, "132": SCTP}  # fmt: skip


class Columns(NamedTuple):
    """One record. `up` is what the client said, `down` what the server answered: column to text ("" = said nothing).

    `kind` names the sort of record for the account; `client_is`, `server_is` say what is known of a side that has no
    address. `established`: whether the record proves that both sides spoke.
    """

    kind: str
    app: str | None
    protocol: int
    up: dict[str, str]
    down: dict[str, str]
    client_is: str = UNKNOWN
    server_is: str = UNKNOWN
    established: bool = True


def columns_of(event: Event) -> Columns | None:
    """The record as rules may look at it; None for a record that is about no conversation."""
    if event.category == "webserver":
        return _web(event) if event.action in ("request", "") else None
    if event.category == "proxy":
        return _proxy(event)
    if event.product == "suricata":
        return _eve(event)
    if event.product == "zeek":
        return _zeek(event)
    if event.category == "dns":
        return _dns(event)
    return _connection(event) if event.category == "firewall" else None


def _said(value: Any) -> str:
    """A column's text; `-` stands for nothing."""
    if isinstance(value, str):
        return "" if value == "-" else value[:_MAX_TEXT]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _unescaped(text: str) -> str:
    """What Apache and nginx wrote for quotes, backslashes and bytes outside ASCII, as it was sent."""
    if "\\" not in text:
        return text
    return (
        _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2] or _LETTERS[found[3]], text)
        .encode("latin-1", "backslashreplace")
        .decode("utf-8", "surrogateescape")
        if text.isascii()
        else text
    )


def _w3c(event: Event, target: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """(application, up, down) of a record with W3C column names; only columns that the format has are there."""
    fields = event.fields
    up = {"method": _said(fields.get("cs-method")), "target": target}
    version = _said(fields.get("cs-version"))
    if version:
        up["protocol"] = version
        up["request_line"] = f"{up['method']} {target} {version}"
    for column, name in _W3C:
        value = fields.get(name)
        if value is not None:
            up[column] = _said(value)
    if event.product == "iis":  # writes a plus sign for each blank
        for column in ("agent", "cookie"):
            if column in up:
                up[column] = up[column].replace("+", " ")
    elif "\\" in event.raw:
        up = {column: _unescaped(text) for column, text in up.items()}
    status = fields.get("sc-status")
    down = {"status": _said(status)} if status is not None else {}
    return ("http2" if version.startswith("HTTP/2") else "http"), up, down


_W3C: Final = (
    ("agent", "cs-user-agent"),
    ("agent", "cs(User-Agent)"),
    ("referer", "cs-referer"),
    ("referer", "cs(Referer)"),
    ("cookie", "cs-cookie"),
    ("cookie", "cs(Cookie)"),
    ("host", "cs-host"),
)


def _web(event: Event) -> Columns | None:
    fields = event.fields
    if "cs-method" not in fields:
        return None
    target = event.url
    if not target or "://" in target[:12]:
        stem, query = _said(fields.get("cs-uri-stem")), _said(fields.get("cs-uri-query"))
        target = f"{stem}?{query}" if query else stem or target
    app, up, down = _w3c(event, target)
    return Columns("web", app, TCP, up, down, UNKNOWN, OWN)


def _proxy(event: Event) -> Columns | None:
    fields = event.fields
    target = _said(fields.get("c-uri")) or event.url
    if not target or "cs-method" not in fields:
        return None
    app, up, down = _w3c(event, target)
    if "host" not in up:
        host = uri_host(encode(target)) or (encode(target) if up["method"] == "CONNECT" else b"")
        if host:
            up["host"] = host.decode("utf-8", "surrogateescape")
    return Columns("proxy", app, TCP, up, down, OWN, OUTSIDE)


def _section(record: dict[str, Any], name: str) -> dict[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _taken(record: dict[str, Any], names: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {column: _said(record[name]) for column, name in names if name in record}


_EVE_HTTP = (("method", "http_method"), ("target", "url"), ("host", "hostname"), ("agent", "http_user_agent"),
             ("referer", "http_refer"), ("protocol", "protocol"))  # fmt: skip
_EVE_ANSWER = (("status", "status"), ("type", "http_content_type"), ("location", "redirect"))
_EVE_CERT = (("subject", "subject"), ("issuer", "issuerdn"), ("serial", "serial"), ("fingerprint", "fingerprint"))


def _eve(event: Event) -> Columns | None:
    record, category = event.fields, event.category
    if category == "http":
        http = _section(record, "http")
        up = _taken(http, _EVE_HTTP)
        _request_line(up)
        app = "http2" if up.get("protocol", "").startswith("HTTP/2") else "http"
        return Columns("http", app, TCP, up, _taken(http, _EVE_ANSWER))
    if category == "tls":
        tls = _section(record, "tls")
        up, down = _taken(tls, (("sni", "sni"),)), _taken(tls, _EVE_CERT)
        up |= _taken(_section(tls, "ja3"), (("ja3", "hash"), ("ja3_text", "string")))
        down |= _taken(_section(tls, "ja3s"), (("ja3s", "hash"), ("ja3s_text", "string")))
        return Columns("tls", "tls", TCP, up, down)
    if category == "dns":
        return _eve_dns(event, _section(record, "dns"))
    if category in ("flow", "netflow"):
        answered = _section(record, "flow").get("pkts_toclient")
        state = _said(_section(record, "flow").get("state"))
        spoke = state in ("established", "closed") and isinstance(answered, int) and answered > 0
        return Columns("connection", None, _protocol(record.get("proto")), {}, {}, established=spoke)
    return None


def _eve_dns(event: Event, dns: dict[str, Any]) -> Columns | None:
    if dns.get("type", "query") not in ("query", "request"):
        return None
    name = _said(dns.get("rrname"))
    queries = dns.get("queries") or dns.get("query")
    if not name and isinstance(queries, list) and queries and isinstance(queries[0], dict):
        name = _said(queries[0].get("rrname"))
    protocol = _protocol(event.fields.get("proto")) or UDP
    return Columns("dns", "dns", protocol, {"query": name}, {}, established=False) if name else None


_ZEEK_HTTP = (("method", "method"), ("target", "uri"), ("host", "host"), ("agent", "user_agent"),
              ("referer", "referrer"))  # fmt: skip
_ZEEK_ANSWER = (("status", "status_code"), ("message", "status_msg"))
_ZEEK_TLS = (("sni", "server_name"), ("ja3", "ja3"))


def _zeek(event: Event) -> Columns | None:
    record, service = event.fields, event.service
    if service == "http":
        up = _taken(record, _ZEEK_HTTP)
        version = _said(record.get("version"))
        if version:
            up["protocol"] = f"HTTP/{version}"
        _request_line(up)
        return Columns("http", "http2" if version[:1] == "2" else "http", TCP, up, _taken(record, _ZEEK_ANSWER))
    if service in ("ssl", "tls"):
        return Columns("tls", "tls", TCP, _taken(record, _ZEEK_TLS), _taken(record, (("ja3s", "ja3s"),)))
    if service == "dns":
        name = _said(record.get("query"))
        protocol = _protocol(record.get("proto")) or UDP
        return Columns("dns", "dns", protocol, {"query": name}, {}, established=False) if name else None
    if service == "conn":
        spoke = _said(record.get("conn_state")) in ("SF", "S1", "S2", "S3", "RSTO", "RSTR")
        return Columns("connection", None, _protocol(record.get("proto")), {}, {}, established=spoke)
    return None


def _dns(event: Event) -> Columns | None:
    name = _said(event.fields.get("query")) or _said(event.fields.get("QueryName")) or event.domain
    if not name or event.action not in ("", "query"):  # an answer: its question was a record of its own
        return None
    return Columns("dns", "dns", UDP, {"query": name}, {}, UNKNOWN, OWN, established=False)


def _connection(event: Event) -> Columns | None:
    if not event.src_ip or not event.dst_ip:
        return None
    fields = event.fields
    given = next((fields[name] for name in ("proto", "protocol", "service_protocol") if name in fields), None)
    received = next((fields[name] for name in ("rcvdbyte", "recv_bytes", "received_bytes") if name in fields), 0)
    spoke = str(received).isdigit() and str(received) != "0"
    return Columns("connection", None, _protocol(given), {}, {}, established=spoke)


def _protocol(given: Any) -> int:
    return _PROTOCOLS.get(str(given).lower(), 0)


def _request_line(up: dict[str, str]) -> None:
    if up.get("method") and up.get("target") and up.get("protocol"):
        up["request_line"] = f"{up['method']} {up['target']} {up['protocol']}"


def encode(text: str) -> bytes:
    """A column's bytes as they were sent, as far as the reader kept them."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _host(raw: bytes) -> bytes:
    value = raw.strip().lower()
    if value.startswith(b"["):
        return value.partition(b"]")[0] + b"]"
    return _PORT.sub(b"", value).rstrip(b".")


# Column to its buffers; each the same bytes as the reader of captures makes of the same request.
_BUFFERS: Final[dict[str, tuple[tuple[str, Callable[[bytes], bytes] | None], ...]]] = {
    "target": (("http.uri", normalise), ("http.uri.raw", None)),
    "method": (("http.method", None),),
    "host": (("http.host", _host), ("http.host.raw", None)),
    "agent": (("http.user_agent", None),),
    "referer": (("http.referer", None),),
    "cookie": (("http.cookie", None),),
    "protocol": (("http.protocol", None),),
    "request_line": (("http.request_line", None),),
    "status": (("http.stat_code", None),),
    "message": (("http.stat_msg", None),),
    "type": (("http.content_type", None),),
    "location": (("http.location", None),),
    "query": (("dns.query", lambda raw: raw.rstrip(b".")),),
    "sni": (("tls.sni", None),),
    "ja3": (("ja3.hash", None),),
    "ja3_text": (("ja3.string", None),),
    "ja3s": (("ja3s.hash", None),),
    "ja3s_text": (("ja3s.string", None),),
    "subject": (("tls.cert_subject", None),),
    "issuer": (("tls.cert_issuer", None),),
    "serial": (("tls.cert_serial", None),),
    "fingerprint": (("tls.cert_fingerprint", None),),
}


def derive(column: str, text: str) -> tuple[tuple[str, bytes], ...]:
    """(buffer, bytes) of a column; none for a column that said nothing."""
    if not text:
        return ()
    raw = encode(text)
    return tuple((buffer, make(raw) if make is not None else raw) for buffer, make in _BUFFERS[column])


def buffers_of(columns: Columns) -> frozenset[str]:
    """The buffers that a record of this shape has, also where they said nothing."""
    return frozenset(buffer for column in (*columns.up, *columns.down) for buffer, _ in _BUFFERS[column])
