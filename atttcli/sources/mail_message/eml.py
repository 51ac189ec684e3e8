"""RFC 5322 messages by the standard library's parser (policy compat32: it keeps everything as written and never raises by design).

Bounds: bytes as given, multiparts (the parser is a generator per level, so depth times lines is its cost), parts, text,
attachments, mails within mails. A part that cannot be decoded is a problem of the mail; the rest is read.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from typing import Final

from atttcli.errors import InputError, LimitExceeded, Where
from atttcli.sources.mail_message.headers import addresses, date_of, decode_text, display_name, header_text, unfold
from atttcli.sources.mail_message.message import MAX_ATTACHMENTS, MAX_NESTED, MAX_PARTS, MAX_TEXT, Mail, Part

_MAX_MULTIPARTS: Final = 100
_NESTING = re.compile(rb"content-type:\s{0,200}(?:multipart|message)/", re.IGNORECASE)
# RFC 2046 allows 70; the parser makes an expression of it and tries that on every line.
_BOUNDARY = re.compile(rb"boundary\s{0,20}=\s{0,20}[^;\r\n]{1000}", re.IGNORECASE)
_RECIPIENTS: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "bcc")
_MAX_LINES: Final = 2_000_000
# What the email package was seen to raise over damaged parts.
_ZOO = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


def read_eml(data: bytes, where: Where) -> Mail:
    """The mail, with the mails attached to it read as well."""
    if sum(1 for _ in _NESTING.finditer(data)) > _MAX_MULTIPARTS:
        raise LimitExceeded(f"a mail of more than {_MAX_MULTIPARTS} nested parts", where=where)
    if data.count(b"\n") > _MAX_LINES:
        raise LimitExceeded(f"a mail of more than {_MAX_LINES} lines", where=where)
    if _BOUNDARY.search(data):
        raise LimitExceeded("a mail with a boundary of absurd length", where=where)
    try:
        message = message_from_bytes(data, policy=policy.compat32)
    except _ZOO as error:
        raise InputError(f"not a readable mail: {type(error).__name__}", where=where) from error
    return _mail(message, 1)


def _mail(message: Message, depth: int) -> Mail:
    mail = read_headers([(name.lower(), str(value)) for name, value in message.raw_items()])
    for part in _leaves(message, mail):
        try:
            _take(part, mail, depth)
        except _ZOO as error:
            mail.problems.append(f"a part that cannot be decoded: {type(error).__name__}")
    return mail


def read_headers(items: list[tuple[str, str]]) -> Mail:
    """The decoded headers; `items` are lower-case names with raw values, from the top."""
    values: dict[str, list[str]] = {}
    for name, value in items[:2000]:
        values.setdefault(name, []).append(value)

    def first(name: str) -> str:
        return values.get(name, [""])[0]

    sender = first("from")
    received = tuple(unfold(value) for value in values.get("received", [])[:50])
    times = (date_of(value) for value in (*received[:1], first("date")))
    found = [address for name in _RECIPIENTS for value in values.get(name, [])[:20] for address in addresses(value)]
    return Mail(
        subject=header_text(first("subject")),
        sender_name=display_name(sender),
        sender=next(iter(addresses(sender)), ""),
        senders=len(values.get("from", [])) or 1,
        reply_to=addresses(first("reply-to")),
        return_path=next(iter(addresses(first("return-path"))), ""),
        recipients=tuple(dict.fromkeys(found)),
        message_id=unfold(first("message-id"))[:300].strip(" <>"),
        time=next((time for time in times if time is not None), None),
        received=received,
        authentication=tuple(unfold(value) for value in values.get("authentication-results", [])[:10]),
    )


def _leaves(message: Message, mail: Mail) -> Iterator[Message]:
    """Parts in order, not entering attached mails; no recursion."""
    waiting: deque[Message] = deque([message])
    seen = 0
    while waiting:
        part = waiting.popleft()
        seen += 1
        if seen > MAX_PARTS:
            mail.problems.append(f"more than {MAX_PARTS} parts: the rest was not read")
            return
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() != "message":
            waiting.extendleft(reversed([inner for inner in payload if isinstance(inner, Message)]))
        else:
            yield part


def _take(part: Message, mail: Mail, depth: int) -> None:
    media_type = part.get_content_type()
    payload = part.get_payload()
    if media_type == "message/rfc822" and isinstance(payload, list) and payload and isinstance(payload[0], Message):
        _take_mail(payload[0], mail, depth)
        return
    decoded = part.get_payload(decode=True)
    data = decoded if isinstance(decoded, bytes) else b""
    name = _file_name(part)
    if name or part.get_content_disposition() == "attachment" or not media_type.startswith("text/"):
        if data:
            _attach(mail, Part(name or _default_name(media_type, len(mail.parts)), data, media_type))
    elif media_type == "text/html":
        mail.html += decode_text(data[:MAX_TEXT], part.get_content_charset())[: MAX_TEXT - len(mail.html)]
    else:
        mail.text += decode_text(data[:MAX_TEXT], part.get_content_charset())[: MAX_TEXT - len(mail.text)] + "\n"


def _take_mail(inner: Message, mail: Mail, depth: int) -> None:
    data = inner.as_bytes(policy=policy.compat32)
    subject = header_text(str(dict(inner.raw_items()).get("Subject", "")))
    _attach(mail, Part(f"{subject[:80] or 'message'}.eml", data, "message/rfc822"))
    if depth >= MAX_NESTED:
        mail.problems.append(f"mails nested deeper than {MAX_NESTED}: the innermost were not looked at")
    else:
        mail.forwarded.append(_mail(inner, depth + 1))


def _attach(mail: Mail, part: Part) -> None:
    if len(mail.parts) < MAX_ATTACHMENTS:
        mail.parts.append(part)
    elif not any(problem.startswith("more than") for problem in mail.problems):
        mail.problems.append(f"more than {MAX_ATTACHMENTS} attachments: the rest was not taken")


def _file_name(part: Message) -> str:
    name = part.get_filename()
    return header_text(name)[:255] if isinstance(name, str) else ""


def _default_name(media_type: str, index: int) -> str:
    kind = re.sub(r"[^a-z0-9]", "", media_type.partition("/")[2].lower())[:10] or "bin"
    return f"part-{index + 1}.{kind}"
