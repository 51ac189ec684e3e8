# ruff: noqa: E501 - a pattern is read whole
"""What name servers say of queries: BIND, dnsmasq, Unbound, in files of their own or over syslog; Windows DNS's debug log.

Category dns, with Sigma's `query`, `record_type`, `answer`, `rcode`. Clients are the source, as everywhere.
"""

from __future__ import annotations

import re

from atttcli.sources.firewall.heard import Heard
from atttcli.sources.logs.address import address, port
from atttcli.sources.logs.stamps import MONTHS, Stamps

_NAME = r"[^\s'\"]{1,255}"
_BIND = re.compile(
    r"(?:(?:[a-z-]{2,24}: ){1,2})?(?:(?:info|notice|warning|error|debug \d{1,2}): )?client (?:@0x[0-9a-f]{1,16} )?"
    rf"(?P<ip>[0-9A-Fa-f.:]{{2,45}})#(?P<port>\d{{1,5}})(?: \((?P<asked>{_NAME})\))?: (?:view [\w.-]{{1,64}}: )?(?P<text>.{{1,1024}})"
)
_BIND_QUERY = re.compile(
    rf"query: (?P<query>{_NAME}) (?P<class>[A-Z]{{2,5}}) (?P<type>[A-Z0-9-]{{1,12}}) (?P<flags>\S{{1,24}})(?: \((?P<server>[0-9A-Fa-f.:]{{2,45}})\))?"
)
_BIND_DENIED = re.compile(
    rf"(?P<what>query|query \(cache\)|zone transfer|update|updating zone|bad zone transfer request:) '(?P<query>{_NAME}?)(?:/(?P<type>[A-Z0-9-]{{1,12}}))?/(?P<class>[A-Z]{{2,5}})'(?P<why>.{{0,200}})"
)
_MASQ = re.compile(
    rf"(?:\d{{1,10}} (?P<ip1>[0-9A-Fa-f.:]{{2,45}})/(?P<port>\d{{1,5}}) )?(?P<what>query|forwarded|reply|cached|config|cached-stale|validation|/[\w./-]{{1,128}}|DHCP|special|rate)"
    rf"(?:\[(?P<type>[A-Z0-9=-]{{1,12}})\])? (?P<query>{_NAME}) (?P<how>from|to|is) (?P<value>\S.{{0,255}})"
)
_UNBOUND = re.compile(
    rf"(?:\[\d{{1,10}}:[0-9a-f]{{1,8}}\] )?(?:info|notice|query|reply): (?P<ip>[0-9A-Fa-f.:]{{2,45}}) (?P<query>{_NAME}) (?P<type>[A-Z0-9]{{1,12}}) (?P<class>[A-Z]{{2,5}})"
    r"(?: (?P<rcode>[A-Z]{3,12}) (?P<seconds>[\d.]{1,16}) (?P<cached>[01]) (?P<size>\d{1,9}))?\s*\Z"
)
_UNBOUND_FILE = re.compile(r"\[(?P<epoch>\d{10})\] unbound\[\d{1,10}:[0-9a-f]{1,8}\] (?P<text>.*)\Z", re.DOTALL)
_BIND_FILE = re.compile(
    r"(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,6}))? (?P<text>.*)\Z",
    re.DOTALL,
)
_WINDOWS = re.compile(
    r"(?P<date>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}) (?P<clock>\d{1,2}:\d\d:\d\d)(?: (?P<half>AM|PM|SA|CH))? (?P<thread>[0-9A-Fa-f]{3,8}) PACKET {1,3}"
    r"(?P<packet>[0-9A-Fa-f]{8,16}) (?P<proto>UDP|TCP) (?P<way>Snd|Rcv) (?P<ip>[0-9A-Fa-f.:]{2,45}) {1,40}(?P<xid>[0-9A-Fa-f]{4}) (?P<kind>[ R]) ?"
    r"(?P<opcode>[QNU?])\s{1,4}\[(?P<flags>[0-9A-Fa-f]{4})\s{1,12}(?P<letters>[ATDR ]{0,12}?)\s{0,12}(?P<rcode>[A-Z]{3,12})\] (?P<type>[A-Z0-9]{1,12})\s{1,16}(?P<query>\S{1,512})"
)  # fmt: skip
_LABEL = re.compile(r"\((\d{1,3})\)")


