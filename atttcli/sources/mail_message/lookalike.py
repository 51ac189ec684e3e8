"""Names made to look like ours: one letter off, letters from other alphabets, our name inside another."""

from __future__ import annotations

import unicodedata
from typing import Final

_COUNTRY_SECONDS: Final = frozenset(
    {"gov", "com", "net", "org", "edu", "ac", "co", "int", "mil", "info", "name", "health", "pro", "biz"}
)
_LATIN_TWINS = {"0": "o", "1": "l", "3": "e", "5": "s", "i": "l", "|": "l", "ı": "l", "ł": "l", "đ": "d", "ɡ": "g"}
_OTHER_ALPHABETS = dict(zip("аеорсухіѕԁոνοαρ", "aeopcyxlsdnvoap", strict=True))
_SAME_LOOK: Final = str.maketrans(_LATIN_TWINS | _OTHER_ALPHABETS)
_SHORTEST: Final = 6  # shorter names are one letter apart by chance
_MAX_NAME = 253


def organisation_of(name: str) -> str:
    """The part somebody registered: `mail.backan.gov.vn` -> `backan.gov.vn` (an approximation without the public suffix list)."""
    labels = name.split(".")
    take = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _COUNTRY_SECONDS else 2
    return ".".join(labels[-take:])


def imitated(name: str, own_domains: frozenset[str]) -> str:
    """Which of our domains `name` (not one of ours) imitates, or ``."""
    name = name[:_MAX_NAME]
    shown = _unicode(name)
    look = _skeleton(shown)
    registered = organisation_of(name)
    for own in sorted(own_domains):
        if _embeds(look, own, name) or _near(registered, shown, own):
            return own
    return ""


def _embeds(look: str, own: str, name: str) -> bool:
    """`backan.gov.vn.evil.example`, `backan-gov-vn.example`, `backan.gov.example`: our name within another's."""
    labels = own.split(".")
    plain = _skeleton("-".join(labels[:-1] if len(labels) > 2 else labels))
    return f"-{plain}-" in f"-{look.replace('.', '-')}-" and not name.endswith(f".{own}") and name != own


def _near(registered: str, shown: str, own: str) -> bool:
    """One slip away, or the same to the eye."""
    target = organisation_of(own)
    if registered == target or len(target) < _SHORTEST:
        return False
    if _skeleton(organisation_of(shown)) == _skeleton(target):
        return True
    label, _, zone = registered.partition(".")
    wanted, _, own_zone = target.partition(".")
    if zone == own_zone:
        return len(wanted) > 4 and _one_apart(label, wanted)
    return len(wanted) >= _SHORTEST and (label == wanted or _one_apart(label, wanted))


def _one_apart(first: str, second: str) -> bool:
    """At most one letter inserted, dropped, changed, or two neighbours swapped."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    a, b = first[start:], second[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and len(a) > 1 and a[2:] == b[2:])


def _unicode(name: str) -> str:
    try:
        return name.encode("ascii").decode("idna") if "xn--" in name else name
    except UnicodeError:
        return name


def _skeleton(text: str) -> str:
    """What the eye sees: marks off, look-alike letters alike, `rn` as `m`, `vv` as `w`."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_SAME_LOOK)
    return plain.replace("rn", "m").replace("vv", "w")
