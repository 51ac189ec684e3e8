"""Web access logs of Apache, nginx and their kin: common and combined format, with or without a virtual host in front.

Native names follow W3C as Sigma's `webserver` category does (cs-method, sc-status ...). The URL is kept as it was sent:
still percent-encoded, still with the server's own escapes (`\\x16`, `\\"`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address_port
from atttcli.sources.logs.lines import Block, head_lines, read_blocks
from atttcli.sources.logs.stamps import Stamps
from atttcli.sources.logs.web_usual import usual_lines

# Possessive quantifiers (*+, ++) keep every pattern linear on crafted lines.
_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = re.compile(
    r"(.{5,4096}?) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: (?:[+-]\d{4})?)?)\] {1,2}"
    + _QUOTED
    + r" (\d{3}|-) (\d++|-)"
    rf"(?: {_QUOTED} {_QUOTED})?+(.*+)\Z",
    re.DOTALL,
)
_FAST = re.compile(  # most of what is not usual; the general pattern takes the rest
    r'(\S++) (\S++) (\S++) \[([^\]]{20,26})\] "([A-Z]++) ([^\s"\\]++) (HTTP/[0-9.]++)" (\d{3}) (\d++)'
    r'(?: "([^"\\]*+)" "([^"\\]*+)"(?: (.++))?+)?+\Z'
)
_REQUEST = re.compile(r"([A-Za-z][A-Za-z_-]{0,31}) (\S.*?)(?: (HTTP/\d(?:\.\d)?))?\Z", re.DOTALL)
REASON = "not a line of a web access log"


class WebAccess:
    """Apache and nginx access logs."""

    name = "web-access"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines that read as access log lines."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _LINE.match(line))
        return 95 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line; a line that is none of this format is a ReadProblem."""
        stamps = Stamps(given)
        usual = usual_lines(stamps)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
            else:
                yield from _events(block, stamps, usual)


def _events(block: Block, stamps: Stamps, usual: Callable[[str, int], Event | None]) -> Iterator[Event | ReadProblem]:
    fast, clf, client_of = _FAST.match, stamps.clf, address_port
    for number, line in enumerate(block.lines, block.number):
        event = usual(line, number)
        if event is not None:
            yield event
            continue
        found = fast(line)
        if found is None:
            if not line or line.isspace():
                continue
            event = _general(line, number, stamps)
            yield event or block.problem(number - block.number, REASON)
            continue
        client, ident, user, stamp, method, url, version, status, size, referer, agent, rest = found.groups()
        stem, mark, query = url.partition("?")
        fields: dict[str, object] = {
            "cs-method": method,
            "cs-uri-stem": stem,
            "cs-version": version,
            "sc-status": int(status),
            "sc-bytes": _whole(size),
        }
        if mark:
            fields["cs-uri-query"] = query
        if agent is not None:
            fields["cs-referer"] = referer
            fields["cs-user-agent"] = agent
        src_ip, src_port = client_of(client)
        if not src_ip:
            fields["c-host"] = client
        if ident != "-":
            fields["ident"] = ident
        if rest is not None:
            _extra(rest, fields)
        yield Event(
            clf(stamp), number, line, "webserver", "", "access", "", "" if user == "-" else user, src_ip, src_port,
            "", 0, "", url, "", "request", "success" if status < "400" else "failure", fields,
        )  # fmt: skip


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 18 else 0


def _general(line: str, number: int, stamps: Stamps) -> Event | None:
    found = _LINE.match(line.strip("\0"))
    if found is None:
        return None
    who, stamp, request, status, size, referer, agent, rest = found.groups()
    vhost, client, ident, user = _who(who)
    url, fields = _request(request)
    if status != "-":
        fields["sc-status"] = int(status)
    if size != "-":
        fields["sc-bytes"] = _whole(size)
    if agent is not None:
        fields["cs-referer"], fields["cs-user-agent"] = referer, agent
    src_ip, src_port = address_port(client)
    if not src_ip:
        fields["c-host"] = client
    if ident != "-":
        fields["ident"] = ident
    if vhost:
        fields["cs-host"] = vhost
    if rest.strip():
        _extra(rest.strip(), fields)
    outcome = "" if status == "-" else "success" if status < "400" else "failure"
    return Event(
        stamps.clf(stamp), number, line, "webserver", "", "access", user="" if user in ("-", '""') else user,
        src_ip=src_ip, src_port=src_port, domain=_domain(vhost), url=url, action="request", outcome=outcome, fields=fields,
    )  # fmt: skip


def _who(text: str) -> tuple[str, str, str, str]:
    """`[vhost[:port] ]client ident user`, where a user name may hold spaces: (vhost, client, ident, user)."""
    words = text.split(" ")
    in_front = len(words) > 3 and not address_port(words[0])[0] and (len(words) == 4 or address_port(words[1])[0] != "")
    vhost = words.pop(0) if in_front else ""
    words += ["-", "-"]
    return vhost, words[0], words[1], " ".join(words[2:-2]) or "-"


def _extra(text: str, fields: dict[str, object]) -> None:
    """What a site appends to the combined format; a quoted address list in front is nginx's X-Forwarded-For."""
    fields["extra"] = text
    if text.startswith('"'):
        forwarded = text[1:].partition('"')[0]
        if all(address_port(part.strip())[0] for part in forwarded.split(",", 32)):
            fields["x-forwarded-for"] = forwarded


def _request(request: str) -> tuple[str, dict[str, object]]:
    found = _REQUEST.match(request)
    if found is None:  # TLS or other bytes on a plain port, or a client that said nothing
        return "", {"cs-request": request}
    method, url, version = found.groups()
    stem, mark, query = url.partition("?")
    fields: dict[str, object] = {"cs-method": method, "cs-uri-stem": stem}
    if mark:
        fields["cs-uri-query"] = query
    if version:
        fields["cs-version"] = version
    return url, fields


def _domain(vhost: str) -> str:
    name = vhost.rpartition(":")[0] or vhost
    return name.lower().rstrip(".") if "." in name and not address_port(name)[0] else ""
