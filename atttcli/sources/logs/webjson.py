"""Access logs as JSON, a line a request: Caddy, Traefik, nginx and lighttpd with a JSON format, Kong, APISIX, Envoy, API gateways.

Nobody agrees on names: for each part of a request there is a list of dotted paths, and the first that is there is taken. What the
product is, is known by the shape of its object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address, address_port, port
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps

_Paths = tuple[tuple[str, ...], ...]


def _paths(words: str) -> _Paths:
    return tuple(tuple(word.split(".")) for word in words.split())


_METHOD: Final = _paths(
    "request.method RequestMethod request_method method httpMethod verb http_method cs-method requestMethod"
)
_URI: Final = _paths(
    "request.uri RequestPath request_uri uri request.url path url resourcePath requestURI cs-uri-stem http.url routeKey"
)
_STATUS: Final = _paths(
    "response.status DownstreamStatus status response_code status_code statusCode sc-status http_status resp.status"
)
_CLIENT: Final = _paths(
    "request.client_ip client_ip ClientHost clientIp remote_addr remote_ip request.remote_ip sourceIp ip c-ip "
    "downstream_remote_address ClientAddr client request.remote_addr downstream_direct_remote_address clientip"
)
_AGENT: Final = _paths(
    "request.headers.User-Agent request.headers.user-agent request_User-Agent http_user_agent user_agent userAgent agent"
)
_REFERER: Final = _paths(
    "request.headers.Referer request.headers.referer request_Referer http_referer referer referrer"
)
_HOST: Final = _paths(
    "request.host RequestHost host request.headers.host http_host authority server_name vhost domainName domain"
)
_USER: Final = _paths(
    "user_id ClientUsername remote_user consumer.username authenticated_entity.consumer_id user username caller"
)
_TIME: Final = _paths(
    "ts time StartUTC time_iso8601 timestamp @timestamp started_at start_time time_local requestTime msec datetime StartLocal"
)
_FORWARDED: Final = _paths("http_x_forwarded_for x_forwarded_for request.headers.x-forwarded-for")
_SIZE: Final = _paths("size DownstreamContentSize body_bytes_sent bytes_sent response.size responseLength bytes")
REASON = "not a request in JSON"


class WebJson:
    """Access logs of web servers, proxies and API gateways as JSON lines."""

    name = "web-json"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By objects that have a method, a path and a status or an address."""
        lines = head_lines(given, 20)
        entries = [entry for line in lines if line.startswith("{") and isinstance(entry := decode_object(line), dict)]
        hits = sum(_is_request(entry) for entry in entries)
        if not hits or hits * 3 < len(entries) or len(entries) * 2 < len(lines):
            return 0
        return 72 + 20 * hits // len(entries)

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line; objects that are no request (a server's other messages) are events without an action."""
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                entry = decode_object(line.strip("\0"))
                if isinstance(entry, str):
                    yield block.problem(index, entry)
                else:
                    yield _event(entry, line, block.number + index, stamps)


def _at(entry: dict[str, Any], paths: _Paths) -> Any:
    for path in paths:
        value: Any = entry
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value not in ("", "-"):
            return value
    return ""


def _is_request(entry: dict[str, Any]) -> bool:
    method = _at(entry, _METHOD)
    if not (isinstance(method, str) and method.isalpha() and method.isupper() and len(method) <= 16):
        return False
    return bool(_at(entry, _URI)) and (_at(entry, _STATUS) != "" or _client(entry)[0] != "")


def _client(entry: dict[str, Any]) -> tuple[str, int]:
    for path in _CLIENT:
        found = address_port(str(_at(entry, (path,))))
        if found[0]:
            return found
    return "", 0


def _product(entry: dict[str, Any]) -> str:
    if str(entry.get("logger", "")).startswith("http.log") and "request" in entry:
        return "caddy"
    if "RouterName" in entry or "DownstreamStatus" in entry:
        return "traefik"
    if "latencies" in entry and "request" in entry:
        return "kong"
    if "route_id" in entry and "upstream" in entry:
        return "apisix"
    if "downstream_remote_address" in entry or "response_flags" in entry:
        return "envoy"
    return "nginx" if "time_iso8601" in entry or "body_bytes_sent" in entry else ""


def _event(entry: dict[str, Any], line: str, number: int, stamps: Stamps) -> Event:
    time, product = _time(_at(entry, _TIME), stamps), _product(entry)
    if not _is_request(entry):
        service = str(entry.get("logger", ""))[:64] or "message"
        return Event(time, number, line, product=product, service=service, fields=entry)
    url, status = str(_at(entry, _URI)), str(_at(entry, _STATUS))
    stem, mark, query = url.partition("?")
    fields: dict[str, Any] = {**entry, "cs-method": _at(entry, _METHOD), "cs-uri-stem": stem}
    if mark:
        fields["cs-uri-query"] = query
    code = int(status) if status.isascii() and status.isdigit() and len(status) <= 3 else None
    if code is not None:
        fields["sc-status"] = code
    host = str(_at(entry, _HOST))
    size = _at(entry, _SIZE)
    named = (("cs-user-agent", _at(entry, _AGENT)), ("cs-referer", _at(entry, _REFERER)), ("cs-host", host), ("sc-bytes", size),
             ("x-forwarded-for", _at(entry, _FORWARDED)))  # fmt: skip
    fields |= {name: value for name, value in named if value != ""}
    src_ip, src_port = _client(entry)
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return Event(
        time, number, line, "webserver", product, "access", user=str(_at(entry, _USER)), src_ip=src_ip,
        src_port=src_port or port(str(_at(entry, _paths("request.remote_port ClientPort remote_port")))),
        domain="" if address(name) or "." not in name else name.lower().rstrip("."), url=url, action="request",
        outcome="" if not code else "success" if code < 400 else "failure", fields=fields,
    )  # fmt: skip


def _time(value: Any, stamps: Stamps) -> int | None:
    if isinstance(value, (int, float)):
        return stamps.format(repr(value), "epoch-ms" if value > 100_000_000_000 else "epoch")
    if isinstance(value, str) and value:
        if value.replace(".", "", 1).isdecimal():
            return stamps.format(value, "epoch-ms" if len(value.partition(".")[0]) > 11 else "epoch")
        return stamps.format(value, "iso") or stamps.clf(value)
    return None
