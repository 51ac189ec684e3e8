"""Squid's native access.log: `1386543323.000 4 192.0.2.7 TCP_DENIED/403 4099 GET http://x.example/ - HIER_NONE/- text/html`.

Squid's `combined` format is read by the reader of web access logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address, address_port
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import possible

_LINE = re.compile(
    r"(?P<time>\d{9,11}\.\d{3}) {1,12}(?P<duration>-?\d{1,10}) (?P<client>\S{1,255}) (?P<result>[A-Z_]{3,60})/(?P<status>\d{3}) "
    r"(?P<bytes>\d{1,18}) (?P<method>\S{1,40}) (?P<url>\S{1,16384}) (?P<user>\S{1,320}) (?P<hierarchy>[A-Z_]{3,60})/"
    r"(?P<peer>\S{1,255})(?: (?P<type>\S{1,255}))?(?P<rest>.*)\Z",
    re.DOTALL,
)
REASON = "not a line of squid's access log"


class Squid:
    """access.log in squid's native format."""

    name = "squid"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _LINE.match(line))
        return 96 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line; anything else is a ReadProblem."""
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if line and not line.isspace():
                    yield _event(line, block.number + index) or block.problem(index, REASON)


def _event(line: str, number: int) -> Event | None:
    found = _LINE.match(line.strip("\0"))
    if found is None:
        return None
    seconds, _, millis = found["time"].partition(".")
    status, url, method = int(found["status"]), found["url"], found["method"]
    host, port, stem, query = _parts(url, method)
    fields: dict[str, object] = {
        "cs-method": method, "c-uri": url, "sc-status": status, "sc-bytes": int(found["bytes"]), "s-action": found["result"],
        "time-taken": int(found["duration"]), "hierarchy": found["hierarchy"],
    }  # fmt: skip
    asked = (("cs-host", host), ("cs-uri-stem", stem), ("cs-uri-query", query))
    fields |= {name: value for name, value in asked if value}
    if found["type"] not in (None, "-"):
        fields["rs-content-type"] = found["type"]
    src_ip, src_port = address_port(found["client"])
    if not src_ip:
        fields["c-host"] = found["client"]
    is_denied = "DENIED" in found["result"] or status >= 400
    return Event(
        possible(int(seconds) * 1_000_000 + int(millis) * 1000), number, line, "proxy", "squid", "access",
        user="" if found["user"] == "-" else found["user"], src_ip=src_ip, src_port=src_port, dst_ip=address(found["peer"]) or
        address(host), dst_port=port, domain="" if address(host) else host, url=url, action="request",
        outcome="failure" if is_denied else "success", fields=fields,
    )  # fmt: skip


def _parts(url: str, method: str) -> tuple[str, int, str, str]:
    """(host, port, path, query) of what was asked for: a URL, or `host:port` of CONNECT."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}" if method == "CONNECT" else "")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", 0, "", ""
    known = {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme, 0)
    return host[:255], port or known, parts.path, parts.query
