"""Sophos: the Firewall (XG, SFOS: `device="SFW" log_type="Firewall" ...`) and the UTM (`id="2001" sub="packetfilter" ...`)."""

from __future__ import annotations

import re

from atttcli.sources.firewall.heard import Heard, pairs, verdict
from atttcli.sources.logs.address import address, port

_XG = re.compile(r"\b(?:device|device_name|device_model)=\"")
_UTM = re.compile(r"\Aid=\"\d{4}\" severity=\"")
_FAILED = re.compile(r"fail|den|reject|block", re.IGNORECASE)


def understand(body: str) -> Heard | None:
    """A body of SFOS or UTM pairs; None for any other."""
    if _UTM.match(body):
        return _utm(pairs(body))
    if "log_type=" in body[:2048] and _XG.search(body, 0, 1024):
        return _xg(pairs(body))
    return None


def _xg(native: dict[str, str]) -> Heard | None:
    if "log_type" not in native or not ("log_subtype" in native or "log_component" in native):
        return None
    heard = Heard("firewall", "sophos", native["log_type"].lower().replace(" ", "-"))
    heard.fields.update(native)
    heard.host = native.get("device_name", "") or native.get("device_id", "") or native.get("device_serial_id", "")
    stamp = native.get("timestamp", "")
    zone = native.get("timezone", "")
    if native.get("date") and native.get("time"):
        stamp = f"{native['date']}T{native['time']}" + (f"{zone}00" if re.fullmatch(r"[+-]\d\d", zone) else "")
    heard.moment = ("iso", stamp)
    heard.user = native.get("user_name") or native.get("user") or ""
    heard.src_ip, heard.src_port = address(native.get("src_ip", "")), port(native.get("src_port", ""))
    heard.dst_ip, heard.dst_port = address(native.get("dst_ip", "")), port(native.get("dst_port", ""))
    heard.url, heard.domain = native.get("url", ""), native.get("domain") or native.get("domainname") or ""
    words = f"{native.get('log_subtype', '')} {native.get('status', '')} {native.get('auth_mechanism', '')}"
    component = f"{native.get('log_component', '')} {native.get('log_subtype', '')}"
    if native["log_type"] == "Event" and (
        "Authentication" in component or "Admin" in component or "auth_client" in native
    ):
        changed = "Admin" in component and not re.search(
            r"log(?:ged|in| ?on)", native.get("message", ""), re.IGNORECASE
        )
        heard.action = "config" if changed else "login"
        heard.category = "firewall" if changed else "authentication"
        heard.outcome = "failure" if _FAILED.search(words) else "success"
    else:
        heard.action, heard.outcome = verdict(native.get("log_subtype", ""))
    if native.get("virus"):
        heard.category, heard.action = "antivirus", heard.action or "alert"
        heard.fields.update(Signature=native["virus"], Filename=native.get("filename", ""))
    return heard


def _utm(native: dict[str, str]) -> Heard:
    part = native.get("sub", "")
    heard = Heard("proxy" if part == "http" else "firewall", "sophos", part)
    heard.fields.update(native)
    heard.user = native.get("user", "")
    heard.src_ip, heard.src_port = address(native.get("srcip", "")), port(native.get("srcport", ""))
    heard.dst_ip, heard.dst_port = address(native.get("dstip", "")), port(native.get("dstport", ""))
    heard.url = native.get("url", "")
    name = native.get("name", "")
    if name.startswith("Authentication"):
        heard.category, heard.action = "authentication", "login"
        heard.outcome = "failure" if _FAILED.search(name) else "success"
    else:
        heard.action, heard.outcome = verdict(native.get("action", ""))
    return heard
