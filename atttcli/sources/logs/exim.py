"""Exim: mainlog and rejectlog as files of their own, and the same messages in syslog.

`2026-11-23 10:04:05 [pid] 1abcde-000123-AB H=client.example (helo) [192.0.2.7]:5123 F=<a@x.example> rejected RCPT <b@y.example>: x`
What a client says in its HELO stands in parentheses before its address, which Exim itself writes in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Record
from atttcli.sources.logs.address import port
from atttcli.sources.logs.joined import Joined, read_joined
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.logs.message import MESSAGE_LIMIT, Pattern, Said, fill, first_match, pattern
from atttcli.sources.logs.stamps import ISO, Stamps

_HEAD = re.compile(
    rf"(?:(?P<host>\S{{1,255}}) exim\[(?P<pid>\d{{1,10}})\]: )?(?P<stamp>{ISO}) (?P<text>.+)\Z", re.DOTALL
)
_PREFIX = re.compile(
    r"(?:\[(?P<pid>\d{1,10})\] )?(?:(?P<queue_id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) )?(?P<text>.*)\Z",
    re.DOTALL,
)
_ADDRESS = r"\[(?P<ip>[0-9A-Fa-f:.]{2,60})\](?::(?P<port>\d{1,5})\b)?"
_PEER = rf"(?:(?P<client>[^\s()\[\]]{{1,255}}) )?(?:\((?P<helo>\S{{0,255}})\) )?{_ADDRESS}"
_OWN = r"(?: I=\[(?P<dst_ip>[^\]\s]{2,60})\](?::(?P<dst_port>\d{1,5}))?)?"
_PATTERNS: tuple[Pattern, ...] = (
    pattern(" authenticator failed for ", rf"\A(?P<method>\S{{1,60}}) authenticator failed for {_PEER}{_OWN}"
            r"(?: \w{1,4}=[^\s:]++)*+: "
            r"(?P<reason>[^(]*+)(?:\([^)]*+\)(?!\Z)[^(]*+)*+(?:\(set_id=(?P<user>.*)\))?", "login", "failure"),
    pattern("SMTP protocol error in ", rf"\ASMTP protocol error in \".*\" H={_PEER}{_OWN}(?: \w{{1,4}}=\S+)*+ (?P<reason>.*)\Z",
            "connect", "failure"),
    pattern("synchronization error", rf"\ASMTP protocol synchronization error \((?P<reason>[^)]*)\): rejected (?:connection from|"
            rf"\"[^\"]*\") H={_PEER}{_OWN}", "connect", "failure"),
    pattern("SMTP call from ", rf"\ASMTP call from {_PEER}{_OWN} dropped: (?P<reason>.*)\Z", "connect", "failure"),
    pattern("no MAIL in SMTP", rf"\Ano MAIL in SMTP connection from {_PEER}{_OWN}", "connect", "", "no command"),
    pattern("SMTP connection from", rf"\ASMTP connection from {_PEER}{_OWN} (?P<reason>closed by DROP in ACL)",
            "reject", "failure"),
    pattern("SMTP connection from", rf"\A(?:TLS error on )?SMTP connection from {_PEER}{_OWN} ?(?P<reason>.*)\Z", "connect"),
    pattern("TLS error on connection from", rf"\ATLS error on connection from {_PEER}{_OWN} (?P<reason>.*)\Z",
            "connect", "failure"),
    pattern("unexpected disconnection", rf"\Aunexpected disconnection while reading SMTP command from {_PEER}", "disconnect"),
    pattern("no host name found", r"\Ano host name found for IP address (?P<ip>\S{2,60})\Z", "connect", "", "reverse-lookup"),
    pattern("no IP address found", rf"\Ano IP address found for host \S+ \(during SMTP connection from {_PEER}{_OWN}",
            "connect", "",
            "reverse-lookup"),
    pattern("SA: Action: ", r"\ASA: Action: (?P<reason>[^:]*):.*From <(?P<from>[^>]*)> \(host=(?P<client>\S+) "
            r"\[(?P<ip>[^\]\s]{2,60})\]\) for (?P<user>\S*)", "reject", "failure"),
    pattern("Completed", r"\ACompleted", "removed"),
)  # fmt: skip
_REJECT = re.compile(rf"\A(?:F=(?P<from>\S{{1,320}}) )?H={_PEER}{_OWN}(?P<rest>.*)\Z", re.DOTALL)
_REJECT_WHY: tuple[Pattern, ...] = (
    pattern("rejected RCPT", r" (?:temporarily )?rejected RCPT <?(?P<user>[^>:\s]{0,320})>?:? ?(?P<reason>.*)\Z",
            "reject", "failure",
            "rcpt"),
    pattern("sender verify ", r" sender verify (?:fail|defer) for <(?P<user>[^>]{0,320})>:? ?(?P<reason>.*)\Z",
            "reject", "failure"),
    pattern("ejected", r" (?P<stage>(?:temporarily )?rejected (?:after \w+|by \S+|connection in \S+ ACL|\w+))"
            r"[^:]*:? ?(?P<reason>.*)\Z",
            "reject", "failure"),
    pattern("dropped by", r" (?P<stage>dropped by \S+ ACL): ?(?P<reason>.*)\Z", "reject", "failure"),
)  # fmt: skip
_FROM = re.compile(r" F=<([^>]{0,320})>")
_RECEIVED = re.compile(
    rf"\A<= (?P<from>\S{{1,320}})(?: R=\S+)?(?: U=(?P<local>\S+))?(?: H={_PEER})?(?P<rest>.*)\Z", re.DOTALL
)
_PAIR = re.compile(r" (A|S|P|id|X|for|T)=?(\S{1,400})")
_DELIVERED = re.compile(r"\A(?P<mark>=>|->|==|\*\*|>>|\*>) (?P<to>[^\s:]{1,320})(?P<rest>.*)\Z", re.DOTALL)
_HOST = re.compile(r" H=(?P<relay>\S{1,255}) \[(?P<ip>[^\]\s]{2,60})\](?::(?P<port>\d{1,5}))?")
_OUTCOMES = {"=>": "success", "->": "success", ">>": "success", "*>": "success", "==": "", "**": "failure"}
_KNOWN = re.compile(
    r"(?:<=|=>|->|==|\*\*|H=|F=|SMTP |Completed|no (?:host name|IP address|MAIL)|\S{1,60} authenticator failed|SA: |Start queue run"
    r"|End queue run|TLS error|exim \d|unexpected disconnection|\[\S+\] SMTP)"
)
_STARTS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\S{1,255} exim\[\d{1,10}\]: \d{4}-")
REASON = "not a record of an Exim log"


class Exim:
    """mainlog and rejectlog."""

    name = "exim"
    kind = "log"

    def recognise(self, given: Input) -> int:
        """By records that begin as Exim's do; header lines between them (rejectlog) do not count against."""
        lines = head_lines(given)
        heads = [line for line in lines if _STARTS.match(line)]
        hits = sum(1 for line in heads if _knows(line))
        return 93 * hits // len(heads) if hits and hits * 2 >= len(heads) and len(heads) * 4 >= len(lines) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """An Event a record, a rejected message's headers in `raw` and `fields["headers"]`."""
        stamps = Stamps(given)
        for record in read_joined(given, lambda line: _STARTS.match(line.lstrip("\0")) is not None, REASON):
            yield record if isinstance(record, ReadProblem) else _event(record, stamps)


