"""What a collector without Python brought back: a .tar.gz, a .zip, or the folder itself, read into the form that bundles have.

Nobody signed it, and it says so wherever it shows: a digest list tells mishaps on the way, no forger. What can be held against
the register is: the kit's number, that it was not revoked, and its agency. Nothing is unpacked to disk; only files of the digest
list with names that collectors write are looked at, within bounds, and anything else in the archive refuses it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from atttcli.errors import BundleRefused
from atttcli.exchange.collected_text import (
    MAX_MANIFEST,
    MOST_BYTES,
    MOST_FILES,
    Copied,
    FileCount,
    Listed,
    Said,
    findings_json,
    host_json,
    manifest_of,
    read_said,
    wrong,
)
from atttcli.exchange.parcel import Members, Parcel
from atttcli.field import manifest as bundle
from atttcli.field.collected import (
    FILES,
    FINDINGS,
    FORMAT,
    GZIP,
    HOST,
    LOG,
    MANIFEST,
    NAME,
    PACKING,
    ZIP,
    inner_name,
    is_collected,
)
from atttcli.field.inflate import CHUNK, Damaged, InflatedStream, Unsupported
from atttcli.field.manifest import Member
from atttcli.field.opening import NotReadable, open_regular
from atttcli.field.tar import TarStream
from atttcli.field.zip_members import directory_entries, find_directory, open_entry
from atttcli.fleet.kits import Kit

COPY: Final = "copy"  # of a log: taken in by an ingest, not as a finding
NAMES: Final = "files"  # names and hashes of what was seen
_KINDS: Final = {FINDINGS: bundle.FINDINGS, HOST: bundle.HOST, LOG: bundle.LOG, FILES: NAMES}


class _Stream(Protocol):
    def read(self, size: int = -1) -> bytes: ...


class CollectedReader:
    """Reads what collectors write. `kits` by number, expired and revoked ones too."""

    def __init__(self, kits: Mapping[str, Kit]) -> None:
        self._kits = kits

    def recognises(self, head: bytes) -> bool:
        """By its first member's name, or as the manifest of a folder."""
        return is_collected(head)

    def read(self, path: Path, stream: BinaryIO) -> Parcel:
        """Every file held against the digest list, the kit's number against the register; BundleRefused otherwise."""
        looked = _looked_through(path)
        said = looked.said
        kit = self._kit(said)
        manifest = manifest_of(said, kit, looked.counted, looked.findings)
        members = tuple(_member(one, looked.sums[one.name]) for one in said.files if _kind(one.name))
        return Parcel(
            path,
            looked.sums[MANIFEST],
            replace(manifest, members=members),
            kit,
            False,
            lambda: _members(path, said, looked.sums),
        )

    def _kit(self, said: Said) -> Kit:
        number, agency = said.scalars["kit"], said.scalars["agency"]
        kit = self._kits.get(number)
        if kit is None:
            raise BundleRefused(
                f"no kit {number} was issued here", fault="kit", hint="who brought it? atttcli kit list shows the kits"
            )
        if kit.agency != agency:
            raise BundleRefused(
                f"{number} was issued to {kit.agency}, but it says that it is from {agency}",
                fault="kit",
                hint="was the file changed, or the stick? ask that agency",
            )
        if kit.revoked is not None:
            raise BundleRefused(
                f"{number} was revoked: {kit.why}", fault="revoked", hint="look at that machine again with another kit"
            )
        return kit


def copied_logs(path: Path) -> tuple[Copied, ...]:
    """The copies of logs in a result that was read before."""
    return _looked_through(path).said.logs


@dataclass(slots=True)
class _Seen:
    size: int = 0
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True)
class _Looked:
    """`sums`: name -> sha256 as read here, whatever the digest list is of."""

    said: Said
    sums: dict[str, str]
    counted: FileCount
    findings: int


def _looked_through(path: Path) -> _Looked:
    """Read all of it once, and hold it against its digest list."""
    seen: dict[str, _Seen] = {}
    counted, data, total, found = FileCount(), b"", 0, 0
    folder: str | None = None
    with _entries(path) as entries:
        for full, stream in entries:
            here, name = inner_name(full)
            if name in ("", "logs/") or name == PACKING:
                continue
            if (
                not NAME.match(name)
                or name in seen
                or len(seen) > MOST_FILES
                or (folder is not None and here != folder)
            ):
                raise wrong(f"holds {full[:100]!r}, which no collector writes, or twice")
            folder = here
            one = seen[name] = _Seen()
            sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
            pieces = _pieces(stream, MAX_MANIFEST if name == MANIFEST else MOST_BYTES - total)
            for piece in counted.add(pieces) if name == FILES else pieces:
                one.size += len(piece)
                sha256.update(piece)
                md5.update(piece)
                if name == MANIFEST:
                    data += piece
                elif name == FINDINGS:
                    found += piece.count(b"\n")
            total += one.size
            one.sha256, one.md5 = sha256.hexdigest(), md5.hexdigest()
    if MANIFEST not in seen:
        raise wrong("holds no manifest.txt")
    said = read_said(data)
    _agree(said, seen)
    return _Looked(said, {name: one.sha256 for name, one in seen.items()}, counted, found)


