"""File names and paths that lists call bad: `svch0st.exe`, `AppData/Roaming/*.scr`, `/tmp/.x11-unix/lock`.

Names are compared without case, `\\` and `/` are the same, `*` and `?` stand for anything but a `/`. A name without `/` is the
last component; one with `/` the end of the path, or all of it when it begins with `/` or a drive. However many names there are, a
path costs a few look-ups; patterns are tried only when a literal piece of theirs occurs. Python 3.8-clean.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from atttcli.field.hashset import HashSet, Note

MOST_PATTERNS = 20_000
MOST_STARS = 8
MOST_CHARACTERS = 1024
_PIECE = 3  # characters by which patterns are filed
_LONGEST = 4096  # characters of a path, from its end, in which patterns are looked for
_DEPTH = 64  # components of an exact path that are looked up
_WILD = frozenset("*?")


def fold_path(path: str) -> str:
    """The spelling in which names are compared."""
    plain = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", plain.replace("\\", "/")).lower()


def is_pattern(name: str) -> bool:
    """Whether it holds `*` or `?`."""
    return not _WILD.isdisjoint(name)


def name_key(name: str) -> str:
    """What an exact name (folded) is filed under in a set of hashes: 40 hexadecimal digits."""
    return hashlib.sha1(b"name\0" + name.encode("utf-8", "replace")).hexdigest()  # noqa: S324 - a key, no protection


class _Pattern(NamedTuple):
    parts: Tuple[str, ...]  # components
    whole: bool  # from the root, not only the end
    literal: str  # its longest piece without a wildcard
    note: Note


class NameSet:
    """`exact` holds `name_key`s; `patterns` are folded names with wildcards and their notes."""

    def __init__(self, exact: Optional[HashSet] = None, patterns: Iterable[Tuple[str, Note]] = ()) -> None:
        self._exact = exact
        self._count = 0
        self._always: List[_Pattern] = []  # their literal is too short to be looked up
        self._by_piece: Dict[str, List[_Pattern]] = {}
        for text, note in patterns:
            pattern = _pattern(text, note)
            self._count += 1
            piece = pattern.literal[:_PIECE]
            (self._by_piece.setdefault(piece, []) if len(piece) == _PIECE else self._always).append(pattern)

    def __len__(self) -> int:
        return self._count + (len(self._exact) if self._exact is not None else 0)

    def look_up(self, path: str) -> List[Note]:
        """The notes of every name that this path has (as shown by the walk, or `archive!member`)."""
        folded = fold_path(path)
        found: Dict[str, Note] = {}
        for shown in (folded, folded.replace("!", "/")) if "!" in folded else (folded,):
            components = shown.split("/")
            if self._exact is not None and len(self._exact):
                for name in _tails(components, shown):
                    for note in self._exact.look_up(name_key(name)):
                        found[_identity(note)] = note
            for pattern in self._candidates(shown):
                if pattern.literal in shown and _fits(pattern, components):
                    found[_identity(pattern.note)] = pattern.note
        return list(found.values())

    def _candidates(self, path: str) -> Iterator["_Pattern"]:
        """Patterns whose literal begins like something in this path."""
        yield from self._always
        if self._by_piece:
            path = path[-_LONGEST:]
            for piece in {path[at : at + _PIECE] for at in range(len(path) - _PIECE + 1)}:
                yield from self._by_piece.get(piece, ())


def _identity(note: Note) -> str:
    return json.dumps(note, sort_keys=True)


def _tails(components: Sequence[str], folded: str) -> Iterable[str]:
    """The last component, the last two ..., and the whole path."""
    tail = ""
    for count, component in enumerate(reversed(components)):
        if count >= _DEPTH or not component:
            break
        tail = component + "/" + tail if tail else component
        yield tail
    if folded != tail:
        yield folded


def _pattern(text: str, note: Note) -> _Pattern:
    whole = text.startswith("/") or text[1:3] == ":/"
    pieces = text.replace("?", "*").replace("/", "*").split("*")
    return _Pattern(tuple(text.split("/")), whole, max(pieces, key=len), note)


def _fits(pattern: _Pattern, components: Sequence[str]) -> bool:
    parts = pattern.parts
    if len(parts) > len(components) or (pattern.whole and len(parts) != len(components)):
        return False
    tail = components[len(components) - len(parts) :]
    return all(glob(part, text) for part, text in zip(parts, tail))  # noqa: B905 - equally long, and Python 3.8


def glob(pattern: str, text: str) -> bool:
    """Whether the whole text fits; at most length x length steps, whatever was written."""
    at = star = mark = 0
    seen = False
    here = 0
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            seen, star, mark = True, at, here
            at += 1
        elif at < len(pattern) and (pattern[at] == "?" or pattern[at] == text[here]):
            at += 1
            here += 1
        elif seen:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return all(char == "*" for char in pattern[at:])
