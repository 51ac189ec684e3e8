"""A backup is one folder or one .zip with everything that makes a workspace, listed by size and sha256 in its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from atttcli.errors import Conflict, InputError, IntegrityError, Where, WorkspaceError
from atttcli.limits import read_bounded
from atttcli.store.connection import Store, refuse_network_share
from atttcli.store.durable import sync_folder, sync_tree
from atttcli.store.verify import Report, silent
from atttcli.store.workspace import SETTINGS, Workspace

FORMAT = "atttcli backup 1"
MANIFEST = "manifest.json"
DATABASE = "workspace.db"
_FOLDERS = ("events", "evidence", "rules", "playbooks", "outbox")
_CHUNK = 1024 * 1024
_MAX_MANIFEST = 256 * 1024 * 1024
_MAX_FILES = 2_000_000
_UNREADABLE = (
    FileNotFoundError, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error,
    struct.error,
)  # fmt: skip
_LEFTOVERS = (".tmp", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files`: path (relative, with `/`) -> (bytes, sha256)."""

    workspace: str
    created: str
    entries: int
    head: str
    files: dict[str, tuple[int, str]]

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(size for size, _ in self.files.values())


def back_up(workspace: Workspace, store: Store, target: Path, created: str, report: Report = silent) -> Manifest:
    """Copy a workspace in use to a new folder or .zip; visible only when whole, and read back before that.

    The database is copied first (online backup): segments and evidence objects are durable before a row names them,
    so whatever the copy names is there to be copied after it.
    """
    if target.exists():
        raise Conflict(f"{target} exists already", hint="name another file or folder: a backup is never overwritten")
    if target.resolve().is_relative_to(workspace.root.resolve()):
        raise WorkspaceError(f"{target} lies inside the workspace", hint="a backup belongs on another disk")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _private_folder(target.parent) as work:
            manifest = _copy(workspace, store, work, created, report)
            if target.suffix.lower() == ".zip":
                packed = work.with_name(work.name + ".zip")
                try:
                    _pack(work, packed, manifest)
                    sync_tree(packed)
                    check_backup(packed)
                    os.replace(packed, target)
                finally:
                    packed.unlink(missing_ok=True)
            else:
                sync_tree(work)
                check_backup(work)
                os.replace(work, target)
        sync_folder(target.parent)
    except (OSError, sqlite3.OperationalError) as error:
        raise WorkspaceError(f"no backup was made: {error}", hint="is there room at the target?") from error
    return manifest


