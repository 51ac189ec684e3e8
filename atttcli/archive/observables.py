"""The distinct addresses, host names, mail addresses and hashes in a block of events.

New indicators are matched against kept events: a segment whose set lacks the value need not be opened. So the set may hold
too much (`index.php` looks like a host name), never too little: every token of the raw text is taken, not only the fields.
Text is cut at quotes, then into words, and only what was not seen before is looked at: a log repeats most of itself (an
access log its browsers' names and referrers, which are most of its words).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from atttcli.archive.layout import Observables
from atttcli.model.canonical import canonical
from atttcli.model.event import Event
from atttcli.model.observable import ObservableType

_KEPT = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+" + bytes(range(128, 256))
_TABLE = bytes(
    ord(chr(code).lower()) if code in _KEPT and code < 128 else code if code in _KEPT else 32 for code in range(256)
)
_IPV4 = re.compile(rb"(?:\d{1,3}\.){3}\d{1,3}\Z")
_HOST = re.compile(rb"(?:[a-z0-9_\x80-\xff-]{1,63}\.)+(?:[a-z\x80-\xff]{2,63}|xn--[a-z0-9-]{1,59})\Z")
_HASH = re.compile(rb"(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\Z")
_IPV6 = re.compile(rb"(?<![0-9A-Fa-f:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![0-9A-Fa-f:])")
_HASH_LENGTHS = frozenset((32, 40, 64))
# Escapes that would glue a letter to the name behind them: URL-encoding and JSON's.
_ESCAPES = (b"%2F", b"%2f", b"%3A", b"%3a", b"%40", b"%20", b"%3D", b"%3d", b"%22", b"\\n", b"\\r", b"\\t")
_UNICODE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_SHORTEST_HASH = 32
_REMEMBERED = 50_000
_LONGEST_QUOTED = 512  # longer texts do not come twice, and would cost memory


class ObservableSet:
    """Grows with every block of a segment."""

    def __init__(self) -> None:
        self._quoted: set[bytes] = set()  # what stood between quotes lately
        self._words: set[bytes] = set()  # white-space separated words seen lately
        self._tokens: set[bytes] = set()
        self._ipv6: set[str] = set()
        self._addresses: set[str] = set()  # of the head: in their one spelling already
        self._head: set[str] = set()

    def add(self, events: Sequence[Event]) -> None:
        """Take what these events speak of."""
        data = "\n".join([event.raw for event in events]).encode("utf-8", "backslashreplace")
        quoted = set(data.split(b'"'))
        quoted -= self._quoted
        if len(self._quoted) > _REMEMBERED:
            self._quoted.clear()
        self._quoted.update([part for part in quoted if len(part) <= _LONGEST_QUOTED])
        words = set(b" ".join(quoted).split())
        words -= self._words
        if len(self._words) > _REMEMBERED:
            self._words.clear()
        self._words |= words
        self._take(words)
        addresses, head = self._addresses, self._head
        for event in events:
            addresses.add(event.src_ip)
            if event.dst_ip or event.domain or event.hash or event.user:
                addresses.add(event.dst_ip)
                head.update((event.domain, event.hash, event.user))

    def _take(self, words: set[bytes]) -> None:
        self._keep(b" ".join([word for word in words if b"." in word or len(word) >= _SHORTEST_HASH]))
        colons = b" ".join([word for word in words if word.count(b":") > 1])
        if colons:
            self._ipv6.update(found.decode() for found in set(_IPV6.findall(colons)))
        escaped = b" ".join([word for word in words if b"%" in word or b"\\" in word])
        if escaped:
            for escape in _ESCAPES:
                escaped = escaped.replace(escape, b"@" if escape == b"%40" else b" ")
            self._keep(_UNICODE.sub(_character, escaped))

    def _keep(self, text: bytes) -> None:
        tokens = set(text.translate(_TABLE).split())
        self._tokens.update([token for token in tokens if b"." in token or len(token) in _HASH_LENGTHS])

    def result(self) -> Observables:
        """What was found, sorted."""
        found: dict[str, set[str]] = {"address": set(), "host": set(), "mail": set(), "hash": set()}
        for token in self._tokens.union(_pieces(self._head)):
            _classify(token, found)
        found["address"].update(_valid_ipv6((self._ipv6 | self._head) - self._addresses), self._addresses - {""})
        return Observables(**{name: tuple(sorted(values)) for name, values in found.items()})


def _character(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "replace")


def _pieces(texts: Iterable[str]) -> set[bytes]:
    return set(" ".join(texts).encode("utf-8", "backslashreplace").translate(_TABLE).split())


def _classify(token: bytes, found: dict[str, set[str]]) -> None:
    if len(token) in _HASH_LENGTHS and _HASH.match(token):
        found["hash"].add(token.decode())
        return
    if b"." not in token or len(token) > 320:
        return
    if b"@" in token:
        local, _, token = token.rpartition(b"@")
        local = local.rpartition(b"@")[2].lstrip(b".-")
        token = token.strip(b".-+_")
        if local and b"." in token:
            found["mail"].add((local + b"@" + token).decode("utf-8", "replace"))
    if b"+" in token:
        for piece in token.split(b"+"):
            _name(piece, found)
    else:
        _name(token, found)


def _name(token: bytes, found: dict[str, set[str]]) -> None:
    token = token.strip(b".-")
    if _IPV4.match(token):
        found["address"].add(token.decode())
    elif _HOST.match(token):
        text = token.decode("utf-8", "replace")
        found["host"].add(text)
        if not text.isascii() and (known := canonical(ObservableType.DOMAIN, text)):
            found["host"].add(known[1])


def _valid_ipv6(texts: Iterable[str]) -> set[str]:
    import ipaddress

    valid: set[str] = set()
    for text in texts:
        if ":" not in text:
            continue
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError:
            continue
        valid.add(str(address.ipv4_mapped or address))
    return valid
