"""The body of a bundle: zlib of one manifest line and the members' bytes back to back; nothing before, between or behind.

Written: members are spooled to temporary files while the scan runs, since the manifest that goes first names their sizes
and digests. Read: as a stream within bounds, every member held against the signed manifest. Python 3.8-clean.
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from dataclasses import replace
from typing import Any, BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Tuple

from atttcli.errors import BundleRefused, LimitExceeded
from atttcli.field import strict_json
from atttcli.field.manifest import (
    MAX_INFLATED,
    MAX_MANIFEST,
    MAX_MEMBERS,
    SAMPLE,
    Manifest,
    Member,
    kind_of_member,
    malformed,
    read_manifest,
)
from atttcli.limits import MIB

CHUNK = 256 * 1024
MAX_LINE = 256 * 1024  # one finding or observation
SAMPLES_BYTES = 16 * MIB  # what a kit attaches at most, unless told otherwise: sealing holds a body in memory
_SPOOLED = 1 * MIB  # kept in memory up to here
_FED = 64 * 1024


class BodyWriter:
    """Collects members, then writes the body. Use as a context: what was spooled is gone at the end.

    `folder`: where temporary files go (on the kit its own `state/`: nothing is left on the machine).
    """

    def __init__(self, folder: Optional[str] = None, samples_bytes: int = SAMPLES_BYTES) -> None:
        self._folder = folder
        self._samples_left = samples_bytes
        self._members: Dict[str, _Spool] = {}
        self._bytes = 0

    def __enter__(self) -> "BodyWriter":
        return self

    def __exit__(self, *_: object) -> None:
        for spool in self._members.values():
            spool.file.close()

    def line(self, name: str, value: Any) -> None:
        """One record to `findings.jsonl` or `host.jsonl`; NotCanonical for what cannot be written, LimitExceeded when full."""
        data = strict_json.dumps(value)
        if len(data) > MAX_LINE:
            raise strict_json.NotCanonical(f"a record of more than {MAX_LINE} bytes")
        self.add(name, data + b"\n")

    def add(self, name: str, data: bytes) -> None:
        """More bytes at the end of a member that is not a sample (the log)."""
        if kind_of_member(name) in ("", SAMPLE):
            raise ValueError("no such member: %r" % name)
        spool = self._members.get(name)
        if spool is None:
            spool = self._members[name] = _Spool(self._folder)
        self._grow(len(data))
        spool.write(data)

    def sample(self, stream: BinaryIO, most: int) -> str:
        """Attach a file's bytes; its sha256, or "" when it or all samples together are larger than allowed."""
        allowed = min(most, self._samples_left)
        spool = _Spool(self._folder)
        while True:
            data = stream.read(min(CHUNK, allowed - spool.size + 1))
            if not data:
                break
            spool.write(data)
            if spool.size > allowed:
                spool.file.close()
                return ""
        sha256 = spool.digest.hexdigest()
        name = "samples/" + sha256
        if name in self._members or len(self._members) >= MAX_MEMBERS:
            spool.file.close()
            return sha256 if name in self._members else ""
        self._grow(spool.size)
        self._samples_left -= spool.size
        self._members[name] = spool
        return sha256

    def members(self) -> Tuple[Member, ...]:
        """What was collected so far, samples last: who reads them knows by then where each was found."""
        return tuple(
            Member(name, spool.size, spool.digest.hexdigest(), kind_of_member(name)) for name, spool in self._ordered()
        )

    def _ordered(self) -> "List[Tuple[str, _Spool]]":
        return sorted(self._members.items(), key=lambda one: (kind_of_member(one[0]) == SAMPLE, one[0]))

    def finish(self, manifest: Manifest, out: BinaryIO) -> Manifest:
        """Write the body: the manifest with its members as it was signed. A manifest that nobody would read is a ValueError."""
        whole = replace(manifest, members=self.members())
        line = strict_json.dumps(whole.to_json())
        read_manifest(line)  # refused here rather than at the centre, weeks later
        packer = zlib.compressobj(6)
        out.write(packer.compress(line + b"\n"))
        for _name, spool in self._ordered():
            spool.file.seek(0)
            while True:
                data = spool.file.read(CHUNK)
                if not data:
                    break
                out.write(packer.compress(data))
        out.write(packer.flush())
        return whole

    def _grow(self, count: int) -> None:
        self._bytes += count
        if self._bytes > MAX_INFLATED - MAX_MANIFEST:
            raise LimitExceeded(f"a bundle of more than {MAX_INFLATED // MIB} MiB of content")


