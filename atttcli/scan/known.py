"""What lists say of files, by hash and by name, kept as sorted files beside the cache: a million entries load in no time.

A set is built once from its lists (named by the digest of their content, or by the state of the workspace's table) and used
by every later scan; it can be thrown away at any time. Validity is heard at the moment of the scan.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from atttcli.engines.indicators.findings import describe_file
from atttcli.engines.indicators.index import valid_at
from atttcli.errors import InputError, WorkspaceError
from atttcli.field.hashset import MOST_NOTE_BYTES, HashSet, Note, write_hashset
from atttcli.field.names import MOST_PATTERNS, NameSet, is_pattern, name_key
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Indicator, ObservableType

_FORMAT = 1
_KEPT = 8  # sets of other lists that stay
_HASHES = {64: ObservableType.SHA256, 40: ObservableType.SHA1, 32: ObservableType.MD5}
_FILE_TYPES = (*_HASHES.values(), ObservableType.FILE)
_TEXT = 1000  # characters of a description that a finding shows


@dataclass(frozen=True, slots=True)
class KnownFiles:
    """One set, open. `now` is the moment whose validity counts (microseconds)."""

    hashes: HashSet
    names: NameSet
    pack: str
    now: int
    place: Path

    def look_up(self, path: str, sha256: str, md5: str, sha1: str) -> Iterator[Detection]:
        """Detections of one file: by its strongest hash that is known, and by its name. InputError when the set is damaged:
        it is then thrown away, and the next scan builds it again.
        """
        try:
            yield from self._found(path, sha256, md5, sha1)
        except InputError:
            shutil.rmtree(self.place, ignore_errors=True)
            raise

    def _found(self, path: str, sha256: str, md5: str, sha1: str) -> Iterator[Detection]:
        for digest in filter(None, (sha256, sha1, md5)):
            given = self._valid(_HASHES[len(digest)], digest, self.hashes.look_up(digest))
            if given:
                yield describe_file((given[0].type, digest), given, Origin(), None, self.pack)
                break
        by_name: dict[str, list[Note]] = {}
        for note in self.names.look_up(path):
            by_name.setdefault(str(note.get("value", "")), []).append(note)
        for name, notes in sorted(by_name.items()):
            given = self._valid(ObservableType.FILE, name, notes)
            if given:
                yield describe_file((ObservableType.FILE, name), given, Origin(), None, self.pack)

    def _valid(self, kind: ObservableType, value: str, notes: Sequence[Note]) -> tuple[Indicator, ...]:
        return valid_at([_indicator(kind, value, note) for note in notes], self.now)


def known_files(indicators: Iterable[Indicator], name: str, folder: Path, now: int) -> KnownFiles | None:
    """The set called `name` below `folder`, built from `indicators` unless it stands there; None when it would be empty.

    `indicators` is only iterated when the set must be built. WorkspaceError when the folder cannot be written.
    """
    place = folder / f"{_FORMAT}-{name}"
    try:
        return _open(place, name, now)
    except (InputError, OSError, ValueError):  # not there yet, or damaged: it is built from its lists
        shutil.rmtree(place, ignore_errors=True)
    try:
        _build([one for one in indicators if one.type in _FILE_TYPES], place)
    except OSError as error:
        raise WorkspaceError(f"the lists' hashes cannot be written to {folder}: {error.strerror}") from None
    _tidy(folder, place)
    return _open(place, name, now)


def is_built(name: str, folder: Path) -> bool:
    """Whether the set stands already."""
    return (folder / f"{_FORMAT}-{name}" / "patterns.json").is_file()


def name_of(files: Iterable[Path]) -> str:
    """The name of the set of these list files: the digest of what they hold."""
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                content.update(block)
        digest.update(content.digest() + file.suffix.lower().encode() + b"\0" + file.stem.encode("utf-8", "replace"))
    return digest.hexdigest()[:32]


def _open(place: Path, name: str, now: int) -> KnownFiles | None:
    patterns = json.loads((place / "patterns.json").read_bytes())
    pairs = [(str(text), dict(note)) for text, note in patterns]
    hashes = HashSet(str(place / "hashes.bin"))
    names = NameSet(HashSet(str(place / "names.bin")), pairs)
    return KnownFiles(hashes, names, name, now, place) if len(hashes) or len(names) else None


def _build(indicators: Sequence[Indicator], place: Path) -> None:
    notes: dict[str, int] = {}
    told: list[Note] = []
    hashes: list[tuple[str, int]] = []
    names: list[tuple[str, int]] = []
    patterns: list[tuple[str, Note]] = []
    for one in indicators:
        note = _note(one)
        if one.type is not ObservableType.FILE:
            hashes.append((one.value, _numbered(note, notes, told)))
        elif is_pattern(one.value):
            if len(patterns) < MOST_PATTERNS:
                patterns.append((one.value, note))
        else:
            names.append((name_key(one.value), _numbered(note, notes, told)))
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    for file, entries in (("hashes.bin", hashes), ("names.bin", names)):
        with (fresh / file).open("wb") as stream:
            write_hashset(stream, entries, told)
    (fresh / "patterns.json").write_text(json.dumps(patterns, sort_keys=True), "utf-8")
    try:
        fresh.rename(place)
    except OSError:  # another scan was quicker: its set is the same
        shutil.rmtree(fresh, ignore_errors=True)


def _numbered(note: Note, notes: dict[str, int], told: list[Note]) -> int:
    text = json.dumps(note, sort_keys=True)
    number = notes.setdefault(text, len(told))
    if number == len(told):
        told.append(note)
    return number


def _note(one: Indicator) -> Note:
    note = {
        "source": one.source[:_TEXT], "description": one.description[:_TEXT], "kind": one.kind,
        "valid_from": one.valid_from, "valid_until": one.valid_until, "severity": one.severity, "tlp": one.tlp,
    }  # fmt: skip
    if one.type is ObservableType.FILE:
        note["value"] = one.value
    assert len(json.dumps(note)) <= MOST_NOTE_BYTES
    return note


def _indicator(kind: ObservableType, value: str, note: Note) -> Indicator:
    """Back from a note; what is not of its type (a damaged file) is left at its default."""
    moments = [at if isinstance(at := note.get(key), int) else None for key in ("valid_from", "valid_until")]
    severity = note.get("severity")
    return Indicator(
        kind, value, str(note.get("source", "")), str(note.get("description", "")), str(note.get("kind", "malicious")),
        moments[0], moments[1], severity if isinstance(severity, int) else 3, str(note.get("tlp", "AMBER")),
    )  # fmt: skip


def _tidy(folder: Path, place: Path) -> None:
    """Sets of lists that changed since are many in the end: the oldest go."""
    others = sorted((one for one in folder.iterdir() if one != place), key=lambda one: one.stat().st_mtime)
    for old in others[: max(0, len(others) - _KEPT)]:
        shutil.rmtree(old, ignore_errors=True)
