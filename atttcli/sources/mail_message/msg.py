"""Outlook's .msg: an OLE compound file with one stream per property ([MS-OXMSG]), read through olefile (the extra `outlook`).

Not through extract-msg: it is under the GPL, brings two dozen packages, and renders; a few properties and the attachments
are all we want. olefile bounds its own chains; streams are read up to the document limit.
"""

from __future__ import annotations

import io
import re
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from atttcli.clock import to_micros
from atttcli.errors import InputError, LimitExceeded, MissingFeature, Where
from atttcli.sources.mail_message.eml import read_headers
from atttcli.sources.mail_message.message import MAX_ATTACHMENTS, MAX_NESTED, MAX_TEXT, Mail, Part

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_ENTRIES: Final = 20_000
_UNICODE, _NARROW, _BINARY = "001F", "001E", "0102"
_SUBJECT, _HEADERS, _BODY, _HTML = "0037", "007D", "1000", "1013"
_SENDER_NAME, _SENDER, _SENDER_SMTP, _MESSAGE_ID = "0C1A", "0C1F", "5D01", "1035"
_RECIPIENT_SMTP, _RECIPIENT = "39FE", "3003"
_LONG_NAME, _SHORT_NAME, _DATA, _MEDIA_TYPE = "3707", "3704", "3701", "370E"
_DELIVERED: Final = 0x0E060040  # PidTagMessageDeliveryTime, a FILETIME in the property stream
_ZOO = (
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    struct.error,
    RecursionError,
    AssertionError,
    OverflowError,
)


def read_msg(data: bytes, where: Where) -> Mail:
    """The mail and its attachments; attached mails (embedded storages) are read as well."""
    try:
        import olefile
    except ImportError as error:
        raise MissingFeature(
            "reading .msg files needs olefile, which is not installed",
            hint="pip install 'atttcli[outlook]', or save the mail as .eml",
            where=where,
        ) from error
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _Storage(ole, len(data), where).mail((), 1)
    except InputError:
        raise
    except _ZOO as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"not a readable .msg file: {reason}", where=where) from error


class _Storage:
    """Properties of the storages in one compound file."""

    def __init__(self, ole: Any, size: int, where: Where) -> None:
        self._ole, self._size, self._where = ole, size, where
        entries = ole.listdir(streams=True, storages=False)
        if len(entries) > _MAX_ENTRIES:
            raise LimitExceeded(f"more than {_MAX_ENTRIES} streams in a .msg file", where=where)
        self._children: dict[tuple[str, ...], list[str]] = {}
        for entry in entries:
            for depth in range(len(entry)):
                names = self._children.setdefault(tuple(entry[:depth]), [])
                if not names or names[-1] != entry[depth]:
                    names.append(entry[depth])
        self._read = 0

    def mail(self, at: tuple[str, ...], depth: int) -> Mail:
        headers = self._text(at, _HEADERS)
        mail = read_headers(_header_items(headers))
        mail.subject = mail.subject or self._text(at, _SUBJECT)
        mail.sender = mail.sender or (self._text(at, _SENDER_SMTP) or self._text(at, _SENDER)).lower()
        mail.sender_name = mail.sender_name or self._text(at, _SENDER_NAME)
        mail.message_id = mail.message_id or self._text(at, _MESSAGE_ID).strip(" <>")
        mail.time = mail.time if mail.time is not None else self._delivered(at)
        mail.text = self._text(at, _BODY)[:MAX_TEXT]
        html = self._bytes(at, _HTML, _BINARY) or b""
        mail.html = self._text(at, _HTML)[:MAX_TEXT] or html[:MAX_TEXT].decode("utf-8", "replace")
        if not mail.recipients:
            mail.recipients = tuple(self._recipients(at))
        self._attachments(at, mail, depth)
        return mail

    def _recipients(self, at: tuple[str, ...]) -> list[str]:
        storages = [name for name in self._children.get(at, []) if name.startswith("__recip_version1.0_")]
        found = [
            self._text((*at, name), _RECIPIENT_SMTP) or self._text((*at, name), _RECIPIENT) for name in storages[:500]
        ]
        return [address.lower() for address in found if "@" in address]

    def _attachments(self, at: tuple[str, ...], mail: Mail, depth: int) -> None:
        storages = sorted({name for name in self._children.get(at, []) if name.startswith("__attach_version1.0_")})
        if len(storages) > MAX_ATTACHMENTS:
            mail.problems.append(f"more than {MAX_ATTACHMENTS} attachments: the rest was not taken")
        for index, name in enumerate(storages[:MAX_ATTACHMENTS]):
            place = (*at, name)
            embedded = (*place, f"__substg1.0_{_DATA}000D")
            if embedded in self._children:
                self._embedded(embedded, mail, depth)
                continue
            data = self._bytes(place, _DATA, _BINARY)
            title = self._text(place, _LONG_NAME) or self._text(place, _SHORT_NAME) or f"part-{index + 1}.bin"
            if data:
                mail.parts.append(Part(title[:255], data, self._text(place, _MEDIA_TYPE)[:100]))

    def _embedded(self, at: tuple[str, ...], mail: Mail, depth: int) -> None:
        if depth >= MAX_NESTED:
            mail.problems.append(f"mails nested deeper than {MAX_NESTED}: the innermost were not looked at")
            return
        inner = self.mail(at, depth + 1)
        mail.forwarded.append(inner)
        mail.parts += inner.parts[: MAX_ATTACHMENTS - len(mail.parts)]

    def _text(self, at: tuple[str, ...], tag: str) -> str:
        wide = self._bytes(at, tag, _UNICODE)
        if wide is not None:
            return wide.decode("utf-16-le", "replace").strip("\0")
        narrow = self._bytes(at, tag, _NARROW)
        if narrow is None:
            return ""
        try:
            return narrow.decode("utf-8").strip("\0")
        except UnicodeDecodeError:
            return narrow.decode("cp1258", "replace").strip("\0")

    def _bytes(self, at: tuple[str, ...], tag: str, kind: str) -> bytes | None:
        name = f"__substg1.0_{tag}{kind}"
        if name not in self._children.get(at, []):
            return None
        stream = self._ole.openstream([*at, name])
        data: bytes = stream.read()
        self._read += len(data)
        if self._read > 2 * self._size + MAX_TEXT:  # streams that share sectors
            raise LimitExceeded("streams larger than the file they stand in", where=self._where)
        return data

    def _delivered(self, at: tuple[str, ...]) -> int | None:
        name = "__properties_version1.0"
        if name not in self._children.get(at, []):
            return None
        data = self._ole.openstream([*at, name]).read()[:65_536]
        for offset in range(24 if at else 32, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<IIQ", data, offset)
            if tag == _DELIVERED:
                try:
                    return to_micros(datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=value // 10))
                except OverflowError:
                    return None
        return None


def _header_items(text: str) -> list[tuple[str, str]]:
    """The transport headers as lower-case names with values; a folded line belongs to the one before."""
    items: list[tuple[str, str]] = []
    for line in re.split(r"\r?\n", text[:1_000_000])[:20_000]:
        if line[:1] in (" ", "\t") and items:
            name, value = items[-1]
            if len(value) < 65_536:
                items[-1] = (name, f"{value} {line.strip()}")
        else:
            name, colon, value = line.partition(":")
            if colon and name and " " not in name:
                items.append((name.lower(), value.strip()))
    return items
