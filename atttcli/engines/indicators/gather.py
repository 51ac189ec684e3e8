"""Which values of an event can meet an indicator: the typed head, and per category the native fields worth asking about.

Values are gathered per block as sets, so that each distinct one is asked about once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from atttcli.model.canonical import canonical, canonical_address, canonical_mailbox, canonical_url, url_host
from atttcli.model.event import Event
from atttcli.model.observable import ObservableType

Value = tuple[ObservableType, str]
ADDRESS, HOST, URL, MAIL, HASH, TEXT = "address", "host", "url", "mail", "hash", "text"

HEAD: tuple[tuple[str, str], ...] = (
    ("src_ip", ADDRESS),
    ("dst_ip", ADDRESS),
    ("domain", HOST),
    ("url", URL),
    ("user", MAIL),
    ("hash", HASH),
)
_WEB = (("cs-referer", URL), ("cs-host", HOST), ("x-forwarded-for", ADDRESS))
_MAIL = (
    ("from", MAIL), ("to", MAIL), ("orig_to", MAIL), ("sasl_sender", MAIL), ("sender", MAIL), ("recipient", MAIL),
    ("ip", ADDRESS), ("helo", HOST), ("client", HOST),
)  # fmt: skip
_DNS = (("query", HOST), ("answer", HOST), ("dns.rrname", HOST), ("dns.queries.rrname", HOST), ("dns.query.rrname", HOST),
        ("dns.answers.rdata", HOST), ("dns.grouped.A", HOST), ("dns.grouped.AAAA", HOST), ("dns.grouped.CNAME", HOST))  # fmt: skip
_HTTP = (("http.hostname", HOST), ("http.url", URL), ("http.http_refer", URL), ("http.xff", ADDRESS), *_WEB)
_TLS = (("tls.sni", HOST), ("sni", HOST))
_FILES = (
    ("fileinfo.md5", HASH),
    ("fileinfo.sha1", HASH),
    ("fileinfo.sha256", HASH),
    ("md5", HASH),
    ("sha1", HASH),
    ("sha256", HASH),
)
FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "webserver": _WEB,
    "proxy": (*_WEB, ("hostname", HOST)),
    "mail": _MAIL,
    "authentication": (),
    "dns": _DNS,
    "http": _HTTP,
    "tls": _TLS,
    "fileinfo": (*_FILES, *_HTTP),
    "": (*_DNS, *_TLS, *_HTTP, *_FILES, *_MAIL[:4], ("raw", TEXT)),
}
_MAILBOXES = re.compile(r"[^\s<>,;\"'()\[\]]{1,64}@[^\s<>,;\"'()\[\]]{1,253}")
_LINK = re.compile(r"(?:https?|ftp)://[^\s\"'<>|`]{3,2048}", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s\"'<>,;|(){}\[\]=`]{4,2048}")
_DIGESTS = (32, 40, 64)
_MAX_TOKENS = 256
_MAX_TEXT = 8192
_MAX_ITEMS = 64  # members of one list-valued field


def getter(name: str) -> Callable[[Event], Any]:
    """Read a head attribute or a native field; `dns.rrname` also means `fields["dns"]["rrname"]`."""
    if name in Event.__struct_fields__ and name in dict(HEAD):
        return attrgetter(name)
    if name == "raw":
        return _not_understood
    first, dot, rest = name.partition(".")

    def flat(event: Event) -> Any:
        return event.fields.get(name)

    def nested(event: Event) -> Any:
        value = event.fields.get(name)
        return _descend(event.fields.get(first), rest.split(".")) if value is None else value

    return nested if dot else flat


def _not_understood(event: Event) -> str:
    """The line of an event that no reader understood (a format nobody knows, a program without a reader)."""
    return "" if event.action or event.src_ip or event.dst_ip else event.raw


def _descend(value: Any, path: Sequence[str]) -> Any:
    for index, name in enumerate(path):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            return [_descend(member, path[index:]) for member in value[:_MAX_ITEMS]]
        else:
            return None
    return value


def fields_of(category: str) -> tuple[tuple[str, str], ...]:
    """The native fields to ask about in events of a category."""
    return FIELDS.get(category, FIELDS[""])


def distinct(events: Iterable[Event], read: Callable[[Event], Any]) -> set[str]:
    """The distinct texts that `read` gives; list-valued fields are opened."""
    try:
        found = set(map(read, events))
    except TypeError:  # a list or mapping among them
        found = {text for event in events for text in texts(read(event))}
    return {value for value in found if value and isinstance(value, str)}


def texts(value: Any) -> Iterator[str]:
    """The texts in a field's value: itself, or the members of a (nested) list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value[:_MAX_ITEMS]:
            yield from texts(member) if not isinstance(member, list) else (m for m in member if isinstance(m, str))