def _knows(line: str) -> bool:
    found = _HEAD.match(line)
    prefix = _PREFIX.match(found["text"]) if found else None
    return prefix is not None and _KNOWN.match(prefix["text"]) is not None


def _event(record: Joined, stamps: Stamps) -> Event:
    found = _HEAD.match(record.lines[0].lstrip("\0"))
    if found is None or record.continues:
        fields = {"continues": record.continues} if record.continues else {}
        return Event(None, record.number, record.text, "mail", "exim", "main", fields=fields)
    said = exim("exim", found["text"][:MESSAGE_LIMIT].rstrip())
    said.fields = {"message": found["text"], **said.fields}
    if found["pid"]:
        said.fields["pid"] = int(found["pid"])
    if len(record.lines) > 1:
        said.fields["headers"] = "\n".join(record.lines[1:])
    return Event(
        stamps.iso(found["stamp"]), record.number, record.text, said.category, said.product, said.service, found["host"] or "",
        said.user, said.src_ip, said.src_port, said.dst_ip, said.dst_port, action=said.action, outcome=said.outcome,
        fields=said.fields,
    )  # fmt: skip


def exim(program: str, message: str) -> Said:
    """A message after Exim's stamp; in syslog it may repeat the stamp."""
    again = _HEAD.match(message)
    prefix = _PREFIX.match(again["text"] if again else message)
    text = prefix["text"] if prefix else message
    said = _understood(text)
    dst_port = said.fields.pop("dst_port", "")
    said.dst_port = port(dst_port) or said.dst_port
    if "reason" in said.fields:
        said.fields["reason"] = said.fields["reason"].strip(" :")
    if prefix:
        said.fields |= {name: value for name, value in (("queue_id", prefix["queue_id"]),) if value}
        if prefix["pid"]:
            said.fields["pid"] = int(prefix["pid"])
    return said


def _understood(text: str) -> Said:
    words = ("mail", "exim", "main")
    if found := _DELIVERED.match(text):
        return _delivery(found)
    if found := _RECEIVED.match(text):
        return _received(found)
    if found := _REJECT.match(text):
        rest = found["rest"]
        said = first_match(rest, _REJECT_WHY, words) or Said(*words, "connect")
        fill(said, {name: value for name, value in found.groupdict().items() if name != "rest"})
        if sender := _FROM.search(rest):
            said.fields["from"] = sender[1]
        return said
    return first_match(text, _PATTERNS, words) or Said(*words)


def _received(found: re.Match[str]) -> Said:
    """`<=`: a message came in; the account that authenticated, else the sender."""
    said = Said("mail", "exim", "main", "send", "success")
    fill(said, {name: value for name, value in found.groupdict().items() if name != "rest"})
    pairs = dict(_PAIR.findall(found["rest"]))
    account = pairs.get("A", "").partition(":")[2]
    said.user = account or found["from"]
    if pairs.get("S", "").isdecimal():
        said.fields["size"] = int(pairs["S"][:15])
    fill(said, {"method": pairs.get("A"), "proto": pairs.get("P"), "message_id": pairs.get("id")})
    return said


def _delivery(found: re.Match[str]) -> Said:
    said = Said("mail", "exim", "main", "deliver", _OUTCOMES[found["mark"]])
    status = {"success": "sent", "": "deferred", "failure": "bounced"}[said.outcome]
    fill(said, {"to": found["to"], "status": status})
    if host := _HOST.search(found["rest"]):
        fill(said, {"dst_ip": host["ip"], "relay": host["relay"]})
        said.dst_port = port(host["port"] or "")
    return said
