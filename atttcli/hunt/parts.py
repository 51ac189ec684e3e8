"""What stands in the folder `hunt/`: a folder for every segment, whole or not there, with a manifest of its Parquet files.

    hunt/segment=<24 digits>/manifest.json
    hunt/segment=<24 digits>/kind=web-access/day=2021-05-13/events.parquet
    hunt/segment=many-<24 digits>/...           small ones of one reader, merged; the manifest names its members

All of it is derived: taken away, it is written again from the segments. Where a kill left a segment in two folders, a hunt
reads one of them (`held`), and the next build takes the other away.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from atttcli.errors import IntegrityError, Where
from atttcli.limits import MIB
from atttcli.store.connection import Store
from atttcli.store.durable import sync_folder, sync_tree
from atttcli.store.facts.segments import segments
from atttcli.store.workspace import Workspace

FORMAT = "atttcli hunt 1"
PREFIX = "segment="
BUILDING = ".building-"
MANIFEST = "manifest.json"
MANY = "many-"
GRACE = 600.0  # seconds; hunts take less, unless they are told to
_MOST_FILES = 100_000


class PartFile(msgspec.Struct, frozen=True):
    """One Parquet file. `path` is relative to the segment's folder; times are microseconds, None if it has no dated event."""

    path: str
    rows: int
    bytes: int
    sha256: str
    time_min: int | None
    time_max: int | None


class Part(msgspec.Struct, frozen=True):
    """One segment as Parquet, or several of one reader (`members`; `segment` is a name made of theirs then)."""

    format: str
    segment: str
    reader: str
    count: int
    files: tuple[PartFile, ...]
    members: tuple[str, ...] = ()

    @property
    def holds(self) -> tuple[str, ...]:
        """The segments whose events stand in it."""
        return self.members or (self.segment,)


def folder_of(root: Path) -> Path:
    """The folder of a workspace's derived files."""
    return root / "hunt"


def name_of(segment_path: str) -> str:
    """A segment's name from its path below `events/`."""
    return segment_path.rpartition("/")[2].partition(".")[0]


def read_part(folder: Path, segment: str) -> Part | None:
    """The manifest of a segment's folder; None if there is none that can be used (it is written anew then)."""
    place = folder / f"{PREFIX}{segment}"
    try:
        with (place / MANIFEST).open("rb") as stream:
            part = msgspec.json.decode(stream.read(64 * MIB), type=Part)
        if part.format != FORMAT or part.segment != segment or len(part.files) > _MOST_FILES:
            return None
        for one in part.files:
            file = place / one.path
            if ".." in Path(one.path).parts or Path(one.path).is_absolute() or file.stat().st_size != one.bytes:
                return None
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    return part


def settle(folder: Path, work: Path, part: Part) -> None:
    """Give what was written in `work` its manifest, flush it and rename it: before that nobody reads it, after it all is there."""
    (work / MANIFEST).write_bytes(msgspec.json.encode(part))
    sync_tree(work)
    target = folder / f"{PREFIX}{part.segment}"
    if target.exists():  # its manifest cannot be used
        target.rename(folder / f"{BUILDING}gone-{part.segment}")
        shutil.rmtree(folder / f"{BUILDING}gone-{part.segment}", ignore_errors=True)
    os.replace(work, target)
    sync_folder(folder)


def held(folder: Path, known: Iterable[str]) -> dict[str, Part]:
    """By segment, the one part that it is read from. Of a merged part all members must be known: one that was purged takes
    the part away, and the others are written again from their segments."""
    wanted = dict.fromkeys(known)
    merged = [read_part(folder, name) for _, name in present(folder) if name.startswith(MANY)]
    found: dict[str, Part] = {}
    for part in sorted((one for one in merged if one is not None), key=lambda one: (-len(one.members), one.segment)):
        if part.members and all(one in wanted and one not in found for one in part.members):
            found |= dict.fromkeys(part.members, part)
    for segment in wanted:
        if segment not in found and (own := read_part(folder, segment)) is not None:
            found[segment] = own
    return found


def waiting(workspace: Workspace, store: Store) -> list[dict[str, Any]]:
    """Rows of the segments that stand in no Parquet file yet."""
    rows = segments(store)
    ready = held(folder_of(workspace.root), [name_of(row["path"]) for row in rows])
    return [row for row in rows if name_of(row["path"]) not in ready]


def waiting_events(workspace: Workspace, store: Store) -> int:
    """How many events stand in no Parquet file yet."""
    return sum(row["count"] for row in waiting(workspace, store))


def present(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every folder here with the segment that it is of; empty for what a killed writer left."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(PREFIX):
            yield path, path.name[len(PREFIX) :]
        elif path.name.startswith(BUILDING):
            yield path, ""


def strangers(folder: Path, known: Iterable[str]) -> Iterator[Path]:
    """Folders that nobody reads: of segments that are no more, left by a killed writer, or merged into another a while ago."""
    kept = dict.fromkeys(known)
    ready = held(folder, kept)
    used = {part.segment for part in ready.values()}
    for path, segment in present(folder):
        damaged = segment in kept and segment not in ready  # it is told by `faults`, and the next build replaces it
        if segment not in used and not damaged and not _just_merged(folder, segment, ready):
            yield path


def _just_merged(folder: Path, segment: str, ready: dict[str, Part]) -> bool:
    """Whether all that stands in it was written into other parts so lately that a hunt may still be reading it."""
    part = read_part(folder, segment) if segment else None
    if part is None or not all(one in ready for one in part.holds):
        return False
    now = time.time()
    places = {folder / f"{PREFIX}{ready[one].segment}" / MANIFEST for one in part.holds}
    return all(0 <= now - place.stat().st_mtime < GRACE for place in places if place.exists())


def remove_strangers(folder: Path, known: Iterable[str]) -> int:
    """Take these away; for the holder of the lock. Returns how many folders went."""
    gone = 0
    for path in list(strangers(folder, known)):
        # Away from its name at once: a folder half taken away must never be taken for a whole one.
        aside = folder / f"{BUILDING}gone-{path.name.lstrip('.')}"
        with suppress(OSError):
            path.rename(aside)
            path = aside
        shutil.rmtree(path, ignore_errors=True)
        gone += 1
    return gone


def verify_part(folder: Path, part: Part) -> None:
    """IntegrityError unless every file is what was written."""
    for one in part.files:
        path = folder / f"{PREFIX}{part.segment}" / one.path
        try:
            if digest_of(path) == one.sha256:
                continue
            reason = "it is not what was derived"
        except OSError as error:
            reason = error.strerror or "it cannot be read"
        raise IntegrityError(reason, hint="atttcli hunt build --anew", where=Where(str(path)))


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
