"""Texts of a scenario that may reach somebody real, or that do not show what they hold."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator

_FOUR = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?!\d|\.\d)")
_SIX = re.compile(r"(?<![0-9A-Fa-f:.])((?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?![0-9A-Fa-f:])")
_SAFE = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
            "127.0.0.0/8", "0.0.0.0/32", "2001:db8::/32", "fc00::/7", "fe80::/10", "::/127",
        ),
    )
)  # fmt: skip
# After @ or // any name; elsewhere only under endings that no file has.
_HOST = re.compile(r"(?:@|//)((?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62})")
_BARE = re.compile(
    r"(?<![\w@/.-])((?:[\w-]{1,63}\.){1,8}(?:com|net|org|info|biz|vn|io|xyz|top|ru|cn|online|site|club|me|co))(?![\w-])",
    re.IGNORECASE,
)
_SAFE_HOSTS = ("example", "invalid", "test", "localhost", "example.com", "example.net", "example.org", "gov.vn")
_VIRUS = re.compile(r"EICAR|X5O!P%@AP", re.IGNORECASE)
_SHOWN = "\n\t"


def dangers(text: str) -> Iterator[tuple[str, str]]:
    """(code, what is wrong) of one text: addresses outside of documentation, names of others, test virus, hidden signs."""
    for found in dict.fromkeys((*_FOUR.findall(text), *_SIX.findall(text))):
        try:
            address = ipaddress.ip_address(found)
        except ValueError:
            continue
        if not any(address in network for network in _SAFE):
            yield "address", f"{found} may be somebody's address"
    for host in dict.fromkeys((*_HOST.findall(text), *_BARE.findall(text))):
        name = host.lower()
        if not any(name == one or name.endswith("." + one) for one in _SAFE_HOSTS):
            yield "domain", f"{host[:60]} may be somebody's name"
    if _VIRUS.search(text):
        yield "eicar", "the test virus is not shipped; use the marker"
    hidden = {
        f"U+{ord(sign):04X}"
        for sign in text
        if sign not in _SHOWN and unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs")
    }
    if hidden:
        yield "hidden", f"signs that nobody sees: {', '.join(sorted(hidden)[:5])}"
