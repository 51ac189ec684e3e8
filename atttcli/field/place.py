"""Where a walk stands, so that the next one can go on there, and the two parts in which a place cuts a tree.

A place is the root and, from it down, the key of each entry on the way: (FILE, name) or (FOLDER, name). In a folder files
come before sub-folders, each by name; every entry lies in exactly one of the two parts, whatever was added or removed
since the place was noted. Python 3.8-clean.
"""

from __future__ import annotations

import json
from typing import NamedTuple, Optional, Tuple

FILE, FOLDER = 0, 1
_LONGEST = 4096  # levels; a place deeper down is noted as far as that

Key = Tuple[int, str]
Keys = Tuple[Key, ...]


class Place(NamedTuple):
    """The entry that was met last; no keys: the root itself, a file."""

    root: str
    keys: Keys

    def to_text(self) -> str:
        """As JSON text; names that are no UTF-8 survive."""
        return json.dumps([self.root, self.keys[:_LONGEST]])

    @classmethod
    def from_text(cls, text: str) -> "Optional[Place]":
        """What `to_text` wrote; None for anything else: the walk then begins at the beginning."""
        try:
            root, keys = json.loads(text)
            return cls(str(root), tuple((int(kind), str(name)) for kind, name in keys[:_LONGEST]))
        except (ValueError, TypeError, RecursionError):
            return None


class Part(NamedTuple):
    """What of a folder belongs to a walk: all of it, only what comes `after` keys, or only what comes up to them."""

    after: Optional[Keys] = None
    upto: Optional[Keys] = None

    def has_file(self, name: str) -> bool:
        """Whether this entry that is no folder belongs to it."""
        if self.after is not None:
            return (FILE, name) > self.after[0]
        return self.upto is None or (FILE, name) <= self.upto[0]

    def has_folder(self, name: str) -> bool:
        """Whether this sub-folder, or a part of it, belongs to it."""
        if self.after is not None:
            return (FOLDER, name) > self.after[0] or ((FOLDER, name) == self.after[0] and len(self.after) > 1)
        return self.upto is None or (FOLDER, name) <= self.upto[0]

    def below(self, name: str) -> "Part":
        """The part of this sub-folder."""
        if self.after is not None and (FOLDER, name) == self.after[0]:
            return Part(after=self.after[1:])
        if self.upto is not None and (FOLDER, name) == self.upto[0] and len(self.upto) > 1:
            return Part(upto=self.upto[1:])
        return WHOLE


WHOLE = Part()
