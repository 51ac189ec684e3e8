"""Sendmail in syslog. Records of one message share the queue id, which stays in `fields` (nothing is joined)."""

from __future__ import annotations

import re

from atttcli.sources.logs.message import Pattern, Said, fill, first_match, pattern

_QUEUE = re.compile(r"(?P<queue_id>[0-9A-Za-z]{8,20}): ")
_PEER = r"(?P<client>[^\s\[\],:]{0,255}) ?\[(?P<ip>[^\]\s]{2,70})\](?: \(may be forged\))?"
_AUTH = re.compile(r"\AAUTH failure \((?P<method>[^()]{0,40})\): (?P<reason>[^,]{0,400})")
_AUTH_END = re.compile(rf"(?:, user=(?P<user>[^,]{{0,320}}))?, relay={_PEER}\Z")
_AUTH_USER = re.compile(r", user=(.*?), relay=", re.DOTALL)
_PATTERNS: tuple[Pattern, ...] = (
    pattern("AUTH=server", rf"\AAUTH=server, relay={_PEER}, authid=(?P<user>.*), mech=(?P<method>[\w-]+)", "login", "success"),
    pattern("possible SMTP attack", rf"\A{_PEER}: possible SMTP attack: command=(?P<command>\w+), count=(?P<count>\d{{1,9}})\Z",
            "login", "failure", "possible attack"),
    pattern("ruleset=", rf"\Aruleset=(?P<ruleset>\w+), arg1=<?(?P<to>[^>,]*)>?,(?: arg2=[^,]*,)? relay={_PEER}, "
            r"reject=(?P<status>\d{3}) (?:(?P<dsn>\d\.\d{1,3}\.\d{1,3}) )?(?P<reason>.*)\Z", "reject", "failure"),
    pattern("rejecting commands from", rf"\Arejecting commands from {{1,2}}{_PEER} due to (?P<reason>.*)\Z", "reject", "failure"),
    pattern("ejected", rf"\A{_PEER}: (?P<command>\w{{4}}) (?P<argument>.*) \[rejected\]\Z", "reject", "failure", "probe"),
    pattern("did not issue", rf"\A{_PEER} did not issue (?P<missing>\S+) during connection", "connect", "", "no command"),
    pattern("lost input channel", rf"\Alost input channel from {_PEER} to (?P<daemon>\S+) after (?P<stage>.*)\Z", "disconnect", "",
            "lost"),
    pattern("STARTTLS=server", rf"\ASTARTTLS=server, relay={_PEER}, version=(?P<version>[^,]*)", "connect"),
    pattern("nrcpts=", r"\Afrom=<?(?P<user>[^>,]*)>?, size=(?P<size>\d{1,15}), class=-?\d+, nrcpts=(?P<nrcpt>\d{1,9})"
            rf"(?:.*, relay={_PEER}\Z)?", "send", "success"),
    pattern("... ", r"\A<(?P<to>[^>]*)>\.\.\. (?P<reason>No such user.*|User unknown.*)\Z", "reject", "failure"),
)  # fmt: skip
_DELIVERY = re.compile(r"\Ato=<?(?P<to>[^>,]{0,320})>?,.*\bstat=(?P<status>[^\n]{1,400})\Z", re.DOTALL)
_RELAY = re.compile(r", relay=(?P<name>[^\s\[,]{0,255}) ?(?:\[(?P<ip>[^\]\s]{2,70})\])?")
_DSN = re.compile(r", dsn=(\d\.\d{1,3}\.\d{1,3})")
PROGRAMS = ("sendmail", "sm-mta", "sm-acceptingconnections", "sm-msp-queue", "sm-queue", "sendmail-in")


def sendmail(program: str, message: str) -> Said:
    """A message of sendmail under any of its names."""
    words = ("mail", "sendmail", "sendmail")
    queue = _QUEUE.match(message)
    text = message[queue.end() :] if queue else message
    if text.startswith("AUTH failure"):
        said = _refused(text)
    elif text.startswith("to=") and (found := _DELIVERY.match(text)):
        said = _delivered(found, text)
    else:
        said = first_match(text, _PATTERNS, words) or Said(*words)
        said.fields |= {name: int(said.fields[name]) for name in ("size", "nrcpt") if name in said.fields}
    if queue:
        said.fields["queue_id"] = queue["queue_id"]
    return said


def _refused(text: str) -> Said:
    said = Said("mail", "sendmail", "sendmail", "login", "failure")
    if head := _AUTH.match(text):
        fill(said, head.groupdict())
    if end := _AUTH_END.search(text[-800:]):
        fill(said, {name: value for name, value in end.groupdict().items() if name != "user"})
        said.user = end["user"] or ""
    if not said.user and (user := _AUTH_USER.search(text)):
        said.user = user[1]
    return said


def _delivered(found: re.Match[str], text: str) -> Said:
    status = found["status"]
    sent = status.startswith("Sent")
    outcome = "success" if sent else "" if status.lower().startswith(("deferred", "queued")) else "failure"
    said = Said("mail", "sendmail", "sendmail", "deliver", outcome)
    fill(said, {"to": found["to"], "status": status.partition(" ")[0].rstrip(":").lower(), "text": status})
    if relay := _RELAY.search(text):
        fill(said, {"dst_ip": relay["ip"], "relay": relay["name"]})
    if dsn := _DSN.search(text):
        said.fields["dsn"] = dsn[1]
    return said