def named(body: str) -> Heard | None:
    """A message of BIND's about a client; None for its others. A file's stamp before it is the caller's."""
    if dated := _BIND_FILE.match(body):  # named's own stamp after syslog's
        body = dated["text"]
    found = _BIND.match(body)
    if found is None:
        return None
    heard = Heard("dns", "bind", "query", "query", "", "", address(found["ip"]), port(found["port"]))
    text = found["text"]
    if asked := _BIND_QUERY.match(text):
        _asked(heard, asked["query"], asked["type"])
        heard.fields["flags"] = asked["flags"]
        heard.dst_ip = address(asked["server"] or "")
    elif denied := _BIND_DENIED.search(text):
        _asked(heard, denied["query"], denied["type"] or "")
        heard.service = "security"
        heard.outcome = "failure" if "denied" in denied["why"] or "bad" in denied["what"] else ""
        heard.action = (
            "zone-transfer" if "transfer" in denied["what"] else "update" if "updat" in denied["what"] else "query"
        )
        heard.fields["reason"] = denied["why"].strip(" :")
    else:
        _asked(heard, found["asked"] or "", "")
    heard.fields["message"] = text
    return heard


def dnsmasq(body: str) -> Heard | None:
    """A message of dnsmasq's with log-queries on; None for its others."""
    found = _MASQ.match(body)
    if found is None:
        return None
    how, value = found["how"], found["value"].strip()
    heard = Heard("dns", "dnsmasq", "query", "query" if how == "from" else "forward" if how == "to" else "answer")
    _asked(heard, found["query"], found["type"] or "")
    heard.fields["kind"] = found["what"]
    if found["ip1"]:
        heard.src_ip, heard.src_port = address(found["ip1"]), port(found["port"])
    if how == "from":
        heard.src_ip = heard.src_ip or address(value.partition("#")[0])
    elif how == "to":
        heard.dst_ip = address(value.partition("#")[0].partition(" ")[0])
    else:
        heard.fields["answer"] = value
        heard.outcome = "failure" if value.startswith(("NXDOMAIN", "SERVFAIL", "REFUSED")) else "success"
    return heard


def unbound(body: str) -> Heard | None:
    """A message of Unbound's with log-queries or log-replies on; None for its others."""
    found = _UNBOUND.match(body)
    if found is None:
        return None
    heard = Heard("dns", "unbound", "reply" if found["rcode"] else "query", "query", "", "", address(found["ip"]))
    _asked(heard, found["query"], found["type"])
    if found["rcode"]:
        heard.fields["rcode"] = found["rcode"]
        heard.outcome = "success" if found["rcode"] == "NOERROR" else "failure"
    return heard


def _asked(heard: Heard, query: str, record_type: str) -> None:
    heard.domain = query.lower().rstrip(".")
    heard.fields["query"] = query.rstrip(".") or "."
    if record_type:
        heard.fields["record_type"] = record_type


def own_file(line: str, stamps: Stamps) -> tuple[int | None, Heard | None]:
    """A line of BIND's or Unbound's own log file: (time, what it says)."""
    if found := _BIND_FILE.match(line):
        time = (
            stamps.clf(f"{found['day']}/{found['month']}/{found['year']}:{found['clock']}")
            if found["month"] in MONTHS
            else None
        )
        if time is not None and found["fraction"]:
            time += int(found["fraction"].ljust(6, "0"))
        return time, named(found["text"])
    if found := _UNBOUND_FILE.match(line):
        return stamps.format(found["epoch"], "epoch"), unbound(found["text"])
    return None, None


def windows(line: str, stamps: Stamps) -> tuple[int | None, Heard | None]:
    """A PACKET line of the Windows DNS server's debug log: (time, what it says)."""
    found = _WINDOWS.match(line)
    if found is None:
        return None, None
    heard = Heard("dns", "windows", "dns-server-debug", "query")
    remote = address(found["ip"])
    received = found["way"] == "Rcv"
    if (found["kind"] == "R") == received:  # an answer that came in, or a question that went out: the server asks
        heard.dst_ip, heard.dst_port = remote, 53
    else:
        heard.src_ip = remote
    if found["kind"] == "R":
        heard.action, heard.outcome = "answer", "success" if found["rcode"] == "NOERROR" else "failure"
    _asked(heard, ".".join(_labels(found["query"])), found["type"])
    heard.fields.update(
        rcode=found["rcode"], protocol=found["proto"], direction=found["way"], xid=found["xid"], thread=found["thread"]
    )
    return _windows_time(found, stamps), heard


def _labels(text: str) -> list[str]:
    """`(3)www(7)example(3)com(0)` to its labels."""
    return [part for part in _LABEL.split(text)[2::2] if part]


def _windows_time(found: re.Match[str], stamps: Stamps) -> int | None:
    """The server's regional format: year first, month first before AM/PM, else day first unless that is no day."""
    first, second, third = (int(part) for part in re.split(r"[/.-]", found["date"]))
    half, clock = found["half"], found["clock"].zfill(8)
    year, month, day = (first, second, third) if first > 31 else (third, second, first)
    if first <= 31 and (half in ("AM", "PM") or second > 12):
        month, day = first, second
    if half:
        hour = int(clock[:2]) % 12 + (12 if half in ("PM", "CH") else 0)
        clock = f"{hour:02d}{clock[2:]}"
    return stamps.iso(f"{year:04d}-{month:02d}-{day:02d} {clock}")
