"""NTLMSSP in the set-up of an SMB session: who logs on, from where (MS-NLMP)."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.engines.network.fields import Values
from atttcli.engines.network.messages import Message, little

MAX_NAME = 1024


def messages(number: int, direction: int, body: bytes) -> Iterator[Message]:
    """The user and domain of an AUTHENTICATE message, if there is one in these bytes."""
    at = body.find(b"NTLMSSP\0\x03\0\0\0")
    if at < 0:
        return
    part = body[at:]
    wide = little(part, 60, 4) & 1
    domain, user, host = (_text(part, place, wide) for place in (28, 36, 44))
    values: dict[str, Values] = {"smb.ntlmssp_user": (user,), "smb.ntlmssp_domain": (domain,)}
    told = {"domain": domain, "user": user, "host": host}
    context = {"smb": {"ntlmssp": {name: text.decode("utf-8", "replace") for name, text in told.items()}}}
    yield Message(number, direction, values, context)


def _text(part: bytes, at: int, wide: int) -> bytes:
    size, place = min(little(part, at, 2), MAX_NAME), little(part, at + 4, 4)
    raw = part[place : place + size]
    return raw.decode("utf-16-le", "replace").encode("utf-8", "replace") if wide else raw
