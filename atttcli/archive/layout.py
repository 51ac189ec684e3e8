"""The file of one segment (docs/decisions/0030).

    zstd frame       JSON lines: the header, then the events            `zstd -dc FILE` shows them
    skippable frame  zstd of JSON: summary and distinct observables
    skippable frame  the records' digests, 16 bytes each, in order
    skippable frame  trailer, 64 bytes: magic, three lengths, SHA-256 of everything before it

Standard tools skip the last three frames. All numbers are little-endian; nothing depends on the machine.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import msgspec

DIGEST_BYTES = 16
MAGIC = b"ATTTSEG1"
INDEX_FRAME, DIGEST_FRAME, TRAILER_FRAME = 0x184D2A51, 0x184D2A52, 0x184D2A53
FRAME = struct.Struct("<II")
LENGTHS = struct.Struct("<QQQ")
TRAILER_BYTES = FRAME.size + len(MAGIC) + LENGTHS.size + 32
SUFFIX = ".jsonl.zst"


class SegmentHeader(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the events came from. `moment` (microseconds, the file's time of change or of intake) dates events without a
    time of their own; `part` counts the segments of one file from 0."""

    source_sha256: str
    reader: str
    source_path: str = ""
    log_source: str = ""
    part: int = 0
    moment: int | None = None


class Observables(msgspec.Struct, frozen=True, omit_defaults=True):
    """Distinct values of a segment, sorted: a superset of what its events speak of, in lower case."""

    address: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()
    hash: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True):
    """What a segment holds, written when it is complete."""

    header: SegmentHeader
    count: int
    time_min: int | None
    time_max: int | None
    undated: int
    categories: dict[str, int]


class Index(msgspec.Struct, frozen=True):
    """The second frame."""

    summary: Summary
    observables: Observables


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """One written segment: what the store keeps of it. `path` is relative to the events folder, with `/`."""

    path: str
    sha256: str
    bytes: int
    header: SegmentHeader
    count: int
    time_min: int | None
    time_max: int | None
    undated: int
    categories: dict[str, int]


def skippable(magic: int, payload: bytes) -> bytes:
    """A zstd skippable frame."""
    return FRAME.pack(magic, len(payload)) + payload


def info_of(summary: Summary, path: str, sha256: str, size: int) -> SegmentInfo:
    """SegmentInfo from a summary and the file's own figures."""
    parts: dict[str, Any] = {name: getattr(summary, name) for name in Summary.__struct_fields__}
    return SegmentInfo(path=path, sha256=sha256, bytes=size, **parts)
