"""Webmail: Roundcube, SOGo, Horde and SquirrelMail, in syslog and in files of their own.

[23-Nov-2026 10:04:05 +0700]: <sess> IMAP Error: Login failed for an against localhost from 192.0.2.7. AUTHENTICATE PLAIN: ...
Nov 23 10:04:05 sogod [14]: SOGoRootPage Login from '192.0.2.7' for user 'an' might not have worked - password policy: ...
11/23/2026 10:04:05 [LOGIN_ERROR] an (x.example) from 192.0.2.7: Unknown user or password incorrect.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from atttcli.model.event import Event
from atttcli.sources.lined import LineLog
from atttcli.sources.logs.message import MESSAGE_LIMIT, Pattern, Said, fill, first_match, pattern
from atttcli.sources.logs.stamps import Stamps

_IP = r"(?P<ip>[0-9A-Fa-f.:]{1,59}[0-9A-Fa-f:])"
_ROUNDCUBE: tuple[Pattern, ...] = (
    pattern("ogin failed for ", rf"(?:Login failed|Failed login) for (?P<user>.*) against (?P<server>\S+) from {_IP}"
            r"(?:\(X-(?:Real-IP|Forwarded-For): (?P<forwarded>[^)]*)\))?[.\s]*+(?P<reason>.*)\Z", "login", "failure"),
    pattern("ailed login for ", rf"\A(?:<\w*> )?Failed login for (?P<user>.*) from {_IP} in session (?P<session>\S+)", "login",
            "failure"),
    pattern("uccessful login for ", rf"\A(?:<\w*> )?Successful login for (?P<user>.*) \(ID: (?P<uid>\d+)\) from {_IP}", "login",
            "success"),
    pattern("essage ", rf"\A(?:<\w*> )?User (?P<user>\S+) \[{_IP}\](?: \([^)]*\))?; Message (?P<message_id>\S*) for (?P<to>[^;]*); "
            r"(?P<status>\d{3}):? ?(?P<text>.*)\Z", "send", "success"),
)  # fmt: skip
_SOGO: tuple[Pattern, ...] = (
    pattern("might not have worked", rf"Login from '{_IP}(?:, [^']*)?' for user '(?P<user>.*)' might not have worked(?: - )?"
            r"(?P<reason>.*)\Z", "login", "failure"),
    pattern("uccessful login", rf"uccessful login from '{_IP}(?:, [^']*)?' for user '(?P<user>.*)' - (?P<text>.*)\Z", "login",
            "success"),
)  # fmt: skip
_SOGO_HTTP = re.compile(
    r"\A(?:\|?SOGo\|? )?(?P<ip>[0-9A-Fa-f.:]{2,60}), ?\S* ?.{0,20}?\"(?P<method>[A-Z]{3,10}) (?P<url>\S{1,4096}) HTTP/[\d.]+\" "
    r"(?P<status>\d{3}) "
)
_HORDE: tuple[Pattern, ...] = (
    pattern("FAILED LOGIN", rf"FAILED LOGIN for (?P<user>.*) \[{_IP}\](?: \(forwarded for \[(?P<forwarded>[^\]]*)\]\))? to "
            r"(?P<server>\S+)", "login", "failure"),
    pattern("ogin success", rf"Login success for (?P<user>.*) \[{_IP}\]", "login", "success"),
    pattern("ogin success", rf"Login success for (?P<user>.*) \({_IP}\)", "login", "success"),
    pattern("FAILED LOGIN", rf"FAILED LOGIN for (?P<user>.*) \({_IP}\)", "login", "failure"),
)  # fmt: skip
_SQUIRREL: tuple[Pattern, ...] = (
    pattern("[LOGIN_ERROR]", rf"\A\[LOGIN_ERROR\] (?P<user>.*) \((?P<server>[^()]*)\) from {_IP}: (?P<reason>.*)\Z",
            "login", "failure"),
    pattern("[LOGIN]", rf"\A\[LOGIN\] (?P<user>.*) \((?P<server>[^()]*)\) from {_IP}:", "login", "success"),
    pattern("[MASS_MAILING]", rf"\A\[MASS_MAILING\] (?P<user>.*) \((?P<server>[^()]*)\) from {_IP}:", "send"),
)  # fmt: skip
_ROUNDCUBE_HEAD = re.compile(
    r"\[(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d)(?:\.\d{1,6})? ?(?P<zone>[+-]\d{4})?\]: ?"
    r"(?P<text>.+)\Z",
    re.DOTALL,
)
_SQUIRREL_HEAD = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d) (?P<text>\[[A-Z_]{3,30}\] .+)\Z", re.DOTALL)
_INSIDE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7"))
)
REASON = "not a line of a webmail log"


class Webmail(LineLog):
    """Roundcube's errors, userlogins and sendmail logs; SquirrelMail's logger."""

    def __init__(self) -> None:
        super().__init__("webmail", _is_head, _parse, REASON, 90, share=2)


def _is_head(line: str) -> bool:
    return bool(_ROUNDCUBE_HEAD.match(line) or _SQUIRREL_HEAD.match(line))


def _parse(line: str, number: int, stamps: Stamps) -> Event | None:
    text = line.strip("\0")
    if found := _ROUNDCUBE_HEAD.match(text):
        zone = f" {found['zone']}" if found["zone"] else ""
        time = stamps.clf(f"{found['day']}/{found['month']}/{found['year']}:{found['clock']}{zone}")
        said = roundcube("roundcube", found["text"][:MESSAGE_LIMIT].rstrip())
    elif found := _SQUIRREL_HEAD.match(text):
        time = stamps.format(f"{found[1]}/{found[2]}/{found[3]} {found[4]}", "%m/%d/%Y %H:%M:%S")
        time = time or stamps.format(f"{found[1]}/{found[2]}/{found[3]} {found[4]}", "%d/%m/%Y %H:%M:%S")
        words = ("mail", "squirrelmail", "webmail")
        said = first_match(found["text"][:MESSAGE_LIMIT].rstrip(), _SQUIRREL, words) or Said(*words)
    else:
        return None
    fields = {"message": found["text"], **said.fields}
    return Event(
        time, number, line, said.category, said.product, said.service, user=said.user, src_ip=said.src_ip,
        action=said.action, outcome=said.outcome, fields=fields,
    )  # fmt: skip


def roundcube(program: str, message: str) -> Said:
    """A message of Roundcube. What a proxy forwarded counts only when an address of our own kind (private, loopback) said it:
    else the client would choose the address that it is known by."""
    said = first_match(message, _ROUNDCUBE, ("mail", "roundcube", "webmail")) or Said("mail", "roundcube", "webmail")
    if (
        (forwarded := said.fields.get("forwarded"))
        and said.src_ip
        and any(ip_address(said.src_ip) in one for one in _INSIDE)
    ):
        fill(said, {"ip": forwarded.partition(",")[0].strip()})
    return said


def sogo(program: str, message: str) -> Said:
    """A message of SOGo: verdicts on logins, and its own access log."""
    words = ("mail", "sogo", "webmail")
    said = first_match(message, _SOGO, words)
    if said is None and (found := _SOGO_HTTP.match(message)):
        said = Said(*words, "request", "success" if found["status"] < "400" else "failure", url=found["url"])
        fill(said, {"ip": found["ip"]})
        said.fields |= {"cs-method": found["method"], "sc-status": int(found["status"])}
    return said or Said(*words)


def horde(program: str, message: str) -> Said:
    """A message of Horde and IMP."""
    return first_match(message, _HORDE, ("mail", "horde", "webmail")) or Said("mail", "horde", "webmail")
