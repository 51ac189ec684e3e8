"""Files and folders that outlast a power cut: content flushed before the name, and the name's folder after it.

What each call promises was tried against the simulated disk of `tests/faults`; a rename alone promises nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(path: Path) -> None:
    """Flush the names in a folder."""
    if os.name == "nt":  # a folder cannot be opened there; NTFS journals its names
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(root: Path) -> None:
    """Flush a file, or every file and name in a folder."""
    if not root.is_dir():
        _sync_file(root)
        return
    for folder, _, files in os.walk(root):
        for file in files:
            _sync_file(Path(folder) / file)
        sync_folder(Path(folder))


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)  # Windows flushes what one may write
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path, mode: int = 0o700) -> None:
    """A folder and those above it, each name flushed; one that stands already is left alone."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        if path.parent == path:
            break
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode=mode, exist_ok=True)
        sync_folder(folder.parent)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file: after a power cut it is the old one or the new one, whole. OSError leaves the old one."""
    temporary = _beside(path, data, mode)
    try:
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_first(path: Path, data: bytes, mode: int = 0o600) -> bool:
    """Write a file that nobody has written yet, whole, durable; False (and nothing written) when there is one."""
    temporary = _beside(path, data, mode)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: two first writers at the same moment are not told apart there
        if path.exists():
            return False
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def _beside(path: Path, data: bytes, mode: int) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(temporary, flags, mode), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    return temporary
