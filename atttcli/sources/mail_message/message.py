"""A mail as its readers give it, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_PARTS: Final = 2000  # looked at
MAX_ATTACHMENTS: Final = 200  # handed on
MAX_NESTED: Final = 5  # mails within mails
MAX_TEXT: Final = 2 * 1024 * 1024
MAX_HEADER: Final = 16_384
MAX_RECIPIENTS: Final = 500


@dataclass(frozen=True, slots=True)
class Part:
    """An attached file. `name` as the sender wrote it (hostile)."""

    name: str
    data: bytes
    media_type: str = ""


@dataclass(slots=True)
class Mail:
    """Decoded headers and parts. Addresses in lower case; `authentication` and `received` from the top, ours first."""

    subject: str = ""
    sender_name: str = ""
    sender: str = ""
    senders: int = 1  # From addresses there were
    reply_to: tuple[str, ...] = ()
    return_path: str = ""
    recipients: tuple[str, ...] = ()
    message_id: str = ""
    time: int | None = None
    received: tuple[str, ...] = ()
    authentication: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    parts: list[Part] = field(default_factory=list)
    forwarded: list[Mail] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