@contextmanager
def _private_folder(parent: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".atttcli-backup-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(workspace: Workspace, store: Store, work: Path, created: str, report: Report) -> Manifest:
    with closing(sqlite3.connect(work / DATABASE)) as copy:
        store.connection.backup(copy, pages=2048)
        copy.execute("PRAGMA journal_mode=DELETE")  # one self-contained file
        last = copy.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone() or (0, "")
    files = {DATABASE: _figures(work / DATABASE)}
    sources = list(_sources(workspace.root))
    for done, source in enumerate(sources):
        name = source.relative_to(workspace.root).as_posix()
        report(done, len(sources), name)
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(source, work / name)
        except FileNotFoundError:
            continue  # taken away by a purge meanwhile: verify names it if the copied database still does
        files[name] = _figures(work / name)
    manifest = Manifest(workspace.id, created, last[0], last[1], files)
    (work / MANIFEST).write_text(json.dumps(_body(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest


def _sources(root: Path) -> Iterator[Path]:
    yield root / SETTINGS
    yield root / ".secret"
    for name in _FOLDERS:
        for folder, folders, files in os.walk(root / name):
            folders[:] = sorted(f for f in folders if not (Path(folder) / f).is_symlink())
            for file in sorted(files):
                path = Path(folder) / file
                if path.is_file() and not path.is_symlink() and not file.endswith(_LEFTOVERS):
                    yield path


def _figures(path: Path) -> tuple[int, str]:
    with path.open("rb") as stream:
        return _figures_of(stream)


def _figures_of(stream: IO[bytes], limit: int = 1 << 62) -> tuple[int, str]:
    running, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        running.update(chunk)
        size += len(chunk)
        if size > limit:
            break
    return size, running.hexdigest()


def _body(manifest: Manifest) -> dict[str, object]:
    files = [{"path": path, "bytes": size, "sha256": digest} for path, (size, digest) in manifest.files.items()]
    return {
        "format": FORMAT, "workspace": manifest.workspace, "created": manifest.created, "entries": manifest.entries,
        "head": manifest.head, "files": files,
    }  # fmt: skip


def _pack(work: Path, packed: Path, manifest: Manifest) -> None:
    packed.touch(mode=0o600)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1, strict_timestamps=False) as archive:
        for name in (MANIFEST, *manifest.files):
            # Segments and evidence objects are compressed or encoded already.
            kind = zipfile.ZIP_STORED if name.startswith(("events/", "evidence/")) else zipfile.ZIP_DEFLATED
            archive.write(work / name, name, compress_type=kind)


def check_backup(source: Path, report: Report = silent) -> Manifest:
    """The manifest, after every file was read and found to be the one listed; IntegrityError names the first other."""
    with _opened(source) as backup:
        manifest = backup.manifest()
        for done, (name, wanted) in enumerate(manifest.files.items()):
            report(done, len(manifest.files), name)
            with backup.open(name) as stream:
                if _figures_of(stream, wanted[0]) != wanted:
                    raise IntegrityError("this file of the backup is damaged", where=Where(str(source), member=name))
        return manifest


def restore(source: Path, target: Path, report: Report = silent) -> Manifest:
    """Write a backup's files to a new folder, verified; nothing appears at `target` unless all of it is whole."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(f"{target} is not empty", hint="name a new folder: a workspace is never overwritten")
    target.parent.mkdir(parents=True, exist_ok=True)
    refuse_network_share(target.parent)
    try:
        with _opened(source) as backup, _private_folder(target.parent) as work:
            manifest = backup.manifest()
            for done, (name, wanted) in enumerate(manifest.files.items()):
                report(done, len(manifest.files), name)
                _extract(backup, name, wanted, work / name, source)
            sync_tree(work)
            if target.exists():
                target.rmdir()
            os.replace(work, target)
            sync_folder(target.parent)
            return manifest
    except OSError as error:
        raise WorkspaceError(f"nothing was restored: {error}", hint="is there room at the target?") from error


def _extract(backup: _Backup, name: str, wanted: tuple[int, str], path: Path, source: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600 if name == ".secret" else 0o644)
    running, size = hashlib.sha256(), 0
    with backup.open(name) as stream, path.open("wb") as out:
        while size <= wanted[0] and (chunk := stream.read(_CHUNK)):
            running.update(chunk)
            size += len(chunk)
            out.write(chunk)
    if (size, running.hexdigest()) != wanted:
        raise IntegrityError("this file of the backup is damaged", where=Where(str(source), member=name))


class _Backup:
    """Reading a folder or a .zip alike, by the names in the manifest only."""

    def __init__(self, source: Path, archive: zipfile.ZipFile | None) -> None:
        self.source, self.archive = source, archive

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file of the backup; IntegrityError when it is not there or cannot be unpacked."""
        try:
            if self.archive is None:
                path = self.source / name
                if path.is_symlink() or not path.is_file():
                    raise FileNotFoundError(name)
                with path.open("rb") as plain:
                    yield plain
            else:
                with self.archive.open(name) as stream:
                    yield stream
        except _UNREADABLE as error:
            raise IntegrityError(
                "this file of the backup is missing or damaged", where=Where(str(self.source), member=name)
            ) from error

    def manifest(self) -> Manifest:
        """The list of what there is, every name checked: a backup may come from anywhere."""
        where = Where(str(self.source), member=MANIFEST)
        with self.open(MANIFEST) as stream:
            data = read_bounded(cast(BinaryIO, stream), _MAX_MANIFEST, where)
        try:
            body = json.loads(data)
            if body["format"] != FORMAT or len(body["files"]) > _MAX_FILES:
                raise ValueError("another format")
            files = {_safe(f["path"]): (int(f["bytes"]), str(f["sha256"])) for f in body["files"]}
            manifest = Manifest(
                str(body["workspace"]), str(body["created"]), int(body["entries"]), str(body["head"]), files
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"not a manifest of a backup: {error}", where=where) from error
        missing = {DATABASE, SETTINGS, ".secret"} - files.keys()
        if missing:
            raise InputError(f"a backup without {min(missing)}", where=where)
        return manifest


def _safe(name: object) -> str:
    if not isinstance(name, str) or "\\" in name or "\0" in name or ":" in name or len(name) > 4096:
        raise ValueError(f"no file name: {name!r}"[:80])
    path = PurePosixPath(name)
    known = name in (DATABASE, SETTINGS, ".secret") or path.parts[:1] in [(f,) for f in _FOLDERS]
    if path.is_absolute() or ".." in path.parts or path.as_posix() != name or not known:
        raise ValueError(f"a file outside the workspace: {name!r}"[:120])
    return name


@contextmanager
def _opened(source: Path) -> Iterator[_Backup]:
    if source.is_dir():
        yield _Backup(source, None)
        return
    if not source.is_file():
        raise InputError("no such backup", where=Where(str(source)))
    try:
        with zipfile.ZipFile(source) as archive:
            yield _Backup(source, archive)
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise InputError("neither a folder nor a .zip of a backup", where=Where(str(source))) from error
