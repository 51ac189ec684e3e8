"""The attachments of a mail message: multipart bodies taken apart, Base64 and quoted-printable undone. Bounded, never failing."""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

MAX_PARTS = 128
MAX_DEPTH = 8
MAX_HEADER = 64 * 1024
_PARAMETER = r"""[\s;]%s\*?=(?:"([^"]{0,1000})"|([^";\s]{1,1000}))"""
_FILENAME = re.compile(_PARAMETER % "filename", re.I)
_NAME = re.compile(_PARAMETER % "name", re.I)
_BOUNDARY = re.compile(_PARAMETER % "boundary", re.I)
_NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


class Attachment(NamedTuple):
    """A part that names a file, decoded."""

    name: bytes
    content: bytes


def attachments(message: bytes) -> list[Attachment]:
    """Parts with a file name, in order."""
    found: list[Attachment] = []
    waiting = [(message, 0)]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part, depth = waiting.pop(0)
        seen += 1
        headers, body = _split(part)
        kind = headers.get("content-type", "")
        boundary = _BOUNDARY.search(kind)
        mark = (boundary.group(1) or boundary.group(2) or "").encode("latin-1", "replace") if boundary else b""
        if kind.lower().lstrip().startswith("multipart/") and mark and depth < MAX_DEPTH:
            inner = [(one, depth + 1) for one in _parts(body, mark)[: MAX_PARTS - seen]]
            waiting[:0] = inner
            continue
        name = _FILENAME.search(headers.get("content-disposition", "")) or _NAME.search(kind)
        if name or headers.get("content-disposition", "").lower().lstrip().startswith("attachment"):
            text = (name.group(1) or name.group(2) or "") if name else ""
            decoded = decode(body, headers.get("content-transfer-encoding", ""))
            found.append(Attachment(text.encode("latin-1", "replace"), decoded))
        elif kind.lower().lstrip().startswith("message/rfc822") and depth < MAX_DEPTH:
            waiting.insert(0, (body, depth + 1))
    return found


def _split(part: bytes) -> tuple[dict[str, str], bytes]:
    """Headers by lower-case name (folded lines joined) and the body."""
    end = re.search(rb"(?:\A|\r?\n)\r?\n", part[:MAX_HEADER])
    head, body = (part[: end.start()], part[end.end() :]) if end else (part[:MAX_HEADER], b"")
    headers: dict[str, str] = {}
    name = ""
    for line in head.decode("latin-1").splitlines():
        if line[:1] in (" ", "\t") and name:
            headers[name] += line
        else:
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if colon and len(headers) < 256:
                headers.setdefault(name, " " + value)
            else:
                name = ""
    return headers, body


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the boundary lines; an unfinished last part counts."""
    pieces = (b"\n" + body).split(b"\n--" + boundary)[1:]
    parts = []
    for piece in pieces:
        if piece.startswith(b"--"):
            break
        _, newline, rest = piece.partition(b"\n")
        if newline:
            parts.append(rest.removesuffix(b"\r"))
    return parts


def decode(body: bytes, coding: str) -> bytes:
    """A body after its transfer encoding; what is broken is passed over."""
    name = coding.strip().lower()
    if name == "base64":
        text = body.translate(None, _NO_BASE64).rstrip(b"=")
        if b"=" not in text:
            return _base64(text)
        # Padding in the middle: each group of four stands for itself, as the reference engine reads it.
        return b"".join(_base64(text[at : at + 4].rstrip(b"=")) for at in range(0, len(text), 4))
    if name == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def _base64(text: bytes) -> bytes:
    """Without padding; a lone last character stands for nothing."""
    text = text[:-1] if len(text) % 4 == 1 else text
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""
