"""The sources of mails: a suspicious mail becomes one alert, a plain one a Letter; attachments are handed on to be routed."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Final

from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import Where
from atttcli.limits import read_bounded
from atttcli.model.alert import Alert, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.source import Attachment, Input, Letter, ReadProblem, Record
from atttcli.sources.lists.letter import merge_letters, read_letter
from atttcli.sources.mail_message.eml import read_eml
from atttcli.sources.mail_message.judge import (
    HEAVY,
    Reason,
    Sign,
    body_of,
    forwards_suspicion,
    observables_of,
    reasons_for,
)
from atttcli.sources.mail_message.links import Page
from atttcli.sources.mail_message.message import Mail
from atttcli.sources.mail_message.msg import MAGIC, read_msg
from atttcli.sources.observables import parse_observable
from atttcli.sources.scope import Scope, is_within
from atttcli.sources.secrecy import refuse_secret, refuse_secret_subject

MAX_OBSERVABLES: Final = 500
_HEADER_LINE = re.compile(rb"([A-Za-z][A-Za-z0-9\-]{1,60}):[ \t]?")
_USUAL_HEADERS = (
    b"from to subject date received mime-version message-id return-path content-type delivered-to reply-to x-mailer cc sender"
    b" dkim-signature authentication-results content-transfer-encoding"
)
_USUAL: Final = frozenset(_USUAL_HEADERS.split())
_RELAY = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{3,45})\]")
_NAMED_STREAM = "__substg1.0_".encode("utf-16-le")
_PROPERTIES = "__properties_version1.0".encode("utf-16-le")


class MailSource:
    """One mail format; formats differ in how they are recognised and parsed."""

    kind = "mail"

    def __init__(self, name: str, recognise: Callable[[Input], int], parse: Callable[[bytes, Where], Mail]) -> None:
        self.name = name
        self._recognise = recognise
        self._parse = parse

    def recognise(self, given: Input) -> int:
        """By content; see each format."""
        return self._recognise(given)

    def read(self, given: Input) -> Iterator[Record]:
        """Letter (of a plain mail, or when the text has a letter's number), alert (of a suspicious one), attachments, problems."""
        where = Where(given.path)
        data = read_bounded(given.stream, given.budget.limits.document_bytes, where)
        mail = self._parse(data, where)
        page = body_of(mail)
        _refuse_secret(mail, page, where)
        scope = Scope(given.own_networks, given.own_domains, given.allow)
        reasons, subject = _judged(mail, page, scope)
        letter = _letter(mail, page)
        if letter.number or not reasons:
            yield letter
        if reasons:
            yield _alert(mail, subject, reasons, given, scope)
        for part in mail.parts:
            yield Attachment(part.name, part.data, origin=mail.message_id or mail.subject[:200])
        for problem in mail.problems:
            yield ReadProblem(None, problem)


def _refuse_secret(mail: Mail, page: Page, where: Where) -> None:
    for one in (mail, *mail.forwarded):
        refuse_secret_subject(one.subject, where)
    refuse_secret((mail.text or page.text).splitlines()[:200], where)


def _judged(mail: Mail, page: Page, scope: Scope) -> tuple[list[Reason], Mail]:
    """The reasons and the mail they are about: of a mail that somebody forwards as suspicious, the one inside."""
    if forwards_suspicion(mail):
        inner = mail.forwarded[0]
        sent_on = Reason(Sign.FORWARDED, f"forwarded as suspicious by {mail.sender or 'somebody'}")
        return [sent_on, *reasons_for(inner, body_of(inner), scope)], inner
    return reasons_for(mail, page, scope), mail


def _letter(mail: Mail, page: Page) -> Letter:
    text = mail.text if mail.text.strip() else page.text
    date = from_micros(mail.time, VIETNAM).date().isoformat() if mail.time is not None else ""
    own = Letter(date=date, sender=mail.sender or mail.sender_name, subject=mail.subject)
    lines = [mail.subject, *text.splitlines()[:300]]
    found = read_letter([f"Ngày {date}", *lines]) if date else read_letter(lines)
    # A mail's `trong vòng 5 ngày` counts from its date: read again with a dated first line when the text has no date of its own.
    if date and not found.date and not found.deadline:
        found = merge_letters(found, _dated(lines, date))
    return merge_letters(Letter(found.number, found.date, own.sender, own.subject, found.deadline, found.reply), own)


def _dated(lines: list[str], date: str) -> Letter:
    year, month, day = date.split("-")
    again = read_letter([f"ngày {int(day)} tháng {int(month)} năm {year}", *lines])
    return Letter(deadline=again.deadline, reply=again.reply)


def _alert(mail: Mail, about: Mail, reasons: list[Reason], given: Input, scope: Scope) -> Alert:
    """One alert of the whole mail. `mail` was received; `about` is what it is about (itself, or a mail sent on)."""
    own = [
        address
        for address in (*mail.recipients, *about.recipients)
        if is_within(address.rpartition("@")[2], scope.domains)
    ]
    if about is not mail and is_within(mail.sender.rpartition("@")[2], scope.domains):
        own.insert(0, mail.sender)  # the colleague who got it
        own = [address for address in own if address not in mail.recipients or address in about.recipients]
    victims = list(dict.fromkeys(own))
    signs = {reason.sign for reason in reasons}
    identity = about.message_id or given.sha256
    return Alert(
        kind="mail",
        rule_id="mail.suspicious",
        title=about.subject[:200] or "(không có tiêu đề)",
        severity=Severity.HIGH if signs & HEAVY or len(signs) > 2 else Severity.MEDIUM,
        origin=Origin(given.sha256, given.path),
        occurrence=hashlib.sha256("\x1f".join([identity, *victims]).encode("utf-8", "replace")).hexdigest()[:32],
        time=about.time if about.time is not None else mail.time,
        key=identity,
        category="madoc" if Sign.ATTACHMENT in signs else "giamao",
        victim=victims[0] if victims else "",
        sender=about.sender,
        tags=tuple(sorted(sign.value for sign in signs)),
        observables=_observables(about, victims, scope),
        why=tuple(reason.text for reason in reasons),
        detail={
            "message_id": about.message_id,
            "sender_name": about.sender_name[:200],
            "recipients": victims[:100],
            "received": [value[:500] for value in about.received[:20]],
            "authentication": [value[:500] for value in about.authentication[:1]],
            "attachments": [
                {"name": part.name, "size": len(part.data), "sha256": hashlib.sha256(part.data).hexdigest()}
                for part in about.parts
            ],
            **({"forwarded_by": mail.sender} if about is not mail else {}),
        },
    )


def _observables(mail: Mail, victims: list[str], scope: Scope) -> tuple[Observable, ...]:
    """Each value once, in the first role it plays: victim, sender, link, relay, attachment."""
    found = [Observable(ObservableType.EMAIL, address, "victim") for address in victims[:100]]
    relay = _relay(mail, scope)
    found += [relay] if relay is not None else []
    found += [
        Observable(ObservableType.SHA256, hashlib.sha256(part.data).hexdigest(), "attachment") for part in mail.parts
    ]
    kept: dict[tuple[ObservableType, str], Observable] = {}
    for observable in (*found, *observables_of(mail, body_of(mail))):
        if observable.role == "body" and scope.is_own(observable):
            continue
        kept.setdefault((observable.type, observable.value), observable)
        if len(kept) >= MAX_OBSERVABLES:
            break
    return tuple(kept.values())


def _relay(mail: Mail, scope: Scope) -> Observable | None:
    """The outside address that handed the mail to our server: the first one from the top that is neither ours nor private."""
    for line in mail.received:
        for text in _RELAY.findall(line.partition(" by ")[0]):
            try:
                address = ipaddress.ip_address(text)
            except ValueError:
                continue
            observable = parse_observable(address.compressed)
            if observable is not None and not scope.is_own(observable) and not scope.is_local(observable):
                return Observable(observable.type, observable.value, "relay")
    return None


def _recognise_eml(given: Input) -> int:
    """Header lines from the first byte on, at least two of them a mail's usual ones."""
    head = given.head[:16_384].lstrip(b"\xef\xbb\xbf\r\n")
    names: set[bytes] = set()
    for index, line in enumerate(head.split(b"\n")):
        if line[:1] in (b" ", b"\t") and index:
            continue
        if not line.strip():
            break
        match = _HEADER_LINE.match(line)
        if match is None and not (index == 0 and line.startswith(b"From ")):
            return 0
        if match:
            names.add(match[1].lower())
    usual = names & _USUAL
    if len(usual) >= 3 or {b"from", b"subject"} <= usual:
        return 95
    return 50 if len(usual) == 2 and given.path.lower().endswith(".eml") else 0


def _recognise_msg(given: Input) -> int:
    if not given.head.startswith(MAGIC):
        return 0
    if _NAMED_STREAM in given.head or _PROPERTIES in given.head:
        return 95
    return 60 if given.path.lower().endswith(".msg") else 0


EML = MailSource("mail-eml", _recognise_eml, read_eml)
MSG = MailSource("mail-msg", _recognise_msg, read_msg)
