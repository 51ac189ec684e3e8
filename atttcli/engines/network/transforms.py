"""Buffer transforms, applied in the order a rule names them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from atttcli.engines.network.uri import percent_decode

Transform = Callable[[bytes], bytes]

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


def _pcrexform(pattern: str) -> Transform:
    """The first group of the first match; nothing where there is none, or the match is given up."""
    import pcre2

    search = pcre2.compile(b"(*LIMIT_MATCH=3500)" + pattern.encode("utf-8", "surrogateescape")).search
    failure = pcre2.LibraryError

    def transform(data: bytes) -> bytes:
        try:
            found = search(data)
            return bytes(found[1]) if found is not None else b""
        except (failure, IndexError, TypeError):
            return b""

    return transform


def _xor(key: str) -> Transform:
    secret = bytes.fromhex(key)

    def transform(data: bytes) -> bytes:
        if not data:
            return data
        stretched = (secret * (len(data) // len(secret) + 1))[: len(data)]
        return (int.from_bytes(data, "big") ^ int.from_bytes(stretched, "big")).to_bytes(len(data), "big")

    return transform


@lru_cache(maxsize=1024)
def transform_of(name: str) -> Transform:
    """The function of a transform; those with a value are named `name:value`."""
    word, colon, value = name.partition(":")
    return _WITH_VALUE[word](value) if colon else APPLY[word]


_WITH_VALUE: Final[dict[str, Callable[[str], Transform]]] = {"pcrexform": _pcrexform, "xor": _xor}
APPLY: Final[dict[str, Transform]] = {
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
