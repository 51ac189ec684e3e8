# ruff: noqa: E501 - a message's pattern is read whole
"""Cisco: ASA and FTD (`%ASA-6-302013: ...`) and the commonest of IOS (`%SEC_LOGIN-4-LOGIN_FAILED: ...`).

Message numbers of Cisco's "ASA Series Syslog Messages". Commands that were typed (111008, 111010, IOS's archive) are of
service `aaa`, as SigmaHQ's rules ask for them.
"""

from __future__ import annotations

import re

from atttcli.sources.firewall.heard import Heard, verdict
from atttcli.sources.logs.address import address, port
from atttcli.sources.logs.message import Pattern, pattern

_HEAD = re.compile(
    r"%(?P<facility>[A-Z][A-Z0-9_]{1,30})-(?:[A-Z0-9_]{1,30}-)?(?P<level>[0-7])-(?P<id>[A-Z0-9_]{2,40}): ?(?P<text>.*)\Z",
    re.DOTALL,
)
_IP = r"[0-9A-Fa-f.:]{2,45}"
_END = rf"(?:[^\s:/]{{1,48}}:)?(?P<%s_ip>{_IP})(?:/(?P<%s_port>\d{{1,5}}))?"
_SRC, _DST = _END % ("a", "a"), _END % ("b", "b")
_NAT = r"(?: ?\([^()]{0,120}\)){0,2}"
_PACKETS: tuple[re.Pattern[str], ...] = (
    re.compile(rf"(?P<did>Built|Teardown) (?:(?P<direction>inbound|outbound|local-host) )?(?:dynamic )?(?P<proto>\S{{1,12}}) (?:connection|translation|state-bypass connection) "
               rf"(?:(?P<connection>\d{{1,20}}) )?(?:for|from) {_SRC}{_NAT} to {_DST}"),
    re.compile(rf"(?P<did>Built|Teardown) (?:(?P<direction>inbound|outbound) )?(?P<proto>ICMP) connection for faddr (?P<a_ip>{_IP})/\d{{1,5}}{_NAT} "
               rf"gaddr {_IP}/\d{{1,5}}{_NAT} laddr (?P<b_ip>{_IP})"),
    re.compile(rf"(?P<did>Deny) (?:inbound )?(?:protocol )?(?P<proto>\S{{1,12}}) (?:\([^()]{{1,40}}\) )?(?:reverse path check )?(?:src|from) {_SRC}{_NAT} (?:dst|to) {_DST}"),
    re.compile(rf"access-list (?P<acl>\S{{1,128}}) (?P<did>permitted|denied|est-allowed) (?P<proto>\S{{1,12}}) (?:for user '(?P<user>[^']{{0,128}})' )?"
               rf"[^\s/]{{1,48}}/(?P<a_ip>{_IP})\((?P<a_port>\d{{1,5}})\){_NAT} -> [^\s/]{{1,48}}/(?P<b_ip>{_IP})\((?P<b_port>\d{{1,5}})\)"),
    re.compile(rf"(?:Inbound )?(?P<proto>TCP|UDP|ICMP)\b.{{0,40}}? (?:access |connection )(?P<did>denied|permitted)(?: by ACL)? from {_SRC} to {_DST}"),
    re.compile(rf"list (?P<acl>\S{{1,128}}) (?P<did>permitted|denied) (?P<proto>\S{{1,12}}) (?P<a_ip>{_IP})(?:\((?P<a_port>\d{{1,5}})\))?(?: \([^()]{{0,80}}\))? -> "
               rf"(?P<b_ip>{_IP})(?:\((?P<b_port>\d{{1,5}})\))?"),
)  # fmt: skip
_ACCESS: tuple[Pattern, ...] = (
    pattern("Login ", rf"\ALogin (?P<did>denied|permitted) from {_SRC} to (?P<to>\S{{1,128}}) for user \"(?P<user>[^\"]*)\"", "login"),
    pattern("user authentication", rf"\AAAA user auth\w+ (?P<did>Successful|Rejected) ?:(?: reason = (?P<reason>[^:]*?) ?:)?(?:.{{0,120}}?server ?= ?(?P<server>\S+) ?:)?"
            rf".{{0,80}}?user ?= ?(?P<user>[^\s:]+)(?: ?: user IP = (?P<a_ip>{_IP}))?", "login"),
    pattern("uthentication", rf"\AUser authentication (?P<did>succeeded|failed): (?:IP address: (?P<a_ip>{_IP}), )?Uname: (?P<user>\S+)", "login"),
    pattern("session", rf"\AGroup <(?P<group>[^<>]*)> User <(?P<user>[^<>]*)> IP <(?P<a_ip>{_IP})>.{{0,120}}?session (?P<did>started|terminated)", "login"),
    pattern("assigned to session", rf"\AGroup <(?P<group>[^<>]*)> User <(?P<user>[^<>]*)> IP <(?P<a_ip>{_IP})> .{{0,20}}?Address <(?P<lease>{_IP})>.{{0,80}}? (?P<did>assigned) to session",
            "session"),
    pattern("Authentication:", rf"\AGroup <(?P<group>[^<>]*)> User <(?P<user>[^<>]*)> IP <(?P<a_ip>{_IP})> Authentication: (?P<did>successful|rejected)", "login"),
    pattern("Session disconnected", rf"\AGroup = (?P<group>[^,]*), Username = (?P<user>[^,]*), IP = (?P<a_ip>{_IP}), Session (?P<did>disconnected)", "logout"),
    pattern("executed", r"\AUser '(?P<user>[^']*)'(?:, running '(?P<via>[^']*)' from IP (?P<a_ip>[0-9A-Fa-f.:]+),)? (?P<did>executed)(?: the)? '(?P<command>.*)'", "command"),
    pattern("Login", rf"\ALogin (?P<did>failed|Success) \[user: (?P<user>[^\]]*)\] \[Source: (?P<a_ip>{_IP})\] \[localport: (?P<to_port>\d{{1,5}})\]", "login"),
    pattern("Configured from", rf"\A(?P<did>Configured) from (?P<via>\S{{1,40}}) by (?P<user>\S{{1,64}}) on (?P<line>\S{{1,40}})(?: \((?P<a_ip>{_IP})\))?", "config"),
    pattern("logged command", r"\AUser:(?P<user>\S{0,64})\s{1,4}(?P<did>logged) command:(?P<command>.*)\Z", "command"),
)  # fmt: skip
_BAD = frozenset({"denied", "rejected", "failed"})
_OK = frozenset(
    {"permitted", "successful", "succeeded", "started", "assigned", "executed", "success", "configured", "logged"}
)


