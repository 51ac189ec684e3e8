"""Error logs of nginx (web and mail proxy, as Zimbra runs it) and Apache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import address_port
from atttcli.sources.logs.lines import head_lines, read_blocks
from atttcli.sources.logs.message import MESSAGE_LIMIT, Pattern, Said, fill, first_match, pattern
from atttcli.sources.logs.stamps import Stamps

_NGINX = re.compile(
    r"(?P<stamp>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>[a-z]{3,8})\] (?P<pid>\d{1,10})#(?P<tid>\d{1,10}): (?P<message>.*)\Z",
    re.DOTALL,
)
_APACHE = re.compile(
    r"\[(?P<weekday>[A-Z][a-z]{2}) (?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:\.(?P<fraction>\d{1,9}))? (?P<year>\d{4})\] \[(?:(?P<module>[\w-]{0,40}):)?(?P<level>[a-z0-9]{1,10})\] "
    r"(?:\[pid (?P<pid>\d{1,10})(?::tid \d{1,20})?\] )?(?P<message>.*)\Z",
    re.DOTALL,
)
_CLIENT = re.compile(
    r"\A(?:\[[^\]]{0,200}\] ){0,3}?\[(?:client|remote) (?P<ip>[^\]\s]{1,100})\] ?(?P<text>.*)\Z", re.DOTALL
)
# What nginx appends. The last one counts: user names and decoded paths stand before it and may imitate it; behind it stands
# the raw request line, in which nginx allows no blanks.
_TAIL = re.compile(r', client: (?P<ip>[^,\s"]{2,100}), server: (?P<server>[^,"]{0,255})')
_BARE_TAIL = re.compile(r', client: (?P<ip>[^,\s"]{2,100})')
_PAIR = re.compile(r', (request|upstream|host|referrer|login): "((?:[^"\\]|\\.)*+)"')
_LOGIN: tuple[Pattern, ...] = (
    pattern("client login failed", r"client login failed: \"(?P<reason>[^\"]*)\"", "login", "failure"),
    pattern("client logged in", r"client logged in", "login", "success"),
    pattern("was not found in", r"user \"(?P<user>.*)\" was not found in", "login", "failure", "invalid-user"),
    pattern("password mismatch", r"user \"(?P<user>.*)\": password mismatch", "login", "failure", "password mismatch"),
    pattern("no user/password", r"no user/password was provided", "login", "failure", "no credentials"),
    pattern("Password Mismatch", r"user (?P<user>[^:\s]+): authentication failure for \"(?P<path>[^\"]*)\": Password Mismatch",
            "login", "failure", "password mismatch"),
    pattern(" not found", r"user [`'\"]?(?P<user>[^:\s`'\"]+)[`'\"]?(?: in realm [^:]+)? not found: (?P<path>\S+)", "login",
            "failure", "invalid-user"),
)  # fmt: skip
REASON = "not a line of an nginx or Apache error log"


class ErrorLog:
    """nginx and Apache error logs."""

    name = "web-error"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By the share of the first lines with such a head."""
        lines = head_lines(given)
        hits = sum(1 for line in lines if _NGINX.match(line) or _APACHE.match(line))
        return 94 * hits // len(lines) if hits * 3 >= len(lines) and hits else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a line; anything else is a ReadProblem."""
        stamps = Stamps(given)
        for block in read_blocks(given):
            if isinstance(block, ReadProblem):
                yield block
                continue
            for index, line in enumerate(block.lines):
                if not line or line.isspace():
                    continue
                yield _parse(line, block.number + index, stamps) or block.problem(index, REASON)


def _parse(line: str, number: int, stamps: Stamps) -> Event | None:
    text = line.strip("\0")
    if found := _NGINX.match(text):
        said = nginx(found["message"][:MESSAGE_LIMIT].rstrip())
        time = stamps.iso(found["stamp"])
    elif found := _APACHE.match(text):
        said = apache(found["message"][:MESSAGE_LIMIT].rstrip())
        time = stamps.clf(f"{int(found['day']):02d}/{found['month']}/{found['year']}:{found['clock']}")
        if time is not None and found["fraction"]:
            time += int(found["fraction"][:6].ljust(6, "0"))
    else:
        return None
    fields: dict[str, Any] = {"level": found["level"], "message": found["message"], **said.fields}
    if found["pid"]:
        fields["pid"] = int(found["pid"])
    return Event(
        time, number, line, said.category, said.product, said.service, "", said.user, said.src_ip, said.src_port,
        said.dst_ip, said.dst_port, said.domain, said.url, "", said.action, said.outcome, fields,
    )  # fmt: skip


def nginx_syslog(message: str) -> Said:
    """nginx's error message sent to syslog: the same head as in the file."""
    found = _NGINX.match(message)
    return nginx(found["message"] if found else message)


def nginx(message: str) -> Said:
    """The message after nginx's stamp, level and connection number."""
    is_mail = " login: " in message or "http auth state" in message
    category = "mail" if is_mail else "webserver"
    said = first_match(message, _LOGIN, (category, "nginx", "error"))
    said = said or Said(category, "nginx", "error")
    full = list(_TAIL.finditer(message))
    tail = full[-1] if full else _BARE_TAIL.search(message)
    if tail:
        fill(said, tail.groupdict())
        for name, value in _PAIR.findall(message, tail.end()):
            if name == "login":
                said.user = said.user or value
            elif name == "request":
                said.url = value.split(" ")[1] if value.count(" ") else ""
                said.fields[name] = value
            else:
                said.fields[name] = value
    return said


def apache(message: str) -> Said:
    """The message after Apache's stamp and level, or all of what it sends to syslog."""
    client = _CLIENT.match(message)
    text = client["text"] if client else message
    said = first_match(text, _LOGIN, ("webserver", "apache", "error"))
    said = said or Said("webserver", "apache", "error")
    if client:
        said.src_ip, said.src_port = address_port(client["ip"])
        if not said.src_ip and client["ip"].count(":") >= 3:  # Apache writes 2001:db8::1:443 without brackets
            said.src_ip, said.src_port = _unbracketed(client["ip"])
    return said


def _unbracketed(text: str) -> tuple[str, int]:
    head, _, tail = text.rpartition(":")
    return address_port(f"[{head}]:{tail}")
