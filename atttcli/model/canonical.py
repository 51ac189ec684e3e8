"""One spelling for each observable, so that equality of text is equality of meaning.

Shared by list readers, rule packs and the indicator index. Pure text work: nothing is resolved, nothing is fetched.
"""

from __future__ import annotations

import ipaddress
import re

from atttcli.field.names import MOST_CHARACTERS, MOST_STARS, fold_path
from atttcli.model.observable import ObservableType

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}\Z")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}\Z")
_ALL_DIGITS = re.compile(r"[0-9.]+\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")
_URL = re.compile(r"([a-z][a-z0-9+.-]{0,15})://([^/?#\s]+)([^#\s]*)", re.IGNORECASE)
_PORTS = {"http": "80", "https": "443", "ftp": "21"}
_HASH_LENGTH = {ObservableType.MD5: 32, ObservableType.SHA1: 40, ObservableType.SHA256: 64}
_DEFANGED = ((re.compile(r"^h(?:xx|tt)p(s?)(?=:|\[:\])", re.IGNORECASE), r"http\1"), (re.compile(r"^fxp(?=:)"), "ftp"))
_BRACKETED = (
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[:]", ":"),
    ("[@]", "@"),
    ("[at]", "@"),
)
MAX_URL = 8192


def refang(text: str) -> str:
    """`hxxps://evil[.]example` -> `https://evil.example`: the forms that letters and lists use."""
    cleaned = text.strip()
    if "[" in cleaned or "(" in cleaned or "{" in cleaned:
        for mark, plain in _BRACKETED:
            cleaned = cleaned.replace(mark, plain)
    for pattern, plain in _DEFANGED:
        cleaned = pattern.sub(plain, cleaned)
    return cleaned


def canonical(kind: ObservableType, text: str) -> tuple[ObservableType, str] | None:
    """Type and value in the one spelling, or None when the text is no such thing.

    The type may change: `::ffff:192.0.2.1` is an IPv4 address, `192.0.2.1/32` too, an address given as a domain likewise.
    """
    value = text.strip()
    if kind is ObservableType.IPV4 or kind is ObservableType.IPV6:
        return canonical_address(value)
    if kind is ObservableType.CIDR:
        return _canonical_network(value)
    if kind is ObservableType.DOMAIN:
        domain = canonical_domain(value)
        return (ObservableType.DOMAIN, domain) if domain else canonical_address(value)
    if kind is ObservableType.URL:
        url = canonical_url(value)
        return (kind, url) if url else None
    if kind is ObservableType.EMAIL:
        mailbox = canonical_mailbox(value)
        return (kind, mailbox) if mailbox else None
    if kind is ObservableType.FILE:
        name = canonical_file_name(value)
        return (kind, name) if name else None
    digest = value.lower()
    return (kind, digest) if len(digest) == _HASH_LENGTH[kind] and _HEX.match(digest) else None


def canonical_address(value: str) -> tuple[ObservableType, str] | None:
    """An IPv4 or IPv6 address; octets with leading zeros are refused (they are octal to some, decimal to others)."""
    if _IPV4.match(value):
        return (ObservableType.IPV4, value)
    if ":" not in value or len(value) > 64:
        return None
    try:
        address = ipaddress.IPv6Address(value.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        return (ObservableType.IPV4, str(address.ipv4_mapped))
    return (ObservableType.IPV6, str(address))


def _canonical_network(value: str) -> tuple[ObservableType, str] | None:
    if "/" not in value:
        return canonical_address(value)
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
    if network.prefixlen == network.max_prefixlen:
        return canonical_address(str(network.network_address))
    return (ObservableType.CIDR, str(network))


def canonical_domain(text: str) -> str:
    """Lower case, no trailing dot, no leading `*.`, IDNA form; empty when it is no domain of at least two labels."""
    value = text.strip().lower().rstrip(".")
    if value.startswith("*."):
        value = value[2:]
    value = value.lstrip(".")
    if len(value) > 253:
        return ""
    if not value.isascii():
        try:
            value = value.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if len(value) > 253 or not _DOMAIN.match(value) or _ALL_DIGITS.match(value):
        return ""
    return value


def canonical_file_name(text: str) -> str:
    """Folded, `/` between components, without a trailing one; empty when it is no name or would fit nearly everything."""
    name = fold_path(text.strip().strip('"')).rstrip("/")
    solid = sum(char.isalnum() for char in name)
    good = solid >= 2 and len(name) <= MOST_CHARACTERS and name.isprintable() and name.count("*") <= MOST_STARS
    return name if good and "//" not in name else ""


def canonical_mailbox(text: str) -> str:
    """Lower-case address with a canonical domain, or empty. Local parts are compared without case, as mail systems do."""
    name, at, domain = text.strip().strip("<>").lower().rpartition("@")
    if not at or not name or len(name) > 64 or any(c.isspace() or c in '<>,;"' for c in name):
        return ""
    host = canonical_domain(domain)
    return f"{name}@{host}" if host else ""


def canonical_url(text: str) -> str:
    """Scheme and host in lower case, default port and fragment dropped, an empty path as `/`; empty when it is no URL."""
    value = text.strip()
    match = _URL.match(value) if len(value) <= MAX_URL else None
    if match is None:
        return ""
    scheme, authority, rest = match[1].lower(), match[2], match[3]
    host, port = split_authority(authority)
    if not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    if port and port != _PORTS.get(scheme):
        shown += ":" + port
    if not rest.startswith("/"):
        rest = "/" + rest
    return f"{scheme}://{shown}{rest}"


def split_authority(authority: str) -> tuple[str, str]:
    """`user@Host:8080` -> (`host`, `8080`); the host canonical, empty when it is neither a name nor an address."""
    hostport = authority.rpartition("@")[2]
    if hostport.startswith("["):
        inner, _, tail = hostport[1:].partition("]")
        host, port = inner, tail.removeprefix(":")
    elif hostport.count(":") > 1:
        host, port = hostport, ""
    else:
        host, _, port = hostport.partition(":")
    if port and not (port.isascii() and port.isdigit() and len(port) <= 5):
        return "", ""
    address = canonical_address(host)
    if address is not None:
        return address[1], port
    name = host.lower().rstrip(".")
    return (canonical_domain(name) or (name if _is_single_label(name) else "")), port


def _is_single_label(name: str) -> bool:
    return bool(name) and len(name) <= 63 and re.fullmatch(_LABEL, name) is not None and not name.isdigit()


def url_host(url: str) -> str:
    """The canonical host of a URL (or of `//host/path`); empty when there is none."""
    _, mark, rest = url.partition("://")
    if not mark:
        if not url.startswith("//"):
            return ""
        rest = url[2:]
    end = len(rest)
    for stop in "/?#":
        at = rest.find(stop, 0, end)
        if at >= 0:
            end = at
    return split_authority(rest[: min(end, 512)])[0]
