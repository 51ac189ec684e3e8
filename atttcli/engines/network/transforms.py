"""Buffer transforms, applied in the order a rule names them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

from atttcli.engines.network.uri import percent_decode

_BLANKS = re.compile(rb"[ \t\n\v\f\r]+")
_BLANK_BYTES = b" \t\n\v\f\r"


def _dotprefix(data: bytes) -> bytes:
    return b"." + data


def _strip_whitespace(data: bytes) -> bytes:
    return data.translate(None, _BLANK_BYTES)


def _compress_whitespace(data: bytes) -> bytes:
    return _BLANKS.sub(lambda found: found.group()[:1], data)


def _url_decode(data: bytes) -> bytes:
    return percent_decode(data.replace(b"+", b" "))


def _header_lowercase(data: bytes) -> bytes:
    """Lower-case header names, leave their values."""
    lines = data.split(b"\r\n")
    return b"\r\n".join(name.lower() + colon + value for name, colon, value in (line.partition(b":") for line in lines))


def _strip_pseudo_headers(data: bytes) -> bytes:
    """Leave out lines that begin with a colon."""
    lines = data.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b":"))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


APPLY: Final[dict[str, Callable[[bytes], bytes]]] = {
    "dotprefix": _dotprefix,
    "to_lowercase": bytes.lower,
    "to_uppercase": bytes.upper,
    "strip_whitespace": _strip_whitespace,
    "compress_whitespace": _compress_whitespace,
    "to_md5": _md5,
    "to_sha1": _sha1,
    "to_sha256": _sha256,
    "url_decode": _url_decode,
    "header_lowercase": _header_lowercase,
    "strip_pseudo_headers": _strip_pseudo_headers,
}
