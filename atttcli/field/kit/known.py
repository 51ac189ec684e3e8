"""The rules and lists of a kit: YARA sources compiled on the spot, hashes and names that lists call bad.

Compiled rules are never carried: a damaged or crafted one can crash the engine. Python 3.8-clean.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from atttcli.errors import InputError, Where
from atttcli.field.hashset import HashSet, Note
from atttcli.field.match import Matcher
from atttcli.field.names import NameSet
from atttcli.field.records import KnownBad

YARA, HASHES, NAMES, PATTERNS = "yara.json", "hashes.bin", "names.bin", "patterns.json"
_MOST_RULES = 512 * 1024 * 1024
_MOST_PATTERNS = 64 * 1024 * 1024
_TYPES = {64: "sha256", 40: "sha1", 32: "md5"}


class Lists(NamedTuple):
    """Hashes and names, open. `now` (microseconds): validity is heard at this moment."""

    hashes: HashSet
    names: NameSet
    now: int

    def look_up(self, path: str, sha256: str, md5: str, sha1: str) -> Sequence[KnownBad]:
        """What lists say of a file: by the strongest hash that is known, and by its name."""
        found: List[KnownBad] = []
        for digest in filter(None, (sha256, sha1, md5)):
            found = self._valid(_TYPES[len(digest)], digest, self.hashes.look_up(digest))
            if found:
                break
        return found + self._valid("name", "", self.names.look_up(path))

    def _valid(self, kind: str, value: str, notes: Sequence[Note]) -> List[KnownBad]:
        return [_known(kind, value, note) for note in notes if self._holds(note)]

    def _holds(self, note: Note) -> bool:
        until, since = note.get("valid_until"), note.get("valid_from")
        return not (isinstance(until, int) and until < self.now) and not (isinstance(since, int) and since > self.now)


def _known(kind: str, value: str, note: Note) -> KnownBad:
    severity = note.get("severity")
    return KnownBad(
        kind,
        value or str(note.get("value", "")) or "?",
        str(note.get("source", "")),
        str(note.get("description", "")),
        str(note.get("kind", "malware")),
        severity if isinstance(severity, int) and 0 <= severity <= 4 else 3,
    )


def open_lists(folder: str, now: int) -> Optional[Lists]:
    """The kit's lists; None when it has none. InputError for a damaged file."""
    if not os.path.exists(os.path.join(folder, HASHES)):
        return None
    patterns = [(str(text), dict(note)) for text, note in _json(os.path.join(folder, PATTERNS), _MOST_PATTERNS)]
    names = NameSet(HashSet(os.path.join(folder, NAMES)), patterns)
    hashes = HashSet(os.path.join(folder, HASHES))
    return Lists(hashes, names, now) if len(hashes) or len(names) else None


def open_matcher(folder: str) -> Matcher:
    """The kit's rules, compiled now. InputError when they do not compile with the YARA that is here."""
    import yara

    path = os.path.join(folder, YARA)
    value: Dict[str, Any] = _json(path, _MOST_RULES)
    try:
        compiled = yara.compile(sources=value["sources"], includes=False, externals=value["externals"])
    except (yara.Error, KeyError, TypeError) as error:
        raise InputError("the rules do not compile: %s" % error, where=Where(path)) from None
    return Matcher(compiled, value.get("disabled", ()))


def rules_digest(folder: str) -> str:
    """One digest of everything that judges: rules and lists."""
    digest = hashlib.sha256()
    for name in (YARA, HASHES, NAMES, PATTERNS):
        path = os.path.join(folder, name)
        digest.update(name.encode("ascii") + b"\0")
        if os.path.exists(path):
            digest.update(_file_digest(path))
    return digest.hexdigest()[:32]


def _file_digest(path: str) -> bytes:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while True:
            piece = stream.read(1 << 20)
            if not piece:
                return digest.digest()
            digest.update(piece)


def _json(path: str, most: int) -> Any:
    try:
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise ValueError("too large")
        return json.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise InputError("the kit's rules cannot be read", where=Where(path)) from None
