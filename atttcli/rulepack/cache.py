"""Compiled rules kept in a private folder. What is read back is authenticated before any parser sees it.

libyara does not survive a damaged compiled file (15 of 300 mutated ones crashed it), so each file carries a keyed BLAKE2
digest, with a secret that never leaves the folder. A file that does not pass is deleted and compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from atttcli.store.durable import write_first

_MAGIC: Final = b"atttcli-rules-2\n"
_MAC_BYTES: Final = 32
_KEPT: Final = 24
_LARGEST: Final = 512 * 1024 * 1024


class Parts(NamedTuple):
    """What one cache file holds: a JSON description and binary parts, in order."""

    about: bytes
    blobs: list[bytes | memoryview]

    def packed(self) -> bytes:
        """Count, lengths, then the parts themselves."""
        parts = [self.about, *self.blobs]
        return struct.pack(f"<{len(parts) + 1}Q", len(parts), *map(len, parts)) + b"".join(parts)

    @classmethod
    def unpacked(cls, body: memoryview) -> Parts:
        """What `packed` wrote, without a copy of the parts."""
        (count,) = struct.unpack_from("<Q", body)
        lengths = struct.unpack_from(f"<{count}Q", body, 8)
        parts, at = [], 8 * (count + 1)
        for length in lengths:
            parts.append(body[at : at + length])
            at += length
        return cls(bytes(parts[0]), list(parts[1:]))


class PrivateCache:
    """A folder of ours alone (0700). `refused` says why it is not used, empty when it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.refused = ""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.refused = _not_private(folder)
            self._secret = b"" if self.refused else self._read_secret()
        except OSError as error:
            self.refused = f"the cache folder cannot be used: {error.strerror}"

    def get(self, key: str) -> Parts | None:
        """The parts stored under `key`, None when absent, damaged or not written by us."""
        if self.refused:
            return None
        path = self._path(key)
        try:
            with path.open("rb") as file:
                data = memoryview(file.read(_LARGEST))
        except OSError:
            return None
        head = len(_MAGIC) + _MAC_BYTES
        body = data[head:]
        if not hmac.compare_digest(bytes(data[:head]), _MAGIC + self._mac(key, body)):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return Parts.unpacked(body)

    def put(self, key: str, parts: Parts) -> None:
        """Store under `key`, whole or not at all. A full disk costs the cache, not the run."""
        if self.refused:
            return
        body = parts.packed()
        path = self._path(key)
        beside = path.with_suffix(f".{os.urandom(8).hex()}.part")
        try:
            with _create(beside) as file:
                file.write(_MAGIC + self._mac(key, body) + body)
            beside.replace(path)
            self._prune()
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.rules"

    def _mac(self, key: str, body: bytes | memoryview) -> bytes:
        digest = hashlib.blake2b(key=self._secret, digest_size=_MAC_BYTES)
        digest.update(key.encode("ascii"))
        digest.update(body)
        return digest.digest()

    def _read_secret(self) -> bytes:
        path = self._folder / "secret"
        if not path.exists():
            write_first(path, os.urandom(32))
        secret = path.read_bytes()[:64]
        if len(secret) != 32:
            self.refused = "the cache folder's secret is damaged; delete the folder"
        return secret

    def _prune(self) -> None:
        files = sorted(self._folder.glob("*.rules"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[_KEPT:]:
            path.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    """A new file of ours alone, open for writing; FileExistsError when it is there."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    return os.fdopen(fd, "wb")


def _not_private(folder: Path) -> str:
    if os.name != "posix":
        return ""  # the user's own profile folder on Windows is private by its access list
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        return "the cache folder belongs to somebody else"
    if info.st_mode & 0o077:
        return "the cache folder is open to others (chmod 700)"
    return ""
