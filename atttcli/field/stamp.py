"""The stamp by which a file counts as unchanged. Python 3.8-clean."""

from __future__ import annotations

import os
from typing import NamedTuple


class Stamp(NamedTuple):
    """What must be equal for a file to count as unchanged. Times in nanoseconds."""

    dev: int
    ino: int
    size: int
    mtime: int
    ctime: int


def stamp_of(info: os.stat_result) -> Stamp:
    """The stamp of a stat result. Windows inode numbers can exceed 63 bits: wrapped, equality is all that counts."""
    wrap = (1 << 63) - 1
    return Stamp(info.st_dev & wrap, info.st_ino & wrap, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def may_be_cached(stamp: Stamp, now: int) -> bool:
    """Whether a later change would show in the stamp. `now` in ns at the time the file was opened.

    A file changed again within one tick of its file system's clock keeps its times: such a fresh file is not cached.
    """
    newest = max(stamp.mtime, stamp.ctime)
    coarse = newest % 1_000_000_000 == 0
    return now - newest > (2_500_000_000 if coarse else 50_000_000)
