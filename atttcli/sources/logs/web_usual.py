"""The access log line that nearly all lines are: combined format, an address, no user, an ordinary request, no escapes.

Cutting at quotes costs a third of what the pattern of `web` does. A line that differs in anything gives None, and the
pattern decides; what is read here is what the pattern would have read (tests/properties/test_web_usual.py).
"""

from __future__ import annotations

from collections.abc import Callable

from atttcli.model.event import Event
from atttcli.sources.logs.address import address_port
from atttcli.sources.logs.stamps import Stamps

_METHODS = frozenset(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND"])
_VERSIONS = frozenset(("HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/2", "HTTP/3.0", "HTTP/3"))
_STATUS = {str(code): (code, "success" if code < 400 else "failure") for code in range(100, 600)}
_CLIENTS = 16_384
_DIGITS = 18


def usual_lines(stamps: Stamps) -> Callable[[str, int], Event | None]:
    """A reader of one file's usual lines: (line, its number) -> Event or None."""
    clients: dict[str, tuple[str, int]] = {}
    last, time = "", None

    def read(line: str, number: int) -> Event | None:
        nonlocal last, time
        parts = line.split('"')
        if len(parts) != 7 or parts[4] != " " or parts[6] or "\\" in line:
            return None
        client, _, stamp = parts[0].partition(" - - [")
        request, answer = parts[1].split(" "), parts[2].split(" ")
        if len(request) != 3 or len(answer) != 4:
            return None
        method, url, version = request
        before, status, size, after = answer
        known = _STATUS.get(status)
        if known is None or before or after or not size.isdecimal() or len(size) > _DIGITS:
            return None
        if method not in _METHODS or version not in _VERSIONS or not url or not url.isprintable():
            return None
        source = clients.get(client)
        if source is None:
            source = _client(client)
            if len(clients) >= _CLIENTS:
                clients.clear()
            clients[client] = source
        if stamp != last:
            if stamp[-2:] != "] " or not 22 <= len(stamp) <= 28 or "]" in stamp[:-2]:
                return None
            last, time = stamp, stamps.clf(stamp[:-2])
        if not source[0]:
            return None
        stem, mark, query = url.partition("?")
        fields: dict[str, object] = {
            "cs-method": method, "cs-uri-stem": stem, "cs-version": version, "sc-status": known[0], "sc-bytes": int(size),
        }  # fmt: skip
        if mark:
            fields["cs-uri-query"] = query
        fields["cs-referer"], fields["cs-user-agent"] = parts[3], parts[5]
        return Event(
            time, number, line, "webserver", "", "access", "", "", source[0], source[1],
            "", 0, "", url, "", "request", known[1], fields,
        )  # fmt: skip

    return read


def _client(text: str) -> tuple[str, int]:
    """Address and port; no address when the text is none, or holds a space (a zone may)."""
    return address_port(text) if text.isprintable() and " " not in text else ("", 0)
