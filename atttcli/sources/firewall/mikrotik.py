# ruff: noqa: E501 - a message's pattern is read whole
"""MikroTik RouterOS: topics, then the message; firewall lines, logins, PPP sessions, DHCP leases, changes.

    firewall,info drop-in input: in:ether1 out:(unknown 0), src-mac 00:00:5e:00:53:01, proto TCP (SYN), 192.0.2.1:5->192.0.2.2:22, len 40
    system,error,critical login failure for user admin from 192.0.2.1 via winbox

RouterOS logs packets before it decides, so only the administrator's prefix (`drop-in`) tells a verdict.
"""

from __future__ import annotations

import re

from atttcli.sources.firewall.heard import Heard
from atttcli.sources.logs.address import address_port
from atttcli.sources.logs.message import Pattern, fill, first_match, pattern

_TOPICS = re.compile(
    r"(?:[A-Za-z0-9_.-]{1,64}: )?(?P<topics>[a-z][a-z0-9-]{1,20}(?:,!?[a-z0-9-]{1,20}){1,8}):? (?P<text>.*)\Z",
    re.DOTALL,
)
_KNOWN = frozenset(
    [
        "firewall",
        "system",
        "ppp",
        "pppoe",
        "pptp",
        "l2tp",
        "sstp",
        "ovpn",
        "ipsec",
        "dhcp",
        "dns",
        "hotspot",
        "wireless",
        "caps",
        "interface",
        "route",
        "script",
        "radius",
        "manager",
        "web-proxy",
        "account",
        "certificate",
        "bridge",
        "ospf",
        "bgp",
        "snmp",
        "ssh",
        "smb",
        "upnp",
        "watchdog",
        "wireguard",
        "container",
        "e-mail",
        "ntp",
        "backup",
        "info",
        "error",
        "warning",
        "critical",
        "debug",
    ]
)
_PACKET = re.compile(
    r"(?:(?P<prefix>[^\n]{0,64}?) )?(?P<chain>[\w-]{1,64}): in:(?P<in>\([^()]{1,40}\)|[^\s,]{1,64}) out:(?P<out>\([^()]{1,40}\)|[^\s,]{1,64}),? "
    r"(?:(?:packet-mark:(?P<packet_mark>\S{1,64}) )|(?:connection-mark:\S{1,64} ))*+"
    r"(?:connection-state:(?P<connection_state>[a-z]{1,16}(?:,[a-z]{1,8})*+),? )?(?:(?:src-mac|dst-mac) (?P<src_mac>[0-9A-Fa-f:]{17}),? )?"
    r"proto (?P<proto>[\w-]{1,16})(?: \((?P<flags>[^()]{0,60})\))?, (?P<src>[^\s,>]{3,60})->(?P<dst>[^\s,>]{3,60})"
    r"(?:, NAT (?P<nat>\S{1,200}))?(?:,? prio \S{1,16})?(?:, len (?P<len>\d{1,9}))?"
)  # fmt: skip
_SAID: tuple[Pattern, ...] = (
    pattern("login failure", r"\Alogin failure for user (?P<user>.*) from (?P<ip>[0-9A-Fa-f.:]{2,45})(?: via (?P<method>\S+))?\Z",
            "login", "failure"),
    pattern("login failure", r"\Alogin failure for user (?P<user>.*?) via (?P<method>\S+)\Z", "login", "failure"),
    pattern("logged in", r"\Auser (?P<user>.*) logged in (?:from (?P<ip>[0-9A-Fa-f.:]{2,45}) )?via (?P<method>\S+)", "login", "success"),
    pattern("logged out", r"\Auser (?P<user>.*) logged out (?:from (?P<ip>[0-9A-Fa-f.:]{2,45}) )?via (?P<method>\S+)", "logout"),
    pattern("authentication failed", r"(?:\A<(?P<tunnel>[^<>\s]+)>: )?(?:user )?(?P<user>\S+) authentication failed(?: - (?P<reason>.*))?\Z",
            "login", "failure"),
    pattern("logged in", r"\A(?P<user>\S+) logged in, (?P<lease>[0-9A-Fa-f.:]+)(?: from (?P<peer>\S+))?\Z", "login", "success"),
    pattern("logged out", r"\A(?P<user>\S+) logged out, (?P<seconds>\d+) (?P<bytes_in>\d+) (?P<bytes_out>\d+)", "logout"),
    pattern("authenticated", r"\A<(?P<tunnel>[^<>\s]+)>: (?P<text>authenticated)\Z", "session", "success"),
    pattern("connected", r"\A<(?P<tunnel>[^<>\s]+)>: (?P<text>connected|disconnected|terminating\b.*)\Z", "session"),
    pattern(" established from ", r"\A(?P<kind>\S+) connection established from (?P<ip>[0-9A-Fa-f.:]+)", "connect", "success"),
    pattern("packet received from", r"\Afirst (?P<kind>\S+) UDP packet received from (?P<ip>[0-9A-Fa-f.:]+)", "connect"),
    pattern(" assigned ", r"\A(?P<server>\S+) assigned (?P<ip>[0-9.]+) (?:to|for) (?P<mac>[0-9A-Fa-f:]{17})(?: (?P<client>\S.*))?\Z",
            "lease", "success"),
    pattern(" deassigned ", r"\A(?P<server>\S+) deassigned (?P<ip>[0-9.]+) (?:from|for) (?P<mac>[0-9A-Fa-f:]{17})", "release"),
    pattern(" by ", r"\A(?P<what>.{1,160}?) (?P<change>added|changed|removed|moved|scheduled)(?: \S{1,40})? by (?P<user>[^\s(]+)",
            "config", "success"),
    pattern("rebooted", r"\A(?P<text>router (?:was )?rebooted.*)\Z", "reboot"),
)  # fmt: skip
_DROPPED = re.compile(r"drop|den[yi]|block|reject|tarpit|scan|blacklist|attack|brute", re.IGNORECASE)
_PASSED = re.compile(r"accept|allow|permit|pass", re.IGNORECASE)


