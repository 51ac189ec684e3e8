"""Access logs in a format of the site's own: an Apache `LogFormat` or an nginx `log_format`, compiled to one linear pattern.

    web_format('%v %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D')
    web_format('$remote_addr [$time_iso8601] "$request" $status $request_time "$http_user_agent" $upstream_addr')

Every value ends where the character after it in the format stands (within quotes, escapes are respected), so that no value can be
read in two ways. What has no W3C name stays in `fields` under its own (`%D` as `D`, `$request_time` as `request_time`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from atttcli.errors import InputError
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address, address_port
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps

_APACHE = re.compile(r"%(?:!?\d{3}(?:,\d{3})*)?[<>]?(?:\{(?P<argument>[^}]{1,80})\})?(?P<letter>\^?[A-Za-z]{1,2}|%)")
_NGINX = re.compile(r"\$(?:\{(?P<braced>\w{1,80})\}|(?P<plain>\w{1,80}))")
_LETTERS: Final = {
    "h": "client", "a": "client", "l": "ident", "u": "user", "t": "time", "r": "request", "s": "status", "b": "sc-bytes",
    "B": "sc-bytes", "O": "sc-bytes", "I": "cs-bytes", "U": "cs-uri-stem", "q": "query", "m": "cs-method", "H": "cs-version",
    "v": "cs-host", "V": "cs-host", "A": "s-ip", "p": "s-port", "D": "D", "T": "T",
}  # fmt: skip
_HEADERS: Final = {"user-agent": "cs-user-agent", "referer": "cs-referer", "host": "cs-host", "x-forwarded-for": "x-forwarded-for",
                   "x-real-ip": "x-real-ip"}  # fmt: skip
_VARIABLES: Final = {
    "remote_addr": "client", "remote_user": "user", "time_local": "time", "time_iso8601": "iso", "msec": "epoch",
    "request": "request",
    "status": "status", "body_bytes_sent": "sc-bytes", "bytes_sent": "sc-bytes", "request_length": "cs-bytes", "request_uri": "url",
    "uri": "cs-uri-stem", "args": "cs-uri-query", "query_string": "cs-uri-query", "request_method": "cs-method", "host": "cs-host",
    "http_host": "cs-host", "server_protocol": "cs-version", "http_user_agent": "cs-user-agent", "http_referer": "cs-referer",
    "http_x_forwarded_for": "x-forwarded-for", "server_addr": "s-ip", "server_port": "s-port", "remote_port": "c-port",
}  # fmt: skip
_QUOTED, _REST = r'((?:[^"\\]|\\.)*+)', r"(.*+)"
_REQUEST = re.compile(r"([A-Za-z][A-Za-z_-]{0,31}) (\S.*?)(?: (HTTP/\d(?:\.\d)?))?\Z", re.DOTALL)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?\Z")
MAX_FORMAT = 4_096
MAX_VALUES = 80
REASON = "not a line of the given log format"


@dataclass(slots=True)
class WebFormat:
    """A reader of one such format."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    product: str
    name: str = "web-format"
    kind: str = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines that the format reads."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if self.pattern.match(line))
        return 99 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line; a line that the format does not read is a ReadProblem."""
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                found = self.pattern.match(line.strip("\0"))
                if found is None:
                    yield block.problem(index, REASON)
                else:
                    yield _event(
                        dict(zip(self.names, found.groups(), strict=True)),
                        line,
                        block.number + index,
                        stamps,
                        self.product,
                    )


def web_format(text: str) -> WebFormat:
    """The reader of a format; InputError for one that names no value, or two with nothing between them."""
    text = text.strip().replace('\\"', '"').replace("\\t", "\t")
    if len(text) > MAX_FORMAT or "\n" in text:
        raise InputError(
            "a log format is one line",
            hint="quote the LogFormat or log_format line as it stands in the server's settings",
        )
    is_nginx = "$" in text and _APACHE.search(text.replace("%%", "")) is None
    directive = _NGINX if is_nginx else _APACHE
    pieces, names, at = [], [], 0
    found = list(directive.finditer(text))
    for number, one in enumerate(found):
        pieces.append(re.escape(text[at : one.start()]))
        at = one.end()
        if one[0] == "%%":
            pieces.append("%")
            continue
        name, own = _name(one, is_nginx)
        following = text[at : at + 1]
        after = found[number + 1] if number + 1 < len(found) and found[number + 1].start() == at else None
        if after is not None and name != "cs-uri-stem":
            raise InputError(
                f"log format: nothing between {one[0]} and the value after it", hint="name a separator between them"
            )
        until = "?" + text[after.end() : after.end() + 1] if after is not None else ""
        names.append(name if name not in names else f"{name}.{number}")
        pieces.append(own or _value(following, until))
    if not names or len(names) > MAX_VALUES:
        raise InputError(
            "a log format names its values with %... or $...", hint="for example '%h %l %u %t \"%r\" %>s %b'"
        )
    pieces.append(re.escape(text[at:]))
    return WebFormat(re.compile("".join(pieces) + r"\Z", re.DOTALL), tuple(names), "nginx" if is_nginx else "apache")


def _name(one: re.Match[str], is_nginx: bool) -> tuple[str, str]:
    """(our name, a pattern of its own or "")."""
    if is_nginx:
        variable = one["braced"] or one["plain"]
        return _VARIABLES.get(variable, variable), ""
    letter, argument = one["letter"], one["argument"] or ""
    if letter == "t":
        return (
            ("time", r"\[([^\]]*+)\]")
            if not argument
            else ("epoch" if argument in ("sec", "msec") else f"t.{argument}", "")
        )
    if letter in ("i", "o", "e", "n", "C") and argument:
        return (_HEADERS.get(argument.lower(), argument) if letter == "i" else f"{letter}.{argument}"), ""
    return _LETTERS.get(letter, letter), ""


def _value(following: str, until: str) -> str:
    stop = until or following
    if not stop:
        return _REST
    return _QUOTED if stop == '"' else f"([^{re.escape(stop)}]*+)"


def _event(row: dict[str, str], line: str, number: int, stamps: Stamps, product: str) -> Event:
    fields: dict[str, Any] = {
        name: value for name, value in row.items() if value not in ("", "-") and name not in _SPECIAL
    }
    url = _url(row, fields)
    status = row.get("status", "")
    if status.isascii() and status.isdigit() and len(status) == 3:
        fields["sc-status"] = int(status)
    for name in ("sc-bytes", "cs-bytes"):
        if row.get(name, "").isdecimal() and len(row[name]) <= 18:
            fields[name] = int(row[name])
    src_ip, src_port = address_port(row.get("client", ""))
    if not src_ip and row.get("client", "-") != "-":
        fields["c-host"] = row["client"]
    host = row.get("cs-host", "").partition(":")[0].lower().rstrip(".")
    user = row.get("user", "-")
    outcome = "" if "sc-status" not in fields else "success" if status < "400" else "failure"
    return Event(
        _time(row, stamps), number, line, "webserver", product, "access", user="" if user == "-" else user, src_ip=src_ip,
        src_port=src_port, dst_ip=address(row.get("s-ip", "")), domain=host if "." in host and not address(host) else "", url=url,
        action="request", outcome=outcome, fields=fields,
    )  # fmt: skip


_SPECIAL = frozenset(("client", "user", "time", "iso", "epoch", "request", "status", "url", "query"))


def _url(row: dict[str, str], fields: dict[str, Any]) -> str:
    url = row.get("url", "")
    if "request" in row:
        found = _REQUEST.match(row["request"])
        if found is None:
            fields["cs-request"] = row["request"]
        else:
            url = found[2]
            fields["cs-method"] = found[1]
            if found[3]:
                fields["cs-version"] = found[3]
    if url:
        stem, mark, query = url.partition("?")
        fields["cs-uri-stem"] = stem
        if mark:
            fields["cs-uri-query"] = query
        return url
    query = row.get("query", "").removeprefix("?") or row.get("cs-uri-query", "").lstrip("-")
    if query:
        fields["cs-uri-query"] = query
    return row.get("cs-uri-stem", "") + (f"?{query}" if query else "")


def _time(row: dict[str, str], stamps: Stamps) -> int | None:
    if "time" in row:
        return stamps.clf(row["time"]) if len(row["time"]) >= 20 else None
    if "iso" in row:
        return stamps.iso(row["iso"]) if _ISO.match(row["iso"]) else None
    epoch = row.get("epoch", "")
    return stamps.format(epoch, "epoch-ms" if len(epoch.partition(".")[0]) > 11 else "epoch") if epoch else None