def understand(body: str) -> Heard | None:
    """A message with Cisco's `%FACILITY-LEVEL-ID:` head; None for any other."""
    at = body.find("%", 0, 256)
    found = _HEAD.match(body, at) if at >= 0 else None
    if found is None:
        return None
    text = found["text"][:4096]
    facility = found["facility"]
    heard = Heard("firewall", "cisco", "asa" if facility in ("ASA", "FTD", "PIX", "FWSM") else "ios")
    heard.fields.update(facility=facility, level=int(found["level"]), message_id=found["id"], message=found["text"])
    if not _packet(heard, text):
        _access(heard, text)
    return heard


def _packet(heard: Heard, text: str) -> bool:
    for regex in _PACKETS:
        if found := regex.search(text, 0, 1024):
            parts = {name: value for name, value in found.groupdict().items() if value}
            did = parts.pop("did")
            one = address(parts.pop("a_ip")), port(parts.pop("a_port", ""))
            two = address(parts.pop("b_ip")), port(parts.pop("b_port", ""))
            # "Built outbound ... for outside:far to inside:near": who began stands last
            first, second = (two, one) if parts.get("direction") == "outbound" else (one, two)
            heard.src_ip, heard.src_port = first
            heard.dst_ip, heard.dst_port = second
            heard.user = parts.pop("user", "")
            heard.action, heard.outcome = ("end", "") if did == "Teardown" else verdict(did.removeprefix("est-"))
            heard.fields.update(parts)
            return True
    return False


def _access(heard: Heard, text: str) -> None:
    for one in _ACCESS:
        if one.needle in text and (found := one.regex.match(text)):
            parts = {name: value for name, value in found.groupdict().items() if value}
            did = parts.pop("did").lower()
            heard.action = "logout" if did == "terminated" else one.action
            heard.outcome = "failure" if did in _BAD else "success" if did in _OK else ""
            heard.user = parts.pop("user", "").strip("*")
            heard.src_ip, heard.src_port = address(parts.pop("a_ip", "")), port(parts.pop("a_port", ""))
            heard.fields.update(parts)
            if heard.action in ("login", "logout", "session"):
                heard.category = "authentication"
            elif heard.action in ("command", "config"):
                heard.service = "aaa"
            return
