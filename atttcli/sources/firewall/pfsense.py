# ruff: noqa: E501 - a message's pattern is read whole
"""pfSense and OPNsense: filterlog's comma-separated record of pf, and the logins of their web interface.

Columns by pfSense's documentation ("Raw Filter Log Format"); which ones follow depends on the IP version and the protocol.
"""

from __future__ import annotations

import re

from atttcli.sources.firewall.heard import Heard, verdict
from atttcli.sources.logs.address import address, port
from atttcli.sources.logs.message import Pattern, first_match, pattern

_COMMON = ("rule", "subrule", "anchor", "tracker", "iface", "reason", "action", "direction", "ip_version")
_V4 = ("tos", "ecn", "ttl", "id", "offset", "flags", "proto_id", "proto", "length", "src", "dst")
_V6 = ("class", "flow_label", "hop_limit", "proto", "proto_id", "length", "src", "dst")
_TCP = (
    "src_port",
    "dst_port",
    "data_length",
    "tcp_flags",
    "sequence_number",
    "ack_number",
    "tcp_window",
    "urg",
    "tcp_options",
)
_UDP = ("src_port", "dst_port", "data_length")
_RECORD = re.compile(
    r"\d{1,6},[^,\s]{0,20},[^,]{0,128},[0-9a-fA-F-]{0,40},[\w.-]{1,32},[\w-]{1,24},(?:block|pass|reject|rdr|nat|match|scrub|unkn)"
)
_LOGIN: tuple[Pattern, ...] = (
    pattern("authentication error for", r"(?:webConfigurator|Web GUI) authentication error for (?:user )?'(?P<user>.*)' from:? (?P<ip>[0-9A-Fa-f.:]{2,45})",
            "login", "failure"),
    pattern("uccessful login for user", r"[Ss]uccessful login for user '(?P<user>.*)' from:? (?P<ip>[0-9A-Fa-f.:]{2,45})", "login", "success"),
    pattern("logged out", r"[Uu]ser logged out for user '(?P<user>.*)' from:? (?P<ip>[0-9A-Fa-f.:]{2,45})", "logout"),
)  # fmt: skip


def understand(body: str) -> Heard | None:
    """filterlog's record (with or without its tag), or a login at the web interface; None for any other."""
    text = body.strip().removeprefix("filterlog: ")
    if _RECORD.match(text):
        return _filterlog(text[:2048].split(","))
    if " for " not in text or not ("login" in text or "authentication error" in text or "logged out" in text):
        return None
    said = first_match(text[:2048], _LOGIN, ("authentication", "pfsense", "webgui"))
    if said is None:
        return None
    heard = Heard("authentication", "pfsense", "webgui", said.action, said.outcome, said.user, said.src_ip)
    heard.fields["message"] = text
    return heard


def _filterlog(parts: list[str]) -> Heard | None:
    fields = dict(zip(_COMMON, parts, strict=False))
    at = len(_COMMON)
    names = {"4": _V4, "6": _V6}.get(fields.get("ip_version", ""))
    if names is None or len(parts) < at + len(names):
        return None
    fields.update(zip(names, parts[at:], strict=False))
    at += len(names)
    protocol = fields["proto"].lower()
    fields.update(zip(_TCP if protocol == "tcp" else _UDP if protocol == "udp" else (), parts[at:], strict=False))
    heard = Heard("firewall", "pfsense", "filterlog")
    heard.src_ip, heard.dst_ip = address(fields.pop("src")), address(fields.pop("dst"))
    heard.src_port, heard.dst_port = port(fields.pop("src_port", "")), port(fields.pop("dst_port", ""))
    heard.action, heard.outcome = verdict(fields["action"])
    heard.fields.update((name, value) for name, value in fields.items() if value)
    return heard
