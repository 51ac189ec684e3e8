"""Vietnamese text for machines: NFC for storing, folded (no diacritics, lower case) for searching. Python 3.8-clean."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_EXTRA = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_ORDER = {letter: index for index, letter in enumerate(_ALPHABET)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


def nfc(text: str) -> str:
    """Precomposed form (TCVN 6909), in which all text is stored."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """`Sự cố  Đà Nẵng` -> `su co da nang`: what is compared when searching and matching headers."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_EXTRA))
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACES.sub(" ", text.lower()).strip()


def vietnamese_key(text: str) -> "tuple[tuple[int, int], ...]":
    """Sort key of the Vietnamese alphabet: letters first (a ă â b ... đ ...), then tones."""
    key = []
    for char in unicodedata.normalize("NFC", text.lower()):
        base, tone = char, 0
        for part in unicodedata.normalize("NFD", char)[1:]:
            if part in _TONES:
                tone = _TONES[part]
        if tone:
            marks = [c for c in unicodedata.normalize("NFD", char) if c not in _TONES]
            base = unicodedata.normalize("NFC", "".join(marks))
        key.append((_ORDER.get(base, -1 if not base.isalpha() else 100), tone))
    return tuple(key)
