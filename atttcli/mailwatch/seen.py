"""What a mail log's event says of one account: a login, a failure, a use of the mailbox; in few words, whatever system wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from atttcli.model.event import Event

MAX_NAME: Final = 254
LOGIN, FAILURE, USE, OTHER = "login", "failure", "use", "other"
WEB, IMAP, POP3, SMTP = "web", "imap", "pop3", "smtp"
LEGACY: Final = (IMAP, POP3, SMTP)
_MAIL: Final = frozenset(("mail", "authentication"))
_CLOUD: Final = frozenset(("m365", "azure"))
_SESSIONS: Final = (
    "SessionId",
    "sessionId",
    "session_id",
    "session",
    "AppAccessContext.AADSessionId",
    "DeviceProperties.SessionId",
)
_AGENTS: Final = ("ua", "UserAgent", "user_agent", "userAgent", "cs-user-agent", "ClientInfoString")
_CLIENTS: Final = {"imap4": IMAP, "pop3": POP3, "authenticated smtp": SMTP, "imap": IMAP, "pop": POP3, "smtp": SMTP}
_OWN_SESSIONS: Final = frozenset(("roundcube", "m365", "azure", "horde", "sogo"))  # elsewhere `session` is a connection


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that an account did, or that was tried on it. `time` is microseconds UTC."""

    time: int
    account: str
    address: str
    kind: str
    protocol: str = ""
    session: str = ""
    agent: str = ""
    path: str = ""
    line: int = 0


class Names:
    """Accounts as one writes them: lower case, with the domain where a log leaves it out and it is known."""

    def __init__(self, accounts: Iterable[str] = (), domain: str = "") -> None:
        self._domain = domain.strip().lstrip("@").lower()
        self._full: dict[str, str] = {}
        for account in accounts:
            local = account.partition("@")[0]
            self._full[local] = account if self._full.get(local, account) == account else ""

    def account(self, text: str) -> str:
        """The account's address; empty when the text is none or too long for one."""
        if not text or len(text) > MAX_NAME:
            return ""
        name = text.strip().strip("<>").lower().rpartition("\\")[2]
        if not name or "@" in name:
            return name
        return self._full.get(name) or (f"{name}@{self._domain}" if self._domain else name)


def as_mail(event: Event, names: Names) -> Event | None:
    """The event as the rules for mail want it, its account in one spelling; None when it is not about an account."""
    category = event.category
    if category not in _MAIL:
        if event.product != "exchange" or not event.user:
            return None
        category = "mail"
    if category == "authentication":
        if event.product not in _CLOUD:
            return None
        category = "mail"
    if not event.user:
        return event if event.action else None
    account = names.account(event.user)
    if account == event.user and category == event.category:
        return event
    return msgspec.structs.replace(event, user=account, category=category)


def seen_of(event: Event, path: str) -> Seen | None:
    """What the event says of its account; None where it has no time, no account or no address."""
    if event.time is None or not event.user or not event.src_ip:
        return None
    if event.action == "login":
        kind = LOGIN if event.outcome == "success" else FAILURE if event.outcome == "failure" else OTHER
    else:
        kind = USE if event.action in ("", "request", "mail-read", "search", "download") else OTHER
    if kind is OTHER:
        return None
    fields = event.fields
    session = ""
    if event.product in _OWN_SESSIONS:
        session = next((str(fields[name])[:200] for name in _SESSIONS if fields.get(name)), "")
    agent = next((str(fields[name])[:300] for name in _AGENTS if fields.get(name)), "")
    return Seen(
        event.time, event.user, event.src_ip, kind, protocol_of(event), session, agent, path, event.line
    )  # fmt: skip


def protocol_of(event: Event) -> str:
    """`imap`, `pop3`, `smtp`, `web`, or empty where the log does not tell."""
    service, product = event.service, event.product
    if product == "zimbra":
        said = str(event.fields.get("protocol", "")) or str(event.fields.get("thread", ""))[:5]
        lower = said.lower()
        return (
            IMAP if lower.startswith("imap") else POP3 if lower.startswith("pop3") else SMTP if lower == "smtp" else WEB
        )
    if service.startswith(IMAP):
        return IMAP
    if service.startswith("pop3"):
        return POP3
    if product == "postfix" or service in ("smtp", "smtpd", "submission", "submission-login"):
        return SMTP
    if product in _CLOUD:
        return _CLIENTS.get(str(event.fields.get("clientAppUsed", "")).lower(), WEB)
    return WEB if service == "webmail" else ""
