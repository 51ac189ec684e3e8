"""What was understood of a device's message, and its way to an Event: Sigma's names beside the native ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from atttcli.model.event import Event
from atttcli.sources.keyvalue import LOOKED_AT, pairs
from atttcli.sources.logs.message import Said
from atttcli.sources.logs.stamps import Stamps

__all__ = ["ALLOW", "DENY", "LOOKED_AT", "Heard", "event_of", "pairs", "sigma_names", "verdict"]

ALLOW: Final = "allow"
DENY: Final = "deny"
_ALLOWED = re.compile(
    r"\A(?:accept|allow|pass|permit|built|monitor|start|close|end|timeout|client-rst|server-rst|ip-conn|alert|encrypt|decrypt"
    r"|key install|bypass|detect|log|nat|established)", re.IGNORECASE,
)  # fmt: skip
_DENIED = re.compile(
    r"\A(?:den|drop|block|reject|reset|discard|dns$|violation|prevent|quarantine|refus|sinkhole|clear_session|cleanup)",
    re.IGNORECASE,
)

_WORD = 32  # longer than any word of these two


@dataclass(slots=True)
class Heard(Said):
    """A Said with a device's own name and clock; `moment` is (form, text) as `Stamps.format` reads it."""

    host: str = ""
    hash: str = ""
    moment: tuple[str, str] = ("", "")


def verdict(word: str) -> tuple[str, str]:
    """(action, outcome) of a device's own word for what it did with a packet: allow, deny, or "" when it says neither."""
    return _verdict(word[:_WORD])


@lru_cache(1024)
def _verdict(word: str) -> tuple[str, str]:
    if _DENIED.match(word):
        return DENY, "failure"
    if _ALLOWED.match(word):
        return ALLOW, "success"
    return "", ""


def event_of(heard: Said, time: int | None, number: int, line: str, host: str, stamps: Stamps | None) -> Event:
    """The Event. Addresses, ports and the verdict are in its fields too, by the names that Sigma's firewall rules use."""
    fields: dict[str, Any] = heard.fields
    if isinstance(heard, Heard):
        host = heard.host or host
        if heard.moment[1] and stamps is not None:
            told = stamps.format(heard.moment[1], heard.moment[0])
            time = told if told is not None else time
    if heard.category == "firewall":
        sigma_names(heard, fields)
    return Event(
        time, number, line, heard.category, heard.product, heard.service, host, heard.user, heard.src_ip, heard.src_port,
        heard.dst_ip, heard.dst_port, heard.domain, heard.url, getattr(heard, "hash", ""), heard.action, heard.outcome, fields,
    )  # fmt: skip


def sigma_names(heard: Said, fields: dict[str, Any]) -> None:
    """src_ip, dst_port, action, blocked ...; a native field of that name stays."""
    if heard.src_ip:
        fields.setdefault("src_ip", heard.src_ip)
    if heard.src_port:
        fields.setdefault("src_port", heard.src_port)
    if heard.dst_ip:
        fields.setdefault("dst_ip", heard.dst_ip)
    if heard.dst_port:
        fields.setdefault("dst_port", heard.dst_port)
    if heard.action in (ALLOW, DENY):
        fields.setdefault("action", "accept" if heard.action == ALLOW else "deny")
        fields.setdefault("blocked", "true" if heard.action == DENY else "false")
