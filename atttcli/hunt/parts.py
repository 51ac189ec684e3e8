"""What stands in the folder `hunt/`: a folder for every segment, whole or not there, with a manifest of its Parquet files.

    hunt/segment=<24 digits>/manifest.json
    hunt/segment=<24 digits>/kind=web-access/day=2021-05-13/events.parquet

All of it is derived: taken away, it is written again from the segments.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from atttcli.errors import IntegrityError, Where
from atttcli.limits import MIB
from atttcli.store.connection import Store
from atttcli.store.facts.segments import segments
from atttcli.store.workspace import Workspace

FORMAT = "atttcli hunt 1"
PREFIX = "segment="
BUILDING = ".building-"
MANIFEST = "manifest.json"
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
    """One segment as Parquet."""

    format: str
    segment: str
    reader: str
    count: int
    files: tuple[PartFile, ...]


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


def waiting(workspace: Workspace, store: Store) -> list[dict[str, Any]]:
    """Rows of the segments that stand in no Parquet file yet."""
    folder = folder_of(workspace.root)
    return [row for row in segments(store) if read_part(folder, name_of(row["path"])) is None]


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


def remove_strangers(folder: Path, known: Iterable[str]) -> int:
    """Take away what belongs to no segment; for the holder of the lock. Returns how many folders went."""
    kept, gone = set(known), 0
    for path, segment in present(folder):
        if segment not in kept:
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
