"""The distinct addresses, host names, mail addresses and hashes in a block of events.

New indicators are matched against kept events: a segment whose set lacks the value need not be opened. So the set may hold
too much (`index.php` looks like a host name), never too little: every token of the raw text is taken, not only the fields.
Text is cut at quotes, then into words, and only what was not seen before is looked at: a log repeats most of itself (an
access log its browsers' names and referrers, which are most of its words). Of the words, only those are ever made into
objects that have a dot, two colons or an escape in them, or the length of a hash: numpy finds their places.
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
_SPACES = bytes(code for code in range(128) if code not in _KEPT and chr(code) not in ':%\\/"')
_CUT = bytes.maketrans(_SPACES, b" " * len(_SPACES))  # what ends a word: nothing of a name, an address or an escape
_IPV4 = re.compile(rb"(?:\d{1,3}\.){3}\d{1,3}\Z")
_HOST = re.compile(rb"(?:[a-z0-9_\x80-\xff-]{1,63}\.)+(?:[a-z\x80-\xff]{2,63}|xn--[a-z0-9-]{1,59})\Z")
_HASH = re.compile(rb"(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\Z")
_IPV6 = re.compile(rb"(?<![0-9A-Fa-f:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![0-9A-Fa-f:])")
_HASH_LENGTHS = frozenset((32, 40, 64))
# Escapes that would glue a letter to the name behind them: URL-encoding and JSON's.
_ESCAPES = (b"%2F", b"%2f", b"%3A", b"%3a", b"%40", b"%20", b"%3D", b"%3d", b"%22", b"\\n", b"\\r", b"\\t")
_UNICODE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_SHORTEST_HASH = 32
_SPACE, _DOT, _COLON, _PERCENT, _BACKSLASH = b" .:%\\"
_REMEMBERED = 50_000
_LONGEST = 512  # longer texts do not come twice, and would cost memory
_LONGEST_NAME = 320


class ObservableSet:
    """Grows with every block of a segment."""

    def __init__(self) -> None:
        self._last: set[bytes] = set()  # what stood between quotes in the block before
        self._often: set[bytes] = set()  # and what stood in two blocks running
        self._words: set[bytes] = set()  # words seen lately that may hold something
        self._tokens: set[bytes] = set()
        self._ipv6: set[str] = set()
        self._addresses: set[str] = set()  # of the head: in their one spelling already
        self._head: set[str] = set()

    def add(self, events: Sequence[Event]) -> None:
        """Take what these events speak of."""
        data = "\n".join([event.raw for event in events]).encode("utf-8", "backslashreplace")
        words = _speaking(b" ".join(self._new(set(data.split(b'"')))))
        words -= self._words
        if len(self._words) > _REMEMBERED:
            self._words.clear()
        self._words.update([word for word in words if len(word) <= _LONGEST])
        self._take(words)
        addresses, head = self._addresses, self._head
        for event in events:
            addresses.add(event.src_ip)
            if event.dst_ip or event.domain or event.hash or event.user:
                addresses.add(event.dst_ip)
                head.update((event.domain, event.hash, event.user))

    def _new(self, quoted: set[bytes]) -> set[bytes]:
        """Less what comes again and again. Only that is remembered: most of the rest is never seen twice."""
        quoted -= self._often
        if len(self._often) > _REMEMBERED:
            self._often.clear()
        self._often.update([part for part in quoted & self._last if len(part) <= _LONGEST])
        self._last = quoted
        return quoted

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
        self._tokens.update(
            [
                token
                for token in tokens
                if (b"." in token and len(token) <= _LONGEST_NAME) or len(token) in _HASH_LENGTHS
            ]
        )

    def result(self) -> Observables:
        """What was found, sorted."""
        found: dict[str, set[str]] = {"address": set(), "host": set(), "mail": set(), "hash": set()}
        for token in self._tokens.union(_pieces(self._head)):
            _classify(token, found)
        found["address"].update(_valid_ipv6((self._ipv6 | self._head) - self._addresses), self._addresses - {""})
        return Observables(**{name: tuple(sorted(values)) for name, values in found.items()})


def _speaking(text: bytes) -> set[bytes]:
    """The words of a text that may hold an observable."""
    import numpy as np

    text = text.translate(_CUT) + b" "
    codes = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(codes == _SPACE)
    wanted = np.diff(ends, prepend=-1) > _SHORTEST_HASH
    wanted[np.searchsorted(ends, np.flatnonzero(codes == _DOT))] = True
    colons = np.searchsorted(ends, np.flatnonzero(codes == _COLON))
    wanted[colons[1:][colons[1:] == colons[:-1]]] = True
    if b"%" in text or b"\\" in text:
        wanted[np.searchsorted(ends, np.flatnonzero((codes == _PERCENT) | (codes == _BACKSLASH)))] = True
    chosen = np.flatnonzero(wanted)
    starts = np.concatenate(([0], ends + 1))[chosen]
    return {text[start:end] for start, end in zip(starts.tolist(), ends[chosen].tolist(), strict=True)}


def _character(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "replace")


def _pieces(texts: Iterable[str]) -> set[bytes]:
    return set(" ".join(texts).encode("utf-8", "backslashreplace").translate(_TABLE).split())


def _classify(token: bytes, found: dict[str, set[str]]) -> None:
    if len(token) in _HASH_LENGTHS and _HASH.match(token):
        found["hash"].add(token.decode())
        return
    if b"." not in token or len(token) > _LONGEST_NAME:
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
