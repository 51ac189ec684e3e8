"""HAProxy's messages in syslog: `option httplog`, `option tcplog`, and the error line of a connection without a session."""

from __future__ import annotations

import re

from atttcli.sources.logs.message import Said, fill

_CLIENT = r"\A(?P<ip>\S{2,60}):(?P<port>\d{1,5}) \[(?P<accept_date>[^\]]{10,40})\] (?P<frontend>[^\s/]{1,255})"
_HTTP = re.compile(
    _CLIENT
    + r" (?P<backend>[^\s/]{1,255})/(?P<server>\S{1,255}) (?P<timers>-?\d+(?:/\+?-?\d+){3,4}) (?P<status>-?\d{1,3}) "
    r"\+?(?P<bytes>\d{1,18}) (?P<req_cookie>\S{1,4096}) (?P<res_cookie>\S{1,4096}) (?P<termination>\S{2,4}) "
    r"(?P<conns>\+?[\d/+]{5,60}) (?P<queues>\d+/\d+)"
    r"(?: \{(?P<captured>[^}]{0,4096})\})?(?: \{(?P<captured_response>[^}]{0,4096})\})? \"(?P<request>.*)",
    re.DOTALL,
)
_TCP = re.compile(
    _CLIENT
    + r" (?P<backend>[^\s/]{1,255})/(?P<server>\S{1,255}) (?P<timers>-?\d+(?:/\+?-?\d+){2}) \+?(?P<bytes>\d{1,18}) "
    r"(?P<termination>\S{2,4}) (?P<conns>\+?[\d/+]{5,60}) (?P<queues>\d+/\d+)"
)
_ERROR = re.compile(_CLIENT + r"/(?P<bind>[^\s:]{1,255}): (?P<reason>.*)\Z", re.DOTALL)
_REQUEST = re.compile(r"(?P<method>[A-Za-z]{1,32}) (?P<url>\S{1,8192})(?: (?P<version>HTTP/\d(?:\.\d)?))?")
_NATIVE = (
    "accept_date",
    "frontend",
    "backend",
    "server",
    "timers",
    "termination",
    "conns",
    "queues",
    "captured",
    "captured_response",
)


def haproxy(program: str, message: str) -> Said:
    """A request (category webserver), a connection or an error; anything else is a plain message of the service."""
    if found := _HTTP.match(message):
        return _http(found)
    if found := _TCP.match(message):
        said = Said("firewall", "haproxy", "tcp", "connect", "success" if found["server"] != "<NOSRV>" else "failure")
        fill(said, {name: value for name, value in found.groupdict().items() if name != "bytes"})
        said.fields["bytes"] = int(found["bytes"])
        return said
    if found := _ERROR.match(message):
        said = Said("webserver", "haproxy", "error", "connect", "failure")
        fill(said, found.groupdict())
        return said
    return Said("", "haproxy", "haproxy")


def _http(found: re.Match[str]) -> Said:
    status = found["status"]
    said = Said("webserver", "haproxy", "access", "request", "success" if "100" <= status < "400" else "failure")
    fill(said, {name: found[name] for name in ("ip", "port", *_NATIVE)})
    request = found["request"].removesuffix('"')
    if parts := _REQUEST.match(request):
        said.url = parts["url"]
        stem, mark, query = parts["url"].partition("?")
        said.fields |= {"cs-method": parts["method"], "cs-uri-stem": stem}
        if mark:
            said.fields["cs-uri-query"] = query
        if parts["version"]:
            said.fields["cs-version"] = parts["version"]
    else:
        said.fields["cs-request"] = request
    said.fields["sc-status"], said.fields["sc-bytes"] = int(status), int(found["bytes"])
    return said
