"""Addresses as logs write them, to one form: IPv4 dotted, IPv6 compressed in lower case, mapped IPv4 unwrapped."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_IPV4_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})\Z")
_IPV6_PORT = re.compile(r"\[([0-9A-Fa-f:.%\w]{2,60})\](?::(\d{1,5}))?\Z")

_OCTETS = frozenset(map(str, range(256)))


@lru_cache(maxsize=16_384)
def address(text: str) -> str:
    """The address, or "" when the text is none (a host name, `-`, `unknown`)."""
    if len(text) > 64:
        return ""
    parts = text.split(".")
    if len(parts) == 4 and _OCTETS.issuperset(parts):  # nearly all of them, in their one spelling
        return text
    cleaned = text.strip("[]").partition("%")[0]
    if cleaned[:5].lower() == "ipv6:":
        cleaned = cleaned[5:]
    try:
        found = ipaddress.ip_address(cleaned)
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


@lru_cache(maxsize=16_384)
def address_port(text: str) -> tuple[str, int]:
    """`192.0.2.1:443`, `[2001:db8::1]:443` or a bare address, as (address, port or 0)."""
    for pattern in (_IPV4_PORT, _IPV6_PORT):
        if found := pattern.match(text):
            return address(found[1]), port(found[2] or "")
    return address(text), 0


def port(text: str) -> int:
    """0 for anything that is no port number."""
    number = int(text) if len(text) <= 5 and text.isdigit() and text.isascii() else 0
    return number if number < 65_536 else 0
