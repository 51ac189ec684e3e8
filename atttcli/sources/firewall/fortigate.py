"""FortiGate: `date=2026-11-23 time=10:00:00 devname="FG" logid="0000000013" type="traffic" subtype="forward" ...`.

Names of the FortiOS log reference. `service` is the log type (traffic, utm, event), as SigmaHQ's rules ask for it; a virus
found in passing is also of Sigma's category antivirus.
"""

from __future__ import annotations

import re
from typing import Any

from atttcli.sources.firewall.heard import Heard, pairs, verdict
from atttcli.sources.logs.address import address, port

_MINE = re.compile(r"\b(?:logid|devid|devname)=\"?[\w-]|\btype=\"?(?:traffic|utm|event)\"?\s+subtype=")
_LOGINS = {"login", "auth-logon", "authentication", "ssl-new-con", "tunnel-up", "ssl-login-fail", "ssl-login", "auth"}
_LOGOUTS = {"logout", "auth-logout", "tunnel-down", "ssl-exit", "disconnect"}
_CHANGES = {"add", "edit", "delete", "move", "clone", "rename", "set"}
_FAILED = re.compile(r"fail|den(?:y|ied)|error|reject|invalid|block|locked", re.IGNORECASE)
_DONE = re.compile(r"succe|accept|allow|pass|up\b", re.IGNORECASE)
_FROM_UI = re.compile(r"\(([0-9A-Fa-f.:]{3,45})\)")


def understand(body: str) -> Heard | None:
    """A body of pairs with FortiOS's type and logid (or device); None for any other."""
    start = body.find("date=", 0, 64)
    text = body[start:] if start > 0 else body
    if not _MINE.search(text, 0, 2048):
        return None
    native: dict[str, Any] = pairs(text)
    kind = native.get("type", "")
    if not kind or not ("logid" in native or "devid" in native or "devname" in native):
        return None
    heard = Heard("firewall", "fortigate", kind)
    heard.fields = native
    heard.host = native.get("devname", "")
    heard.moment = _moment(native)
    heard.user = (
        native.get("user") or native.get("unauthuser") or native.get("xauthuser") or native.get("initiator") or ""
    )
    heard.user = "" if heard.user in ("N/A", "n/a") else heard.user
    heard.src_ip = address(native.get("srcip") or native.get("remip") or native.get("locip") or "")
    heard.src_port = port(native.get("srcport") or native.get("remport") or "")
    heard.dst_ip, heard.dst_port = address(native.get("dstip", "")), port(native.get("dstport", ""))
    heard.domain = (native.get("hostname") or native.get("qname") or "").lower().rstrip(".")
    heard.url = _url(native)
    heard.hash = native.get("analyticscksum") or native.get("filehash") or ""
    if kind == "event":
        _event(heard, native)
    else:
        word = native.get("action") or native.get("utmaction") or native.get("status") or ""
        heard.action, heard.outcome = verdict(word)
        if native.get("utmaction", "").startswith(("block", "drop")):
            heard.action, heard.outcome = "deny", "failure"
        if native.get("virus"):
            heard.category = "antivirus"
            heard.fields.update(Signature=native["virus"], Filename=native.get("filename") or native.get("file") or "")
    return heard


def _moment(native: dict[str, str]) -> tuple[str, str]:
    """date, time and tz say it; `eventtime` (seconds to nanoseconds, by its length) only where they do not."""
    date, clock, zone = native.get("date", ""), native.get("time", ""), native.get("tz", "")
    if date and clock:
        return "iso", f"{date}T{clock}{zone if zone[:1] in ('+', '-') and len(zone) in (5, 6) else ''}"
    ticks = native.get("eventtime", "")
    if ticks.isascii() and ticks.isdigit() and 10 <= len(ticks) <= 19:
        return "epoch", f"{ticks[:10]}.{ticks[10:] or '0'}"
    return "", ""


def _url(native: dict[str, str]) -> str:
    url = native.get("url", "")
    if not url.startswith("/"):
        return url
    scheme = "https" if native.get("service", "").upper() == "HTTPS" else "http"
    host = native.get("hostname", "")
    return f"{scheme}://{host}{url}" if host else url


def _event(heard: Heard, native: dict[str, str]) -> None:
    action = native.get("action", "")
    lowered = action.lower()
    words = f"{native.get('status', '')} {native.get('result', '')} {lowered} {native.get('logdesc', '')}"
    heard.outcome = "failure" if _FAILED.search(words) else "success" if _DONE.search(words) else ""
    if lowered in _LOGINS or ("login" in lowered and "logout" not in lowered):
        heard.action = "login"
        heard.category = "authentication"
        heard.outcome = heard.outcome or ("success" if lowered in ("tunnel-up", "auth-logon") else "")
    elif lowered in _LOGOUTS:
        heard.action, heard.outcome = "logout", ""
    elif "cfgpath" in native or lowered in _CHANGES:
        # FortiOS's own word (add, edit ...): SigmaHQ's rules ask for it, and rules read `action` from the head alone
        heard.action, heard.outcome = lowered or "config", heard.outcome or "success"
    else:
        heard.action = lowered
    if not heard.src_ip and (found := _FROM_UI.search(native.get("ui", ""), 0, 256)):
        heard.src_ip = address(found[1])