def values_in(text: str, shape: str) -> tuple[Value, ...]:
    """The canonical observables that a field's text stands for: a URL is also its host, a mailbox also its domain."""
    if shape == ADDRESS:
        return tuple(known for part in text.split(",")[:8] if (known := canonical_address(part.strip())))
    if shape == HOST:
        return _host_values(text)
    if shape == URL:
        return _url_values(text)
    if shape == MAIL:
        return _mail_values(text)
    if shape == TEXT:
        return _text_values(text[:_MAX_TEXT])
    return _hash_values(text)


def _text_values(text: str) -> tuple[Value, ...]:
    """What stands in free text: links, mailboxes, addresses (with a port), hashes, host names."""
    found: list[Value] = []
    for link in _LINK.findall(text)[:_MAX_ITEMS]:
        found += _url_values(link.rstrip(".,;:)]}"))
    for token in _TOKEN.findall(text)[:_MAX_TOKENS]:
        if "." not in token and ":" not in token and len(token) not in _DIGESTS:
            continue
        word = token.rstrip(".:")
        if "@" in word:
            found += _mail_values(word)
        elif known := canonical_address(word) or canonical_address(word.rpartition(":")[0]):
            found.append(known)
        elif len(word) in _DIGESTS and (digest := _hash_values(word)):
            found += digest
        elif "." in word:
            found += _host_values(word.partition("/")[0])
    return tuple(found)


def _host_values(text: str) -> tuple[Value, ...]:
    host = text.strip()
    if host.count(":") == 1:
        host = host.partition(":")[0]
    known = canonical(ObservableType.DOMAIN, host)
    return (known,) if known else ()


def asked_urls(found: set[str]) -> set[str]:
    """Those that are no path of our own server: paths are nearly all of them, and are of no use to ask about."""
    return {text for text in found if text[0] != "/" or text.startswith("//")}


def _url_values(text: str) -> tuple[Value, ...]:
    if text[:1] == "/" and text[:2] != "//":
        return ()  # a path of our own server
    url = canonical_url(text)
    hosted = _host_values(url_host(url or text))
    return ((ObservableType.URL, url), *hosted) if url else hosted


def _mail_values(text: str) -> tuple[Value, ...]:
    if "@" not in text:
        return ()
    found: list[Value] = []
    for part in _MAILBOXES.findall(text[:8192])[:_MAX_ITEMS]:
        mailbox = canonical_mailbox(part)
        if mailbox:
            found += [(ObservableType.EMAIL, mailbox), (ObservableType.DOMAIN, mailbox.rpartition("@")[2])]
    return tuple(found)


def _hash_values(text: str) -> tuple[Value, ...]:
    kinds = (ObservableType.MD5, ObservableType.SHA1, ObservableType.SHA256)
    for part in text.split(",")[:4]:  # Sysmon writes MD5=...,SHA256=...
        digest = part.rpartition("=")[2].strip()
        for kind in kinds:
            known = canonical(kind, digest)
            if known:
                return (known,)
    return ()
