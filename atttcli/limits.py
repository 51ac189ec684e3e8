"""The one way in: every reader of untrusted input spends from a Budget and stops with LimitExceeded.

Python 3.8-clean.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import BinaryIO, Optional

from atttcli.errors import LimitExceeded, Where

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one top-level input may cost. Bytes are of decompressed content; ratio is decompressed to compressed."""

    total_bytes: int = 4096 * MIB
    member_bytes: int = 1024 * MIB
    ratio: int = 100
    ratio_floor: int = 16 * MIB  # a ratio is judged only beyond this much output: tiny files compress absurdly well
    members: int = 20_000
    depth: int = 3
    seconds: float = 3600.0
    document_bytes: int = 64 * MIB  # office documents, mails, YAML held in memory
    line_bytes: int = 1 * MIB


DEFAULT = Limits()


class Budget:
    """What is left of `Limits` for one input; shared by everything unpacked from it."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self.bytes_out = 0
        self.members = 0
        self._deadline = time.monotonic() + limits.seconds

    def spend_bytes(self, count: int, where: Optional[Where] = None) -> None:
        """Account for `count` bytes of decompressed content."""
        self.bytes_out += count
        if self.bytes_out > self.limits.total_bytes:
            raise LimitExceeded(
                "more than %d MiB of content in one input" % (self.limits.total_bytes // MIB),
                hint="unpack it yourself and ingest the parts you need",
                where=where,
            )
        if time.monotonic() > self._deadline:
            raise LimitExceeded("took longer than %d s" % self.limits.seconds, where=where)

    def spend_member(self, where: Optional[Where] = None) -> None:
        """Account for one archive member."""
        self.members += 1
        if self.members > self.limits.members:
            raise LimitExceeded("more than %d members in one archive" % self.limits.members, where=where)

    def check_depth(self, depth: int, where: Optional[Where] = None) -> None:
        """Refuse an archive nested deeper than allowed; the outermost archive has depth 1."""
        if depth > self.limits.depth:
            raise LimitExceeded("archives nested deeper than %d" % self.limits.depth, where=where)

    def check_ratio(self, compressed: int, produced: int, where: Optional[Where] = None) -> None:
        """Refuse a decompression bomb."""
        if produced > self.limits.ratio_floor and produced > max(compressed, 1) * self.limits.ratio:
            raise LimitExceeded(
                "decompresses to more than %d times its size" % self.limits.ratio,
                hint="this looks like a decompression bomb; it was not read further",
                where=where,
            )


def read_bounded(stream: BinaryIO, limit: int, where: Optional[Where] = None) -> bytes:
    """Read a whole stream of at most `limit` bytes, or raise LimitExceeded without holding more than that."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise LimitExceeded("larger than %d MiB" % (limit // MIB), where=where)
    return data
