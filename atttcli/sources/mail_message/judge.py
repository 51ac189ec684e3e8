"""Why a mail is worth a look: each reason stands on its own and can be checked by a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from atttcli.model.observable import Observable, ObservableType
from atttcli.sources.mail_message.attachments import risks
from atttcli.sources.mail_message.links import Page, read_page
from atttcli.sources.mail_message.lookalike import imitated, organisation_of
from atttcli.sources.mail_message.message import Mail
from atttcli.sources.observables import extract, host_of, parse_observable
from atttcli.sources.scope import Scope, is_within
from atttcli.text.fold import fold

_AUTHENTICATION = re.compile(r"\b(spf|dkim|dmarc)\s?=\s?(fail|softfail|permerror)\b", re.IGNORECASE)
_SUSPECTED: Final = re.compile(
    r"nghi ngo|nghi van|lua dao|gia mao|dang ngo|thu rac|thu la|phishing|spam|suspicious"
    r"|kiem tra giup|canh bao thu|report(?:ed)? mail"
)
_MAX_TEXT: Final = 200_000
_MAX_EACH: Final = 5  # reasons of one kind that are spelt out
_PATTERN_LINK = re.compile(r"https?://[^/]*@|%[0-9a-f]{2}%[0-9a-f]{2}%[0-9a-f]{2}", re.IGNORECASE)


class Sign(StrEnum):
    """Kinds of reasons."""

    FORWARDED = "forwarded-as-suspicious"
    ATTACHMENT = "risky-attachment"
    LINK = "link-mismatch"
    REPLY_TO = "reply-to-mismatch"
    AUTHENTICATION = "authentication-failed"
    LOOKALIKE = "lookalike-domain"
    NAME = "display-name-spoof"
    FORM = "password-form"
    SENDERS = "several-senders"


HEAVY: Final = frozenset({Sign.ATTACHMENT, Sign.LOOKALIKE, Sign.LINK, Sign.FORM, Sign.FORWARDED})


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, readable, not escaped."""

    sign: Sign
    text: str


def reasons_for(mail: Mail, page: Page, scope: Scope) -> list[Reason]:
    """All reasons of this mail by itself (not of mails attached to it)."""
    found = [
        *_attachments(mail),
        *_links(page),
        *_lookalikes(mail, page, scope),
        *_sender(mail, scope),
        *_authentication(mail),
    ]
    if page.asks_password:
        found.append(Reason(Sign.FORM, "the body holds a form that asks for a password"))
    return list(dict.fromkeys(found))


def forwards_suspicion(mail: Mail) -> bool:
    """A colleague sends on a mail and says that it looks wrong."""
    return bool(mail.forwarded) and bool(_SUSPECTED.search(fold(f"{mail.subject}\n{mail.text[:5000]}")))


def body_of(mail: Mail) -> Page:
    """The body's links and text; a plain text's links are found later, as observables."""
    return read_page(mail.html)


def observables_of(mail: Mail, page: Page) -> Iterator[Observable]:
    """Indicators in headers and body with the part they play; attachments are added by the caller, who hashes them."""
    for address, role in (
        (mail.sender, "sender"),
        (mail.return_path, "return-path"),
        *((a, "reply-to") for a in mail.reply_to),
    ):
        observable = parse_observable(address) if address else None
        if observable is not None:
            yield Observable(observable.type, observable.value, role)
    for link in page.links:
        observable = parse_observable(link.target)
        if observable is not None:
            role = "url" if observable.type is ObservableType.URL else "body"
            yield Observable(observable.type, observable.value, role)
    for found in extract(f"{mail.text[:_MAX_TEXT]}\n{page.text[:_MAX_TEXT]}"):
        role = "url" if found.observable.type is ObservableType.URL else "body"
        yield Observable(found.observable.type, found.observable.value, role)


def _attachments(mail: Mail) -> Iterator[Reason]:
    for part in mail.parts:
        for risk in risks(part):
            yield Reason(Sign.ATTACHMENT, f"attachment {part.name!r}: {risk}")


def _links(page: Page) -> Iterator[Reason]:
    given = 0
    for link in page.links:
        if link.tag != "a":
            continue
        shown, target = parse_observable(link.text.split()[0] if link.text else ""), parse_observable(link.target)
        if shown is None or target is None or target.type is not ObservableType.URL:
            continue
        if shown.type not in (ObservableType.URL, ObservableType.DOMAIN):
            continue
        if organisation_of(host_of(shown)) != organisation_of(host_of(target)):
            yield Reason(Sign.LINK, f"a link shows {host_of(shown)} and leads to {host_of(target)}")
            given += 1
        if given >= _MAX_EACH:
            return


def _lookalikes(mail: Mail, page: Page, scope: Scope) -> Iterator[Reason]:
    names = {mail.sender.rpartition("@")[2]: "the sender"} if mail.sender else {}
    names |= {address.rpartition("@")[2]: "the reply address" for address in mail.reply_to}
    for observable in (parse_observable(link.target) for link in page.links[:300]):
        if observable is not None:
            names.setdefault(host_of(observable), "a link")
    for found, _ in zip(extract(mail.text[:_MAX_TEXT]), range(300), strict=False):
        names.setdefault(host_of(found.observable), "a link")
    given = 0
    for name, where in names.items():
        own = imitated(name, scope.domains) if name and not is_within(name, scope.domains) else ""
        if own:
            yield Reason(Sign.LOOKALIKE, f"{where} uses {name}, which imitates {own}")
            given += 1
        if given >= _MAX_EACH:
            return


def _sender(mail: Mail, scope: Scope) -> Iterator[Reason]:
    domain = mail.sender.rpartition("@")[2]
    for address in mail.reply_to[:_MAX_EACH]:
        other = address.rpartition("@")[2]
        if domain and organisation_of(other) != organisation_of(domain):
            yield Reason(Sign.REPLY_TO, f"from {mail.sender}, but answers go to {address}")
    named = parse_observable(mail.sender_name) or next((found.observable for found in extract(mail.sender_name)), None)
    if named is not None and domain and organisation_of(host_of(named)) != organisation_of(domain):
        yield Reason(Sign.NAME, f"the sender's name says {named.value}, the address is {mail.sender}")
    if mail.senders > 1:
        yield Reason(Sign.SENDERS, f"{mail.senders} From headers")


def failed_authentication(mail: Mail) -> list[str]:
    """Failures that our own mail server wrote on top; what stands below may be the sender's invention."""
    found = _AUTHENTICATION.findall(mail.authentication[0] if mail.authentication else "")
    return [f"{method.upper()} {result.lower()}" for method, result in found]


def _authentication(mail: Mail) -> Iterator[Reason]:
    yield from (Reason(Sign.AUTHENTICATION, failure) for failure in failed_authentication(mail))