def understand(body: str) -> Heard | None:
    """A body that begins with RouterOS topics; None for any other."""
    found = _TOPICS.match(body)
    if found is None:
        return None
    topics = found["topics"].split(",")
    if topics[0] not in _KNOWN:
        return None
    text = found["text"][:4096].rstrip()
    if topics[0] == "firewall" and (packet := _PACKET.search(text)):
        heard = _packet(packet)
    else:
        said = first_match(text, _SAID, ("", "mikrotik", topics[0]))
        heard = Heard("", "mikrotik", topics[0])
        if said is not None:
            for name in ("action", "outcome", "user", "src_ip", "fields"):
                setattr(heard, name, getattr(said, name))
        heard.category = "authentication" if heard.action in ("login", "logout") else "firewall"
    if not heard.user and heard.fields.get("tunnel", "").partition("-")[0] in ("pppoe", "l2tp", "pptp", "sstp", "ovpn"):
        heard.user = heard.fields["tunnel"].partition("-")[2].rstrip("-0123456789") or heard.fields["tunnel"]
    heard.fields["topics"] = found["topics"]
    heard.fields["message"] = found["text"]
    return heard


def _packet(found: re.Match[str]) -> Heard:
    heard = Heard("firewall", "mikrotik", "firewall")
    parts = {name: value for name, value in found.groupdict().items() if value}
    source, target = parts.pop("src"), parts.pop("dst")
    heard.src_ip, heard.src_port = address_port(source)
    heard.dst_ip, heard.dst_port = address_port(target)
    fill(heard, dict(parts))
    prefix = parts.get("prefix", "")
    if _DROPPED.search(prefix):
        heard.action, heard.outcome = "deny", "failure"
    elif _PASSED.search(prefix):
        heard.action, heard.outcome = "allow", "success"
    elif parts["chain"] == "forward":
        heard.fields["action"] = "forward"
    return heard
