"""One of several parts of a tree, by the digest of each path below what was given: every path is in exactly one.

The same wherever the tree is mounted, whatever else lies in it: a file that comes or goes moves no other. Python 3.8-clean.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b

MOST = 4096


@dataclass(frozen=True)
class Shard:
    """The part `index` (from 1) of `count`."""

    index: int
    count: int

    def has(self, path: str, root: str) -> bool:
        """Whether a path below (or equal to) `root`, both as they are shown, is in this part."""
        below = path[len(root) :].lstrip("/" + os.sep) or os.path.basename(root)
        data = below.replace(os.sep, "/").encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") % self.count == self.index - 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def parse_shard(text: str) -> Shard:
    """`2/8`; ValueError for what is none."""
    index, sign, count = text.strip().partition("/")
    if not (sign and index.isascii() and index.isdigit() and count.isascii() and count.isdigit() and len(text) <= 12):
        raise ValueError(text)
    shard = Shard(int(index), int(count))
    if not 1 <= shard.index <= shard.count <= MOST:
        raise ValueError(text)
    return shard