def _agree(said: Said, seen: Mapping[str, _Seen]) -> None:
    listed = {one.name: one for one in said.files}
    for name in seen.keys() - listed.keys() - {MANIFEST}:
        raise wrong(f"{name} is not in the digest list")
    for name, one in listed.items():
        there = seen.get(name)
        if there is None:
            raise wrong(f"{name} of the digest list is missing")
        if there.size != one.size or one.digest not in (there.sha256, there.md5):
            raise wrong(f"{name} is not the one in the digest list")
    for name in (FINDINGS, HOST, FILES):
        if name not in listed:
            raise wrong(f"the digest list has no {name}")


def _pieces(stream: _Stream, most: int) -> Iterator[bytes]:
    while True:
        try:
            piece = stream.read(CHUNK)
        except (Damaged, Unsupported) as error:
            raise wrong(f"is damaged: {error}") from None
        if not piece:
            return
        most -= len(piece)
        if most < 0:
            raise wrong("holds more than a collector writes")
        yield piece


@contextmanager
def _entries(path: Path) -> Iterator[Iterator[tuple[str, Any]]]:
    """(name, stream) of every file in the archive or folder; each stream is good until the next is asked for."""
    descriptor = _open(path)
    with os.fdopen(descriptor, "rb") as stream:
        head = stream.read(len(FORMAT))
        stream.seek(0)
        size = os.fstat(descriptor).st_size
        if head.startswith(ZIP):
            yield _zip(stream, size)
        elif head.startswith(GZIP):
            yield _tar(stream)
        else:
            yield _folder(path.parent, stream)


def _open(path: Path) -> int:
    try:
        return open_regular(os.path.realpath(path))[0]
    except NotReadable as error:
        raise wrong(f"{path.name} cannot be read: {error.why}") from None


def _zip(stream: BinaryIO, size: int) -> Iterator[tuple[str, _Stream]]:
    directory = find_directory(stream, size)
    if directory is None:
        raise wrong("is a zip that was cut short")
    try:
        for count, entry in enumerate(directory_entries(stream, directory)):
            if entry.encrypted or count > MOST_FILES + 10:
                raise wrong("is encrypted or holds too many files")
            if not entry.name.endswith(("/", "\\")):
                yield entry.name, open_entry(stream, entry, size)
    except (Damaged, Unsupported) as error:
        raise wrong(f"is damaged: {error}") from None


def _tar(stream: BinaryIO) -> Iterator[tuple[str, _Stream]]:
    archive = TarStream(InflatedStream(stream, "gz"))
    try:
        for count, entry in enumerate(archive.entries()):
            if count > MOST_FILES + 10 or entry.size > MOST_BYTES:
                raise wrong("holds more than a collector writes")
            if entry.kind == "file":
                yield entry.name, archive
            elif entry.kind != "folder":
                raise wrong(f"holds a {entry.kind}")
    except (Damaged, Unsupported) as error:
        raise wrong(f"is damaged: {error}") from None


def _folder(folder: Path, stream: BinaryIO) -> Iterator[tuple[str, _Stream]]:
    """The files of the digest list of a folder that could not be packed; its other files are not looked at."""
    data = stream.read(MAX_MANIFEST + 1)
    if len(data) > MAX_MANIFEST:
        raise wrong("holds more than a collector writes")
    stream.seek(0)
    yield MANIFEST, stream
    for one in read_said(data).files:
        with os.fdopen(_open(folder / one.name), "rb") as file:
            yield one.name, file


def _kind(name: str) -> str:
    return COPY if name.startswith("logs/") else _KINDS.get(name, "")


def _member(one: Listed, sha256: str) -> Member:
    return Member(one.name, one.size, sha256, _kind(one.name))


def _members(path: Path, said: Said, sums: Mapping[str, str]) -> Members:
    """The files as members, findings and observations in a bundle's form; read anew and held against the list again."""
    listed = {one.name: one for one in said.files}
    with _entries(path) as entries:
        for full, stream in entries:
            one = listed.get(inner_name(full)[1])
            if one is None or not _kind(one.name):
                continue
            pieces = _checked(one, stream)
            convert = {FINDINGS: findings_json, HOST: host_json}.get(one.name)
            yield _member(one, sums[one.name]), convert(pieces) if convert else pieces
            for _ in pieces:  # what was left is checked all the same
                pass


def _checked(one: Listed, stream: _Stream) -> Iterator[bytes]:
    size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for piece in _pieces(stream, one.size):
        size += len(piece)
        sha256.update(piece)
        md5.update(piece)
        yield piece
    if size != one.size or one.digest not in (sha256.hexdigest(), md5.hexdigest()):
        raise wrong(f"{one.name} changed while it was read")