class _Spool:
    def __init__(self, folder: Optional[str]) -> None:
        self.file = tempfile.SpooledTemporaryFile(max_size=_SPOOLED, dir=folder)  # noqa: SIM115 - closed by the writer
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)


class Line(NamedTuple):
    """One line of a member, counted from 1; `data` is None for a line that is longer than allowed."""

    number: int
    data: Optional[bytes]


class Body:
    """A body that is read once, from its first byte to its last. Only hand it bytes whose signature was verified."""

    def __init__(self, data: memoryview) -> None:
        self._flow = _Inflated(data)
        self.manifest = read_manifest(self._flow.line(MAX_MANIFEST))

    def members(self) -> Iterator[Tuple[Member, Iterator[bytes]]]:
        """Each member with its bytes in pieces; what the reader leaves is read and checked all the same.

        BundleRefused (content) when a member is not the one in the manifest, also for bytes behind the last.
        """
        for member in self.manifest.members:
            pieces = self._member(member)
            yield member, pieces
            for _ in pieces:
                pass
        self._flow.end()

    def _member(self, member: Member) -> Iterator[bytes]:
        digest = hashlib.sha256()
        left = member.size
        while left:
            piece = self._flow.take(min(left, CHUNK))
            if not piece:
                raise _other(f"the bundle ends within {member.name}")
            left -= len(piece)
            digest.update(piece)
            yield piece
        if digest.hexdigest() != member.sha256:
            raise _other(f"{member.name} is not the one in the manifest")


def check(data: memoryview) -> Manifest:
    """Read a whole body and believe nothing that does not fit; its manifest."""
    body = Body(data)
    for _member, pieces in body.members():
        for _piece in pieces:
            pass
    return body.manifest


def lines(pieces: Iterator[bytes], most: int = MAX_LINE) -> Iterator[Line]:
    """The lines of a member, without their ends; memory is bounded by `most`."""
    number, waiting, too_long = 0, b"", False
    for piece in pieces:
        parts = (waiting + piece).split(b"\n")
        waiting = parts.pop()
        for part in parts:
            number += 1
            yield Line(number, None if too_long or len(part) > most else part)
            too_long = False
        if len(waiting) > most:
            waiting, too_long = b"", True
    if waiting or too_long:
        yield Line(number + 1, None if too_long else waiting)


class _Inflated:
    """The decompressed stream, never more of it than was asked for."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 0
        self._unpacker = zlib.decompressobj()
        self._held, self._from = b"", 0
        self._produced = 0

    def _more(self) -> bytes:
        """The next piece; empty at the end."""
        unpacker = self._unpacker
        while not unpacker.eof:
            fed = unpacker.unconsumed_tail
            if not fed:
                fed = bytes(self._data[self._at : self._at + _FED])
                self._at += len(fed)
                if not fed:
                    raise _other("the bundle is cut short")
            try:
                piece = unpacker.decompress(fed, CHUNK)
            except zlib.error:
                raise _other("the bundle does not decompress") from None
            if piece:
                self._produced += len(piece)
                if self._produced > MAX_INFLATED + MAX_MANIFEST:
                    raise LimitExceeded(f"a bundle of more than {MAX_INFLATED // MIB} MiB of content")
                return piece
        return b""

    def take(self, most: int) -> bytes:
        """At most so many bytes; empty only at the end."""
        if self._from >= len(self._held):
            self._held, self._from = self._more(), 0
        piece = self._held[self._from : self._from + most]
        self._from += len(piece)
        return piece

    def line(self, most: int) -> bytes:
        """The bytes up to the first line end, which is taken too."""
        parts, size = [], 0
        while True:
            piece = self.take(CHUNK)
            if not piece:
                raise malformed("the manifest has no end")
            place = piece.find(b"\n")
            if place >= 0:
                self._from -= len(piece) - place - 1
                parts.append(piece[:place])
                return b"".join(parts)
            parts.append(piece)
            size += len(piece)
            if size > most:
                raise malformed(f"the manifest is longer than {most} bytes")

    def end(self) -> None:
        """Nothing may follow, neither in the stream nor behind it."""
        if self.take(1) or self._unpacker.unused_data or self._at < len(self._data):
            raise _other("there are bytes behind the last member")


def _other(message: str) -> BundleRefused:
    return BundleRefused(message, fault="content", hint="the kit is damaged or not ours: build it anew")
