"""The vault: bytes by their sha256, stored so that an antivirus leaves them alone, and the custody record of each.

An object is one header line and the zlib stream of the bytes, each byte of it XORed with a keystream made by SHAKE-256 of
the header and a counter. That is reversible by anybody who has the file: it hides malware from a scanner's patterns, it is
not encryption. Objects are named by digest alone: nothing that data says becomes a path.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from atttcli.errors import Conflict, InputError, IntegrityError, LimitExceeded, Refused, Where
from atttcli.field.opening import NotReadable, open_regular
from atttcli.journal.journal import Journal
from atttcli.model.evidence import Exhibit, Verdict
from atttcli.store.connection import Store
from atttcli.store.durable import make_folder, sync_folder
from atttcli.store.numbers import require_open_incident, resolve_number

MAX_BYTES = 8 * 1024 * 1024 * 1024
CHUNK = 1024 * 1024
_MAGIC = b"ATTTVAULT1 zlib+shake256-xor"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Vault:
    """The folder of objects, `<aa>/<sha256>`."""

    root: Path

    def path(self, sha256: str) -> Path:
        """Where an object stands; IntegrityError for anything that is no digest."""
        if not _SHA256.match(sha256):
            raise IntegrityError(f"{sha256[:80]!r} is no sha256")
        return self.root / sha256[:2] / sha256

    def keep(self, stream: BinaryIO, name: str, limit: int = MAX_BYTES) -> tuple[str, int]:
        """Store a stream; its sha256 and size. What stands there already is checked, never written again."""
        make_folder(self.root)
        temporary = self.root / f".incoming-{os.getpid()}-{os.urandom(8).hex()}"
        try:
            sha256, size = _write(stream, temporary, Where(name), limit)
            self._place(temporary, sha256)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        return sha256, size

    def _place(self, temporary: Path, sha256: str) -> None:
        target = self.path(sha256)
        make_folder(target.parent)
        if not self.problem(sha256):
            sync_folder(target.parent)  # who stored it may not have come so far
            return
        os.chmod(temporary, 0o400)
        os.replace(temporary, target)
        sync_folder(target.parent)

    def read(self, sha256: str) -> Iterator[bytes]:
        """The bytes as they were collected, in pieces; IntegrityError when the object is missing or is no object."""
        path = self.path(sha256)
        try:
            fd, _ = open_regular(str(path))
        except NotReadable as error:
            raise IntegrityError(f"the object {sha256[:16]}… cannot be read: {error.why}") from error
        with os.fdopen(fd, "rb") as stream:
            header = stream.readline(200)
            if not header.startswith(_MAGIC):
                raise IntegrityError(f"{sha256[:16]}… is not an object of a vault")
            yield from _decode(stream, header, sha256)

    def problem(self, sha256: str) -> str:
        """What is wrong with an object; empty when its bytes have the digest that they should have."""
        digest = hashlib.sha256()
        try:
            for piece in self.read(sha256):
                digest.update(piece)
        except IntegrityError as error:
            return error.message
        return "" if digest.hexdigest() == sha256 else "the bytes are not those that were collected"


def _write(stream: BinaryIO, target: Path, where: Where, limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    header = _MAGIC + b" " + os.urandom(16).hex().encode() + b"\n"
    mask = _Mask(header)
    packer = zlib.compressobj(1)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(target, flags, 0o600), "wb") as out:
        out.write(header)
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > limit:
                raise LimitExceeded(f"larger than {limit} bytes", where=where)
            digest.update(piece)
            out.write(mask.apply(packer.compress(piece)))
        out.write(mask.apply(packer.flush()))
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def _decode(stream: BinaryIO, header: bytes, sha256: str) -> Iterator[bytes]:
    mask = _Mask(header)
    unpacker = zlib.decompressobj()
    try:
        while piece := stream.read(CHUNK):
            data = mask.apply(piece)
            while data:
                yield unpacker.decompress(data, CHUNK)
                data = unpacker.unconsumed_tail
    except zlib.error as error:
        raise IntegrityError(f"the object {sha256[:16]}… is damaged") from error
    yield unpacker.flush()
    if not unpacker.eof or unpacker.unused_data:
        raise IntegrityError(f"the object {sha256[:16]}… is cut short or has something behind it")


class _Mask:
    """XOR with SHAKE-256 blocks of the header and a counter: a stream that position and header fix."""

    BLOCK = 64 * 1024

    def __init__(self, header: bytes) -> None:
        self._seed = header
        self._counter = 0
        self._left = b""

    def apply(self, data: bytes) -> bytes:
        if not data:
            return b""
        parts = [self._left]
        have = len(self._left)
        while have < len(data):
            parts.append(hashlib.shake_256(self._seed + self._counter.to_bytes(8, "big")).digest(self.BLOCK))
            have += self.BLOCK
            self._counter += 1
        stream = b"".join(parts)
        self._left = stream[len(data) :]
        mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream[: len(data)], "little")
        return mixed.to_bytes(len(data), "little")


def add(journal: Journal, vault: Vault, incident: str, path: Path, *, source: str = "", note: str = "") -> str:
    """Copy a file into the vault and record who collected it; its number. The same bytes twice are one exhibit."""
    journal.permit("evidence.added", incident, {"incident": incident})  # a refusal leaves no copy behind
    try:
        fd, _ = open_regular(str(path))
    except NotReadable as error:
        raise InputError(f"cannot be collected: {error.why}", where=Where(str(path))) from error
    with os.fdopen(fd, "rb") as stream:
        sha256, size = vault.keep(stream, str(path))
    with journal.transaction():
        require_open_incident(journal.store, incident)
        known = journal.store.value(
            "SELECT number FROM evidence WHERE incident = ? AND sha256 = ? AND withdrawn IS NULL", incident, sha256
        )
        if known:
            return str(known)
        number = journal.next_number("CC")
        body = {"number": number, "incident": incident, "sha256": sha256, "size": size, "name": path.name}
        journal.append("evidence.added", number, body | {"source": source or str(path), "note": note})
    return number


def exhibit(store: Store, text: str) -> Exhibit:
    """One exhibit by any unique part of its number."""
    number = resolve_number(store, "evidence", text)
    row = store.row("SELECT * FROM evidence WHERE number = ?", number)
    return Exhibit(*tuple(row or ()))


def exhibits(store: Store, incident: str = "") -> list[Exhibit]:
    """All exhibits, or those of one incident, by number."""
    rows = store.rows("SELECT * FROM evidence WHERE ?1 = '' OR incident = ?1 ORDER BY number", incident)
    return [Exhibit(*tuple(row)) for row in rows]


def verify(store: Store, vault: Vault, incident: str = "", numbers: Iterable[str] = ()) -> Iterator[Verdict]:
    """Re-hash exhibits (withdrawn ones are no longer vouched for); each digest once."""
    wanted = frozenset(numbers)
    seen: dict[str, str] = {}
    for item in exhibits(store, incident):
        if item.withdrawn is not None or (wanted and item.number not in wanted):
            continue
        if not item.sha256:  # a thing, not a file: its chain is all that is kept here
            continue
        if item.sha256 not in seen:
            seen[item.sha256] = vault.problem(item.sha256)
        yield Verdict(item.number, item.sha256, seen[item.sha256])


def withdraw(journal: Journal, number: str, reason: str) -> None:
    """Take an exhibit out of the file, with a reason; its bytes and its record stay."""
    if not reason.strip():
        raise Refused(
            "withdrawing needs a reason", guard="reason", hint=f'atttcli evidence withdraw {number} --reason "…"'
        )
    with journal.transaction():
        item = exhibit(journal.store, number)
        if item.withdrawn is not None:
            raise Conflict(f"{item.number} is withdrawn already")
        body = {"incident": item.incident, "sha256": item.sha256, "reason": reason}
        journal.append("evidence.withdrawn", item.number, body)


def export(journal: Journal, vault: Vault, number: str, target: Path) -> Exhibit:
    """Write an exhibit's bytes to a new file, re-hashed on the way, and record the hand-over."""
    item = exhibit(journal.store, number)
    journal.permit("evidence.exported", item.number, {"incident": item.incident})  # before the first byte leaves
    if not item.sha256:
        raise Refused(
            f"{item.number} is a thing, not a file", guard="thing", hint=f"atttcli evidence move {item.number} …"
        )
    digest = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        fd = os.open(target, flags, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{target} exists", hint="name another file") from error
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=Where(str(target))) from error
    try:
        with os.fdopen(fd, "wb") as out:
            for piece in vault.read(item.sha256):
                digest.update(piece)
                out.write(piece)
        if digest.hexdigest() != item.sha256:
            raise IntegrityError(f"{item.number}: the bytes are not those that were collected")
    except IntegrityError:
        target.unlink()
        raise
    body = {"incident": item.incident, "sha256": item.sha256, "to": str(target)}
    journal.append("evidence.exported", item.number, body)
    return item
