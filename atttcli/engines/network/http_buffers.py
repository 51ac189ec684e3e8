"""The HTTP buffers that rules name, taken from a transaction when a rule asks. None or empty: the buffer is absent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from atttcli.engines.network.file_facts import facts_of, magic
from atttcli.engines.network.http_events import events_of
from atttcli.engines.network.http_message import Message, Transaction, status_code
from atttcli.engines.network.spooled import SPOOL
from atttcli.engines.network.uri import normalise, uri_host
from atttcli.rulepack.network.buffers import FILE_FACTS

Values = tuple[bytes, ...]
Reader = Callable[[Transaction, int], Values]

MAX_PARTS = 64


def _one(value: bytes | None) -> Values:
    return (value,) if value is not None else ()


def _message(tx: Transaction, direction: int) -> Message:
    return tx.response if direction else tx.request


def _header(name: bytes) -> Reader:
    def read(tx: Transaction, direction: int) -> Values:
        return _one(_message(tx, direction).first(name))

    return read


def _request_parts(tx: Transaction) -> tuple[bytes, bytes, bytes]:
    """Method, target, protocol; the target may hold blanks."""
    line = tx.request.line.strip(b" \t")
    method, _, rest = line.partition(b" ") if b" " in line else line.partition(b"\t")
    rest = rest.strip(b" \t")
    target, blank, protocol = rest.rpartition(b" ")
    if blank and protocol[:5].upper() == b"HTTP/":
        return method, target.strip(b" \t"), protocol
    return method, rest, b""


def uri(tx: Transaction, direction: int) -> Values:
    """The normalised request target."""
    target = _request_parts(tx)[1]
    return (normalise(target),) if target else ()


def uri_raw(tx: Transaction, direction: int) -> Values:
    """The request target as sent."""
    target = _request_parts(tx)[1]
    return (target,) if target else ()


def method(tx: Transaction, direction: int) -> Values:
    """The request's method."""
    return _one(_request_parts(tx)[0] or None)


def host_raw(tx: Transaction, direction: int) -> Values:
    """The host as sent, without what `http.host` removes."""
    value = uri_host(_request_parts(tx)[1]) or tx.request.first(b"host") or tx.request.first(b":authority")
    return _one(value)


def host(tx: Transaction, direction: int) -> Values:
    """The host in lower case without its port."""
    raw = host_raw(tx, direction)
    if not raw:
        return ()
    value = raw[0].strip().lower()
    if value.startswith(b"["):
        return (value.partition(b"]")[0] + b"]",)
    return (re.sub(rb":\d*\Z", b"", value).rstrip(b"."),)


def protocol(tx: Transaction, direction: int) -> Values:
    """`HTTP/1.1`."""
    if direction:
        return _one((tx.response.line.split(None, 1) or [b""])[0] or None)
    return _one(_request_parts(tx)[2] or None)


def first_line(tx: Transaction, direction: int) -> Values:
    """Request or status line without its end."""
    return _one(_message(tx, direction).line or None)


def stat_code(tx: Transaction, direction: int) -> Values:
    """`200`."""
    return _one(status_code(tx.response.line) or None)


def stat_msg(tx: Transaction, direction: int) -> Values:
    """`OK`."""
    parts = tx.response.line.split(None, 2)
    return _one(parts[2].rstrip() if len(parts) > 2 else None)


def _merged(message: Message) -> list[tuple[bytes, bytes]]:
    """Headers with repeated ones joined where the first stands."""
    merged: dict[bytes, tuple[bytes, bytes]] = {}
    for name, value in message.headers:
        key = name.lower()
        known = merged.get(key)
        merged[key] = (known[0], known[1] + b", " + value) if known else (name, value)
    return list(merged.values())


def headers(tx: Transaction, direction: int) -> Values:
    """All headers but cookies, one blank after the colon."""
    hidden = b"set-cookie" if direction else b"cookie"
    text = b"".join(
        name + b": " + value + b"\r\n" for name, value in _merged(_message(tx, direction)) if name.lower() != hidden
    )
    return _one(text or None)


def headers_raw(tx: Transaction, direction: int) -> Values:
    """The header block as sent, with the empty line."""
    return _one(_message(tx, direction).raw_headers or None)


def header_names(tx: Transaction, direction: int) -> Values:
    r"""`\r\nHost\r\nUser-Agent\r\n\r\n`."""
    names = [name for name, _ in _merged(_message(tx, direction))]
    return (b"\r\n" + b"".join(name + b"\r\n" for name in names) + b"\r\n",) if names else ()


def header_lines(tx: Transaction, direction: int) -> Values:
    """Each header alone: `Name: value`."""
    return tuple(name + b": " + value for name, value in _merged(_message(tx, direction)))


def start(tx: Transaction, direction: int) -> Values:
    """First line, headers, empty line."""
    message = _message(tx, direction)
    if not message.line:
        return ()
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in _merged(message))
    return (message.line + b"\r\n" + lines + b"\r\n",)


def cookie(tx: Transaction, direction: int) -> Values:
    """Cookies without the header's name."""
    return _one(_message(tx, direction).first(b"set-cookie" if direction else b"cookie"))


