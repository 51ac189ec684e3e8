"""Check Point's log exporter in its syslog form: `[action:"Accept"; src:"192.0.2.1"; dst:"192.0.2.2"; service:"443"; ...]`."""

from __future__ import annotations

import re

from atttcli.sources.firewall.heard import LOOKED_AT, Heard, pairs, verdict
from atttcli.sources.logs.address import address, port

_PAIR = re.compile(r"(?<![\w.-])([A-Za-z_][\w.-]{0,63}+):\"((?:[^\"\\]|\\.)*+)\"")
_FAILED = re.compile(r"fail|reject|den|block", re.IGNORECASE)


def understand(body: str) -> Heard | None:
    """A record of the log exporter; None for any other body."""
    if body.startswith("[") and ':"' in body[:256]:
        native = {found[1]: found[2].replace('\\"', '"') for found in _PAIR.finditer(body, 0, LOOKED_AT)}
    elif "loguid=" in body[:4096] or "origin_sic_name=" in body[:4096]:
        native = {name: value.rstrip(";") for name, value in pairs(body).items()}
    else:
        return None
    if not ({"loguid", "product", "originsicname", "origin_sic_name", "ifname", "ifdir"} & set(native)):
        return None
    heard = Heard("firewall", "checkpoint", native.get("product", "").lower().replace(" & ", "-").replace(" ", "-"))
    heard.fields.update(native)
    heard.host = native.get("origin", "")
    time = native.get("time", "")
    heard.moment = ("epoch" if time.isdigit() else "iso", time)
    heard.user = native.get("user") or native.get("src_user_name") or native.get("administrator") or ""
    heard.user = heard.user.partition(" (")[0].rpartition("\\")[2]
    heard.src_ip = address(native.get("src") or native.get("client_ip") or "")
    heard.src_port = port(native.get("s_port", ""))
    heard.dst_ip, heard.dst_port = (
        address(native.get("dst", "")),
        port(native.get("service") or native.get("svc") or ""),
    )
    heard.url = native.get("resource", "")
    heard.hash = native.get("file_sha256") or native.get("file_md5") or ""
    action = native.get("action") or native.get("operation") or ""
    if action.lower() in ("log in", "log out", "failed log in") or native.get("auth_status"):
        heard.category = "authentication"
        heard.action = "logout" if action.lower() == "log out" else "login"
        words = f"{action} {native.get('auth_status', '')} {native.get('status', '')}"
        heard.outcome = "failure" if _FAILED.search(words) else "success"
    else:
        heard.action, heard.outcome = verdict(action)
    return heard
