"""Normalising what a client asks for: percent-decoding of all of it (`+` stays), clean-up of the path."""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})|%u([0-9A-Fa-f]{4})")
_SLASHES = re.compile(rb"/{2,}")


def _unescape(found: re.Match[bytes]) -> bytes:
    if found.group(1):
        return bytes([int(found.group(1), 16)])
    value = int(found.group(2), 16)
    return bytes([value]) if value < 256 else b"?"


def percent_decode(text: bytes) -> bytes:
    """One round of %XX."""
    return _ESCAPE.sub(_unescape, text) if b"%" in text else text


def normalise(uri: bytes) -> bytes:
    """`http.uri` of a raw request target: decoded path without `//`, `/./` and `/../`; scheme and host removed."""
    target = _without_host(uri).partition(b"#")[0]
    path, question, query = target.partition(b"?")
    path = percent_decode(path).replace(b"\\", b"/")
    if b"//" in path:
        path = _SLASHES.sub(b"/", path)
    if b"/." in path:
        path = _without_dots(path)
    return path + question + percent_decode(query)


def _without_host(uri: bytes) -> bytes:
    scheme, mark, rest = uri.partition(b"://")
    if not mark or not scheme.isalpha():
        return uri
    slash = rest.find(b"/")
    return rest[slash:] if slash >= 0 else b"/"


def uri_host(uri: bytes) -> bytes:
    """The host of an absolute request target, or nothing."""
    scheme, mark, rest = uri.partition(b"://")
    if not mark or not scheme.isalpha():
        return b""
    return rest.partition(b"/")[0].rpartition(b"@")[2]


def _without_dots(path: bytes) -> bytes:
    kept: list[bytes] = []
    parts = path.split(b"/")
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == b".":
            if last:
                kept.append(b"")
        elif part == b"..":
            if len(kept) > 1:
                kept.pop()
            if last:
                kept.append(b"")
        else:
            kept.append(part)
    return b"/".join(kept)