def body(tx: Transaction, direction: int) -> Values:
    """The decoded body."""
    return _one(_message(tx, direction).body.bytes() or None)


def files(tx: Transaction, direction: int) -> Values:
    """Towards the client the body; towards the server what a POST or PUT uploads, the parts of a form each alone."""
    content = _message(tx, direction).body.bytes()
    if not content:
        return ()
    if direction:
        return (content,)
    if _request_parts(tx)[0] not in (b"POST", b"PUT"):
        return ()
    kind = tx.request.first(b"content-type") or b""
    found = re.search(rb'boundary="?([^";,\s]{1,200})', kind, re.I) if b"multipart/" in kind.lower() else None
    return _uploads(content, found.group(1)) if found else (content,)


def _uploads(content: bytes, boundary: bytes) -> Values:
    parts = []
    for part in content.split(b"--" + boundary)[1 : MAX_PARTS + 1]:
        head, _, value = part.partition(b"\r\n\r\n")
        if b"filename" in head.lower() and value:
            parts.append(value.removesuffix(b"\r\n"))
    return tuple(parts)


_ATTACHED = re.compile(rb"""filename\*?=(?:"([^"]{0,1000})"|([^";\s]{1,1000}))""", re.I)


def file_names(tx: Transaction, direction: int) -> Values:
    """Names of what is sent or uploaded: as announced, else the last part of the path. Where there are no bytes, none."""
    if direction == 0:
        content = tx.request.body.bytes()
        kind = tx.request.first(b"content-type") or b""
        found = re.search(rb'boundary="?([^";,\s]{1,200})', kind, re.I) if b"multipart/" in kind.lower() else None
        if found:
            heads = (
                part.partition(b"\r\n\r\n")[0] for part in content.split(b"--" + found.group(1))[1 : MAX_PARTS + 1]
            )
            names = (_ATTACHED.search(head) for head in heads)
            return tuple(name.group(1) or name.group(2) or b"" for name in names if name)
    if not files(tx, direction):
        return ()
    announced = _ATTACHED.search(_message(tx, direction).first(b"content-disposition") or b"")
    if announced:
        return (announced.group(1) or announced.group(2) or b"",)
    path = b"".join(uri(tx, 0)).partition(b"?")[0]
    return (path.rpartition(b"/")[2],)


def _fact(name: str) -> Reader:
    """Size or digest of each file, once the whole of it was seen."""

    def read(tx: Transaction, direction: int) -> Values:
        message = _message(tx, direction)
        body = message.body
        if not message.complete or body.holed:
            return ()
        contents = files(tx, direction)
        if body.full:  # of a form with parts only what is kept was taken apart
            whole = body.facts if contents == (body.bytes(),) else None
            return whole.values().get(name, ()) if whole is not None else ()
        return facts_of(contents, (name,)).get(name, ())

    return read


def magics(tx: Transaction, direction: int) -> Values:
    """The kind of each file."""
    return tuple(kind for content in files(tx, direction) for kind in magic(content))


def events(tx: Transaction, direction: int) -> Values:
    """Oddities of the transaction."""
    return events_of(tx)


def weights(tx: Transaction, direction: int) -> Values:
    """HTTP/2 priorities as digits."""
    return () if direction else tuple(b"%d" % weight for weight in tx.weights)


def names(tx: Transaction, direction: int) -> Values:
    """Each header's name alone."""
    return tuple(name for name, _ in _message(tx, direction).headers)


def whole_message(tx: Transaction, direction: int) -> Values:
    """A message from its first line to the end of its body, as far as that is kept; codings of the body are undone."""
    head = start(tx, direction)
    return (head[0] + b"".join(body(tx, direction)),) if head else ()


READERS: Final[dict[str, Reader]] = {
    "http2.priority": weights,
    "http2.header_name": names,
    "event.http": events,
    "http.uri": uri,
    "http.uri.raw": uri_raw,
    "http.method": method,
    "http.host": host,
    "http.host.raw": host_raw,
    "http.user_agent": _header(b"user-agent"),
    "http.request_body": body,
    "http.response_body": body,
    "http.request_line": first_line,
    "http.response_line": first_line,
    "http.referer": _header(b"referer"),
    "http.accept": _header(b"accept"),
    "http.accept_enc": _header(b"accept-encoding"),
    "http.accept_lang": _header(b"accept-language"),
    "http.request_header": header_lines,
    "http.response_header": header_lines,
    "http.stat_code": stat_code,
    "http.stat_msg": stat_msg,
    "http.server": _header(b"server"),
    "http.location": _header(b"location"),
    "http.header": headers,
    "http.header.raw": headers_raw,
    "http.header_names": header_names,
    "http.cookie": cookie,
    "http.protocol": protocol,
    "http.content_type": _header(b"content-type"),
    "http.content_len": _header(b"content-length"),
    "http.connection": _header(b"connection"),
    "http.start": start,
    "frame.http1.request": whole_message,
    "frame.http1.response": whole_message,
    "file.data": files,
    "file.name": file_names,
    "file.magic": magics,
    **{name: _fact(name) for name in (*FILE_FACTS, SPOOL)},
}
