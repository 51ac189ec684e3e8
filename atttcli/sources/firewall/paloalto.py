"""Palo Alto Networks: comma-separated records over syslog. Names of PAN-OS's syslog field reference, by log type.

TRAFFIC, THREAT (URL, virus, vulnerability ...), SYSTEM, CONFIG and GLOBALPROTECT; other types keep their first seven columns.
"""

from __future__ import annotations

import csv
import re

from atttcli.sources.firewall.heard import LOOKED_AT, Heard, verdict
from atttcli.sources.logs.address import address, port

_HEAD = re.compile(
    r"[\d.]{1,8},(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d),[^,]{0,40},(?P<type>[A-Z][A-Z-]{2,24}),[^,]{0,40},"
)
_FIRST = ("future_use1", "receive_time", "serial", "type", "subtype", "future_use2", "time_generated")
_SESSION = (
    "src", "dst", "natsrc", "natdst", "rule", "srcuser", "dstuser", "app", "vsys", "from", "to", "inbound_if", "outbound_if",
    "logset", "future_use3", "sessionid", "repeatcnt", "sport", "dport", "natsport", "natdport", "flags", "proto", "action",
)  # fmt: skip
_COLUMNS: dict[str, tuple[str, ...]] = {
    "TRAFFIC": (*_SESSION, "bytes", "bytes_sent", "bytes_received", "packets", "start", "elapsed", "category", "future_use4",
                "seqno", "actionflags", "srcloc", "dstloc", "future_use5", "pkts_sent", "pkts_received", "session_end_reason",
                "dg1", "dg2", "dg3", "dg4", "vsys_name", "device_name"),
    "THREAT": (*_SESSION, "misc", "threatid", "category", "severity", "direction", "seqno", "actionflags", "srcloc", "dstloc",
               "future_use4", "contenttype", "pcap_id", "filedigest", "cloud", "url_idx", "user_agent", "filetype", "xff",
               "referer", "sender", "subject", "recipient", "reportid", "dg1", "dg2", "dg3", "dg4", "vsys_name", "device_name"),
    "SYSTEM": ("vsys", "eventid", "object", "future_use3", "future_use4", "module", "severity", "opaque", "seqno",
               "actionflags", "dg1", "dg2", "dg3", "dg4", "vsys_name", "device_name"),
    "CONFIG": ("host", "vsys", "cmd", "admin", "client", "result", "path", "seqno", "actionflags"),
    "GLOBALPROTECT": ("vsys", "eventid", "stage", "auth_method", "tunnel_type", "srcuser", "srcregion", "machinename",
                      "public_ip", "public_ipv6", "private_ip", "private_ipv6", "hostid", "serialnumber", "client_ver",
                      "client_os", "client_os_ver", "repeatcnt", "reason", "error", "opaque", "status", "location",
                      "login_duration", "connect_method", "error_code", "portal", "seqno", "actionflags"),
}  # fmt: skip
_FIRST_NAMES = tuple(["" if name.startswith("future_use") else name for name in _FIRST])
_NAMES = {
    kind: (*_FIRST_NAMES, *("" if name.startswith("future_use") else name for name in names))
    for kind, names in _COLUMNS.items()
}
_USER = re.compile(r"user(?:name)?:? '?(?P<user>[^'\s,]{1,128}?)'?(?:[.,]? |\Z)", re.IGNORECASE)
_FROM = re.compile(r"(?:[Ff]rom:? |IP:? )(?P<ip>[0-9A-Fa-f.:]{3,45}?)[.,]?(?:\s|\Z)")
_LOGIN = re.compile(r"\b(?:authenticat|logged in|login|auth-)", re.IGNORECASE)
_FAILED = re.compile(r"fail|invalid|den(?:y|ied)|reject|error", re.IGNORECASE)


def understand(body: str) -> Heard | None:
    """A PAN-OS record; None for any other body."""
    found = _HEAD.match(body)
    if found is None:
        return None
    cells = _cells(body[:LOOKED_AT].replace("\n", " ").replace("\0", ""))
    if cells is None:
        return None
    kind = found["type"]
    native = {name: cell for name, cell in zip(_NAMES.get(kind, _FIRST_NAMES), cells, strict=False) if cell and name}
    heard = Heard("firewall", "paloalto", kind.lower())
    heard.fields.update(native)
    heard.host = native.get("device_name", "")
    heard.moment = ("iso", native.get("time_generated", found["time"]))
    heard.user = (native.get("srcuser") or native.get("admin") or "").rpartition("\\")[2]
    heard.src_ip = address(native.get("src") or native.get("public_ip") or native.get("public_ipv6") or "")
    heard.src_port, heard.dst_port = port(native.get("sport", "")), port(native.get("dport", ""))
    heard.dst_ip = address(native.get("dst", ""))
    heard.action, heard.outcome = verdict(native.get("action", ""))
    _by_type(kind, heard, native)
    return heard


def _cells(text: str) -> list[str] | None:
    if '"' not in text and "\r" not in text:
        return text.split(",")
    try:
        return next(csv.reader([text]), [])
    except csv.Error:
        return None


def _by_type(kind: str, heard: Heard, native: dict[str, str]) -> None:
    if kind == "THREAT":
        heard.hash = native.get("filedigest", "") if len(native.get("filedigest", "")) in (32, 64) else ""
        what = native.get("misc", "")
        if native.get("subtype") == "url":
            heard.url = what if "://" in what[:12] or not what else "http://" + what
        elif native.get("subtype") in ("virus", "wildfire", "wildfire-virus", "spyware"):
            heard.category = "antivirus"
            heard.fields.update(Signature=native.get("threatid", ""), Filename=what)
    elif kind == "CONFIG":
        heard.action, heard.src_ip = "config", address(native.get("host", ""))
        heard.outcome = "failure" if _FAILED.search(native.get("result", "")) else "success"
    elif kind == "GLOBALPROTECT" and native.get("stage") in ("login", "before-login", "connected", "logout", "tunnel"):
        heard.category = "authentication"
        heard.action = "logout" if native["stage"] == "logout" else "login"
        heard.outcome = "failure" if _FAILED.search(native.get("status", "")) else "success"
    elif kind == "SYSTEM" and _LOGIN.search(f"{native.get('eventid', '')} {native.get('opaque', '')}"):
        text = native.get("opaque", "")
        heard.category, heard.action = "authentication", "logout" if "logged out" in text else "login"
        heard.outcome = "failure" if _FAILED.search(f"{native.get('eventid', '')} {text}") else "success"
        if found := _USER.search(text, 0, 1024):
            heard.user = found["user"].rpartition("\\")[2]
        if found := _FROM.search(text, 0, 1024):
            heard.src_ip = address(found["ip"])
