"""The rows behind the index: every indicator in two byte strings, found again by row number.

A million indicators as Python objects cost about 400 MB; here a row is its value (one blob), two offsets and the number of
its shared meta record (source, description, kind, validity ...), which most rows of one list have in common.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from atttcli.model.canonical import canonical
from atttcli.model.observable import Indicator, ObservableType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Offsets = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

LETTER: dict[ObservableType, str] = {
    ObservableType.IPV4: "4",
    ObservableType.IPV6: "6",
    ObservableType.CIDR: "c",
    ObservableType.DOMAIN: "d",
    ObservableType.URL: "u",
    ObservableType.EMAIL: "e",
    ObservableType.MD5: "m",
    ObservableType.SHA1: "s",
    ObservableType.SHA256: "t",
    ObservableType.FILE: "f",
}
TYPE = {letter: kind for kind, letter in LETTER.items()}
_SHARED_META = 65_536  # beyond this many different meta records, repeats are stored again rather than remembered


def match_key(letter: str, value: str) -> str:
    """What equality is tested on: the canonical value; http and https name the same page."""
    if letter == "u":
        if value.startswith("http://"):
            return "u" + value[5:]
        if value.startswith("https://"):
            return "u" + value[6:]
    return letter + value


class Rows:
    """Indicators by row number. Filled once by `collect`, or taken back from a cached form."""

    __slots__ = ("blob", "meta_blob", "meta_of", "meta_starts", "rejected", "starts")

    def __init__(self, blob: bytes, starts: Offsets, meta_of: Any, meta_blob: bytes, meta_starts: Any) -> None:
        self.blob = blob
        self.starts = starts
        self.meta_of = meta_of
        self.meta_blob = meta_blob
        self.meta_starts = meta_starts
        self.rejected = 0

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, row: int) -> str:
        """Type letter and canonical value."""
        return self.blob[int(self.starts[row]) : int(self.starts[row + 1])].decode()

    def indicator(self, row: int) -> Indicator:
        """The indicator of a row."""
        stored = self.text(row)
        at = int(self.meta_of[row])
        meta = msgspec.json.decode(self.meta_blob[int(self.meta_starts[at]) : int(self.meta_starts[at + 1])])
        source, description, kind, valid_from, valid_until, severity, tlp = meta
        return Indicator(TYPE[stored[0]], stored[1:], source, description, kind, valid_from, valid_until, severity, tlp)

    def texts(self, chunk: int = 65_536) -> Iterator[str]:
        """Every row's text in order, decoding a chunk at a time."""
        for low in range(0, len(self), chunk):
            offsets = self.starts[low : min(low + chunk, len(self)) + 1].tolist()
            base = offsets[0]
            part = self.blob[base : offsets[-1]]
            for start, end in pairwise(offsets):
                yield part[start - base : end - base].decode()

    def digest(self) -> str:
        """sha256 over all that the rows say (in their order)."""
        mark = hashlib.sha256()
        for part in (self.blob, self.starts.astype("<u8").data, self.meta_of.astype("<u4").data, self.meta_blob):
            mark.update(part)
        return mark.hexdigest()


def collect(indicators: Iterable[Indicator]) -> tuple[Rows, array[int]]:
    """Read all indicators into rows; also the hash of each row's match key. What is no such observable is counted, not stored."""
    import numpy as np

    blob, starts, hashes = bytearray(), array("Q", [0]), array("q")
    meta_of, meta_blob, meta_starts = array("I"), bytearray(), array("Q", [0])
    shared: dict[tuple[object, ...], int] = {}
    encode = msgspec.json.Encoder().encode
    rejected = 0
    for given in indicators:
        known = canonical(given.type, given.value)
        if known is None:
            rejected += 1
            continue
        letter, value = LETTER[known[0]], known[1]
        meta = (
            given.source, given.description, given.kind,
            given.valid_from, given.valid_until, given.severity, given.tlp,
        )  # fmt: skip
        at = shared.get(meta, -1)
        if at < 0:
            at = len(meta_starts) - 1
            meta_blob += encode(meta)
            meta_starts.append(len(meta_blob))
            if len(shared) < _SHARED_META:
                shared[meta] = at
        meta_of.append(at)
        blob += (letter + value).encode()
        starts.append(len(blob))
        hashes.append(hash(match_key(letter, value)))
    rows = Rows(
        bytes(blob), _offsets(np, starts), np.array(meta_of, np.uint32), bytes(meta_blob), _offsets(np, meta_starts)
    )
    rows.rejected = rejected
    return rows, hashes


def _offsets(np: Any, values: array[int]) -> Any:
    """Offsets in four bytes where the blob allows it."""
    small = values[-1] < 2**32
    return np.frombuffer(values, np.uint64).astype(np.uint32 if small else np.uint64)
